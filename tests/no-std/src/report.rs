//! Policies with `report`: the lines of the program, and that the call that is made again is the denied
//! one.

use seccomp_runtime::{Policy, seccomp_policy};

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
fn is_expected(mut said: &[u8]) -> bool {
    let place = |said: &mut &[u8]| {
        starts(said, file!().as_bytes()) && starts(said, b":") && number(said) == Some(LINE)
    };
    let first: &[u8] =
        if said.windows(5).any(|text| text == b"dfd=?") { b"?" } else { b"AT_FDCWD" };
    starts(&mut said, b"seccomp: ")
        && place(&mut said)
        && starts(&mut said, b" denies openat(dfd=")
        && starts(&mut said, first)
        && starts(&mut said, b", filename=0, flags=O_CREAT|O_EXCL, mode=0o600) at 0x")
        && said.iter().position(|byte| *byte == b'\n').is_some_and(|end| {
            said = said.get(end..).unwrap_or_default();
            (1..=17).contains(&end)
        })
        && starts(
            &mut said,
            b"\n  rules for openat: kill openat(dfd == AT_FDCWD, flags & O_CREAT != 0) (",
        )
        && place(&mut said)
        && starts(&mut said, b")\n  to allow it: allow openat(flags == O_CREAT | O_EXCL); above ")
        && place(&mut said)
        && said == b"\n"
}

/// Takes `text` from the front.
fn starts(said: &mut &[u8], text: &[u8]) -> bool {
    match said.strip_prefix(text) {
        Some(rest) => {
            *said = rest;
            true
        }
        None => false,
    }
}

/// Takes a number from the front.
fn number(said: &mut &[u8]) -> Option<u32> {
    let mut number = None;
    while let Some((digit, rest)) = said.split_first().filter(|(digit, _)| digit.is_ascii_digit()) {
        number = Some(number.unwrap_or(0) * 10 + u32::from(digit - b'0'));
        *said = rest;
    }
    number
}
