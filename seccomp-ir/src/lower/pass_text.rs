//! The result of each pass as text, for people who work on the lowering or wonder about a filter.
//!
//! This module reads the results of the passes after all of them have run. It makes no choice itself, so it
//! shows what [`lower`](super::lower()) does. It is behind the feature `show`, which the macros do not
//! need.

use std::fmt::{self, Write as _};

use super::accumulator::{TestOperand, View};
use super::attempt::{Attempt, Chains, How, PolicyFunctions};
use super::budgets::Budgets;
use super::condition_functions::{Conditions, WordMeaning};
use super::cost::{Cost, weigh};
use super::emit::Emitter;
use super::function_node::{Function, FunctionNode, LeafId};
use super::graph::{GraphStep, StepId};
use super::map::Keys;
use super::number_runs::CallRun;
use super::pass::Pass;
use super::planner::{First, HeldFunction};
use super::runs::runs;
use super::test_text::{action_text, operand_text, range, test_text, view_text, word_text};
use super::test_trees::{TestTree, TreeId};
use super::{Frequency, LowerError, fastest, layout};
use crate::bpf::{Names, disassemble};
use crate::policy::Policy;

/// The most runs of values that are listed; more are shown bit by bit.
const MOST_RUNS: usize = 64;

/// How a check was decided, and what else was possible.
pub(super) struct Choice {
    pub(super) check: Function,
    /// The name of each way, its instructions that nothing else uses, its depth, and its cost.
    pub(super) ways: Vec<(&'static str, usize, u32, Cost)>,
    /// The place of the chosen way.
    pub(super) chosen: usize,
}

/// What the passes made and no longer need.
#[derive(Default)]
pub(super) struct PassRecord {
    pub(super) choices: Vec<Choice>,
    /// For each value of `arch`, the tests of the call number.
    pub(super) trees: Vec<(u32, TreeId)>,
}

impl PassRecord {
    /// Notes the tests of the call number under a value of `arch`, instead of others.
    pub(super) fn tree(&mut self, arch: u32, tree: TreeId) {
        self.trees.retain(|(known, _)| *known != arch);
        self.trees.push((arch, tree));
    }
}

/// The result of `pass`, one of those with which [`lower_within`](super::lower_within) makes the filter
/// of `policy`, as text. `names` names calls and ABIs.
///
/// # Errors
///
/// The error of [`lower_within`](super::lower_within).
pub fn show(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
    pass: Pass,
    names: &dyn Names,
) -> Result<String, LowerError> {
    let (how, _) = fastest(policy, frequency, budgets)?;
    let attempt = Attempt { policy, frequency, budgets, how, chains: Chains::OfNone };
    let mut conditions = attempt.conditions();
    let functions = PolicyFunctions::of(&attempt, &mut conditions);
    let mut emitter = functions.emitter(&attempt, &mut conditions);
    let mut entry = functions.chain(&mut emitter);
    if let How::Searched { .. } = how {
        entry = functions.searched(&mut emitter, attempt.chains);
    }
    let Ok(entry) = entry else { unreachable!("this way was taken before") };
    let mut text = match how {
        How::Chained => "# the straight chain of all tests; nothing is searched\n".to_owned(),
        How::Searched { instruction } => {
            format!("# searched, at {instruction} for each instruction\n")
        }
    };
    let mut printer =
        PassPrinter { functions: &functions, emitter: &mut emitter, names, text: &mut text };
    let written = match pass {
        Pass::Numbers => printer.numbers(),
        Pass::Conditions => printer.conditions(),
        Pass::Weights => printer.weights(),
        Pass::Choice => printer.choices(),
        Pass::Order => printer.order(),
        Pass::Tree => printer.trees(),
        Pass::Graph => printer.graph(entry),
        Pass::Layout => {
            let filter = layout::lay_out(&printer.emitter.graph, entry).filter;
            let endian = printer.emitter.endian;
            write!(printer.text, "{}", disassemble(&filter.instructions, endian, names))
        }
    };
    debug_assert!(written.is_ok(), "text takes everything");
    Ok(text)
}

/// Prints what the passes leave behind into `text`.
struct PassPrinter<'a, 'p> {
    functions: &'a PolicyFunctions<'p>,
    emitter: &'a mut Emitter<'p>,
    names: &'a dyn Names,
    text: &'a mut String,
}

impl PassPrinter<'_, '_> {
    fn conditions_of(&self) -> &Conditions {
        self.emitter.planner.conditions
    }

