//! The lowering: policy to decision graph to instructions.
//!
//! The passes are a list, [`Pass`]: each has a name, says why it has its place, and its result can be
//! looked at ([`show`](show()), `cargo run --example explain -- --stage NAME`). If the first filter
//! exceeds its limits, the passes run again with other costs ([`lower_within`]). The ways among which
//! `choice` chooses are
//!
//! - `argument_order`, which chooses the word that a function reads first, and `search` (over `runs` of values)
//!   or `masks` (over `cells` by `candidates`), which choose the tests of that word;
//! - `chain`, which makes the tests as they are written and needs only the rules.
//!
//! `accumulator` describes what the accumulator can hold and what an instruction can test; `map` is the
//! map that all passes use; `budgets` says how much they may try.
//!
//! The lowering knows no names and no spans. It does not prove that its result means the same as the
//! policy: `prove` does that on every compile, and shares no code with the lowering.

mod accumulator;
mod argument_order;
mod bdd;
mod bound;
mod budgets;
mod candidates;
mod cells;
mod chain;
mod choice;
mod condition;
mod cost;
mod dependence;
mod emit;
mod function_node;
mod graph;
mod hints;
mod intervals;
mod layout;
mod leaves;
mod map;
mod masks;
mod number_tests;
mod numbers;
#[cfg(feature = "show")]
mod pass;
#[cfg(feature = "show")]
mod pass_text;
mod read_first;
mod runs;
mod samples;
mod search;
mod symbols;
#[cfg(test)]
mod test_support;
mod value_sets;
#[cfg(feature = "show")]
mod weights;

use std::fmt;

pub use budgets::Budgets;
#[cfg(feature = "show")]
pub use pass::{Pass, UnknownPass};
#[cfg(feature = "show")]
pub use pass_text::show;

use accumulator::{TestOperand, TestRelation};
use argument_order::Planner;
use bdd::TooComplex;
use bound::Limits;
use choice::Chooser;
use condition::{Conditions, Size};
use cost::{CHECK_INSTRUCTION, Cost, INSTRUCTION, LONG_INSTRUCTION, SHORTEST_INSTRUCTION, weigh};
use emit::Emitter;
use function_node::{Function, LeafId};
use graph::{GraphStep, StepId};
use map::Map;
use number_tests::{number_tests, whole_row};
use numbers::{CallRun, Check, Checks, append, call_runs};
use search::{Trees, ValueRun};
#[cfg(feature = "show")]
pub use weights::{INSTRUCTION_COST, NumberRun, number_runs};

use crate::abi::{Abi, Call, Endian};
use crate::bpf::MAX_INSTRUCTIONS;
use crate::filter::Filter;
use crate::policy::{Origin, Policy};
use crate::sort::sort;

/// How often a call of an ABI is made, in hundredths of a call per about a hundred calls.
pub type Frequency<'a> = &'a dyn Fn(Abi, u32) -> u32;

/// Why a policy was not compiled.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct LowerError {
    /// The limit that was exceeded.
    pub kind: LowerErrorKind,
    /// The rule with the most comparisons among the rules that caused the error.
    pub rule: Origin,
    /// The lowest call number of that rule.
    pub number: u32,
}

/// The limit that was exceeded.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub enum LowerErrorKind {
    /// The filter would have this many instructions; the kernel takes 4096.
    TooLong(usize),
    /// The conditions of a call do not reduce to a diagram of bounded size.
    TooComplex,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LowerErrorKind::TooLong(instructions) => write!(
                f,
                "the filter would have {instructions} instructions, and the kernel takes at most \
                 {MAX_INSTRUCTIONS}: this rule has the most comparisons; write ranges or masks \
                 instead of single values, or fewer comparisons"
            ),
            LowerErrorKind::TooComplex => f.write_str(
                "the conditions on this call depend on each other in too many ways to be decided \
                 by a filter of bounded size: test fewer arguments together, or split the rule",
            ),
        }
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for LowerError {}

/// A filter, and what helps to prove it.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Lowered {
    /// The filter.
    pub filter: Filter,
    /// The instructions at which a straight chain begins to test a condition, in no order. No proof has to
    /// believe that.
    pub starts: Vec<usize>,
}

