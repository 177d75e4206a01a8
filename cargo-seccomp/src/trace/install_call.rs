//! A call that installs a filter: its flags, and the filter that it points to.

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::bpf::{MAX_INSTRUCTIONS, SockFilter};
use seccomp_ir::table;

use super::process_memory::ProcessMemory;

/// `SECCOMP_SET_MODE_FILTER`, `SECCOMP_MODE_FILTER`, and two flags: `include/uapi/linux/seccomp.h`, Linux 6.12.
const SET_MODE_FILTER: u32 = 1;
const MODE_FILTER: u64 = 2;
const TSYNC: u64 = 1;
const NEW_LISTENER: u64 = 8;

/// `PR_SET_SECCOMP`: `include/uapi/linux/prctl.h`, Linux 6.12.
const PR_SET_SECCOMP: u32 = 22;

/// A call that installs a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct InstallCall {
    /// The ABI of the call.
    pub(super) abi: Abi,
    /// The address of the `struct sock_fprog`.
    fprog: u64,
    flags: u64,
}

/// The filter that the program asks the kernel to install.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Program {
    /// The address of the first instruction.
    pub(super) address: u64,
    pub(super) instructions: Vec<SockFilter>,
}

impl InstallCall {
    /// `call` as an install; `None` if it is another call.
    pub(super) fn of(call: &Call) -> Option<Self> {
        let abi = Abi::of_call(call.arch, call.nr)?;
        // `seccomp(op, flags, uargs)` and `prctl(option, arg2, arg3)`. The kernel takes `op` and `option` as 32 bits.
        let (fprog, flags) = match table::name(abi, call.nr)? {
            "seccomp" if call.args[0] as u32 == SET_MODE_FILTER => (call.args[2], call.args[1]),
            "prctl" if call.args[0] as u32 == PR_SET_SECCOMP && call.args[1] == MODE_FILTER => {
                (call.args[2], 0)
            }
            _ => return None,
        };
        Some(Self { abi, fprog, flags })
    }

    /// Whether it installs for all threads of the process.
    pub(super) fn is_for_all_threads(self) -> bool {
        self.flags & TSYNC != 0
    }

    /// Whether the result of the call means that the filter is in force: 0, or the descriptor of a listener. Another positive
    /// number is the id of a thread that has another filter (seccomp(2), `SECCOMP_FILTER_FLAG_TSYNC`).
    pub(super) fn is_success(self, result: i64) -> bool {
        result == 0 || result > 0 && self.flags & NEW_LISTENER != 0
    }

    /// Reads the filter. `None` if the kernel will refuse it: there is no memory at the address, or the filter is empty
    /// or too long.
    pub(super) fn program(self, memory: &ProcessMemory) -> Option<Program> {
        // `struct sock_fprog` is a `u16` and a pointer at the pointer's alignment (`include/uapi/linux/filter.h`); 32-bit ABIs
        // and x32 have `struct compat_sock_fprog` (`kernel/seccomp.c`, Linux 6.12).
        let pointer = self.abi.long_bits() as usize / 8;
        let mut fprog = [0; 16];
        let fprog = &mut fprog[..2 * pointer];
        memory.read(self.fprog, fprog).ok()?;
        let length = usize::from(u16::from_ne_bytes([fprog[0], fprog[1]]));
        let address = match *fprog {
            [_, _, _, _, a, b, c, d] => u32::from_ne_bytes([a, b, c, d]).into(),
            [_, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h] => {
                u64::from_ne_bytes([a, b, c, d, e, f, g, h])
            }
            _ => return None,
        };
        if !(1..=MAX_INSTRUCTIONS).contains(&length) {
            return None;
        }
        let mut bytes = vec![0; 8 * length];
        memory.read(address, &mut bytes).ok()?;
        let instructions = bytes.chunks_exact(8).map(instruction).collect();
        Some(Program { address, instructions })
    }
}

fn instruction(bytes: &[u8]) -> SockFilter {
    SockFilter {
        code: u16::from_ne_bytes([bytes[0], bytes[1]]),
        jt: bytes[2],
        jf: bytes[3],
        k: u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    }
}

/// The bytes of an instruction, as the kernel reads them.
pub(super) fn bytes(instruction: SockFilter) -> [u8; 8] {
    let [a, b] = instruction.code.to_ne_bytes();
    let [e, f, g, h] = instruction.k.to_ne_bytes();
    [a, b, instruction.jt, instruction.jf, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory of this process, instead of the memory of a traced one.
    fn own_memory() -> ProcessMemory {
        ProcessMemory::of(std::process::id()).unwrap()
    }

    fn seccomp(abi: Abi, args: [u64; 6]) -> Call {
        Call::new(abi, table::number(abi, "seccomp").unwrap(), args)
    }

    #[test]
    fn only_calls_that_install_a_filter_are_taken_for_one() {
        for &abi in [Abi::X86_64, Abi::X86, Abi::X32, Abi::Aarch64, Abi::Arm].iter() {
            let install = InstallCall::of(&seccomp(abi, [1, 1, 0x1000, 0, 0, 0])).unwrap();
            assert!(
                install.is_for_all_threads() && install.is_success(0) && !install.is_success(7)
            );
            let prctl = |args| Call::new(abi, table::number(abi, "prctl").unwrap(), args);
            assert!(InstallCall::of(&prctl([22, 2, 0x1000, 0, 0, 0])).is_some());
            for other in [
                prctl([22, 1, 0, 0, 0, 0]),
                prctl([38, 1, 0, 0, 0, 0]),
                seccomp(abi, [0, 0, 0, 0, 0, 0]),
                seccomp(abi, [2, 0, 0x1000, 0, 0, 0]),
            ] {
                assert_eq!(InstallCall::of(&other), None, "{other:?}");
            }
        }
        let listener = InstallCall::of(&seccomp(Abi::X86_64, [1, 8, 0x1000, 0, 0, 0])).unwrap();
        assert!(listener.is_success(7) && !listener.is_success(-22));
    }

    #[test]
    fn both_layouts_of_a_program_are_read() {
        let filter = vec![SockFilter::statement(0x20, 4), SockFilter::statement(6, 0x7fff_0000)];
        let filter_address = filter.as_ptr() as u64;
        let mut wide = [0_u8; 16];
        wide[0] = 2;
        wide[8..].copy_from_slice(&filter_address.to_ne_bytes());
        let call = seccomp(Abi::NATIVE, [1, 0, wide.as_ptr() as u64, 0, 0, 0]);
        let program = InstallCall::of(&call).unwrap().program(&own_memory()).unwrap();
        assert_eq!(program, Program { address: filter_address, instructions: filter });
        // For a 32-bit program, the same memory has another pointer: the four bytes from 4 on, which are 0.
        let compat = if Abi::NATIVE == Abi::Aarch64 { Abi::Arm } else { Abi::X86 };
        let call = seccomp(compat, [1, 0, wide.as_ptr() as u64, 0, 0, 0]);
        assert_eq!(InstallCall::of(&call).unwrap().program(&own_memory()), None);
    }

    #[test]
    fn an_instruction_is_written_as_it_was_read() {
        let one = SockFilter { code: 0x15, jt: 3, jf: 255, k: 0x1234_5678 };
        assert_eq!(instruction(&bytes(one)), one);
    }
}
