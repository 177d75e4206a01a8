//! The rules for the calls of one ABI.

use std::collections::{BTreeMap, BTreeSet};

use seccomp_bpf::abi::{Abi, Call};
use seccomp_ir::table;
use seccomp_syntax::CompiledText;
use serde::Serialize;

use super::conditions::{Conditions, conditions};
use super::decide::{self, Decided};
use super::measured_groups::TakenGroup;
use super::observed_call::{Caller, ObservedCall};
use super::rule_comments;

/// A rule, and the calls that it comes from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LearnedRule {
    /// The rule, without a comment.
    pub(crate) rule: String,
    /// The names of the calls that were seen.
    pub(crate) calls: Vec<String>,
    /// How many calls were seen.
    pub(crate) count: u64,
    /// Where the calls came from.
    pub(crate) seen: BTreeSet<Caller>,
}

/// One item of the learned rules.
#[derive(Clone)]
pub(super) struct LearnedItem {
    pub(super) comment: String,
    /// `#[arch(…)]`, or empty.
    pub(super) arch: String,
    /// `#[allow(…)]`, or empty.
    pub(super) allowed: String,
    pub(super) rule: LearnedRule,
    /// The calls that the item must allow.
    pub(super) must_allow: Vec<Call>,
}

/// The calls of one ABI that a policy lacks.
pub(super) struct OfAbi<'a> {
    pub(super) policy: &'a CompiledText,
    pub(super) abi: Abi,
    pub(super) arch: String,
    pub(super) seen: &'a [&'a ObservedCall],
}

/// clone3(2) has its flags in memory, so a filter that allows it also allows new namespaces.
const CLONE3: &str = "`clone3` has its flags in memory, where a filter cannot look. On ENOSYS C libraries use `clone`.";

/// The flags of clone(2) that make namespaces.
const NAMESPACES: &str = "CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET";

