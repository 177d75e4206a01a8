//! What a filter does with one call number, as rules: actions with conditions on arguments. The first rule whose
//! condition holds decides.

use std::collections::{HashMap, HashSet};

use seccomp_ir::action::Action;
use seccomp_ir::explore::{CallFunction, CallFunctions, FunctionView, InputBit, Unexplored};

use crate::cubes::{Cube, cover};

/// The most actions of one call that are tried as the last rule, and the most actions whose order is tried out.
const MOST_LAST: usize = 4;
const MOST_ORDERED: usize = 12;

/// The most conditions on parts of functions that are kept: they take some 20 MB.
const MOST_CONDITIONS: usize = 1 << 20;

/// The cost of reading a rule without a condition.
const LAST: usize = 2;

/// A rule for one call.
#[derive(Clone, Debug)]
pub(crate) struct CallRule {
    pub(crate) action: Action,
    /// One of these must hold. `None` means that the rule is for all calls that no rule above decides.
    pub(crate) cubes: Option<Vec<Cube>>,
}

/// The reason why there are no rules for a function.
pub(crate) enum NoRules {
    Unexplored(Unexplored),
    /// The function depends on something other than arguments.
    DependsOn(InputBit),
    /// There would be too many rules.
    TooMany,
}

impl From<Unexplored> for NoRules {
    fn from(unexplored: Unexplored) -> Self {
        Self::Unexplored(unexplored)
    }
}

/// Gives what it costs to read a cube as a condition, and the calls that satisfy that condition. `None` if the language has no
/// such condition.
pub(crate) type Cost<'a> = &'a mut dyn FnMut(
    &mut CallFunctions,
    &Cube,
) -> Result<Option<(usize, CallFunction)>, Unexplored>;

/// The actions that a function of the arguments has, in the order in which they are found.
pub(crate) fn actions(f: &CallFunctions, function: CallFunction) -> Result<Vec<Action>, NoRules> {
    let (mut actions, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![function]);
    while let Some(function) = open.pop() {
        if !seen.insert(function) {
            continue;
        }
        match f.view(function) {
            FunctionView::Action(action) if !actions.contains(&action) => actions.push(action),
            FunctionView::Action(_) | FunctionView::Holds(_) => {}
            FunctionView::Asks { bit: InputBit::Argument(..), zero, one } => {
                open.extend([one, zero])
            }
            FunctionView::Asks { bit, .. } => return Err(NoRules::DependsOn(bit)),
        }
    }
    Ok(actions)
}

/// The rules for a function of the arguments, as short as `cost` finds them. A last rule without a condition costs
/// something, unless its action is `otherwise`, so that the rule can be left out.
pub(crate) fn rules(
    f: &mut CallFunctions,
    function: CallFunction,
    otherwise: Action,
    cost: Cost<'_>,
) -> Result<Vec<CallRule>, NoRules> {
    let actions = actions(f, function)?;
    if let [action] = actions[..] {
        return Ok(vec![CallRule { action, cubes: None }]);
    }
    let mut tried = actions.clone();
    tried.sort_by_key(|action| *action != otherwise);
    if actions.len() > MOST_ORDERED {
        return unordered_rules(f, function, &tried, cost);
    }
    let mut best: Option<(usize, Vec<CallRule>)> = None;
    tried.truncate(MOST_LAST);
    for &last in &tried {
        let others = actions.iter().copied().filter(|action| *action != last).collect();
        if let Some((mut total, rules)) = rules_with_last(f, function, others, last, cost)? {
            total += if last == otherwise { 0 } else { LAST };
            if best.as_ref().is_none_or(|(known, _)| total < *known) {
                best = Some((total, rules));
            }
        }
    }
    best.map(|(_, rules)| rules).ok_or(NoRules::TooMany)
}

/// The rules and their cost, if the last rule gives `last` to all calls that the rules of the other actions leave.
fn rules_with_last(
    f: &mut CallFunctions,
    function: CallFunction,
    mut others: Vec<Action>,
    last: Action,
    cost: Cost<'_>,
) -> Result<Option<(usize, Vec<CallRule>)>, NoRules> {
    let (mut rules, mut total, mut decided) = (Vec::new(), 0, CallFunction::NEVER);
    while !others.is_empty() {
        // The action with the shortest conditions goes first: later rules need not tell apart the calls that it
        // decides.
        let mut best: Option<(usize, usize, Vec<Cube>, CallFunction)> = None;
        for (index, &action) in others.iter().enumerate() {
            let least = having(f, function, action, &mut HashMap::new())?;
            let most = f.or(least, decided)?;
            let Some(cubes) = cover(f, least, most)? else { continue };
            let Some((cubes_cost, cubes)) = needed(f, least, cubes, cost)? else { continue };
            if best.as_ref().is_none_or(|(known, ..)| cubes_cost < *known) {
                best = Some((cubes_cost, index, cubes, least));
            }
        }
        let Some((cubes_cost, index, cubes, condition)) = best else { return Ok(None) };
        total += cubes_cost;
        rules.push(CallRule { action: others.remove(index), cubes: Some(cubes) });
        decided = f.or(decided, condition)?;
    }
    rules.push(CallRule { action: last, cubes: None });
    Ok(Some((total, rules)))
}

