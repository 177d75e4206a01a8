//! One try to lower a policy: it runs all passes, and blames a rule if the filter breaks a limit.

use super::accumulator::{TestOperand, TestRelation};
use super::bdd::TooComplex;
use super::bound::Limits;
use super::budgets::Budgets;
use super::choice::{self, Chooser};
use super::condition_functions::{Conditions, Size};
use super::cost::{CHECK_INSTRUCTION, Cost, INSTRUCTION, weigh};
use super::emit::Emitter;
use super::error::{LowerError, LowerErrorKind};
use super::function_node::{Function, LeafId};
use super::graph::{GraphStep, StepId};
use super::layout;
use super::map::Map;
use super::number_runs::{CallRun, Check, Checks, append, call_runs};
use super::number_tests::{number_tests, whole_row};
use super::planner::Planner;
use super::search::ValueRun;
use super::test_trees::Trees;
use super::{Frequency, Lowered};
use crate::abi::{Call, Endian};
use crate::bpf::MAX_INSTRUCTIONS;
use crate::policy::{Origin, Policy};
use crate::sort::sort;

/// How a policy is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As a straight chain.
    Chained,
    /// With searched trees; `instruction` is the cost of one instruction.
    Searched { instruction: Cost },
}

/// The checks that are decided by their chains, whatever else there is.
#[derive(Clone, Copy)]
pub(super) enum Chains<'p> {
    OfNone,
    /// The checks of these calls, which are given as values of `arch` and numbers.
    Of(&'p [(u32, u32)]),
    OfAll,
}

/// A filter, or the error with the length that it would have.
pub(super) type Attempted<T> = Result<T, (LowerError, usize)>;

/// One try to lower a policy.
pub(super) struct Attempt<'p> {
    pub(super) policy: &'p Policy,
    pub(super) frequency: Frequency<'p>,
    pub(super) budgets: Budgets,
    pub(super) how: How,
    pub(super) chains: Chains<'p>,
}

impl Attempt<'_> {
    /// Runs all passes. Returns the straight chain, and the searched filter if that keeps the limits.
    pub(super) fn filters(&self) -> (Attempted<Lowered>, Attempted<Option<Lowered>>) {
        let mut conditions = self.conditions();
        let functions = PolicyFunctions::of(self, &mut conditions);
        let mut emitter = functions.emitter(self, &mut conditions);
        let too_complex = || (functions.refusal(LowerErrorKind::TooComplex, None), usize::MAX);
        let Ok(chain) = functions.chain(&mut emitter) else {
            return (Err(too_complex()), Err(too_complex()));
        };
        let chain = layout::lay_out(&emitter.graph, chain);
        let limits = Limits::beside(&chain.filter, self.policy);
        let chain = functions.fitting(chain, &emitter);
        let Ok(entry) = functions.searched(&mut emitter, self.chains) else {
            return (chain, Err(too_complex()));
        };
        let searched = functions.fitting(layout::lay_out(&emitter.graph, entry), &emitter);
        let searched = searched.map(|lowered| Some(lowered).filter(|it| limits.hold(&it.filter)));
        (chain, searched)
    }

    pub(super) fn conditions(&self) -> Conditions {
        Conditions::new(Size::InProportion, self.budgets)
    }
}

/// Adds the tests of the numbers under a value of `arch`, and returns the first.
type NumberTests<'t> =
    dyn FnMut(&mut Emitter<'_>, u32, &[ValueRun]) -> Result<StepId, TooComplex> + 't;

/// The functions of a policy.
pub(super) struct PolicyFunctions<'a> {
    policy: &'a Policy,
    bad_arch: Function,
    /// The call numbers of all ABIs.
    served: Vec<CallRun>,
    /// The values of `arch` of these ABIs.
    pub(super) archs: Vec<u32>,
    pub(super) checks: Checks<'a>,
}

