//! Turns the rules of one ABI into runs of call numbers that are checked alike.

use super::bdd::TooComplex;
use super::condition_functions::{Alternatives, Conditions, Size};
use super::cost::HOT;
use super::function_node::Function;
use super::hints::Hints;
use super::map::{Map, MapKey};
use crate::abi::Abi;
use crate::policy::{AbiPolicy, Condition, Origin, PolicyAction, RuleIndex};
use crate::sort::sort_once;

/// A maximal run of call numbers whose arguments are checked in the same way.
#[derive(Clone, Copy)]
pub(super) struct CallRun {
    /// The kernel's value of `arch` for the ABI.
    pub(super) arch: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) check: Function,
    /// The number of calls in the run that rules name.
    pub(super) named: u64,
    /// How often these calls are made, in hundredths of a call per about a hundred calls.
    pub(super) frequency: u64,
}

/// One distinct check of arguments, and the rule to blame for it.
pub(super) struct Check<'p> {
    /// The function that it computes.
    pub(super) function: Function,
    pub(super) hints: Hints,
    /// The source of the check: the part of the policy, its rules, and the action if no rule matches.
    pub(super) part: &'p AbiPolicy,
    pub(super) rules: Vec<RuleIndex>,
    pub(super) otherwise: PolicyAction,
    /// One of the calls that are checked in this way.
    pub(super) number: u32,
    /// Its rule with the most comparisons.
    pub(super) heaviest: Origin,
}

/// All distinct checks, by the function that they compute.
pub(super) type Checks<'p> = Map<Function, Check<'p>>;

/// The rules of a call, and the action if none of them matches.
pub(super) struct CallRules {
    pub(super) rules: Vec<RuleIndex>,
    pub(super) otherwise: PolicyAction,
}

impl MapKey for CallRules {
    type Words = Vec<u32>;

    fn words(&self) -> Vec<u32> {
        let mut words = Vec::with_capacity(self.rules.len() + 2);
        for rule in &self.rules {
            words.push(rule.0);
        }
        words.extend_from_slice(&self.otherwise.words());
        words
    }
}

/// The runs of `part`, ascending, from the first number of its ABI to the last. If `skips`, the number
/// of skipped calls is included.
pub(super) fn call_runs<'p>(
    part: &'p AbiPolicy,
    skips: bool,
    frequency: &dyn Fn(Abi, u32) -> u32,
    conditions: &mut Conditions,
    found: &mut Checks<'p>,
) -> Vec<CallRun> {
    let (first, last) = part.abi.numbers();
    let rules_of = rules_by_number(part);
    let starts = starts(part, &rules_of, first, last, skips);
    let mut checks: Map<CallRules, Function> = Map::EMPTY;
    let mut runs: Vec<CallRun> = Vec::new();
    let mut whole = None;
    let arch = part.abi.audit_arch();
    for index in 0..starts.len() {
        let start = starts[index];
        let last = match starts.get(index + 1) {
            Some(&next) if next <= last || start > last => next - 1,
            None if start > last => start,
            _ => last,
        };
        let rules = rules_of.get(&start).map_or(&[][..], Vec::as_slice);
        let otherwise = otherwise(part, start);
        let key = CallRules { rules: rules.to_vec(), otherwise };
        let check = match checks.get(&key) {
            Some(&check) => check,
            None => {
                let function = match check(part, rules, otherwise, conditions, &mut whole) {
                    Ok(function) => function,
                    Err(TooComplex) => conditions.chain(found.values().len() as u32),
                };
                let hints = conditions.take_hints();
                if let Some(heaviest) = heaviest(part, rules) {
                    let (rules, number) = (rules.to_vec(), start);
                    let check = Check { function, hints, part, rules, otherwise, number, heaviest };
                    found.insert(&function, check);
                }
                checks.insert(&key, function);
                function
            }
        };
        let (named, frequency) = match rules {
            [] => (0, 0),
            rules => (1, often(part, rules, frequency(part.abi, start))),
        };
        append(&mut runs, CallRun { arch, first: start, last, check, named, frequency });
    }
    runs
}

/// Whether no number lies between two runs.
fn follows(before: &CallRun, run: &CallRun) -> bool {
    before.last.checked_add(1) == Some(run.first)
}