    /// The heading of the lines for one value of `arch`.
    fn heading(&mut self, arch: u32) -> fmt::Result {
        let name = self.names.abi(arch).map_or_else(|| format!("{arch:#x}"), str::to_owned);
        writeln!(self.text, "{name}:")
    }

    fn calls(&self, run: &CallRun) -> String {
        let CallRun { arch, first, last, .. } = *run;
        match self.names.call(arch, first) {
            Some(name) if first == last => format!("{first} {name}"),
            _ => range(first, last),
        }
    }

    /// What is left to decide, by name.
    fn outcome(&self, function: Function) -> String {
        let conditions = self.conditions_of();
        match conditions.action_of(function) {
            Some(action) => action_text(action),
            None if conditions.is_chain(function) => "the chain of a check".to_owned(),
            None => name(conditions.asked(function)),
        }
    }

    fn numbers(&mut self) -> fmt::Result {
        for &arch in &self.functions.archs {
            self.heading(arch)?;
            for run in &self.functions.numbers(arch) {
                let (calls, check) = (self.calls(run), self.outcome(run.check));
                writeln!(self.text, "  {calls} -> {check}")?;
            }
        }
        Ok(())
    }

    fn weights(&mut self) -> fmt::Result {
        for &arch in &self.functions.archs {
            self.heading(arch)?;
            let numbers = self.functions.numbers(arch);
            let weighted = weigh(&numbers, self.conditions_of());
            for (run, weighted) in numbers.iter().zip(&weighted) {
                let calls = self.calls(run);
                writeln!(self.text, "  {calls}: a step costs {}", weighted.weight)?;
            }
        }
        Ok(())
    }

    /// The functions that are left of the checks after whole words are read.
    fn conditions(&mut self) -> fmt::Result {
        let mut open: Vec<Function> = Vec::new();
        for check in self.functions.checks.values() {
            open.push(check.function);
        }
        open.reverse();
        let mut seen: Keys<Function> = Keys::EMPTY;
        while let Some(function) = open.pop() {
            let function = self.conditions_of().asked(function);
            if seen.number(&function) as usize + 1 < seen.len()
                || self.conditions_of().functions.leaf_of(function).is_some()
            {
                continue;
            }
            for left in self.function(function)?.into_iter().rev() {
                open.push(left);
            }
        }
        Ok(())
    }

    /// Writes a function as a choice by its first word, and returns what is left after it.
    fn function(&mut self, function: Function) -> Result<Vec<Function>, fmt::Error> {
        let FunctionNode::Split { bit, low, high } = self.conditions_of().functions.node(function)
        else {
            return Ok(Vec::new());
        };
        let word = bit.word();
        let meaning = match self.conditions_of().word_meaning(word) {
            WordMeaning::Argument(word) => word_text(word),
            WordMeaning::Test(test) => {
                let test = test_text(&view_text(test.view), test.relation, test.operand);
                let (yes, no) = (self.outcome(high), self.outcome(low));
                writeln!(self.text, "{}: if {test} then {yes} else {no}", name(function))?;
                return Ok(vec![high, low]);
            }
        };
        writeln!(self.text, "{}: by {meaning}", name(function))?;
        let functions = &mut self.emitter.planner.conditions.functions;
        let Ok(lifted) = functions.read_first(function, word) else {
            writeln!(self.text, "  (too many nodes to show)")?;
            return Ok(Vec::new());
        };
        let left = functions.leaves_of(lifted);
        match runs(functions, lifted, word, u32::MAX, MOST_RUNS) {
            Some(runs) => {
                for run in runs {
                    let outcome = self.outcome(run.outcome.rest());
                    writeln!(self.text, "  {} -> {outcome}", range(run.first, run.last))?;
                }
            }
            None => self.bits(lifted)?,
        }
        Ok(left.into_iter().map(LeafId::rest).collect())
    }

