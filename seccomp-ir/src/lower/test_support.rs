//! Random policies, and what steps, functions and trees make of a call: for the tests of this folder.

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View, WordTest};
use super::attempt::{Attempt, Chains, How};
use super::budgets::Budgets;
use super::condition_functions::{Conditions, WordMeaning};
use super::cost::INSTRUCTION;
use super::function_node::{Function, FunctionNode, LeafId};
use super::graph::{GraphStep, StepGraph, StepId};
use super::test_trees::{TestTree, TreeId, Trees};
use crate::abi::{Abi, ArgumentIndex, Call, Endian, Half};
use crate::action::Action;
use crate::filter::SymbolOperand;
use crate::policy::{
    AbiPolicy, Comparison, Condition, Operator, Origin, Policy, PolicyAction, PolicyParts, Rule,
    Symbol, Value, Width,
};
use crate::seeds::{Seeded, seeds};

/// The numbers of the calls that random policies name.
pub(super) const NUMBERS: [u32; 3] = [3, 4, 9];

/// The random numbers of a test, from the first seed that the environment names, or from `own`.
pub(super) fn rng(own: u64) -> Seeded {
    Seeded::with_seed(seeds(own..own + 1).start)
}

/// A random policy for x86_64 of one to five rules on two arguments of few calls.
pub(super) fn policy(rng: &mut fastrand::Rng, symbols: bool) -> Policy {
    let actions = [Action::Allow, Action::Errno(1), Action::KillProcess].map(PolicyAction::Action);
    let mut rules = Vec::new();
    for origin in 0..rng.u32(1..6) {
        let mut numbers: Vec<u32> = NUMBERS.into_iter().filter(|_| rng.bool()).collect();
        if numbers.is_empty() {
            numbers.push(NUMBERS[0]);
        }
        let condition = condition(rng, 2, symbols);
        let action = actions[rng.usize(..2)];
        rules.push(Rule { numbers, condition, action, hot: rng.bool(), origin: Origin(origin) });
    }
    let part = AbiPolicy { abi: Abi::X86_64, rules, unknown: None, default: actions[2] };
    Policy::new(PolicyParts { abis: vec![part], bad_arch: actions[2] }).expect("a valid policy")
}

/// A random condition on the first two arguments; `deep` says how deep it may be.
pub(super) fn condition(rng: &mut fastrand::Rng, deep: u32, symbols: bool) -> Condition {
    if deep > 0 && rng.u32(..3) > 0 {
        let parts = |rng: &mut fastrand::Rng| {
            (0..rng.usize(1..4)).map(|_| condition(rng, deep - 1, symbols)).collect()
        };
        return match rng.u32(..3) {
            0 => Condition::All(parts(rng)),
            1 => Condition::Any(parts(rng)),
            _ => Condition::Not(Box::new(condition(rng, deep - 1, symbols))),
        };
    }
    Condition::Compare(comparison(rng, symbols))
}

/// A random comparison. With a symbol, if `symbols`.
pub(super) fn comparison(rng: &mut fastrand::Rng, symbols: bool) -> Comparison {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let width = [Width::W16, Width::W32, Width::W64][rng.usize(..3)];
    let operator = [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual][rng.usize(..6)];
    let value = if symbols && rng.bool() {
        Value::Symbol(Symbol(rng.u32(..4)))
    } else {
        Value::Known(number(rng) & width.ones())
    };
    let mask = match rng.u32(..4) {
        0 => Some(Value::Known(
            [0xff, 0xf0, 0x8000_0001, 0xffff_0000_ffff][rng.usize(..4)] & width.ones(),
        )),
        _ => None,
    };
    let signed = mask.is_none() && rng.bool();
    Comparison {
        argument: ArgumentIndex::ALL[usize::from(rng.u8(..2))],
        width,
        signed,
        mask,
        operator,
        value,
    }
}

/// A number near those that random comparisons name.
pub(super) fn number(rng: &mut fastrand::Rng) -> u64 {
    match rng.u32(..4) {
        0 => u64::MAX - rng.u64(..2),
        1 => (1 << 32) + rng.u64(..7),
        _ => rng.u64(..8),
    }
}

