//! Policies with everything that the checked form can have, made from arbitrary bytes.

use arbitrary::{Result, Unstructured};
use seccomp_ir::abi::{Abi, ArgumentIndex, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Unknown, Value, Width,
};

/// The most values of rustc in a policy.
pub const SYMBOLS: u32 = 3;

/// Limits for a policy.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The number of values of rustc.
    pub symbols: bool,
    /// The most ABIs.
    pub abis: usize,
    /// The most rules for each ABI.
    pub rules: usize,
    /// The most levels of a condition.
    pub depth: u32,
    /// Whether all rules of an ABI are about one call, and compare all six arguments alike, every
    /// other time under a mask.
    pub one_call: bool,
}

impl Shape {
    /// Every construct, and a size that the proof handles in milliseconds.
    pub const ANY: Self = Self { symbols: true, abis: 3, rules: 10, depth: 3, one_call: false };
}

/// Numbers at the limits of comparisons, words, widths and signs.
const EDGES: [u64; 24] = [
    0,
    1,
    2,
    3,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x5412,
    0x7e02_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x1234_5678_9abc_def0,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ff9c,
    u64::MAX,
];

/// A policy of that shape.
pub fn policy(u: &mut Unstructured<'_>, shape: Shape) -> Result<Policy> {
    let first = *u.choose(Abi::ALL)?;
    let mut abis = vec![first];
    // A policy with several ABIs is for ABIs of one kernel; x86_64 and x32 share `arch`.
    let related = |abi: Abi, endian: Endian| abi.endian() == endian;
    for _ in 1..u.int_in_range(1..=shape.abis.max(1))? {
        let next = *u.choose(match first {
            Abi::X86_64 | Abi::X32 | Abi::X86 => &[Abi::X32, Abi::X86_64, Abi::X86],
            _ => Abi::ALL,
        })?;
        if related(next, first.endian()) && !abis.contains(&next) {
            abis.push(next);
        }
    }
    let mut origin = 0;
    let mut parts = Vec::new();
    for abi in abis {
        parts.push(part(u, shape, abi, &mut origin)?);
    }
    let parts = PolicyParts { abis: parts, bad_arch: action(u, shape)? };
    Ok(Policy::new(parts).expect("what is drawn is a policy"))
}

fn part(u: &mut Unstructured<'_>, shape: Shape, abi: Abi, origin: &mut u32) -> Result<AbiPolicy> {
    let default = action(u, shape)?;
    let unknown = if u.ratio(1, 3)? { Some(unknown(u, shape, abi)?) } else { None };
    let mut rules = Vec::new();
    for _ in 0..u.int_in_range(0..=shape.rules)? {
        rules.push(rule(u, shape, abi, Origin(*origin))?);
        *origin += 1;
    }
    Ok(AbiPolicy { abi, rules, unknown, default })
}

fn unknown(u: &mut Unstructured<'_>, shape: Shape, abi: Abi) -> Result<Unknown> {
    // Numbers below one of these, as in a table, and a few above it.
    let first = abi.numbers().0;
    let end = number(u, abi)?.min(first + 500);
    let mut known = (first..end).collect::<Vec<_>>();
    for _ in 0..u.int_in_range(0..=3)? {
        known.push(number(u, abi)?);
    }
    known.sort_unstable();
    known.dedup();
    Ok(Unknown { known, action: action(u, shape)? })
}

fn rule(u: &mut Unstructured<'_>, shape: Shape, abi: Abi, origin: Origin) -> Result<Rule> {
    if shape.one_call {
        let (numbers, condition) = (vec![abi.numbers().0 + 9], condition(u, shape, shape.depth)?);
        return Ok(Rule { numbers, condition, action: action(u, shape)?, hot: false, origin });
    }
    let mut numbers = vec![number(u, abi)?];
    match u.int_in_range(0..=5)? {
        0 => {
            for _ in 0..u.int_in_range(1..=6)? {
                numbers.push(number(u, abi)?);
            }
        }
        1 => {
            let last = abi.numbers().1;
            let run = u.int_in_range(1..=20)?;
            numbers = (numbers[0]..=last.min(numbers[0].saturating_add(run))).collect();
        }
        _ => {}
    }
    numbers.sort_unstable();
    numbers.dedup();
    let condition =
        if u.ratio(1, 4)? { Condition::Always } else { condition(u, shape, shape.depth)? };
    Ok(Rule { numbers, condition, action: action(u, shape)?, hot: u.ratio(1, 8)?, origin })
}