/// Adds a run, or extends the last one if both are checked in the same way.
pub(super) fn append(runs: &mut Vec<CallRun>, run: CallRun) {
    match runs.last_mut() {
        Some(before) if follows(before, &run) && before.check == run.check => {
            before.last = run.last;
            before.named += run.named;
            before.frequency += run.frequency;
        }
        _ => runs.push(run),
    }
}

/// The numbers of `part` at which a run may begin, ascending.
fn starts(
    part: &AbiPolicy,
    rules_of: &Map<u32, Vec<RuleIndex>>,
    first: u32,
    last: u32,
    skips: bool,
) -> Vec<u32> {
    let mut starts = vec![first];
    if skips {
        starts.push(Abi::SKIPPED);
    }
    let mut add = |start: u32| {
        if first <= start && start <= last {
            starts.push(start);
        }
    };
    for index in 0..rules_of.values().len() {
        let number = rules_of.words(index)[0];
        add(number);
        add(number.saturating_add(1));
    }
    if let Some(unknown) = &part.unknown {
        // Known and unknown numbers meet where a known one has no known neighbour.
        let known = &unknown.known;
        for index in 0..known.len() {
            if index == 0 || known[index - 1] + 1 != known[index] {
                add(known[index]);
            }
            let next = known[index].saturating_add(1);
            if known.get(index + 1) != Some(&next) {
                add(next);
            }
        }
    }
    sort_once(&mut starts);
    starts
}

/// How often a call with these rules is made. `#[hot]` calls count as the most frequent call.
fn often(part: &AbiPolicy, rules: &[RuleIndex], frequency: u32) -> u64 {
    let mut hot = 0;
    for &rule in rules {
        if part.rule(rule).hot {
            hot = HOT;
        }
    }
    u64::from(frequency.max(1)) + hot
}

/// For each number that rules name, the indices of these rules up to the first unconditional one.
fn rules_by_number(part: &AbiPolicy) -> Map<u32, Vec<RuleIndex>> {
    let always = |rule| matches!(part.rule(rule).condition, Condition::Always);
    let mut rules_of: Map<u32, Vec<RuleIndex>> = Map::EMPTY;
    for index in 0..part.rules.len() {
        for &number in &part.rules[index].numbers {
            let rules = rules_of.value_or(&number, Vec::new());
            match rules.last() {
                Some(&last) if always(last) => {}
                _ => rules.push(RuleIndex(index as u32)),
            }
        }
    }
    rules_of
}

/// The action for `number` if no rule matches.
fn otherwise(part: &AbiPolicy, number: u32) -> PolicyAction {
    match &part.unknown {
        Some(unknown) if unknown.known.binary_search(&number).is_err() => unknown.action,
        _ => part.default,
    }
}

/// The function of the arguments of a call that the rules compute.
fn check(
    part: &AbiPolicy,
    rules: &[RuleIndex],
    otherwise: PolicyAction,
    conditions: &mut Conditions,
    whole: &mut Option<Conditions>,
) -> Result<Function, TooComplex> {
    let check = decided(part, rules, otherwise, conditions)?;
    if !conditions.may_be_constant(check) {
        return Ok(check);
    }
    // A call that is allowed for all arguments must become constant here (see `prove`). If finding that
    // out is too large, the proof would be too large as well.
    let whole = match whole {
        Some(whole) => whole,
        None => whole.insert(Conditions::new(Size::OfAll, conditions.budgets)),
    };
    if let Ok(check) = decided(part, rules, otherwise, whole) {
        if let Some(action) = whole.action_of(check) {
            return Ok(conditions.action(action));
        }
    }
    Ok(check)
}

/// The function of several rules: the first rule that matches decides.
pub(super) fn decided(
    part: &AbiPolicy,
    rules: &[RuleIndex],
    otherwise: PolicyAction,
    conditions: &mut Conditions,
) -> Result<Function, TooComplex> {
    let mut check = conditions.action(otherwise);
    let mut end = rules.len();
    while end > 0 {
        // Neighbours with the same action are alternatives. United at once, they cost far less.
        let action = part.rule(rules[end - 1]).action;
        let mut begin = end - 1;
        while begin > 0 && part.rule(rules[begin - 1]).action == action {
            begin -= 1;
        }
        let same = &rules[begin..end];
        check = united(part, same, conditions, check)?;
        end = begin;
    }
    conditions.possible(check)
}