/// A call with one of the numbers of random policies.
pub(super) fn call(rng: &mut fastrand::Rng) -> Call {
    let args = [number(rng), number(rng), rng.u64(..), 0, 0, 0];
    Call::new(Abi::X86_64, NUMBERS[rng.usize(..3)], args)
}

/// The way that users get.
pub(super) fn attempt(policy: &Policy) -> Attempt<'_> {
    let how = How::Searched { instruction: INSTRUCTION };
    Attempt { policy, frequency: &|_, _| 0, budgets: Budgets::DEFAULT, how, chains: Chains::OfNone }
}

/// The action of `function` for these arguments. None if a chain decides.
pub(super) fn action(
    conditions: &Conditions,
    mut function: Function,
    args: &[u64; 6],
) -> Option<PolicyAction> {
    loop {
        function = conditions.asked(function);
        let FunctionNode::Split { bit, low, high } = conditions.functions.node(function) else {
            return conditions.action_of(function);
        };
        let is_set = match conditions.word_meaning(bit.word()) {
            WordMeaning::Argument(word) => view(View::whole(word), args) >> bit.place() & 1 == 1,
            WordMeaning::Test(test) => test_holds(test, args),
        };
        function = if is_set { high } else { low };
    }
}

/// The outcome of a tree for `word`, and what it costs for a value of this weight, counting steps.
pub(super) fn outcome(trees: &Trees, mut tree: TreeId, word: u32) -> (LeafId, u64) {
    let (mut accumulator, mut steps) = (word, 0);
    loop {
        tree = match trees.tree(tree) {
            TestTree::Outcome(outcome) => return (outcome, steps),
            TestTree::Test { relation, value, yes, no } => {
                if relation_holds(relation, accumulator, value) { yes } else { no }
            }
            TestTree::Keep { mask, then } => {
                accumulator &= mask;
                then
            }
            TestTree::Load { then } => {
                accumulator = word;
                then
            }
        };
        steps += 1;
    }
}

/// The value of each symbol in the tests of this folder.
pub(super) fn value_of(symbol: Symbol) -> u64 {
    [5, 0x1_0000_0005, u64::MAX, 0][symbol.0 as usize % 4]
}

pub(super) fn operand(operand: TestOperand) -> u32 {
    match operand {
        TestOperand::Known(value) => value,
        TestOperand::Symbol(
            symbol @ (SymbolOperand::Word { symbol: of, .. } | SymbolOperand::ReturnErrno(of)),
        ) => symbol.resolve(value_of(of)),
    }
}

pub(super) fn relation_holds(relation: TestRelation, left: u32, right: u32) -> bool {
    match relation {
        TestRelation::Equal => left == right,
        TestRelation::Greater => left > right,
        TestRelation::GreaterOrEqual => left >= right,
        TestRelation::AnyBit => left & right != 0,
    }
}

/// The content of the accumulator that `view` describes.
pub(super) fn view(View { word, mask, flip }: View, args: &[u64; 6]) -> u32 {
    let ArgumentWord { argument, half } = word;
    let whole = args[argument as usize];
    let half = if half == Half::High { (whole >> 32) as u32 } else { whole as u32 };
    (half & mask.map_or(u32::MAX, operand)) ^ flip
}

pub(super) fn test_holds(test: WordTest, args: &[u64; 6]) -> bool {
    relation_holds(test.relation, view(test.view, args), operand(test.operand))
}

/// The action at the end of the path that a call takes from `first`, where the accumulator holds
/// `accumulator`.
pub(super) fn run(
    graph: &StepGraph,
    first: StepId,
    call: &Call,
    endian: Endian,
    mut accumulator: u32,
) -> PolicyAction {
    let mut step = first;
    loop {
        step = match graph.step(step) {
            GraphStep::Return(action) => return action,
            GraphStep::Load { offset, next } => {
                accumulator = call.word(offset, endian).expect("an offset of a word");
                next
            }
            GraphStep::And { operand: mask, next } => {
                accumulator &= operand(mask);
                next
            }
            GraphStep::Xor { bits, next } => {
                accumulator ^= bits;
                next
            }
            GraphStep::Branch { relation, operand: right, yes, no } => {
                if relation_holds(relation, accumulator, operand(right)) { yes } else { no }
            }
        };
    }
}