/// Only a few different numbers, so that rules meet, and the first and last numbers of the ABI.
fn number(u: &mut Unstructured<'_>, abi: Abi) -> Result<u32> {
    let (first, last) = abi.numbers();
    Ok(match u.int_in_range(0..=15)? {
        0 => last - u.int_in_range(0..=2)?,
        1 => first + u.int_in_range(0..=0xf_0005)?,
        2 => first + u.int_in_range(200..=460)?,
        _ => first + u.int_in_range(0..=12)?,
    })
}

fn action(u: &mut Unstructured<'_>, shape: Shape) -> Result<PolicyAction> {
    if shape.symbols && u.ratio(1, 12)? {
        return Ok(PolicyAction::ErrnoOf(symbol(u)?));
    }
    let action = match u.int_in_range(0..=13)? {
        0..=3 => Action::Allow,
        4 => Action::KillProcess,
        5 => Action::KillThread,
        6 => Action::Trap(u.arbitrary()?),
        7 => Action::Errno(u.int_in_range(0..=Action::MAX_ERRNO)?),
        8 => Action::Notify,
        9 => Action::Trace(u.arbitrary()?),
        10 => Action::Log,
        11 => Action::Errno(38),
        _ => Action::Errno(1),
    };
    Ok(PolicyAction::Action(action))
}

fn condition(u: &mut Unstructured<'_>, shape: Shape, depth: u32) -> Result<Condition> {
    let form = if depth == 0 { 0 } else { u.int_in_range(0..=9)? };
    Ok(match form {
        0..=4 => Condition::Compare(comparison(u, shape)?),
        5 | 6 => Condition::All(conditions(u, shape, depth - 1)?),
        7 | 8 => Condition::Any(conditions(u, shape, depth - 1)?),
        _ => Condition::Not(Box::new(condition(u, shape, depth - 1)?)),
    })
}

fn conditions(u: &mut Unstructured<'_>, shape: Shape, depth: u32) -> Result<Vec<Condition>> {
    let count = match u.int_in_range(0..=15)? {
        0 => 0,
        1 => 12,
        n => 1 + n % 4,
    };
    (0..count).map(|_| condition(u, shape, depth)).collect()
}

fn comparison(u: &mut Unstructured<'_>, shape: Shape) -> Result<Comparison> {
    use ArgumentIndex::{A0, A1, A2, A3, A4, A5};
    // Two arguments occur often, the others sometimes.
    let arguments: &[ArgumentIndex] =
        if shape.one_call { &ArgumentIndex::ALL } else { &[A0, A0, A0, A1, A1, A2, A3, A4, A5] };
    Ok(Comparison {
        argument: *u.choose(arguments)?,
        width: *u.choose(&[
            Width::W64,
            Width::W64,
            Width::W32,
            Width::W32,
            Width::W16,
            Width::W8,
        ])?,
        signed: u.ratio(1, 3)?,
        mask: if u.ratio(1, if shape.one_call { 2 } else { 4 })? {
            Some(value(u, shape)?)
        } else {
            None
        },
        operator: *u.choose(&[
            Operator::Equal,
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
        ])?,
        value: value(u, shape)?,
    })
}

fn value(u: &mut Unstructured<'_>, shape: Shape) -> Result<Value> {
    if shape.symbols && u.ratio(1, 4)? {
        return Ok(Value::Symbol(symbol(u)?));
    }
    Ok(Value::Known(match u.int_in_range(0..=7)? {
        0 => u.arbitrary()?,
        1 | 2 => u.int_in_range(0..=9)?,
        3 => 1 << u.int_in_range(0..=63)?,
        _ => *u.choose(&EDGES)?,
    }))
}

fn symbol(u: &mut Unstructured<'_>) -> Result<Symbol> {
    Ok(Symbol(u.int_in_range(0..=SYMBOLS - 1)?))
}
