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
        /// In the order of the policy. Empty if finding them would take too long.
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

/// A condition that earlier rules for the same number cover: it, and the first rules for that number.
struct Cover {
    condition: Ref,
    /// The index of the ABI, and the place of the number among those of its part.
    of: (usize, usize),
    earlier: usize,
}

/// The rules for one number so far, by their records, and the calls that they decide.
struct Decided {
    rules: Vec<(u32, Ref)>,
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
                    earlier.push((number_of_record as u32, condition));
                } else if condition != Ref::FALSE && !record.reachable {
                    let of = (parts.len(), at);
                    record.covers.push(Cover { condition, of, earlier: earlier.len() });
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
            findings.push(Finding::Unreachable { rule, decided_by });
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
            for (record, _) in earlier {
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
    fn earlier(&mut self, cover: &Cover) -> Option<&[(u32, Ref)]> {
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
            for (record, decided) in earlier {
                if that.binary_search(record).is_ok() {
                    left = diagrams.choose(*decided, Ref::FALSE, left)?;
                }
            }
            if left != Ref::FALSE {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }
}
