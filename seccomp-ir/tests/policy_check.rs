//! Errors and warnings that are found before the lowering.

use seccomp_ir::abi::Abi;
use seccomp_ir::abi::ArgumentIndex::{self, A0, A1};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Finding, Operator, Origin, Policy, PolicyAction, PolicyParts,
    Rule, Symbol, Value, Width, check,
};

use Operator::{Equal, Greater, GreaterOrEqual, Less, NotEqual};

const ALLOW: PolicyAction = PolicyAction::Action(Action::Allow);
const KILL: PolicyAction = PolicyAction::Action(Action::KillProcess);

fn rule(origin: u32, numbers: &[u32], condition: Condition) -> Rule {
    let origin = Origin(origin);
    Rule { numbers: numbers.to_vec(), condition, action: ALLOW, hot: false, origin }
}

fn policy(parts: Vec<(Abi, Vec<Rule>)>) -> Policy {
    let abis = parts
        .into_iter()
        .map(|(abi, rules)| AbiPolicy { abi, rules, unknown: None, default: KILL })
        .collect();
    Policy::new(PolicyParts { abis, bad_arch: KILL }).unwrap()
}

fn found(rules: Vec<Rule>) -> Vec<Finding> {
    check(&policy(vec![(Abi::X86_64, rules)]))
}

fn compare(argument: ArgumentIndex, width: Width, operator: Operator, value: Value) -> Condition {
    let comparison = Comparison { argument, width, signed: false, mask: None, operator, value };
    Condition::Compare(comparison)
}

fn a0(operator: Operator, value: u64) -> Condition {
    compare(A0, Width::W64, operator, Value::Known(value))
}

fn masked(mask: u64, operator: Operator, value: u64) -> Condition {
    Condition::Compare(Comparison {
        argument: A0,
        width: Width::W64,
        signed: false,
        mask: Some(Value::Known(mask)),
        operator,
        value: Value::Known(value),
    })
}

fn symbol(operator: Operator, symbol: u32) -> Condition {
    compare(A0, Width::W64, operator, Value::Symbol(Symbol(symbol)))
}

fn unreachable(rule: u32, decided_by: &[u32]) -> Finding {
    let decided_by = decided_by.iter().copied().map(Origin).collect();
    Finding::Unreachable { rule: Origin(rule), decided_by, same_action: true }
}

/// The rules that decide nothing, and whether the deciding rules have the same action.
fn with_the_same_action(rules: Vec<Rule>) -> Vec<(u32, bool)> {
    let mut all = Vec::new();
    for finding in found(rules) {
        let Finding::Unreachable { rule, same_action, .. } = finding else { continue };
        assert_eq!(finding.is_warning(), same_action);
        all.push((rule.0, same_action));
    }
    all
}

#[test]
fn a_rule_that_decides_nothing_is_an_error_only_if_its_action_differs() {
    let with = |action, rule: Rule| Rule { action, ..rule };
    let errno = |number| PolicyAction::Action(Action::Errno(number));
    // Only rules that decide count, not all that match: rule 1 has `a0 == 3` before rule 0 ends.
    let rules = vec![
        with(errno(1), rule(0, &[1], a0(Equal, 3))),
        rule(1, &[1], Condition::Always),
        rule(2, &[1], a0(Equal, 4)),
        rule(3, &[1], a0(Equal, 3)),
        with(errno(1), rule(4, &[1], a0(Equal, 3))),
        with(errno(2), rule(5, &[1], a0(Equal, 3))),
        rule(6, &[1], a0(Less, 10)),
        with(errno(1), rule(7, &[1], a0(Equal, 4))),
    ];
    let expected = [(2, true), (3, false), (4, true), (5, false), (6, false), (7, false)];
    assert_eq!(with_the_same_action(rules), expected);
    // Two symbols may have different values.
    let rules = vec![
        with(PolicyAction::ErrnoOf(Symbol(0)), rule(0, &[1], Condition::Always)),
        with(PolicyAction::ErrnoOf(Symbol(1)), rule(1, &[1], Condition::Always)),
    ];
    assert_eq!(with_the_same_action(rules), [(1, false)]);
    // All numbers of a rule count.
    let rules = vec![
        rule(0, &[1], Condition::Always),
        with(errno(1), rule(1, &[2], Condition::Always)),
        rule(2, &[1, 2], Condition::Always),
    ];
    assert_eq!(with_the_same_action(rules), [(2, false)]);
}

#[test]
fn rules_that_all_decide_something_are_fine() {
    let rules = vec![
        rule(0, &[1], a0(Equal, 1)),
        rule(1, &[1], a0(Less, 10)),
        rule(2, &[2], Condition::Always),
        rule(3, &[1], Condition::Always),
    ];
    assert_eq!(found(rules), []);
}

#[test]
fn a_rule_after_one_for_all_of_its_calls_is_unreachable() {
    let rules = vec![
        rule(0, &[1], a0(Equal, 1)),
        rule(1, &[1], Condition::Always),
        rule(2, &[1], a0(Equal, 2)),
        rule(3, &[1], Condition::Always),
    ];
    assert_eq!(found(rules), [unreachable(2, &[1]), unreachable(3, &[1])]);
}

#[test]
fn a_rule_that_earlier_ones_cover_only_together_names_those_and_no_others() {
    let rules = vec![
        rule(0, &[1], a0(Equal, 99)),
        rule(1, &[1], a0(Less, 10)),
        rule(2, &[1], compare(A1, Width::W64, Equal, Value::Known(5))),
        rule(3, &[1], a0(GreaterOrEqual, 5)),
        rule(4, &[1], a0(GreaterOrEqual, 3)),
    ];
    assert_eq!(found(rules), [unreachable(4, &[1, 3])]);
}

