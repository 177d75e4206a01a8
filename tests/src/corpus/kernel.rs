//! The calls that a program can make on a running kernel, and how.

use std::fmt;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;

use super::ExpectedCall;

/// The data of `SECCOMP_RET_TRACE` by which the outer filter of a kernel test marks a call that the
/// policy allows; no line of the corpus may expect it.
pub const MARK: u16 = 0xa110;

/// The way in which the program makes a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Route {
    /// By the instruction that its own ABI uses, x32 numbers included.
    Own = 0,
    /// By `int 0x80` on x86_64: through the ABI of x86.
    Int80 = 1,
}

/// The reason why a call cannot be made on a kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NotMade {
    /// No ABI has this value of `seccomp_data.arch`.
    NoSuchAbi,
    /// No instruction of the program enters this ABI.
    OtherAbi,
    /// The kernel's entry code changes the number.
    Number,
    /// The kernel makes these calls before it runs a filter.
    Unfiltered,
    /// The test itself needs the call.
    NeededByTest,
}

impl fmt::Display for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchAbi => "of an ABI that does not exist",
            Self::OtherAbi => "through an ABI that a program of this one cannot enter",
            Self::Number => "of a number that does not get past the kernel's entry",
            Self::Unfiltered => "that the kernel does not put to filters",
            Self::NeededByTest => "that the test itself makes under the filter",
        })
    }
}

impl ExpectedCall {
    /// The way in which a program built for `target` makes this call.
    ///
    /// # Errors
    ///
    /// The reason why it cannot.
    pub fn route(&self, target: Abi) -> Result<Route, NotMade> {
        let route = match (target, self.abi.ok_or(NotMade::NoSuchAbi)?) {
            (target, abi) if target == abi => Route::Own,
            (Abi::X86_64, Abi::X32) => Route::Own,
            (Abi::X86_64, Abi::X86) => Route::Int80,
            _ => return Err(NotMade::OtherAbi),
        };
        match (target, self.data.nr) {
            // The number that a tracer writes to skip a call.
            (_, u32::MAX) => Err(NotMade::Number),
            // `__do_syscall`, arch/s390/kernel/syscall.c, Linux 6.12: 16 bits, and 7 restarts.
            (Abi::S390x, 7 | 0x1_0000..) => Err(NotMade::Number),
            // `seccomp_uprobe_exception`, arch/x86, Linux 6.14: uretprobe and uprobe.
            (Abi::X86_64, 335 | 336) if route == Route::Own => Err(NotMade::Unfiltered),
            _ if self.installs_a_filter() => Err(NotMade::NeededByTest),
            _ => Ok(route),
        }
    }

    /// prctl(2) with `PR_SET_NO_NEW_PRIVS` or `PR_GET_NO_NEW_PRIVS`, seccomp(2) with `SECCOMP_SET_MODE_FILTER`, in the 32
    /// bits that the kernel uses.
    fn installs_a_filter(&self) -> bool {
        let operation = self.data.args[0] as u32;
        match self.name.as_deref() {
            Some("prctl") => matches!(operation, 38 | 39),
            Some("seccomp") => operation == 1,
            _ => false,
        }
    }

    /// Whether the kernel may really make the call: the policy allows it, and in a process without
    /// open descriptors it changes nothing and returns at once, whatever its arguments.
    #[must_use]
    pub fn is_harmless(&self, target: Abi) -> bool {
        const NOTHING_TO_CHANGE: &[&str] = &["getpid", "getppid", "gettid", "sched_yield"];
        const DESCRIPTOR_FIRST: &[&str] = &[
            "read",
            "write",
            "ioctl",
            "lseek",
            "fchmod",
            "fcntl",
            "dup",
            "dup3",
            "ftruncate",
            "fsync",
            "pread64",
            "pwrite64",
            "readv",
            "writev",
            "fallocate",
            "listen",
            "shutdown",
        ];
        let allowed = matches!(self.expected, Action::Allow | Action::Log);
        let known = self.name.as_deref().is_some_and(|name| {
            NOTHING_TO_CHANGE.contains(&name) || DESCRIPTOR_FIRST.contains(&name)
        });
        allowed && known && self.abi == Some(target)
    }
}
