//! The possible actions of a policy for one call, over all its arguments: whether the call is ever
//! allowed, whether it is always allowed, and which rule decides.

use std::cell::RefCell;

use super::diagrams::{PolicyDiagrams, Symbols};
use super::{AbiPolicy, Condition, Origin, PolicyAction};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Ref, TooLarge};

/// More nodes than this end the search; the proof refuses such a large policy anyway.
const MAX_NODES: usize = 1 << 18;

/// A part of a policy that decides some of the calls in question.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Decider {
    /// The rule; `None` for `unknown` and `default`.
    pub rule: Option<Origin>,
    /// Its action.
    pub action: PolicyAction,
}

/// Answers questions about policies. Nothing is assumed about a symbol.
pub struct PolicyQuery {
    /// The functions so far. A question adds to them, but changes no result.
    met: RefCell<(Diagrams, Atoms)>,
}

impl Default for PolicyQuery {
    fn default() -> Self {
        Self { met: RefCell::new((Diagrams::new(MAX_NODES), Atoms::default())) }
    }
}

impl PolicyQuery {
    /// The rules that decide calls to `number` satisfying `condition`, in policy order, without fully shadowed
    /// ones; then `unknown` or `default`, if calls remain. Empty if no call satisfies `condition`, or if the
    /// conditions are too large to be compared.
    #[must_use]
    pub fn to(&self, part: &AbiPolicy, number: u32, condition: &Condition) -> Vec<Decider> {
        self.exactly(part, number, condition).unwrap_or_default()
    }

    /// Like [`Self::to`], for a caller that must know whether the comparison succeeded: `None` if the conditions are
    /// too large to be compared.
    #[must_use]
    pub fn exactly(
        &self,
        part: &AbiPolicy,
        number: u32,
        condition: &Condition,
    ) -> Option<Vec<Decider>> {
        self.deciders(part, number, condition).ok()
    }

    /// The rules that would decide the calls to `number` that the rule decides, if the policy did not have it. Empty
    /// if it decides none, or if the conditions are too large to be compared.
    #[must_use]
    pub fn without(&self, part: &AbiPolicy, number: u32, rule: Origin) -> Vec<Decider> {
        self.deciders_without(part, number, rule).unwrap_or_default()
    }

    fn deciders_without(
        &self,
        part: &AbiPolicy,
        number: u32,
        without: Origin,
    ) -> Result<Vec<Decider>, TooLarge> {
        let (diagrams, atoms) = &mut *self.met.borrow_mut();
        let mut functions = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
        let mut left = functions.condition(&Condition::Always)?;
        let mut deciders = Vec::new();
        let mut after = false;
        for rule in &part.rules {
            if rule.numbers.binary_search(&number).is_err() {
                continue;
            }
            let matched = functions.condition(&rule.condition)?;
            if rule.origin == without {
                after = true;
                left = functions.diagrams.and(left, matched)?;
                continue;
            }
            if after && functions.diagrams.and(left, matched)? != Ref::FALSE {
                deciders.push(Decider { rule: Some(rule.origin), action: rule.action });
            }
            left = functions.diagrams.choose(matched, Ref::FALSE, left)?;
        }
        if left != Ref::FALSE {
            deciders.push(Decider { rule: None, action: part.unmatched(number) });
        }
        Ok(deciders)
    }

    fn deciders(
        &self,
        part: &AbiPolicy,
        number: u32,
        condition: &Condition,
    ) -> Result<Vec<Decider>, TooLarge> {
        let (diagrams, atoms) = &mut *self.met.borrow_mut();
        let mut functions = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
        let mut left = functions.condition(condition)?;
        let mut deciders = Vec::new();
        for rule in &part.rules {
            if rule.numbers.binary_search(&number).is_err() {
                continue;
            }
            let matched = functions.condition(&rule.condition)?;
            if functions.diagrams.and(left, matched)? != Ref::FALSE {
                deciders.push(Decider { rule: Some(rule.origin), action: rule.action });
                left = functions.diagrams.choose(matched, Ref::FALSE, left)?;
            }
        }
        if left != Ref::FALSE {
            deciders.push(Decider { rule: None, action: part.unmatched(number) });
        }
        Ok(deciders)
    }
}
