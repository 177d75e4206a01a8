//! The comparison of two policies or filters gives the result that a test of all inputs gives, and each of its calls shows
//! the difference that it is given for.

mod export;
mod policies;

use fastrand::Rng;
use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::abi::{Call, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{self, Arithmetic, Operand, Operation, Register, SockFilter};
use seccomp_ir::compare::{CompareError, Difference, PolicyComparison, Side, compare};
use seccomp_test_support::filters;
use seccomp_test_support::seeds::{Seeded, are_named, seeds};

const ENDIAN: Endian = Endian::Little;

fn side(instructions: &[SockFilter]) -> Side<'_> {
    Side::Filter { instructions, endian: ENDIAN }
}

fn action(filter: &[SockFilter], call: &Call) -> Action {
    Action::from_return_value(bpf::interpret(filter, call, ENDIAN).expect("a valid filter"))
}

/// Checks that every call of a comparison of filters shows its difference.
fn confirm(found: &PolicyComparison, left: &[SockFilter], right: &[SockFilter]) {
    for (difference, witness) in found.witnesses() {
        assert!(witness.confirmed, "{witness:x?}");
        assert_eq!(action(left, &witness.call), witness.left, "{witness:x?}");
        assert_eq!(action(right, &witness.call), witness.right, "{witness:x?}");
        assert_eq!(Difference::between(witness.left, witness.right), Some(difference));
    }
}

/// Bits of the input that [`few_inputs`] leaves: of the number, and of two arguments.
const FEW: [u32; 3] = [2, 2, 1];

/// A random filter of every instruction that sees only [`FEW`] bits of its input.
fn few_inputs(rng: &mut Rng) -> Vec<SockFilter> {
    let mut filter = Vec::new();
    for (cell, (offset, bits)) in [0, 16, 24].into_iter().zip(FEW).enumerate() {
        filter.push(Operation::LoadWord(offset));
        filter.push(Operation::Arithmetic(Arithmetic::And, Operand::Constant((1 << bits) - 1)));
        filter.push(Operation::Store(Register::A, cell as u32));
    }
    let mut filter: Vec<SockFilter> = filter.into_iter().map(Operation::to_instruction).collect();
    let length = rng.usize(2..24);
    for instruction in filters::filter(rng, length, false) {
        let operation = match instruction.operation().expect("a valid instruction") {
            Operation::LoadWord(_) => {
                Operation::LoadMemory(Register::A, rng.u32(..FEW.len() as u32))
            }
            other => other,
        };
        filter.push(operation.to_instruction());
    }
    filter
}

/// Every input that [`few_inputs`] tells apart.
fn all_inputs() -> impl Iterator<Item = Call> {
    (0..1_u64 << FEW.iter().sum::<u32>()).map(|bits| {
        let [nr, first, _] = FEW;
        let mut call = Call { nr: bits as u32 & ((1 << nr) - 1), ..Call::default() };
        call.args[0] = bits >> nr & ((1 << first) - 1);
        call.args[1] = bits >> (nr + first);
        call
    })
}

/// The same filter with one instruction changed, that the kernel still loads.
fn changed(rng: &mut Rng, filter: &[SockFilter]) -> Vec<SockFilter> {
    for _ in 0..100 {
        let mut changed = filter.to_vec();
        let at = rng.usize(3 * FEW.len()..filter.len());
        match rng.u8(..4) {
            0 => changed[at].k ^= 1 << rng.u32(..32),
            1 => changed[at].k = changed[at].k.wrapping_add(1),
            2 => changed[at].jt ^= 1,
            _ => changed[at].code ^= [0x10, 0x20, 0x08][rng.usize(..3)],
        }
        let loads_no_word =
            changed[at].operation().is_some_and(|one| !matches!(one, Operation::LoadWord(_)));
        if loads_no_word && bpf::check(&changed).is_ok() {
            return changed;
        }
    }
    filter.to_vec()
}

#[test]
fn filters_with_few_inputs_are_compared_as_all_inputs_compare_them() {
    let (mut same, mut pairs, mut found) = (0, 0, 0);
    for seed in seeds(0..1500) {
        let mut rng = Seeded::with_seed(seed);
        let left = few_inputs(&mut rng);
        let right = if rng.bool() { few_inputs(&mut rng) } else { changed(&mut rng, &left) };
        let comparison = compare(side(&left), side(&right)).expect("small filters");
        confirm(&comparison, &left, &right);
        if seed < 300 {
            export::filters(&format!("few inputs {seed}"), &left, &right, &comparison);
        }
        let mut tried = [false; 3];
        for call in all_inputs() {
            let difference = Difference::between(action(&left, &call), action(&right, &call));
            for (kind, tried) in Difference::ALL.into_iter().zip(&mut tried) {
                *tried |= difference == Some(kind);
            }
        }
        let witnesses = [&comparison.wider, &comparison.narrower, &comparison.otherwise];
        assert_eq!(witnesses.map(Option::is_some), tried, "seed {seed}: {left:x?}\n{right:x?}");
        pairs += 1;
        same += usize::from(comparison.is_same());
        found += comparison.witnesses().count();
    }
    println!("{pairs} pairs, {same} the same, {found} differences");
    assert!(are_named() || same > 200 && found > 400, "{same} the same, {found} differences");
}

