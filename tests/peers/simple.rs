//! Policies that every compiler of filters can express: some calls, each always or under
//! alternatives of unsigned comparisons, with one action for calls that match and one for the rest.

use std::collections::BTreeMap;

use fastrand::Rng;
use seccomp_ir::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{Opcode, SockFilter};
use seccomp_ir::filter::Filter;
use seccomp_ir::lower::lower;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Value, Width,
};
use seccomp_ir::prove::{Refusal, prove};

/// The condition of one call: alternatives, in each of which all comparisons must hold. Without
/// alternatives, every such call matches.
pub(crate) type Alternatives = Vec<Vec<Test>>;

/// One comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test {
    pub(crate) argument: ArgumentIndex,
    pub(crate) wide: bool,
    pub(crate) relation: Relation,
    pub(crate) value: u64,
}

/// The operator of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relation {
    Is(Operator),
    /// Equal under a mask. The value has no bits outside the mask.
    MaskedEqual(u64),
}

/// A policy as a peer gets it, with calls of any kind `C`: names or numbers.
#[derive(Clone, Debug)]
pub(crate) struct Simple<C> {
    pub(crate) calls: BTreeMap<C, Alternatives>,
    pub(crate) matched: Action,
    pub(crate) default: Action,
    pub(crate) bad_arch: Action,
}

/// Whether 64-bit comparisons, 32-bit ones, or both may be drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Widths {
    Narrow,
    Wide,
    Both,
}

const VALUES: [u64; 12] =
    [0, 1, 2, 5, 0x5412, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 3 << 32, !0xff, u64::MAX];

impl<C: Clone + Ord> Simple<C> {
    /// A policy on some of `calls`.
    pub(crate) fn random(rng: &mut Rng, calls: &[C], widths: Widths, bad_arch: Action) -> Self {
        let actions = [
            Action::Allow,
            Action::Errno(rng.u16(0..4096)),
            Action::KillProcess,
            Action::KillThread,
            Action::Log,
            Action::Trap(0),
        ];
        let matched = rng.usize(..actions.len());
        let default = (matched + rng.usize(1..actions.len())) % actions.len();
        let mut chosen = BTreeMap::new();
        for _ in 0..rng.usize(1..12) {
            let alternatives = if rng.bool() { 0 } else { rng.usize(1..4) };
            let alternatives = (0..alternatives).map(|_| tests(rng, widths)).collect();
            chosen.insert(calls[rng.usize(..calls.len())].clone(), alternatives);
        }
        Self { calls: chosen, matched: actions[matched], default: actions[default], bad_arch }
    }

    /// The same as a policy; `number` gives the number of a call through an ABI that has it.
    pub(crate) fn policy(&self, abis: &[Abi], number: &dyn Fn(Abi, &C) -> Option<u32>) -> Policy {
        let part = |&abi: &Abi| {
            let rules = self.calls.iter().filter_map(|(call, alternatives)| {
                Some(Rule {
                    numbers: vec![number(abi, call)?],
                    condition: condition(alternatives),
                    action: PolicyAction::Action(self.matched),
                    hot: false,
                    origin: Origin(0),
                })
            });
            let default = PolicyAction::Action(self.default);
            AbiPolicy { abi, rules: rules.collect(), unknown: None, default }
        };
        let abis = abis.iter().map(part).collect();
        let bad_arch = PolicyAction::Action(self.bad_arch);
        Policy::new(PolicyParts { abis, bad_arch }).unwrap()
    }
}

fn tests(rng: &mut Rng, widths: Widths) -> Vec<Test> {
    let mut arguments = ArgumentIndex::ALL;
    rng.shuffle(&mut arguments);
    let count = 1 + rng.usize(0..2) * rng.usize(0..3);
    arguments[..count].iter().map(|&argument| test(rng, widths, argument)).collect()
}

fn test(rng: &mut Rng, widths: Widths, argument: ArgumentIndex) -> Test {
    let wide = widths == Widths::Wide || (widths == Widths::Both && rng.bool());
    let ones = if wide { u64::MAX } else { u32::MAX.into() };
    let value = match rng.u8(0..3) {
        0 => rng.u64(..),
        _ => VALUES[rng.usize(..VALUES.len())],
    } & ones;
    if rng.u8(0..5) == 0 {
        let mask = rng.u64(..) & ones & if rng.bool() { 0xffff } else { u64::MAX };
        return Test { argument, wide, relation: Relation::MaskedEqual(mask), value: value & mask };
    }
    let operator = Operator::ALL[rng.usize(..Operator::ALL.len())];
    Test { argument, wide, relation: Relation::Is(operator), value }
}

fn condition(alternatives: &Alternatives) -> Condition {
    if alternatives.is_empty() {
        return Condition::Always;
    }
    let all = |tests: &Vec<Test>| Condition::All(tests.iter().map(comparison).collect());
    Condition::Any(alternatives.iter().map(all).collect())
}

fn comparison(test: &Test) -> Condition {
    let (mask, operator) = match test.relation {
        Relation::Is(operator) => (None, operator),
        Relation::MaskedEqual(mask) => (Some(Value::Known(mask)), Operator::Equal),
    };
    Condition::Compare(Comparison {
        argument: test.argument,
        width: if test.wide { Width::W64 } else { Width::W32 },
        signed: false,
        mask,
        operator,
        value: Value::Known(test.value),
    })
}

/// Whether `instructions` have the action of `policy` for every call, or why not. A peer may look at
/// arguments of calls that are always allowed, because that changes no action.
pub(crate) fn equal(policy: &Policy, instructions: Vec<SockFilter>) -> Result<(), Refusal> {
    match prove(policy, &Filter { instructions, relocations: Vec::new() }) {
        Ok(_) | Err(Refusal::NotConstant { .. }) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Panics unless this project's own filter for `policy` is proven.
pub(crate) fn assert_compiled(policy: &Policy) {
    let filter = lower(policy, &seccomp_ir::table::frequency).unwrap();
    prove(policy, &filter).unwrap_or_else(|refusal| panic!("{refusal}\n{policy:#?}"));
}

/// `instructions` behind a test that gives calls of x86_64 and x32 with the numbers `first` to
/// `last` this action, so that an explained difference does not show.
pub(crate) fn with_x86_numbers_decided(
    instructions: &[SockFilter],
    (first, last): (u32, u32),
    action: Action,
) -> Vec<SockFilter> {
    let mut all = vec![
        SockFilter::statement(Opcode::LD_W_ABS, Call::ARCH),
        SockFilter::jump(Opcode::JEQ_K, Abi::X86_64.audit_arch(), 0, 4),
        SockFilter::statement(Opcode::LD_W_ABS, Call::NR),
        SockFilter::jump(Opcode::JGE_K, first, 0, 2),
        SockFilter::jump(Opcode::JGT_K, last, 1, 0),
        SockFilter::statement(Opcode::RET_K, action.to_return_value()),
    ];
    all.extend(instructions);
    all
}
