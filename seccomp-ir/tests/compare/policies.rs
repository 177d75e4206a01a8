//! Comparisons with policies.

use arbitrary::Unstructured;
use seccomp_ir::abi::ArgumentIndex::{A0, A1, A2};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::compare::{Difference, PolicyComparison, Side, canonical, compare};
use seccomp_ir::filter::Filter;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Value, Width, meaning,
};
use seccomp_ir::table;
use seccomp_test_support::calls::{boundary, symbols};
use seccomp_test_support::compare::lowered;
use seccomp_test_support::policies::{SYMBOLS, Shape, policy};
use seccomp_test_support::seeds::{Seeded, are_named, seeds};
use seccomp_test_support::workloads::workloads;

fn side(policy: &Policy) -> Side<'_> {
    Side::Policy { policy, symbols: &[] }
}

fn filter_side<'a>(filter: &'a Filter, policy: &Policy) -> Side<'a> {
    Side::Filter { instructions: &filter.instructions, endian: policy.endian() }
}

fn random(seed: u64, shape: Shape) -> Policy {
    let mut rng = Seeded::with_seed(seed);
    let mut bytes = vec![0; 2048];
    rng.fill(&mut bytes);
    policy(&mut Unstructured::new(&bytes), shape).expect("bytes are never short")
}

#[test]
fn a_compiled_filter_is_the_same_as_its_policy() {
    let shape = Shape { symbols: false, rules: 6, ..Shape::ANY };
    let random = seeds(0..40).map(|seed| random(seed, shape));
    let mut compared = 0;
    for policy in workloads().iter().map(|workload| workload.policy()).chain(random) {
        let Some(filter) = lowered(&policy) else { continue };
        let found = compare(side(&policy), filter_side(&filter, &policy));
        assert_eq!(found, Ok(PolicyComparison::default()), "{policy:#?}");
        let bytes = canonical(side(&policy));
        assert!(bytes.is_ok() && bytes == canonical(filter_side(&filter, &policy)));
        compared += 1;
    }
    assert!(are_named() || compared > 40, "{compared} policies");
}

/// A policy and the same with one rule changed: on every call near the values where the action of either policy changes, the
/// comparison agrees with the reference.
#[test]
fn a_changed_rule_is_found_and_shown_by_a_call() {
    let (mut pairs, mut same, mut found) = (0, 0, [0; 3]);
    let names: Vec<String> = (0..SYMBOLS).map(|symbol| format!("self::S{symbol}")).collect();
    for seed in seeds(0..160) {
        let with_symbols = seed % 4 == 0;
        let shape = Shape { symbols: with_symbols, rules: 6, ..Shape::ANY };
        let left = random(seed, shape);
        let mut rng = Seeded::with_seed(seed);
        let Some(right) = changed(&left, &mut rng) else { continue };
        let of = |policy| Side::Policy { policy, symbols: &names };
        let comparison = compare(of(&left), of(&right)).expect("small policies");
        for (difference, witness) in comparison.witnesses() {
            let Call { arch, nr, .. } = witness.call;
            for part in left.abis.iter().filter(|part| part.abi.has_call(arch, nr)) {
                let is_listed = comparison.calls.contains(&(difference, part.abi, nr));
                let is_known = table::name(part.abi, nr).is_some();
                assert_eq!(is_listed, is_known, "seed {seed}: {witness:x?}");
            }
            assert!(witness.confirmed || with_symbols, "seed {seed}: {witness:x?}");
            if witness.confirmed {
                let value = |Symbol(symbol): Symbol| {
                    let name = &names[symbol as usize];
                    let known = witness.symbols.iter().find(|(other, _)| other == name);
                    known.map_or(0, |(_, value)| *value)
                };
                assert_eq!(meaning(&left, &witness.call, &value), witness.left);
                assert_eq!(meaning(&right, &witness.call, &value), witness.right);
                assert_eq!(Difference::between(witness.left, witness.right), Some(difference));
            }
        }
        let kinds: Vec<Difference> = comparison.witnesses().map(|(kind, _)| kind).collect();
        let values = symbols(&mut rng, &left, true);
        let value_of = |Symbol(symbol): Symbol| values[symbol as usize];
        let mut calls = boundary(&mut rng, &left, &values);
        calls.extend(boundary(&mut rng, &right, &values));
        for call in calls {
            let (before, after) =
                (meaning(&left, &call, &value_of), meaning(&right, &call, &value_of));
            if let Some(difference) = Difference::between(before, after) {
                assert!(kinds.contains(&difference), "seed {seed}: {call:x?} {difference:?}");
            }
        }
        for (kind, found) in Difference::ALL.iter().zip(&mut found) {
            *found += usize::from(kinds.contains(kind));
        }
        if !with_symbols {
            crate::export::policies(&format!("policy {seed}"), &left, &right, &comparison);
            let have_same_bytes = canonical(of(&left)) == canonical(of(&right));
            assert_eq!(have_same_bytes, comparison.is_same(), "seed {seed}");
        }
        same += usize::from(comparison.is_same());
        pairs += 1;
    }
    println!("{pairs} pairs, {same} the same, {found:?} wider, narrower, otherwise");
    assert!(are_named() || found.iter().all(|found| *found > 10), "{found:?}");
}

