//! Groups of the calls that Rust's std, and the C library below it, make by themselves, as measured.

use super::tsv::{Tsv, cell};

/// The lines of the measured groups: those that describe a group, and those of its members.
pub(super) static MEASURED: Tsv = Tsv::new(include_bytes!("../../data/rust-groups.tsv"));

/// A member of a measured group, and why it is one.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Measured {
    /// The group, with the `@`.
    pub group: &'static str,
    /// The name of a call, or of a group whose members also belong to this one.
    pub member: &'static str,
    /// The ABIs on which it is a member.
    pub only: MemberAbis,
    /// The calls that are members, as a comparison of an argument in the language of policies: `cmd == FIONBIO`.
    /// Without it, all calls of that name are.
    pub condition: Option<&'static str>,
    /// The source that says that it is needed, if no measurement does.
    pub read: Option<&'static str>,
    /// Why it is a member.
    pub reason: &'static str,
}

/// The ABIs on which a call is a member of a group, besides that they have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberAbis {
    /// All ABIs.
    Everywhere,
    /// ABIs that also have this call.
    With(&'static str),
    /// ABIs that lack this call.
    Without(&'static str),
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
        only: only(cell(row, 2)),
        condition: unless_empty(row, 3),
        read: unless_empty(row, 4),
        reason: cell(row, 5),
    })
}

fn only(cell: &'static str) -> MemberAbis {
    if let Some(call) = cell.strip_prefix("with ") {
        MemberAbis::With(call)
    } else if let Some(call) = cell.strip_prefix("without ") {
        MemberAbis::Without(call)
    } else {
        MemberAbis::Everywhere
    }
}

/// The description of a group in a line, if the line has one.
pub(super) fn description(row: &'static str) -> Option<&'static str> {
    if unless_empty(row, 1).is_none() { Some(cell(row, 5)) } else { None }
}

fn unless_empty(row: &'static str, column: usize) -> Option<&'static str> {
    let cell = cell(row, column);
    if cell == "-" { None } else { Some(cell) }
}
