use super::InvalidPolicy;
use crate::abi::{Abi, Endian};
use crate::action::Action;
use crate::policy::{
    AbiPolicy, Condition, Origin, Policy, PolicyAction, PolicyParts, Rule, Unknown,
};

const KILL: PolicyAction = PolicyAction::Action(Action::KillProcess);

fn rule(numbers: &[u32]) -> Rule {
    let numbers = numbers.to_vec();
    Rule { numbers, condition: Condition::Always, action: KILL, hot: false, origin: Origin(0) }
}

fn part(abi: Abi, numbers: &[u32]) -> AbiPolicy {
    AbiPolicy { abi, rules: vec![rule(numbers)], unknown: None, default: KILL }
}

fn of(abis: Vec<AbiPolicy>) -> Result<Policy, InvalidPolicy> {
    Policy::new(PolicyParts { abis, bad_arch: KILL })
}

fn refused(abis: Vec<AbiPolicy>) -> InvalidPolicy {
    of(abis).expect_err("no policy")
}

#[test]
fn a_policy_has_abis_of_one_byte_order_each_once() {
    assert_eq!(refused(vec![]), InvalidPolicy::NoAbi);
    let arm64 = part(Abi::Aarch64, &[1]);
    let mixed = vec![arm64.clone(), part(Abi::S390x, &[1])];
    assert_eq!(refused(mixed), InvalidPolicy::OtherByteOrder(Abi::S390x));
    let twice = vec![arm64.clone(), part(Abi::Arm, &[1]), arm64.clone()];
    assert_eq!(refused(twice), InvalidPolicy::AbiTwice(Abi::Aarch64));
    assert_eq!(of(vec![arm64, part(Abi::Arm, &[1])]).unwrap().endian(), Endian::Little);
    assert_eq!(of(vec![part(Abi::S390x, &[1])]).unwrap().endian(), Endian::Big);
}

#[test]
fn the_numbers_of_a_rule_ascend_and_belong_to_the_abi() {
    let x32 = Abi::X32_BIT;
    for (abi, numbers) in [
        (Abi::X86_64, &[][..]),
        (Abi::X86_64, &[2, 1]),
        (Abi::X86_64, &[1, 1]),
        (Abi::X86_64, &[1, x32]),
        (Abi::X32, &[1]),
        (Abi::X32, &[x32 + 1, 2 * x32]),
        (Abi::Arm, &[u32::MAX, u32::MAX]),
        (Abi::Arm, &[u32::MAX, 0]),
    ] {
        assert_eq!(refused(vec![part(abi, numbers)]), InvalidPolicy::Numbers(abi), "{numbers:?}");
    }
    for (abi, numbers) in [
        (Abi::X86_64, &[0, 1, x32 - 1][..]),
        (Abi::X32, &[x32, 2 * x32 - 1]),
        (Abi::Arm, &[0, u32::MAX]),
    ] {
        of(vec![part(abi, numbers)]).unwrap();
    }
}

#[test]
fn known_calls_ascend_and_belong_to_the_abi() {
    let with = |known: &[u32]| {
        let unknown = Some(Unknown { known: known.to_vec(), action: KILL });
        of(vec![AbiPolicy { unknown, ..part(Abi::X86_64, &[1]) }])
    };
    for known in [&[469, 468][..], &[500, 500], &[1, Abi::X32_BIT]] {
        let invalid = with(known).expect_err("no policy");
        assert_eq!(invalid, InvalidPolicy::Numbers(Abi::X86_64), "{known:?}");
    }
    with(&[470, 501, Abi::SKIPPED]).unwrap();
    with(&[]).unwrap();
}

#[test]
fn no_action_of_a_policy_has_an_errno_that_the_kernel_would_change() {
    let high = PolicyAction::Action(Action::Errno(4096));
    let fine = part(Abi::X86_64, &[1]);
    let unknown = Some(Unknown { known: vec![470], action: high });
    for wrong in [
        AbiPolicy { default: high, ..fine.clone() },
        AbiPolicy { unknown, ..fine.clone() },
        AbiPolicy { rules: vec![Rule { action: high, ..rule(&[1]) }], ..fine.clone() },
    ] {
        assert_eq!(refused(vec![wrong]), InvalidPolicy::Errno(4096));
    }
    let bad_arch = Policy::new(PolicyParts { abis: vec![fine.clone()], bad_arch: high });
    assert_eq!(bad_arch.expect_err("no policy"), InvalidPolicy::Errno(4096));
    let default = PolicyAction::Action(Action::Errno(4095));
    of(vec![AbiPolicy { default, ..fine }]).unwrap();
}
