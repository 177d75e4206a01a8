//! What is wrong with a policy that can be said without running it: rules that never decide, and
//! conditions that never fail.
//!
//! Conditions are compared as functions of all arguments, so what is found is exact: a rule is
//! reported as unreachable if no call is left to it, however the earlier rules share them. Of a value
//! left to rustc nothing is assumed; what is reported holds whatever it is.

use super::diagrams::{PolicyDiagrams, Symbols};
use super::{Origin, Policy, PolicyAction};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Places, Ref, TooLarge};

/// Something in a policy that cannot have been meant.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Finding {
    /// Earlier rules decide every call that this one matches: an error if some of them is answered otherwise than
    /// this rule would, or else a warning.
    Unreachable {
        /// The rule.
        rule: Origin,
        /// Earlier rules that together decide all of it; without any one of them they would not.
        /// In the order of the policy. Empty if finding them would take too long.
        decided_by: Vec<Origin>,
        /// Whether each of the calls is answered as this rule would. Of two values that are left to rustc it is
        /// not known whether they are the same.
        same_answer: bool,
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
        matches!(self, Self::AlwaysTrue { .. } | Self::Unreachable { same_answer: true, .. })
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
    let functions = PolicyDiagrams { diagrams: &mut diagrams, symbols };
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

/// A condition that earlier rules for the same number cover: it, and the first rules for that number.
struct Cover {
    condition: Ref,
    /// What the rule would answer.
    action: PolicyAction,
    /// The index of the ABI, and the place of the number among those of its part.
    of: (usize, usize),
    earlier: usize,
}

/// A rule that decides some calls to a number: its record, its condition, its answer.
#[derive(Clone, Copy)]
struct Earlier {
    record: u32,
    condition: Ref,
    action: PolicyAction,
}

/// The rules for one number so far, by their records, and the calls that they decide.
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
                    let (of, earlier) = ((parts.len(), at), earlier.len());
                    let action = rule.action;
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
            let same_answer = work.same_answer(functions.diagrams, &record.covers)?;
            findings.push(Finding::Unreachable { rule, decided_by, same_answer });
        } else if !record.can_fail {
            findings.push(Finding::AlwaysTrue { rule });
        }
    }
    Ok(findings)
}

/// As many comparisons of a rule with an earlier one are made to find out which of them decide it, for all
/// rules together: a policy in which more are needed has thousands of rules that say the same.
const MOST_WORK: usize = 1 << 18;

/// Finds which rules it is that decide everything of another one.
struct Work<'a> {
    /// The rules of each ABI, by call.
    parts: &'a [Vec<Decided>],
    /// How many comparisons may still be made.
    left: usize,
}

impl Work<'_> {
    /// The records of rules that cover everything in `covers`, none of them superfluous: a single one if that will
    /// do, else what is left when as many as possible have been dropped, the last first. In the order of
    /// the policy, which is that of the records. None if it would take too long.
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
        all.sort_unstable();
        all.dedup();
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

    /// The rules before the one that `cover` is of, if there is time left to look at them.
    fn earlier(&mut self, cover: &Cover) -> Option<&[Earlier]> {
        if self.left < cover.earlier {
            self.left = 0;
            return None;
        }
        self.left -= cover.earlier;
        let (part, call) = cover.of;
        Some(&self.parts[part][call].rules[..cover.earlier])
    }

    /// Whether the records `that`, sorted, cover everything in `covers`; `None` if finding out takes too
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

    /// Whether what decides each call in `covers` answers as the rule that is covered would. It is taken not to
    /// if finding out takes too long.
    fn same_answer(&mut self, diagrams: &mut Diagrams, covers: &[Cover]) -> Result<bool, TooLarge> {
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
