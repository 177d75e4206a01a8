//! 64-bit x86.

use core::arch::asm;

use seccomp_bpf::abi::Abi;

/// The beginning of `struct ucontext`.
///
/// Source: `include/uapi/asm-generic/ucontext.h` and `struct sigcontext` for 64 bits in
/// `arch/x86/include/uapi/asm/sigcontext.h`, Linux 6.12.
#[repr(C)]
pub(in crate::report) struct Context {
    /// Flags, link, stack.
    before: [u64; 5],
    r8_to_r15: [u64; 8],
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rax: u64,
    rcx: u64,
    rsp: u64,
    rip: u64,
    flags: u64,
}

const _: () = assert!(core::mem::offset_of!(Context, rsp) == 160);

/// The bytes below the stack pointer that a function may use, and that a signal leaves alone: System V ABI,
/// AMD64 supplement, section 3.2.2.
const RED_ZONE: usize = 128;

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// The arguments of the call through this ABI, and whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, arch: u32) -> ([u64; 6], bool) {
        let [r8, r9, r10, ..] = self.r8_to_r15;
        let Self { rdi, rsi, rbp, rbx, rdx, rcx, .. } = *self;
        let (registers, used) = if arch == const { Abi::X86.audit_arch() } {
            ([rbx, rcx, rdx, rsi, rdi, rbp], u32::MAX.into())
        } else {
            ([rdi, rsi, rdx, r10, r8, r9], u64::MAX)
        };
        (registers.map(|register| register & used), true)
    }

    /// The length of `syscall`, `int 0x80` and `sysenter`.
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        2
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.rip = address as u64;
        // No register is free for the address, so the jump reads it from memory below the red zone.
        let place = self.rsp as usize - RED_ZONE - 8;
        // SAFETY: the kernel put the frame of this signal on the program's stack, right below the red zone
        // (`get_sigframe`, arch/x86/kernel/signal.c, Linux 6.12), and this code runs below the frame. The frame's
        // uppermost bytes are the state of the floating-point unit, of at least 512 bytes
        // (`fpu__alloc_mathframe`, arch/x86/kernel/fpu/signal.c), which nothing reads any more, because this
        // handler does not return. The stack pointer of a program need not be aligned.
        unsafe { core::ptr::with_exposed_provenance_mut::<u64>(place).write_unaligned(self.rip) };
    }

    /// Loads all registers and jumps.
    ///
    /// # Safety
    ///
    /// As for `make_call_again`, after `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: rdi points at the context, whose layout is asserted above. All registers get the values that they
        // had at the call, and rax has the number (`syscall_rollback`, arch/x86/include/asm/syscall.h, Linux
        // 6.12). So the program is in the state in which it made the call, and makes it once more; by the promise of
        // the caller the filter traps it, so nothing runs after it.
        unsafe {
            asm!(
                "push qword ptr [rdi + 176]",
                "popfq",
                "mov r8, [rdi + 40]",
                "mov r9, [rdi + 48]",
                "mov r10, [rdi + 56]",
                "mov r11, [rdi + 64]",
                "mov r12, [rdi + 72]",
                "mov r13, [rdi + 80]",
                "mov r14, [rdi + 88]",
                "mov r15, [rdi + 96]",
                "mov rsi, [rdi + 112]",
                "mov rbp, [rdi + 120]",
                "mov rbx, [rdi + 128]",
                "mov rdx, [rdi + 136]",
                "mov rax, [rdi + 144]",
                "mov rcx, [rdi + 152]",
                "mov rsp, [rdi + 160]",
                "mov rdi, [rdi + 104]",
                "jmp qword ptr [rsp - 136]",
                in("rdi") self,
                options(noreturn),
            )
        }
    }
}
