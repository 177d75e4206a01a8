//! Groups of calls, as systemd's users know them.

use std::sync::LazyLock;

use super::text::Text;

/// A named group of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its name, with the `@`.
    pub name: &'static str,
    /// What it is for, in systemd's words.
    pub description: &'static str,
    /// The names of its calls, those of groups within it too, sorted and each once. No ABI has them
    /// all.
    pub members: Vec<&'static str>,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let text = Text::new(include_str!("../../data/groups.tsv"));
    let of_row = |row: &'static str| {
        let mut cells = row.split('\t');
        let name = cells.next().unwrap_or_default();
        let description = cells.next().unwrap_or_default();
        let mut members = Vec::new();
        flatten(text, name, &mut members, 0);
        members.sort_unstable();
        members.dedup();
        Group { name, description, members }
    };
    text.rows().map(of_row).collect()
});

/// As deep as groups may lie within each other: a bound, so that a circle could not run for ever.
const DEPTH: u32 = 8;

/// Adds the calls of a group and of the groups within it.
fn flatten(text: Text, name: &str, members: &mut Vec<&'static str>, depth: u32) {
    let lists = text.rows_of(name).filter_map(|row| row.split('\t').nth(2));
    for member in lists.flat_map(str::split_ascii_whitespace) {
        if !member.starts_with('@') {
            members.push(member);
        } else if depth < DEPTH {
            flatten(text, member, members, depth + 1);
        }
    }
}

/// The group of that name, which begins with `@`.
///
/// Source: systemd 252, `systemd-analyze syscall-filter`.
#[must_use]
pub fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

/// Every group, in alphabetical order.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter()
}
