//! The load rules, the interpreter and the lengths, compared with the kernel that runs this test.
//!
//! The filters are random and new in every run. A failure says how to repeat it: see
//! `seccomp_test_support::seeds`.
#![allow(unsafe_code, reason = "asking the kernel; `kernel` has all of it, each with its proof")]

mod generate;
mod kernel;

use std::collections::BTreeMap;
use std::io::Write;

use kernel::Outcome;
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{
    Arithmetic, CONVERTED_LEN_PER_EARLIER_FILTER, MAX_CONVERTED_LEN, MAX_INSTRUCTIONS, Operand,
    Operation, Register, SockFilter, Test, Violation, check, converted_len, interpret,
};
use seccomp_test_support::filters;
use seccomp_test_support::seeds::Seeded;

#[cfg(target_arch = "x86_64")]
const HOST: Abi = Abi::X86_64;
#[cfg(target_arch = "aarch64")]
const HOST: Abi = Abi::Aarch64;
#[cfg(target_arch = "riscv64")]
const HOST: Abi = Abi::Riscv64;
#[cfg(target_arch = "s390x")]
const HOST: Abi = Abi::S390x;

const ALLOW: Operation = Operation::ReturnConstant(Action::Allow.to_return_value());

#[test]
fn the_kernel_loads_exactly_what_the_load_rules_accept() {
    const FILTERS: usize = 20_000;
    kernel::on_thread(|| {
        let judge = kernel::Judge::on_this_thread();
        let mut seeded = Seeded::new_in_each_run();
        let rng = &mut seeded;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for number in 0..FILTERS {
            let len = if number % 20 == 0 { rng.usize(..600) } else { rng.usize(..20) };
            let stores = rng.u8(..3) != 0;
            let mut filter = filters::filter(rng, len, stores);
            for _ in 0..rng.usize(..3) {
                generate::spoil(rng, &mut filter);
            }
            let checked = check(&filter);
            let loaded = judge.loads(&filter).expect("accepted or EINVAL");
            assert_eq!(checked.is_ok(), loaded, "{checked:?} {filter:x?}");
            *seen.entry(kind(checked.err().map(|error| error.violation))).or_default() += 1;
        }
        for at_length_limit in [0, 1, MAX_INSTRUCTIONS, MAX_INSTRUCTIONS + 1, 0xffff] {
            let filter = vec![ALLOW.to_instruction(); at_length_limit];
            let checked = check(&filter);
            assert_eq!(judge.loads(&filter), Ok(checked.is_ok()), "{at_length_limit}");
        }
        // The comparison is worth something only if every rule was often kept and often broken.
        let enough = FILTERS / 400;
        for (rule, times) in &seen {
            assert!(*times >= enough, "{rule}: only {times} of {FILTERS}, {seen:?}");
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
        assert!(seen["accepted"] > FILTERS / 4, "{seen:?}");
    });
}

fn kind(violation: Option<Violation>) -> &'static str {
    match violation {
        None => "accepted",
        Some(Violation::Empty | Violation::TooLong(_)) => "length",
        Some(Violation::UnknownCode(_)) => "code",
        Some(Violation::Offset(_)) => "offset",
        Some(Violation::DivisionByZero) => "division",
        Some(Violation::Shift(_)) => "shift",
        Some(Violation::NoSuchCell(_)) => "cell",
        Some(Violation::UnwrittenCell(_)) => "unwritten",
        Some(Violation::JumpOutOfRange) => "jump",
        Some(Violation::NoReturnAtEnd) => "return",
        Some(other) => panic!("no kind of its own: {other:?}"),
    }
}

#[test]
fn every_code_is_accepted_by_the_kernel_if_and_only_if_by_the_load_rules() {
    kernel::on_thread(|| {
        let judge = kernel::Judge::on_this_thread();
        for code in 0..0x400 {
            let store = Operation::Store(Register::A, 4).to_instruction();
            // 4 is a word, a cell, a shift and a divisor; 0 is a distance.
            for k in [4, 0] {
                let filter = [store, SockFilter::statement(code, k), ALLOW.to_instruction()];
                assert_eq!(judge.loads(&filter), Ok(check(&filter).is_ok()), "{filter:x?}");
            }
        }
    });
}

#[test]
fn the_kernel_does_what_the_interpreter_returns() {
    const FILTERS: usize = 400;
    const CALLS: usize = 64;
    let mut seeded = Seeded::new_in_each_run();
    let rng = &mut seeded;
    let instruction_pointer = kernel::instruction_pointer();
    let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
    let mut killed = 0;
    for _ in 0..FILTERS {
        let len = rng.usize(1..60);
        let filter = generate::observable_filter(rng, len);
        assert_eq!(check(&filter), Ok(()), "{filter:x?}");
        for instruction in &filter {
            *seen.entry(instruction.code).or_default() += 1;
        }
        let calls: Vec<_> = (0..CALLS).map(|_| generate::call(rng, instruction_pointer)).collect();
        // A killed call costs a process: at most four for each filter.
        let mut lives = 4;
        let calls: Vec<_> = calls
            .into_iter()
            .filter(|call| {
                let dies = expected(&filter, call) == Outcome::Killed;
                lives -= i32::from(dies);
                !dies || lives >= 0
            })
            .collect();
        let outcomes = kernel::outcomes(&filter, &calls);
        assert_eq!(outcomes.len(), calls.len());
        for (call, outcome) in calls.iter().zip(outcomes) {
            assert_eq!(outcome, expected(&filter, call), "{call:x?} {filter:x?}");
            killed += usize::from(outcome == Outcome::Killed);
        }
    }
    assert_eq!(seen.len(), 41, "every instruction of seccomp was tried: {seen:x?}");
    assert!(killed > FILTERS / 20, "{killed}");
}

