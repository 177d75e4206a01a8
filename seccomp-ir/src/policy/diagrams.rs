//! A policy's conditions and actions as diagrams: the same as [`super::meaning()`], for all calls at
//! once. Comparisons are built over the bits of whole arguments. How a filter splits arguments
//! into words plays no part here, except where a symbol leaves no other way.

use super::{
    AbiPolicy, Comparison, Condition, Operator, Policy, PolicyAction, Rule, Unknown, Value,
};
use crate::abi::{Abi, Half};
use crate::diagram::input::{Atoms, InputWord, LeftOperand, Order, RightOperand, opaque};
use crate::diagram::{Diagrams, Leaf, Ref, TooLarge};

/// The leaf of an action. Two actions differ if a filter returns different values for them.
pub(crate) fn leaf(action: PolicyAction) -> Leaf {
    match action {
        PolicyAction::Action(action) => {
            Leaf { kind: Leaf::RETURN, value: action.to_return_value() }
        }
        PolicyAction::ErrnoOf(symbol) => Leaf { kind: Leaf::ERRNO_OF, value: symbol.0 },
    }
}

/// Makes functions of calls.
pub(crate) struct PolicyDiagrams<'a> {
    pub(crate) diagrams: &'a mut Diagrams,
    pub(crate) symbols: Symbols<'a>,
}

/// How a comparison with a symbol is represented.
pub(crate) enum Symbols<'a> {
    /// By comparisons of words with the symbol's words, and the facts about their order.
    Ordered(&'a mut Atoms),
    /// By one input about which nothing is known. Two comparisons share an input only if they are the
    /// same or opposite. The list has the comparisons so far.
    Opaque(&'a mut Vec<Comparison>),
}

impl PolicyDiagrams<'_> {
    /// The action of `policy` for every call.
    pub(crate) fn function(&mut self, policy: &Policy) -> Result<Ref, TooLarge> {
        let mut function = self.diagrams.leaf(leaf(policy.bad_arch))?;
        for part in policy.abis.iter().rev() {
            let served = self.served(part)?;
            let function_of_part = self.function_of_part(part)?;
            function = self.diagrams.choose(served, function_of_part, function)?;
        }
        Ok(function)
    }

    /// The calls through the ABI of `part`.
    pub(crate) fn served(&mut self, part: &AbiPolicy) -> Result<Ref, TooLarge> {
        self.calls_of(part.abi)
    }

    /// The calls that belong to an ABI.
    pub(crate) fn calls_of(&mut self, abi: Abi) -> Result<Ref, TooLarge> {
        let (first, last) = abi.numbers();
        let arch = self.one_of(InputWord::ARCH, &[abi.audit_arch()], 31)?;
        let from_first = self.number_at_least(first)?;
        let beyond = match last.checked_add(1) {
            Some(next) => self.number_at_least(next)?,
            None => Ref::FALSE,
        };
        let numbers = self.diagrams.choose(beyond, Ref::FALSE, from_first)?;
        let skipped = self.one_of(InputWord::NR, &[Abi::SKIPPED], 31)?;
        let numbers = self.diagrams.or(skipped, numbers)?;
        self.diagrams.and(arch, numbers)
    }

    fn function_of_part(&mut self, part: &AbiPolicy) -> Result<Ref, TooLarge> {
        let mut function = self.diagrams.leaf(leaf(part.default))?;
        if let Some(unknown) = &part.unknown {
            let calls = self.unknown(unknown)?;
            let action = self.diagrams.leaf(leaf(unknown.action))?;
            function = self.diagrams.choose(calls, action, function)?;
        }
        for rule in part.rules.iter().rev() {
            let calls = self.matched(rule)?;
            let action = self.diagrams.leaf(leaf(rule.action))?;
            function = self.diagrams.choose(calls, action, function)?;
        }
        Ok(function)
    }

    /// The calls that the tables do not know.
    pub(crate) fn unknown(&mut self, unknown: &Unknown) -> Result<Ref, TooLarge> {
        let known = self.one_of(InputWord::NR, &unknown.known, 31)?;
        self.diagrams.not(known)
    }

    /// The calls that `rule` matches, without regard to earlier rules.
    pub(crate) fn matched(&mut self, rule: &Rule) -> Result<Ref, TooLarge> {
        let numbers = self.one_of(InputWord::NR, &rule.numbers, 31)?;
        let condition = self.condition(&rule.condition)?;
        self.diagrams.and(numbers, condition)
    }

    /// The calls for which `condition` holds.
    pub(crate) fn condition(&mut self, condition: &Condition) -> Result<Ref, TooLarge> {
        match condition {
            Condition::Always => Ok(Ref::TRUE),
            Condition::Compare(comparison) => self.comparison(comparison),
            Condition::All(parts) => {
                let mut all = Ref::TRUE;
                for part in parts.iter().rev() {
                    let part = self.condition(part)?;
                    all = self.diagrams.and(part, all)?;
                }
                Ok(all)
            }
            Condition::Any(parts) => {
                let mut any = Ref::FALSE;
                for part in parts.iter().rev() {
                    let part = self.condition(part)?;
                    any = self.diagrams.or(part, any)?;
                }
                Ok(any)
            }
            Condition::Not(inner) => {
                let inner = self.condition(inner)?;
                self.diagrams.not(inner)
            }
        }
    }

    fn comparison(&mut self, comparison: &Comparison) -> Result<Ref, TooLarge> {
        let ones = comparison.width.ones();
        match (comparison.mask.unwrap_or(Value::Known(u64::MAX)), comparison.value) {
            (Value::Known(mask), Value::Known(value)) => {
                self.known_comparison(comparison, mask & ones, value & ones)
            }
            (mask, value) => match &mut self.symbols {
                Symbols::Ordered(atoms) => {
                    symbolic_comparison(self.diagrams, atoms, comparison, mask, value)
                }
                Symbols::Opaque(known) => opaque_comparison(self.diagrams, known, comparison),
            },
        }
    }

    /// `argument & mask operator value`, decided at the most significant bit in which they differ.
    fn known_comparison(
        &mut self,
        comparison: &Comparison,
        mask: u64,
        value: u64,
    ) -> Result<Ref, TooLarge> {
        let outcome = Outcomes::of(comparison.operator);
        let sign = comparison.sign();
        let mut so_far = Ref::constant(outcome.equal);
        for bit in 0..comparison.width.bits() {
            let set = |bits: u64| bits >> bit & 1 == 1;
            let decide = |argument: bool| {
                let left = (argument && set(mask)) != set(sign);
                let right = set(value) != set(sign);
                match (left, right) {
                    (false, true) => Ref::constant(outcome.less),
                    (true, false) => Ref::constant(outcome.greater),
                    _ => so_far,
                }
            };
            let (zero, one) = (decide(false), decide(true));
            let half = if bit < 32 { Half::Low } else { Half::High };
            let level = InputWord::argument(comparison.argument, half).level(bit % 32);
            so_far = self.diagrams.ask(level, zero, one)?;
        }
        Ok(so_far)
    }

    /// The calls whose `word` is among `values` (ascending, equal above `bit`).
    pub(crate) fn one_of(
        &mut self,
        word: InputWord,
        values: &[u32],
        bit: u32,
    ) -> Result<Ref, TooLarge> {
        let Some(first) = values.first() else { return Ok(Ref::FALSE) };
        let least_with_bit = (first >> bit | 1) << bit;
        let (Ok(split) | Err(split)) = values.binary_search(&least_with_bit);
        let (zeros, ones) = values.split_at(split);
        let (zero, one) = if bit == 0 {
            (Ref::constant(!zeros.is_empty()), Ref::constant(!ones.is_empty()))
        } else {
            (self.one_of(word, zeros, bit - 1)?, self.one_of(word, ones, bit - 1)?)
        };
        self.diagrams.ask(word.level(bit), zero, one)
    }

    fn number_at_least(&mut self, first: u32) -> Result<Ref, TooLarge> {
        let mut so_far = Ref::TRUE;
        for bit in 0..32 {
            let (zero, one) =
                if first >> bit & 1 == 1 { (Ref::FALSE, so_far) } else { (so_far, Ref::TRUE) };
            so_far = self.diagrams.ask(InputWord::NR.level(bit), zero, one)?;
        }
        Ok(so_far)
    }
}

