//! Observes a call under a policy from outside, so that the kernel never makes the call.
//!
//! The child is traced (ptrace(2)) and has a filter of the test's own below the policy, which
//! answers `SECCOMP_RET_TRACE` with [`MARK`] to every call. Of several filters' actions the kernel
//! takes the most severe, and of equal actions that of the newest filter (seccomp(2)). So a kill, a
//! trap or an errno of the policy is seen as such; `SECCOMP_RET_TRACE` of the policy stops the child
//! with the policy's number; and a call that the policy allows or logs stops the child with [`MARK`]
//! before the kernel makes the call, and then the child is killed. Any call can be tried, reboot(2)
//! too.
//!
//! A child that gets a result writes it down and ends by an illegal instruction, because the policy
//! may refuse every call, exit(2) too.
#![allow(unsafe_code)] // Calls with any arguments, and an illegal instruction.

use core::arch::asm;
use core::sync::atomic::AtomicIsize;
use core::sync::atomic::Ordering::SeqCst;

use seccomp_runtime::__private::{SockFilter, policy};
use seccomp_runtime::{Abi, Action};

use crate::call::{self, NUMBERS, SIGILL, SIGKILL, SIGSYS, SIGTRAP, Status};
use crate::ptrace;

/// The way in which a call is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// As programs of this architecture do.
    Own,
    /// By `int 0x80` on x86_64.
    Int80,
}

/// A call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) route: Route,
    pub(crate) nr: u32,
    pub(crate) arch: u32,
    pub(crate) args: [u64; 6],
}

/// The outcome of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The child died of `SIGSYS`.
    Killed,
    /// `SIGSYS` came with this number, and with the call's number and `arch`.
    Trapped(u16),
    /// A tracer was asked, with this number.
    Traced(u16),
    /// The policy allowed the call.
    Through,
    /// The call returned `value`; [`make`] also knows its result `before` the policy.
    Returned { before: isize, value: isize },
    /// The test went wrong.
    Broken(&'static str),
}

/// The number by which the outer filter marks a call that the policy allows. The corpus does not
/// use it (`corpus::kernel::MARK`).
const MARK: u16 = 0xa110;

const LOAD: u16 = 0x20;
const EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// Allows the calls that install a policy, prctl(2) with `PR_SET_NO_NEW_PRIVS` and
/// `PR_GET_NO_NEW_PRIVS` and seccomp(2) with `SECCOMP_SET_MODE_FILTER`, and marks every other call.
const OUTER: [SockFilter; 12] = {
    const PR_SET_NO_NEW_PRIVS: u32 = 38;
    const PR_GET_NO_NEW_PRIVS: u32 = 39;
    const SECCOMP_SET_MODE_FILTER: u32 = 1;
    let first = if cfg!(target_endian = "big") { 20 } else { 16 };
    [
        SockFilter::statement(LOAD, 4),
        SockFilter::jump(EQUAL, Abi::NATIVE.audit_arch(), 0, 8),
        SockFilter::statement(LOAD, 0),
        SockFilter::jump(EQUAL, NUMBERS.prctl as u32, 0, 3),
        SockFilter::statement(LOAD, first),
        SockFilter::jump(EQUAL, PR_SET_NO_NEW_PRIVS, 5, 0),
        SockFilter::jump(EQUAL, PR_GET_NO_NEW_PRIVS, 4, 3),
        SockFilter::jump(EQUAL, NUMBERS.seccomp as u32, 0, 2),
        SockFilter::statement(LOAD, first),
        SockFilter::jump(EQUAL, SECCOMP_SET_MODE_FILTER, 1, 0),
        SockFilter::statement(RETURN, Action::Trace(MARK).to_return_value()),
        SockFilter::statement(RETURN, Action::Allow.to_return_value()),
    ]
};

/// How far the child has got. The parent reads this and the next two with `PTRACE_PEEKDATA`.
static STEP: AtomicIsize = AtomicIsize::new(0);
/// The result of the call without the policy.
static BEFORE: AtomicIsize = AtomicIsize::new(0);
/// The result of the call under the policy.
static VALUE: AtomicIsize = AtomicIsize::new(0);

const NO_OUTER_FILTER: isize = 1;
const NO_POLICY: isize = 2;
const IN_FORCE: isize = 3;
const RETURNED: isize = 4;

