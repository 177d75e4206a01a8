//! What a policy can answer to one call, over all its arguments: for whoever asks whether a call is
//! allowed at all, or always, and which rule says so.

use std::cell::RefCell;

use super::diagrams::{PolicyDiagrams, Symbols};
use super::{AbiPolicy, Condition, Origin, PolicyAction};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Ref, TooLarge};

/// More nodes than this end the search; the proof refuses policies of that size anyway.
const MAX_NODES: usize = 1 << 18;

/// Something that decides some of the calls asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decider {
    /// The rule; `None` for `unknown` and `default`.
    pub rule: Option<Origin>,
    /// What it answers.
    pub action: PolicyAction,
}

/// Asks policies what they answer. Of a value left to rustc nothing is assumed.
pub struct PolicyQuery {
    /// The functions met so far: asking does not change what is answered.
    met: RefCell<(Diagrams, Atoms)>,
}

impl Default for PolicyQuery {
    fn default() -> Self {
        Self { met: RefCell::new((Diagrams::new(MAX_NODES), Atoms::default())) }
    }
}

impl PolicyQuery {
    /// What decides of the calls numbered `number` of which `condition` holds, in the order of the
    /// policy: each has a call left to it. Nothing if no call is like that, or if the conditions are
    /// too large to be compared.
    #[must_use]
    pub fn to(&self, part: &AbiPolicy, number: u32, condition: &Condition) -> Vec<Decider> {
        self.exactly(part, number, condition).unwrap_or_default()
    }

    /// The same, for a question that may not stay open: `None` if the conditions are too large to be
    /// compared.
    #[must_use]
    pub fn exactly(
        &self,
        part: &AbiPolicy,
        number: u32,
        condition: &Condition,
    ) -> Option<Vec<Decider>> {
        self.deciders(part, number, condition).ok()
    }

    /// What would decide of the calls numbered `number` that the rule decides, if it were not there. Nothing
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
