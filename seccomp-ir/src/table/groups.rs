//! Groups of calls: those that users of systemd know, with newer calls, and those that were measured.

use std::sync::LazyLock;

use super::number;
use super::rust_groups::{self, MEASURED, MemberAbis};
use super::tsv::{Tsv, cell};
use crate::abi::Abi;

/// A named group of calls.
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
#[non_exhaustive]
pub struct Group {
    /// Its name, with the `@`.
    pub name: &'static str,
    /// Its purpose, in the words of systemd if systemd has a group of that name.
    pub description: &'static str,
    /// The names of its calls, including those of groups within it, sorted and each once. No ABI has all
    /// of them.
    pub members: Vec<&'static str>,
}

/// A call of a group on an ABI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupCall {
    /// Its number.
    pub number: u32,
    /// If it is a member only with some arguments: comparisons in the language of policies, and one of them
    /// must hold. If there are none, it is a member with any arguments.
    pub conditions: Vec<&'static str>,
}

/// The lists of calls that do not depend on the ABI: the calls that an install of a policy makes (the conditions on their
/// arguments are in `resolve/install.rs`); the multiplexers of older ABIs, so that a policy for many ABIs can name them;
/// and the groups of systemd with the changes of this project.
static LISTS: [Tsv; 2] = [
    Tsv::new(
        b"@install\t\
         The calls that install another policy, and nothing else that these calls do\t\
         prctl seccomp\n\
         @multiplexers\t\
         Calls that make other calls, with arguments in memory where no filter can look\t\
         ipc socketcall\n",
    ),
    Tsv::new(include_bytes!("../../data/groups.tsv")),
];

/// The groups as systemd has them, for the readers of its unit files.
#[cfg(feature = "show")]
static SYSTEMD: Tsv = Tsv::new(include_bytes!("../../data/systemd-groups.tsv"));

/// The calls of the group of that name, which begins with `@`, as systemd has it: without the changes of this project.
/// `None` if systemd has no such group.
///
/// Source: the comment of `data/systemd-groups.tsv`.
#[cfg(feature = "show")]
#[must_use]
pub fn systemd_group(name: &str) -> Option<Vec<&'static str>> {
    fn add(name: &str, depth: u32, members: &mut Vec<&'static str>) {
        for row in SYSTEMD.rows_of(name) {
            for member in cell(row, 2).split(' ') {
                if !member.starts_with('@') {
                    members.push(member);
                } else if depth < DEPTH {
                    add(member, depth + 1, members);
                }
            }
        }
    }
    let mut members = Vec::new();
    SYSTEMD.row_of(name)?;
    add(name, 0, &mut members);
    members.sort_unstable();
    members.dedup();
    Some(members)
}

/// The calls that systemd's `@known` names itself, without those of groups in it.
#[cfg(feature = "show")]
pub fn systemd_known() -> impl Iterator<Item = &'static str> {
    let members = SYSTEMD.row_of("@known").map_or("", |row| cell(row, 2));
    members.split(' ').filter(|member| !member.starts_with('@') && !member.is_empty())
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut groups = Vec::new();
    for list in &LISTS {
        for row in list.rows() {
            add(&mut groups, cell(row, 0), cell(row, 1));
        }
    }
    for row in MEASURED.rows() {
        if let Some(description) = rust_groups::description(row) {
            add(&mut groups, cell(row, 0), description);
        }
    }
    groups
});

/// Adds a group at its place in the order.
fn add(groups: &mut Vec<Group>, name: &'static str, description: &'static str) {
    let mut members = Vec::new();
    each_member(name, 0, &mut |call, _, _| {
        if let Err(at) = members.binary_search(&call) {
            members.insert(at, call);
        }
    });
    let mut at = groups.len();
    while at > 0 && groups[at - 1].name > name {
        at -= 1;
    }
    groups.insert(at, Group { name, description, members });
}

/// The deepest nesting of groups: a bound, so that a cycle cannot run for ever.
const DEPTH: u32 = 8;

/// Takes a call of a group: its name, the ABIs on which it is a member, and a condition, if it is a member only
/// under that.
type Show<'a> = &'a mut dyn FnMut(&'static str, MemberAbis, Option<&'static str>);

/// Calls `show` for each call that a group, or a group within it, lists. A call may be in several lists.
fn each_member(group: &str, depth: u32, show: Show<'_>) {
    let mut listed = |member: &'static str, only, condition| {
        if !member.starts_with('@') {
            show(member, only, condition);
        } else if depth < DEPTH {
            each_member(member, depth + 1, show);
        }
    };
    for list in &LISTS {
        for row in list.rows_of(group) {
            for member in cell(row, 2).split(' ') {
                listed(member, MemberAbis::Everywhere, None);
            }
        }
    }
    for row in MEASURED.rows_of(group) {
        if let Some(measured) = rust_groups::of_row(row) {
            listed(measured.member, measured.only, measured.condition);
        }
    }
}

impl Group {
    /// The numbers of its calls on an ABI, in order, each once, including calls that are members only with some arguments.
    #[must_use]
    pub fn numbers(&self, abi: Abi) -> Vec<u32> {
        let mut numbers = Vec::new();
        for call in self.calls(abi) {
            numbers.push(call.number);
        }
        numbers
    }

    /// Its calls on an ABI, in the order of their numbers, each once.
    #[must_use]
    pub fn calls(&self, abi: Abi) -> Vec<GroupCall> {
        let mut calls: Vec<GroupCall> = Vec::new();
        each_member(self.name, 0, &mut |call, only, condition| {
            let is_member = match only {
                MemberAbis::Everywhere => true,
                MemberAbis::With(other) => number(abi, other).is_some(),
                MemberAbis::Without(other) => number(abi, other).is_none(),
            };
            if !is_member {
                return;
            }
            let Some(number) = number(abi, call) else { return };
            let at = calls.partition_point(|call| call.number < number);
            match calls.get_mut(at) {
                Some(known) if known.number == number => match condition {
                    // With any arguments, whatever other lists say.
                    None => known.conditions.clear(),
                    Some(condition) => {
                        if !known.conditions.is_empty() && !known.conditions.contains(&condition) {
                            known.conditions.push(condition);
                        }
                    }
                },
                _ => {
                    let mut conditions = Vec::new();
                    conditions.extend(condition);
                    calls.insert(at, GroupCall { number, conditions });
                }
            }
        });
        calls
    }
}

/// The group of that name, which begins with `@`.
///
/// Source: systemd 262, `systemd-analyze syscall-filter`, and where the groups differ from it
/// `data/own-groups.tsv`, with the reasons; for those that begin with `@rust-`, the comment of
/// `data/rust-groups.tsv`.
#[must_use]
pub fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

/// Every group, in alphabetical order.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter()
}
