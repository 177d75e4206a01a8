//! Policies with `report`: the lines of the program, and that the call that is made again is the denied
//! one.

pub(crate) mod endings;
pub(crate) mod lines;
pub(crate) mod places;
mod said;

use seccomp_runtime::{Policy, seccomp_policy};

use self::said::Said;
use crate::call::{self, End, SIGSYS};
use crate::{Check, FAILS, HOLDS};

/// The policy compares all six arguments, so it allows the call with other arguments.
const PROBED: Policy = seccomp_policy! {
    report numbers;
    kill syscall(1000)(a0 == 1, a1 == 2, a2 == 3, a3 == 4, a4 == 5, a5 == 6);
    #[allow(seccomp::default_allow)]
    default allow
};

/// A policy for the text of a report.
const NAMED: Policy = seccomp_policy! {
    report;
    #[allow(seccomp::sibling_allowed)]
    kill openat(dfd == AT_FDCWD, flags & O_CREAT != 0);
    #[allow(seccomp::default_allow)]
    default allow
};
const LINE: u32 = line!() - 4;

/// `AT_FDCWD`, and `O_CREAT | O_EXCL`, which have one value on all architectures that make reports
/// (`include/uapi/linux/fcntl.h`, `include/uapi/asm-generic/fcntl.h`, Linux 6.12).
const HERE: usize = -100_isize as usize;
const CREATE: usize = 0o300;

pub(crate) const ALL: &[Check] = &[
    Check {
        claim: "after a report the same call is made again, with all arguments",
        run: || {
            if PROBED.install().is_err() {
                return FAILS;
            }
            call::without_standard_error();
            if call::probe([1, 2, 3, 4, 5, 7]) != -call::ENOSYS {
                return FAILS;
            }
            call::probe([1, 2, 3, 4, 5, 6]);
            HOLDS
        },
        expected: End::Killed(SIGSYS),
    },
    Check {
        claim: "a report says what was denied, where, and by which rule",
        run: || {
            let mut said = [0; 1024];
            let (end, length) = call::standard_error_of(&mut said, || {
                if NAMED.install().is_err() {
                    return FAILS;
                }
                call::open_at([HERE, 0, CREATE, 0o600]);
                HOLDS
            });
            let said = said.get(..length).unwrap_or_default();
            let holds = end == End::Killed(SIGSYS) && is_expected(said);
            if !holds {
                call::write(1, said);
            }
            if holds { HOLDS } else { FAILS }
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "a report in a thread's stead: a forked child is reported and its parent goes on",
        run: || {
            if PROBED.install().is_err() {
                return FAILS;
            }
            let end = call::in_child(|| {
                call::without_standard_error();
                call::probe([1, 2, 3, 4, 5, 6]);
                HOLDS
            });
            if end == End::Killed(SIGSYS) { HOLDS } else { FAILS }
        },
        expected: End::Exited(HOLDS),
    },
];

/// Whether these are the lines about the call. On s390x, the kernel loses the first argument.
fn is_expected(said: &[u8]) -> bool {
    let mut said = Said(said);
    let place =
        |said: &mut Said<'_>| said.is(file!()) && said.is(":") && said.number() == Some(LINE);
    let first = if cfg!(target_arch = "s390x") { "?" } else { "AT_FDCWD" };
    said.is("seccomp: ")
        && place(&mut said)
        && said.is(" denies openat(dfd=")
        && said.is(first)
        && said.is(", filename=0, flags=O_CREAT|O_EXCL, mode=0o600) at 0x")
        && said.hexadecimal().is_some()
        && said.is("\n  rules for openat: kill openat(dfd == AT_FDCWD, flags & O_CREAT != 0) (")
        && place(&mut said)
        && said.is(")\n  to allow it: allow openat(flags == O_CREAT | O_EXCL); above ")
        && place(&mut said)
        && said.0 == b"\n"
}
