//! Conditions on one word whose shortest filters are known: found by exhaustive search over all decision
//! graphs of loads of the word, `AND`, `JEQ`, `JGT`, `JGE`, `JSET` and returns, each proven equal.

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyParts, Rule, Value, Verdict,
    Width,
};

/// What rules say of the word, and the least length and longest path of a filter, with its returns.
pub(crate) struct Known {
    pub(crate) rules: Vec<(bool, Condition)>,
    pub(crate) length: usize,
    pub(crate) depth: usize,
}

/// A filter has so many instructions more: two for the architecture, two for the number.
pub(crate) const FRAME: usize = 4;

/// The second argument of `ioctl`, of 32 bits, under a mask.
fn is(mask: u64, operator: Operator, value: u64) -> Condition {
    let (argument, width, signed) = (1, Width::W32, false);
    let mask = (mask != 0xffff_ffff).then_some(Value::Known(mask));
    let value = Value::Known(value);
    Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
}

pub(crate) fn policy(rules: &[(bool, Condition)]) -> Policy {
    let rule = |(index, (allows, condition)): (usize, &(bool, Condition))| {
        let action = if *allows { Action::Allow } else { Action::Errno(1) };
        Rule {
            numbers: vec![16],
            condition: condition.clone(),
            verdict: Verdict::Action(action),
            hot: false,
            origin: Origin(index as u32),
        }
    };
    let kill = Verdict::Action(Action::KillProcess);
    let rules = rules.iter().enumerate().map(rule).collect();
    let part = AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill };
    Policy::new(PolicyParts { abis: vec![part], bad_arch: kill }).unwrap()
}

pub(crate) fn known() -> Vec<Known> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, NotEqual};
    const ALL: u64 = 0xffff_ffff;
    let all = Condition::All;
    let any = Condition::Any;
    let (allow, errno) = (true, false);
    let row = |length, depth, rules: Vec<(bool, Condition)>| Known { rules, length, depth };
    vec![
        row(7, 5, vec![(errno, is(ALL, Equal, 0x5412)), (allow, is(0xff00, Equal, 0x5400))]),
        row(6, 5, vec![(allow, any(vec![is(0xff00, Equal, 0x6400), is(ALL, Equal, 0x5401)]))]),
        row(6, 5, vec![(allow, all(vec![is(0xff00, Equal, 0x5400), is(ALL, NotEqual, 0x5412)]))]),
        row(
            6,
            5,
            vec![(
                allow,
                all(vec![
                    is(0xff00, Equal, 0x6400),
                    is(0xc000_0000, NotEqual, 0),
                    is(ALL, Greater, 0x4008_6401),
                ]),
            )],
        ),
        row(6, 5, vec![(allow, all(vec![is(ALL, GreaterOrEqual, 1000), is(0xf, Equal, 8)]))]),
        row(
            6,
            5,
            vec![(allow, all(vec![is(ALL, GreaterOrEqual, 100_000), is(0xffff, Less, 1000)]))],
        ),
        row(
            6,
            5,
            vec![(
                allow,
                all(vec![is(0xff, Equal, 17), is(0x7e02_0000, Equal, 0), is(ALL, NotEqual, 17)]),
            )],
        ),
        row(8, 6, vec![(allow, any(vec![is(0xff00, Equal, 0x5400), is(0xff, Equal, 0x11)]))]),
        row(
            7,
            5,
            vec![
                (errno, is(ALL, Equal, 3)),
                (allow, any((1..4).map(|value| is(0xf, Equal, value)).collect())),
            ],
        ),
        row(
            4,
            3,
            vec![(
                allow,
                all(vec![
                    any(vec![is(0xff, Equal, 0), is(0xff, Equal, 8)]),
                    is(0x20_0000, Equal, 0),
                    is(ALL, NotEqual, ALL),
                ]),
            )],
        ),
    ]
}
