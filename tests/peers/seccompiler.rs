//! The seccompiler crate of the rust-vmm project.

use std::collections::BTreeMap;

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::policy::Operator;
use seccomp_ir::prove::{Decision, Refusal};
use seccomp_test_support::seeds::{Seeded, seeds};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::simple::{
    Alternatives, Relation, Simple, Test, Widths, assert_compiled, equal, with_x86_numbers_decided,
};

fn action(action: Action) -> SeccompAction {
    match action {
        Action::Allow => SeccompAction::Allow,
        Action::Errno(errno) => SeccompAction::Errno(errno.into()),
        Action::KillProcess => SeccompAction::KillProcess,
        Action::KillThread => SeccompAction::KillThread,
        Action::Log => SeccompAction::Log,
        Action::Trap(0) => SeccompAction::Trap,
        other => panic!("{other} cannot be said"),
    }
}

fn condition(test: &Test) -> SeccompCondition {
    let operator = match test.relation {
        Relation::Is(Operator::Equal) => SeccompCmpOp::Eq,
        Relation::Is(Operator::NotEqual) => SeccompCmpOp::Ne,
        Relation::Is(Operator::Less) => SeccompCmpOp::Lt,
        Relation::Is(Operator::LessOrEqual) => SeccompCmpOp::Le,
        Relation::Is(Operator::Greater) => SeccompCmpOp::Gt,
        Relation::Is(Operator::GreaterOrEqual) => SeccompCmpOp::Ge,
        Relation::MaskedEqual(mask) => SeccompCmpOp::MaskedEq(mask),
    };
    let width = if test.wide { SeccompCmpArgLen::Qword } else { SeccompCmpArgLen::Dword };
    SeccompCondition::new(test.argument as u8, width, operator, test.value).unwrap()
}

fn rules(alternatives: &Alternatives) -> Vec<SeccompRule> {
    let rule = |tests: &Vec<Test>| SeccompRule::new(tests.iter().map(condition).collect()).unwrap();
    alternatives.iter().map(rule).collect()
}

fn compile(simple: &Simple<u32>, target: TargetArch) -> Vec<SockFilter> {
    let rules: BTreeMap<_, _> =
        simple.calls.iter().map(|(&nr, all)| (i64::from(nr), rules(all))).collect();
    let filter =
        SeccompFilter::new(rules, action(simple.default), action(simple.matched), target).unwrap();
    let filter: BpfProgram = filter.try_into().unwrap();
    let ours = filter.iter().map(|of| SockFilter { code: of.code, jt: of.jt, jf: of.jf, k: of.k });
    ours.collect()
}

fn identity(_: Abi, &number: &u32) -> Option<u32> {
    Some(number)
}

/// Numbers of x32, or of no ABI, except the number of a call that a tracer skips.
const NOT_X86_64: (u32, u32) = (Abi::X32_BIT, Abi::SKIPPED - 1);

#[test]
fn seccompiler_and_this_compiler_agree_on_random_policies() {
    let targets = [
        (Abi::X86_64, TargetArch::x86_64),
        (Abi::Aarch64, TargetArch::aarch64),
        (Abi::Riscv64, TargetArch::riscv64),
    ];
    for seed in seeds(0..25) {
        let mut rng = Seeded::with_seed(seed);
        let calls: Vec<u32> = (0..20).collect();
        let widths = [Widths::Both, Widths::Narrow, Widths::Wide][(seed % 3) as usize];
        let simple = Simple::random(&mut rng, &calls, widths, Action::KillProcess);
        for (abi, target) in targets {
            let policy = simple.policy(&[abi], &identity);
            assert_compiled(&policy);
            let mut theirs = compile(&simple, target);
            if abi == Abi::X86_64 {
                theirs = with_x86_numbers_decided(&theirs, NOT_X86_64, Action::KillProcess);
            }
            if let Err(refusal) = equal(&policy, theirs) {
                panic!("seed {seed}, {}: {refusal}\n{simple:#?}", abi.name());
            }
        }
    }
}

#[test]
fn seccompiler_lets_x32_calls_fall_to_the_default() {
    let calls = BTreeMap::from([(0, vec![])]);
    let default = Action::Log;
    let bad_arch = Action::KillProcess;
    let simple = Simple { calls, matched: Action::Allow, default, bad_arch };
    let policy = simple.policy(&[Abi::X86_64], &identity);
    let theirs = compile(&simple, TargetArch::x86_64);
    match equal(&policy, theirs.clone()) {
        Err(Refusal::Disagreement(found)) => {
            assert!(found.call.nr >= Abi::X32_BIT, "{found}");
            assert_eq!(found.decided_by, Decision::BadArch);
        }
        other => panic!("{other:?}"),
    }
    let without = with_x86_numbers_decided(&theirs, NOT_X86_64, Action::KillProcess);
    assert_eq!(equal(&policy, without), Ok(()));
}

#[test]
fn seccompiler_drops_bits_of_a_value_that_are_outside_its_mask() {
    let test = Test {
        argument: ArgumentIndex::A0,
        wide: true,
        relation: Relation::MaskedEqual(1),
        value: 3,
    };
    let simple = Simple {
        calls: BTreeMap::from([(5, vec![vec![test]])]),
        matched: Action::Allow,
        default: Action::Errno(1),
        bad_arch: Action::KillProcess,
    };
    let as_written = simple.policy(&[Abi::Aarch64], &identity);
    let theirs = compile(&simple, TargetArch::aarch64);
    match equal(&as_written, theirs.clone()) {
        Err(Refusal::Disagreement(found)) => assert_eq!(found.call.args[0] & 1, 1, "{found}"),
        other => panic!("{other:?}"),
    }
    let cut = Test { value: 1, ..test };
    let as_meant = Simple { calls: BTreeMap::from([(5, vec![vec![cut]])]), ..simple };
    assert_eq!(equal(&as_meant.policy(&[Abi::Aarch64], &identity), theirs), Ok(()));
}
