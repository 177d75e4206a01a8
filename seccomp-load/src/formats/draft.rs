//! The meaning of a policy of another tool, call by call: the common form between the formats and the language.
//!
//! Calls do not affect each other, so the meaning of a policy on an ABI is, for each call number, a chain of steps. The
//! first step that matches decides.

use std::collections::{BTreeMap, BTreeSet};

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Condition, Finding, InvalidPolicy, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Unknown, check,
};
use seccomp_ir::table::{self, ConstantLookup};

use super::condition::simplified;
use super::problem::{Findings, ProblemPlace};

/// A condition, and the action for the calls that it holds for.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) condition: Condition,
    pub(super) action: Action,
    /// Where it was written.
    pub(super) place: ProblemPlace,
}

/// The part of a draft for one ABI.
#[derive(Clone)]
pub(super) struct AbiDraft {
    pub(super) abi: Abi,
    /// For each call number of the ABI, as in `seccomp_data.nr`: the steps; the first that matches decides.
    pub(super) chains: BTreeMap<u32, Vec<Step>>,
    /// The action for all other calls.
    pub(super) default: Action,
    /// The action for calls that no step decides and whose number is not in the tables, if it is not the default.
    pub(super) unknown: Option<Action>,
}

/// The most comparisons of one call: a filter has 4096 instructions.
pub(super) const MOST_COMPARISONS: usize = 2048;

/// The place of a step in a draft.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StepPlace {
    /// The index of its part.
    part: usize,
    /// The number of its call.
    number: u32,
    /// Its index in the chain of the call.
    step: usize,
}

/// The meaning of a policy.
#[derive(Clone)]
pub(super) struct Draft {
    /// For each ABI. The first is that of the program.
    pub(super) parts: Vec<AbiDraft>,
    /// The action for calls through other ABIs.
    pub(super) bad_arch: Action,
}

impl AbiDraft {
    pub(super) fn new(abi: Abi, default: Action) -> Self {
        Self { abi, chains: BTreeMap::new(), default, unknown: None }
    }

    /// Adds a step after all others for a call.
    pub(super) fn add(
        &mut self,
        number: u32,
        condition: Condition,
        action: Action,
        place: ProblemPlace,
    ) {
        self.chains.entry(number).or_default().push(Step { condition, action, place });
    }

    /// Removes steps without effect from the end of each chain, and joins neighbouring steps with the same action.
    fn tidy(&mut self) {
        let (abi, default, unknown) = (self.abi, self.default, self.unknown);
        for (&number, chain) in &mut self.chains {
            let mut steps: Vec<Step> = Vec::new();
            for step in chain.drain(..) {
                let condition = simplified(step.condition, abi);
                let always = condition == Condition::Always;
                if condition == Condition::Any(Vec::new()) {
                    continue;
                }
                match steps.last_mut() {
                    Some(last) if last.action == step.action => {
                        let before = std::mem::replace(&mut last.condition, Condition::Always);
                        last.condition = simplified(Condition::Any(vec![before, condition]), abi);
                    }
                    _ => steps.push(Step { condition, ..step }),
                }
                if always {
                    break;
                }
            }
            let unmatched = match unknown {
                Some(action) if !is_known(abi, number) => action,
                _ => default,
            };
            while steps.last().is_some_and(|last| last.action == unmatched) {
                steps.pop();
            }
            *chain = steps;
        }
        self.chains.retain(|_, chain| !chain.is_empty());
    }
}

/// Whether `unknown` does not apply to a number: it has a name, or it is -1 where that is beyond the numbers of the ABI
/// (`docs/language.md`).
fn is_known(abi: Abi, number: u32) -> bool {
    table::name(abi, number).is_some() || (number == Abi::SKIPPED && abi.numbers().1 < Abi::SKIPPED)
}

impl Draft {
    /// The part that a format for one ABI can have. Rules for other ABIs are errors; `what` is what the format writes.
    pub(super) fn only_part(&self, what: &str, findings: &mut Findings) -> &AbiDraft {
        for part in self.parts[1..].iter().filter(|part| !part.chains.is_empty()) {
            let message =
                format!("{what} is for one ABI, and this policy has rules for {}", part.abi);
            findings.error(ProblemPlace::Rule(format!("arch {}", part.abi)), message);
        }
        &self.parts[0]
    }

