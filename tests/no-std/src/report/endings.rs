//! A program with `report` ends as it does without: with the same status, and with a core that has the same registers and the same
//! reason.
//!
//! The cores are written to the working directory, so this runs only as process 1 of a machine of its own.
#![allow(unsafe_code)] // A system call that a filter denies, with all registers chosen.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

use seccomp_runtime::{Policy, seccomp_policy};

use crate::arena::Arena;
use crate::call::{self, SIGSYS};
use crate::{FAILS, Tally, print, print_number};

const REPORTING: Policy =
    seccomp_policy! { report; kill getppid; #[allow(seccomp::default_allow)] default allow };
const PLAIN: Policy =
    seccomp_policy! { kill getppid; #[allow(seccomp::default_allow)] default allow };

/// Where a core has the registers (`struct elf_prstatus`, `include/linux/elfcore.h`, Linux 6.12), how many there are
/// (`elf_gregset_t` of each architecture, `arch/*/include/asm/elf.h`), and those that a report cannot restore: x17 of aarch64,
/// t6 of riscv64 and r13 of s390x, which hold the address for the last jump, and on s390x the first argument (`orig_gpr2`), which the
/// kernel overwrites before the handler runs.
const OFFSET: usize = if cfg!(target_pointer_width = "64") { 112 } else { 72 };
#[cfg(target_arch = "x86_64")]
const REGISTERS: (usize, &[usize]) = (27, &[]);
#[cfg(target_arch = "x86")]
const REGISTERS: (usize, &[usize]) = (17, &[]);
#[cfg(target_arch = "aarch64")]
const REGISTERS: (usize, &[usize]) = (34, &[17]);
#[cfg(target_arch = "arm")]
const REGISTERS: (usize, &[usize]) = (18, &[]);
#[cfg(target_arch = "riscv64")]
const REGISTERS: (usize, &[usize]) = (32, &[31]);
// Two words of the program status word come first.
#[cfg(target_arch = "s390x")]
const REGISTERS: (usize, &[usize]) = (27, &[2 + 13, 26]);

/// A register with bits that depend on when the process was last interrupted, and these bits: the state of 64-bit Arm, and its form for
/// 32-bit programs. If not all processors have the register SSBS, the kernel sets its bit in the saved state at each switch to the
/// process, and the processor forgets it when the program goes on (`ssbs_thread_switch`, arch/arm64/kernel/process.c, and
/// `spectre_v4_enable_task_mitigation`, arch/arm64/kernel/proton-pack.c; `PSR_SSBS_BIT` and `PSR_AA32_SSBS_BIT`,
/// arch/arm64/include, Linux 6.1).
const BY_SWITCH: (usize, usize) = if cfg!(target_arch = "aarch64") {
    (33, 1 << 12)
} else if cfg!(target_arch = "arm") {
    (16, 1 << 23)
} else {
    (0, 0)
};

/// Whether two values of a register differ.
fn differ(register: usize, [left, right]: [&[u8]; 2]) -> bool {
    let ignored = if register == BY_SWITCH.0 { BY_SWITCH.1 } else { 0 };
    let value = |bytes| word(bytes, 0).map(|value| value & !ignored);
    value(left) != value(right)
}

/// What a core says, as far as it is compared.
struct Core {
    registers: &'static [u8],
    /// `siginfo_t` without `si_errno`, which has the number of the rule that denied the call.
    signal: [&'static [u8]; 2],
}

/// The beginning of a file.
fn beginning(file: usize) -> &'static [u8] {
    static BYTES: Arena<u8, 0x2_0000> = Arena::new(0);
    let buffer = BYTES.take(0x1_0000).unwrap_or_default();
    let mut length = 0;
    while let Ok(more @ 1..) = usize::try_from(call::read(file, &mut buffer[length..])) {
        length += more;
    }
    call::close(file);
    &buffer[..length]
}

/// A number of the size of a pointer.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(usize::from_ne_bytes(*bytes))
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes) as usize)
}

impl Core {
    /// The core in the working directory. Its first segment has the notes (`elf_core_dump`, `fs/binfmt_elf.c`, Linux 6.12).
    fn read() -> Option<Self> {
        const NT_PRSTATUS: usize = 1;
        const NT_SIGINFO: usize = 0x5349_4749;
        let file = usize::try_from(call::open(c"core")).ok()?;
        let bytes = beginning(file);
        // elf(5), Linux man-pages 6.03: `e_phoff`, and `p_offset` and `p_filesz` of the first segment.
        let is_64 = size_of::<usize>() == 8;
        let segment = word(bytes, if is_64 { 32 } else { 28 })?;
        let start = word(bytes, segment + if is_64 { 8 } else { 4 })?;
        let length = word(bytes, segment + if is_64 { 32 } else { 16 })?;
        let mut notes = bytes.get(start..)?;
        notes = notes.get(..length).unwrap_or(notes);
        let (mut registers, mut signal) = (None, None);
        while let (Some(name), Some(size), Some(kind)) =
            (half(notes, 0), half(notes, 4), half(notes, 8))
        {
            let begin = 12 + name.next_multiple_of(4);
            let Some(description) = notes.get(begin..begin + size) else { break };
            match kind {
                NT_PRSTATUS => registers = Some(description),
                NT_SIGINFO => signal = Some(description),
                _ => {}
            }
            notes = notes.get(begin + size.next_multiple_of(4)..).unwrap_or_default();
        }
        let size = REGISTERS.0 * size_of::<usize>();
        let signal = signal?;
        Some(Self {
            registers: registers?.get(OFFSET..OFFSET + size)?,
            signal: [signal.get(..4)?, signal.get(8..32)?],
        })
    }
}

