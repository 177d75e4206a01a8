//! Conditions on one word whose shortest filters are known: found by exhaustive search over all decision
//! graphs of loads of the word, `AND`, `JEQ`, `JGT`, `JGE`, `JSET` and returns, each proven equal.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width,
};

/// A condition on the word, with the least length and longest path of a filter, its returns included.
#[derive(Debug)]
pub struct Known {
    /// The condition in the notation of C.
    pub name: &'static str,
    /// The rules: whether each allows, and its condition.
    pub rules: Vec<(bool, Condition)>,
    /// The number of instructions.
    pub length: usize,
    /// The number of steps on the longest path.
    pub depth: usize,
}

/// A whole filter has these instructions more: two for the architecture, two for the number.
pub const FRAME: usize = 4;

/// The second argument of `ioctl`, of 32 bits, under a mask.
fn is(mask: u64, operator: Operator, value: u64) -> Condition {
    let (argument, width, signed) = (ArgumentIndex::A1, Width::W32, false);
    let mask = (mask != 0xffff_ffff).then_some(Value::Known(mask));
    let value = Value::Known(value);
    Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
}

/// The policy with these rules about the second argument of `ioctl`, each with whether it allows.
///
/// # Panics
///
/// If a rule is invalid.
#[must_use]
pub fn policy(rules: &[(bool, Condition)]) -> Policy {
    let rule = |(index, (allows, condition)): (usize, &(bool, Condition))| {
        let action = if *allows { Action::Allow } else { Action::Errno(1) };
        Rule {
            numbers: vec![16],
            condition: condition.clone(),
            action: PolicyAction::Action(action),
            hot: false,
            origin: Origin(index as u32),
        }
    };
    let kill = PolicyAction::Action(Action::KillProcess);
    let rules = rules.iter().enumerate().map(rule).collect();
    let part = AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: kill };
    Policy::new(PolicyParts { abis: vec![part], bad_arch: kill }).unwrap()
}

/// Policies that people write, each with the length that its filter must not exceed: the length of its
/// chain, or a shorter length that is known to be possible.
#[must_use]
pub fn everyday() -> Vec<(&'static str, Policy, usize)> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, NotEqual};
    const ALL: u64 = 0xffff_ffff;
    let all = Condition::All;
    let (allow, errno) = (true, false);
    let of = |argument, mask: Option<u64>, value| {
        let (width, signed, mask) = (Width::W64, false, mask.map(Value::Known));
        let (operator, value) = (Equal, Value::Known(value));
        Condition::Compare(Comparison { argument, width, signed, mask, operator, value })
    };
    // tests/12-sim-basic_masked_ops.c of libseccomp 2.5.4.
    let five = [
        (None, 1),
        (Some(0xff), 1),
        (Some(0xffff), 11),
        (Some(0xffff), 111),
        (Some(0xff00), 0x300),
    ];
    let five = five.map(|(mask, value)| {
        (
            allow,
            all(vec![
                of(ArgumentIndex::A0, None, 0),
                of(ArgumentIndex::A1, mask, value),
                of(ArgumentIndex::A2, None, 2),
            ]),
        )
    });
    vec![
        (
            "TIOCSTI is denied, the rest of its group allowed",
            policy(&[(errno, is(ALL, Equal, 0x5412)), (allow, is(0xff00, Equal, 0x5400))]),
            11,
        ),
        (
            "a group, or TCGETS",
            policy(&[(
                allow,
                Condition::Any(vec![is(0xff00, Equal, 0x6400), is(ALL, Equal, 0x5401)]),
            )]),
            10,
        ),
        (
            "a group but TIOCSTI",
            policy(&[(allow, all(vec![is(0xff00, Equal, 0x5400), is(ALL, NotEqual, 0x5412)]))]),
            11,
        ),
        (
            "from 1000 on, ending in 8",
            policy(&[(allow, all(vec![is(ALL, GreaterOrEqual, 1000), is(0xf, Equal, 8)]))]),
            10,
        ),
        (
            "a range of users under a mask",
            policy(&[(allow, all(vec![is(ALL, GreaterOrEqual, 100_000), is(0xffff, Less, 1000)]))]),
            11,
        ),
        (
            "a group, with bits, above a command",
            policy(&[(
                allow,
                all(vec![
                    is(0xff00, Equal, 0x6400),
                    is(0xc000_0000, NotEqual, 0),
                    is(ALL, Greater, 0x4008_6401),
                ]),
            )]),
            12,
        ),
        ("five rules with masks", policy(&five), 40),
    ]
}

/// The conditions whose shortest filters are known.
#[must_use]
pub fn known() -> Vec<Known> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, NotEqual};
    const ALL: u64 = 0xffff_ffff;
    let all = Condition::All;
    let any = Condition::Any;
    let (allow, errno) = (true, false);
    let row =
        |name, length, depth, rules: Vec<(bool, Condition)>| Known { name, rules, length, depth };
    vec![
        row(
            r"errno `v == 0x5412`, allow `v & 0xff00 == 0x5400`",
            7,
            5,
            vec![(errno, is(ALL, Equal, 0x5412)), (allow, is(0xff00, Equal, 0x5400))],
        ),
        row(
            r"allow `v & 0xff00 == 0x6400 \|\| v == 0x5401`",
            6,
            5,
            vec![(allow, any(vec![is(0xff00, Equal, 0x6400), is(ALL, Equal, 0x5401)]))],
        ),
        row(
            r"allow `v & 0xff00 == 0x5400 && v != 0x5412`",
            6,
            5,
            vec![(allow, all(vec![is(0xff00, Equal, 0x5400), is(ALL, NotEqual, 0x5412)]))],
        ),
        row(
            r"allow `v & 0xff00 == 0x6400 && v & 0xc0000000 != 0 && v > 0x40086401`",
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
        row(
            r"allow `v >= 1000 && v & 0xf == 8`",
            6,
            5,
            vec![(allow, all(vec![is(ALL, GreaterOrEqual, 1000), is(0xf, Equal, 8)]))],
        ),
        row(
            r"allow `v >= 100000 && v & 0xffff < 1000`",
            6,
            5,
            vec![(allow, all(vec![is(ALL, GreaterOrEqual, 100_000), is(0xffff, Less, 1000)]))],
        ),
        row(
            r"allow `v & 0xff == 17 && v & 0x7e020000 == 0 && v != 17`",
            6,
            5,
            vec![(
                allow,
                all(vec![is(0xff, Equal, 17), is(0x7e02_0000, Equal, 0), is(ALL, NotEqual, 17)]),
            )],
        ),
        row(
            r"allow `v & 0xff00 == 0x5400 \|\| v & 0xff == 0x11`",
            8,
            6,
            vec![(allow, any(vec![is(0xff00, Equal, 0x5400), is(0xff, Equal, 0x11)]))],
        ),
        row(
            r"errno `v == 3`, allow `v & 0xf in {1, 2, 3}`",
            7,
            5,
            vec![
                (errno, is(ALL, Equal, 3)),
                (allow, any((1..4).map(|value| is(0xf, Equal, value)).collect())),
            ],
        ),
        row(
            r"allow `v & 0xff in {0, 8} && v & 0x200000 == 0 && v != 0xffffffff`",
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
