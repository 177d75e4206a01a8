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
    let text = systemd();
    let mut groups = vec![multiplexers()];
    let mut add = |name, description| {
        let mut all = Vec::new();
        flatten(text, name, &mut all, 0);
        let mut group = Group { name, description, members: Vec::new(), conditional: Vec::new() };
        for member in &all {
            if group.members.last() != Some(&member.name) {
                group.members.push(member.name);
            }
            // What one list counts everywhere is a member everywhere.
            if !all.contains(&Member { name: member.name, without: None }) {
                group.conditional.push(*member);
            }
        }
        let at = groups.partition_point(|other: &Group| other.name < name);
        groups.insert(at, group);
    };
    for row in text.rows() {
        let mut cells = row.split('\t');
        add(cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    }
    for (name, description) in measured::descriptions() {
        add(name, description);
    }
    groups
});

fn systemd() -> Text {
    Text::new(include_str!("../../data/groups.tsv"))
}

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
    let mut add = |member: Member| {
        if !member.name.starts_with('@') {
            let at = members.partition_point(|other| *other < member);
            members.insert(at, member);
        } else if depth < DEPTH {
            flatten(text, member.name, members, depth + 1);
        }
    };
    for row in text.rows_of(name) {
        let list = row.split('\t').nth(2).unwrap_or_default();
        for name in list.split_ascii_whitespace() {
            add(Member { name, without: None });
        }
    }
    for member in measured::members_of(name) {
        add(member);
    }
}

impl Group {
    /// The numbers of its calls on an ABI, in order, each once.
    #[must_use]
    pub fn numbers(&self, abi: Abi) -> Vec<u32> {
        let mut numbers = Vec::new();
        for call in &self.members {
            let (mut conditional, mut counts) = (false, false);
            for member in &self.conditional {
                if member.name == *call {
                    conditional = true;
                    counts |= member.without.is_none_or(|other| number(abi, other).is_none());
                }
            }
            if let Some(number) = number(abi, call).filter(|_| counts || !conditional) {
                numbers.push(number);
            }
        }
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
