//! From a policy and the calls that it denied to rules, compiled and checked.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow, ensure};
use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_ir::diagnostic::{Code, Lint};
use seccomp_ir::policy::{Origin, PolicyAction};
use seccomp_ir::table;
use seccomp_syntax::{CompiledText, PolicyText};
use serde::Serialize;

use super::abi_rules::{LearnedItem, LearnedRule, OfAbi, call_name};
use super::decide::{self, Decided};
use super::measured_groups::taken;
use super::observed_call::ObservedCall;
use super::{insert, rule_comments};

/// The rules that a policy lacks.
#[derive(Debug, Serialize)]
pub(crate) struct Learned {
    /// The rules as text of the language, in canonical format, with a comment above them. Empty if nothing is missing.
    pub(crate) text: String,
    /// The same rules one by one.
    pub(crate) rules: Vec<LearnedRule>,
    /// Calls that stay denied, because the policy denies them on purpose or rules cannot change that.
    pub(crate) kept: Vec<KeptDenial>,
    /// The warnings that the policy has only with these rules.
    pub(crate) warnings: Vec<String>,
}

/// A call that was denied and stays denied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub(crate) struct KeptDenial {
    /// The name of the call.
    pub(crate) call: String,
    /// The part that decides it, or the obstacle.
    pub(crate) reason: String,
}

/// The rules that the policy `text` lacks for the calls in `observed`. The text is the policy as it was compiled, such
/// as the text of a note: with fragments inserted and `#[cfg(…)]` decided. `target` is the ABI of the program.
///
/// # Errors
///
/// The text does not compile. Or the text with the rules does not compile or does not allow a call that was seen, which would
/// be a fault of this function.
pub(crate) fn rules(text: &str, target: Abi, observed: &[ObservedCall]) -> Result<Learned> {
    if observed.is_empty() {
        // There is no call to decide, so the policy need not be compiled.
        return Ok(Learned { text: String::new(), rules: vec![], kept: vec![], warnings: vec![] });
    }
    let policy = compiled(text, target)?;
    let mut kept = BTreeSet::new();
    let mut missing: BTreeMap<Abi, Vec<&ObservedCall>> = BTreeMap::new();
    for one in observed {
        let Some(abi) = Abi::of_call(one.call.arch, one.call.nr) else {
            let call = format!("call {} of ABI {:#x}", one.call.nr, one.call.arch);
            kept.insert(KeptDenial { call, reason: "no known ABI has it".to_owned() });
            continue;
        };
        match fate(&policy, one, abi) {
            DeniedCallFate::Allowed => {}
            DeniedCallFate::Kept(reason) => {
                kept.insert(KeptDenial { call: call_name(abi, one.call.nr), reason });
            }
            DeniedCallFate::Missing => missing.entry(abi).or_default().push(one),
        }
    }
    let mut learned = Learned {
        text: String::new(),
        rules: Vec::new(),
        kept: kept.into_iter().collect(),
        warnings: Vec::new(),
    };
    if missing.is_empty() {
        return Ok(learned);
    }
    // A group may take away the effect of a condition of the policy. Then the calls of that group are named one by one,
    // and if that is not enough, the calls of all groups.
    let mut attempts = Vec::new();
    let harmless = |group: &str| is_harmless(group, &policy, text, target);
    for may in [&(|_: &str| true) as &dyn Fn(&str) -> bool, &harmless, &|_| false] {
        let draft = Draft::new(&policy, target, &missing, may);
        let attempt = draft.finished(&policy, text, target)?;
        let done = attempt.warnings.is_empty();
        attempts.push(attempt);
        if done {
            break;
        }
    }
    let best = attempts.into_iter().min_by_key(|attempt| attempt.warnings.len());
    let best = best.expect("there is one attempt at least");
    (learned.text, learned.rules, learned.warnings) = (best.text, best.rules, best.warnings);
    Ok(learned)
}

/// Whether every condition of the policy `text` keeps its effect if a rule allows the group. `policy` is the compiled
/// text.
fn is_harmless(group: &str, policy: &CompiledText, text: &str, target: Abi) -> bool {
    let with = insert::insert("the policy", text, &format!("allow {group};\n"));
    let with = with.map_err(|report| anyhow!("{report}")).and_then(|with| compiled(&with, target));
    let known = warnings(policy);
    with.is_ok_and(|with| {
        let takes = |(warning, lint): &(String, Lint)| {
            *lint == Lint::ConditionWithoutEffect && !known.iter().any(|(old, _)| old == warning)
        };
        !warnings(&with).iter().any(takes)
    })
}