/// The common action of the rules where one of them matches, else `no`.
fn united(
    part: &AbiPolicy,
    rules: &[RuleIndex],
    conditions: &mut Conditions,
    no: Function,
) -> Result<Function, TooComplex> {
    let yes = conditions.action(part.rule(rules[0]).action);
    let mut alternatives = Alternatives::new();
    for &rule in rules {
        conditions.add(&part.rule(rule).condition, false, &mut alternatives)?;
    }
    conditions.any(alternatives, yes, no)
}

/// The rule with the most comparisons; the first of them if several have as many.
fn heaviest(part: &AbiPolicy, rules: &[RuleIndex]) -> Option<Origin> {
    let (mut heaviest, mut most) = (None, 0);
    for &rule in rules {
        let rule = part.rule(rule);
        let comparisons = rule.condition.comparisons();
        if heaviest.is_none() || comparisons > most {
            (heaviest, most) = (Some(rule.origin), comparisons);
        }
    }
    heaviest
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::map::assert_keys_differ;
    use super::super::test_support;
    use super::{CallRules, Checks, Conditions, Size, call_runs, rules_by_number};
    use crate::abi::Abi;
    use crate::action::Action;
    use crate::policy::{Condition, PolicyAction, RuleIndex, Unknown};

    #[test]
    fn every_number_of_an_abi_is_in_one_run_of_its_check() {
        let mut rng = test_support::rng(12);
        for round in 0..60 {
            let policy = test_support::policy(&mut rng, false);
            let mut part = policy.abis[0].clone();
            if round % 2 == 0 {
                let action = PolicyAction::Action(Action::Errno(38));
                part.unknown = Some(Unknown { known: (0..6).chain([8]).collect(), action });
            }
            let mut conditions = Conditions::new(Size::InProportion, Budgets::DEFAULT);
            let mut checks = Checks::EMPTY;
            let runs = call_runs(&part, true, &|_, _| 0, &mut conditions, &mut checks);
            let (first, last) = Abi::X86_64.numbers();
            let (mut next, skipped) = (first, runs.last().expect("a run"));
            assert_eq!((skipped.first, skipped.last), (Abi::SKIPPED, Abi::SKIPPED));
            for run in &runs[..runs.len() - 1] {
                assert!(run.first == next && run.first <= run.last);
                next = run.last + 1;
            }
            assert_eq!(next, last + 1);
            for run in &runs {
                for number in [run.first, run.last] {
                    let args = test_support::call(&mut rng).args;
                    let found = test_support::action(&conditions, run.check, &args);
                    let named = test_support::NUMBERS.contains(&number);
                    if !named {
                        assert_eq!(found, Some(part.unmatched(number)), "{number}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_rule_after_an_unconditional_one_does_not_count() {
        let policy = test_support::policy(&mut test_support::rng(13), false);
        let mut part = policy.abis[0].clone();
        let rule = part.rules[0].clone();
        part.rules = vec![rule.clone(), rule.clone(), rule];
        for (index, rule) in part.rules.iter_mut().enumerate() {
            rule.numbers = vec![3, 4 + index as u32];
        }
        part.rules[1].condition = Condition::Always;
        let rules = rules_by_number(&part);
        assert_eq!(rules.get(&3), Some(&vec![RuleIndex(0), RuleIndex(1)]));
        assert_eq!(rules.get(&6), Some(&vec![RuleIndex(2)]));
        assert_eq!(rules.get(&7), None);
    }

    #[test]
    fn rules_of_calls_do_not_collide_as_keys() {
        let mut keys = Vec::new();
        for rules in [vec![], vec![0], vec![1], vec![0, 1], vec![0, 0x7fff_0000], vec![1, 0, 0]] {
            for action in [Action::Allow, Action::Errno(1), Action::KillThread] {
                let otherwise = PolicyAction::Action(action);
                let rules = rules.iter().copied().map(RuleIndex).collect();
                keys.push(CallRules { rules, otherwise });
            }
        }
        assert_keys_differ::<CallRules>(&keys, |_, _| false);
    }
}
