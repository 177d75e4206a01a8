//! The data that the kernel hands to the handler of a signal: the cause, and the registers of the program.
//!
//! A file for each architecture has the layout of its registers and the instructions that load all of them.
#![allow(unsafe_code)] // Only inline assembly can load all registers.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "x86", path = "x86.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "arm", path = "arm.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "s390x", path = "s390x.rs")]
mod arch;

use seccomp_bpf::abi::Call;

use super::report_message::Denied;

/// The cause of a SIGSYS.
///
/// Source: `siginfo_t` with `_sigsys`, `include/uapi/asm-generic/siginfo.h`, Linux 6.12, which all architectures
/// of this module use. The union begins at an address that a pointer can have.
#[repr(C)]
pub(super) struct SignalInfo {
    signal: i32,
    /// The data of the trap.
    errno: i32,
    code: i32,
    call_address: usize,
    call: i32,
    arch: u32,
}

impl SignalInfo {
    /// `SYS_SECCOMP`, of the same file.
    const BY_FILTER: i32 = 1;

    /// The call that a filter trapped, without its arguments.
    #[inline]
    pub(super) const fn denied(&self) -> Denied {
        let call = Call {
            nr: self.call as u32,
            arch: self.arch,
            instruction_pointer: self.call_address as u64,
            args: [0; 6],
        };
        Denied { call, first_is_known: true }
    }

    /// The data of the trap, if a filter is the cause.
    #[inline]
    pub(super) const fn data(&self) -> Option<u16> {
        // It has 16 bits (`SECCOMP_RET_DATA`, include/uapi/linux/seccomp.h, Linux 6.12).
        if self.code == Self::BY_FILTER { Some(self.errno as u16) } else { None }
    }
}

/// The beginning of `struct ucontext`: words of the machine. The file of the architecture says how many there are before the
/// registers, and which registers follow.
#[repr(C)]
pub(super) struct Context {
    before: [usize; arch::WORDS_BEFORE],
    registers: [usize; arch::REGISTERS],
}

impl Context {
    /// Adds the arguments. (A function that returned the call with its arguments would copy the call.)
    #[inline]
    pub(super) fn add_arguments(&self, denied: &mut Denied) {
        denied.first_is_known = self.arguments(denied.call.arch, &mut denied.call.args);
    }

    /// Makes the trapped call again: the program goes on at the instruction of the call, with its registers, on its
    /// stack, and with the signals masked that this handler masks.
    ///
    /// # Safety
    ///
    /// This is the context of a handler of SIGSYS that the kernel called on the stack of the program, a filter caused
    /// the signal, and that filter traps the call again. SIGSYS is masked, and no handler of another signal can run.
    #[inline]
    pub(super) unsafe fn make_call_again(&mut self, info: &SignalInfo) -> ! {
        self.go_to(info.call_address.wrapping_sub(self.instruction_bytes()));
        // SAFETY: the caller promises it.
        unsafe { self.load() }
    }
}
