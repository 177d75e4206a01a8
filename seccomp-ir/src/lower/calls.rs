//! Which numbers get which answer: the rules of one ABI turned into runs of call numbers.

use super::answers;
use super::condition::{Conditions, Hints, Size};
use super::cost::HOT;
use super::function::{Function, TooComplex};
use super::map::Map;
use super::{LowerError, LowerErrorKind};
use crate::abi::Abi;
use crate::policy::{AbiPolicy, Condition, Origin, Rule, Verdict};

/// A maximal run of call numbers whose arguments are checked in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CallRun {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) check: Function,
    /// How many of the numbers are calls that rules name.
    pub(super) named: u64,
    /// How often these calls are made, in hundredths of a call among about a hundred.
    pub(super) frequency: u64,
}

/// One distinct check of arguments, and whom to blame for it.
pub(super) struct Check {
    pub(super) function: Function,
    pub(super) hints: Hints,
    /// One of the calls that are checked in this way.
    pub(super) number: u32,
    /// Of its rules the one with most comparisons.
    pub(super) heaviest: Origin,
}

/// All distinct checks, by the function that they compute.
pub(super) type Checks = Map<Check>;

/// The runs of `part`, ascending, from the first number of its ABI to the last.
pub(super) fn call_runs(
    part: &AbiPolicy,
    frequency: &dyn Fn(Abi, u32) -> u32,
    conditions: &mut Conditions,
    found: &mut Checks,
) -> Result<Vec<CallRun>, LowerError> {
    let (first, last) = part.abi.numbers();
    let rules_of = rules_by_number(part);
    let mut starts = vec![first];
    let mut isolate = |number: u32| {
        starts.push(number);
        starts.extend(number.checked_add(1));
    };
    for index in 0..rules_of.keys().len() {
        isolate(rules_of.keys().key(index)[0]);
    }
    if let Some(unknown) = &part.unknown {
        unknown.except.iter().copied().for_each(&mut isolate);
        starts.push(unknown.first);
    }
    starts.retain(|&start| first <= start && start <= last);
    starts.sort_unstable();
    starts.dedup();

    // By the rules, and the answer if none of them matches.
    let mut checks: Map<Function> = Map::new();
    let mut runs: Vec<CallRun> = Vec::new();
    let mut whole = None;
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(last, |next| next - 1);
        let rules = rules_of.get(&[start]).map_or(&[][..], Vec::as_slice);
        let otherwise = otherwise(part, start);
        let mut key = rules.to_vec();
        key.extend_from_slice(&answers::key(otherwise));
        let check = match checks.get(&key) {
            Some(&check) => check,
            None => {
                let check = check(part, start, rules, otherwise, conditions, &mut whole)?;
                let hints = conditions.take_hints();
                if let Some(heaviest) = heaviest(part, rules) {
                    let found_here = Check { function: check, hints, number: start, heaviest };
                    found.insert(&[check.0], found_here);
                }
                checks.insert(&key, check);
                check
            }
        };
        let (named, often) = match rules {
            [] => (0, 0),
            rules => (1, often(part, rules, frequency(part.abi, start))),
        };
        match runs.last_mut() {
            Some(run) if run.check == check => {
                run.last = end;
                run.named += named;
                run.frequency += often;
            }
            _ => runs.push(CallRun { first: start, last: end, check, named, frequency: often }),
        }
    }
    Ok(runs)
}

/// How often a call with these rules is made, `#[hot]` ones as often as the most frequent.
fn often(part: &AbiPolicy, rules: &[u32], frequency: u32) -> u64 {
    let hot = rules.iter().any(|&rule| part.rules[rule as usize].hot);
    u64::from(frequency.max(1)) + if hot { HOT } else { 0 }
}

/// For each number that rules name, the indices of these rules up to the first without condition.
fn rules_by_number(part: &AbiPolicy) -> Map<Vec<u32>> {
    let always = |rule: &u32| part.rules[*rule as usize].condition == Condition::Always;
    let mut rules_of: Map<Vec<u32>> = Map::new();
    for (index, rule) in part.rules.iter().enumerate() {
        for &number in &rule.numbers {
            let rules = rules_of.value_or(&[number], Vec::new());
            if !rules.last().is_some_and(always) {
                rules.push(index as u32);
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

/// The function that rules compute of the arguments of `number`.
fn check(
    part: &AbiPolicy,
    number: u32,
    rules: &[u32],
    otherwise: Verdict,
    conditions: &mut Conditions,
    whole: &mut Option<Conditions>,
) -> Result<Function, LowerError> {
    let check = decided(part, number, rules, otherwise, conditions)?;
    if !conditions.may_be_constant(check) {
        return Ok(check);
    }
    // What is allowed whatever the arguments must say so at once: see `prove`. If it is too much to
    // see whether that is so, it is too much to prove, too.
    let whole = whole.get_or_insert_with(|| Conditions::new(Size::OfAll));
    let verdict = decided(part, number, rules, otherwise, whole)
        .ok()
        .and_then(|check| whole.verdict_of(check));
    Ok(verdict.map_or(check, |verdict| conditions.verdict(verdict)))
}

/// The same: the first rule that matches decides.
fn decided(
    part: &AbiPolicy,
    number: u32,
    rules: &[u32],
    otherwise: Verdict,
    conditions: &mut Conditions,
) -> Result<Function, LowerError> {
    let rule = |index: &u32| -> &Rule { &part.rules[*index as usize] };
    let too_complex = |rules| {
        move |TooComplex| LowerError {
            kind: LowerErrorKind::TooComplex,
            rule: heaviest(part, rules).unwrap_or(Origin(0)),
            number,
        }
    };
    let mut check = conditions.verdict(otherwise);
    // Neighbours with one verdict are alternatives: united at once, they cost far less.
    let alternatives: Vec<&[u32]> =
        rules.chunk_by(|a, b| rule(a).verdict == rule(b).verdict).collect();
    for same in alternatives.into_iter().rev() {
        let yes = conditions.verdict(rule(&same[0]).verdict);
        let all = same.iter().map(|index| &rule(index).condition);
        check = conditions.any(all, false, yes, check).map_err(too_complex(same))?;
    }
    conditions.possible(check).map_err(too_complex(rules))
}

/// Of these rules the one with most comparisons, the first of several.
fn heaviest(part: &AbiPolicy, rules: &[u32]) -> Option<Origin> {
    let rules = rules.iter().rev().map(|&index| &part.rules[index as usize]);
    rules.max_by_key(|rule| rule.condition.comparisons()).map(|rule| rule.origin)
}
