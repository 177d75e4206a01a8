//! What is wrong with a policy that can be said without running it: rules that never decide, and
//! conditions that never fail.
//!
//! Conditions are compared as functions of all arguments, so what is found is exact: a rule is
//! reported as unreachable if no call is left to it, however the earlier rules share them. Of a value
//! left to rustc nothing is assumed; what is reported holds whatever it is.

use super::function::{Functions, Symbols};
use super::{Origin, Policy};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Places, Ref, TooLarge};

/// Something in a policy that cannot have been meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Earlier rules decide every call that this one matches: an error.
    Unreachable {
        /// The rule.
        rule: Origin,
        /// Earlier rules that together decide all of it; without any one of them they would not.
        /// In the order of the policy.
        decided_by: Vec<Origin>,
    },
    /// The rule's condition holds of no call: an error.
    Contradiction {
        /// The rule.
        rule: Origin,
    },
    /// The rule has a condition, and it holds of every call: a warning.
    AlwaysTrue {
        /// The rule.
        rule: Origin,
    },
}

impl Finding {
    /// The rule that it is about.
    #[must_use]
    pub const fn rule(&self) -> Origin {
        match self {
            Self::Unreachable { rule, .. }
            | Self::Contradiction { rule }
            | Self::AlwaysTrue { rule } => *rule,
        }
    }

    /// Whether it is worth no more than a warning.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::AlwaysTrue { .. })
    }
}

/// More nodes than this end the search: a policy so large is refused by the proof.
const MAX_NODES: usize = 1 << 20;

/// Looks for rules that never decide and for conditions that never fail, in the order in which the
/// policy first mentions the rules.
///
/// Rules with one [`Origin`] are one rule for several numbers or several ABIs; it is reported only if
/// the finding holds of all of them. A policy too large to be compared is reported as without findings;
/// the proof refuses it.
#[must_use]
pub fn check(policy: &Policy) -> Vec<Finding> {
    let mut diagrams = Diagrams::new(MAX_NODES);
    let mut atoms = Atoms::default();
    let symbols = Symbols::Ordered(&mut atoms);
    let functions = Functions { diagrams: &mut diagrams, symbols };
    findings(functions, policy).unwrap_or_default()
}

/// What is known of all rules with one origin.
struct Record {
    rule: Origin,
    /// Some rule's condition can hold.
    satisfiable: bool,
    /// Some rule decides some call.
    reachable: bool,
    /// Some rule has no condition, or one that can fail.
    can_fail: bool,
    /// What decides before it, for each number of which it decides nothing.
    covers: Vec<Cover>,
}

/// A condition that earlier rules for the same number cover: it, and those rules in order.
#[derive(PartialEq, Eq)]
struct Cover {
    condition: Ref,
    earlier: Vec<(Origin, Ref)>,
}

/// The rules for one number so far, and the calls that they decide.
struct Decided {
    rules: Vec<(Origin, Ref)>,
    calls: Ref,
}

impl Record {
    fn new(rule: Origin) -> Self {
        Self { rule, satisfiable: false, reachable: false, can_fail: false, covers: Vec::new() }
    }
}

fn findings(mut functions: Functions<'_>, policy: &Policy) -> Result<Vec<Finding>, TooLarge> {
    // In the order in which the policy first mentions them.
    let mut records: Vec<Record> = Vec::new();
    let mut origins = Places::new();
    for part in &policy.abis {
        let mut calls: Vec<Decided> = Vec::new();
        let mut numbers = Places::new();
        for rule in &part.rules {
            let condition = functions.condition(&rule.condition)?;
            let at = origins.of(rule.origin.0);
            if at == records.len() {
                records.push(Record::new(rule.origin));
            }
            let record = &mut records[at];
            record.satisfiable |= condition != Ref::FALSE;
            record.can_fail |= condition != Ref::TRUE || rule.condition.comparisons() == 0;
            for &number in &rule.numbers {
                let at = numbers.of(number);
                if at == calls.len() {
                    calls.push(Decided { rules: Vec::new(), calls: Ref::FALSE });
                }
                let Decided { rules: earlier, calls: decided } = &mut calls[at];
                let rest = functions.diagrams.choose(*decided, Ref::FALSE, condition)?;
                if rest != Ref::FALSE {
                    record.reachable = true;
                    *decided = functions.diagrams.or(condition, *decided)?;
                    earlier.push((rule.origin, condition));
                } else if condition != Ref::FALSE && !record.reachable {
                    let cover = Cover { condition, earlier: earlier.clone() };
                    if !record.covers.contains(&cover) {
                        record.covers.push(cover);
                    }
                }
            }
        }
    }
    let mut findings = Vec::new();
    for record in &records {
        let rule = record.rule;
        if !record.satisfiable {
            findings.push(Finding::Contradiction { rule });
        } else if !record.reachable {
            let deciders = deciders(functions.diagrams, &record.covers)?;
            let mut decided_by = Vec::new();
            for earlier in &records {
                if deciders.contains(&earlier.rule) {
                    decided_by.push(earlier.rule);
                }
            }
            findings.push(Finding::Unreachable { rule, decided_by });
        } else if !record.can_fail {
            findings.push(Finding::AlwaysTrue { rule });
        }
    }
    Ok(findings)
}

/// Origins that cover everything in `covers`, none of them superfluous: a single one if that will
/// do, else what is left when as many as possible have been dropped, the last first.
fn deciders(diagrams: &mut Diagrams, covers: &[Cover]) -> Result<Vec<Origin>, TooLarge> {
    let mut all = Vec::new();
    for cover in covers {
        for (origin, _) in &cover.earlier {
            if !all.contains(origin) {
                all.push(*origin);
            }
        }
    }
    for &single in &all {
        if suffice(diagrams, covers, &|origin| origin == single)? {
            return Ok(vec![single]);
        }
    }
    let (mut needed, mut dropped) = (Vec::new(), Vec::new());
    while let Some(last) = all.pop() {
        dropped.push(last);
        if !suffice(diagrams, covers, &|origin| !dropped.contains(&origin))? {
            dropped.pop();
            needed.push(last);
        }
    }
    Ok(needed)
}

/// Whether those origins that `counts` says cover everything in `covers`.
fn suffice(
    diagrams: &mut Diagrams,
    covers: &[Cover],
    counts: &dyn Fn(Origin) -> bool,
) -> Result<bool, TooLarge> {
    for Cover { condition, earlier } in covers {
        let mut left = *condition;
        for (origin, decided) in earlier {
            if counts(*origin) {
                left = diagrams.choose(*decided, Ref::FALSE, left)?;
            }
        }
        if left != Ref::FALSE {
            return Ok(false);
        }
    }
    Ok(true)
}
