//! Errors and warnings that a policy shows without a call: rules that never decide, and
//! conditions that never fail.
//!
//! Conditions are compared as functions of all arguments, so the findings are exact: a rule is
//! reported as unreachable if earlier rules decide all of its calls, in whatever way they share them.
//! Nothing is assumed about a symbol; every finding holds for all of its values.

use super::diagrams::{PolicyDiagrams, Symbols};
use super::{Origin, Policy, PolicyAction};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Places, Ref, TooLarge};
use crate::sort::sort_once;

/// A part of a policy that its author cannot have meant.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
#[non_exhaustive]
pub enum Finding {
    /// Earlier rules decide every call that this one matches. An error if some of these calls get another
    /// action than this rule's, otherwise a warning.
    Unreachable {
        /// The rule.
        rule: Origin,
        /// Earlier rules that together decide all of its calls; without any one of them they would not.
        /// In the order of the policy. Empty if finding them would take too long.
        decided_by: Vec<Origin>,
        /// Whether each of the calls gets the action of this rule. Two different symbols do not count as the
        /// same, because their values are not known.
        same_action: bool,
    },
    /// The rule's condition holds for no call: an error.
    Contradiction {
        /// The rule.
        rule: Origin,
    },
    /// The rule has a condition, and it holds for every call: a warning.
    AlwaysTrue {
        /// The rule.
        rule: Origin,
    },
}

impl Finding {
    /// The rule of the finding.
    #[must_use]
    pub const fn rule(&self) -> Origin {
        match self {
            Self::Unreachable { rule, .. }
            | Self::Contradiction { rule }
            | Self::AlwaysTrue { rule } => *rule,
        }
    }

    /// Whether the finding is only a warning.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::AlwaysTrue { .. } | Self::Unreachable { same_action: true, .. })
    }
}

/// More nodes than this end the search; the proof refuses such a large policy.
const MAX_NODES: usize = 1 << 20;

/// Finds rules that never decide and conditions that never fail, in the order in which the
/// policy first mentions the rules.
///
/// Rules with one [`Origin`] are one rule for several numbers or several ABIs; it is reported only if
/// the finding holds for all of them. A policy that is too large to be compared has no findings;
/// the proof refuses it.
#[must_use]
pub fn check(policy: &Policy) -> Vec<Finding> {
    let mut diagrams = Diagrams::new(MAX_NODES);
    let mut atoms = Atoms::default();
    let symbols = Symbols::Ordered(&mut atoms);
    let functions = PolicyDiagrams { diagrams: &mut diagrams, symbols };
    findings(functions, policy).unwrap_or_default()
}

/// The results for all rules with one origin.
struct Record {
    rule: Origin,
    /// Some rule's condition can hold.
    satisfiable: bool,
    /// Some rule decides some call.
    reachable: bool,
    /// Some rule has no condition, or one that can fail.
    can_fail: bool,
    /// The conditions that are covered before this rule, one for each number for which it decides nothing.
    covers: Vec<Cover>,
}

/// A call number of an ABI, by the places of both in the list of [`Decided`] calls.
#[derive(Clone, Copy)]
struct CallPlace {
    part: usize,
    number: usize,
}

/// A condition that earlier rules for the same number cover, and the number of these rules.
struct Cover {
    condition: Ref,
    /// The action of the rule.
    action: PolicyAction,
    /// The number.
    of: CallPlace,
    earlier: usize,
}

/// A rule that decides some calls to a number: its record, its condition, its action.
#[derive(Clone, Copy)]
struct Earlier {
    record: u32,
    condition: Ref,
    action: PolicyAction,
}

/// The rules for one number so far, with their records, and the calls that they decide.
struct Decided {
    rules: Vec<Earlier>,
    calls: Ref,
}

impl Record {
    fn new(rule: Origin) -> Self {
        Self { rule, satisfiable: false, reachable: false, can_fail: false, covers: Vec::new() }
    }
}

