//! Policy to program: decision graph, then instructions.
//!
//! The passes, in this order, each with why it is at its place. It is done several times with other costs
//! where the first program is not within its limits ([`lower`]).
//!
//! 1. `numbers`: the numbers of an ABI as runs whose arguments are checked alike. First, because what is
//!    alike is searched once.
//! 2. `condition`, `intervals`, `symbols`: the conditions of a check as one canonical function of its
//!    arguments (`bdd`, `leaves`), so that whatever follows sees what is computed and not how it was
//!    written.
//! 3. `cost`: what a step of each run weighs. All choices from here on make one sum small.
//! 4. `choice`: of several ways to decide a check, the one that costs least. The heaviest check chooses
//!    first, and what it needs costs others nothing. The ways are
//!    - `order`: which word the function reads first, and `search` (over `runs` of values) or `masks`
//!      (over `cells` by `candidates`): which tests of it. After `condition`, because only a canonical
//!      function says on which words it depends;
//!    - `chain`: the tests as written, which needs nothing but the rules.
//! 5. `emit`: the steps of what was chosen, in a graph where nothing exists twice (`graph`).
//! 6. `search` again, over the numbers: last of the choices, because only now each check is one outcome.
//! 7. `layout`: the graph as an array. Nothing is chosen after that.
//!
//! `accumulator` is what can be held and asked, `map` what all of it looks things up in.
//!
//! It knows no names and no spans. Whether the result means what the policy means is not its
//! business to prove: `prove` does, on every compile, with nothing shared.

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

/// How often a call of an ABI is made, in hundredths of a call among about a hundred.
pub type Frequency<'a> = &'a dyn Fn(Abi, u32) -> u32;

/// Why a policy was not compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LowerError {
    /// What was too much.
    pub kind: LowerErrorKind,
    /// The rule with the most comparisons among those at fault.
    pub rule: Origin,
    /// The lowest call number of that rule.
    pub number: u32,
}

/// What was too much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LowerErrorKind {
    /// The program would have this many instructions; the kernel takes 4096.
    TooLong(usize),
    /// The conditions of a call do not reduce to a decision of bounded size.
    TooComplex,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LowerErrorKind::TooLong(instructions) => write!(
                f,
                "the program would have {instructions} instructions and the kernel takes \
                 {MAX_INSTRUCTIONS}: this rule has most comparisons; write ranges or masks \
                 instead of single values, or fewer of them"
            ),
            LowerErrorKind::TooComplex => f.write_str(
                "the conditions on this call depend on each other in too many ways to be decided \
                 by a filter of bounded size: test fewer arguments together, or split the rule",
            ),
        }
    }
}

impl std::error::Error for LowerError {}

/// The first test of numbers that are tested one after the other: all runs but those of the outcome
/// that most have.
fn row(emitter: &mut Emitter<'_>, runs: &[ValueRun]) -> Result<StepId, TooComplex> {
    let mut counts: Map<usize> = Map::new();
    let (mut most, mut rest) = (0, runs[0].outcome);
    for run in runs {
        let count = counts.value_or(&[run.outcome], 0);
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

/// The program of `policy`, laid out so that frequent calls take few steps.
///
/// It is no longer than the straight chain of its tests as written, and one instruction, and no deeper
/// than that chain, and one step: unless the policy has a list of more than `MOST_CALLS_IN_ROW` calls
/// or a rule of more than `MOST_IN_ROW` comparisons. Then comparisons are added that make it far less
/// deep, as long as the kernel takes it.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if the kernel would not take even the chain for its length.
pub fn lower(policy: &Policy, frequency: Frequency<'_>) -> Result<Filter, LowerError> {
    let mut limits = Limits { length: MAX_INSTRUCTIONS, depth: MAX_INSTRUCTIONS };
    let mut chain = None;
    if !has_long_list(policy) {
        let program = attempt(policy, frequency, How::Chained).map_err(|(refusal, _)| refusal)?;
        limits.length = limits.length.min(program.instructions.len() + 1);
        limits.depth = limits.depth.min(program.longest_path() + 1);
        chain = Some(program);
    }
    let mut refusal: Option<(LowerError, usize)> = None;
    for &instruction in &INSTRUCTIONS {
        match attempt(policy, frequency, How::Searched { instruction }) {
            Ok(program) if limits.hold(&program) => return Ok(program),
            Ok(_) => {}
            // The least that was reached is what is told.
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

/// The most calls that are tested in a row where that is shortest.
const MOST_CALLS_IN_ROW: usize = 16;

/// The most comparisons of one rule that are made in a row where that is shortest.
const MOST_IN_ROW: usize = 48;

/// Whether so many calls or values are told apart that a tree, which is longer, is worth it.
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

/// What a program must not exceed.
struct Limits {
    length: usize,
    depth: usize,
}

impl Limits {
    fn hold(&self, program: &Filter) -> bool {
        program.instructions.len() <= self.length && program.longest_path() <= self.depth
    }
}

/// How a policy is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// As a straight chain.
    Chained,
    /// With searched trees, where an instruction costs that much.
    Searched { instruction: Cost },
}

/// The error says how long the program would be.
fn attempt(
    policy: &Policy,
    frequency: Frequency<'_>,
    how: How,
) -> Result<Filter, (LowerError, usize)> {
    let mut conditions = Conditions::new(Size::InProportion);
    let mut checks = Checks::new();
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
    PolicyFunctions { policy, bad_arch, served, archs, checks }.program(&mut conditions, how)
}

/// A policy as functions.
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
    fn program(
        &self,
        conditions: &mut Conditions,
        how: How,
    ) -> Result<Filter, (LowerError, usize)> {
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
        let program = layout::lay_out(&emitter.graph, entry);
        let length = program.instructions.len();
        if length <= MAX_INSTRUCTIONS {
            return Ok(program);
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

    /// The runs of all numbers under that value of `arch`: those that no ABI serves are `bad_arch`.
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
        // The last number is that of a skipped call, which is always served.
        runs
    }

    /// Chooses how the calls of all runs are checked, those first that weigh most.
    fn choose(&self, emitter: &mut Emitter<'_>, runs: &[ValueRun]) {
        let mut weights: Map<Cost> = Map::new();
        for run in runs {
            *weights.value_or(&[run.outcome], 0) += run.weight;
        }
        let mut by_lightness: Vec<(u64, u64)> = Vec::new();
        for index in 0..weights.values().len() {
            let check = weights.keys().key(index)[0];
            by_lightness.push((Cost::MAX - weights.values()[index], check.into()));
        }
        by_lightness.sort_unstable();
        let mut chooser = Chooser::new();
        for &(lightness, check) in &by_lightness {
            if let Some(check) = self.checks.get(&[check as u32]) {
                chooser.choose(emitter, check, Cost::MAX - lightness);
            }
        }
    }

    /// The check that takes most steps, and how many. Of several the first function.
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

    /// The error that blames a check, or else the rule with most numbers.
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