impl<'a> PolicyFunctions<'a> {
    /// Runs the passes up to the functions.
    pub(super) fn of(attempt: &Attempt<'a>, conditions: &mut Conditions) -> Self {
        let Attempt { policy, frequency, .. } = *attempt;
        let mut checks = Checks::EMPTY;
        let bad_arch = conditions.action(policy.bad_arch);
        let mut served = Vec::new();
        let mut archs = Vec::new();
        for part in &policy.abis {
            let arch = part.abi.audit_arch();
            let is_first = !archs.contains(&arch);
            if is_first {
                archs.push(arch);
            }
            let runs = call_runs(part, is_first, frequency, conditions, &mut checks);
            served.extend_from_slice(&runs);
        }
        Self { policy, bad_arch, served, archs, checks }
    }

    pub(super) fn emitter<'b>(
        &'b self,
        attempt: &Attempt<'_>,
        conditions: &'b mut Conditions,
    ) -> Emitter<'b> {
        let instruction = match attempt.how {
            How::Chained => INSTRUCTION,
            How::Searched { instruction } => instruction,
        };
        let trees = Trees::new(instruction, attempt.budgets);
        let planner = Planner::new(conditions, trees, &self.checks);
        let endian = self.policy.abis.first().map_or(Endian::Little, |part| part.abi.endian());
        Emitter::new(planner, endian)
    }

    /// The first step of the straight chain.
    pub(super) fn chain(&self, emitter: &mut Emitter<'_>) -> Result<StepId, TooComplex> {
        for check in self.checks.values() {
            choice::chain(emitter, check);
        }
        self.emit(emitter, &mut |emitter, _, numbers| whole_row(emitter, numbers))
    }

    /// The first step of the filter whose tests are searched, after [`Self::chain`].
    pub(super) fn searched(
        &self,
        emitter: &mut Emitter<'_>,
        chains: Chains<'_>,
    ) -> Result<StepId, TooComplex> {
        emitter.forget_choices();
        self.emit(emitter, &mut |emitter, arch, numbers| {
            let of_numbers = emitter.planner.trees.instruction;
            emitter.planner.trees.instruction = of_numbers.max(CHECK_INSTRUCTION);
            self.choose(emitter, arch, numbers, chains);
            emitter.planner.trees.instruction = of_numbers;
            number_tests(emitter, arch, numbers)
        })
    }

    /// The first step, where `tests` gives the first test of the numbers under a value of `arch`.
    fn emit(
        &self,
        emitter: &mut Emitter<'_>,
        tests: &mut NumberTests<'_>,
    ) -> Result<StepId, TooComplex> {
        let mut entry = emitter.emit(self.bad_arch, None)?;
        for &arch in self.archs.iter().rev() {
            let numbers = self.numbers(arch);
            let weighted = weigh(&numbers, emitter.planner.conditions);
            let next = tests(emitter, arch, &weighted)?;
            let next = if weighted.len() > 1 {
                emitter.graph.add(GraphStep::Load { offset: Call::NR, next })
            } else {
                next
            };
            let (relation, operand) = (TestRelation::Equal, TestOperand::Known(arch));
            entry =
                emitter.graph.add(GraphStep::Branch { relation, operand, yes: next, no: entry });
        }
        if let GraphStep::Branch { .. } = emitter.graph.step(entry) {
            entry = emitter.graph.add(GraphStep::Load { offset: Call::ARCH, next: entry });
        }
        Ok(entry)
    }

    /// The filter, or the error if the kernel does not take that many instructions.
    fn fitting(&self, lowered: Lowered, emitter: &Emitter<'_>) -> Attempted<Lowered> {
        let length = lowered.filter.instructions.len();
        if length <= MAX_INSTRUCTIONS {
            return Ok(lowered);
        }
        let (blamed, part) = self.longest(emitter);
        let blamed = blamed.filter(|_| 2 * part * self.checks.values().len() >= length);
        Err((self.refusal(LowerErrorKind::TooLong(length), blamed), length))
    }

    /// The runs of all numbers under this value of `arch`. A number that no ABI serves gets `bad_arch`.
    pub(super) fn numbers(&self, arch: u32) -> Vec<CallRun> {
        let mut order: Vec<(u64, u64)> = Vec::new();
        for index in 0..self.served.len() {
            let run = &self.served[index];
            if run.arch == arch {
                order.push((run.first.into(), index as u64));
            }
        }
        sort(&mut order);
        let unserved = |first: u64, last| {
            let (first, check) = (first as u32, self.bad_arch);
            CallRun { arch, first, last, check, named: 0, frequency: 0 }
        };
        let mut runs: Vec<CallRun> = Vec::with_capacity(order.len());
        let mut next = 0;
        for &(first, index) in &order {
            let run = self.served[index as usize];
            if next < first {
                append(&mut runs, unserved(next, run.first - 1));
            }
            append(&mut runs, run);
            next = u64::from(run.last) + 1;
        }
        // The last number belongs to a skipped call, which is always served.
        runs
    }

    /// Chooses a check for the calls of each run, the heaviest run first. Those of `chains` are chains.
    fn choose(&self, emitter: &mut Emitter<'_>, arch: u32, runs: &[ValueRun], chains: Chains<'_>) {
        let mut weights: Map<LeafId, Cost> = Map::EMPTY;
        for run in runs {
            *weights.value_or(&run.outcome, 0) += run.weight;
        }
        let mut by_lightness: Vec<(u64, u64)> = Vec::new();
        for index in 0..weights.values().len() {
            let check = weights.words(index)[0];
            by_lightness.push((Cost::MAX - weights.values()[index], check.into()));
        }
        sort(&mut by_lightness);
        let is_chain = |outcome| match chains {
            Chains::OfNone => false,
            Chains::OfAll => true,
            Chains::Of(calls) => runs.iter().any(|run| {
                let is_in = |&(of, number): &(u32, u32)| {
                    of == arch && run.first <= number && number <= run.last
                };
                run.outcome == outcome && calls.iter().any(is_in)
            }),
        };
        let mut chooser = Chooser::new();
        for &(lightness, check) in &by_lightness {
            let function = Function(check as u32);
            if let Some(check) = self.checks.get(&function) {
                if is_chain(LeafId::of(function)) {
                    choice::chain(emitter, check);
                } else {
                    chooser.choose(emitter, check, Cost::MAX - lightness);
                }
            }
        }
    }

    /// The check with the most steps, and their number. If several have as many, the first of them.
    fn longest(&self, emitter: &Emitter<'_>) -> (Option<&Check<'_>>, usize) {
        let (mut longest, mut most): (Option<&Check<'_>>, _) = (None, 0);
        for check in self.checks.values() {
            let length = emitter.length(check.function);
            let longer = match longest {
                Some(known) if length == most => check.function.0 < known.function.0,
                Some(_) => length > most,
                None => true,
            };
            if longer {
                (longest, most) = (Some(check), length);
            }
        }
        (longest, most)
    }

    /// The error. It names the rule and the number of `blamed`, or those of the rule with the most numbers.
    fn refusal(&self, kind: LowerErrorKind, blamed: Option<&Check>) -> LowerError {
        if let Some(check) = blamed {
            return LowerError { kind, rule: check.heaviest, number: check.number };
        }
        let (mut longest, mut rule, mut number) = (0, Origin(0), 0);
        for part in &self.policy.abis {
            for other in &part.rules {
                if other.numbers.len() > longest {
                    (longest, rule, number) = (other.numbers.len(), other.origin, other.numbers[0]);
                }
            }
        }
        LowerError { kind, rule, number }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support;
    use super::PolicyFunctions;
    use crate::abi::Abi;
    use crate::policy::Policy;

    #[test]
    fn every_number_of_a_kernel_is_in_one_run() {
        let mut parts = test_support::policy(&mut test_support::rng(17), false).into_parts();
        parts.abis.push(crate::policy::AbiPolicy { abi: Abi::X32, ..parts.abis[0].clone() });
        for rule in &mut parts.abis[1].rules {
            rule.numbers.iter_mut().for_each(|number| *number += Abi::X32.numbers().0);
        }
        let policy = Policy::new(parts).expect("a valid policy");
        let attempt = test_support::attempt(&policy);
        let mut conditions = attempt.conditions();
        let functions = PolicyFunctions::of(&attempt, &mut conditions);
        assert_eq!(functions.archs, [Abi::X86_64.audit_arch()]);
        let runs = functions.numbers(functions.archs[0]);
        assert_eq!((runs[0].first, runs[runs.len() - 1].last), (0, u32::MAX));
        assert!(runs.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
    }
}
