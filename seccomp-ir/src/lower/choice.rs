//! Chooses how a call is decided: the cheapest of several candidates.
//!
//! The candidates, in the order in which they are made:
//!
//! 1. one function of all conditions of the call, searched (`argument_order`, `masks`, `search`): mostly the
//!    best, and the only candidate if it is no longer and no deeper than a chain;
//! 2. each condition searched by itself, and asked one after the other: better if the conditions are
//!    almost independent, because one function of all conditions would test everything on every path;
//! 3. the straight chain, in two orders: never long, and always possible.

use super::argument_order;
use super::bound::{Dimensions, is_worth};
use super::chain::{Links, TestOrder};
use super::condition_functions::Size;
use super::cost::Cost;
use super::emit::Emitter;
use super::function_node::Function;
use super::graph::StepId;
use super::number_runs::{Check, decided};

/// Makes choices, one after the other.
pub(super) struct Chooser {
    /// For each step whether the choices so far need it.
    used: Vec<bool>,
}

/// A way to decide a call.
#[derive(Clone, Copy)]
struct Candidate {
    first: StepId,
    /// How many steps it has that nothing else uses.
    length: usize,
    /// The number of steps on its longest path.
    depth: u32,
}

impl Candidate {
    fn dimensions(self) -> Dimensions {
        Dimensions { length: self.length, depth: self.depth }
    }
}

impl Chooser {
    pub(super) fn new() -> Self {
        Self { used: Vec::new() }
    }

    /// Chooses how calls with this weight are checked.
    pub(super) fn choose(&mut self, emitter: &mut Emitter<'_>, check: &Check<'_>, weight: Cost) {
        if emitter.planner.conditions.action_of(check.function).is_some() {
            return;
        }
        let chain = shortest_chain(emitter, check);
        let chain = self.candidate(emitter, chain);
        let mut best = chain;
        #[cfg(feature = "show")]
        let mut ways = vec![("the straight chain", chain)];
        let instruction = emitter.planner.trees.instruction;
        let cost = |candidate: Candidate| {
            let steps = weight.saturating_mul(candidate.depth.into());
            steps.saturating_add(instruction.saturating_mul(candidate.length as Cost))
        };
        let searched = planned(emitter, check, check.function, weight);
        let searched = searched.map(|searched| self.candidate(emitter, searched));
        #[cfg(feature = "show")]
        ways.extend(searched.map(|searched| ("all conditions as one function", searched)));
        let is_short = |way: Candidate| is_worth(way.dimensions(), chain.dimensions());
        match searched {
            Some(way) if is_short(way) && cost(way) <= cost(best) => best = way,
            _ => {}
        }
        let is_better = best.length < chain.length && best.depth <= chain.depth;
        if !is_better && searched.is_none_or(|searched| searched.first != chain.first) {
            let conditions = &mut *emitter.planner.conditions;
            let size = conditions.sized(Size::OfOne);
            let one_by_one = decided(check.part, &check.rules, check.otherwise, conditions);
            let _ = conditions.take_hints();
            conditions.sized(size);
            if let Ok(function) = one_by_one {
                if let Some(asked) = planned(emitter, check, function, weight) {
                    let asked = self.candidate(emitter, asked);
                    #[cfg(feature = "show")]
                    ways.push(("one condition after the other", asked));
                    if is_short(asked) && cost(asked) < cost(best) {
                        best = asked;
                    }
                }
            }
        }
        #[cfg(feature = "show")]
        emitter.record.choices.push(super::pass_text::Choice {
            check: check.function,
            chosen: ways.iter().position(|(_, way)| way.first == best.first).unwrap_or(0),
            ways: ways
                .iter()
                .map(|(name, way)| (*name, way.length, way.depth, cost(*way)))
                .collect(),
        });
        emitter.graph.use_all(best.first, &mut self.used);
        emitter.choose(check.function, best.first);
    }

    fn candidate(&self, emitter: &Emitter<'_>, first: StepId) -> Candidate {
        let graph = &emitter.graph;
        let length = graph.use_all(first, &mut self.used.clone());
        Candidate { first, length, depth: graph.depth(first) }
    }
}

/// The steps that decide `function` as planned. None if they would be too many.
fn planned(
    emitter: &mut Emitter<'_>,
    check: &Check<'_>,
    function: Function,
    weight: Cost,
) -> Option<StepId> {
    argument_order::plan(&mut emitter.planner, function, weight, &check.hints).ok()?;
    emitter.emit(function, None).ok()
}

/// Chooses the straight chain for `check`.
pub(super) fn chain(emitter: &mut Emitter<'_>, check: &Check<'_>) {
    let chain = shortest_chain(emitter, check);
    emitter.choose(check.function, chain);
}

/// The chain as written, or in another order if that is neither longer nor deeper.
fn shortest_chain(emitter: &mut Emitter<'_>, check: &Check<'_>) -> StepId {
    let (graph, endian) = (&mut emitter.graph, emitter.endian);
    let mut chain = |order| {
        let (links, link) = Links::of_rules(check.part, &check.rules, check.otherwise, order);
        links.emit(link, graph, endian)
    };
    let (written, ordered) = (chain(TestOrder::Written), chain(TestOrder::MasksLast));
    let length = |first| graph.use_all(first, &mut Vec::new());
    let is_longer = length(ordered) > length(written);
    if is_longer || graph.depth(ordered) > graph.depth(written) { written } else { ordered }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::PolicyFunctions;
    use super::super::test_support;
    use super::{Chooser, shortest_chain};
    use crate::abi::Endian;
    use crate::policy::{PolicyAction, meaning};

    #[test]
    fn the_chosen_way_decides_as_the_rules_and_costs_no_more_than_the_chain() {
        const WEIGHT: u64 = 100_000;
        let mut rng = test_support::rng(15);
        let mut shorter = 0;
        for round in 0..150 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            let attempt = test_support::attempt(&policy);
            let mut conditions = attempt.conditions();
            let functions = PolicyFunctions::of(&attempt, &mut conditions);
            let mut emitter = functions.emitter(&attempt, &mut conditions);
            for check in functions.checks.values() {
                if emitter.planner.conditions.action_of(check.function).is_some() {
                    continue;
                }
                // Without earlier choices, no step is free.
                Chooser::new().choose(&mut emitter, check, WEIGHT);
                let chain = shortest_chain(&mut emitter, check);
                let Ok(chosen) = emitter.emit(check.function, None) else { panic!("chosen") };
                let instruction = emitter.planner.trees.instruction;
                let cost = |first| {
                    let length = emitter.graph.use_all(first, &mut Vec::new()) as u64;
                    WEIGHT * u64::from(emitter.graph.depth(first)) + instruction * length
                };
                assert!(cost(chosen) <= cost(chain));
                shorter += usize::from(cost(chosen) < cost(chain));
                for _ in 0..20 {
                    let mut call = test_support::call(&mut rng);
                    call.nr = check.number;
                    let expected = meaning(&policy, &call, &test_support::value_of);
                    let graph = &emitter.graph;
                    let found = test_support::run(graph, chosen, &call, Endian::Little, 0);
                    assert_eq!(found, PolicyAction::Action(expected), "{call:x?}");
                }
            }
        }
        assert!(shorter > 50, "the search found only {shorter} better ways");
    }
}
