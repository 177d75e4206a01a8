//! The handler for SIGSYS: how it is set, and what it does.
//!
//! The handler runs on the stack of the program, and not on the alternate stack of a thread, which may be too small for
//! it. If a handler on an alternate stack makes the denied call, this handler runs on that stack too.
//!
//! A handler that the program had before is not lost: it gets every SIGSYS that is not a denial by a policy with
//! `report`, such as the policy's own `trap(n)`.
#![allow(unsafe_code)] // Handlers of signals, and the pointers that the kernel hands to them.

use core::sync::atomic::{AtomicUsize, Ordering};

use seccomp_bpf::abi::ArgumentIndex;
use seccomp_bpf::action::Action;

use super::Report;
use super::context::{Context, SignalInfo};
use super::known_reports;
use super::report_message::{Denied, Message};
use crate::sys::signal_calls::{SIGSYS, SignalAction, end_by, signal_action};
use crate::sys::{self, CallResult};

/// The handler that the program had, or one of the two values below.
static PREVIOUS: AtomicUsize = AtomicUsize::new(DEFAULT);

/// The flags of that handler.
static PREVIOUS_FLAGS: AtomicUsize = AtomicUsize::new(0);

/// Whether the handler of this module was set.
static IS_SET: AtomicUsize = AtomicUsize::new(0);

/// `SIG_DFL` and `SIG_IGN`, `include/uapi/asm-generic/signal-defs.h`, Linux 6.12.
const DEFAULT: usize = 0;
const IGNORE: usize = 1;

/// The address of the handler that this module sets.
static OURS: AtomicUsize = AtomicUsize::new(0);

/// The address of the handler. `#[inline]` may make several copies of the handler, and the first copy whose address is
/// asked for is the one that is set.
#[inline]
fn address() -> usize {
    let handler: extern "C-unwind" fn(i32, *const SignalInfo, *mut Context) = on_signal;
    match OURS.compare_exchange(0, handler as usize, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => handler as usize,
        Err(first) => first,
    }
}

/// Sets the handler, remembers the previous one, and reads the new one back, because a filter around the program may
/// report success in place of the kernel. Does nothing if it has set the handler before: a policy in force may kill for
/// these calls.
///
/// Returns an errno; [`CallResult::FAKED`] if the call succeeded and the handler is not set.
#[inline]
pub(super) fn set_handler() -> CallResult {
    if IS_SET.load(Ordering::Relaxed) != 0 { CallResult::DONE } else { set_first() }
}

#[cold]
#[inline]
fn set_first() -> CallResult {
    let handler = address();
    let mut now = SignalAction::NOTHING;
    let mut returned = signal_action(SIGSYS, None, Some(&mut now));
    if returned == CallResult::DONE && now.handler != handler {
        PREVIOUS_FLAGS.store(now.flags, Ordering::Relaxed);
        PREVIOUS.store(now.handler, Ordering::Relaxed);
        let ours = SignalAction::with(handler, now.flags);
        returned = signal_action(SIGSYS, Some(&ours), None);
        if returned == CallResult::DONE {
            returned = signal_action(SIGSYS, None, Some(&mut now));
        }
    }
    if returned != CallResult::DONE || now.handler != handler {
        return returned.without_success();
    }
    IS_SET.store(1, Ordering::Relaxed);
    CallResult::DONE
}

/// The handler. All signals are masked while it runs.
///
/// Nothing that it calls panics. `"C-unwind"` has no guard against a panic, and a guard would be a few bytes of data that
/// linkers leave in programs without a report.
#[inline]
extern "C-unwind" fn on_signal(signal: i32, info: *const SignalInfo, context: *mut Context) {
    // SAFETY: the kernel calls this function, with the flag SA_SIGINFO, and passes the addresses of a `siginfo_t` and
    // of a `struct ucontext` in the frame of the signal (sigaction(2), Linux man-pages 6.03). `SignalInfo` has the
    // layout of the first for SIGSYS. Both are valid until this function returns, and nothing else uses them.
    let info = unsafe { &*info };
    // SAFETY: as above; `Context` has the layout of the beginning of the second.
    let context = unsafe { &mut *context };
    let previous = PREVIOUS.load(Ordering::Relaxed);
    if let Some(data) = info.data() {
        let mut denied = info.denied();
        context.add_arguments(&mut denied);
        let reported = report(&denied, data);
        // A trap without a handler ends the process: the kernel does not let a program ignore it.
        if reported.is_some() || previous <= IGNORE {
            end(&denied, reported, info, context);
        }
    }
    pass_on(previous, signal, info, context);
}

