//! The shape of filters: what is tested once, in one instruction, or not at all.

use seccomp_ir::abi::ArgumentIndex::{A0, A1, A2, A3};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{self, Opcode, SockFilter};
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::lower;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Policy, PolicyAction, PolicyParts, Rule, Symbol,
    Value, Width,
};
use seccomp_ir::prove::prove;
use seccomp_ir::table::frequency;

use super::{allow, compare, equal, masked, policy};

fn compiled(policy: &Policy) -> Filter {
    let filter = lower(policy, &frequency).unwrap();
    prove(policy, &filter).unwrap();
    filter
}

fn filter(rules: Vec<Rule>) -> Vec<SockFilter> {
    compiled(&policy(rules)).instructions
}

fn count(filter: &[SockFilter], code: u16) -> usize {
    filter.iter().filter(|instruction| instruction.code == code).count()
}

fn loads_of(filter: &[SockFilter], offset: u32) -> usize {
    let load = SockFilter::statement(Opcode::LD_W_ABS, offset);
    filter.iter().filter(|instruction| **instruction == load).count()
}

fn steps(filter: &[SockFilter], nr: u32, args: [u64; 6]) -> usize {
    let call = Call { nr, arch: Abi::X86_64.audit_arch(), instruction_pointer: 0, args };
    bpf::run(filter, &call, Abi::X86_64.endian()).unwrap().steps
}

/// The instructions around the check of one call: load and test of `arch`, of `nr`, and two returns.
const FRAME: usize = 6;

#[test]
fn a_set_of_flags_is_one_test() {
    let any = [0, 8, 0x2_0000, 0x2_0008].map(|value| equal(A0, Width::W32, value));
    let filter = filter(vec![allow(&[135], Condition::Any(any.to_vec()))]);
    assert_eq!(filter.len(), FRAME + 2);
    assert_eq!(count(&filter, Opcode::JSET_K), 1);
}

#[test]
fn bits_that_must_be_clear_are_one_test_however_they_are_written() {
    let clear = |mask| masked(A2, Width::W64, mask, 0);
    let at_once = filter(vec![allow(&[9], clear(0x14))]);
    let apart = filter(vec![allow(&[9], Condition::All(vec![clear(4), clear(0x10)]))]);
    assert_eq!(at_once.len(), FRAME + 2);
    assert_eq!(apart, at_once);
}

#[test]
fn a_field_of_bits_is_cut_out_and_compared() {
    let filter = filter(vec![allow(&[41], masked(A1, Width::W32, 0xf, 3))]);
    assert_eq!(filter.len(), FRAME + 3);
    assert_eq!(count(&filter, Opcode::AND_K), 1);
}

#[test]
fn values_that_a_mask_decides_already_are_not_tested() {
    let values = [0x5421, 0x5451, 0xaa00, 0x4008_6200].map(|value| equal(A1, Width::W64, value));
    let mask = compare(A1, Width::W64, Some(0x6400), Operator::NotEqual, 0);
    let any = Condition::Any(values.into_iter().chain([mask]).collect());
    assert_eq!(filter(vec![allow(&[16], any)]).len(), FRAME + 2);
}

#[test]
fn many_values_take_few_tests_each() {
    let mut rng = fastrand::Rng::with_seed(9);
    let values: Vec<u64> = (0..64).map(|_| u64::from(rng.u32(..))).collect();
    let any = values.iter().map(|&value| equal(A1, Width::W32, value)).collect();
    let filter = filter(vec![allow(&[16], Condition::Any(any))]);
    let tests = values.iter().map(|&value| steps(&filter, 16, [0, value, 0, 0, 0, 0]) - 6);
    assert!(tests.clone().max() <= Some(8), "{:?}", tests.collect::<Vec<_>>());
    // One equality each, and comparisons between groups of them.
    assert!(filter.len() <= FRAME + 1 + 64 + 32, "{}", filter.len());
}

#[test]
fn neighbouring_values_are_one_range() {
    let any = (0x5401..0x5440).map(|value| equal(A1, Width::W32, value)).collect();
    assert_eq!(filter(vec![allow(&[16], Condition::Any(any))]).len(), FRAME + 3);
}

