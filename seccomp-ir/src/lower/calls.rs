//! Which numbers get which answer: the rules of one ABI turned into runs of call numbers.

use std::collections::BTreeMap;

use super::condition::Conditions;
use super::function::{Function, Map};
use super::{LowerError, LowerErrorKind};
use crate::policy::{AbiPolicy, Condition, Rule, Verdict};

/// A maximal run of call numbers whose arguments are checked in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CallRun {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) check: Function,
}

/// The verdicts of a policy, by the number that stands for each at the leaf of a function.
#[derive(Default)]
pub(super) struct Verdicts {
    all: Vec<Verdict>,
    known: Map<Verdict, u32>,
}

impl Verdicts {
    /// The number of `verdict`.
    pub(super) fn number(&mut self, verdict: Verdict) -> u32 {
        *self.known.entry(verdict).or_insert_with(|| {
            self.all.push(verdict);
            self.all.len() as u32 - 1
        })
    }

    /// The verdict of that number.
    pub(super) fn verdict(&self, number: u32) -> Verdict {
        self.all[number as usize]
    }
}

/// The runs of `part`, ascending, from the first number of its ABI to the last.
pub(super) fn call_runs(
    part: &AbiPolicy,
    conditions: &mut Conditions,
    verdicts: &mut Verdicts,
) -> Result<Vec<CallRun>, LowerError> {
    let (first, last) = part.abi.numbers();
    let rules_of = rules_by_number(part);
    let mut starts = vec![first];
    let mut isolate = |number: u32| {
        starts.push(number);
        starts.extend(number.checked_add(1));
    };
    rules_of.keys().copied().for_each(&mut isolate);
    if let Some(unknown) = &part.unknown {
        unknown.except.iter().copied().for_each(&mut isolate);
        starts.push(unknown.first);
    }
    starts.retain(|&start| first <= start && start <= last);
    starts.sort_unstable();
    starts.dedup();

    let mut checks: Map<(&[u32], Verdict), Function> = Map::default();
    let mut runs: Vec<CallRun> = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(last, |next| next - 1);
        let rules = rules_of.get(&start).map_or(&[][..], Vec::as_slice);
        let otherwise = otherwise(part, start);
        let check = match checks.get(&(rules, otherwise)) {
            Some(&check) => check,
            None => {
                let check = check(part, rules, otherwise, conditions, verdicts)?;
                checks.insert((rules, otherwise), check);
                check
            }
        };
        match runs.last_mut() {
            Some(run) if run.check == check => run.last = end,
            _ => runs.push(CallRun { first: start, last: end, check }),
        }
    }
    Ok(runs)
}

/// For each number that rules name, the indices of these rules up to the first without condition.
fn rules_by_number(part: &AbiPolicy) -> BTreeMap<u32, Vec<u32>> {
    let mut rules_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut decided: Map<u32, ()> = Map::default();
    for (index, rule) in part.rules.iter().enumerate() {
        for &number in &rule.numbers {
            if decided.contains_key(&number) {
                continue;
            }
            rules_of.entry(number).or_default().push(index as u32);
            if rule.condition == Condition::Always {
                decided.insert(number, ());
            }
        }
    }
    rules_of
}

/// The answer to `number` if no rule matches.
fn otherwise(part: &AbiPolicy, number: u32) -> Verdict {
    match &part.unknown {
        Some(new) if number >= new.first && !new.except.contains(&number) => new.verdict,
        _ => part.default,
    }
}

/// The function that rules compute of the arguments: the first that matches decides.
fn check(
    part: &AbiPolicy,
    rules: &[u32],
    otherwise: Verdict,
    conditions: &mut Conditions,
    verdicts: &mut Verdicts,
) -> Result<Function, LowerError> {
    let rule = |index: &u32| -> &Rule { &part.rules[*index as usize] };
    let mut check = conditions.functions.leaf(verdicts.number(otherwise));
    // Neighbours with one verdict are alternatives: united at once, they cost far less.
    let alternatives: Vec<&[u32]> =
        rules.chunk_by(|a, b| rule(a).verdict == rule(b).verdict).collect();
    for same in alternatives.into_iter().rev() {
        let refusal = |_| LowerError::new(LowerErrorKind::TooComplex, heaviest(part, same));
        let holds =
            conditions.any(same.iter().map(|index| &rule(index).condition)).map_err(refusal)?;
        let yes = conditions.functions.leaf(verdicts.number(rule(&same[0]).verdict));
        check = conditions.functions.choose(holds, yes, check).map_err(refusal)?;
    }
    Ok(check)
}

/// Of these rules the one with most comparisons.
pub(super) fn heaviest<'p>(part: &'p AbiPolicy, rules: &[u32]) -> &'p Rule {
    let rules = rules.iter().map(|&index| &part.rules[index as usize]);
    let heaviest = rules.rev().max_by_key(|rule| comparisons(&rule.condition));
    heaviest.unwrap_or(&part.rules[0])
}

/// The number of comparisons in a condition.
pub(super) fn comparisons(condition: &Condition) -> usize {
    match condition {
        Condition::Always => 0,
        Condition::Compare(_) => 1,
        Condition::All(all) | Condition::Any(all) => all.iter().map(comparisons).sum(),
        Condition::Not(inner) => comparisons(inner),
    }
}
