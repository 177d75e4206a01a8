//! The registers of stopped threads: the call that a thread has made, and the answer that it gets instead of a call.

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::{Abi, Call};
use seccomp_install::tracer;

use crate::register_layout::{CallRegisters, RegisterIndex, RegisterLayout, StackStart};

/// Enough for the registers of any architecture here, which are at most 34 of 8 bytes.
const MOST: usize = 512;

/// The architectures whose calls the tracer can answer.
pub(super) const SERVED: &str = "x86_64, x86, aarch64, arm and riscv64";

/// The general registers of a stopped thread.
pub(crate) struct Registers {
    thread: u32,
    bytes: [u8; MOST],
    length: usize,
    /// The ABI of the program.
    program: Abi,
    layout: RegisterLayout,
    call: CallRegisters,
}

/// Whether the tracer can answer calls on the architecture that this tool is built for.
pub(super) fn is_served() -> bool {
    RegisterLayout::of(Abi::NATIVE).is_some_and(|layout| layout.call.is_some())
}

/// The ABI of a program whose set of registers has this length in bytes, on the architecture of this tool.
fn program_abi(length: usize) -> Abi {
    /// The set of a 32-bit program has 18 registers of 4 bytes on arm, and 17 of 4 bytes on x86.
    const MOST_OF_32_BITS: usize = 72;
    match Abi::NATIVE {
        Abi::X86_64 | Abi::X32 if length <= MOST_OF_32_BITS => Abi::X86,
        Abi::Aarch64 if length <= MOST_OF_32_BITS => Abi::Arm,
        // Whatever else is added: all of its programs have one set.
        native => native,
    }
}

impl Registers {
    /// The registers of a stopped thread.
    ///
    /// # Errors
    ///
    /// If the thread is gone, or the architecture is not served.
    pub(crate) fn of(thread: u32) -> Result<Self> {
        let mut bytes = [0; MOST];
        let length = tracer::registers(thread, &mut bytes).context("cannot read registers")?;
        let program = program_abi(length);
        let layout = RegisterLayout::of(program);
        let Some((layout, call)) = layout.and_then(|layout| Some((layout, layout.call?))) else {
            bail!("registers can be read on {SERVED}, and not on {}", Abi::NATIVE)
        };
        Ok(Self { thread, bytes, length, program, layout, call })
    }

    fn get(&self, index: RegisterIndex) -> u64 {
        let at = index.0 * self.layout.width;
        match self.layout.width {
            4 => {
                let mut word = [0; 4];
                word.copy_from_slice(&self.bytes[at..at + 4]);
                u32::from_ne_bytes(word).into()
            }
            _ => {
                let mut word = [0; 8];
                word.copy_from_slice(&self.bytes[at..at + 8]);
                u64::from_ne_bytes(word)
            }
        }
    }

    fn set(&mut self, index: RegisterIndex, value: i64) {
        let at = index.0 * self.layout.width;
        let value = value.to_ne_bytes();
        match self.layout.width {
            // The ABIs here are little-endian: the low half comes first.
            4 => self.bytes[at..at + 4].copy_from_slice(&value[..4]),
            _ => self.bytes[at..at + 8].copy_from_slice(&value),
        }
    }

    /// The call in the registers, which a filter has just denied: the kernel has restored the first argument
    /// (`syscall_rollback`).
    pub(super) fn call(&self, arch: u32, instruction_pointer: u64) -> Call {
        let nr = self.get(self.call.number) as u32;
        let abi = Abi::of_call(arch, nr).unwrap_or(self.program);
        let args = self.layout.arguments(self.program, abi).map(|index| self.get(index));
        Call { nr, arch, instruction_pointer, args }
    }

    /// The start of the stack for unwinding, if `instruction` is the address of the next instruction.
    pub(crate) fn stack_start(&self, instruction: u64) -> StackStart {
        StackStart {
            instruction,
            stack: self.get(self.layout.stack),
            frame: self.get(self.layout.frame),
            link: self.layout.link.map_or(0, |index| self.get(index)),
        }
    }

    /// Skips the call at whose start the thread is stopped, and leaves the registers as a filter that answers `trap`
    /// does: the register of the result again has its value from before the call (`syscall_rollback` of each
    /// architecture, Linux 6.12).
    ///
    /// # Errors
    ///
    /// If the thread is gone.
    pub(super) fn skip_for_trap(self, call: &Call) -> Result<()> {
        let before = match Abi::NATIVE {
            // The register of the number is also that of the result.
            Abi::X86_64 | Abi::X32 | Abi::X86 => i64::from(call.nr),
            // Whatever else is served: the register of the first argument is.
            _ => call.args[0] as i64,
        };
        self.answer(before)
    }

    /// Whether these are the registers of a 64-bit program.
    pub(crate) fn is_wide(&self) -> bool {
        self.layout.width == 8
    }

    /// Answers the call at whose start the thread is stopped, instead of the kernel: the call is not made.
    ///
    /// # Errors
    ///
    /// If the thread is gone.
    pub(super) fn answer(mut self, value: i64) -> Result<()> {
        // A number of -1 is not a call, and then the kernel leaves the result as the tracer has set it (`__seccomp_filter`,
        // `kernel/seccomp.c`, Linux 6.12). arm and arm64 keep the number apart from the registers.
        match Abi::NATIVE {
            Abi::Aarch64 | Abi::Arm => {
                tracer::set_arm_call(self.thread, -1).context("cannot skip a call")?;
            }
            // Whatever else is added: the number is one of the general registers.
            _ => self.set(self.call.number, -1),
        }
        self.set(self.call.result, value);
        tracer::set_registers(self.thread, &self.bytes[..self.length])
            .context("cannot set registers")
    }
}
