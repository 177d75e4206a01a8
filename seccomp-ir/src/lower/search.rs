//! The tree of comparisons that tells runs of values apart.

use super::condition::Relation;
use super::runs::Run;

/// Tests of the accumulator, ending in outcomes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Tree {
    /// Nothing is left to test.
    Outcome(u32),
    /// One test.
    Test { relation: Relation, value: u32, yes: Box<Tree>, no: Box<Tree> },
    /// Only these bits of the accumulator matter from here on.
    Keep { mask: u32, then: Box<Tree> },
}

impl Tree {
    pub(super) fn test(relation: Relation, value: u32, yes: Self, no: Self) -> Self {
        Self::Test { relation, value, yes: Box::new(yes), no: Box::new(no) }
    }
}

/// The tree for `runs`, of which there is at least one.
pub(super) fn tree(runs: &[Run]) -> Tree {
    let outcome = runs[0].outcome;
    if runs.iter().all(|run| run.outcome == outcome) {
        return Tree::Outcome(outcome);
    }
    for (index, run) in runs.iter().enumerate() {
        let mut others = runs[..index].iter().chain(&runs[index + 1..]).map(|other| other.outcome);
        let Some(rest) = others.next() else { continue };
        if run.first == run.last && others.all(|other| other == rest) {
            let (yes, no) = (Tree::Outcome(run.outcome), Tree::Outcome(rest));
            return Tree::test(Relation::Equal, run.first, yes, no);
        }
    }
    let (low, high) = runs.split_at(runs.len() / 2);
    Tree::test(Relation::GreaterOrEqual, high[0].first, tree(high), tree(low))
}
