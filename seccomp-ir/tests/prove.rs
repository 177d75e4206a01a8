//! Filters that the proof accepts and filters that it refuses, written by hand.

use seccomp_ir::abi::ArgumentIndex::{self, A0, A1};
use seccomp_ir::abi::{Abi, Call, Half};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{InstructionIndex, Opcode, SockFilter};
use seccomp_ir::filter::{Filter, Relocation, SymbolOperand};
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Unknown, Value, Width, meaning,
};
use seccomp_ir::prove::{DecidedAction, Decision, Disagreement, Refusal, prove};

const ALLOW: PolicyAction = PolicyAction::Action(Action::Allow);
const KILL: PolicyAction = PolicyAction::Action(Action::KillProcess);
const DENY: PolicyAction = PolicyAction::Action(Action::Errno(1));

fn rule(numbers: &[u32], condition: Condition, action: PolicyAction) -> Rule {
    Rule { numbers: numbers.to_vec(), condition, action, hot: false, origin: Origin(7) }
}

fn policy(abi: Abi, rules: Vec<Rule>) -> Policy {
    let part = AbiPolicy { abi, rules, unknown: None, default: DENY };
    Policy::new(PolicyParts { abis: vec![part], bad_arch: KILL }).unwrap()
}

fn compare(argument: ArgumentIndex, width: Width, operator: Operator, value: Value) -> Comparison {
    Comparison { argument, width, signed: false, mask: None, operator, value }
}

fn equal(argument: ArgumentIndex, width: Width, value: u64) -> Condition {
    Condition::Compare(compare(argument, width, Operator::Equal, Value::Known(value)))
}

fn ld(offset: u32) -> SockFilter {
    SockFilter::statement(Opcode::LD_W_ABS, offset)
}

fn ret(action: PolicyAction) -> SockFilter {
    let k = match action {
        PolicyAction::Action(action) => action.to_return_value(),
        PolicyAction::ErrnoOf(_) => 0,
    };
    SockFilter::statement(Opcode::RET_K, k)
}

fn jeq(k: u32, jt: u8, jf: u8) -> SockFilter {
    SockFilter::jump(Opcode::JEQ_K, k, jt, jf)
}

fn jgt(k: u32, jt: u8, jf: u8) -> SockFilter {
    SockFilter::jump(Opcode::JGT_K, k, jt, jf)
}

fn jge(k: u32, jt: u8, jf: u8) -> SockFilter {
    SockFilter::jump(Opcode::JGE_K, k, jt, jf)
}

fn jset(k: u32, jt: u8, jf: u8) -> SockFilter {
    SockFilter::jump(Opcode::JSET_K, k, jt, jf)
}

fn plain(instructions: Vec<SockFilter>) -> Filter {
    Filter { instructions, relocations: Vec::new() }
}

/// `body` runs for call `nr` of `abi` (not x86_64, which has x32), with the accumulator undefined; all
/// other calls are denied. `body` must jump to one of the two instructions after it: the `RET` that
/// denies and the `RET` that allows.
fn for_one_call(abi: Abi, nr: u32, body: Vec<SockFilter>) -> Vec<SockFilter> {
    let len = body.len() as u8;
    let mut all =
        vec![ld(Call::ARCH), jeq(abi.audit_arch(), 1, 0), ret(KILL), ld(Call::NR), jeq(nr, 0, len)];
    all.extend(body);
    all.extend([ret(DENY), ret(ALLOW)]);
    all
}

fn disagreement(outcome: Result<impl Sized, Refusal>) -> Disagreement {
    match outcome {
        Err(Refusal::Disagreement(disagreement)) => *disagreement,
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("proven"),
    }
}

/// Checks that the call of a disagreement really shows it.
fn assert_shows_it(policy: &Policy, filter: &Filter, found: &Disagreement) {
    let endian = policy.abis[0].abi.endian();
    let no_symbols = |_| unreachable!();
    let expected = meaning(policy, &found.call, &no_symbols);
    let done = seccomp_ir::bpf::interpret(&filter.instructions, &found.call, endian).unwrap();
    assert_eq!(found.policy, DecidedAction::Returns(expected.to_return_value()));
    assert_eq!(found.filter, DecidedAction::Returns(done));
    assert_ne!(found.policy, found.filter);
}

const ARM64: Abi = Abi::Aarch64;

/// Byte offsets of argument 0 on a little-endian kernel.
const A0_LOW: u32 = 16;
const A0_HIGH: u32 = 20;

