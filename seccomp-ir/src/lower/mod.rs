//! The lowering: policy to decision graph to instructions.
//!
//! The passes run in this order. Each says why it has its place. If the first filter exceeds its
//! limits, they run again with other costs ([`lower`]).
//!
//! 1. `numbers` groups the call numbers of an ABI into runs whose arguments are checked alike. It comes
//!    first, so that equal checks are searched only once.
//! 2. `condition`, `intervals`, `symbols` turn the conditions of a check into one canonical function of
//!    its arguments (`bdd`, `leaves`). The passes after them then depend on what is computed, and not on
//!    how it was written.
//! 3. `cost` gives each run the weight of a step. All later choices minimise one sum.
//! 4. `choice` takes the cheapest of several ways to decide a check. The heaviest check chooses first;
//!    the steps that it needs are free for the others. The ways are
//!    - `order`, which chooses the word that the function reads first, and `search` (over `runs` of
//!      values) or `masks` (over `cells` by `candidates`), which choose the tests of that word. They come
//!      after `condition`, because only a canonical function shows on which words it depends;
//!    - `chain`, which makes the tests as they are written and needs only the rules.
//! 5. `emit` turns the chosen way into steps of a graph that stores each step once (`graph`).
//! 6. `search` runs again, over the call numbers. It is the last choice, because only now is each check
//!    one outcome.
//! 7. `layout` writes the graph as an array. It comes after all choices.
//!
//! `accumulator` describes what the accumulator can hold and what an instruction can test; `map` is the
//! map that all passes use.
//!
//! The lowering knows no names and no spans. It does not prove that its result means the same as the
//! policy: `prove` does that on every compile, and shares no code with the lowering.

mod accumulator;
mod bdd;
mod candidates;
mod cells;
mod chain;
mod choice;
mod condition;
mod cost;
mod emit;
mod graph;
mod intervals;
mod layout;
mod leaves;
mod map;
mod masks;
mod numbers;
mod order;
mod runs;
mod search;
mod symbols;

use std::fmt;

use accumulator::{TestOperand, TestRelation};
use bdd::{Function, TooComplex};
use choice::Chooser;
use condition::{Conditions, Size};
use cost::{Cost, INSTRUCTION, INSTRUCTIONS, weigh};
use emit::Emitter;
use graph::{GraphStep, StepId};
use map::Map;
use numbers::{CallRun, Check, Checks, append, call_runs};
use order::Planner;
use search::{Trees, ValueRun};

use crate::abi::{Abi, Call, Endian};
use crate::bpf::MAX_INSTRUCTIONS;
use crate::filter::Filter;
use crate::policy::{Origin, Policy};

/// How often a call of an ABI is made, in hundredths of a call per about a hundred calls.
pub type Frequency<'a> = &'a dyn Fn(Abi, u32) -> u32;

/// Why a policy was not compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LowerError {
    /// The limit that was exceeded.
    pub kind: LowerErrorKind,
    /// The rule with the most comparisons among the rules that caused the error.
    pub rule: Origin,
    /// The lowest call number of that rule.
    pub number: u32,
}

/// The limit that was exceeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl std::error::Error for LowerError {}

/// The first test of numbers that are tested one after the other: all runs except those with the
/// most common outcome.
fn row(emitter: &mut Emitter<'_>, runs: &[ValueRun]) -> Result<StepId, TooComplex> {
    let mut counts: Map<u32, usize> = Map::EMPTY;
    let (mut most, mut rest) = (0, runs[0].outcome);
    for run in runs {
        let count = counts.value_or(&run.outcome, 0);
        *count += 1;
        if *count > most {
            (most, rest) = (*count, run.outcome);
        }
    }
    let mut next = emitter.emit(Function(rest), None)?;
    for run in runs.iter().rev() {
        if run.outcome == rest {
            continue;
        }
        let mut inside = emitter.emit(Function(run.outcome), None)?;
        let mut test = |relation, value, yes, no| {
            let operand = TestOperand::Known(value);
            emitter.graph.add(GraphStep::Branch { relation, operand, yes, no })
        };
        next = if run.first == run.last {
            test(TestRelation::Equal, run.first, inside, next)
        } else {
            if run.last < u32::MAX {
                inside = test(TestRelation::Greater, run.last, next, inside);
            }
            match run.first.checked_sub(1) {
                Some(below) => test(TestRelation::Greater, below, inside, next),
                None => inside,
            }
        };
    }
    Ok(next)
}

/// The filter of `policy`, laid out so that frequent calls take few steps.
///
/// The filter is at most one instruction longer and one step deeper than the straight chain of its
/// tests as written. The exception is a policy with a list of more than `MOST_CALLS_IN_ROW` calls or a
/// rule of more than `MOST_IN_ROW` comparisons: there the lowering adds comparisons that make the
/// filter far less deep, as long as the kernel takes it.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if even the chain is longer than the kernel takes.
pub fn lower(policy: &Policy, frequency: Frequency<'_>) -> Result<Filter, LowerError> {
    let mut limits = Limits { length: MAX_INSTRUCTIONS, depth: MAX_INSTRUCTIONS };
    let mut chain = None;
    if !has_long_list(policy) {
        let filter = attempt(policy, frequency, How::Chained).map_err(|(refusal, _)| refusal)?;
        limits.length = limits.length.min(filter.instructions.len() + 1);
        limits.depth = limits.depth.min(filter.longest_path() + 1);
        chain = Some(filter);
    }
    let mut refusal: Option<(LowerError, usize)> = None;
    for &instruction in &INSTRUCTIONS {
        match attempt(policy, frequency, How::Searched { instruction }) {
            Ok(filter) if limits.hold(&filter) => return Ok(filter),
            Ok(_) => {}
            // Report the shortest length that any attempt reached.
            Err((other, length)) => match &refusal {
                Some((_, least)) if *least <= length => {}
                _ => refusal = Some((other, length)),
            },
        }
    }
    if let Some(chain) = chain {
        return Ok(chain);
    }
    match (attempt(policy, frequency, How::Chained), refusal) {
        (Err((_, length)), Some((refusal, least))) if least <= length => Err(refusal),
        (chain, _) => chain.map_err(|(refusal, _)| refusal),
    }
}

