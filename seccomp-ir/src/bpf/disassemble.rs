//! A filter as text for people: one line for each instruction, with its meaning.
//!
//! ```text
//!    0  ld    [4]                                     ; arch
//!    1  jeq   #0xc000003e (3221225534) then 3 else 2  ; arch == x86_64
//! ```

use core::fmt::{self, Write};

use super::describe::{InstructionContext, MeaningText, PlainText, Style};
use super::facts::with_facts;
use super::{InstructionIndex, Names, SockFilter};
use crate::abi::Endian;

/// A filter to show, see [`disassemble`].
#[derive(Clone, Copy)]
pub struct Disassembly<'a> {
    filter: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
}

/// Shows `filter`, for a kernel of byte order `endian`, one line for each instruction: its index, the
/// instruction, and its meaning as a comment. Targets of jumps are indices. Every filter can
/// be shown, even one that no kernel loads.
///
/// A comment names an ABI or a call only if it is certain at that instruction. Where the paths of
/// several calls meet, an argument has no name.
///
/// It allocates nothing; it takes some 10 KiB of stack, and some 130 KiB above 256 instructions.
#[must_use]
pub const fn disassemble<'a>(
    filter: &'a [SockFilter],
    endian: Endian,
    names: &'a dyn Names,
) -> Disassembly<'a> {
    Disassembly { filter, endian, names }
}

/// Where comments begin, in characters.
const COMMENT_COLUMN: usize = 50;

impl fmt::Display for Disassembly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { filter, endian, names } = *self;
        with_facts(filter, names, |table| {
            for (number, &instruction) in filter.iter().enumerate() {
                let index = InstructionIndex(number);
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

/// Counts the characters of a line, so that its comment can begin in its column. A comment without
/// text leaves nothing.
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
