//! `SIGSYS` in a child: the information of a trap.
#![allow(unsafe_code)] // sigaction(2), and what the kernel hands to a handler.

use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::child::Notes;

/// The note with `si_errno`: the policy's number.
pub const ERRNO: usize = 50;
/// The note with `si_code`.
pub const CODE: usize = 51;
/// The note with `si_call_addr`: where the call was made.
pub const ADDRESS: usize = 52;
/// The note with `si_syscall`: the number of the call.
pub const CALL: usize = 53;
/// The note with `si_arch`: the ABI of the call.
pub const ARCH: usize = 54;

/// `si_code` of a signal that a filter caused (`include/uapi/asm-generic/siginfo.h`, Linux 6.12).
pub const SYS_SECCOMP: i64 = 1;

/// The beginning of `siginfo_t` for `SIGSYS`, as sigaction(2) (Linux man-pages 6.03) has it.
#[repr(C)]
struct Sigsys {
    signo: i32,
    errno: i32,
    code: i32,
    call_addr: *const c_void,
    syscall: i32,
    arch: u32,
}

/// The notes for the handler, because a signal cannot pass a pointer of the test.
static NOTES: AtomicPtr<Notes> = AtomicPtr::new(std::ptr::null_mut());

/// Writes down the information of each `SIGSYS`, and goes on after it.
pub fn note_sigsys(notes: &'static Notes) {
    NOTES.store(std::ptr::from_ref(notes).cast_mut(), Ordering::SeqCst);
    handle(write_down as *const () as libc::sighandler_t);
}

/// Ignores `SIGSYS`.
pub fn ignore_sigsys() {
    handle(libc::SIG_IGN);
}

/// Blocks `SIGSYS`.
pub fn block_sigsys() {
    let set = 1_u64 << (libc::SIGSYS - 1);
    // SAFETY: rt_sigprocmask(2) reads as many bytes as its last argument says: the kernel's set
    // of signals has 64 bits on every architecture that this runs on.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut::<u64>(),
            size_of::<u64>(),
        )
    };
}

/// The note that counts the signals of [`count_sigusr1`].
pub const SIGNALS: usize = 55;

/// Counts each `SIGUSR1`. Calls that it interrupts fail with `EINTR`, if the kernel does not make them again.
pub fn count_sigusr1(notes: &'static Notes) {
    notes.put(SIGNALS, 0);
    NOTES.store(std::ptr::from_ref(notes).cast_mut(), Ordering::SeqCst);
    extern "C" fn count(_: i32) {
        // SAFETY: `count_sigusr1` stored a reference that lives forever.
        let notes = unsafe { &*NOTES.load(Ordering::SeqCst) };
        notes.put(SIGNALS, notes.get(SIGNALS) + 1);
    }
    interrupt_by(libc::SIGUSR1, count);
}

/// Handles a signal with a function that does only what signal-safety(7) allows. Calls that the signal interrupts fail
/// with `EINTR`, if they can.
pub fn interrupt_by(signal: i32, handler: extern "C" fn(i32)) {
    // SAFETY: `struct sigaction` is numbers and an optional function: zero is a value of each.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as libc::sighandler_t;
    // SAFETY: sigaction(2) reads one `struct sigaction`; the caller vouches for the handler.
    let error = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    assert_eq!(error, 0);
}

fn handle(handler: libc::sighandler_t) {
    // SAFETY: `struct sigaction` is numbers and an optional function: zero is a value of each.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: sigaction(2) reads one `struct sigaction`. The handler is none, or `write_down`,
    // which has the signature that SA_SIGINFO asks for and only writes to shared memory.
    let error = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) };
    assert_eq!(error, 0);
}

extern "C" fn write_down(_: i32, info: *const Sigsys, _: *mut c_void) {
    // SAFETY: the kernel passes a `siginfo_t`, which for SIGSYS begins so.
    let info = unsafe { info.read() };
    // SAFETY: `note_sigsys` stored a reference that lives forever.
    let notes = unsafe { &*NOTES.load(Ordering::SeqCst) };
    notes.put(ERRNO, info.errno.into());
    notes.put(CODE, info.code.into());
    notes.put(ADDRESS, info.call_addr as i64);
    notes.put(CALL, info.syscall.into());
    notes.put(ARCH, info.arch.into());
}