    /// Writes a function of one word bit by bit; its leaves are functions.
    fn bits(&mut self, lifted: Function) -> fmt::Result {
        let (mut open, mut seen) = (vec![lifted], Keys::EMPTY);
        while let Some(node) = open.pop() {
            let known: usize = seen.len();
            let FunctionNode::Split { bit, low, high } = self.conditions_of().functions.node(node)
            else {
                continue;
            };
            if (seen.number(&node) as usize) < known {
                continue;
            }
            let side = |function| match self.conditions_of().functions.leaf_of(function) {
                Some(left) => self.outcome(left.rest()),
                None => format!("n{}", function.0),
            };
            let (yes, no) = (side(high), side(low));
            writeln!(self.text, "  n{}: bit {} ? {yes} : {no}", node.0, bit.place())?;
            open.push(low);
            open.push(high);
        }
        Ok(())
    }

    fn choices(&mut self) -> fmt::Result {
        for choice in std::mem::take(&mut self.emitter.record.choices) {
            let number = self.functions.checks.get(&choice.check).map_or(0, |check| check.number);
            writeln!(self.text, "{} of call {number}:", name(choice.check))?;
            for (index, (way, length, depth, cost)) in choice.ways.iter().enumerate() {
                let mark = if index == choice.chosen { " (chosen)" } else { "" };
                writeln!(
                    self.text,
                    "  {way}: {length} new steps, depth {depth}, cost {cost}{mark}"
                )?;
            }
        }
        Ok(())
    }

    /// The planned first step of each function, from the checks down.
    fn order(&mut self) -> fmt::Result {
        let mut open: Vec<(Function, Option<View>)> = Vec::new();
        for check in self.functions.checks.values() {
            open.push((check.function, None));
        }
        open.reverse();
        let mut seen = Keys::EMPTY;
        while let Some((function, held)) = open.pop() {
            let function = self.conditions_of().asked(function);
            let held = self.emitter.planner.useful(function, held);
            let key = HeldFunction { function, held };
            let known: usize = seen.len();
            let Some(first) = self.emitter.planner.first(function, held) else { continue };
            if (seen.number(&key) as usize) < known {
                continue;
            }
            let held_text = held.map_or(String::new(), |view| format!(" with {}", view_text(view)));
            write!(self.text, "{}{held_text}: ", name(function))?;
            match first {
                First::Test(test, yes, no) => {
                    let text = test_text(&view_text(test.view), test.relation, test.operand);
                    let (then, other) = (self.outcome(yes), self.outcome(no));
                    writeln!(self.text, "if {text} then {then} else {other}")?;
                    open.push((no, Some(test.view)));
                    open.push((yes, Some(test.view)));
                }
                First::Word(word, tree) => {
                    writeln!(self.text, "tests {}", word_text(word))?;
                    let mut left = Vec::new();
                    self.tree(tree, 1, &word_text(word), &mut left)?;
                    for &outcome in left.iter().rev() {
                        open.push((outcome, None));
                        open.push((outcome, Some(View::whole(word))));
                    }
                }
            }
        }
        Ok(())
    }

    fn trees(&mut self) -> fmt::Result {
        for (arch, tree) in std::mem::take(&mut self.emitter.record.trees) {
            self.heading(arch)?;
            self.tree(tree, 1, "nr", &mut Vec::new())?;
        }
        Ok(())
    }

