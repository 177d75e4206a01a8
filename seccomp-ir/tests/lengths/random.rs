//! Random policies of one to four rules, similar to hand-written ones: masks, sets, ranges and orders on
//! one to three arguments.

use fastrand::Rng;
use seccomp_ir::abi::Abi;
use seccomp_ir::abi::ArgumentIndex::{self, A1};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width,
};

/// The policy of this seed.
pub(crate) fn policy(seed: u64) -> Policy {
    let rng = &mut Rng::with_seed(seed);
    let abi = [Abi::X86_64, Abi::S390x, Abi::Arm][rng.usize(..3)];
    // Each argument has one width, as the kernel declares it.
    let widest = if abi == Abi::Arm { Width::W32 } else { Width::W64 };
    let widths: [Width; 3] = std::array::from_fn(|_| if rng.bool() { Width::W32 } else { widest });
    let arguments = rng.u8(1..=3);
    let numbers: Vec<u32> = (0..rng.usize(1..=2)).map(|_| 16 + rng.u32(..40)).collect();
    let rules = (0..rng.u32(1..=4))
        .map(|origin| {
            let parts = (0..rng.usize(1..=3)).map(|_| {
                let argument = usize::from(rng.u8(..arguments));
                part(rng, ArgumentIndex::ALL[argument], widths[argument])
            });
            let parts = parts.collect();
            let action = match rng.u8(..3) {
                0 => PolicyAction::Action(Action::Errno(1 + rng.u16(..2))),
                _ => PolicyAction::Action(Action::Allow),
            };
            Rule {
                numbers: vec![numbers[rng.usize(..numbers.len())]],
                condition: Condition::All(parts),
                action,
                hot: false,
                origin: Origin(origin),
            }
        })
        .collect();
    let kill = PolicyAction::Action(Action::KillProcess);
    let default = if rng.u8(..4) == 0 { PolicyAction::Action(Action::Errno(1)) } else { kill };
    Policy::new(PolicyParts {
        abis: vec![AbiPolicy { abi, rules, unknown: None, default }],
        bad_arch: kill,
    })
    .unwrap()
}

/// Rules about one word, with one to three conditions together: whether each allows, and its condition.
pub(crate) fn one_word(seed: u64) -> Vec<(bool, Condition)> {
    let rng = &mut Rng::with_seed(seed);
    // Lists of values do not concern masks, and would make the search too large.
    let one = |rng: &mut Rng| loop {
        let part = part(rng, A1, Width::W32);
        if !matches!(&part, Condition::Any(values) if values.len() > 3) {
            return part;
        }
    };
    match rng.u8(..5) {
        0 => vec![(true, Condition::All(vec![one(rng), one(rng)]))],
        1 => vec![(true, Condition::Any(vec![one(rng), one(rng)]))],
        2 => vec![(false, one(rng)), (true, one(rng))],
        3 => vec![(true, Condition::All(vec![one(rng), one(rng), one(rng)]))],
        _ => vec![(false, one(rng)), (true, Condition::All(vec![one(rng), one(rng)]))],
    }
}

/// One condition of a rule.
fn part(rng: &mut Rng, argument: ArgumentIndex, width: Width) -> Condition {
    let of = |operator, mask: Option<u64>, value: u64| {
        let (mask, value) =
            (mask.map(Value::Known), Value::Known(value & mask.unwrap_or(u64::MAX)));
        Condition::Compare(Comparison { argument, width, signed: false, mask, operator, value })
    };
    match rng.u8(..10) {
        0 | 1 => {
            let count = rng.usize(2..=8);
            Condition::Any((0..count).map(|_| of(Operator::Equal, None, value(rng))).collect())
        }
        2 => {
            let (a, b) = (value(rng), value(rng));
            let (first, last) = (a.min(b), a.max(b).max(1));
            Condition::All(vec![
                of(Operator::GreaterOrEqual, None, first.max(1)),
                of(Operator::LessOrEqual, None, last),
            ])
        }
        3 => of(order(rng), None, value(rng).max(1)),
        4 | 5 => {
            let equal = if rng.u8(..4) == 0 { Operator::NotEqual } else { Operator::Equal };
            of(equal, None, value(rng))
        }
        6 => {
            let mask = mask(rng);
            let count = rng.usize(2..=3);
            let any =
                (0..count).map(|_| of(Operator::Equal, Some(mask), value(rng) << 4 | value(rng)));
            Condition::Any(any.collect())
        }
        7 => of(order(rng), Some(mask(rng)), value(rng).max(1)),
        8 => {
            let clear = if rng.bool() { Operator::Equal } else { Operator::NotEqual };
            of(clear, Some(mask(rng)), 0)
        }
        _ => {
            let equal = if rng.u8(..4) == 0 { Operator::NotEqual } else { Operator::Equal };
            of(equal, Some(mask(rng)), value(rng) | value(rng) << 8)
        }
    }
}

fn order(rng: &mut Rng) -> Operator {
    *rng.choice(&[
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ])
    .unwrap()
}

/// A small number, a command of `ioctl`, a flag, or any number.
fn value(rng: &mut Rng) -> u64 {
    match rng.u8(..8) {
        0..=2 => rng.u64(..20),
        3 | 4 => 0x5400 + rng.u64(..0x60),
        5 => 1 << rng.u32(..32),
        6 => 1000 * rng.u64(1..1000),
        _ => u64::from(rng.u32(..)),
    }
}

fn mask(rng: &mut Rng) -> u64 {
    match rng.u8(..8) {
        0 => 0xf,
        1 => 0xff,
        2 => 0xff00,
        3 => 0xffff,
        4 => 0x7e02_0000,
        5 => 1 << rng.u32(..32),
        6 => 0xffff_0000 >> rng.u32(..16),
        _ => u64::from(rng.u32(1..)),
    }
}
