//! The rules of a call as a plan: conditions on one argument, each with what comes next where it holds and where
//! it fails.
//!
//! The order of conditions is the one in which they are written, or one that puts conditions on the same
//! argument together. If all of several conditions must hold, or one of them, their order does not change the meaning.

use crate::abi::ArgumentIndex;
use crate::diagram::Leaf;
use crate::policy::diagrams::leaf;
use crate::policy::{AbiPolicy, Comparison, Condition, Operator, PolicyAction, RuleIndex, Value};

/// The order of conditions where any order means the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanOrder {
    /// As written.
    Written,
    /// Those on the same argument together, those under a mask after those on the whole argument.
    MasksLast,
}

/// The index of a step of a [`Plan`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PlanIndex(pub(super) usize);

pub(super) enum PlanStep<'a> {
    /// This is the action.
    Action(Leaf),
    /// Whether one of these comparisons holds, each negated if the flag is set.
    Decide { any: Vec<(&'a Condition, bool)>, yes: PlanIndex, no: PlanIndex },
}

/// The rules of a call as conditions, one after the other.
pub(super) struct Plan<'a> {
    pub(super) steps: Vec<PlanStep<'a>>,
    pub(super) first: PlanIndex,
    order: PlanOrder,
}

/// One of several conditions; at least one of them must hold.
enum PlanAlternative<'a> {
    Always,
    /// One of these comparisons of the same bits of the same argument.
    Compare {
        subject: Option<ComparedBits>,
        any: Vec<(&'a Condition, bool)>,
    },
    /// All of these, each negated if the flag is set.
    All(&'a [Condition], bool),
}

/// The bits that a comparison compares: the argument, its width in bits, the mask.
type ComparedBits = (ArgumentIndex, u32, u64);

impl<'a> Plan<'a> {
    /// The plan for these rules of `part`.
    pub(super) fn of(
        part: &'a AbiPolicy,
        rules: &[RuleIndex],
        otherwise: PolicyAction,
        order: PlanOrder,
    ) -> Self {
        let mut plan =
            Self { steps: vec![PlanStep::Action(leaf(otherwise))], first: PlanIndex(0), order };
        for &rule in rules.iter().rev() {
            let rule = part.rule(rule);
            let action = plan.add(PlanStep::Action(leaf(rule.action)));
            plan.first = plan.any(std::slice::from_ref(&rule.condition), false, action, plan.first);
        }
        plan
    }

    fn add(&mut self, step: PlanStep<'a>) -> PlanIndex {
        self.steps.push(step);
        PlanIndex(self.steps.len() - 1)
    }

    /// Leads to `yes` if one of `conditions` holds, each negated if `negated`, else to `no`.
    fn any(
        &mut self,
        conditions: &'a [Condition],
        negated: bool,
        yes: PlanIndex,
        no: PlanIndex,
    ) -> PlanIndex {
        let mut alternatives = Vec::new();
        for condition in conditions {
            take_apart(condition, negated, &mut alternatives);
        }
        let mut order: Vec<(u64, u64)> = Vec::with_capacity(alternatives.len());
        for alternative in &alternatives {
            let key = match (self.order, alternative) {
                (PlanOrder::Written, _) | (_, PlanAlternative::Always) => 0,
                (_, PlanAlternative::Compare { any, .. }) => key(any),
                (_, PlanAlternative::All(..)) => u64::MAX,
            };
            order.push((key, order.len() as u64));
        }
        order.sort_unstable();
        let mut next = no;
        for &(_, index) in order.iter().rev() {
            next = match &mut alternatives[index as usize] {
                PlanAlternative::Always => yes,
                PlanAlternative::Compare { any, .. } => {
                    let any = std::mem::take(any);
                    self.add(PlanStep::Decide { any, yes, no: next })
                }
                // All hold unless one fails.
                PlanAlternative::All(all, negated) => self.any(all, !*negated, next, yes),
            };
        }
        next
    }
}

/// Adds a condition, negated if `negated`, to the alternatives.
fn take_apart<'a>(condition: &'a Condition, negated: bool, to: &mut Vec<PlanAlternative<'a>>) {
    match condition {
        Condition::Always if negated => {}
        Condition::Always => to.push(PlanAlternative::Always),
        Condition::Compare(comparison) => {
            let subject = subject(comparison);
            for alternative in to.iter_mut() {
                if let PlanAlternative::Compare { subject: other @ Some(_), any, .. } = alternative
                {
                    if *other == subject {
                        any.push((condition, negated));
                        return;
                    }
                }
            }
            let any = vec![(condition, negated)];
            to.push(PlanAlternative::Compare { subject, any });
        }
        Condition::Not(inner) => take_apart(inner, !negated, to),
        Condition::Any(all) | Condition::All(all) => {
            let alternatives = matches!(condition, Condition::Any(_)) != negated;
            if alternatives || all.len() == 1 {
                for one in all {
                    take_apart(one, negated, to);
                }
            } else {
                to.push(PlanAlternative::All(all, negated));
            }
        }
    }
}

/// The subject of a comparison; none if the comparison has a symbol.
fn subject(comparison: &Comparison) -> Option<ComparedBits> {
    let (Value::Known(_), Value::Known(mask)) =
        (comparison.value, comparison.mask.unwrap_or(Value::Known(u64::MAX)))
    else {
        return None;
    };
    Some((comparison.argument, comparison.width.bits(), mask & comparison.width.ones()))
}

/// The place of comparisons of one subject in [`PlanOrder::MasksLast`].
fn key(any: &[(&Condition, bool)]) -> u64 {
    let Some(&(Condition::Compare(comparison), negated)) = any.first() else { return 0 };
    let argument = 4 * comparison.argument as u64;
    let is_cut = match subject(comparison) {
        Some((_, _, mask)) => mask != comparison.width.ones(),
        None => return 3 + argument + u64::from(comparison.mask.is_some()),
    };
    let is_of_bits = match is_zero(comparison) {
        Some(is_zero) if is_zero != negated => any.len() == 1,
        Some(_) => true,
        None => false,
    };
    1 + argument + u64::from(is_cut && !is_of_bits)
}

/// Whether a comparison says that all bits of the mask are 0, or that one is set; none if it says something
/// else. Both are tests of the whole word.
fn is_zero(comparison: &Comparison) -> Option<bool> {
    let Value::Known(value) = comparison.value else { return None };
    match (comparison.operator, value & comparison.width.ones(), comparison.signed) {
        (Operator::Equal, 0, _) | (Operator::LessOrEqual, 0, false) => Some(true),
        (Operator::Less, 1, false) => Some(true),
        (Operator::NotEqual, 0, _) | (Operator::Greater, 0, false) => Some(false),
        (Operator::GreaterOrEqual, 1, false) => Some(false),
        _ => None,
    }
}
