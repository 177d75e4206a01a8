//! Names that a C library, its headers or another ABI has for what a call does.
use seccomp_runtime::{Policy, seccomp_policy};

const FUNCTIONS: Policy = seccomp_policy! {
    allow pread, sleep, isatty(fd == 1), if_nametoindex, pthread_create;
    allow SYS_read, __NR_openat;
    default kill
};

const OTHER_ABIS: Policy = seccomp_policy! {
    arch x86_64, x86;
    allow fstatat;
    default kill
};

fn main() {
    let _ = [FUNCTIONS, OTHER_ABIS];
}