/// Whether the child has the policy with `report`.
static WITH_REPORT: AtomicUsize = AtomicUsize::new(0);

/// Denies a call in a child, and returns its status as wait(2) has it, and its core.
fn ending(with_report: bool) -> (u32, usize, Option<Core>) {
    WITH_REPORT.store(usize::from(with_report), Ordering::Relaxed);
    let mut buffer = [0; 1024];
    let (status, length) = call::status_and_standard_error_of(&mut buffer, || {
        call::core_dumps();
        let policy = if WITH_REPORT.load(Ordering::Relaxed) == 1 { &REPORTING } else { &PLAIN };
        if policy.install().is_err() {
            return FAILS;
        }
        deny_with_marked_registers()
    });
    (status, length, Core::read())
}

/// Compares the two endings.
pub(crate) fn run() -> Tally {
    let mut tally = Tally::default();
    let mut claim = |text: &str, holds: bool| {
        if !holds {
            print("FAILED: ");
            print(text);
            print("\n");
        }
        tally.count(holds);
    };
    let (plain, nothing, plain_core) = ending(false);
    let (reported, said, core) = ending(true);
    const CORE: u32 = 0x80;
    claim("a plain kill is SIGSYS with a core", plain == u32::from(SIGSYS) | CORE && nothing == 0);
    claim("a report leaves the status and the flag of the core", reported == plain && said > 0);
    if let (Some(plain), Some(core)) = (plain_core, core) {
        claim("a report leaves what the core says of the signal", plain.signal == core.signal);
        let size = size_of::<usize>();
        let pairs = plain.registers.chunks(size).zip(core.registers.chunks(size)).enumerate();
        let differing = pairs.filter(|(at, (plain, core))| differ(*at, [plain, core]));
        let mut is_known = true;
        let mut any = false;
        print("registers that differ in the core: ");
        for (at, _) in differing {
            print(if any { ", number " } else { "number " });
            print_number(at as u32);
            any = true;
            is_known &= REGISTERS.1.contains(&at);
        }
        print(if any { "\n" } else { "none\n" });
        claim("a report leaves all registers in the core but those that are known", is_known);
    } else {
        claim("there are two cores with registers and signal", false);
    }
    tally
}

/// Makes the denied call, getppid(2), with marks in all registers that a program may choose, but the stack pointer.
#[inline(never)]
fn deny_with_marked_registers() -> ! {
    // SAFETY: the filter denies the call, so nothing comes after it.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "mov rbp, 0x11",
            "mov rbx, 0x12",
            "mov r12, 0x13",
            "mov r13, 0x14",
            "mov r14, 0x15",
            "mov r15, 0x16",
            "mov r8, 0x18",
            "mov r9, 0x19",
            "mov r10, 0x1a",
            "mov rdi, -3",
            "mov rsi, 0x1b",
            "mov rdx, 0x1c",
            "mov rax, 110",
            "stc",
            "std",
            "syscall",
            "ud2",
            options(noreturn)
        )
    }
    // SAFETY: as above.
    #[cfg(target_arch = "x86")]
    unsafe {
        asm!(
            "mov ebp, 0x11",
            "mov ebx, 0x12",
            "mov ecx, 0x13",
            "mov edx, 0x14",
            "mov esi, 0x15",
            "mov edi, 0x16",
            "mov eax, 64",
            "stc",
            "std",
            "int 0x80",
            "ud2",
            options(noreturn)
        )
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            ".irp n,0,1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
            "mov x\\n, #(0x100 + \\n)",
            ".endr",
            "cmp x0, x1",
            "mov x8, #173",
            "svc 0",
            "udf #0",
            options(noreturn)
        )
    }
    // SAFETY: as above.
    #[cfg(target_arch = "arm")]
    unsafe {
        asm!(
            ".irp n,0,1,2,3,4,5,6,8,9,10,11,12,14",
            "mov r\\n, #(0x20 + \\n)",
            ".endr",
            "cmp r0, r1",
            "mov r7, #64",
            "svc 0",
            "udf #0",
            options(noreturn)
        )
    }
    // SAFETY: as above.
    #[cfg(target_arch = "riscv64")]
    unsafe {
        asm!(
            ".irp n,1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
            "li x\\n, (0x100 + \\n)",
            ".endr",
            "li a7, 173",
            "ecall",
            "unimp",
            options(noreturn)
        )
    }
    // SAFETY: as above.
    #[cfg(target_arch = "s390x")]
    unsafe {
        asm!(
            ".irp n,0,2,3,4,5,6,7,8,9,10,11,12,13,14",
            "lghi %r\\n, (0x100 + \\n)",
            ".endr",
            "lghi %r1, 64",
            "svc 0",
            ".2byte 0",
            options(noreturn)
        )
    }
}
