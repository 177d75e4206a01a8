//! Policy to program: decision graph, then instructions.
//!
//! The pipeline, one file per pass:
//!
//! 1. `condition`, `function`: the conditions of a call as a canonical function of its arguments;
//! 2. `calls`: the numbers of an ABI as runs with equal functions;
//! 3. `arguments`, `word`, `runs`, `search`: which instructions compute a function;
//! 4. `graph`: these instructions as a graph in which nothing exists twice;
//! 5. `layout`: the graph as an array.
//!
//! It knows no names and no spans. Whether the result means what the policy means is not its
//! business to prove: `prove` does, on every compile, with nothing shared.

mod arguments;
mod calls;
mod condition;
mod function;
mod graph;
mod layout;
mod runs;
mod search;
mod word;

use std::fmt;

use arguments::{Emitter, emit_numbers};
use calls::{CallRun, Verdicts, call_runs};
use condition::{Conditions, Operand, Relation};
use function::Function;
use graph::{Graph, Step};
use runs::Run;
use search::Tree;

use crate::abi::{Endian, SeccompData};
use crate::bpf::MAX_INSTRUCTIONS;
use crate::policy::{Origin, Policy, Rule};
use crate::program::Program;

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

impl LowerError {
    fn new(kind: LowerErrorKind, rule: &Rule) -> Self {
        Self { kind, rule: rule.origin, number: rule.numbers.first().copied().unwrap_or(0) }
    }
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

/// The program of `policy`.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if the kernel would not take the program for its length,
/// [`LowerErrorKind::TooComplex`] if conditions need more memory than is granted to one policy.
pub fn lower(policy: &Policy) -> Result<Program, LowerError> {
    let mut conditions = Conditions::new();
    let mut verdicts = Verdicts::default();
    let bad_arch = verdicts.number(policy.bad_arch);
    let bad_arch = conditions.functions.leaf(bad_arch);

    let mut runs_by_arch: Vec<(u32, Vec<CallRun>)> = Vec::new();
    for part in &policy.abis {
        let runs = call_runs(part, &mut conditions, &mut verdicts)?;
        let arch = part.abi.audit_arch();
        match runs_by_arch.iter_mut().find(|(known, _)| *known == arch) {
            Some((_, all)) => all.extend(runs),
            None => runs_by_arch.push((arch, runs)),
        }
    }

    let endian = policy.abis.first().map_or(Endian::Little, |part| part.abi.endian());
    let mut graph = Graph::default();
    let mut emitter = Emitter::new(&mut conditions, &verdicts, &mut graph, endian);
    let too_complex = |_| LowerError::new(LowerErrorKind::TooComplex, heaviest_of_all(policy));
    let mut entry = emitter.emit(bad_arch, None).map_err(too_complex)?;
    for (arch, runs) in runs_by_arch.into_iter().rev() {
        let numbers = search::tree(&filled(runs, bad_arch));
        let mut next = emit_numbers(&mut emitter, &numbers).map_err(too_complex)?;
        if let Tree::Test { .. } | Tree::Keep { .. } = numbers {
            next = emitter.graph.add(Step::Load { offset: SeccompData::NR, next });
        }
        let (relation, operand) = (Relation::Equal, Operand::Known(arch));
        entry = emitter.graph.add(Step::Branch { relation, operand, yes: next, no: entry });
    }
    if let Step::Branch { .. } = graph.step(entry) {
        entry = graph.add(Step::Load { offset: SeccompData::ARCH, next: entry });
    }

    let program = layout::lay_out(&graph, entry);
    let length = program.instructions.len();
    if length > MAX_INSTRUCTIONS {
        return Err(LowerError::new(LowerErrorKind::TooLong(length), heaviest_of_all(policy)));
    }
    Ok(program)
}

/// The runs of one value of `arch` over all numbers: those that no ABI serves are `bad_arch`.
fn filled(mut served: Vec<CallRun>, bad_arch: Function) -> Vec<Run> {
    served.sort_unstable_by_key(|run| run.first);
    let mut runs: Vec<Run> = Vec::new();
    let mut push = |first, last, check: Function| match runs.last_mut() {
        Some(Run { last: end, outcome, .. }) if *outcome == check.0 => *end = last,
        _ => runs.push(Run { first, last, outcome: check.0 }),
    };
    let mut next = Some(0);
    for run in served {
        if let Some(first) = next.filter(|&first| first < run.first) {
            push(first, run.first - 1, bad_arch);
        }
        push(run.first, run.last, run.check);
        next = run.last.checked_add(1);
    }
    if let Some(first) = next {
        push(first, u32::MAX, bad_arch);
    }
    runs
}

/// The rule of the whole policy with most comparisons.
fn heaviest_of_all(policy: &Policy) -> &Rule {
    static NONE: Rule = Rule {
        numbers: Vec::new(),
        condition: crate::policy::Condition::Always,
        verdict: crate::policy::Verdict::Action(crate::action::Action::KillProcess),
        hot: false,
        origin: Origin(0),
    };
    let rules = policy.abis.iter().flat_map(|part| &part.rules);
    rules.rev().max_by_key(|rule| calls::comparisons(&rule.condition)).unwrap_or(&NONE)
}
