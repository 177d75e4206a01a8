//! Negative constants of rustc where there is no sign: in an argument of 64 bits, in a mask, in parts
//! of `|` and `!`, in a range, in a set, in an argument of 32 bits.

use seccomp_runtime::{Policy, call, seccomp_fragment, seccomp_policy};

const EQUAL: Policy = seccomp_policy! {
    errno(EPERM) clone(flags as u64 == libc::CLONE_IO);
    default kill
};

const MASK: Policy = seccomp_policy! {
    errno(EPERM) clone(flags & libc::CLONE_IO != 0);
    default kill
};

const NOT_EITHER: Policy = seccomp_policy! {
    allow clone(flags & !(libc::CLONE_VM | libc::CLONE_IO) == 0);
    default kill
};

const RANGE: Policy = seccomp_policy! {
    allow read(count in { -1 }..=5);
    default kill
};

const SET: Policy = seccomp_policy! {
    allow read(fd in {1, self::MINUS_ONE});
    default kill
};

const ORDER: Policy = seccomp_policy! {
    allow setpriority(niceval < { -5 } | 0);
    default kill
};

const MINUS_ONE: i8 = -1;

seccomp_fragment! {
    IN_A_FRAGMENT { errno(EPERM) unshare(unshare_flags & libc::CLONE_IO != 0) }
}

const CALL: seccomp_runtime::Call = call!(read({ -1isize }));

fn main() {
    let _ = ([EQUAL, MASK, NOT_EITHER, RANGE, SET, ORDER], CALL);
}