/// Makes a call under a policy and the outer filter.
pub(crate) fn ask(program: &'static [SockFilter], call: &Call) -> Seen {
    let seen = observe(call, || {
        if policy(&OUTER).install_on_thread().is_err() {
            return NO_OUTER_FILTER;
        }
        under(program, call)
    });
    match seen {
        Seen::Traced(MARK) => Seen::Through,
        seen => seen,
    }
}

/// Makes a call without a policy and then under it, so that the kernel really makes it, in a
/// process without open descriptors.
pub(crate) fn make(program: &'static [SockFilter], call: &Call) -> Seen {
    observe(call, || {
        (0..64).for_each(call::close);
        BEFORE.store(call.make(), SeqCst);
        under(program, call)
    })
}

fn under(program: &'static [SockFilter], call: &Call) -> isize {
    if policy(program).install_on_thread().is_err() {
        return NO_POLICY;
    }
    STEP.store(IN_FORCE, SeqCst);
    VALUE.store(call.make(), SeqCst);
    RETURNED
}

/// Runs `body` in a traced child, and returns how it ended.
fn observe(call: &Call, body: impl FnOnce() -> isize) -> Seen {
    let child = call::fork();
    if child == 0 {
        ptrace::trace_me();
        call::stop_self();
        let step = body();
        STEP.store(step, SeqCst);
        illegal_instruction();
    }
    let seen = match call::wait(child) {
        Status::Stopped { .. } => {
            ptrace::ask_for_seccomp_events(child);
            ptrace::go_on(child);
            look(child, call)
        }
        _ => Seen::Broken("the child does not stop at first"),
    };
    if seen != Seen::Killed {
        call::kill(child, SIGKILL);
        call::wait(child);
    }
    seen
}

/// The outcome that the child's next stop shows.
fn look(child: usize, call: &Call) -> Seen {
    const EVENT_SECCOMP: u8 = 7;
    match call::wait(child) {
        Status::Killed(SIGSYS) => Seen::Killed,
        Status::Stopped { event: EVENT_SECCOMP, .. } => match ptrace::read(child, &STEP) {
            IN_FORCE => Seen::Traced(ptrace::event_number(child)),
            _ => Seen::Broken("a tracer was asked before the policy was in force"),
        },
        Status::Stopped { signal: SIGSYS, .. } => {
            let info = ptrace::signal(child);
            if info.of_filter && info.nr == call.nr && info.arch == call.arch {
                Seen::Trapped(info.data)
            } else {
                Seen::Broken("SIGSYS says something else than what was called")
            }
        }
        Status::Stopped { signal: SIGILL | SIGTRAP, .. } => match ptrace::read(child, &STEP) {
            NO_OUTER_FILTER => Seen::Broken("the outer filter is not in force"),
            NO_POLICY => Seen::Broken("the policy is not in force"),
            RETURNED => Seen::Returned {
                before: ptrace::read(child, &BEFORE),
                value: ptrace::read(child, &VALUE),
            },
            _ => Seen::Broken("an illegal instruction where none is"),
        },
        _ => Seen::Broken("the child ended by something else"),
    }
}

/// Ends the child without a system call.
fn illegal_instruction() -> ! {
    // SAFETY: the instruction is defined never to be one (each architecture's manual), and
    // raises a signal.
    unsafe {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        asm!("ud2", options(noreturn));
        #[cfg(any(target_arch = "arm", target_arch = "aarch64"))]
        asm!("udf #0", options(noreturn));
        #[cfg(target_arch = "riscv64")]
        asm!("unimp", options(noreturn));
        #[cfg(target_arch = "s390x")]
        asm!(".2byte 0", options(noreturn));
        #[cfg(target_arch = "loongarch64")]
        asm!("break 0", options(noreturn));
    }
}

impl Call {
    /// Makes the call, and returns the kernel's result.
    fn make(&self) -> isize {
        match self.route {
            // SAFETY: in a child of its own, which is looked at only through ptrace(2) and as
            // far as it got: either an outer filter keeps the call from being made, or it is
            // one of those that `Call::is_harmless` of the corpus names, without descriptors.
            Route::Own => unsafe {
                call::syscall(self.nr as usize, self.args.map(|arg| arg as usize))
            },
            Route::Int80 => call::int80(self.nr, self.args.map(|arg| arg as u32)),
        }
    }
}