#[test]
fn a_high_word_is_tested_once_and_not_for_32_bits() {
    let set = |width| {
        let values =
            [3, 700, 0x5401, 0x1234_5678, 0xffff_0000].map(|value| equal(A1, width, value));
        filter(vec![allow(&[16], Condition::Any(values.to_vec()))])
    };
    let (wide, narrow) = (set(Width::W64), set(Width::W32));
    assert_eq!((loads_of(&wide, 28), loads_of(&narrow, 28)), (1, 0));
    assert_eq!(wide.len(), narrow.len() + 2);
}

#[test]
fn a_high_word_is_read_only_where_it_decides() {
    // Below 38, 39, or above 40 for every high word: only 38 and 40 depend on the high word.
    let parts = [
        compare(A0, Width::W64, None, Operator::Less, 38),
        equal(A0, Width::W64, 39),
        compare(A0, Width::W64, None, Operator::Greater, 40),
    ];
    let filter = filter(vec![allow(&[41], Condition::Any(parts.to_vec()))]);
    // At most two tests and the return come after the load of the low word.
    for value in [2, 39, 41, 1 << 31] {
        assert!(steps(&filter, 41, [value, 0, 0, 0, 0, 0]) <= 4 + 1 + 3 + 1, "{value}");
    }
    assert_eq!(loads_of(&filter, 20), 1);
}

#[test]
fn equal_checks_and_equal_tails_of_checks_exist_once() {
    let protection = || masked(A2, Width::W32, 4, 0);
    let flags = |flags| equal(A3, Width::W32, flags);
    let one = filter(vec![allow(&[9], Condition::All(vec![flags(0x22), protection()]))]);
    let two = filter(vec![
        allow(&[9], Condition::All(vec![flags(0x22), protection()])),
        allow(&[329], protection()),
    ]);
    assert_eq!(two.len(), one.len() + 1, "one test of the number");
    let three = filter(vec![
        allow(&[9], Condition::All(vec![flags(0x22), protection()])),
        allow(&[10, 329], protection()),
    ]);
    assert_eq!(three.len(), two.len() + 1);
}

#[test]
fn a_word_is_loaded_once_for_all_its_tests() {
    let is = |symbol| {
        Condition::Compare(Comparison {
            argument: A1,
            width: Width::W32,
            signed: false,
            mask: None,
            operator: Operator::Equal,
            value: Value::Symbol(Symbol(symbol)),
        })
    };
    let any = Condition::Any(vec![is(0), equal(A1, Width::W32, 7), is(1), is(2)]);
    let filter = filter(vec![allow(&[16], any)]);
    assert_eq!(loads_of(&filter, 24), 1);
    assert_eq!(filter.len(), FRAME + 1 + 4);
}

#[test]
fn no_bit_of_a_mask_left_to_rustc_is_one_test() {
    let clear = Condition::Compare(Comparison {
        argument: A0,
        width: Width::W32,
        signed: false,
        mask: Some(Value::Symbol(Symbol(0))),
        operator: Operator::Equal,
        value: Value::Known(0),
    });
    let filter = filter(vec![allow(&[56], clear)]);
    assert_eq!((filter.len(), count(&filter, Opcode::JSET_K)), (FRAME + 2, 1));
}

#[test]
fn the_kernel_remembers_calls_that_are_allowed_in_every_case() {
    let symbol = |operator, signed| {
        let Condition::Compare(comparison) = compare(A2, Width::W64, None, operator, 0) else {
            panic!()
        };
        let value = Value::Symbol(Symbol(0));
        Condition::Compare(Comparison { value, signed, ..comparison })
    };
    let known = |operator| compare(A0, Width::W64, None, operator, 1 << 40);
    for signed in [false, true] {
        let rules = vec![
            allow(&[1], known(Operator::Less)),
            allow(&[1], known(Operator::GreaterOrEqual)),
            allow(&[3], symbol(Operator::Less, signed)),
            allow(&[3], symbol(Operator::Greater, signed)),
            allow(&[3], symbol(Operator::Equal, signed)),
        ];
        let filter = compiled(&policy(rules));
        let instructions = filter.resolve(&|_| 5);
        for number in [1, 3] {
            assert!(bpf::const_allows(&instructions, Abi::X86_64.audit_arch(), number), "{number}");
        }
    }
}

