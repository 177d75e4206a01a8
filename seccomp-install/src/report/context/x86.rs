//! 32-bit x86.

use core::arch::asm;

/// The beginning of `struct ucontext`.
///
/// Source: `include/uapi/asm-generic/ucontext.h` and `struct sigcontext` for 32 bits in
/// `arch/x86/include/uapi/asm/sigcontext.h`, Linux 6.12.
#[repr(C)]
pub(in crate::report) struct Context {
    /// Flags, link, stack, then gs, fs, es and ds.
    before: [u32; 9],
    edi: u32,
    esi: u32,
    ebp: u32,
    esp: u32,
    ebx: u32,
    edx: u32,
    ecx: u32,
    eax: u32,
    /// The trap and its error.
    trap: [u32; 2],
    eip: u32,
    cs: u32,
    flags: u32,
}

const _: () = assert!(core::mem::offset_of!(Context, esp) == 48);
const _: () = assert!(core::mem::offset_of!(Context, flags) == 84);

impl Context {
    /// Whether a kernel overwrites arguments before the handler runs.
    pub(in crate::report) const CAN_LOSE_ARGUMENTS: bool = false;

    /// Stores the arguments of the call, and returns whether the first is known.
    #[inline]
    pub(super) fn arguments(&self, _: u32, arguments: &mut [u64; 6]) -> bool {
        let Self { edi, esi, ebp, ebx, edx, ecx, .. } = *self;
        *arguments = [ebx, ecx, edx, esi, edi, ebp].map(u64::from);
        true
    }

    /// The length of `int 0x80`. The calls by `sysenter` and `syscall` return to the address after such an
    /// instruction in the vDSO (arch/x86/entry/vdso/vdso32/system_call.S, Linux 6.12).
    #[inline]
    pub(super) const fn instruction_bytes(&self) -> usize {
        2
    }

    #[inline]
    pub(super) fn go_to(&mut self, address: usize) {
        self.eip = address as u32;
        // No register is free for the address, so the jump reads it from memory below the stack pointer.
        let place = self.esp as usize - 4;
        // SAFETY: the kernel put the frame of this signal on the program's stack, right below its stack pointer
        // (`get_sigframe`, arch/x86/kernel/signal.c, Linux 6.12), and this code runs below the frame. The frame's
        // uppermost bytes are the state of the floating-point unit (`fpu__alloc_mathframe`,
        // arch/x86/kernel/fpu/signal.c), which nothing reads any more, because this handler does not return. The
        // stack pointer of a program need not be aligned.
        unsafe { core::ptr::with_exposed_provenance_mut::<u32>(place).write_unaligned(self.eip) };
    }

    /// Loads all registers and jumps.
    ///
    /// # Safety
    ///
    /// The caller promises the same as for `make_call_again`, and has called `go_to`.
    #[inline]
    pub(super) unsafe fn load(&self) -> ! {
        // SAFETY: eax points at the context, whose layout is asserted above. All registers get the values that they
        // had at the call, and eax is the number (`syscall_rollback`, arch/x86/include/asm/syscall.h, Linux
        // 6.12). So the program is in the state in which it made the call, and makes it once more; by the promise of
        // the caller the filter traps it, so nothing runs after it.
        unsafe {
            asm!(
                "push dword ptr [eax + 84]",
                "popfd",
                "mov edi, [eax + 36]",
                "mov esi, [eax + 40]",
                "mov ebp, [eax + 44]",
                "mov ebx, [eax + 52]",
                "mov edx, [eax + 56]",
                "mov ecx, [eax + 60]",
                "mov esp, [eax + 48]",
                "mov eax, [eax + 64]",
                "jmp dword ptr [esp - 4]",
                in("eax") self,
                options(noreturn),
            )
        }
    }
}
