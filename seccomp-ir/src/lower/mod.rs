//! The lowering: policy to decision graph to instructions.
//!
//! The passes are a list, [`Pass`]: each has a name, says why it has its place, and its result can be
//! looked at ([`show`](show()), `cargo run --example explain -- --stage NAME`). `attempt` runs them all. If
//! the first filter exceeds its limits, they run again with other costs ([`lower_within`]). `choice` has two
//! ways to decide a call:
//!
//! - `argument_order`, which chooses the word that a function reads first, and `search` (over `runs` of values)
//!   or `masks` (over `cells` by `candidates`), which choose the tests of that word;
//! - `chain`, which makes the tests as they are written and needs only the rules.
//!
//! `accumulator` describes what the accumulator can hold and what an instruction can test. `test_trees` has
//! the trees of tests and `planner` the plans that several passes share. `map` is the map that all
//! passes use; `budgets` says how much they may try.
//!
//! The lowering knows no names and no spans. It does not prove that its result means the same as the
//! policy: `prove` does that on every compile, and shares no code with the lowering.

mod accumulator;
mod argument_order;
mod attempt;
mod bdd;
mod bound;
mod budgets;
mod candidates;
mod cells;
mod chain;
mod choice;
mod condition_functions;
mod cost;
mod dependence;
mod emit;
mod error;
mod function_node;
mod graph;
mod hints;
mod intervals;
mod layout;
mod leaves;
mod map;
mod masks;
mod number_runs;
mod number_tests;
#[cfg(feature = "show")]
mod pass;
#[cfg(feature = "show")]
mod pass_text;
mod planner;
mod read_first;
mod run_bits;
mod runs;
mod samples;
mod search;
mod symbols;
#[cfg(test)]
mod test_support;
#[cfg(feature = "show")]
mod test_text;
mod test_trees;
mod value_sets;
#[cfg(feature = "show")]
mod weights;

pub use budgets::Budgets;
pub use error::{LowerError, LowerErrorKind};
#[cfg(feature = "show")]
pub use pass::{Pass, UnknownPass};
#[cfg(feature = "show")]
pub use pass_text::show;

use attempt::{Attempt, Chains, How};
use cost::{INSTRUCTION, LONG_INSTRUCTION, SHORTEST_INSTRUCTION};
#[cfg(feature = "show")]
pub use weights::{INSTRUCTION_COST, NumberRun, number_runs};

use crate::abi::Abi;
use crate::bpf::InstructionIndex;
use crate::filter::Filter;
use crate::policy::Policy;

/// How often a call of an ABI is made, in hundredths of a call per about a hundred calls.
pub type Frequency<'a> = &'a dyn Fn(Abi, u32) -> u32;

/// A filter, and what helps to prove it.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Lowered {
    /// The filter.
    pub filter: Filter,
    /// The instructions at which a straight chain begins to test a condition, in no order. No proof has to
    /// trust this list.
    pub starts: Vec<InstructionIndex>,
}

/// The filter of `policy`, laid out so that frequent calls take few steps.
///
/// No path is longer than the longest of the straight chain of its tests as written, and the filter is at most
/// one instruction longer than that chain. The exception is a policy with a list of more than 16 calls or a
/// rule of more than 48 comparisons: there the filter may be longer by half, for comparisons that make it
/// far less deep (`lower/bound.rs`).
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if even the chain is longer than the kernel takes.
pub fn lower(policy: &Policy, frequency: Frequency<'_>) -> Result<Filter, LowerError> {
    lower_within(policy, frequency, Budgets::DEFAULT)
}

/// Like [`lower`]. The result also has what helps to prove the filter.
///
/// # Errors
///
/// The errors of [`lower`].
pub fn lower_with_starts(policy: &Policy, frequency: Frequency<'_>) -> Result<Lowered, LowerError> {
    fastest(policy, frequency, Budgets::DEFAULT).map(|(_, lowered)| lowered)
}

