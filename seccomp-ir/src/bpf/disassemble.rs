//! A program as text for people: one line for each instruction, with what it means there.
//!
//! ```text
//!    0  ld    [4]                                     ; arch
//!    1  jeq   #0xc000003e (3221225534) then 3 else 2  ; arch == x86_64
//! ```

use core::fmt::{self, Write};

use super::describe::{InstructionContext, MeaningText, PlainText, Style};
use super::facts::with_facts;
use super::{Names, SockFilter};
use crate::abi::Endian;

/// A program to be shown, see [`disassemble`].
#[derive(Clone, Copy)]
pub struct Disassembly<'a> {
    program: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
}

/// Shows `program`, for a kernel of that byte order, one line for each instruction: its index, the
/// instruction, and in a comment what it means there. Targets of jumps are indices. Any program can
/// be shown, also one that no kernel loads.
///
/// The ABI and the call that a comment speaks of are those that are certain there: where the ways of
/// several calls have met, an argument has no name.
///
/// Nothing is allocated; showing takes some 10 KiB of stack, above 256 instructions some 130 KiB.
#[must_use]
pub const fn disassemble<'a>(
    program: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
) -> Disassembly<'a> {
    Disassembly { program, endian, names }
}

/// Where comments begin, in characters.
const COMMENT_COLUMN: usize = 50;

impl fmt::Display for Disassembly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, endian, names } = *self;
        with_facts(program, names, |table| {
            for (index, &instruction) in program.iter().enumerate() {
                let known = table.at(index);
                let facts = known.unwrap_or(super::facts::Facts::START);
                let style = Style::Listing;
                let place = InstructionContext { index, instruction, facts, endian, names, style };
                let mut line = Line { out: f, width: 0, comment: false };
                write!(line, "{index:4}  {}", PlainText(place))?;
                line.comment = true;
                match known {
                    Some(_) => write!(line, "{}", MeaningText(place))?,
                    None => line.write_str("nothing leads here")?,
                }
                f.write_char('\n')?;
            }
            Ok(())
        })
    }
}

/// Counts what a line has, so that its comment can begin in its column; and a comment without text
/// leaves nothing.
struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    width: usize,
    comment: bool,
}

impl fmt::Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        if !self.comment {
            self.width += text.chars().count();
        } else if self.width != 0 {
            let pad = COMMENT_COLUMN.saturating_sub(self.width);
            write!(self.out, "{:pad$}  ; ", "")?;
            self.width = 0;
        }
        self.out.write_str(text)
    }
}

#[cfg(test)]
#[path = "disassemble_tests.rs"]
mod tests;