    /// The draft as a checked policy, with the place of the step behind each of its origins.
    ///
    /// # Errors
    ///
    /// The ABIs do not belong to one kernel, or a number belongs to another ABI.
    pub(super) fn policy(&self) -> Result<(Policy, Vec<StepPlace>), InvalidPolicy> {
        let (mut origins, mut abis) = (Vec::new(), Vec::new());
        for (at_part, part) in self.parts.iter().enumerate() {
            let mut rules = Vec::new();
            for (&number, chain) in &part.chains {
                for (at_step, step) in chain.iter().enumerate() {
                    let origin = Origin(u32::try_from(origins.len()).unwrap_or(u32::MAX));
                    origins.push(StepPlace { part: at_part, number, step: at_step });
                    rules.push(Rule {
                        numbers: vec![number],
                        condition: step.condition.clone(),
                        action: PolicyAction::Action(step.action),
                        hot: false,
                        origin,
                    });
                }
            }
            let unknown = part.unknown.map(|action| {
                let mut known: Vec<u32> =
                    table::calls(part.abi).map(|(number, _)| number).collect();
                known.extend(is_known(part.abi, Abi::SKIPPED).then_some(Abi::SKIPPED));
                known.sort_unstable();
                known.dedup();
                Unknown { known, action: PolicyAction::Action(action) }
            });
            let default = PolicyAction::Action(part.default);
            abis.push(AbiPolicy { abi: part.abi, rules, unknown, default });
        }
        let parts = PolicyParts { abis, bad_arch: PolicyAction::Action(self.bad_arch) };
        Ok((Policy::new(parts)?, origins))
    }

    /// The place of a rule for a call with too many rules or comparisons to be proven in reasonable time.
    pub(super) fn too_large(&self) -> Option<ProblemPlace> {
        for part in &self.parts {
            for chain in part.chains.values() {
                let mut comparisons = 0;
                for step in chain {
                    comparisons += step.condition.comparisons() + 1;
                    if comparisons > MOST_COMPARISONS {
                        return Some(step.place.clone());
                    }
                }
            }
        }
        None
    }

    /// Answers `socketcall` and `ipc` with `ENOSYS`, so that C libraries make the calls behind them directly.
    pub(super) fn close_multiplexers(&mut self) {
        for part in &mut self.parts {
            let ConstantLookup::Value(enosys) = table::constant(part.abi, "ENOSYS") else {
                continue;
            };
            for call in ["socketcall", "ipc"] {
                let Some(number) = table::number(part.abi, call) else { continue };
                let action = Action::Errno(enosys.value as u16);
                let place = ProblemPlace::Path(String::new());
                let step = Step { condition: Condition::Always, action, place };
                part.chains.insert(number, vec![step]);
            }
        }
    }

    /// Removes the parts for ABIs whose calls all get the action for calls through other ABIs.
    fn leave_out_parts(&mut self) {
        let bad_arch = self.bad_arch;
        let mut first = true;
        self.parts.retain(|part| {
            let says =
                !part.chains.is_empty() || part.default != bad_arch || part.unknown.is_some();
            std::mem::take(&mut first) || says
        });
    }

    /// Removes steps that decide nothing, because the language refuses them: steps whose condition never holds, and
    /// steps whose calls earlier steps decide.
    ///
    /// # Errors
    ///
    /// See [`Self::policy`].
    pub(super) fn prune(&mut self) -> Result<(), InvalidPolicy> {
        for part in &mut self.parts {
            part.tidy();
        }
        self.leave_out_parts();
        let (policy, origins) = self.policy()?;
        let (mut useless, mut always) = (BTreeSet::new(), BTreeSet::new());
        for finding in check(&policy) {
            let place = origins[finding.rule().0 as usize];
            match finding {
                Finding::AlwaysTrue { .. } => always.insert(place),
                _ => useless.insert(place),
            };
        }
        if useless.is_empty() && always.is_empty() {
            return Ok(());
        }
        for (at_part, part) in self.parts.iter_mut().enumerate() {
            for (&number, chain) in &mut part.chains {
                let mut at_step = 0;
                chain.retain_mut(|step| {
                    let place = StepPlace { part: at_part, number, step: at_step };
                    at_step += 1;
                    if always.contains(&place) {
                        step.condition = Condition::Always;
                    }
                    !useless.contains(&place)
                });
            }
            part.tidy();
        }
        Ok(())
    }
}
