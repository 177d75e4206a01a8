//! Replaces single calls with the measured groups (`@rust-…`) that contain them.
//!
//! std and the C library make calls of their own: to start a thread, to allocate, to end. Which ones depends on the
//! version of the library, on sizes and on races, so one run does not show all of them. A group contains all calls that
//! were measured. It replaces the calls that were seen if these show that the program does what the group is for
//! ([`EVIDENCE`]). `@rust-fs` and `@rust-net` are never taken, because the program itself makes each of their calls,
//! and each is a power of its own.

use seccomp_bpf::abi::{Abi, Call};
use seccomp_ir::errors::Errors;
use seccomp_ir::policy::Policy;
use seccomp_ir::resolve::resolve;
use seccomp_ir::table;
use seccomp_syntax::PolicyText;

use super::decide::allows;

/// The calls that show that a program does what a group is for.
struct Evidence {
    group: &'static str,
    /// Lists of calls: all calls of one list must have been seen. A call counts if the group permits it with its
    /// arguments.
    shown_by: &'static [&'static [&'static str]],
    /// The fewest different calls of the group that must have been seen.
    least: usize,
}

/// In the order in which the groups are tried: a group that contains another one comes first.
const EVIDENCE: [Evidence; 8] = [
    Evidence {
        group: "@rust-tokio",
        shown_by: &[
            &["epoll_create1", "eventfd2", "epoll_wait"],
            &["epoll_create1", "eventfd2", "epoll_pwait"],
        ],
        least: 3,
    },
    Evidence {
        group: "@rust-process",
        shown_by: &[&["execve", "wait4"], &["execve", "waitid"]],
        least: 2,
    },
    Evidence {
        group: "@rust-thread",
        // glibc registers each thread, musl starts it with clone(2). The flags of clone3(2) are in memory.
        shown_by: &[
            &["clone3", "set_robust_list"],
            &["clone3", "rseq"],
            &["clone"],
            &["set_robust_list", "rseq"],
        ],
        least: 2,
    },
    Evidence {
        group: "@rust-dns",
        // glibc asks for both families at once. The calls of musl could be any program's use of UDP.
        shown_by: &[&["sendmmsg", "poll"]],
        least: 3,
    },
    Evidence { group: "@rust-unwind", shown_by: &[&["tgkill"], &["tkill"]], least: 2 },
    Evidence {
        group: "@rust-heap",
        shown_by: &[&["brk"], &["munmap"], &["madvise"], &["mremap"], &["mmap"], &["mmap2"]],
        least: 2,
    },
    Evidence { group: "@rust-exit", shown_by: &[&["exit_group"]], least: 1 },
    Evidence {
        group: "@rust-time",
        shown_by: &[&["clock_nanosleep"], &["nanosleep"], &["clock_nanosleep_time64"]],
        least: 1,
    },
];

/// A group that is taken, and the calls that it permits.
pub(super) struct TakenGroup {
    /// Its name, with the `@`.
    pub(super) name: &'static str,
    permits: Policy,
}

impl TakenGroup {
    /// Whether a rule that allows the group allows the call.
    pub(super) fn has(&self, call: &Call) -> bool {
        allows(&self.permits, call)
    }
}

/// The groups that replace calls of `abi` among `seen`. Only groups for which `may` holds are taken.
pub(super) fn taken(abi: Abi, seen: &[Call], may: &dyn Fn(&str) -> bool) -> Vec<TakenGroup> {
    let mut all: Vec<TakenGroup> = Vec::new();
    for Evidence { group, shown_by, least } in &EVIDENCE {
        if !may(group) {
            continue;
        }
        let Some(permits) = permitted(abi, group) else { continue };
        let candidate = TakenGroup { name: group, permits };
        let mut members: Vec<u32> = Vec::new();
        for call in seen {
            let known = all.iter().any(|taken| taken.has(call));
            if candidate.has(call) && !known {
                members.push(call.nr);
            }
        }
        members.sort_unstable();
        members.dedup();
        let is_seen = |name: &&str| {
            let number = table::number(abi, name);
            seen.iter().any(|call| Some(call.nr) == number && candidate.has(call))
        };
        let shown = shown_by.iter().any(|calls| calls.iter().all(is_seen));
        if shown && members.len() >= *least {
            all.push(candidate);
        }
    }
    all
}

/// The policy that permits what `allow @group` permits on an ABI.
fn permitted(abi: Abi, group: &str) -> Option<Policy> {
    let text = format!("allow {group}; default kill;");
    let tree = PolicyText::new("", &text, abi).tree().ok()?;
    Some(resolve(&tree, abi, Errors::new()).ok()?.policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(calls: &[(&str, [u64; 6])]) -> Vec<&'static str> {
        let abi = Abi::X86_64;
        let call = |(name, args): &(&str, [u64; 6])| {
            Call::new(abi, table::number(abi, name).expect(name), *args)
        };
        let calls: Vec<Call> = calls.iter().map(call).collect();
        taken(abi, &calls, &|_| true).iter().map(|taken| taken.name).collect()
    }

    #[test]
    fn every_group_exists_and_every_call_of_the_evidence_is_its_member() {
        for Evidence { group, shown_by, .. } in &EVIDENCE {
            let members = &table::group(group).expect(group).members;
            for call in shown_by.iter().copied().flatten() {
                assert!(members.contains(call), "{call} of {group}");
            }
        }
    }

    #[test]
    fn a_thread_takes_its_group_and_with_it_the_heap() {
        let seen = [
            ("clone3", [0; 6]),
            ("rseq", [0; 6]),
            ("mmap", [0, 4096, 3, 0x22, 0, 0]),
            ("munmap", [0; 6]),
        ];
        assert_eq!(names(&seen), ["@rust-thread"]);
        assert_eq!(names(&seen[2..]), ["@rust-heap"]);
        // A process is not a thread: CLONE_THREAD is missing.
        assert!(names(&[("clone", [17, 0, 0, 0, 0, 0]), ("futex", [0; 6])]).is_empty());
    }

    #[test]
    fn a_call_that_a_group_does_not_permit_does_not_count() {
        // Executable memory does not belong to the heap.
        assert!(names(&[("mmap", [0, 4096, 5, 0x22, 0, 0]), ("getrandom", [0; 6])]).is_empty());
        assert!(names(&[("read", [0; 6]), ("write", [1, 0, 0, 0, 0, 0])]).is_empty());
    }
}