/// Like [`lower`], with other budgets. Smaller budgets make a longer filter, which keeps the same promises.
///
/// # Errors
///
/// The errors of [`lower`].
pub fn lower_within(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<Filter, LowerError> {
    fastest(policy, frequency, budgets).map(|(_, lowered)| lowered.filter)
}

/// The first way that keeps the promises of [`lower`], and its filter.
fn fastest(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<(How, Lowered), LowerError> {
    let chains = Chains::OfNone;
    let made = |instruction| {
        let how = How::Searched { instruction };
        let (chain, searched) = Attempt { policy, frequency, budgets, how, chains }.filters();
        (chain, searched.map(|filter| filter.map(|filter| (how, filter))))
    };
    let (chain, first) = made(INSTRUCTION);
    if let Ok(Some(filter)) = first {
        return Ok(filter);
    }
    let (_, shortest) = made(SHORTEST_INSTRUCTION);
    if let Ok(Some(shortest)) = shortest {
        // The shortest filter keeps the limits, so one between the two may keep them as well.
        return match made(LONG_INSTRUCTION) {
            (_, Ok(Some(between))) => Ok(between),
            _ => Ok(shortest),
        };
    }
    let mut refusal = match chain {
        Ok(chain) => return Ok((How::Chained, chain)),
        Err(refusal) => refusal,
    };
    // The error with the shortest length that any attempt reached.
    for searched in [shortest, first] {
        match searched {
            Err(other) if other.1 <= refusal.1 => refusal = other,
            _ => {}
        }
    }
    Err(refusal.0)
}

/// The filter of `policy` in which the arguments of each call are tested one after the other, as its rules
/// are written. It is longer and deeper than that of [`lower`], and its proof is simpler.
///
/// # Errors
///
/// [`LowerErrorKind::TooLong`] if it is longer than the kernel takes.
pub fn lower_simply(policy: &Policy, frequency: Frequency<'_>) -> Result<Lowered, LowerError> {
    with_chains(policy, frequency, Chains::OfAll)
}

/// The straight chain of `policy`, which bounds the filter of [`lower`]: the calls one after the other, and for
/// each the tests of its rules as they are written.
///
/// # Errors
///
/// The errors of [`lower_simply`].
#[inline]
pub fn lower_as_chain(
    policy: &Policy,
    frequency: Frequency<'_>,
    budgets: Budgets,
) -> Result<Filter, LowerError> {
    let (how, chains) = (How::Chained, Chains::OfAll);
    let (chain, _) = Attempt { policy, frequency, budgets, how, chains }.filters();
    chain.map(|lowered| lowered.filter).map_err(|(refusal, _)| refusal)
}

/// The filter of [`lower`] in which only the arguments of `calls` (values of `arch` and numbers) are tested one
/// after the other.
///
/// # Errors
///
/// The errors of [`lower_simply`].
pub fn lower_calls_simply(
    policy: &Policy,
    frequency: Frequency<'_>,
    calls: &[(u32, u32)],
) -> Result<Lowered, LowerError> {
    with_chains(policy, frequency, Chains::Of(calls))
}

fn with_chains(
    policy: &Policy,
    frequency: Frequency<'_>,
    chains: Chains<'_>,
) -> Result<Lowered, LowerError> {
    let (budgets, how) = (Budgets::DEFAULT, How::Searched { instruction: INSTRUCTION });
    match (Attempt { policy, frequency, budgets, how, chains }.filters()) {
        (_, Ok(Some(filter))) => Ok(filter),
        (chain, _) => chain.map_err(|(refusal, _)| refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budgets, lower_as_chain, lower_within, test_support};
    use crate::abi::Endian;
    use crate::bpf;
    use crate::policy::meaning;

    /// With every budget the filter is right, and hardly longer than the chain.
    #[test]
    fn a_spent_budget_costs_length_and_nothing_else() {
        let full = Budgets::DEFAULT;
        let budgets = [
            Budgets::NONE,
            full,
            Budgets { nodes: 40, ..full },
            Budgets { symbol_tests: 0, ..full },
            Budgets { functions: 2, ..full },
            Budgets { trials: 0, reordered_nodes: 0, ..full },
            Budgets { sets: 0, ..full },
            Budgets { runs: 2, masked_runs: 2, ..full },
            Budgets { cell_states: 4, ..full },
            Budgets { cell_sets: 0, ..full },
        ];
        let mut rng = test_support::rng(19);
        let mut lengths = vec![0; budgets.len()];
        for round in 0..60 {
            let policy = test_support::policy(&mut rng, round % 2 == 1);
            for (length, &budgets) in lengths.iter_mut().zip(&budgets) {
                let chain = lower_as_chain(&policy, &|_, _| 0, budgets).expect("a few tests");
                let filter = lower_within(&policy, &|_, _| 0, budgets).expect("as the chain");
                *length += filter.instructions.len();
                assert!(filter.instructions.len() <= chain.instructions.len() + 1);
                assert!(filter.longest_path() <= chain.longest_path());
                let instructions = filter.resolve(&test_support::value_of);
                for _ in 0..30 {
                    let call = test_support::call(&mut rng);
                    let expected = meaning(&policy, &call, &test_support::value_of);
                    let found = bpf::interpret(&instructions, &call, Endian::Little);
                    assert_eq!(found, Ok(expected.to_return_value()), "{budgets:?} {call:x?}");
                }
            }
        }
        assert!(lengths[1] < lengths[0], "the search gains nothing: {lengths:?}");
    }
}
