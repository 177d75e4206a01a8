//! Policies and calls made at random from a seed, near the values where policies change their mind.

use seccomp_ir::abi::{Abi, SeccompData};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, Rule, Symbol, Unknown, Value,
    Verdict, Width,
};

/// A generator of numbers (xorshift64*, Vigna 2016): the same from one seed everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }
}

/// How many values a policy leaves to rustc at most.
pub(crate) const SYMBOLS: u64 = 3;

const VALUES: &[u64] = &[
    0,
    1,
    2,
    3,
    4,
    6,
    8,
    0x7f,
    0x80,
    0xff,
    0x5401,
    0x5421,
    0x7fff,
    0x8000,
    0xffff,
    0x2_0008,
    0x7e02_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ff9c,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ff9c,
    0xffff_ffff_ffff_ffff,
];

fn value(random: &mut Random) -> u64 {
    match random.below(6) {
        0 => random.next(),
        1 => random.below(16),
        _ => *random.pick(VALUES),
    }
}

fn maybe_symbol(random: &mut Random, symbols: bool) -> Value {
    if symbols && random.one_in(4) {
        Value::Symbol(Symbol(random.below(SYMBOLS) as u32))
    } else {
        Value::Known(value(random))
    }
}

fn comparison(random: &mut Random, symbols: bool) -> Comparison {
    let operators = [
        Operator::Equal,
        Operator::Equal,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ];
    Comparison {
        argument: random.below(3) as u8,
        width: *random.pick(&[Width::W8, Width::W16, Width::W32, Width::W32, Width::W64]),
        signed: random.one_in(3),
        mask: random.one_in(3).then(|| maybe_symbol(random, symbols)),
        operator: *random.pick(&operators),
        value: maybe_symbol(random, symbols),
    }
}

/// A condition with at most `depth` levels.
pub(crate) fn condition(random: &mut Random, depth: u32, symbols: bool) -> Condition {
    let parts = |random: &mut Random| -> Vec<Condition> {
        let count = random.below(4);
        (0..count).map(|_| condition(random, depth - 1, symbols)).collect()
    };
    match random.below(if depth == 0 { 4 } else { 8 }) {
        4 => Condition::All(parts(random)),
        5 | 6 => Condition::Any(parts(random)),
        7 => Condition::Not(Box::new(condition(random, depth - 1, symbols))),
        _ => Condition::Compare(comparison(random, symbols)),
    }
}

fn verdict(random: &mut Random, symbols: bool) -> Verdict {
    if symbols && random.one_in(10) {
        return Verdict::ErrnoOf(Symbol(random.below(SYMBOLS) as u32));
    }
    Verdict::Action(*random.pick(&[
        Action::Allow,
        Action::Allow,
        Action::Allow,
        Action::Errno(1),
        Action::Errno(38),
        Action::KillProcess,
        Action::Log,
        Action::Notify,
    ]))
}

fn number(random: &mut Random, abi: Abi) -> u32 {
    let base = if abi == Abi::X32 { Abi::X32_BIT } else { 0 };
    base + match random.below(8) {
        0 => random.below(500) as u32,
        1 => 0xf0001 + random.below(6) as u32,
        _ => random.below(24) as u32,
    }
}

fn part(random: &mut Random, abi: Abi, symbols: bool) -> AbiPolicy {
    let rules = 1 + random.below(12);
    let rules = (0..rules)
        .map(|index| {
            let mut numbers: Vec<u32> =
                (0..1 + random.below(4)).map(|_| number(random, abi)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let condition =
                if random.one_in(3) { Condition::Always } else { condition(random, 2, symbols) };
            Rule {
                numbers,
                condition,
                verdict: verdict(random, symbols),
                hot: random.one_in(5),
                origin: Origin(index as u32),
            }
        })
        .collect();
    let unknown = random.one_in(3).then(|| {
        let base = if abi == Abi::X32 { Abi::X32_BIT } else { 0 };
        Unknown {
            first: base + 20 + random.below(20) as u32,
            except: if random.one_in(2) { vec![base + 0xf0002, base + 0xf0005] } else { vec![] },
            verdict: verdict(random, symbols),
        }
    });
    AbiPolicy { abi, rules, unknown, default: verdict(random, symbols) }
}

/// A policy for one or several ABIs.
pub(crate) fn policy(random: &mut Random, symbols: bool) -> Policy {
    let sets: &[&[Abi]] = &[
        &[Abi::X86_64],
        &[Abi::X86_64],
        &[Abi::X86_64, Abi::X86],
        &[Abi::X86_64, Abi::X32, Abi::X86],
        &[Abi::X32],
        &[Abi::Aarch64, Abi::Arm],
        &[Abi::S390x],
        &[Abi::S390x, Abi::S390],
        &[Abi::Riscv64],
    ];
    let abis = random.pick(sets).iter().map(|&abi| part(random, abi, symbols)).collect();
    Policy { abis, bad_arch: verdict(random, symbols) }
}

fn interesting(condition: &Condition, values: &mut Vec<u64>, symbols: &dyn Fn(Symbol) -> u64) {
    match condition {
        Condition::Always => {}
        Condition::Compare(comparison) => {
            let known = |value| match value {
                Value::Known(known) => known,
                Value::Symbol(symbol) => symbols(symbol),
            };
            let value = known(comparison.value);
            let near = [value, value.wrapping_add(1), value.wrapping_sub(1), !value];
            values.extend(near);
            if let Some(mask) = comparison.mask {
                let mask = known(mask);
                values.extend(near.map(|value| value & mask));
                values.extend(near.map(|value| value | !mask));
                values.extend([mask, !mask]);
            }
        }
        Condition::All(all) | Condition::Any(all) => {
            all.iter().for_each(|part| interesting(part, values, symbols));
        }
        Condition::Not(inner) => interesting(inner, values, symbols),
    }
}

/// `count` calls near the values that `policy` looks at.
pub(crate) fn calls(
    random: &mut Random,
    policy: &Policy,
    symbols: &dyn Fn(Symbol) -> u64,
    count: usize,
) -> Vec<SeccompData> {
    let mut arches = vec![0, Abi::Aarch64.audit_arch(), Abi::X86_64.audit_arch()];
    let mut numbers = vec![0, 1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX];
    let mut values = VALUES.to_vec();
    for part in &policy.abis {
        arches.extend([part.abi.audit_arch(); 3]);
        for rule in &part.rules {
            for &number in &rule.numbers {
                numbers.extend([number, number, number.wrapping_sub(1), number + 1]);
                numbers.push(number ^ Abi::X32_BIT);
            }
            interesting(&rule.condition, &mut values, symbols);
        }
        if let Some(unknown) = &part.unknown {
            numbers.extend([unknown.first, unknown.first - 1]);
            numbers.extend(&unknown.except);
        }
    }
    (0..count)
        .map(|_| {
            let mut call = SeccompData {
                nr: *random.pick(&numbers),
                arch: *random.pick(&arches),
                instruction_pointer: random.next(),
                args: [0; 6],
            };
            for argument in &mut call.args {
                *argument = *random.pick(&values);
                match random.below(8) {
                    0 => *argument ^= 1 << random.below(64),
                    1 => *argument ^= 1 << 32,
                    2 => *argument = argument.rotate_right(32),
                    _ => {}
                }
            }
            call
        })
        .collect()
}