/// A comparison whose mask or value is a symbol: the high words decide unless they are equal.
fn symbolic_comparison(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    comparison: &Comparison,
    mask: Value,
    value: Value,
) -> Result<Ref, TooLarge> {
    let outcome = Outcomes::of(comparison.operator);
    let mut so_far = Ref::constant(outcome.equal);
    for &half in &[Half::Low, Half::High] {
        let (keep, flip) = (half.of(comparison.width.ones()), half.of(comparison.sign()));
        if keep == 0 {
            continue;
        }
        let whole = LeftOperand::word(InputWord::argument(comparison.argument, half)).masked(keep);
        let left = match mask {
            Value::Known(mask) => whole.masked(half.of(mask)),
            Value::Symbol(symbol) => whole.masked_by(symbol.0, half),
        };
        let right = match value {
            Value::Known(value) => RightOperand::Known((half.of(value) & keep) ^ flip),
            Value::Symbol(symbol) => RightOperand::Symbol { symbol: symbol.0, half, keep, flip },
        };
        let Order { less, equal } = atoms.order(diagrams, left.flipped(flip), right)?;
        let unequal =
            diagrams.choose(less, Ref::constant(outcome.less), Ref::constant(outcome.greater))?;
        so_far = diagrams.choose(equal, so_far, unequal)?;
    }
    Ok(so_far)
}

/// A comparison as an input of its own, or as the negation of an existing one.
fn opaque_comparison(
    diagrams: &mut Diagrams,
    known: &mut Vec<Comparison>,
    comparison: &Comparison,
) -> Result<Ref, TooLarge> {
    let (operator, opposite) = match comparison.operator {
        Operator::NotEqual => (Operator::Equal, true),
        Operator::Less => (Operator::GreaterOrEqual, true),
        Operator::LessOrEqual => (Operator::Greater, true),
        operator => (operator, false),
    };
    let comparison = Comparison { operator, ..*comparison };
    let mut index = 0;
    while index < known.len() && known[index] != comparison {
        index += 1;
    }
    if index == known.len() {
        known.push(comparison);
    }
    diagrams.ask(opaque(index), Ref::constant(opposite), Ref::constant(!opposite))
}

/// The result of an operator for the three ways in which two numbers can be ordered.
struct Outcomes {
    less: bool,
    equal: bool,
    greater: bool,
}

impl Outcomes {
    fn of(operator: Operator) -> Self {
        let (less, equal, greater) = operator.outcomes();
        Self { less, equal, greater }
    }
}