/// The filter of `policy`, laid out so that frequent calls take few steps.
///
/// No path is longer than the longest of the straight chain of its tests as written, and the filter is at most
/// one instruction longer than that chain. The exception is a policy with a list of more than 16 calls or a
/// rule of more than 48 comparisons: there the filter may be longer by half, for comparisons that make it
/// far less deep (`lower/bound.rs`).
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if even the chain is longer than the kernel takes.
pub fn lower(policy: &Policy, frequency: Frequency<'_>) -> Result<Filter, LowerError> {
    lower_within(policy, frequency, Budgets::DEFAULT)
}

/// As [`lower`], with what helps to prove the filter.
///
/// # Errors
///
/// As [`lower`].
pub fn lower_with_starts(policy: &Policy, frequency: Frequency<'_>) -> Result<Lowered, LowerError> {
    fastest(policy, frequency, Budgets::DEFAULT).map(|(_, lowered)| lowered)
}

/// As [`lower`], with other budgets. Smaller ones make a longer filter, which keeps the same promises.
///
/// # Errors
///
/// As [`lower`].
pub fn lower_within(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<Filter, LowerError> {
    fastest(policy, frequency, budgets).map(|(_, lowered)| lowered.filter)
}

/// The first way that keeps the promises of [`lower`], and its filter.
fn fastest(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<(How, Lowered), LowerError> {
    let chains = Chains::OfNone;
    let made = |instruction| {
        let how = How::Searched { instruction };
        let (chain, searched) = Attempt { policy, frequency, budgets, how, chains }.filters();
        (chain, searched.map(|filter| filter.map(|filter| (how, filter))))
    };
    let (chain, first) = made(INSTRUCTION);
    if let Ok(Some(filter)) = first {
        return Ok(filter);
    }
    let (_, shortest) = made(SHORTEST_INSTRUCTION);
    if let Ok(Some(shortest)) = shortest {
        // If the shortest one is too long, so is one between.
        return match made(LONG_INSTRUCTION) {
            (_, Ok(Some(between))) => Ok(between),
            _ => Ok(shortest),
        };
    }
    let mut refusal = match chain {
        Ok(chain) => return Ok((How::Chained, chain)),
        Err(refusal) => refusal,
    };
    // The error with the shortest length that any attempt reached.
    for searched in [shortest, first] {
        match searched {
            Err(other) if other.1 <= refusal.1 => refusal = other,
            _ => {}
        }
    }
    Err(refusal.0)
}

/// The filter of `policy` in which the arguments of each call are tested one after the other, as its rules
/// are written. It is longer and deeper than that of [`lower`], and its proof is simpler.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if it is longer than the kernel takes.
pub fn lower_simply(policy: &Policy, frequency: Frequency<'_>) -> Result<Lowered, LowerError> {
    with_chains(policy, frequency, Chains::OfAll)
}

/// The straight chain of `policy`, which bounds the filter of [`lower`]: the calls one after the other, and for
/// each the tests of its rules as they are written.
///
/// # Errors
///
/// As [`lower_simply`].
#[inline]
pub fn lower_as_chain(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<Filter, LowerError> {
    let (how, chains) = (How::Chained, Chains::OfAll);
    let (chain, _) = Attempt { policy, frequency, budgets, how, chains }.filters();
    chain.map(|lowered| lowered.filter).map_err(|(refusal, _)| refusal)
}

/// The filter of [`lower`] in which only the arguments of `calls` (values of `arch` and numbers) are tested one
/// after the other.
///
/// # Errors
///
/// As [`lower_simply`].
pub fn lower_calls_simply(
    policy: &Policy,
    frequency: Frequency<'_>,
    calls: &[(u32, u32)],
) -> Result<Lowered, LowerError> {
    with_chains(policy, frequency, Chains::Of(calls))
}

fn with_chains(
    policy: &Policy,
    frequency: Frequency<'_>,
    chains: Chains<'_>,
) -> Result<Lowered, LowerError> {
    let (budgets, how) = (Budgets::DEFAULT, How::Searched { instruction: INSTRUCTION });
    match (Attempt { policy, frequency, budgets, how, chains }.filters()) {
        (_, Ok(Some(filter))) => Ok(filter),
        (chain, _) => chain.map_err(|(refusal, _)| refusal),
    }
}

/// How a policy is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// As a straight chain.
    Chained,
    /// With searched trees; `instruction` is the cost of one instruction.
    Searched { instruction: Cost },
}

/// The checks that are decided by their chains, whatever else there is.
#[derive(Clone, Copy)]
enum Chains<'p> {
    OfNone,
    /// Those of these calls: values of `arch` and numbers.
    Of(&'p [(u32, u32)]),
    OfAll,
}

/// A filter, or the error with the length that it would have.
type Attempted<T> = Result<T, (LowerError, usize)>;

/// One try to lower a policy.
struct Attempt<'p> {
    policy: &'p Policy,
    frequency: Frequency<'p>,
    budgets: Budgets,
    how: How,
    chains: Chains<'p>,
}

impl Attempt<'_> {
    /// Runs all passes. The straight chain, and what is made instead of it, unless that breaks a limit.
    fn filters(&self) -> (Attempted<Lowered>, Attempted<Option<Lowered>>) {
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

    fn conditions(&self) -> Conditions {
        Conditions::new(Size::InProportion, self.budgets)
    }
}

/// Adds the tests of the numbers under a value of `arch`, and returns the first.
type NumberTests<'t> =
    dyn FnMut(&mut Emitter<'_>, u32, &[ValueRun]) -> Result<StepId, TooComplex> + 't;

/// The functions of a policy.
struct PolicyFunctions<'a> {
    policy: &'a Policy,
    bad_arch: Function,
    /// The call numbers of all ABIs.
    served: Vec<CallRun>,
    /// The values of `arch` of these ABIs.
    archs: Vec<u32>,
    checks: Checks<'a>,
}

impl<'a> PolicyFunctions<'a> {
    /// Runs the passes up to the functions.
    fn of(attempt: &Attempt<'a>, conditions: &mut Conditions) -> Self {
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

    fn emitter<'b>(&'b self, attempt: &Attempt<'_>, conditions: &'b mut Conditions) -> Emitter<'b> {
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
    fn chain(&self, emitter: &mut Emitter<'_>) -> Result<StepId, TooComplex> {
        for check in self.checks.values() {
            choice::chain(emitter, check);
        }
        self.emit(emitter, &mut |emitter, _, numbers| whole_row(emitter, numbers))
    }

    /// The first step of the filter whose tests are searched, after [`Self::chain`].
    fn searched(
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
    fn numbers(&self, arch: u32) -> Vec<CallRun> {
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

    /// The error. It blames a check, or without one the rule with the most numbers.
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
    use super::{Budgets, PolicyFunctions, lower_as_chain, lower_within, test_support};
    use crate::abi::{Abi, Endian};
    use crate::bpf;
    use crate::policy::{Policy, meaning};

    #[test]
    fn every_number_of_a_kernel_is_in_one_run() {
        let mut parts = test_support::policy(&mut fastrand::Rng::with_seed(17), false).into_parts();
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

    /// With every budget the filter is right, and hardly longer than the chain.
    #[test]
    fn a_spent_budget_costs_length_and_nothing_else() {
        let full = Budgets::DEFAULT;
        let budgets = [
            Budgets::NONE,
            full,
            Budgets { nodes: 40, ..full },
            Budgets { symbol_tests: 0, ..full },
            Budgets { functions: 2, ..full },
            Budgets { trials: 0, reordered_nodes: 0, ..full },
            Budgets { sets: 0, ..full },
            Budgets { runs: 2, masked_runs: 2, ..full },
            Budgets { cell_states: 4, ..full },
            Budgets { cell_sets: 0, ..full },
        ];
        let mut rng = fastrand::Rng::with_seed(19);
        let mut lengths = vec![0; budgets.len()];
        for round in 0..60 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            for (length, &budgets) in lengths.iter_mut().zip(&budgets) {
                let chain = lower_as_chain(&policy, &|_, _| 0, budgets).expect("a few tests");
                let filter = lower_within(&policy, &|_, _| 0, budgets).expect("as the chain");
                *length += filter.instructions.len();
                assert!(filter.instructions.len() <= chain.instructions.len() + 1);
                assert!(filter.longest_path() <= chain.longest_path());
                let instructions = filter.resolve(&test_support::value_of);
                for _ in 0..30 {
                    let call = test_support::call(&mut rng);
                    let expected = meaning(&policy, &call, &test_support::value_of);
                    let found = bpf::interpret(&instructions, &call, Endian::Little);
                    assert_eq!(found, Ok(expected.to_return_value()), "{budgets:?} {call:x?}");
                }
            }
        }
        assert!(lengths[1] < lengths[0], "the search gains nothing: {lengths:?}");
    }
}
