//! A program as a graph for people, in the language of Graphviz.

use core::fmt::{self, Write};

use super::describe::{Condition, Meaning, Place, Plain};
use super::facts::{FactTable, Facts, with_facts};
use super::{Arithmetic, Names, Operand, Operation, SockFilter};
use crate::abi::Endian;

/// A program to be drawn, see [`dot`].
#[derive(Clone, Copy)]
pub struct Dot<'a> {
    program: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
}

/// Draws `program`, for a kernel of that byte order, as a graph of decisions (`dot -Tsvg`): a box for
/// each condition, an ellipse for each answer. Loads and masks are drawn as part of the condition
/// that needs them. What nothing leads to is left out.
///
/// Nothing is allocated; drawing takes some 10 KiB of stack, above 256 instructions some 130 KiB.
#[must_use]
pub const fn dot<'a>(program: &'a [SockFilter], endian: Endian, names: &'a dyn Names) -> Dot<'a> {
    Dot { program, endian, names }
}

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_facts(self.program, self.names, |table| {
            f.write_str("digraph filter {\n    node [shape=box];\n    start [shape=point];\n")?;
            if let Some(first) = self.drawn(table, 0) {
                writeln!(f, "    start -> n{first};")?;
            }
            for index in 0..self.program.len() {
                match table.at(index) {
                    Some(facts) if self.passed_through(table, index).is_none() => {
                        self.node(f, table, index, facts)?;
                    }
                    _ => {}
                }
            }
            f.write_str("}\n")
        })
    }
}

impl<'a> Dot<'a> {
    fn place(&self, index: usize, facts: Facts) -> Place<'a> {
        let instruction = self.program[index];
        Place { index, instruction, facts, endian: self.endian, names: self.names }
    }

    /// Where the program goes on after an instruction that only prepares what a later label says;
    /// `None` if the instruction has a node of its own, or is past the end.
    fn passed_through(&self, table: FactTable<'_>, index: usize) -> Option<u64> {
        let operation = self.program.get(index)?.operation()?;
        let place = self.place(index, table.at(index)?);
        match operation {
            Operation::Jump(skip) => Some(place.target(skip)),
            Operation::LoadWord(_)
            | Operation::Arithmetic(Arithmetic::And | Arithmetic::Xor, Operand::Constant(_)) => {
                place.facts_after(operation).a.map(|_| place.target(0))
            }
            _ => None,
        }
    }

    /// The first instruction from `index` on that has a node of its own, `None` past the end.
    fn drawn(&self, table: FactTable<'_>, index: u64) -> Option<usize> {
        let mut index = usize::try_from(index).ok()?;
        while let Some(next) = self.passed_through(table, index) {
            index = usize::try_from(next).ok()?;
        }
        (index < self.program.len()).then_some(index)
    }

    fn node(
        &self,
        f: &mut fmt::Formatter<'_>,
        table: FactTable<'_>,
        index: usize,
        facts: Facts,
    ) -> fmt::Result {
        let place = self.place(index, facts);
        let edge = |f: &mut fmt::Formatter<'_>, skip: u32, label: &str| match self
            .drawn(table, place.target(skip))
        {
            Some(to) => writeln!(f, "    n{index} -> n{to}{label};"),
            None => Ok(()),
        };
        write!(f, "    n{index} [label=\"")?;
        match place.instruction.operation() {
            Some(Operation::Branch { test, operand, if_true, if_false }) => {
                write!(Quoted(f), "{}", Condition { place, test, operand })?;
                f.write_str("\"];\n")?;
                let is_known = self.names.operand(index).is_none();
                let (yes, no) = facts.branch(test, operand, is_known);
                if yes.is_some() {
                    edge(f, if_true.into(), " [label=yes]")?;
                }
                if no.is_some() {
                    edge(f, if_false.into(), " [label=no]")?;
                }
                Ok(())
            }
            Some(Operation::ReturnConstant(_)) => {
                write!(Quoted(f), "{}", Meaning(place))?;
                f.write_str("\", shape=ellipse];\n")
            }
            Some(Operation::ReturnA) => f.write_str("A\", shape=ellipse];\n"),
            Some(_) => {
                write!(Quoted(f), "{}", Plain(place))?;
                f.write_str("\"];\n")?;
                edge(f, 0, "")
            }
            None => {
                write!(Quoted(f), "{}", Plain(place))?;
                f.write_str("\"];\n")
            }
        }
    }
}

/// Text within the quotes of a label.
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