/// The products that decide a part of `wanted`, and their cost. A product that is written wider than necessary may
/// leave nothing to a later one. `None` if a product cannot be written.
fn needed(
    f: &mut CallFunctions,
    wanted: CallFunction,
    cubes: Vec<Cube>,
    cost: Cost<'_>,
) -> Result<Option<(usize, Vec<Cube>)>, Unexplored> {
    let (mut total, mut kept, mut left) = (0, Vec::with_capacity(cubes.len()), wanted);
    for cube in cubes {
        let Some((cube_cost, holds)) = cost(f, &cube)? else { return Ok(None) };
        let less = f.choose(holds, CallFunction::NEVER, left)?;
        if less != left {
            left = less;
            total += cube_cost;
            kept.push(cube);
        }
    }
    Ok(Some((total, kept)))
}

/// Rules for all actions but the first. No two of them match the same call, so their order does not matter.
fn unordered_rules(
    f: &mut CallFunctions,
    function: CallFunction,
    actions: &[Action],
    cost: Cost<'_>,
) -> Result<Vec<CallRule>, NoRules> {
    let mut conditions = Conditions::default();
    conditions.find(f, function)?;
    let mut rules = Vec::with_capacity(actions.len());
    for &action in &actions[1..] {
        let condition = conditions.of(function, action);
        let cubes = cover(f, condition, condition)?.ok_or(NoRules::TooMany)?;
        let (_, cubes) = needed(f, condition, cubes, cost)?.ok_or(NoRules::TooMany)?;
        rules.push(CallRule { action, cubes: Some(cubes) });
    }
    rules.push(CallRule { action: actions[0], cubes: None });
    Ok(rules)
}

/// The conditions under which functions have each of their actions.
#[derive(Default)]
struct Conditions {
    /// By function, in the order of actions.
    known: HashMap<CallFunction, Vec<(Action, CallFunction)>>,
    total: usize,
}

impl Conditions {
    /// Finds the conditions of a function and of all its parts.
    fn find(&mut self, f: &mut CallFunctions, function: CallFunction) -> Result<(), NoRules> {
        if self.known.contains_key(&function) {
            return Ok(());
        }
        let found = match f.view(function) {
            FunctionView::Action(action) => vec![(action, CallFunction::ALWAYS)],
            FunctionView::Holds(_) => Vec::new(),
            FunctionView::Asks { bit, zero, one } => {
                self.find(f, zero)?;
                self.find(f, one)?;
                let mut actions: Vec<Action> = Vec::new();
                for part in [zero, one] {
                    actions.extend(self.known[&part].iter().map(|(action, _)| *action));
                }
                actions.sort_unstable();
                actions.dedup();
                let mut found = Vec::with_capacity(actions.len());
                for action in actions {
                    let (zero, one) = (self.of(zero, action), self.of(one, action));
                    found.push((action, f.ask(bit, zero, one)?));
                }
                found
            }
        };
        self.total += found.len();
        if self.total > MOST_CONDITIONS {
            return Err(NoRules::TooMany);
        }
        self.known.insert(function, found);
        Ok(())
    }

    /// The condition under which a function that was found has the action.
    fn of(&self, function: CallFunction, action: Action) -> CallFunction {
        let found = &self.known[&function];
        let place = found.binary_search_by_key(&action, |(action, _)| *action);
        place.map_or(CallFunction::NEVER, |place| found[place].1)
    }
}

/// The calls for which the function has that action.
fn having(
    f: &mut CallFunctions,
    function: CallFunction,
    action: Action,
    known: &mut HashMap<CallFunction, CallFunction>,
) -> Result<CallFunction, Unexplored> {
    if let Some(known) = known.get(&function) {
        return Ok(*known);
    }
    let having = match f.view(function) {
        FunctionView::Action(found) if found == action => CallFunction::ALWAYS,
        FunctionView::Action(_) | FunctionView::Holds(_) => CallFunction::NEVER,
        FunctionView::Asks { bit, zero, one } => {
            let zero = having(f, zero, action, known)?;
            let one = having(f, one, action, known)?;
            f.ask(bit, zero, one)?
        }
    };
    known.insert(function, having);
    Ok(having)
}
