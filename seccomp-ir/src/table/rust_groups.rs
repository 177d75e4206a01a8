//! Groups of the calls that Rust's std, and the C library below it, make by themselves, as measured.

use super::tsv::{Tsv, cell};

/// The lines of the measured groups: those that describe a group, and those of its members.
pub(super) static MEASURED: Tsv = Tsv::new(include_bytes!("../../data/rust-groups.tsv"));

/// A member of a measured group, and why it is one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Measured {
    /// The group, with the `@`.
    pub group: &'static str,
    /// The name of a call, or of a group whose members also belong to this one.
    pub member: &'static str,
    /// The member does not count on an ABI that has this call.
    pub without: Option<&'static str>,
    /// The case of the tests that shows why it is needed.
    pub case: Option<&'static str>,
    /// The ABIs and C libraries on which that case needs it, as `x86_64-gnu`, separated by spaces;
    /// empty if it was measured on none.
    pub seen: &'static str,
    /// Why it is a member.
    pub reason: &'static str,
}

/// The members of the measured groups, group by group in alphabetical order.
///
/// Source: the comment of `data/rust-groups.tsv`.
pub fn measured() -> impl Iterator<Item = Measured> {
    MEASURED.rows().filter_map(of_row)
}

/// The member in a line, unless the line describes the group.
pub(super) fn of_row(row: &'static str) -> Option<Measured> {
    Some(Measured {
        group: cell(row, 0),
        member: unless_empty(row, 1)?,
        without: cell(row, 2).strip_prefix("without "),
        case: unless_empty(row, 3),
        seen: unless_empty(row, 4).unwrap_or_default(),
        reason: cell(row, 5),
    })
}

/// The description of a group in a line, if the line has one.
pub(super) fn description(row: &'static str) -> Option<&'static str> {
    if unless_empty(row, 1).is_none() { Some(cell(row, 5)) } else { None }
}

fn unless_empty(row: &'static str, column: usize) -> Option<&'static str> {
    let cell = cell(row, column);
    if cell == "-" { None } else { Some(cell) }
}