/// What becomes of a call that the policy denied.
enum DeniedCallFate {
    /// The policy allows it.
    Allowed,
    /// It needs a rule.
    Missing,
    /// It stays denied, for this reason.
    Kept(String),
}

fn fate(policy: &CompiledText, one: &ObservedCall, abi: Abi) -> DeniedCallFate {
    let quote =
        |Origin(origin): Origin| policy.compiled.origins[origin as usize].quote(&policy.tree);
    if one.call.nr == Abi::SKIPPED {
        return DeniedCallFate::Kept("a tracer skipped it".to_owned());
    }
    match decide::decide(&policy.compiled.policy, &one.call) {
        Decided::Rule(_, action) if action.permits() => DeniedCallFate::Allowed,
        Decided::Rule(rule, _) => DeniedCallFate::Kept(format!("`{}` decides it", quote(rule))),
        Decided::Perhaps(rule, _) => DeniedCallFate::Kept(format!(
            "`{}` may decide it: that depends on a value that only the program has",
            quote(rule)
        )),
        Decided::Unknown(_) => DeniedCallFate::Kept(
            "`unknown` decides it: the call is newer than the tables of this tool".to_owned(),
        ),
        Decided::Default(PolicyAction::Action(Action::Allow)) => DeniedCallFate::Allowed,
        Decided::Default(_) => DeniedCallFate::Missing,
        Decided::BadArch => DeniedCallFate::Kept(format!(
            "it is a call of {abi}, which the policy does not serve: `arch` lists the ABIs that it serves"
        )),
    }
}

/// The rules before they are compiled.
struct Draft {
    head: String,
    entries: Vec<LearnedItem>,
}

/// The rules, compiled.
struct CompiledRules {
    text: String,
    rules: Vec<LearnedRule>,
    warnings: Vec<String>,
}

impl Draft {
    fn new(
        policy: &CompiledText,
        target: Abi,
        missing: &BTreeMap<Abi, Vec<&ObservedCall>>,
        may: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut entries = Vec::new();
        let mut any_group = false;
        for (&abi, seen) in missing {
            let calls: Vec<Call> = seen.iter().map(|one| one.call).collect();
            let groups = taken(abi, &calls, may);
            any_group |= !groups.is_empty();
            let only = policy.compiled.policy.abis.len() == 1 && abi == target;
            let arch = if only { String::new() } else { format!("#[arch({abi})]\n") };
            let of_abi = OfAbi { policy, abi, arch, seen };
            of_abi.add_to(&mut entries, &groups);
        }
        let all: Vec<&ObservedCall> = missing.values().flatten().copied().collect();
        let abis: Vec<&str> = missing.keys().map(|abi| abi.name()).collect();
        Self { head: rule_comments::head(&all, &abis, any_group), entries }
    }

    /// The text of the rules.
    fn text(&self) -> String {
        let mut text = self.head.clone();
        for LearnedItem { comment, arch, allowed, rule, .. } in &self.entries {
            text += &format!("{comment}{allowed}{arch}{};\n", rule.rule);
        }
        text
    }

    /// Compiles the policy with the rules, changes them as warnings ask, and checks that each call is allowed.
    fn finished(
        mut self,
        policy: &CompiledText,
        before: &str,
        target: Abi,
    ) -> Result<CompiledRules> {
        let known = warnings(policy);
        let mut compiled_with = None;
        // Each round handles the warnings of the previous one, which may cause new warnings.
        for _ in 0..4 {
            let text = insert::insert("the policy", before, &self.text())
                .map_err(|report| anyhow!("{report}"))?;
            let with = compiled(&text, target)?;
            let changed = self.answer(policy, &with, &known);
            compiled_with = Some(with);
            if !changed {
                break;
            }
        }
        let with = compiled_with.expect("there is one round at least");
        for entry in &self.entries {
            for call in &entry.must_allow {
                let allowed = decide::allows(&with.compiled.policy, call);
                let name = Abi::of_call(call.arch, call.nr).map(|abi| call_name(abi, call.nr));
                ensure!(
                    allowed,
                    "internal error: the rules do not allow {name:?} {:x?}",
                    call.args
                );
            }
        }
        let after = warnings(&with);
        let new = after.iter().filter(|(warning, _)| !known.iter().any(|(old, _)| old == warning));
        let text = PolicyText::new("the rules", &self.text(), target)
            .format()
            .map_err(|report| anyhow!("{report}"))?;
        Ok(CompiledRules {
            text,
            rules: self.entries.into_iter().map(|entry| entry.rule).collect(),
            warnings: new.map(|(warning, _)| warning.clone()).collect(),
        })
    }

