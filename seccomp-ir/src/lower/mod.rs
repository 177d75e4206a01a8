//! Policy to program: decision graph, then instructions.
//!
//! The pipeline, one file per pass:
//!
//! 1. `condition`, `values`, `symbols`: the conditions of a call as a canonical function of its
//!    arguments (`function`, `answers`);
//! 2. `calls`: the numbers of an ABI as runs with equal functions; `cost`: what each weighs;
//! 3. `plan`: which word a function reads first; `word`, `runs`, `search`: which tests of it;
//! 4. `arguments`: the steps of a function as planned, in a graph where nothing exists twice (`graph`);
//! 5. `layout`: the graph as an array.
//!
//! It knows no names and no spans. Whether the result means what the policy means is not its
//! business to prove: `prove` does, on every compile, with nothing shared.

mod answers;
mod arguments;
mod calls;
mod condition;
mod cost;
mod function;
mod graph;
mod layout;
mod map;
mod plan;
mod runs;
mod search;
mod symbols;
mod values;
mod view;
mod word;

use std::fmt;

use arguments::Emitter;
use calls::{CallRun, Check, Checks, append, call_runs};
use condition::{Conditions, Size};
use cost::{Cost, INSTRUCTION, INSTRUCTION_WHERE_LENGTH_MATTERS, weigh};
use function::{Function, TooComplex};
use graph::{Step, StepId};
use map::Map;
use plan::Planner;
use search::{Run, Tree, Trees};
use view::{Operand, Relation};

use crate::abi::{Abi, Endian, SeccompData};
use crate::bpf::MAX_INSTRUCTIONS;
use crate::policy::{Origin, Policy};
use crate::program::Program;

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

/// The program of `policy`, laid out so that frequent calls take few steps.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if the kernel would not take the program for its length,
/// [`LowerErrorKind::TooComplex`] if conditions need more memory than is granted to one policy.
pub fn lower(policy: &Policy, frequency: Frequency<'_>) -> Result<Program, LowerError> {
    let mut refusal = match attempt(policy, frequency, &ATTEMPTS[0]) {
        Ok(program) => return Ok(program),
        Err(refusal) => refusal,
    };
    for how in &ATTEMPTS[1..] {
        match (attempt(policy, frequency, how), refusal.kind) {
            (Ok(program), _) => return Ok(program),
            // The least that was reached is what is told.
            (Err(other), LowerErrorKind::TooComplex) => refusal = other,
            (Err(other), LowerErrorKind::TooLong(length)) => {
                if matches!(other.kind, LowerErrorKind::TooLong(other) if other < length) {
                    refusal = other;
                }
            }
        }
    }
    Err(refusal)
}

/// How a policy is lowered.
struct Attempt {
    /// What an instruction costs.
    instruction: Cost,
    /// How large a function of several conditions may be.
    size: Size,
}

/// First for speed, then for length, then with every alternative decided by itself, which is never
/// much longer than the policy is.
const ATTEMPTS: [Attempt; 3] = [
    Attempt { instruction: INSTRUCTION, size: Size::InProportion },
    Attempt { instruction: INSTRUCTION_WHERE_LENGTH_MATTERS, size: Size::InProportion },
    Attempt { instruction: INSTRUCTION_WHERE_LENGTH_MATTERS, size: Size::OfOne },
];

fn attempt(
    policy: &Policy,
    frequency: Frequency<'_>,
    how: &Attempt,
) -> Result<Program, LowerError> {
    let mut conditions = Conditions::new(how.size);
    let mut checks = Checks::new();
    let bad_arch = conditions.verdict(policy.bad_arch);
    let mut served = Vec::new();
    let mut archs = Vec::new();
    for part in &policy.abis {
        let arch = part.abi.audit_arch();
        if !archs.contains(&arch) {
            archs.push(arch);
        }
        let runs = call_runs(part, frequency, &mut conditions, &mut checks)?;
        served.extend_from_slice(&runs);
    }
    Resolved { policy, bad_arch, served, archs, checks }.program(&mut conditions, how.instruction)
}