    /// Writes a tree of tests of `subject`, and adds its outcomes to `left`.
    fn tree(
        &mut self,
        tree: TreeId,
        depth: usize,
        subject: &str,
        left: &mut Vec<Function>,
    ) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self.emitter.planner.trees.tree(tree) {
            TestTree::Outcome(outcome) => {
                left.push(outcome.rest());
                let outcome = self.outcome(outcome.rest());
                writeln!(self.text, "{indent}{outcome}")
            }
            TestTree::Test { relation, value, yes, no } => {
                let test = test_text(subject, relation, TestOperand::Known(value));
                writeln!(self.text, "{indent}if {test}")?;
                self.tree(yes, depth + 1, subject, left)?;
                writeln!(self.text, "{indent}else")?;
                self.tree(no, depth + 1, subject, left)
            }
            TestTree::Keep { mask, then } => {
                let subject = format!("{subject} & {mask:#x}");
                self.tree(then, depth, &subject, left)
            }
            TestTree::Load { then } => {
                let whole = subject.split(" & ").next().unwrap_or(subject).to_owned();
                self.tree(then, depth, &whole, left)
            }
        }
    }

    fn graph(&mut self, entry: StepId) -> fmt::Result {
        let uses = self.emitter.graph.uses(entry);
        for (id, &uses) in uses.iter().enumerate().rev() {
            if uses == 0 {
                continue;
            }
            let step = match self.emitter.graph.step(StepId(id as u32)) {
                GraphStep::Return(action) => format!("return {}", action_text(action)),
                GraphStep::Load { offset, next } => format!("A = [{offset}], then s{}", next.0),
                GraphStep::And { operand, next } => {
                    format!("A &= {}, then s{}", operand_text(operand), next.0)
                }
                GraphStep::Xor { bits, next } => format!("A ^= {bits:#x}, then s{}", next.0),
                GraphStep::Branch { relation, operand, yes, no } => {
                    let test = test_text("A", relation, operand);
                    format!("if {test} then s{} else s{}", yes.0, no.0)
                }
            };
            writeln!(self.text, "s{id}: {step}")?;
        }
        Ok(())
    }
}

fn name(function: Function) -> String {
    format!("f{}", function.0)
}

#[cfg(test)]
mod tests {
    use super::super::{Budgets, Pass, lower_within, number_runs, test_support};
    use super::show;
    use crate::abi::Abi;
    use crate::bpf::{NoNames, disassemble};

    /// What a pass writes, without the heading.
    fn lines(text: &str) -> Vec<&str> {
        text.lines().skip(1).collect()
    }

    #[test]
    fn the_text_shows_what_the_lowering_made() {
        let mut rng = test_support::rng(22);
        for round in 0..40 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            let budgets = if round % 3 == 0 { Budgets::NONE } else { Budgets::DEFAULT };
            let show = |pass| show(&policy, &|_, _| 0, budgets, pass, &NoNames).expect("short");
            let filter = lower_within(&policy, &|_, _| 0, budgets).expect("short");
            let listing = disassemble(&filter.instructions, policy.endian(), &NoNames).to_string();
            assert_eq!(lines(&show(Pass::Layout)), listing.lines().collect::<Vec<_>>());

            // One line for each run of numbers, and under `weights` the weight of each.
            let runs = number_runs(&policy, Abi::X86_64, &|_, _| 0);
            let weights = show(Pass::Weights);
            let costs = weights.lines().filter_map(|line| line.split_once(": a step costs "));
            let costs: Vec<u64> = costs.map(|(_, cost)| cost.parse().expect("a number")).collect();
            if budgets == Budgets::DEFAULT {
                // `number_runs` takes these budgets.
                let all: u64 = runs.iter().map(|run| run.weight).sum();
                assert_eq!(costs.iter().sum::<u64>(), all, "{weights}");
            }
            let numbers = show(Pass::Numbers);
            assert_eq!(lines(&numbers).len(), costs.len() + 1, "{numbers}\n{weights}");

            // Each check has one chosen way.
            let choices = show(Pass::Choice);
            let checks = lines(&choices).iter().filter(|line| !line.starts_with(' ')).count();
            assert_eq!(choices.matches("(chosen)").count(), checks, "{choices}");
        }
    }
}
