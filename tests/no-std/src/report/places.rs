//! Where a denied call is made: in a thread, a child, a handler, on a small alternate stack, in a panic, and under whatever the
//! program did to SIGSYS.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use seccomp_runtime::{Policy, call, seccomp_policy};

use super::said::Said;
use crate::call::{self, End, SIGSYS};
use crate::{Check, FAILS, HOLDS, signal, thread};

const P: Policy = seccomp_policy! {
    report;
    kill getppid;
    trap(1) getpgid;
    #[allow(seccomp::default_allow)]
    default allow
};
const LINE: u32 = line!() - 5;

/// The most bytes that a frame of a signal has on these architectures, as far as they run here: 4,688 on aarch64 without SVE
/// (`struct rt_sigframe`, `arch/arm64/kernel/signal.c`, Linux 6.12), and 3,440 on x86_64 with AVX-512.
const FRAME: usize = 5120;

/// The smallest alternate stack that may be set (`MINSIGSTKSZ`, `arch/arm64/include/uapi/asm/signal.h`, Linux 6.12), and 4 KiB
/// elsewhere, where less may be set.
const SMALL: usize = if cfg!(target_arch = "aarch64") { 5120 } else { 4096 };

/// The call that the policy denies.
fn deny() {
    simple(call!(getppid()).nr);
}

/// A call without arguments that point anywhere.
fn simple(number: u32) {
    call::without_arguments(number as usize);
}

extern "C" fn deny_there() -> ! {
    deny();
    call::exit_group(FAILS)
}

extern "C" fn hold() -> ! {
    call::exit_group(HOLDS)
}

/// Installs the policy, and makes the call that it denies.
fn install_and(body: impl FnOnce()) -> u8 {
    if P.install().is_err() {
        return FAILS;
    }
    body();
    FAILS
}

/// Lets the other thread run until the process has ended; gives up after some time.
fn wait_for_the_end() {
    (0..200_000).for_each(|_| simple(call!(sched_yield()).nr));
}

/// Whether the handler of panics makes the denied call.
pub(crate) static DENIED_IN_A_PANIC: AtomicBool = AtomicBool::new(false);

/// The handler of panics calls this.
pub(crate) fn in_a_panic() {
    if DENIED_IN_A_PANIC.load(Ordering::Relaxed) {
        deny();
    }
}

/// Runs `body` in a child that a denial has to end. Holds if what it said is `expected`.
fn ends_by_denial(body: fn() -> u8, is_reported: bool) -> u8 {
    let mut buffer = [0; 1024];
    let (end, length) = call::standard_error_of(&mut buffer, body);
    let said = buffer.get(..length).unwrap_or_default();
    let holds = end == End::Killed(SIGSYS)
        && if is_reported { is_the_report(said) } else { said.is_empty() };
    if !holds {
        call::write(1, said);
    }
    if holds { HOLDS } else { FAILS }
}

fn is_the_report(said: &[u8]) -> bool {
    let mut said = Said(said);
    let place =
        |said: &mut Said<'_>| said.is(file!()) && said.is(":") && said.number() == Some(LINE);
    said.is("seccomp: ")
        && place(&mut said)
        && said.is(" denies getppid() at 0x")
        && said.hexadecimal().is_some()
        && said.is("\n  rules for getppid: kill getppid (")
        && place(&mut said)
        && said.is(")\n  to allow it: allow getppid; above ")
        && place(&mut said)
        && said.0 == b"\n"
}

/// A check that the child is ended with the report.
macro_rules! reported {
    ($claim:literal, $body:expr) => {
        Check { claim: $claim, run: || ends_by_denial($body, true), expected: End::Exited(HOLDS) }
    };
}

/// A check that the child is ended without a word.
macro_rules! silent {
    ($claim:literal, $body:expr) => {
        Check { claim: $claim, run: || ends_by_denial($body, false), expected: End::Exited(HOLDS) }
    };
}

/// The status of the forked child below.
static FORKED: AtomicUsize = AtomicUsize::new(0);

pub(crate) const ALL: &[Check] = &[
    reported!("a call of the main thread is reported", || install_and(deny)),
    reported!("a call of another thread is reported, and ends the process", || install_and(|| {
        if thread::spawn(deny_there) > 0 {
            wait_for_the_end();
        }
    })),
    reported!("a call of a forked child is reported, and its parent goes on to be denied", || {
        install_and(|| {
            let end = call::in_child(|| {
                call::without_standard_error();
                deny();
                FAILS
            });
            FORKED.store(usize::from(end == End::Killed(SIGSYS)), Ordering::Relaxed);
            if FORKED.load(Ordering::Relaxed) == 1 {
                deny();
            }
        })
    }),
    reported!("a call of a signal handler is reported", || install_and(|| {
        signal::in_handler(deny_there);
    })),
    reported!(
        "a call of a handler on an alternate stack of two frames and 4 KiB is reported",
        || {
            if !signal::alternate_stack(2 * FRAME + 4096) {
                return FAILS;
            }
            install_and(|| signal::in_handler(deny_there))
        }
    ),
    reported!(
        "a call of a thread with an alternate stack of the smallest size is reported",
        || {
            if !signal::alternate_stack(SMALL) {
                return FAILS;
            }
            install_and(deny)
        }
    ),
    reported!("a call of the handler of a panic is reported", || install_and(|| {
        DENIED_IN_A_PANIC.store(true, Ordering::Relaxed);
        panic!("the claim");
    })),
    reported!("with SIGSYS ignored before the install a call is reported", || {
        if !signal::ignore_sigsys() {
            return FAILS;
        }
        install_and(deny)
    }),
    silent!("with SIGSYS blocked the kernel ends the process without a report", || install_and(
        || {
            if signal::block_sigsys() {
                deny();
            }
        }
    )),
    silent!("with SIGSYS ignored later the kernel ends the process without a report", || {
        install_and(|| {
            if signal::ignore_sigsys() {
                deny();
            }
        })
    }),
    silent!("a trap of the policy ends a program that has no handler, without a report", || {
        install_and(|| simple(call!(getpgid()).nr))
    }),
    Check {
        claim: "a trap of the policy reaches the handler that the program had",
        run: || {
            if !signal::handle_sigsys(hold) {
                return FAILS;
            }
            install_and(|| simple(call!(getpgid()).nr))
        },
        expected: End::Exited(HOLDS),
    },
    Check {
        claim: "a handler that the program sets after the install gets the denied call",
        run: || {
            install_and(|| {
                if signal::handle_sigsys(hold) {
                    deny();
                }
            })
        },
        expected: End::Exited(HOLDS),
    },
];