/// A policy as functions.
struct Resolved<'a> {
    policy: &'a Policy,
    bad_arch: Function,
    /// The call numbers of all ABIs.
    served: Vec<CallRun>,
    /// The values of `arch` of these ABIs.
    archs: Vec<u32>,
    checks: Checks,
}

impl Resolved<'_> {
    /// The program, where an instruction costs that much.
    fn program(
        &self,
        conditions: &mut Conditions,
        instruction: Cost,
    ) -> Result<Program, LowerError> {
        let planner = Planner::new(conditions, Trees::new(instruction), &self.checks);
        let endian = self.policy.abis.first().map_or(Endian::Little, |part| part.abi.endian());
        let mut emitter = Emitter::new(planner, endian);
        let mut blamed = None;
        let Ok(entry) = self.emit(&mut emitter, &mut blamed) else {
            return Err(self.refusal(LowerErrorKind::TooComplex, blamed));
        };
        let program = layout::lay_out(&emitter.graph, entry);
        let length = program.instructions.len();
        if length <= MAX_INSTRUCTIONS {
            return Ok(program);
        }
        let (blamed, part) = self.longest(&emitter);
        let blamed = blamed.filter(|_| 2 * part * self.checks.values().len() >= length);
        Err(self.refusal(LowerErrorKind::TooLong(length), blamed))
    }

    /// The first step. If a check is too complex it is `blamed`.
    fn emit<'s>(
        &'s self,
        emitter: &mut Emitter<'_>,
        blamed: &mut Option<&'s Check>,
    ) -> Result<StepId, TooComplex> {
        let mut entry = emitter.emit(self.bad_arch, None)?;
        for &arch in self.archs.iter().rev() {
            let weighted = weigh(&self.numbers(arch), emitter.planner.conditions);
            self.plan(&mut emitter.planner, &weighted, blamed)?;
            let (tree, _) = search::tree(&weighted, &mut emitter.planner.trees);
            let mut next = emitter.emit_tree(tree, None)?;
            if !matches!(emitter.planner.trees.tree(tree), Tree::Outcome(_)) {
                next = emitter.graph.add(Step::Load { offset: SeccompData::NR, next });
            }
            let (relation, operand) = (Relation::Equal, Operand::Known(arch));
            entry = emitter.graph.add(Step::Branch { relation, operand, yes: next, no: entry });
        }
        if let Step::Branch { .. } = emitter.graph.step(entry) {
            entry = emitter.graph.add(Step::Load { offset: SeccompData::ARCH, next: entry });
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
        let mut runs = Vec::with_capacity(order.len());
        let mut next = 0;
        for &(first, index) in &order {
            let run = self.served[index as usize];
            if next < first {
                append(&mut runs, nobody(next, run.first - 1));
            }
            append(&mut runs, run);
            next = u64::from(run.last) + 1;
        }
        if next <= u32::MAX.into() {
            append(&mut runs, nobody(next, u32::MAX));
        }
        runs
    }

    /// Plans the checks of all calls, those first that weigh most. If one is too complex it is
    /// `blamed`.
    fn plan<'s>(
        &'s self,
        planner: &mut Planner<'_>,
        runs: &[Run],
        blamed: &mut Option<&'s Check>,
    ) -> Result<(), TooComplex> {
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
        for &(lightness, check) in &by_lightness {
            if let Some(check) = self.checks.get(&[check as u32]) {
                let planned = planner.plan(check.function, Cost::MAX - lightness, &check.hints);
                if planned.is_err() {
                    *blamed = Some(check);
                    return planned;
                }
            }
        }
        Ok(())
    }

    /// The check that takes most steps, and how many. Of several the first function.
    fn longest(&self, emitter: &Emitter<'_>) -> (Option<&Check>, usize) {
        let (mut longest, mut most): (Option<&Check>, _) = (None, 0);
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