/// Filters that compute with whole words of the input may be too large; for all others the result is right.
#[test]
fn no_difference_of_any_filters_is_overlooked() {
    let (mut compared, mut too_large, mut differing) = (0, 0, 0);
    for seed in seeds(0..24) {
        let mut rng = Seeded::with_seed(seed);
        let length = rng.usize(1..12);
        let left = filters::filter(&mut rng, length, true);
        let right = changed_anywhere(&mut rng, &left);
        match compare(side(&left), side(&right)) {
            Ok(found) => {
                confirm(&found, &left, &right);
                export::filters(&format!("any filter {seed}"), &left, &right, &found);
                for _ in 0..200 {
                    let mut word = || u64::from(filters::word(&mut rng));
                    let args = std::array::from_fn(|_| word() << 32 | word());
                    let (nr, arch) = (word() as u32, word() as u32);
                    let call = Call { nr, arch, instruction_pointer: word(), args };
                    let (before, after) = (action(&left, &call), action(&right, &call));
                    if let Some(difference) = Difference::between(before, after) {
                        let kinds: Vec<_> = found.witnesses().map(|(kind, _)| kind).collect();
                        assert!(kinds.contains(&difference), "seed {seed}: {call:x?}");
                        differing += 1;
                    }
                }
                compared += 1;
            }
            Err(CompareError::TooLarge { .. }) => too_large += 1,
            Err(error) => panic!("{error}"),
        }
    }
    println!("{compared} compared, {too_large} too large, {differing} calls that differ");
    assert!(are_named() || compared > 4 * too_large && differing > 100);
}

fn changed_anywhere(rng: &mut Rng, filter: &[SockFilter]) -> Vec<SockFilter> {
    loop {
        let mut changed = filter.to_vec();
        let at = rng.usize(..filter.len());
        changed[at].k ^= 1 << rng.u32(..32);
        if bpf::check(&changed).is_ok() {
            return changed;
        }
    }
}

#[test]
fn a_filter_that_returns_any_word_of_the_input_is_compared_too() {
    let filter =
        |offset| [Operation::LoadWord(offset), Operation::ReturnA].map(Operation::to_instruction);
    let same = compare(side(&filter(16)), side(&filter(16))).expect("a small filter");
    assert!(same.is_same());
    // What the kernel does not tell apart is the same: it ignores the number that comes with `kill`, and knows no errno
    // above 4095.
    let with = |high: u32, mask: u32| {
        let and = Operation::Arithmetic(Arithmetic::And, Operand::Constant(mask));
        let or = Operation::Arithmetic(Arithmetic::Or, Operand::Constant(high));
        [Operation::LoadWord(16), and, or, Operation::ReturnA].map(Operation::to_instruction)
    };
    let kill = Action::KillProcess.to_return_value();
    let found = compare(side(&with(kill, 0xffff)), side(&with(kill, 0))).expect("small filters");
    assert!(found.is_same(), "{found:?}");
    let errno = Action::Errno(4095).to_return_value();
    let found = compare(side(&with(errno, 0xf000)), side(&with(errno, 0))).expect("small filters");
    assert!(found.is_same(), "{found:?}");
    let found = compare(side(&with(errno, 0xf000)), side(&with(errno & !1, 0))).expect("small");
    assert!(found.otherwise.is_some() && found.wider.is_none() && found.narrower.is_none());
}

#[test]
fn a_filter_that_the_kernel_would_not_load_is_an_error() {
    let valid = [Operation::ReturnA.to_instruction()];
    let left = compare(side(&[]), side(&valid));
    assert!(matches!(left, Err(CompareError::LeftFilter(_))));
    let right = compare(side(&valid), side(&[SockFilter::statement(0x20, 64)]));
    let Err(error @ CompareError::RightFilter(_)) = right else { panic!("{right:?}") };
    assert!(error.to_string().starts_with("the kernel would not load the second filter: "));
}

/// Each call multiplies two arguments about which nothing is known.
#[test]
fn sides_that_are_too_large_are_an_error_within_bounds() {
    let low = |argument| ENDIAN.argument_offset(argument, seccomp_ir::abi::Half::Low);
    let filter = |value| {
        [
            Operation::LoadWord(low(ArgumentIndex::A0)),
            Operation::CopyAToX,
            Operation::LoadWord(low(ArgumentIndex::A1)),
            Operation::Arithmetic(Arithmetic::Multiply, Operand::X),
            Operation::Arithmetic(Arithmetic::ShiftRight, Operand::Constant(16)),
            Operation::Arithmetic(Arithmetic::Or, Operand::Constant(value)),
            Operation::ReturnA,
        ]
        .map(Operation::to_instruction)
    };
    let found = compare(side(&filter(0x7fff_0000)), side(&filter(0x7ffc_0000)));
    assert!(matches!(found, Err(CompareError::TooLarge { .. })), "{found:?}");
}