    /// Changes the rules as the warnings of the policy say. Returns whether anything changed.
    fn answer(
        &mut self,
        policy: &CompiledText,
        with: &CompiledText,
        known: &[(String, Lint)],
    ) -> bool {
        let mut changed = false;
        for (warning, lint) in warnings(with) {
            if let Some(always) = ALWAYS.iter().find(|always| always.lint == lint) {
                changed |= self.add_always(always, policy);
                continue;
            }
            if known.iter().any(|(old, _)| *old == warning) {
                continue;
            }
            // The warning is about a rule if it quotes one of the calls of the rule.
            for entry in &mut self.entries {
                let about =
                    entry.rule.calls.iter().any(|call| warning.contains(&format!("`{call}`")));
                let attribute = format!("#[allow(seccomp::{})]\n", lint.name());
                if about && !entry.allowed.contains(&attribute) {
                    entry.allowed += &attribute;
                    changed = true;
                }
            }
        }
        changed
    }

    /// Adds a rule that a warning asks for, unless the policy decides its call on purpose.
    fn add_always(&mut self, always: &Always, policy: &CompiledText) -> bool {
        let is_open = |abi: Abi| {
            let Some(number) = table::number(abi, always.call) else { return false };
            let call = Call::new(abi, number, [0; 6]);
            matches!(decide::decide(&policy.compiled.policy, &call), Decided::Default(_))
        };
        let open = policy.compiled.policy.abis.iter().any(|part| is_open(part.abi));
        if !open || self.entries.iter().any(|entry| entry.rule.rule == always.rule) {
            return false;
        }
        let entry = LearnedItem {
            comment: rule_comments::sentence(always.why),
            arch: String::new(),
            allowed: String::new(),
            rule: LearnedRule {
                rule: always.rule.to_owned(),
                calls: Vec::new(),
                count: 0,
                seen: BTreeSet::new(),
            },
            must_allow: Vec::new(),
        };
        self.entries.insert(if always.first { 0 } else { self.entries.len() }, entry);
        true
    }
}

/// A rule that is added although its call was not seen.
struct Always {
    /// The warning that asks for it.
    lint: Lint,
    rule: &'static str,
    /// The call that it is about.
    call: &'static str,
    why: &'static str,
    /// Whether it goes before the other rules.
    first: bool,
}

const ALWAYS: [Always; 3] = [
    Always {
        lint: Lint::NoExit,
        rule: "allow exit, exit_group",
        call: "exit_group",
        why: "Not seen, but every program ends with one of them.",
        first: false,
    },
    Always {
        lint: Lint::NoSigreturn,
        rule: "allow rt_sigreturn",
        call: "rt_sigreturn",
        why: "Not seen, but every handler of a signal returns with it.",
        first: false,
    },
    Always {
        lint: Lint::Clone3Denied,
        rule: "errno(ENOSYS) clone3",
        call: "clone3",
        why: "Not seen, but newer C libraries try it first, and use `clone` on ENOSYS.",
        first: true,
    },
];

fn compiled(text: &str, target: Abi) -> Result<CompiledText> {
    PolicyText::new("the policy", text, target).compile().map_err(|report| anyhow!("{report}"))
}

/// The warnings of a policy: the message and which warning it is.
fn warnings(policy: &CompiledText) -> Vec<(String, Lint)> {
    let mut all = Vec::new();
    for said in &policy.report.diagnostics {
        if let Code::Warning(lint) = said.code {
            all.push((said.message.clone(), lint));
        }
    }
    all
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