impl OfAbi<'_> {
    /// Adds the rules. `groups` replace the calls that they contain.
    pub(super) fn add_to(&self, entries: &mut Vec<LearnedItem>, groups: &[TakenGroup]) {
        let clone3 = table::number(self.abi, "clone3");
        let (clone3, rest): (Vec<_>, Vec<_>) =
            self.seen.iter().copied().partition(|one| Some(one.call.nr) == clone3);
        let (grouped, named): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|one| groups.iter().any(|group| group.has(&one.call)));
        if !clone3.is_empty() {
            entries.push(self.entry("errno(ENOSYS) clone3".to_owned(), CLONE3, &clone3, false));
        }
        if !groups.is_empty() {
            let mut names: Vec<&str> = groups.iter().map(|group| group.name).collect();
            names.sort_unstable();
            entries.push(self.entry(format!("allow {}", names.join(", ")), "", &grouped, true));
        }
        let clone = table::number(self.abi, "clone").unwrap_or(u32::MAX);
        let covered = groups
            .iter()
            .any(|group| ["@rust-thread", "@rust-process", "@rust-tokio"].contains(&group.name));
        if !clone3.is_empty() && !covered && !named.iter().any(|one| one.call.nr == clone) {
            let rule = format!("allow clone(flags & ({NAMESPACES}) == 0)");
            entries.push(self.entry(rule, "In the place of `clone3`.", &[], false));
        }
        self.add_named(entries, &named);
        self.add_resumption(entries, groups, &named);
    }

    /// Adds a rule for restart_syscall(2), by which the kernel resumes some calls: a run need not show it.
    fn add_resumption(
        &self,
        entries: &mut Vec<LearnedItem>,
        groups: &[TakenGroup],
        named: &[&ObservedCall],
    ) {
        let Some(number) = table::number(self.abi, "restart_syscall") else { return };
        let resumption = Call::new(self.abi, number, [0; 6]);
        let is_denied = matches!(
            decide::decide(&self.policy.compiled.policy, &resumption),
            Decided::Default(action) if action.forbids()
        );
        let is_known = groups.iter().any(|group| group.has(&resumption))
            || named.iter().any(|one| one.call.nr == number);
        if !is_denied || is_known {
            return;
        }
        let resumed = named.iter().filter(|one| is_resumed(self.abi, &one.call));
        let names: BTreeSet<String> =
            resumed.map(|one| format!("`{}`", call_name(self.abi, one.call.nr))).collect();
        if names.is_empty() {
            return;
        }
        let names = Vec::from_iter(names).join(" and ");
        let why = format!(
            "The kernel resumes {names} by this call after a stop, or after a signal that another thread handles."
        );
        let mut entry = self.entry("allow restart_syscall".to_owned(), &why, &[], false);
        entry.must_allow.push(resumption);
        entries.push(entry);
    }

    /// Adds rules that name the calls: first one rule for all calls without conditions.
    fn add_named(&self, entries: &mut Vec<LearnedItem>, named: &[&ObservedCall]) {
        let mut by_number: BTreeMap<u32, Vec<&ObservedCall>> = BTreeMap::new();
        for one in named {
            by_number.entry(one.call.nr).or_default().push(one);
        }
        let (mut open, mut limited) = (Vec::new(), Vec::new());
        for (number, seen) in by_number {
            let name = call_name(self.abi, number);
            let calls: Vec<_> =
                seen.iter().map(|one| (one.call, [one.process, one.thread])).collect();
            let compared = decide::compared(&self.policy.compiled.policy, &seen[0].call);
            let Conditions { any, remarks } = conditions(self.abi, &name, &calls, &compared);
            if any.is_empty() && !is_powerful(&name) {
                open.push((name, remarks, seen));
            } else {
                limited.push((name, any, remarks, seen));
            }
        }
        open.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        limited.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        if !open.is_empty() {
            let names: Vec<&str> = open.iter().map(|(name, ..)| name.as_str()).collect();
            let rule = format!("allow {}", names.join(", "));
            let all: Vec<&ObservedCall> =
                open.iter().flat_map(|(.., seen)| seen).copied().collect();
            let remarks: Vec<String> =
                open.iter().flat_map(|(_, remarks, _)| remarks.clone()).collect();
            entries.push(self.entry(rule, &sentences(&remarks), &all, true));
        }
        for (name, any, remarks, seen) in limited {
            let mut targets = Vec::new();
            for condition in &any {
                targets.push(format!("{name}({condition})"));
            }
            if targets.is_empty() {
                targets.push(name);
            }
            let mut entry = self.entry(
                format!("allow {}", targets.join(", ")),
                &sentences(&remarks),
                &seen,
                true,
            );
            let from = rule_comments::of_rule(seen.iter().map(|one| &one.seen));
            entry.comment = from + &entry.comment;
            entries.push(entry);
        }
    }

    fn entry(&self, rule: String, why: &str, seen: &[&ObservedCall], allows: bool) -> LearnedItem {
        let names: BTreeSet<String> =
            seen.iter().map(|one| call_name(self.abi, one.call.nr)).collect();
        LearnedItem {
            comment: rule_comments::sentence(why),
            arch: self.arch.clone(),
            allowed: String::new(),
            must_allow: if allows { seen.iter().map(|one| one.call).collect() } else { Vec::new() },
            rule: LearnedRule {
                rule,
                calls: names.into_iter().collect(),
                count: seen.iter().map(|one| one.count).sum(),
                seen: seen.iter().map(|one| one.seen.clone()).collect(),
            },
        }
    }
}

/// Whether the kernel resumes such a call by restart_syscall(2) if it was interrupted.
///
/// Source: the callers of `set_restart_fn`: kernel/futex/waitwake.c, fs/select.c, and hrtimer.c, alarmtimer.c and
/// posix-cpu-timers.c in kernel/time, Linux 6.12.
fn is_resumed(abi: Abi, call: &Call) -> bool {
    match call_name(abi, call.nr).as_str() {
        "poll" | "nanosleep" | "clock_nanosleep" | "clock_nanosleep_time64" => true,
        "futex" | "futex_time64" => {
            /// The commands FUTEX_WAIT and FUTEX_WAIT_BITSET, and the bits that are not the command (`FUTEX_CMD_MASK`):
            /// include/uapi/linux/futex.h, Linux 6.12.
            const WAITS: [u32; 2] = [0, 9];
            const FLAGS: u32 = 128 | 256;
            WAITS.contains(&(call.args[1] as u32 & !FLAGS))
        }
        // Whatever else is interrupted returns or begins again.
        _ => false,
    }
}

/// Whether the call by itself gets the warning `powerful_call`, so that it needs an item of its own.
pub(super) fn is_powerful(name: &str) -> bool {
    ["io_uring_setup", "ptrace", "process_vm_writev", "seccomp"].contains(&name)
}

fn sentences(remarks: &[String]) -> String {
    let mut text = String::new();
    for remark in remarks {
        text += remark;
        text += ". ";
    }
    text
}

/// The name of a call, or `syscall(number)`.
pub(super) fn call_name(abi: Abi, number: u32) -> String {
    table::name(abi, number).map_or_else(|| format!("syscall({number})"), str::to_owned)
}
