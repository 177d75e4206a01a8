//! A filter as a graph for people, in the language of Graphviz.

use core::fmt::{self, Write};

use super::arrivals::{BranchSide, arrivals};
use super::describe::{BranchText, InstructionContext, MeaningText, PlainText, Style, ValueText};
use super::facts::{FactTable, Facts, with_facts};
use super::{Arithmetic, InstructionIndex, Names, Operand, Operation, SockFilter, Test};
use crate::abi::{Endian, Half};
use crate::action::Action;

/// A filter to draw, see [`dot`].
#[derive(Clone, Copy)]
pub struct Dot<'a> {
    filter: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
}

/// Draws `filter`, for a kernel of byte order `endian`, as a graph of decisions (`dot -Tsvg`): a box
/// for each condition, with a solid line if it holds and a dashed line if not, and an action
/// at the end of each path. Loads and masks are drawn as part of the condition that needs them.
/// Instructions that nothing leads to are left out.
///
/// Every name that is shown is certain at its place. An action says for which calls, or for which
/// values of the last tested argument, it is returned, if they form few runs: `sendto to recvmsg`. An
/// argument means its low half, unless the high half is named.
///
/// An action is drawn once for each path that ends in it, because lines that all meet show nothing.
/// Tests that several paths share are drawn once.
///
/// It allocates nothing; it takes some 10 KiB of stack, and some 130 KiB above 256 instructions.
#[must_use]
pub const fn dot<'a>(filter: &'a [SockFilter], endian: Endian, names: &'a dyn Names) -> Dot<'a> {
    Dot { filter, endian, names }
}

/// Black on white, for any page around it. Everything that a colour says is also said in words.
const HEAD: &str = r##"digraph filter {
    graph [rankdir=LR, ordering=out, bgcolor=white, pad=0.15, nodesep=0.05, ranksep=0.25];
    graph [fontname="Helvetica,Arial,sans-serif", fontsize=11, labeljust=l];
    graph [label="solid line: the condition holds; dashed line: it does not"];
    node [fontname="Helvetica,Arial,sans-serif", fontsize=11, shape=box, style=filled];
    node [fillcolor="#f4f4f4", height=0.3, margin="0.09,0.04"];
    edge [arrowsize=0.6];
    start [shape=point, width=0.1, height=0.1];
"##;

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_facts(self.filter, self.names, |table| {
            let graph = DotGraph { dot: *self, table };
            f.write_str(HEAD)?;
            let (from, to) = (None, InstructionIndex::FIRST);
            graph.edge(f, DotEdge { from, facts: Facts::START, to, out: Out::Only })?;
            for index in (0..self.filter.len()).map(InstructionIndex) {
                match table.at(index) {
                    Some(facts) if graph.passed_through(index).is_none() => {
                        graph.node(f, index, facts)?;
                    }
                    _ => {}
                }
            }
            f.write_str("}\n")
        })
    }
}

/// The most values that an action lists one by one.
const MAX_SCATTERED: u64 = 16;

/// The side on which a path leaves a node.
#[derive(Clone, Copy)]
enum Out {
    /// The condition holds.
    Yes(Test),
    /// The condition does not hold.
    No(Test),
    /// There is no condition.
    Only,
}

/// A path from a node, or from the start, to the next node.
#[derive(Clone, Copy)]
struct DotEdge {
    from: Option<InstructionIndex>,
    /// The facts that are certain on it.
    facts: Facts,
    /// The next instruction.
    to: InstructionIndex,
    out: Out,
}

struct DotGraph<'a> {
    dot: Dot<'a>,
    table: FactTable<'a>,
}

impl<'a> DotGraph<'a> {
    fn operation(&self, index: InstructionIndex) -> Option<Operation> {
        self.dot.filter.get(index.0)?.operation()
    }

