//! Rules that earlier ones leave nothing to, and that answer as those do.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_policy};

const ONE: Policy = seccomp_policy! {
    allow @basic-io, exit, exit_group, rt_sigreturn;
    allow read(fd == 0);
    errno(EPERM) openat(flags & O_ACCMODE == O_RDONLY), openat(flags & O_ACCMODE != O_RDONLY);
    errno(1) openat;
    default kill
};

const MEANT: Policy = seccomp_policy! {
    allow @basic-io, exit, exit_group, rt_sigreturn;
    #[allow(seccomp::redundant_rule)]
    allow read(fd == 0);
    default kill
};

fn main() {}