/// Writes the lines about the call, and returns their [`Report`]. `None` if no policy with `report` denies the call.
///
/// It is never inlined, so that the handler has a small frame when it calls another one.
#[inline(never)] // And generic, so that only a program with a report compiles it.
fn report(denied: &Denied, data: impl Into<u16>) -> Option<&'static Report> {
    let data = data.into();
    let report = denier(denied, data)?;
    let denial = report.denial(data);
    if denial.is_empty() {
        return None;
    }
    let mut message = Message::new(report, denied, denial);
    message.write();
    say(message.text.finish());
    Some(report)
}

/// Not `#[inline]`: a function that inlined functions name can be called from other crates, which costs a plain program
/// some bytes.
fn say(text: &[u8]) {
    sys::write(text);
}

/// The report of the policy that denies the call: the newest one that gives it this trap.
#[inline]
fn denier(denied: &Denied, data: u16) -> Option<&'static Report> {
    let trap = Action::Trap(data).to_return_value();
    known_reports::newest(&mut |report| {
        !denied.is_known(ArgumentIndex::A0) || report.returns(&denied.call, trap)
    })
}

/// Ends the process as a kill of the denied call would.
#[inline]
fn end(
    denied: &Denied,
    reported: Option<&'static Report>,
    info: &SignalInfo,
    context: &mut Context,
) -> ! {
    // If an argument is lost, the filter may allow the call.
    let is_fatal = |report: &Report| report.is_fatal(&denied.call);
    if denied.is_known(ArgumentIndex::A0) || reported.is_some_and(is_fatal) {
        // SAFETY: `context` is the one of this handler, which runs on the stack of the program and masks all signals
        // (`SignalAction::with`). A filter trapped the call at this address. Either all of its registers are known, and
        // filters have no state (`struct seccomp_data`, include/uapi/linux/seccomp.h, Linux 6.12), so it traps the call
        // again; or that filter gives the call, with these registers, an action that ends the process: it was just
        // computed.
        unsafe { context.make_call_again(info) }
    }
    end_by(SIGSYS)
}

/// Lets `handler`, the program's own or one of the two values above, handle a signal.
#[inline]
fn pass_on(handler: usize, signal: i32, info: &SignalInfo, context: &mut Context) {
    /// `SA_SIGINFO`, `include/uapi/asm-generic/signal-defs.h`, Linux 6.12.
    const WITH_INFO: usize = 4;
    match handler {
        DEFAULT => end_by(SIGSYS),
        IGNORE => {}
        _ if PREVIOUS_FLAGS.load(Ordering::Relaxed) & WITH_INFO != 0 => {
            let handler = core::ptr::with_exposed_provenance::<()>(handler);
            // SAFETY: the program set this address as its handler with SA_SIGINFO, so it is that of a function with
            // these parameters (sigaction(2), Linux man-pages 6.03).
            let handler = unsafe {
                core::mem::transmute::<*const (), extern "C" fn(i32, *const SignalInfo, *mut Context)>(
                    handler,
                )
            };
            handler(signal, info, context);
        }
        _ => {
            let handler = core::ptr::with_exposed_provenance::<()>(handler);
            // SAFETY: the program set this address as its handler without SA_SIGINFO, so it is that of a function
            // with this parameter (sigaction(2), Linux man-pages 6.03).
            let handler = unsafe { core::mem::transmute::<*const (), extern "C" fn(i32)>(handler) };
            handler(signal);
        }
    }
}
