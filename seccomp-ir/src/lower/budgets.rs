//! How much a lowering may try.
//!
//! A search that tries everything would take hours on some policies, so each search has a budget. A
//! spent budget makes a filter longer and never wrong: the search then takes what it has found, or the
//! check is decided by its straight chain (`chain`), which needs no budget.

/// The budgets of one lowering. [`Self::DEFAULT`] serves users; tests and measurements pass others to
/// [`lower_within`](super::lower_within).
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
#[non_exhaustive]
pub struct Budgets {
    /// The most nodes of all functions of one policy. Docker's profile takes about a thousand. A
    /// million unoptimised steps take about half a second, so this bounds the time of a compile.
    pub nodes: usize,
    /// The most different comparisons with symbols.
    pub symbol_tests: usize,
    /// The most functions for which a first word is searched.
    pub functions: usize,
    /// The most functions that are reordered to plan one call.
    pub trials: usize,
    /// A function with more nodes is not reordered.
    pub reordered_nodes: usize,
    /// The most sets of runs for which one search looks for the best tree. After that it takes the
    /// middle.
    pub sets: usize,
    /// The most runs of values of one word, if there are no masks.
    pub runs: usize,
    /// The most runs of values of one word under one mask.
    pub masked_runs: usize,
    /// The most states to which the first bits of a word may lead; beyond that it has too many cells.
    pub cell_states: usize,
    /// The most sets of cells that are searched for one word.
    pub cell_sets: usize,
}

impl Budgets {
    /// The budgets with which policies are compiled.
    pub const DEFAULT: Self = Self {
        nodes: 1 << 18,
        symbol_tests: 2048,
        functions: 8192,
        trials: 64,
        reordered_nodes: 2048,
        sets: 20_000,
        runs: 1 << 16,
        masked_runs: 1024,
        cell_states: 256,
        cell_sets: 400,
    };

    /// Nothing is searched.
    pub const NONE: Self = Self {
        nodes: 0,
        symbol_tests: 0,
        functions: 0,
        trials: 0,
        reordered_nodes: 0,
        sets: 0,
        runs: 0,
        masked_runs: 0,
        cell_states: 0,
        cell_sets: 0,
    };
}

impl Default for Budgets {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::super::{lower_within, test_support};
    use super::Budgets;
    use crate::abi::Endian;
    use crate::bpf;
    use crate::policy::meaning;

    /// Each budget by its name. It is spent, and the others are not.
    fn one_spent() -> [(&'static str, Budgets); 10] {
        let full = Budgets::DEFAULT;
        [
            ("nodes", Budgets { nodes: 0, ..full }),
            ("symbol_tests", Budgets { symbol_tests: 0, ..full }),
            ("functions", Budgets { functions: 0, ..full }),
            ("trials", Budgets { trials: 0, ..full }),
            ("reordered_nodes", Budgets { reordered_nodes: 0, ..full }),
            ("sets", Budgets { sets: 0, ..full }),
            ("runs", Budgets { runs: 0, ..full }),
            ("masked_runs", Budgets { masked_runs: 0, ..full }),
            ("cell_states", Budgets { cell_states: 0, ..full }),
            ("cell_sets", Budgets { cell_sets: 0, ..full }),
        ]
    }

    /// Each budget has an effect: if it alone is spent, the filter of some policy changes. But no action changes.
    #[test]
    fn each_budget_limits_a_search_and_never_the_meaning() {
        // With other seeds the policies may not need every budget.
        let mut rng = fastrand::Rng::with_seed(20);
        let spent = one_spent();
        let mut changed = [0; 10];
        for round in 0..150 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            let lower = |budgets| {
                let filter = lower_within(&policy, &|_, _| 0, budgets).expect("no long policy");
                filter.resolve(&test_support::value_of)
            };
            let full = lower(Budgets::DEFAULT);
            for (changed, (name, budgets)) in changed.iter_mut().zip(spent) {
                let filter = lower(budgets);
                if filter == full {
                    continue;
                }
                *changed += 1;
                for _ in 0..10 {
                    let call = test_support::call(&mut rng);
                    let expected = meaning(&policy, &call, &test_support::value_of);
                    let found = bpf::interpret(&filter, &call, Endian::Little);
                    assert_eq!(found, Ok(expected.to_return_value()), "without {name}: {call:x?}");
                }
            }
        }
        for (changed, (name, _)) in changed.iter().zip(spent) {
            assert!(*changed > 0, "`{name}` limits nothing: {changed:?}");
        }
    }
}