    fn place(&self, index: InstructionIndex, facts: Facts) -> InstructionContext<'a> {
        let Dot { filter, endian, names } = self.dot;
        let instruction = filter[index.0];
        InstructionContext { index, instruction, facts, endian, names, style: Style::Picture }
    }

    /// Where the filter continues after an instruction that only prepares a later label;
    /// `None` if the instruction has a label of its own, or is past the end.
    fn passed_through(&self, index: InstructionIndex) -> Option<InstructionIndex> {
        let operation = self.operation(index)?;
        let place = self.place(index, self.table.at(index)?);
        match operation {
            Operation::Jump(skip) => Some(index.after(skip)),
            Operation::LoadWord(_)
            | Operation::Arithmetic(Arithmetic::And | Arithmetic::Xor, Operand::Constant(_)) => {
                place.facts_after(operation).a.map(|_| index.next())
            }
            _ => None,
        }
    }

    /// The first instruction from `index` on that has a label of its own; `None` past the end.
    fn labelled(&self, mut index: InstructionIndex) -> Option<InstructionIndex> {
        while let Some(next) = self.passed_through(index) {
            index = next;
        }
        (index.0 < self.dot.filter.len()).then_some(index)
    }

    /// The box of an instruction that does not return, and the paths that leave it.
    fn node(
        &self,
        f: &mut fmt::Formatter<'_>,
        index: InstructionIndex,
        facts: Facts,
    ) -> fmt::Result {
        let place = self.place(index, facts);
        let edge_to =
            |facts, skip, out| DotEdge { from: Some(index), facts, to: index.after(skip), out };
        match place.instruction.operation() {
            Some(Operation::ReturnConstant(_) | Operation::ReturnA) => Ok(()),
            Some(Operation::Branch { test, operand, if_true, if_false }) => {
                write!(f, "    n{index} [label=\"")?;
                write!(Quoted(f), "{}", BranchText { place, test, operand })?;
                f.write_str("\"];\n")?;
                let is_known = self.dot.names.operand(index).is_none();
                let (yes, no) = facts.branch(test, operand, is_known);
                if let Some(facts) = yes {
                    self.edge(f, edge_to(facts, if_true.into(), Out::Yes(test)))?;
                }
                no.map_or(Ok(()), |facts| {
                    self.edge(f, edge_to(facts, if_false.into(), Out::No(test)))
                })
            }
            operation => {
                write!(f, "    n{index} [label=\"")?;
                write!(Quoted(f), "{}", PlainText(place))?;
                f.write_str("\"];\n")?;
                operation.map_or(Ok(()), |_| self.edge(f, edge_to(facts, 0, Out::Only)))
            }
        }
    }

    /// A line, and the action at its end if there is one.
    fn edge(&self, f: &mut fmt::Formatter<'_>, edge: DotEdge) -> fmt::Result {
        let Some(to) = self.labelled(edge.to) else { return Ok(()) };
        f.write_str("    ")?;
        match edge.from {
            Some(from) => write!(f, "n{from}")?,
            None => f.write_str("start")?,
        }
        let returns =
            matches!(self.operation(to), Some(Operation::ReturnConstant(_) | Operation::ReturnA));
        if returns {
            write!(f, " -> {edge}")?;
        } else {
            write!(f, " -> n{to}")?;
        }
        f.write_str(match edge.out {
            Out::Yes(_) | Out::Only => ";\n",
            Out::No(_) => " [style=dashed];\n",
        })?;
        if returns { self.return_value(f, edge, to) } else { Ok(()) }
    }

    /// An action, and the calls or values for which it is returned.
    fn return_value(
        &self,
        f: &mut fmt::Formatter<'_>,
        edge: DotEdge,
        index: InstructionIndex,
    ) -> fmt::Result {
        let place = self.place(index, edge.facts);
        write!(f, "    {edge} [label=\"")?;
        let color = match place.instruction.operation() {
            Some(Operation::ReturnConstant(value)) => {
                write!(Quoted(f), "{}", MeaningText(place))?;
                color(Action::from_return_value(value))
            }
            _ => {
                f.write_char('A')?;
                "white"
            }
        };
        self.arriving(f, edge)?;
        writeln!(f, "\", style=\"filled,rounded\", fillcolor=\"{color}\"];")
    }

    /// The calls, or the values of the argument, for which a path is taken.
    fn arriving(&self, f: &mut fmt::Formatter<'_>, edge: DotEdge) -> fmt::Result {
        let (Some(branch), Out::Yes(test) | Out::No(test)) = (edge.from, edge.out) else {
            return Ok(());
        };
        let holds = matches!(edge.out, Out::Yes(_));
        // The condition already says it.
        if holds && test == Test::Equal {
            return Ok(());
        }
        let Some(offset) = edge.facts.a.map(|word| word.offset) else { return Ok(()) };
        let Dot { filter, endian, names } = self.dot;
        if endian.argument_at(offset.into()).is_some_and(|(_, half)| half == Half::High) {
            return Ok(());
        }
        let Some(runs) = arrivals(filter, names, self.table, BranchSide { branch, holds }) else {
            return Ok(());
        };
        // The rest after some values are excluded is shown only if it is small.
        let one_run = runs.as_slice().len() == 1 && test != Test::Equal;
        if !one_run && runs.count() > MAX_SCATTERED {
            return Ok(());
        }
        let place = self.place(branch, edge.facts);
        let value = |k| ValueText { place, offset: Some(offset), k };
        for &(first, last) in runs.as_slice() {
            f.write_str("\\n")?;
            write!(Quoted(f), "{}", value(first))?;
            match last - first {
                0 => {}
                _ if last == u32::MAX => f.write_str(" and up")?,
                1 => {
                    f.write_str("\\n")?;
                    write!(Quoted(f), "{}", value(last))?;
                }
                _ => write!(Quoted(f), " to {}", value(last))?,
            }
        }
        Ok(())
    }
}

/// The name of the node for the action at the end of a path.
impl fmt::Display for DotEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = self.from {
            write!(f, "n{from}_")?;
        }
        f.write_str(match self.out {
            Out::Yes(_) => "yes",
            Out::No(_) => "no",
            Out::Only => "next",
        })
    }
}

const fn color(action: Action) -> &'static str {
    match action {
        Action::Allow | Action::Log => "#b7e4c0",
        Action::Errno(_) => "#ffe08a",
        Action::Notify | Action::Trace(_) => "#bcd9f5",
        Action::KillProcess | Action::KillThread | Action::Trap(_) => "#f7b5b0",
    }
}

/// Text inside the quotes of a label.
struct Quoted<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Quoted<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if matches!(char, '"' | '\\') {
                self.0.write_char('\\')?;
            }
            self.0.write_char(char)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "dot_tests.rs"]
mod tests;
