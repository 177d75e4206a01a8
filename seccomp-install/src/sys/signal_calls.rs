//! The system calls about signals. Only a program that has `report` or starts another program makes them.

use super::asm::{syscall, syscall_of_four};
use super::{CALL, CallResult, MASK_BYTES};

/// `SIGSYS` on all architectures that this crate serves: `include/uapi/asm-generic/signal.h`, Linux 6.12.
pub(crate) const SIGSYS: usize = 31;

/// `SIG_SETMASK`, `include/uapi/asm-generic/signal-defs.h`, Linux 6.12.
const SET_MASK: usize = 2;

/// The action of the program on a signal.
///
/// Source: `struct sigaction`, `include/linux/signal_types.h`, Linux 6.12. RISC-V has no `sa_restorer`; the other
/// architectures that make reports define SA_RESTORER in `arch/*/include/uapi/asm/signal.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SignalAction {
    /// The address of the handler, or `SIG_DFL` or `SIG_IGN`.
    pub(crate) handler: usize,
    pub(crate) flags: usize,
    #[cfg(not(target_arch = "riscv64"))]
    restorer: usize,
    mask: [usize; MASK_BYTES / size_of::<usize>()],
}

/// `SA_SIGINFO`, `SA_RESTART` and `SA_RESTORER`: `include/uapi/asm-generic/signal-defs.h` and
/// `arch/x86/include/uapi/asm/signal.h`, Linux 6.12.
const SA_SIGINFO: usize = 4;
const SA_RESTART: usize = 0x1000_0000;
#[cfg(target_arch = "x86_64")]
const SA_RESTORER: usize = 0x0400_0000;

impl SignalAction {
    pub(crate) const NOTHING: Self = Self {
        handler: 0,
        flags: 0,
        #[cfg(not(target_arch = "riscv64"))]
        restorer: 0,
        mask: [0; MASK_BYTES / size_of::<usize>()],
    };

    /// Calls the function at `handler`, with all three arguments, on the stack of the program and with all signals
    /// masked. If `previous`, the flags of another handler, restarts interrupted calls, so do the flags of this one.
    pub(crate) fn with(handler: usize, previous: usize) -> Self {
        let action = Self {
            handler,
            flags: SA_SIGINFO | previous & SA_RESTART,
            mask: [usize::MAX; MASK_BYTES / size_of::<usize>()],
            ..Self::NOTHING
        };
        #[cfg(target_arch = "x86_64")]
        let action = Self { flags: action.flags | SA_RESTORER, restorer: restorer(), ..action };
        action
    }
}

/// The address of the code that returns from a handler: rt_sigreturn(2), which finds the frame of the signal at the
/// stack pointer. x86_64 delivers no signal to a handler without one (`x64_setup_rt_frame`,
/// arch/x86/kernel/signal_64.c, Linux 6.12); the other architectures have one in the vDSO or on the stack.
#[cfg(target_arch = "x86_64")]
fn restorer() -> usize {
    let address: usize;
    // SAFETY: this code loads the address of a label and jumps over the instructions at it, which run only where the
    // kernel goes to them.
    unsafe {
        core::arch::asm!(
            "lea {address:r}, [rip + 2f]",
            "jmp 3f",
            "2:",
            "mov rax, 15",
            "syscall",
            "3:",
            address = out(reg) address,
            options(nomem, nostack, preserves_flags),
        );
    }
    address
}

/// Sets the action on `signal`, unless `new` is `None`, and stores the action before it in `old`, unless that is `None`.
pub(crate) fn signal_action(
    signal: usize,
    new: Option<&SignalAction>,
    old: Option<&mut SignalAction>,
) -> CallResult {
    let new = new.map_or(0, |new| core::ptr::from_ref(new) as usize);
    let old = old.map_or(0, |old| core::ptr::from_mut(old) as usize);
    // SAFETY: rt_sigaction(2) (sigaction(2), Linux man-pages 6.03) reads one `struct sigaction` at its second
    // argument, unless that is null, and writes one at its third, unless that is null (`SignalAction` has that layout). A
    // handler that it sets is a function for signals with three arguments: only `report::signal` sets one.
    let value = unsafe { syscall_of_four(signal, new, old, MASK_BYTES, CALL.rt_sigaction) };
    CallResult(value)
}

/// Gives `signal` its default action.
#[inline]
pub(crate) fn set_default_action(signal: usize) {
    // On the stack, because it would take more bytes in the data of the program.
    let default = SignalAction::NOTHING;
    signal_action(signal, Some(&default), None);
}

/// Ends the process by `signal`, which is masked and has a handler.
pub(crate) fn end_by(signal: usize) -> ! {
    set_default_action(signal);
    // SAFETY: getpid(2) takes no arguments.
    let process = unsafe { syscall(0, 0, 0, CALL.getpid) };
    // SAFETY: gettid(2) takes no arguments.
    let thread = unsafe { syscall(0, 0, 0, CALL.gettid) };
    // SAFETY: tgkill(2) takes numbers. The signal ends this process once it is unmasked.
    unsafe { syscall(process as usize, thread as usize, signal, CALL.tgkill) };
    let no_signals = [0_usize; MASK_BYTES / size_of::<usize>()];
    // SAFETY: rt_sigprocmask(2) (sigprocmask(2), Linux man-pages 6.03) reads one set of signals, which is empty, and
    // writes nothing.
    unsafe {
        syscall_of_four(SET_MASK, no_signals.as_ptr() as usize, 0, MASK_BYTES, CALL.rt_sigprocmask)
    };
    // Reached if a filter denies these calls with an errno, so that no signal comes.
    super::exit_group(128 + signal as u8)
}