#[test]
fn a_comparison_of_all_64_bits_is_proven_and_one_of_32_is_refused_with_a_call_that_shows_it() {
    let policy = policy(ARM64, vec![rule(&[57], equal(A0, Width::W64, 3), ALLOW)]);
    let whole =
        plain(for_one_call(ARM64, 57, vec![ld(A0_HIGH), jeq(0, 0, 2), ld(A0_LOW), jeq(3, 1, 0)]));
    assert!(prove(&policy, &whole).unwrap().nodes() > 64);

    let low_only = plain(for_one_call(ARM64, 57, vec![ld(A0_LOW), jeq(3, 1, 0)]));
    let found = disagreement(prove(&policy, &low_only));
    assert_shows_it(&policy, &low_only, &found);
    assert_eq!((found.call.nr, found.call.args[0] as u32), (57, 3));
    assert_ne!(found.call.args[0] >> 32, 0);
    assert_eq!(found.decided_by, Decision::Default);
    assert_eq!(
        found.to_string(),
        "call 57 through aarch64 with arguments (0x100000003, 0x0, 0x0, 0x0, 0x0, 0x0): the policy \
         says errno(1), the filter allow"
    );
}

#[test]
fn a_32_bit_argument_whose_high_word_is_looked_at_is_refused_naming_the_rule() {
    let policy = policy(ARM64, vec![rule(&[29], equal(A1, Width::W32, 0x5412), KILL)]);
    let mut both = for_one_call(ARM64, 29, vec![ld(28), jeq(0, 0, 2), ld(24), jeq(0x5412, 1, 0)]);
    *both.last_mut().unwrap() = ret(KILL);
    let both = plain(both);
    let found = disagreement(prove(&policy, &both));
    assert_shows_it(&policy, &both, &found);
    assert_eq!(found.decided_by, Decision::Rule(Origin(7)));
}

#[test]
fn a_filter_that_skips_the_abi_check_or_lets_x32_pass_is_refused() {
    let policy = policy(Abi::X86_64, vec![rule(&[0], Condition::Always, ALLOW)]);
    let right = vec![
        ld(Call::ARCH),
        jeq(Abi::X86_64.audit_arch(), 0, 4),
        ld(Call::NR),
        jeq(0, 4, 0),
        jge(0x4000_0000, 0, 2),
        // A skipped call gets the default action.
        jeq(Abi::SKIPPED, 1, 0),
        ret(KILL),
        ret(DENY),
        ret(ALLOW),
    ];
    prove(&policy, &plain(right.clone())).unwrap();

    let mut no_x32 = right.clone();
    no_x32[4].k = u32::MAX;
    let found = disagreement(prove(&policy, &plain(no_x32.clone())));
    assert_shows_it(&policy, &plain(no_x32), &found);
    assert!(found.call.nr >= 0x4000_0000);
    assert_eq!(found.decided_by, Decision::BadArch);

    let no_arch = plain(right[2..].to_vec());
    let found = disagreement(prove(&policy, &no_arch));
    assert_shows_it(&policy, &no_arch, &found);
    assert_ne!(found.call.arch, Abi::X86_64.audit_arch());
}

#[test]
fn the_same_instructions_are_right_on_one_byte_order_and_wrong_on_the_other() {
    let body = vec![ld(A0_LOW), jeq(7, 1, 0)];
    for (abi, right) in [(Abi::Riscv64, true), (Abi::S390x, false)] {
        let policy = policy(abi, vec![rule(&[1], equal(A0, Width::W32, 7), ALLOW)]);
        let filter = plain(for_one_call(abi, 1, body.clone()));
        assert_eq!(prove(&policy, &filter).is_ok(), right, "{abi:?}");
    }
}

#[test]
fn signed_order_needs_the_flipped_sign_bit() {
    let below = Comparison {
        signed: true,
        ..compare(A0, Width::W32, Operator::Less, Value::Known((-2_i64) as u64))
    };
    let policy = policy(ARM64, vec![rule(&[1], Condition::Compare(below), ALLOW)]);
    let flip = SockFilter::statement(Opcode::XOR_K, 0x8000_0000);
    let flipped = |k| plain(for_one_call(ARM64, 1, vec![ld(A0_LOW), flip, jge(k, 0, 1)]));
    prove(&policy, &flipped(0x7fff_fffe)).unwrap();
    let unflipped = plain(for_one_call(ARM64, 1, vec![ld(A0_LOW), jge(0xffff_fffe, 0, 1)]));
    for wrong in [flipped(0x7fff_fffd), unflipped] {
        let found = disagreement(prove(&policy, &wrong));
        assert_shows_it(&policy, &wrong, &found);
    }
}