fn findings(mut functions: PolicyDiagrams<'_>, policy: &Policy) -> Result<Vec<Finding>, TooLarge> {
    // In the order in which the policy first mentions them.
    let mut records: Vec<Record> = Vec::new();
    let mut origins = Places::new();
    let mut parts: Vec<Vec<Decided>> = Vec::new();
    for part in &policy.abis {
        let mut calls: Vec<Decided> = Vec::new();
        let mut numbers = Places::new();
        for rule in &part.rules {
            let condition = functions.condition(&rule.condition)?;
            let number_of_record = origins.of(rule.origin.0);
            if number_of_record == records.len() {
                records.push(Record::new(rule.origin));
            }
            let record = &mut records[number_of_record];
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
                    let (record, action) = (number_of_record as u32, rule.action);
                    earlier.push(Earlier { record, condition, action });
                } else if condition != Ref::FALSE && !record.reachable {
                    let of = CallPlace { part: parts.len(), number: at };
                    let (action, earlier) = (rule.action, earlier.len());
                    record.covers.push(Cover { condition, action, of, earlier });
                }
            }
        }
        parts.push(calls);
    }
    let mut work = Work { parts: &parts, left: MOST_WORK };
    let mut findings = Vec::new();
    for record in &records {
        let rule = record.rule;
        if !record.satisfiable {
            findings.push(Finding::Contradiction { rule });
        } else if !record.reachable {
            let mut decided_by = Vec::new();
            for decider in work.deciders(functions.diagrams, &record.covers)? {
                decided_by.push(records[decider as usize].rule);
            }
            let same_action = work.same_action(functions.diagrams, &record.covers)?;
            findings.push(Finding::Unreachable { rule, decided_by, same_action });
        } else if !record.can_fail {
            findings.push(Finding::AlwaysTrue { rule });
        }
    }
    Ok(findings)
}

/// The most comparisons of a rule with an earlier rule, for all rules together, to find out which rules decide. A
/// policy that needs more has thousands of rules that say the same.
const MOST_WORK: usize = 1 << 18;

/// Finds the rules that decide all calls of another rule.
struct Work<'a> {
    /// The rules of each ABI, by call.
    parts: &'a [Vec<Decided>],
    /// How many more comparisons may be made.
    left: usize,
}

impl Work<'_> {
    /// The records of rules that cover everything in `covers`, none of them superfluous: a single one if one is
    /// enough; otherwise those that remain after as many as possible were dropped, from the last to the first.
    /// In policy order, which is the order of the records. Empty if finding them would take too long.
    fn deciders(
        &mut self,
        diagrams: &mut Diagrams,
        covers: &[Cover],
    ) -> Result<Vec<u32>, TooLarge> {
        let mut all = Vec::new();
        for cover in covers {
            let Some(earlier) = self.earlier(cover) else { return Ok(Vec::new()) };
            for Earlier { record, .. } in earlier {
                all.push(*record);
            }
        }
        sort_once(&mut all);
        for &single in &all {
            match self.suffice(diagrams, covers, &[single])? {
                Some(true) => return Ok(vec![single]),
                Some(false) => {}
                None => return Ok(Vec::new()),
            }
        }
        let mut needed = all.clone();
        while let Some(last) = all.pop() {
            let Ok(at) = needed.binary_search(&last) else { continue };
            needed.remove(at);
            match self.suffice(diagrams, covers, &needed)? {
                Some(true) => {}
                Some(false) => needed.insert(at, last),
                None => return Ok(Vec::new()),
            }
        }
        Ok(needed)
    }

    /// The rules before the rule of `cover`, if the budget allows a look at them.
    fn earlier(&mut self, cover: &Cover) -> Option<&[Earlier]> {
        if self.left < cover.earlier {
            self.left = 0;
            return None;
        }
        self.left -= cover.earlier;
        let CallPlace { part, number } = cover.of;
        Some(&self.parts[part][number].rules[..cover.earlier])
    }

    /// Whether the sorted records `that` cover everything in `covers`; `None` if finding out takes too
    /// long.
    fn suffice(
        &mut self,
        diagrams: &mut Diagrams,
        covers: &[Cover],
        that: &[u32],
    ) -> Result<Option<bool>, TooLarge> {
        for cover in covers {
            let Some(earlier) = self.earlier(cover) else { return Ok(None) };
            let mut left = cover.condition;
            for Earlier { record, condition, .. } in earlier {
                if that.binary_search(record).is_ok() {
                    left = diagrams.choose(*condition, Ref::FALSE, left)?;
                }
            }
            if left != Ref::FALSE {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Whether every call in `covers` already gets the action of the covered rule. False if finding out takes
    /// too long.
    fn same_action(&mut self, diagrams: &mut Diagrams, covers: &[Cover]) -> Result<bool, TooLarge> {
        for cover in covers {
            let Some(earlier) = self.earlier(cover) else { return Ok(false) };
            let mut left = cover.condition;
            for Earlier { condition, action, .. } in earlier {
                let decided = diagrams.and(left, *condition)?;
                if decided != Ref::FALSE && *action != cover.action {
                    return Ok(false);
                }
                left = diagrams.choose(*condition, Ref::FALSE, left)?;
            }
        }
        Ok(true)
    }
}
