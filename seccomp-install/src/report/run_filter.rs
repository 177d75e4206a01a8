//! Runs a filter of the compiler: `seccomp_bpf::bpf::interpret` for fewer instructions, in less code.
//!
//! The handler needs it to know which policy trapped a call. The compiler writes these nine instructions only
//! (`seccomp_bpf::bpf::Opcode`, and `seccomp-ir/src/lower/layout.rs`); the test below compares both interpreters.

#![allow(unsafe_code)] // A word of a call.

use seccomp_bpf::abi::Call;
use seccomp_bpf::bpf::{Opcode, SockFilter};

/// The return value of `filter` for a call, in the byte order of the target. 0, which kills the thread, if it has an
/// instruction that the compiler does not write.
#[cold]
#[inline]
pub(super) fn run(filter: &[SockFilter], call: &Call) -> u32 {
    let mut a = 0;
    let mut index = 0;
    while let Some(&SockFilter { code, jt, jf, k }) = filter.get(index) {
        index += 1;
        let holds = match code {
            Opcode::RET_K => return k,
            Opcode::LD_W_ABS => {
                a = word(call, k);
                continue;
            }
            Opcode::AND_K => {
                a &= k;
                continue;
            }
            Opcode::XOR_K => {
                a ^= k;
                continue;
            }
            Opcode::JA => {
                index += filter.len().min(k as usize);
                continue;
            }
            Opcode::JSET_K => a & k != 0,
            Opcode::JEQ_K => a == k,
            Opcode::JGT_K => a > k,
            Opcode::JGE_K => a >= k,
            _ => return 0,
        };
        index += usize::from(if holds { jt } else { jf });
    }
    0
}

/// The word that `LD W ABS` loads from `offset`, in bytes; 0 for an offset that no kernel accepts.
#[inline]
fn word(call: &Call, offset: u32) -> u32 {
    if offset >= Call::SIZE {
        return 0;
    }
    let words = core::ptr::from_ref(call).cast::<u32>();
    // SAFETY: `Call` has the layout of `struct seccomp_data` (include/uapi/linux/seccomp.h, Linux 6.12; asserted in
    // `seccomp_bpf::abi`): 64 bytes without padding, aligned for words. The word begins at one of the first 64 bytes, at
    // a multiple of 4, so it is inside of the call, which is borrowed.
    unsafe { words.wrapping_add(offset as usize / 4).read() }
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::{Abi, Call};
    use seccomp_bpf::bpf::{Opcode, SockFilter, interpret};

    use super::run;

    const CALL: Call = Call {
        nr: 0x4000_0001,
        arch: 0xc000_003e,
        instruction_pointer: 0x0123_4567_89ab_cdef,
        args: [0x1111_1111_2222_2222, 1, 2, 0x8000_0000, 4, 0x5555_5555_6666_6666],
    };

    /// Compares both interpreters, and returns what they return.
    fn both(filter: &[SockFilter]) -> u32 {
        let value = run(filter, &CALL);
        assert_eq!(interpret(filter, &CALL, Abi::NATIVE.endian()), Ok(value), "{filter:?}");
        value
    }

    #[test]
    fn every_word_of_a_call_is_loaded_as_the_kernel_loads_it() {
        for offset in (0..Call::SIZE).step_by(4) {
            for difference in [0, 1] {
                let word = CALL.word(offset, Abi::NATIVE.endian()).unwrap();
                let filter = [
                    SockFilter::statement(Opcode::LD_W_ABS, offset),
                    SockFilter::jump(Opcode::JEQ_K, word ^ difference, 0, 1),
                    SockFilter::statement(Opcode::RET_K, 1),
                    SockFilter::statement(Opcode::RET_K, 2),
                ];
                assert_eq!(both(&filter), 1 + difference);
            }
        }
    }

    #[test]
    fn every_instruction_of_the_compiler_does_what_it_does_in_the_kernel() {
        let words = [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX];
        for jump in [Opcode::JEQ_K, Opcode::JGT_K, Opcode::JGE_K, Opcode::JSET_K] {
            for (mask, flip, k) in words.into_iter().flat_map(|mask| {
                words.into_iter().flat_map(move |flip| words.map(|k| (mask, flip, k)))
            }) {
                let filter = [
                    SockFilter::statement(Opcode::LD_W_ABS, 32),
                    SockFilter::statement(Opcode::AND_K, mask),
                    SockFilter::statement(Opcode::XOR_K, flip),
                    SockFilter::jump(jump, k, 2, 1),
                    SockFilter::statement(Opcode::RET_K, 1),
                    SockFilter::statement(Opcode::JA, 1),
                    SockFilter::statement(Opcode::RET_K, 2),
                    SockFilter::statement(Opcode::RET_K, 3),
                ];
                assert!([2, 3].contains(&both(&filter)));
            }
        }
    }

    #[test]
    fn a_filter_that_no_kernel_loads_kills() {
        let load = |offset| SockFilter::statement(Opcode::LD_W_ABS, offset);
        assert_eq!(run(&[], &CALL), 0);
        assert_eq!(run(&[load(64)], &CALL), 0);
        assert_eq!(run(&[SockFilter::statement(Opcode::JA, 7)], &CALL), 0);
        assert_eq!(run(&[SockFilter::jump(Opcode::JGE_K, 0, 255, 0), load(0)], &CALL), 0);
        assert_eq!(run(&[SockFilter::statement(0xffff, 0)], &CALL), 0);
    }
}
