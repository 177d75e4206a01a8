//! The tests of the call numbers under one value of `arch`: a row or a tree.

use super::accumulator::{TestOperand, TestRelation};
use super::bdd::TooComplex;
use super::bound::{Dimensions, is_worth};
use super::emit::Emitter;
use super::function_node::LeafId;
use super::graph::{GraphStep, StepId};
use super::map::Map;
use super::search::{ValueRun, tree};

/// The first of the tests, one after the other, of all `runs` except those with the outcome `rest`; all other
/// numbers go to `next`.
fn row(
    emitter: &mut Emitter<'_>,
    runs: &[ValueRun],
    rest: Option<LeafId>,
    mut next: StepId,
) -> Result<StepId, TooComplex> {
    for run in runs.iter().rev() {
        if Some(run.outcome) == rest {
            continue;
        }
        let mut inside = emitter.emit(run.outcome.rest(), None)?;
        let mut test = |relation, value, yes, no| {
            let operand = TestOperand::Known(value);
            emitter.graph.add(GraphStep::Branch { relation, operand, yes, no })
        };
        next = if run.first == run.last {
            test(TestRelation::Equal, run.first, inside, next)
        } else {
            if run.last < u32::MAX {
                inside = test(TestRelation::Greater, run.last, next, inside);
            }
            match run.first.checked_sub(1) {
                Some(below) => test(TestRelation::Greater, below, inside, next),
                None => inside,
            }
        };
    }
    Ok(next)
}

/// The first of the tests, one after the other, of all runs except those with the most common outcome.
pub(super) fn whole_row(
    emitter: &mut Emitter<'_>,
    runs: &[ValueRun],
) -> Result<StepId, TooComplex> {
    let mut counts: Map<LeafId, usize> = Map::EMPTY;
    let (mut most, mut rest) = (0, runs[0].outcome);
    for run in runs {
        let count = counts.value_or(&run.outcome, 0);
        *count += 1;
        if *count > most {
            (most, rest) = (*count, run.outcome);
        }
    }
    let next = emitter.emit(rest.rest(), None)?;
    row(emitter, runs, Some(rest), next)
}

/// The first of the tests of the numbers, after the choice of the checks: a tree, if that keeps the bound beside a
/// row; or a tree after a row of the deepest checks, which a tree would put under more tests; or a row.
pub(super) fn number_tests(
    emitter: &mut Emitter<'_>,
    arch: u32,
    runs: &[ValueRun],
) -> Result<StepId, TooComplex> {
    let mut outcomes = Vec::new();
    for run in runs {
        let first = emitter.emit(run.outcome.rest(), None)?;
        emitter.graph.use_all(first, &mut outcomes);
    }
    let size = |emitter: &Emitter<'_>, first| {
        let length = emitter.graph.use_all(first, &mut outcomes.clone());
        Dimensions { length, depth: emitter.graph.depth(first) }
    };
    let row_first = whole_row(emitter, runs)?;
    let row_size = size(emitter, row_first);
    let searched = tree_of(emitter, arch, runs)?;
    if is_worth(size(emitter, searched), row_size) {
        return Ok(searched);
    }
    let (mut deep, mut others) = (Vec::new(), Vec::new());
    for run in runs {
        let first = emitter.emit(run.outcome.rest(), None)?;
        let is_deep = 2 * emitter.graph.depth(first) > row_size.depth;
        (if is_deep { &mut deep } else { &mut others }).push(*run);
    }
    if others.is_empty() {
        return Ok(row_first);
    }
    let searched = tree_of(emitter, arch, &others)?;
    let mixed = row(emitter, &deep, None, searched)?;
    Ok(if is_worth(size(emitter, mixed), row_size) { mixed } else { row_first })
}

/// The first of the tests of the best tree that was found for `runs`.
fn tree_of(emitter: &mut Emitter<'_>, arch: u32, runs: &[ValueRun]) -> Result<StepId, TooComplex> {
    let (best, _) = tree(runs, &mut emitter.planner.trees);
    #[cfg(feature = "show")]
    emitter.record.tree(arch, best);
    #[cfg(not(feature = "show"))]
    let _ = arch;
    emitter.emit_tree(best, None)
}

#[cfg(test)]
mod tests {
    use super::super::attempt::PolicyFunctions;
    use super::super::cost::weigh;
    use super::super::emit::Emitter;
    use super::super::number_runs::Check;
    use super::super::test_support;
    use super::whole_row;
    use crate::abi::{Abi, Call, Endian};
    use crate::policy::meaning;

    #[test]
    fn a_row_of_tests_decides_every_number() {
        let mut rng = test_support::rng(18);
        for _ in 0..60 {
            let policy = test_support::policy(&mut rng, false);
            let attempt = test_support::attempt(&policy);
            let mut conditions = attempt.conditions();
            let functions = PolicyFunctions::of(&attempt, &mut conditions);
            let mut emitter: Emitter<'_> = functions.emitter(&attempt, &mut conditions);
            for check in functions.checks.values() {
                let _: &Check<'_> = check;
                super::super::choice::chain(&mut emitter, check);
            }
            let numbers = functions.numbers(Abi::X86_64.audit_arch());
            let weighted = weigh(&numbers, emitter.planner.conditions);
            let Ok(first) = whole_row(&mut emitter, &weighted) else {
                panic!("chains are never too many")
            };
            for number in [0, 2, 3, 4, 5, 8, 9, 10, 1 << 30, Abi::SKIPPED] {
                let call = Call { nr: number, ..test_support::call(&mut rng) };
                let expected = meaning(&policy, &call, &test_support::value_of);
                let found = test_support::run(&emitter.graph, first, &call, Endian::Little, number);
                assert_eq!(found, crate::policy::PolicyAction::Action(expected), "{call:x?}");
            }
        }
    }
}
