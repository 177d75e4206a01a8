//! Finds which part of a policy decides a call. Only rustc may know some values of the policy.

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};
use seccomp_bpf::action::Action;
use seccomp_ir::policy::{AbiPolicy, Origin, Policy, PolicyAction};

use crate::condition_holds::{add_compared, holds};

/// The part that decides a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decided {
    /// A rule, which has this action.
    Rule(Origin, PolicyAction),
    /// Perhaps this rule. That depends on a value that only rustc or the running program knows.
    Perhaps(Origin, PolicyAction),
    /// `unknown`
    Unknown(PolicyAction),
    /// `default`
    Default(PolicyAction),
    /// `bad_arch`: the policy does not serve the ABI of the call.
    BadArch,
}

/// Finds the part that decides `call`.
pub(crate) fn decide(policy: &Policy, call: &Call) -> Decided {
    let Some(part) = part(policy, call) else { return Decided::BadArch };
    for rule in &part.rules {
        if rule.numbers.binary_search(&call.nr).is_err() {
            continue;
        }
        match holds(&rule.condition, call.args.map(Some)) {
            Some(true) => return Decided::Rule(rule.origin, rule.action),
            None => return Decided::Perhaps(rule.origin, rule.action),
            Some(false) => {}
        }
    }
    match &part.unknown {
        Some(unknown) if unknown.known.binary_search(&call.nr).is_err() => {
            Decided::Unknown(unknown.action)
        }
        Some(_) | None => Decided::Default(part.default),
    }
}

/// The part of the policy for the ABI of a call.
fn part<'p>(policy: &'p Policy, call: &Call) -> Option<&'p AbiPolicy> {
    let abi = Abi::of_call(call.arch, call.nr)?;
    policy.abis.iter().find(|part| part.abi == abi)
}

/// Whether the kernel makes the call without a line in its log.
pub(super) fn allows(policy: &Policy, call: &Call) -> bool {
    matches!(decide(policy, call), Decided::Rule(_, PolicyAction::Action(Action::Allow)))
        || matches!(decide(policy, call), Decided::Default(PolicyAction::Action(Action::Allow)))
}

/// The arguments that rules compare to permit a call.
pub(crate) fn compared(policy: &Policy, call: &Call) -> Vec<ArgumentIndex> {
    let mut arguments = Vec::new();
    let Some(part) = part(policy, call) else { return arguments };
    for rule in &part.rules {
        if rule.action.permits() && rule.numbers.binary_search(&call.nr).is_ok() {
            add_compared(&rule.condition, &mut arguments);
        }
    }
    arguments.sort_unstable();
    arguments.dedup();
    arguments
}