/// The policy with one rule changed, left out or moved to the end; `None` if it has no rule.
fn changed(policy: &Policy, rng: &mut Seeded) -> Option<Policy> {
    let mut parts = policy.clone().into_parts();
    let part = rng.usize(..parts.abis.len());
    let rules = &mut parts.abis[part].rules;
    if rules.is_empty() {
        return None;
    }
    let at = rng.usize(..rules.len());
    match rng.u8(..4) {
        0 => drop(rules.remove(at)),
        1 => {
            let rule = rules.remove(at);
            rules.push(rule);
        }
        2 => {
            let actions = [Action::Allow, Action::Log, Action::Errno(1), Action::Errno(13)];
            rules[at].action = PolicyAction::Action(actions[rng.usize(..4)]);
        }
        _ => rules[at].condition = Condition::Not(Box::new(rules[at].condition.clone())),
    }
    Some(Policy::new(parts).expect("the parts are still those of a policy"))
}

fn number(name: &str) -> u32 {
    table::number(Abi::X86_64, name).expect("a call of x86_64")
}

fn rule(name: &str, condition: Condition, action: Action) -> Rule {
    let action = PolicyAction::Action(action);
    Rule { numbers: vec![number(name)], condition, action, hot: false, origin: Origin(0) }
}

fn of_rules(rules: Vec<Rule>, default: Action) -> Policy {
    let default = PolicyAction::Action(default);
    let part = AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default };
    let bad_arch = PolicyAction::Action(Action::KillProcess);
    Policy::new(PolicyParts { abis: vec![part], bad_arch }).expect("a policy")
}

fn fd(operator: Operator, value: Value) -> Condition {
    let (argument, width, signed, mask) = (A0, Width::W32, true, None);
    Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
}

#[test]
fn the_call_that_shows_a_difference_is_one_that_people_know() {
    let known = |value| fd(Operator::Equal, Value::Known(value));
    let before = of_rules(vec![rule("read", known(3), Action::Allow)], Action::Errno(1));
    let after = of_rules(
        vec![
            rule("read", known(4), Action::Allow),
            rule("socket", Condition::Always, Action::Errno(13)),
        ],
        Action::Errno(1),
    );
    let found = compare(side(&before), side(&after)).expect("small policies");
    let call = |name: &str, fd| Call::new(Abi::X86_64, number(name), [fd, 0, 0, 0, 0, 0]);
    let shown = |difference| {
        let witness = found.witnesses().find(|(kind, _)| *kind == difference);
        let (_, witness) = witness.expect("a difference of each kind");
        (witness.call, witness.left, witness.right)
    };
    let (allow, denied) = (Action::Allow, Action::Errno(1));
    assert_eq!(shown(Difference::Wider), (call("read", 4), denied, allow));
    assert_eq!(shown(Difference::Narrower), (call("read", 3), allow, denied));
    assert_eq!(shown(Difference::Otherwise), (call("socket", 0), denied, Action::Errno(13)));
    let of = |difference, name: &str| (difference, Abi::X86_64, number(name));
    let all = [
        of(Difference::Wider, "read"),
        of(Difference::Narrower, "read"),
        of(Difference::Otherwise, "socket"),
    ];
    assert_eq!(found.calls, all);
}

