//! Groups of what Rust's std, and the C library below it, call by themselves, as measured.

use super::groups::Member;
use super::text::Text;

/// A member of a measured group, and why it is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measured {
    /// The group, with the `@`.
    pub group: &'static str,
    /// The name of a call, or of a group whose members are members too.
    pub member: &'static str,
    /// The member is none on an ABI that has this call.
    pub without: Option<&'static str>,
    /// The case of the tests that shows why it is needed.
    pub case: Option<&'static str>,
    /// The ABIs and C libraries on which that case needs it, as `x86_64-gnu`, separated by spaces;
    /// empty if it has been on none.
    pub seen: &'static str,
    /// Why it is a member.
    pub reason: &'static str,
}

/// The cells of a line, as the comment of the file has them.
fn cells(row: &'static str) -> [&'static str; 6] {
    let mut cells = row.split('\t');
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

fn text() -> Text {
    Text::new(include_str!("../../data/rust-groups.tsv"))
}

/// The members of the measured groups, group by group in alphabetical order.
///
/// Source: the comment of `data/rust-groups.tsv`.
pub fn measured() -> impl Iterator<Item = Measured> {
    text().rows().filter_map(of_row)
}

/// What a line says of a member, unless it describes the group.
fn of_row(row: &'static str) -> Option<Measured> {
    let [group, member, only, case, seen, reason] = cells(row);
    let unless_empty = |cell| (cell != "-").then_some(cell);
    Some(Measured {
        group,
        member: unless_empty(member)?,
        without: only.strip_prefix("without "),
        case: unless_empty(case),
        seen: unless_empty(seen).unwrap_or_default(),
        reason,
    })
}

/// The name of each measured group, and what it is for.
pub(super) fn descriptions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = text().rows().map(cells);
    rows.filter(|cells| cells[1] == "-").map(|cells| (cells[0], cells[5]))
}

/// What a measured group says of itself, without what groups within it add.
pub(super) fn members_of(group: &str) -> impl Iterator<Item = Member> {
    let members = text().rows_of(group).filter_map(of_row);
    members.map(|Measured { member, without, .. }| Member { name: member, without })
}
