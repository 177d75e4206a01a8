//! Handlers of signals, stacks for them, and the mask of a thread.
#![allow(unsafe_code)] // System calls that take addresses.

use seccomp_runtime::call;

use crate::arena::Arena;
use crate::call::{SIGSYS, getpid, kill, syscall};

/// `include/uapi/asm-generic/signal.h`, Linux 6.12; so on all architectures of this program.
const SIGUSR1: u8 = 10;
const SA_ONSTACK: usize = 0x0800_0000;
/// `arch/x86/include/uapi/asm/signal.h`, Linux 6.12. Without it, x86_64 cannot call a handler.
const SA_RESTORER: usize = 0x0400_0000;
/// No handler, but to ignore the signal (`include/uapi/asm-generic/signal-defs.h`, Linux 6.12).
const SIG_IGN: usize = 1;
const SIG_BLOCK: usize = 0;

/// `struct sigaction` of the kernel (`include/linux/signal_types.h`, Linux 6.12). riscv64 has no `sa_restorer`: there, the
/// mask comes before what this program leaves 0.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: [u32; 2],
    _mask_of_riscv64: usize,
}

/// Sets what happens at a signal.
fn set(signal: u8, handler: usize, flags: usize) -> bool {
    let (flags, restorer) = if cfg!(target_arch = "x86_64") {
        // No handler of this program returns.
        (flags | SA_RESTORER, handler)
    } else {
        (flags, 0)
    };
    let action = Action { handler, flags, restorer, mask: [0; 2], _mask_of_riscv64: 0 };
    let number = call!(rt_sigaction()).nr as usize;
    let arguments = [signal.into(), &raw const action as usize, 0, 8, 0, 0];
    // SAFETY: rt_sigaction(2) reads one `struct sigaction`. The handlers of this program take no argument that they look at.
    unsafe { syscall(number, arguments) == 0 }
}

/// Lets `handler` handle SIGSYS.
pub(crate) fn handle_sigsys(handler: extern "C" fn() -> !) -> bool {
    set(SIGSYS, handler as usize, 0)
}

/// Lets the kernel ignore SIGSYS.
pub(crate) fn ignore_sigsys() -> bool {
    set(SIGSYS, SIG_IGN, 0)
}

/// Blocks SIGSYS.
pub(crate) fn block_sigsys() -> bool {
    // Signal n is bit n - 1, in words of the size of a pointer (`sigaddset`, `include/linux/signal.h`, Linux 6.12).
    let mut set = [0_usize; 8 / size_of::<usize>()];
    set[0] = 1 << (SIGSYS - 1);
    let number = call!(rt_sigprocmask()).nr as usize;
    // SAFETY: rt_sigprocmask(2) reads 8 bytes, and writes nothing where there is no pointer.
    unsafe { syscall(number, [SIG_BLOCK, set.as_ptr() as usize, 0, 8, 0, 0]) == 0 }
}

/// Sends this process a signal whose handler is `handler`, on the alternate stack if there is one.
pub(crate) fn in_handler(handler: extern "C" fn() -> !) {
    if set(SIGUSR1, handler as usize, SA_ONSTACK) {
        kill(getpid() as usize, SIGUSR1);
    }
}

/// `stack_t` (`include/uapi/asm-generic/signal.h`, Linux 6.12).
#[repr(C)]
struct Stack {
    pointer: usize,
    flags: i32,
    size: usize,
}

/// Gives this thread an alternate stack of `size` bytes.
pub(crate) fn alternate_stack(size: usize) -> bool {
    static BYTES: Arena<u8, 0x1_0000> = Arena::new(0xa5);
    let Some(bytes) = BYTES.take(size) else { return false };
    let stack = Stack { pointer: bytes.as_mut_ptr() as usize, flags: 0, size };
    let number = call!(sigaltstack()).nr as usize;
    // SAFETY: sigaltstack(2) reads one `stack_t`; nothing else uses the bytes of that stack.
    unsafe { syscall(number, [&raw const stack as usize, 0, 0, 0, 0, 0]) == 0 }
}