#[test]
fn a_change_of_the_default_shows_a_call_that_the_tables_know() {
    let rules = vec![rule("read", Condition::Always, Action::Allow)];
    let (kill, allow) =
        (of_rules(rules.clone(), Action::KillProcess), of_rules(rules, Action::Allow));
    let found = compare(side(&kill), side(&allow)).expect("small policies");
    assert!(found.narrower.is_none() && found.otherwise.is_none());
    let call = found.wider.as_ref().expect("a wider call").call;
    assert_eq!((call.arch, call.nr), (Abi::X86_64.audit_arch(), number("write")));
    // Every call but one.
    assert_eq!(found.calls.len() + 1, table::calls(Abi::X86_64).count());
}

#[test]
fn symbols_are_the_same_if_their_texts_are() {
    let of = |operator| {
        let condition = fd(operator, Value::Symbol(Symbol(0)));
        of_rules(vec![rule("read", condition, Action::Allow)], Action::KillProcess)
    };
    let (equal, at_most) = (of(Operator::Equal), of(Operator::LessOrEqual));
    let (log, null) = (["self::LOG".to_owned()], ["self::NULL".to_owned()]);
    let side = |policy, symbols| Side::Policy { policy, symbols };
    let same = compare(side(&equal, &log), side(&equal, &log)).expect("small policies");
    assert!(same.is_same());

    // `fd <= LOG` lets more happen for each value of LOG but the least, and nothing less.
    let found = compare(side(&equal, &log), side(&at_most, &log)).expect("small policies");
    assert!(found.narrower.is_none() && found.otherwise.is_none());
    let witness = found.wider.expect("a wider call");
    assert!(witness.confirmed, "{witness:?}");
    let [(name, value)] = &witness.symbols[..] else { panic!("{witness:?}") };
    assert_eq!(name, "self::LOG");
    assert!((witness.call.args[0] as i32) < *value as i32, "{witness:?}");

    // Other texts may be other values.
    let found = compare(side(&equal, &log), side(&equal, &null)).expect("small policies");
    for witness in [found.wider, found.narrower] {
        let witness = witness.expect("a call for each direction");
        assert!(witness.confirmed && witness.symbols[0].1 != witness.symbols[1].1, "{witness:?}");
    }
}

#[test]
fn an_errno_that_is_a_symbol_differs_from_every_number() {
    let of = |action| {
        let default = PolicyAction::Action(Action::KillProcess);
        let rule = Rule { action, ..rule("read", Condition::Always, Action::Allow) };
        let part = AbiPolicy { abi: Abi::X86_64, rules: vec![rule], unknown: None, default };
        Policy::new(PolicyParts { abis: vec![part], bad_arch: default }).expect("a policy")
    };
    let symbol = of(PolicyAction::ErrnoOf(Symbol(0)));
    let names = ["self::CODE".to_owned()];
    for errno in [0, 1, 38] {
        let number = of(PolicyAction::Action(Action::Errno(errno)));
        let symbol = Side::Policy { policy: &symbol, symbols: &names };
        let found = compare(symbol, side(&number)).expect("small policies");
        assert!(found.wider.is_none() && found.narrower.is_none());
        let witness = found.otherwise.expect("another errno");
        assert!(witness.confirmed && witness.left != witness.right, "{witness:?}");
    }
}

/// No diagram of these conditions is small; rules of the same form need none.
#[test]
fn large_policies_are_compared_call_by_call() {
    let mut rng = Seeded::with_seed(5);
    let mut masks = Vec::new();
    for _ in 0..40 {
        let mask = Value::Known(rng.u64(..) & rng.u64(..) & rng.u64(..));
        let value = Value::Known(rng.u64(..));
        let part = |argument| {
            Condition::Compare(Comparison {
                argument,
                width: Width::W64,
                signed: false,
                mask: Some(mask),
                operator: Operator::Less,
                value,
            })
        };
        masks.push(Condition::All(vec![part(A0), part(A1), part(A2)]));
    }
    let large = rule("read", Condition::Any(masks), Action::Allow);
    let small = rule("write", Condition::Always, Action::Allow);
    let before = of_rules(vec![large.clone(), small], Action::KillProcess);
    let same = compare(side(&before), side(&before)).expect("the same rules");
    assert!(same.is_same());
    let after = of_rules(vec![large], Action::KillProcess);
    let found = compare(side(&before), side(&after)).expect("one rule less");
    assert!(found.wider.is_none() && found.otherwise.is_none());
    assert_eq!(found.narrower.expect("a narrower call").call.nr, number("write"));
    assert_eq!(found.calls, [(Difference::Narrower, Abi::X86_64, number("write"))]);
}