/// The most calls for which a row of tests is made where a row is shortest.
const MOST_CALLS_IN_ROW: usize = 16;

/// The most comparisons of one rule for which a row is made where a row is shortest.
const MOST_IN_ROW: usize = 48;

/// Whether the policy distinguishes so many calls or values that a tree is worth its extra length.
fn has_long_list(policy: &Policy) -> bool {
    for part in &policy.abis {
        let mut calls = 0;
        for rule in &part.rules {
            calls += rule.numbers.len();
            if calls > MOST_CALLS_IN_ROW || rule.condition.comparisons() > MOST_IN_ROW {
                return true;
            }
        }
    }
    false
}

/// The limits of a filter's length and depth.
struct Limits {
    length: usize,
    depth: usize,
}

impl Limits {
    fn hold(&self, filter: &Filter) -> bool {
        filter.instructions.len() <= self.length && filter.longest_path() <= self.depth
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

/// Lowers the policy in one way. The error holds the length that the filter would have.
fn attempt(
    policy: &Policy,
    frequency: Frequency<'_>,
    how: How,
) -> Result<Filter, (LowerError, usize)> {
    let mut conditions = Conditions::new(Size::InProportion);
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
        let runs = call_runs(part, is_first, frequency, &mut conditions, &mut checks);
        served.extend_from_slice(&runs);
    }
    PolicyFunctions { policy, bad_arch, served, archs, checks }.filter(&mut conditions, how)
}

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

impl PolicyFunctions<'_> {
    fn filter(&self, conditions: &mut Conditions, how: How) -> Result<Filter, (LowerError, usize)> {
        let instruction = match how {
            How::Chained => INSTRUCTION,
            How::Searched { instruction } => instruction,
        };
        let planner = Planner::new(conditions, Trees::new(instruction), &self.checks);
        let endian = self.policy.abis.first().map_or(Endian::Little, |part| part.abi.endian());
        let mut emitter = Emitter::new(planner, endian);
        let Ok(entry) = self.emit(&mut emitter, how) else {
            return Err((self.refusal(LowerErrorKind::TooComplex, None), usize::MAX));
        };
        let filter = layout::lay_out(&emitter.graph, entry);
        let length = filter.instructions.len();
        if length <= MAX_INSTRUCTIONS {
            return Ok(filter);
        }
        let (blamed, part) = self.longest(&emitter);
        let blamed = blamed.filter(|_| 2 * part * self.checks.values().len() >= length);
        Err((self.refusal(LowerErrorKind::TooLong(length), blamed), length))
    }

    /// The first step.
    fn emit(&self, emitter: &mut Emitter<'_>, how: How) -> Result<StepId, TooComplex> {
        let mut entry = emitter.emit(self.bad_arch, None)?;
        for &arch in self.archs.iter().rev() {
            let numbers = self.numbers(arch);
            let weighted = weigh(&numbers, emitter.planner.conditions);
            let next = if how == How::Chained {
                for check in self.checks.values() {
                    choice::chain(emitter, check);
                }
                row(emitter, &weighted)?
            } else {
                self.choose(emitter, &weighted);
                let (tree, _) = search::tree(&weighted, &mut emitter.planner.trees);
                emitter.emit_tree(tree, None)?
            };
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

    /// The runs of all numbers under this value of `arch`. A number that no ABI serves gets `bad_arch`.
    fn numbers(&self, arch: u32) -> Vec<CallRun> {
        let mut order: Vec<(u64, u64)> = Vec::new();
        for index in 0..self.served.len() {
            let run = &self.served[index];
            if run.arch == arch {
                order.push((run.first.into(), index as u64));
            }
        }
        order.sort_unstable();
        let nobody = |first: u64, last| {
            let (first, check) = (first as u32, self.bad_arch);
            CallRun { arch, first, last, check, named: 0, frequency: 0 }
        };
        let mut runs: Vec<CallRun> = Vec::with_capacity(order.len());
        let mut next = 0;
        for &(first, index) in &order {
            let run = self.served[index as usize];
            if next < first {
                append(&mut runs, nobody(next, run.first - 1));
            }
            append(&mut runs, run);
            next = u64::from(run.last) + 1;
        }
        // The last number belongs to a skipped call, which is always served.
        runs
    }

    /// Chooses a check for the calls of each run, the heaviest run first.
    fn choose(&self, emitter: &mut Emitter<'_>, runs: &[ValueRun]) {
        let mut weights: Map<u32, Cost> = Map::EMPTY;
        for run in runs {
            *weights.value_or(&run.outcome, 0) += run.weight;
        }
        let mut by_lightness: Vec<(u64, u64)> = Vec::new();
        for index in 0..weights.values().len() {
            let check = weights.words(index)[0];
            by_lightness.push((Cost::MAX - weights.values()[index], check.into()));
        }
        by_lightness.sort_unstable();
        let mut chooser = Chooser::new();
        for &(lightness, check) in &by_lightness {
            if let Some(check) = self.checks.get(&Function(check as u32)) {
                chooser.choose(emitter, check, Cost::MAX - lightness);
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
