//! Compares the values that `arrivals` finds with the values that arrive in the interpreter.

extern crate std;

use std::vec::Vec;

use super::super::facts::with_facts;
use super::super::{NoNames, check};
use super::*;
use crate::abi::{Call, Endian};

/// Loads, an occasional mask, jumps, many tests of few numbers, returns.
const CODES: [u16; 14] =
    [0x20, 0x20, 0x54, 0x05, 0x06, 0x15, 0x15, 0x15, 0x25, 0x25, 0x25, 0x35, 0x35, 0x45];
const NUMBERS: [u32; 9] = [0, 1, 2, 3, 4, 7, 16, 59, u32::MAX];

fn filter(rng: &mut fastrand::Rng) -> Vec<SockFilter> {
    let len = rng.usize(4..30);
    let mut filter: Vec<_> = (0..len)
        .map(|index| {
            let code = if index == 0 { 0x20 } else { CODES[rng.usize(..CODES.len())] };
            let most = (len - index).min(12) as u8;
            let k = match code {
                0x20 => [Call::NR, 16, 24][rng.usize(..3)],
                0x05 => rng.u8(..most).into(),
                _ => NUMBERS[rng.usize(..NUMBERS.len())],
            };
            SockFilter { code, jt: rng.u8(..most), jf: rng.u8(..most), k }
        })
        .collect();
    filter.push(SockFilter::statement(0x06, 0));
    assert_eq!(check(&filter), Ok(()));
    filter
}

/// The instructions that a call runs, and for each branch whether its test holds.
fn trace(filter: &[SockFilter], call: &Call) -> Vec<(InstructionIndex, Option<bool>)> {
    let (mut a, mut index, mut trace) = (0, InstructionIndex::FIRST, Vec::new());
    loop {
        let (skip, holds) = match filter[index.0].operation().unwrap() {
            Operation::LoadWord(offset) => {
                a = call.word(offset, Endian::Little).unwrap();
                (0, None)
            }
            Operation::Arithmetic(Arithmetic::And, Operand::Constant(k)) => {
                a &= k;
                (0, None)
            }
            Operation::Jump(skip) => (skip, None),
            Operation::Branch { test, operand: Operand::Constant(k), if_true, if_false } => {
                let holds = test.holds(a, k);
                (if holds { if_true } else { if_false }.into(), Some(holds))
            }
            _ => return trace,
        };
        trace.push((index, holds));
        index = index.after(skip);
    }
}

fn has(runs: &Runs, value: u32) -> bool {
    runs.as_slice().iter().any(|&(first, last)| (first..=last).contains(&value))
}

#[test]
fn a_call_takes_a_side_exactly_if_its_value_is_among_the_arrivals() {
    let mut rng = crate::seeds::Seeded::new_in_each_run();
    let seed = rng.seed();
    let (mut arrived, mut elsewhere) = (0, 0);
    for _ in 0..1000 {
        let filter = filter(&mut rng);
        with_facts(&filter, &NoNames, |table| {
            for branch in (0..filter.len()).map(InstructionIndex) {
                let Some(facts) = table.at(branch) else { continue };
                let Some(load) = only_load(&filter, table, branch, facts) else { continue };
                let offset = facts.a.expect("was loaded").offset.into();
                for holds in [true, false] {
                    let side = BranchSide { branch, holds };
                    let Some(runs) = arrivals(&filter, &NoNames, table, side) else { continue };
                    for _ in 0..20 {
                        let mut number =
                            || NUMBERS[rng.usize(..NUMBERS.len())].wrapping_add(rng.u32(..2));
                        let args = [number().into(), number().into(), 0, 0, 0, 0];
                        let call = Call { nr: number(), args, ..Default::default() };
                        let trace = trace(&filter, &call);
                        let value = call.word(offset, Endian::Little).unwrap();
                        let takes = trace.contains(&(branch, Some(holds)));
                        let loads = trace.contains(&(load, None));
                        let context = (seed, &side.branch, holds, &call, &filter);
                        assert!(loads || !takes, "{context:x?}");
                        if loads {
                            assert_eq!(takes, has(&runs, value), "{context:x?}");
                            arrived += usize::from(takes);
                            elsewhere += usize::from(!takes);
                        }
                    }
                }
            }
        });
    }
    // The comparison is worth something only if both happen often.
    assert!(arrived > 1000 && elsewhere > 1000, "{arrived} {elsewhere} {seed}");
}