#[test]
fn one_rule_is_named_if_it_is_enough() {
    let rules =
        vec![rule(0, &[1], a0(Less, 4)), rule(1, &[1], a0(Less, 10)), rule(2, &[1], a0(Less, 7))];
    assert_eq!(found(rules), [unreachable(2, &[1])]);
}

#[test]
fn a_mask_and_a_range_are_compared_by_what_they_mean() {
    let rules = vec![
        rule(0, &[1], masked(!7, Equal, 0)),
        rule(1, &[1], a0(Less, 8)),
        rule(2, &[1], masked(8, NotEqual, 0)),
        rule(3, &[1], a0(Equal, 8)),
    ];
    assert_eq!(found(rules), [unreachable(1, &[0]), unreachable(3, &[2])]);
}

#[test]
fn a_group_is_fine_as_long_as_one_of_its_numbers_is_left_to_it() {
    let decided = |last| {
        vec![
            rule(0, &[1, 2], Condition::Always),
            rule(1, &[3], Condition::Always),
            rule(2, last, Condition::Always),
        ]
    };
    assert_eq!(found(decided(&[1, 2, 3, 4])), []);
    assert_eq!(found(decided(&[1, 2, 3])), [unreachable(2, &[0, 1])]);
    assert_eq!(found(decided(&[2])), [unreachable(2, &[0])]);
}

#[test]
fn with_several_abis_a_rule_is_unreachable_only_if_it_is_so_in_all_of_them() {
    let early = |origin, numbers: &[u32]| rule(origin, numbers, Condition::Always);
    let parts = |arm| vec![(Abi::Aarch64, vec![early(0, &[1]), early(1, &[1])]), (Abi::Arm, arm)];
    let reached_on_arm = policy(parts(vec![early(0, &[5]), early(1, &[6])]));
    assert_eq!(check(&reached_on_arm), []);
    let nowhere = policy(parts(vec![early(0, &[6]), early(1, &[6])]));
    assert_eq!(check(&nowhere), [unreachable(1, &[0])]);
    let missing_on_arm = policy(parts(vec![early(0, &[6])]));
    assert_eq!(check(&missing_on_arm), [unreachable(1, &[0])]);
}

#[test]
fn a_condition_that_no_call_meets_is_a_contradiction_and_decides_nothing() {
    let never = Condition::All(vec![a0(Less, 5), a0(Greater, 5)]);
    let rules = vec![rule(0, &[1], never), rule(1, &[1], Condition::Always)];
    assert_eq!(found(rules), [Finding::Contradiction { rule: Origin(0) }]);
    let impossible = masked(6, Equal, 1);
    let findings = found(vec![rule(0, &[1], impossible)]);
    assert_eq!(findings, [Finding::Contradiction { rule: Origin(0) }]);
    assert!(!findings[0].is_warning());
}

#[test]
fn a_condition_that_every_call_meets_is_worth_a_warning() {
    let always = Condition::Any(vec![a0(Less, 5), a0(GreaterOrEqual, 5)]);
    let findings = found(vec![rule(4, &[1], always)]);
    assert_eq!(findings, [Finding::AlwaysTrue { rule: Origin(4) }]);
    assert!(findings[0].is_warning());
    assert_eq!(findings[0].rule(), Origin(4));
    let unwritten = Condition::All(vec![]);
    assert_eq!(found(vec![rule(4, &[1], unwritten)]), []);
}

#[test]
fn a_condition_that_is_always_true_on_one_abi_only_is_not_reported() {
    let below = |width| compare(A0, width, Less, Value::Known(1 << 32));
    let low_word = Condition::Any(vec![
        masked(0xffff_ffff, Equal, 0),
        compare(A0, Width::W32, NotEqual, Value::Known(0)),
    ]);
    let parts = vec![
        (Abi::Arm, vec![rule(0, &[1], low_word)]),
        (Abi::Aarch64, vec![rule(0, &[1], below(Width::W64))]),
    ];
    assert_eq!(check(&policy(parts)), []);
}

#[test]
fn two_mentions_of_one_symbol_are_equal() {
    let rules = vec![rule(0, &[1], symbol(Equal, 3)), rule(1, &[1], symbol(Equal, 3))];
    assert_eq!(found(rules), [unreachable(1, &[0])]);
    let rules = vec![rule(0, &[1], symbol(GreaterOrEqual, 3)), rule(1, &[1], symbol(Greater, 3))];
    assert_eq!(found(rules), [unreachable(1, &[0])]);
    let both = Condition::All(vec![symbol(Less, 3), symbol(Equal, 3)]);
    assert_eq!(found(vec![rule(0, &[1], both)]), [Finding::Contradiction { rule: Origin(0) }]);
    let either = Condition::Any(vec![symbol(Less, 3), symbol(GreaterOrEqual, 3)]);
    assert_eq!(found(vec![rule(0, &[1], either)]), [Finding::AlwaysTrue { rule: Origin(0) }]);
}

#[test]
fn nothing_is_claimed_that_depends_on_a_symbols_value() {
    let rules = vec![
        rule(0, &[1], a0(Less, u64::MAX)),
        rule(1, &[1], symbol(Equal, 3)),
        rule(2, &[1], symbol(Equal, 4)),
        rule(3, &[1], Condition::All(vec![symbol(Less, 3), symbol(Greater, 4)])),
    ];
    assert_eq!(found(rules), []);
}

#[test]
fn findings_come_in_the_order_of_the_policy() {
    let rules = vec![
        rule(9, &[1], Condition::Always),
        rule(5, &[1], a0(Equal, 1)),
        rule(2, &[2], Condition::Any(vec![])),
    ];
    let expected = [unreachable(5, &[9]), Finding::Contradiction { rule: Origin(2) }];
    assert_eq!(found(rules), expected);
}