#[test]
fn numbers_of_another_abi_with_the_same_arch_are_bad_arch() {
    let everything = PolicyAction::Action(Action::Allow);
    let part = AbiPolicy { abi: Abi::X86_64, rules: vec![], unknown: None, default: everything };
    let bad_arch = PolicyAction::Action(Action::KillProcess);
    let filter =
        compiled(&Policy::new(PolicyParts { abis: vec![part], bad_arch }).unwrap()).instructions;
    for (nr, action) in [
        (0, Action::Allow),
        (0x3fff_ffff, Action::Allow),
        (0x4000_0000, Action::KillProcess),
        (0x7fff_ffff, Action::KillProcess),
        (0x8000_0000, Action::KillProcess),
        (u32::MAX - 1, Action::KillProcess),
        // A tracer has skipped the call.
        (u32::MAX, Action::Allow),
    ] {
        let call = Call { nr, arch: Abi::X86_64.audit_arch(), ..Call::default() };
        let returned = bpf::interpret(&filter, &call, Abi::X86_64.endian());
        assert_eq!(returned, Ok(action.to_return_value()), "{nr:#x}");
    }
}

#[test]
fn a_call_that_a_tracer_skips_is_of_the_first_abi_with_its_arch() {
    let part = |abi: Abi, errno| {
        let default = PolicyAction::Action(Action::Errno(errno));
        let (_, last) = abi.numbers();
        AbiPolicy { abi, rules: vec![allow(&[last], Condition::Always)], unknown: None, default }
    };
    let (x86_64, x32) = (|| part(Abi::X86_64, 1), || part(Abi::X32, 2));
    for (abis, errno) in [
        (vec![x86_64()], 1),
        (vec![x32()], 2),
        (vec![x86_64(), x32()], 1),
        (vec![x32(), x86_64()], 2),
    ] {
        let bad_arch = PolicyAction::Action(Action::KillProcess);
        let filter = compiled(&Policy::new(PolicyParts { abis, bad_arch }).unwrap());
        let returned = |nr| {
            let call = Call { nr, arch: Abi::X32.audit_arch(), ..Call::default() };
            bpf::interpret(&filter.instructions, &call, Abi::X32.endian())
        };
        assert_eq!(returned(u32::MAX), Ok(Action::Errno(errno).to_return_value()));
        assert_eq!(returned(u32::MAX - 1), Ok(Action::KillProcess.to_return_value()));
    }
}

#[test]
fn a_hot_rule_takes_fewer_steps() {
    let policy_with = |hot: bool| {
        let mut rules: Vec<Rule> =
            (0..40).map(|n| allow(&[7 * n], equal(A0, Width::W32, u64::from(n)))).collect();
        rules[20].hot = hot;
        filter(rules)
    };
    let of = |filter: &[SockFilter]| steps(filter, 140, [20, 0, 0, 0, 0, 0]);
    let (cold, hot) = (of(&policy_with(false)), of(&policy_with(true)));
    assert!(hot + 2 <= cold, "{hot} {cold}");
}

#[test]
fn frequent_calls_take_fewer_steps_than_rare_ones() {
    // read and getsid, each alone between calls that are denied.
    let rules = (0..60).map(|n| allow(&[2 * n], equal(A0, Width::W32, 1))).collect();
    let filter = filter(rules);
    let of = |nr| steps(&filter, nr, [1, 0, 0, 0, 0, 0]);
    let mean = (0..60).map(|n| of(2 * n)).sum::<usize>() / 60;
    assert!(of(0) < mean, "{} {mean}", of(0));
}

#[test]
fn a_jump_over_more_than_255_instructions_goes_over_a_bridge() {
    let mut rng = fastrand::Rng::with_seed(5);
    let mut rule = |number: u32| {
        let any = (0..12).map(|_| equal(A1, Width::W32, u64::from(rng.u32(..)))).collect();
        let mut rule = allow(&[number], Condition::Any(any));
        rule.action = PolicyAction::Action(Action::Errno(number as u16));
        rule
    };
    let rules: Vec<Rule> = (0..90).map(|n| rule(5 * n)).collect();
    let filter = filter(rules);
    assert!(filter.len() > 4 * 255, "{}", filter.len());
    assert!(count(&filter, Opcode::JA) > 0 || count(&filter, Opcode::RET_K) > 91);
}

#[test]
fn policies_that_decide_nothing_are_a_return() {
    let allow = PolicyAction::Action(Action::Allow);
    let part = AbiPolicy { abi: Abi::X86_64, rules: vec![], unknown: None, default: allow };
    let policy = Policy::new(PolicyParts { abis: vec![part], bad_arch: allow }).unwrap();
    assert_eq!(compiled(&policy).instructions.len(), 1);
}
