//! The exact least number of equalities and comparisons that tell runs of numbers apart.
//!
//! If only instructions count, the order of tests on a path does not matter: a `JEQ` above a comparison can change
//! places with it, and the tree has as many tests as before. So some best tree has its comparisons first. They cut
//! the runs into intervals, and in each interval a row of `JEQ` takes out all runs except those of one outcome.
//! Dynamic programming over intervals finds the least.

use seccomp_ir::lower::NumberRun;

/// The least number of tests of a tree of `JEQ`, `JGT` and `JGE` for `runs`, which are ascending.
#[must_use]
pub fn least_tests(runs: &[NumberRun]) -> u64 {
    let count = runs.len();
    // The least for each interval, by its first run and the run after its last.
    let mut least = vec![vec![0_u64; count + 1]; count + 1];
    for length in 2..=count {
        for first in 0..=count - length {
            let end = first + length;
            let cut = |cut: usize| 1 + least[first][cut] + least[cut][end];
            let cuts = (first + 1..end).map(cut).min();
            let best = row(&runs[first..end]).into_iter().chain(cuts).min();
            least[first][end] = best.expect("two runs can be cut");
        }
    }
    least[0][count]
}

/// The least row of equalities for these runs, if there is one.
fn row(runs: &[NumberRun]) -> Option<u64> {
    let left_out = |rest: u32| {
        let out = runs.iter().filter(move |run| run.outcome != rest);
        let all_single = out.clone().all(|run| run.first == run.last);
        all_single.then(|| out.count() as u64)
    };
    runs.iter().filter_map(|run| left_out(run.outcome)).min()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{NumberRun, least_tests};

    /// The least over all trees, by brute force: a set is a list of numbers with their outcomes.
    fn by_trial(set: &[(u32, u32)], known: &mut HashMap<Vec<(u32, u32)>, u64>) -> u64 {
        if set.iter().all(|(_, outcome)| *outcome == set[0].1) {
            return 0;
        }
        if let Some(&known) = known.get(set) {
            return known;
        }
        let mut least = u64::MAX;
        for &(value, _) in set {
            for is_equal in [true, false] {
                let holds = |number: u32| if is_equal { number == value } else { number > value };
                let (yes, no): (Vec<_>, Vec<_>) =
                    set.iter().partition(|(number, _)| holds(*number));
                if !yes.is_empty() && !no.is_empty() {
                    least = least.min(1 + by_trial(&yes, known) + by_trial(&no, known));
                }
            }
        }
        known.insert(set.to_vec(), least);
        least
    }

    #[test]
    fn the_least_is_that_of_all_trees() {
        for seed in 0..80 {
            let rng = &mut fastrand::Rng::with_seed(seed);
            let mut runs: Vec<NumberRun> = Vec::new();
            let mut numbers = Vec::new();
            for number in 0..10 {
                let outcome = rng.u32(..3);
                match runs.last_mut() {
                    Some(run) if run.outcome == outcome => run.last = number,
                    _ => runs.push(NumberRun { first: number, last: number, outcome, weight: 1 }),
                }
                numbers.push((number, outcome));
            }
            assert_eq!(least_tests(&runs), by_trial(&numbers, &mut HashMap::new()), "{runs:?}");
        }
    }
}
