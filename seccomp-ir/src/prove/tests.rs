//! Both directions of reading a filter give the same diagram.

use super::filter_diagram::{Direction, Reading, function};
use crate::abi::Endian;
use crate::bpf::{Opcode, SockFilter};
use crate::diagram::Diagrams;
use crate::diagram::input::Atoms;
use crate::filter::Filter;

/// A filter of loads, masks, flips, tests that jump as far as they may, and returns.
fn filter(seed: u64) -> Filter {
    let mut rng = fastrand::Rng::with_seed(seed);
    let length = rng.usize(3..24);
    let numbers = [0, 1, 5, 0xff, 0x7fff_ffff, 0x8000_0000, u32::MAX];
    let mut instructions = vec![SockFilter::statement(Opcode::LD_W_ABS, 0)];
    for left in (1..length).rev() {
        let k = numbers[rng.usize(..numbers.len())];
        let mut skip = || rng.u8(..left.min(9) as u8);
        let (jt, jf) = (skip(), skip());
        instructions.push(match rng.u8(..12) {
            0 | 1 => {
                let offset = [0, 4, 16, 20, 24, 28][rng.usize(..6)];
                SockFilter::statement(Opcode::LD_W_ABS, offset)
            }
            2 => SockFilter::statement(Opcode::AND_K, k),
            3 => SockFilter::statement(Opcode::XOR_K, k),
            4 => SockFilter::statement(Opcode::JA, jt.into()),
            5 => SockFilter::statement(Opcode::RET_K, k),
            6 => SockFilter::jump(Opcode::JSET_K, k, jt, jf),
            7 => SockFilter::jump(Opcode::JGE_K, k, jt, jf),
            8 => SockFilter::jump(Opcode::JGT_K, k, jt, jf),
            _ => SockFilter::jump(Opcode::JEQ_K, k, jt, jf),
        });
    }
    instructions.push(SockFilter::statement(Opcode::RET_K, 0x7fff_0000));
    Filter { instructions, relocations: Vec::new() }
}

#[test]
fn a_filter_is_the_same_function_read_from_either_end() {
    let mut compared = 0;
    for seed in 0..400 {
        let filter = filter(seed);
        let (mut diagrams, mut atoms) = (Diagrams::new(1 << 18), Atoms::default());
        for reading in [Reading::Run, Reading::ConstantAllow] {
            let mut read = |direction| {
                function(&mut diagrams, &mut atoms, &filter, Endian::Little, reading, direction)
            };
            let forward = read(Direction::Forward).unwrap();
            assert_eq!(Ok(forward), read(Direction::Backward), "seed {seed}: {filter:#x?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 800);
}
