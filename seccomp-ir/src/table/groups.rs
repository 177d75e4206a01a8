//! Groups of calls: those that systemd's users know, and those that were measured.

use std::sync::LazyLock;

use super::text::Text;
use super::{measured, number};
use crate::abi::Abi;

/// A named group of calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its name, with the `@`.
    pub name: &'static str,
    /// What it is for: in systemd's words, if it is a group of systemd.
    pub description: &'static str,
    /// The names of its calls, those of groups within it too, sorted and each once. No ABI has them
    /// all.
    pub members: Vec<&'static str>,
    /// The members that only some of the ABIs that have them count.
    conditional: Vec<Member>,
}

/// What a list of members names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Member {
    /// A call, or a group with its `@`.
    pub(super) name: &'static str,
    /// The call that an ABI must lack for this to be a member there.
    pub(super) without: Option<&'static str>,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let text = Text::new(include_str!("../../data/groups.tsv"));
    let systemd = text.rows().map(|row| {
        let mut cells = row.split('\t');
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    });
    let of_description = |(name, description)| {
        let mut all = Vec::new();
        flatten(text, name, &mut all, 0);
        let mut members: Vec<_> = all.iter().map(|member| member.name).collect();
        members.dedup();
        // What one list counts everywhere is a member everywhere.
        let everywhere = |name| all.contains(&Member { name, without: None });
        let conditional = all.iter().copied().filter(|member| !everywhere(member.name)).collect();
        Group { name, description, members, conditional }
    };
    let mut groups = vec![multiplexers()];
    for group in systemd.chain(measured::descriptions()).map(of_description) {
        let at = groups.partition_point(|other: &Group| other.name < group.name);
        groups.insert(at, group);
    }
    groups
});

/// What older ABIs make other calls through: a group, so that a policy for many ABIs can name them.
fn multiplexers() -> Group {
    Group {
        name: "@multiplexers",
        description: "Calls that make other calls, with arguments in memory where no filter can look",
        members: vec!["ipc", "socketcall"],
        conditional: Vec::new(),
    }
}

/// As deep as groups may lie within each other: a bound, so that a circle could not run for ever.
const DEPTH: u32 = 8;

/// Adds the calls of a group and of the groups within it, in order.
fn flatten(text: Text, name: &str, members: &mut Vec<Member>, depth: u32) {
    let lists = text.rows_of(name).filter_map(|row| row.split('\t').nth(2));
    let named = lists.flat_map(str::split_ascii_whitespace);
    let named = named.map(|name| Member { name, without: None });
    for member in named.chain(measured::members_of(name)) {
        if !member.name.starts_with('@') {
            let at = members.partition_point(|other| *other < member);
            members.insert(at, member);
        } else if depth < DEPTH {
            flatten(text, member.name, members, depth + 1);
        }
    }
}

impl Group {
    /// The numbers of its calls on an ABI, in order, each once.
    #[must_use]
    pub fn numbers(&self, abi: Abi) -> Vec<u32> {
        let counts = |name: &&str| {
            let mut conditions =
                self.conditional.iter().filter(|member| member.name == *name).peekable();
            conditions.peek().is_none()
                || conditions
                    .any(|member| member.without.is_none_or(|call| number(abi, call).is_none()))
        };
        let members = self.members.iter().copied().filter(counts);
        let mut numbers: Vec<_> = members.filter_map(|call| number(abi, call)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// The group of that name, which begins with `@`.
///
/// Source: systemd 252, `systemd-analyze syscall-filter`; for those that begin with `@rust-`, the
/// comment of `data/rust-groups.tsv`.
#[must_use]
pub fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

/// Every group, in alphabetical order.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter()
}
