//! The status of a thread in /proc.

use std::fs;

/// The lines of /proc/PID/status that the tracer needs. (proc_pid_status(5), Linux man-pages 6.9.1.)
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Status {
    /// The process of the thread.
    pub(crate) process: u32,
    /// The parent of that process.
    pub(super) parent: u32,
    /// The ids of thread and process as the process itself sees them.
    pub(crate) inner: (u32, u32),
    /// The thread that traces it; 0 if there is none.
    pub(super) tracer: u32,
    /// The effective ids of user and group.
    pub(super) user: u32,
    pub(super) group: u32,
    /// The state of seccomp.
    pub(super) seccomp: u32,
    /// The signals that have a handler, one bit for each.
    pub(super) caught: u64,
    /// The signals that the thread blocks, one bit for each.
    pub(super) blocked: u64,
}

impl Status {
    /// `SECCOMP_MODE_DEAD`: a filter has killed the thread (`kernel/seccomp.c`, Linux 5.17 and later).
    pub(super) const DEAD: u32 = 3;

    /// Whether the handler of the thread gets a `SIGSYS` at once.
    pub(crate) fn handles_traps(&self) -> bool {
        const SIGSYS: u8 = 31;
        (self.caught & !self.blocked) >> (SIGSYS - 1) & 1 != 0
    }

    /// The status of a thread; `None` if it is gone.
    pub(crate) fn of(thread: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{thread}/status")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
        };
        let number = |name: &str| value(name)?.parse().ok();
        let innermost = |name: &str| value(name)?.split_ascii_whitespace().last()?.parse().ok();
        // There are four ids: real, effective, saved, and file system.
        let effective = |name: &str| value(name)?.split_ascii_whitespace().nth(1)?.parse().ok();
        let signals = |name: &str| {
            value(name).and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0)
        };
        let (thread, process) = (number("Pid")?, number("Tgid")?);
        Some(Self {
            process,
            parent: number("PPid")?,
            inner: (innermost("NSpid").unwrap_or(thread), innermost("NStgid").unwrap_or(process)),
            tracer: number("TracerPid").unwrap_or(0),
            user: effective("Uid")?,
            group: effective("Gid")?,
            seccomp: number("Seccomp").unwrap_or(0),
            caught: signals("SigCgt"),
            blocked: signals("SigBlk"),
        })
    }
}

/// The path of the program that a thread runs; empty if it is gone.
pub(crate) fn program_of(thread: u32) -> String {
    let path = fs::read_link(format!("/proc/{thread}/exe")).unwrap_or_default();
    path.display().to_string()
}

/// The name of a thread; empty if it is gone. The kernel keeps 15 bytes of it (`TASK_COMM_LEN`, `include/linux/sched.h`).
pub(crate) fn name_of(thread: u32) -> String {
    let name = fs::read(format!("/proc/{thread}/comm")).unwrap_or_default();
    String::from_utf8_lossy(&name).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_thread_in_a_namespace_has_its_ids_there() {
        let text = "Name:\tx: y\nState:\tt\nTgid:\t700\nPid:\t701\nPPid:\t2\nTracerPid:\t5\n\
                    Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n\
                    NStgid:\t700\t1\nNSpid:\t701\t2\nSigBlk:\t0000000000000400\n\
                    SigCgt:\t0000000040000000\nSeccomp:\t2\n";
        let status = Status::read(text).unwrap();
        let expected = Status {
            process: 700,
            parent: 2,
            inner: (2, 1),
            tracer: 5,
            user: 2,
            group: 6,
            seccomp: 2,
            caught: 1 << 30,
            blocked: 1 << 10,
        };
        assert_eq!(status, expected);
        assert!(status.handles_traps());
        assert!(!Status { blocked: 1 << 30, ..status.clone() }.handles_traps());
        assert!(!Status { caught: 0, ..status }.handles_traps());
        assert_eq!(Status::read("Name:\tx\n"), None);
    }

    #[test]
    fn a_living_thread_has_a_status_a_name_and_a_program() {
        let own = std::process::id();
        let status = Status::of(own).unwrap();
        assert_eq!((status.process, status.inner), (own, (own, own)));
        assert_eq!(program_of(own), std::env::current_exe().unwrap().display().to_string());
        assert!(!name_of(own).is_empty());
    }
}
