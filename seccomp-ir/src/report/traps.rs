//! Kills become traps.

use crate::abi::{Abi, ArgumentIndex};
use crate::action::Action;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Errors;
use crate::policy::{
    Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule, Value, Width,
};
use crate::resolve::ResolvedReport;
use crate::table;
use crate::tree::{ReportNames, Tree};

/// What a policy with `report` denies.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Report {
    /// The ABI of the program, which makes the report.
    pub target: Abi,
    /// The names that the program carries.
    pub names: ReportNames,
    /// Everything that killed: `bad_arch`, `default`, `unknown`, then the rules in their order.
    pub denials: Vec<Denial>,
}

/// A part of a policy whose kill became a trap.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Denial {
    /// The data of the trap. No trap that the policy has itself uses it.
    pub data: u16,
    /// The part.
    pub by: Denier,
}

/// A part of a policy that can deny a call.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub enum Denier {
    /// A rule.
    Rule(Origin),
    /// `unknown`
    Unknown,
    /// `default`
    Default,
    /// `bad_arch`, which kills if it is not written.
    BadArch,
}

/// The standard error of the program.
const STANDARD_ERROR: u64 = 2;

/// The policy with a trap for each kill, and in front of it the rule that the report needs: `write(fd == 2)` on the
/// program's own ABI. A policy without `report` stays as it is.
///
/// # Errors
///
/// If the policy has more parts that kill than there are values of a trap's data.
pub fn with_traps(
    policy: Policy,
    report: Option<ResolvedReport>,
    tree: &Tree,
) -> Result<(Policy, Option<Report>), Errors> {
    let Some(ResolvedReport { target, names, origin, span }) = report else {
        return Ok((policy, None));
    };
    let mut parts = policy.into_parts();
    let mut traps = Traps { taken: own_traps(&parts), denials: Vec::new(), next: 1, full: false };
    parts.bad_arch = traps.instead_of(parts.bad_arch, Denier::BadArch);
    for part in &mut parts.abis {
        part.default = traps.instead_of(part.default, Denier::Default);
        if let Some(unknown) = &mut part.unknown {
            unknown.action = traps.instead_of(unknown.action, Denier::Unknown);
        }
    }
    for part in &mut parts.abis {
        for rule in &mut part.rules {
            rule.action = traps.instead_of(rule.action, Denier::Rule(rule.origin));
        }
        if part.abi == target {
            if let Some(write) = table::number(target, "write") {
                part.rules.insert(0, write_rule(write, origin));
            }
        }
    }
    if traps.full {
        let message =
            "this policy has more rules that kill than `report` can tell apart, which is 65535";
        return Err(Errors::one(Diagnostic::new(ErrorCode::TooLarge, span, message)));
    }
    let denials = traps.denials;
    match Policy::new(parts) {
        Ok(policy) => Ok((policy, Some(Report { target, names, denials }))),
        Err(invalid) => {
            let message = format!(
                "internal error of the policy compiler, and no filter was made: {invalid}; please report this \
                 policy"
            );
            Err(Errors::one(Diagnostic::new(ErrorCode::Internal, tree.span, message)))
        }
    }
}

/// `allow write(fd == 2)`
fn write_rule(write: u32, origin: Origin) -> Rule {
    Rule {
        numbers: vec![write],
        condition: Condition::Compare(Comparison {
            argument: ArgumentIndex::A0,
            width: Width::W32,
            signed: false,
            mask: None,
            operator: Operator::Equal,
            value: Value::Known(STANDARD_ERROR),
        }),
        action: PolicyAction::Action(Action::Allow),
        hot: false,
        origin,
    }
}

/// The data of the traps that the policy has itself, in ascending order.
fn own_traps(parts: &PolicyParts) -> Vec<u16> {
    let mut taken = Vec::new();
    let mut take = |action: PolicyAction| match action {
        PolicyAction::Action(Action::Trap(data)) => {
            if let Err(place) = taken.binary_search(&data) {
                taken.insert(place, data);
            }
        }
        // Whatever else is added: its data is not that of a trap.
        PolicyAction::Action(_) | PolicyAction::ErrnoOf(_) => {}
    };
    take(parts.bad_arch);
    for part in &parts.abis {
        take(part.default);
        if let Some(unknown) = &part.unknown {
            take(unknown.action);
        }
        for rule in &part.rules {
            take(rule.action);
        }
    }
    taken
}

/// The data that is given out.
struct Traps {
    taken: Vec<u16>,
    denials: Vec<Denial>,
    next: u32,
    full: bool,
}

impl Traps {
    /// The action to take for a part of the policy instead of its own.
    fn instead_of(&mut self, action: PolicyAction, by: Denier) -> PolicyAction {
        match action {
            PolicyAction::Action(Action::KillProcess | Action::KillThread) => {
                PolicyAction::Action(Action::Trap(self.data(by)))
            }
            PolicyAction::Action(
                Action::Trap(_)
                | Action::Errno(_)
                | Action::Notify
                | Action::Trace(_)
                | Action::Log
                | Action::Allow,
            )
            | PolicyAction::ErrnoOf(_) => action,
        }
    }

    /// The data of a part, which is the same on all ABIs. The rules of each ABI come in the order of their
    /// origins, so the denials of rules are sorted by their origins.
    fn data(&mut self, by: Denier) -> u16 {
        let place = self.denials.binary_search_by_key(&order(by), |known| order(known.by));
        match place {
            Ok(known) => self.denials[known].data,
            Err(place) => {
                while self.taken.binary_search(&(self.next as u16)).is_ok() {
                    self.next += 1;
                }
                let Ok(data) = u16::try_from(self.next) else {
                    self.full = true;
                    return 0;
                };
                self.next += 1;
                self.denials.insert(place, Denial { data, by });
                data
            }
        }
    }
}

/// An order of the parts of a policy.
fn order(by: Denier) -> (u8, u32) {
    match by {
        Denier::BadArch => (0, 0),
        Denier::Default => (1, 0),
        Denier::Unknown => (2, 0),
        Denier::Rule(origin) => (3, origin.0),
    }
}
