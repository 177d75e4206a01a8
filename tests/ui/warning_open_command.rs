//! What the kernel uses of an argument depends on a command that the rule leaves open.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const TWO: Policy = seccomp_policy! {
    allow fcntl(arg == 3), keyctl(option in {KEYCTL_REVOKE, KEYCTL_DH_COMPUTE}, arg2 != 0);
    allow ioctl(cmd == EVIOCGRAB, arg == 1);
    allow exit, exit_group, rt_sigreturn;
    default kill
};

const FIXED: Policy = seccomp_policy! {
    allow fcntl(cmd == F_DUPFD, arg == 3), keyctl(option == KEYCTL_REVOKE, arg2 == 3);
    allow ioctl(cmd == EVIOCGRAB, arg as u32 == 1), ioctl(cmd == FICLONE, arg == 3);
    allow fcntl(arg as i32 == 4), exit, exit_group, rt_sigreturn;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    #[allow(seccomp::open_command)]
    allow fcntl(arg == 3), exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {}