#[test]
fn a_mask_may_be_tested_by_jset_or_by_and() {
    let masked = Comparison {
        mask: Some(Value::Known(0x7e02_0000)),
        ..compare(A0, Width::W32, Operator::Equal, Value::Known(0))
    };
    let policy = policy(ARM64, vec![rule(&[220], Condition::Compare(masked), ALLOW)]);
    let by_jset = vec![ld(A0_LOW), jset(0x7e02_0000, 0, 1)];
    let and = SockFilter::statement(Opcode::AND_K, 0x7e02_0000);
    let by_and = vec![ld(A0_LOW), and, jeq(0, 1, 0)];
    for body in [by_jset, by_and] {
        prove(&policy, &plain(for_one_call(ARM64, 220, body))).unwrap();
    }
    let wrong = plain(for_one_call(ARM64, 220, vec![ld(A0_LOW), jset(0x7e02_0001, 0, 1)]));
    assert_shows_it(&policy, &wrong, &disagreement(prove(&policy, &wrong)));
}

#[test]
fn unknown_calls_get_their_own_action() {
    let mut parts = policy(ARM64, vec![]).into_parts();
    let action = PolicyAction::Action(Action::Errno(38));
    let known = (0..470).chain([500, 501]).collect();
    parts.abis[0].unknown = Some(Unknown { known, action });
    let policy = Policy::new(parts).unwrap();
    let filter = |first, last| {
        plain(vec![
            ld(Call::ARCH),
            jeq(ARM64.audit_arch(), 1, 0),
            ret(KILL),
            ld(Call::NR),
            jge(first, 0, 2),
            jge(500, 0, 2),
            jgt(last, 1, 0),
            ret(DENY),
            ret(action),
        ])
    };
    prove(&policy, &filter(470, 501)).unwrap();
    assert_eq!(disagreement(prove(&policy, &filter(471, 501))).decided_by, Decision::Unknown);
    assert_eq!(disagreement(prove(&policy, &filter(470, 502))).decided_by, Decision::Unknown);
    assert_eq!(disagreement(prove(&policy, &filter(470, 500))).decided_by, Decision::Default);
}

fn word(half: Half, keep: u32, flip: u32) -> SymbolOperand {
    SymbolOperand::Word { symbol: Symbol(3), half, keep, flip }
}

/// The filter with these operands as symbols, by index into `body`.
fn with_symbols(body: Vec<SockFilter>, operands: &[(usize, SymbolOperand)]) -> Filter {
    let before = 5;
    let instructions = for_one_call(ARM64, 1, body);
    let relocation = |&(at, operand)| Relocation { index: InstructionIndex(before + at), operand };
    Filter { instructions, relocations: operands.iter().map(relocation).collect() }
}

#[test]
fn a_64_bit_comparison_with_a_symbol_is_recognised_however_its_words_are_compared() {
    let below = compare(A0, Width::W64, Operator::Less, Value::Symbol(Symbol(3)));
    let policy = policy(ARM64, vec![rule(&[1], Condition::Compare(below), ALLOW)]);
    let (high, low) = (word(Half::High, u32::MAX, 0), word(Half::Low, u32::MAX, 0));
    // Greater, then unequal and so less; or not at least and so less, then unequal.
    let by_jgt = vec![ld(A0_HIGH), jgt(0, 3, 0), jeq(0, 0, 3), ld(A0_LOW), jge(0, 0, 1)];
    let by_jge = vec![ld(A0_HIGH), jge(0, 0, 4), jeq(0, 0, 2), ld(A0_LOW), jge(0, 0, 1)];
    let operands = [(1, high), (2, high), (4, low)];
    prove(&policy, &with_symbols(by_jgt.clone(), &operands)).unwrap();
    prove(&policy, &with_symbols(by_jge, &operands)).unwrap();

    let swapped = [(1, low), (2, high), (4, low)];
    let found = disagreement(prove(&policy, &with_symbols(by_jgt.clone(), &swapped)));
    assert!(!found.assumptions.is_empty());
    assert!(found.to_string().contains("of symbol 3"), "{found}");
    let mut at_most = by_jgt;
    at_most[4] = jgt(0, 0, 1);
    disagreement(prove(&policy, &with_symbols(at_most, &operands)));
}

