//! How far our filters are from lower bounds for all filters.

use seccomp_test_support::least::distance::{Distance, NumberTree, number_trees, word_trees};

use super::Table;

/// A figure of the tests of the call number: what it is called, its decimals, and where it is.
type Figure = (&'static str, usize, fn(&NumberTree) -> Distance);

const FIGURES: [Figure; 3] = [
    ("cost", 2, |tree| tree.cost),
    ("instructions", 0, |tree| tree.instructions),
    ("steps", 2, |tree| tree.steps),
];

/// The tests of the call number of each workload, and conditions on one word: ours, the lower bound, and
/// the ratio.
#[must_use]
pub fn distances() -> String {
    let trees = number_trees();
    let names: Vec<&str> = trees.iter().map(|tree| tree.name.as_str()).collect();
    let mut numbers = Table::new(&[&["ours / bound (ratio)"], &names[..]].concat());
    for (what, decimals, figure) in FIGURES {
        let cells = trees.iter().map(|tree| figure(tree).cell(decimals));
        numbers.row([what.to_owned()].into_iter().chain(cells));
    }
    let tests = trees.iter().map(|tree| {
        let [with, without] = tree.least_tests;
        format!("{with} / {without}")
    });
    numbers.row(["least tests, with / without -1".to_owned()].into_iter().chain(tests));
    let (conditions, given_up) = word_trees();
    let mut words = Table::new(&["ours / least (ratio)", "length", "longest path"]);
    for tree in conditions {
        words.row([tree.name, tree.length.cell(0), tree.depth.cell(0)]);
    }
    format!(
        "The tests of the call number beside a lower bound for every tree of such tests: the sum that the \
         compiler makes small, in steps of every allowed call, and its two parts alone. The last row is the \
         least number of equalities and comparisons, as it is and as if -1 were led as the numbers below \
         it.\n\n{numbers}\n\
         Conditions on one word beside the shortest and the shallowest filters; the search for {given_up} \
         others was given up. `docs/figures.md` explains both.\n\n{words}"
    )
}