/// The expected effect of a call under `filter`.
fn expected(filter: &[SockFilter], call: &Call) -> Outcome {
    let value = interpret(filter, call, HOST.endian()).expect("a filter that loads");
    match Action::from_return_value(value) {
        Action::KillProcess | Action::KillThread => Outcome::Killed,
        Action::Trap(data) => Outcome::Trapped(data.into()),
        Action::Errno(errno) => Outcome::Returned(-i64::from(errno)),
        Action::Notify | Action::Trace(_) => Outcome::Returned(-i64::from(libc::ENOSYS)),
        Action::Log | Action::Allow if call.nr < 0x1000 => Outcome::ReturnedPositive,
        Action::Log | Action::Allow => Outcome::Returned(-i64::from(libc::ENOSYS)),
    }
}

/// The shortest length that [`filler`] can make: the prologue of every filter, and two returns.
const SHORTEST_FILLER: usize = 3 + 2 + 1;

/// A filter with exactly this [`converted_len`], which allows everything.
fn filler(converted: usize) -> Vec<SockFilter> {
    let mut filter = vec![ALLOW];
    let load = Operation::LoadConstant(Register::A, 0);
    filter.resize(1 + converted - SHORTEST_FILLER, load);
    filter.push(Operation::ReturnA);
    let filter: Vec<_> = filter.into_iter().map(Operation::to_instruction).collect();
    assert_eq!(converted_len(&filter), converted);
    filter
}

/// How many of `filters` one thread can install before the kernel's limit is reached.
fn how_many_fit(filters: &[&[SockFilter]]) -> usize {
    kernel::on_thread(|| {
        kernel::no_new_privs();
        for (number, filter) in filters.iter().enumerate() {
            match kernel::install(filter, 0) {
                Ok(_) => {}
                Err(libc::ENOMEM) => return number,
                Err(other) => panic!("errno {other}"),
            }
        }
        filters.len()
    })
}

/// Asserts that the kernel counts `filter` as [`converted_len`] does. After as many copies as
/// leave little room, a filler of exactly that room fits, and one instruction more does not.
fn assert_counted(filter: &[SockFilter]) {
    let counted = converted_len(filter) + CONVERTED_LEN_PER_EARLIER_FILTER;
    let copies = (MAX_CONVERTED_LEN - SHORTEST_FILLER) / counted;
    let room = MAX_CONVERTED_LEN - copies * counted;
    for (room, fit) in [(room, copies + 1), (room + 1, copies)] {
        let filler = filler(room);
        let mut filters = vec![filter; copies];
        filters.push(&filler);
        assert_eq!(how_many_fit(&filters), fit, "of {counted}, {room} left: {filter:x?}");
    }
}

/// Whether the kernel makes a filter longer than the conversion alone: its just-in-time compiler hides
/// constants if it is told to (`net.core.bpf_jit_harden`).
fn hides_constants() -> bool {
    let setting = std::fs::read_to_string("/proc/sys/net/core/bpf_jit_harden");
    let never = setting.is_ok_and(|setting| setting.trim() == "0");
    // With constants hidden, a load of a constant becomes three instructions.
    let filler = filler(4000);
    !never && how_many_fit(&[filler.as_slice(); 8]) < 8
}

#[test]
fn the_kernel_counts_a_filter_as_long_as_converted_len_says() {
    if hides_constants() {
        // Not `eprintln!`, which the test harness captures when a test passes.
        let message = "NOT RUN: lengths of converted filters; this kernel hides constants\n";
        std::io::stderr().write_all(message.as_bytes()).expect("standard error");
        return;
    }
    let constant = Operand::Constant(0x7fff_ffff);
    let wide = Operand::Constant(0x8000_0000);
    let branch =
        |test, operand, if_true, if_false| Operation::Branch { test, operand, if_true, if_false };
    let mut rows = vec![
        ALLOW,
        Operation::ReturnA,
        Operation::LoadWord(8),
        Operation::LoadLength(Register::A),
        Operation::LoadLength(Register::X),
        Operation::LoadConstant(Register::X, u32::MAX),
        Operation::Store(Register::A, 15),
        Operation::Store(Register::X, 0),
        Operation::Arithmetic(Arithmetic::Divide, constant),
        Operation::Arithmetic(Arithmetic::Divide, Operand::X),
        Operation::Arithmetic(Arithmetic::Multiply, Operand::X),
        Operation::Arithmetic(Arithmetic::And, wide),
        Operation::Negate,
        Operation::CopyAToX,
        Operation::CopyXToA,
        Operation::Jump(1),
    ];
    for test in [Test::Equal, Test::Greater, Test::GreaterOrEqual, Test::AnyBit] {
        for operand in [constant, wide, Operand::X] {
            for (if_true, if_false) in [(0, 0), (3, 0), (0, 3), (3, 2), (3, 3)] {
                rows.push(branch(test, operand, if_true, if_false));
            }
        }
    }
    for row in rows {
        // Nothing after the first return is reached, but all of it is converted and counted.
        let mut filter = vec![ALLOW; 600];
        filter[1..590].fill(row);
        let filter: Vec<_> = filter.into_iter().map(Operation::to_instruction).collect();
        assert_counted(&filter);
    }
    let mut rng = Seeded::new_in_each_run();
    for _ in 0..20 {
        let len = rng.usize(300..1000);
        let mut filter = vec![ALLOW.to_instruction()];
        filter.extend(filters::filter(&mut rng, len, true));
        assert_counted(&filter);
    }
}