#[test]
fn another_symbol_another_half_and_another_flip_are_other_values() {
    let value = Value::Symbol(Symbol(3));
    let below = Comparison { signed: true, ..compare(A0, Width::W32, Operator::Less, value) };
    let policy = policy(ARM64, vec![rule(&[1], Condition::Compare(below), ALLOW)]);
    let flip = 0x8000_0000;
    let body = vec![ld(A0_LOW), SockFilter::statement(Opcode::XOR_K, flip), jge(0, 0, 1)];
    let right = word(Half::Low, u32::MAX, flip);
    prove(&policy, &with_symbols(body.clone(), &[(2, right)])).unwrap();
    for wrong in [
        word(Half::Low, u32::MAX, 0),
        word(Half::High, u32::MAX, flip),
        word(Half::Low, 0xffff, flip),
        SymbolOperand::Word { symbol: Symbol(4), half: Half::Low, keep: u32::MAX, flip },
    ] {
        disagreement(prove(&policy, &with_symbols(body.clone(), &[(2, wrong)])));
    }
}

#[test]
fn a_mask_left_to_rustc_may_be_tested_by_jset_or_by_and() {
    let masked = Comparison {
        mask: Some(Value::Symbol(Symbol(3))),
        ..compare(A0, Width::W32, Operator::NotEqual, Value::Known(0))
    };
    let policy = policy(ARM64, vec![rule(&[1], Condition::Compare(masked), ALLOW)]);
    let low = word(Half::Low, u32::MAX, 0);
    let and = SockFilter::statement(Opcode::AND_K, 0);
    prove(&policy, &with_symbols(vec![ld(A0_LOW), jset(0, 1, 0)], &[(1, low)])).unwrap();
    prove(&policy, &with_symbols(vec![ld(A0_LOW), and, jeq(0, 0, 1)], &[(1, low)])).unwrap();
    prove(&policy, &with_symbols(vec![ld(A0_LOW), and, jgt(0, 1, 0)], &[(1, low)])).unwrap();
    disagreement(prove(&policy, &with_symbols(vec![ld(A0_LOW), and, jeq(1, 0, 1)], &[(1, low)])));
    disagreement(prove(&policy, &with_symbols(vec![ld(A0_HIGH), jset(0, 1, 0)], &[(1, low)])));
}

#[test]
fn an_errno_of_one_symbol_differs_from_every_other_action() {
    let policy =
        policy(ARM64, vec![rule(&[1], Condition::Always, PolicyAction::ErrnoOf(Symbol(3)))]);
    let mut filter = plain(for_one_call(ARM64, 1, vec![jeq(0, 1, 1)]));
    let index = InstructionIndex(filter.instructions.len() - 1);
    filter.instructions[index.0] = ret(PolicyAction::ErrnoOf(Symbol(3)));
    let relocated = |symbol| Filter {
        relocations: vec![Relocation { index, operand: SymbolOperand::ReturnErrno(symbol) }],
        ..filter.clone()
    };
    prove(&policy, &relocated(Symbol(3))).unwrap();
    let found = disagreement(prove(&policy, &relocated(Symbol(4))));
    assert_eq!(found.policy, DecidedAction::ErrnoOf(Symbol(3)));
    assert_eq!(found.filter, DecidedAction::ErrnoOf(Symbol(4)));
    disagreement(prove(&policy, &filter));
}

#[test]
fn an_unconditional_allow_must_be_one_that_the_kernel_remembers() {
    let policy = policy(ARM64, vec![rule(&[1], Condition::Always, ALLOW)]);
    prove(&policy, &plain(for_one_call(ARM64, 1, vec![jeq(1, 1, 1)]))).unwrap();
    // It decides every call correctly, but reads an argument on the way.
    let looks = plain(for_one_call(ARM64, 1, vec![ld(A0_LOW), jeq(5, 1, 1)]));
    let arch = ARM64.audit_arch();
    assert_eq!(prove(&policy, &looks), Err(Refusal::NotConstant { arch, nr: 1 }));
    // The kernel's search does not follow XOR.
    let flip = SockFilter::statement(Opcode::XOR_K, 1);
    let flips = plain(for_one_call(ARM64, 1, vec![flip, jeq(0, 1, 1)]));
    assert_eq!(prove(&policy, &flips), Err(Refusal::NotConstant { arch, nr: 1 }));
}

#[test]
fn a_call_that_only_an_argument_about_symbols_shows_to_be_allowed_may_be_tested() {
    let value = Value::Symbol(Symbol(3));
    let is = |operator| Condition::Compare(compare(A0, Width::W32, operator, value));
    let operand = [(1, word(Half::Low, u32::MAX, 0))];
    let test = with_symbols(vec![ld(A0_LOW), jeq(0, 1, 1)], &operand);
    let any = |of: &[Operator]| Condition::Any(of.iter().copied().map(is).collect());
    let three = any(&[Operator::Less, Operator::Equal, Operator::Greater]);
    prove(&policy(ARM64, vec![rule(&[1], three, ALLOW)]), &test).unwrap();
    let opposite = any(&[Operator::Less, Operator::GreaterOrEqual]);
    let (arch, nr) = (ARM64.audit_arch(), 1);
    let refused = prove(&policy(ARM64, vec![rule(&[1], opposite, ALLOW)]), &test);
    assert_eq!(refused, Err(Refusal::NotConstant { arch, nr }));
}

