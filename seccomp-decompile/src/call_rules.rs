//! What a filter does with one call number, as rules: actions with conditions on arguments, the first that holds decides.

use std::collections::{HashMap, HashSet};

use seccomp_ir::action::Action;
use seccomp_ir::explore::{CallFunction, CallFunctions, FunctionView, InputBit, Unexplored};

use crate::cubes::{Cube, cover};

/// The most actions of one call whose order is tried out.
const MOST_LAST: usize = 4;

/// The cost of reading a rule without a condition.
const LAST: usize = 2;

/// A rule for one call.
#[derive(Clone, Debug)]
pub(crate) struct CallRule {
    pub(crate) action: Action,
    /// One of these must hold. Without any, the rule is for all calls that no rule above decides.
    pub(crate) cubes: Option<Vec<Cube>>,
}

/// Why there are no rules for a function.
pub(crate) enum NoRules {
    Unexplored(Unexplored),
    /// It depends on something else than arguments.
    DependsOn(InputBit),
    /// They would be too many.
    TooMany,
}

impl From<Unexplored> for NoRules {
    fn from(unexplored: Unexplored) -> Self {
        Self::Unexplored(unexplored)
    }
}

/// Says how long it takes to read products; `None` if they cannot be written.
pub(crate) type Cost<'a> =
    &'a mut dyn FnMut(&mut CallFunctions, &[Cube]) -> Result<Option<usize>, Unexplored>;

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
/// something unless its action is `otherwise`, which then need not be said.
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
    let mut best: Option<(usize, Vec<CallRule>)> = None;
    let mut tried = actions.clone();
    tried.sort_by_key(|action| *action != otherwise);
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

/// The rules with `last` for what the rules of the other actions leave, and their cost.
fn rules_with_last(
    f: &mut CallFunctions,
    function: CallFunction,
    mut others: Vec<Action>,
    last: Action,
    cost: Cost<'_>,
) -> Result<Option<(usize, Vec<CallRule>)>, NoRules> {
    let (mut rules, mut total, mut decided) = (Vec::new(), 0, CallFunction::NEVER);
    while !others.is_empty() {
        // The shortest of the remaining ones goes first: what it decides need not be told apart later.
        let mut best: Option<(usize, usize, Vec<Cube>, CallFunction)> = None;
        for (index, &action) in others.iter().enumerate() {
            let least = having(f, function, action, &mut HashMap::new())?;
            let most = f.or(least, decided)?;
            let Some(cubes) = cover(f, least, most)? else { continue };
            let Some(cubes_cost) = cost(f, &cubes)? else { continue };
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
