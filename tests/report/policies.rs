//! The policies of these tests, and the lines of their parts.

use seccomp_runtime::{Policy, seccomp_policy};

/// The file of the policies, as rustc names it.
pub(crate) const FILE: &str = file!();

/// The line before the line of the policy.
pub(crate) const ABOVE: u32 = line!();
pub(crate) const P: Policy = seccomp_policy! {
    report;
    allow socket(family in {AF_INET, AF_INET6});
    allow socket(family == AF_UNIX, type & 0xf == SOCK_STREAM);
    kill openat(flags & O_CREAT != 0);
    allow openat(dfd == AT_FDCWD);
    errno(EPERM) write(fd == 7);
    kill_thread getsid;
    trap(1) getpgid;
    allow exit, exit_group, rt_sigreturn, rt_sigaction, chdir;
    unknown kill;
    default kill
};

/// The same without `report`.
pub(crate) const PLAIN: Policy = seccomp_policy! {
    allow socket(family in {AF_INET, AF_INET6});
    allow socket(family == AF_UNIX, type & 0xf == SOCK_STREAM);
    kill openat(flags & O_CREAT != 0);
    allow openat(dfd == AT_FDCWD);
    errno(EPERM) write(fd == 7);
    kill_thread getsid;
    trap(1) getpgid;
    allow exit, exit_group, rt_sigreturn, rt_sigaction, chdir;
    unknown kill;
    default kill
};

/// The places of the policy's parts, in `P`.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Policy,
    Sockets,
    UnixSockets,
    Creating,
    WriteOfReport,
    WriteOfPolicy,
    Getsid,
    Unknown,
    Default,
}

impl Part {
    /// `file:line`
    pub(crate) fn place(self) -> String {
        let below = match self {
            // Without `bad_arch`, the place is that of `report`.
            Self::Policy | Self::WriteOfReport => 2,
            Self::Sockets => 3,
            Self::UnixSockets => 4,
            Self::Creating => 5,
            Self::WriteOfPolicy => 7,
            Self::Getsid => 8,
            Self::Unknown => 11,
            Self::Default => 12,
        };
        format!("{FILE}:{}", ABOVE + below)
    }
}