#[test]
fn an_instruction_that_is_never_emitted_is_refused() {
    let policy = policy(ARM64, vec![rule(&[1], Condition::Always, ALLOW)]);
    let bpf_alu_or_k = 0x44;
    let or = SockFilter::statement(bpf_alu_or_k, 0);
    let filter = plain(for_one_call(ARM64, 1, vec![or, jeq(1, 1, 1)]));
    let index = InstructionIndex(5);
    assert_eq!(prove(&policy, &filter), Err(Refusal::Instruction { index, instruction: or }));
}

#[test]
fn a_filter_that_the_kernel_does_not_load_is_refused() {
    let policy = policy(ARM64, vec![]);
    assert!(matches!(prove(&policy, &plain(vec![])), Err(Refusal::Load(_))));
    assert!(matches!(prove(&policy, &plain(vec![jeq(0, 0, 9), ret(DENY)])), Err(Refusal::Load(_))));
}

#[test]
fn a_relocation_out_of_place_is_refused() {
    let policy = policy(ARM64, vec![rule(&[1], Condition::Always, ALLOW)]);
    let filter = plain(for_one_call(ARM64, 1, vec![jeq(1, 1, 1)]));
    let operand = word(Half::Low, u32::MAX, 0);
    for index in [1, 99].map(InstructionIndex) {
        let relocations = vec![Relocation { index, operand }];
        let filter = Filter { relocations, ..filter.clone() };
        assert_eq!(prove(&policy, &filter), Err(Refusal::Relocation { index }));
    }
    let mut ld = filter;
    let at = InstructionIndex(3);
    ld.instructions[at.0].k = 0;
    ld.relocations = vec![Relocation { index: at, operand }];
    assert!(matches!(prove(&policy, &ld), Err(Refusal::Instruction { index, .. }) if index == at));
}

#[test]
fn a_policy_whose_diagram_would_not_fit_is_refused_and_not_let_through() {
    // Bit i of argument 0 and bit i of argument 1: a diagram must remember all of argument 0.
    let bit = |argument, bit: u32| {
        let mask = Some(Value::Known(1 << bit));
        let set = compare(argument, Width::W32, Operator::NotEqual, Value::Known(0));
        Condition::Compare(Comparison { mask, ..set })
    };
    let any = (0..32).map(|i| Condition::All(vec![bit(A0, i), bit(A1, i)])).collect();
    let policy = policy(ARM64, vec![rule(&[1], Condition::Any(any), ALLOW)]);
    let filter = plain(for_one_call(ARM64, 1, vec![jeq(1, 1, 1)]));
    assert_eq!(prove(&policy, &filter), Err(Refusal::TooLarge));
}

#[test]
fn hundreds_of_values_left_to_rustc_are_proven() {
    let symbols = 400;
    let is = |symbol| compare(A0, Width::W32, Operator::Equal, Value::Symbol(Symbol(symbol)));
    let any = (0..symbols).map(|symbol| Condition::Compare(is(symbol))).collect();
    let policy = policy(ARM64, vec![rule(&[1], Condition::Any(any), ALLOW)]);
    let mut instructions = vec![
        ld(Call::ARCH),
        jeq(ARM64.audit_arch(), 1, 0),
        ret(KILL),
        ld(Call::NR),
        jeq(1, 1, 0),
        ret(DENY),
        ld(A0_LOW),
    ];
    let mut relocations = Vec::new();
    for symbol in 0..symbols {
        let operand = SymbolOperand::Word {
            symbol: Symbol(symbol),
            half: Half::Low,
            keep: u32::MAX,
            flip: 0,
        };
        relocations.push(Relocation { index: InstructionIndex(instructions.len()), operand });
        instructions.extend([jeq(0, 0, 1), ret(ALLOW)]);
    }
    instructions.push(ret(DENY));
    let mut filter = Filter { instructions, relocations };
    prove(&policy, &filter).unwrap();
    filter.relocations.swap_remove(200);
    filter.relocations.sort_by_key(|relocation| relocation.index);
    disagreement(prove(&policy, &filter));
}
