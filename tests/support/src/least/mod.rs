//! Lower bounds for parts of a filter, and the distance of filters from these bounds.
//!
//! - [`numbers`] bounds the tests of the call number, by dynamic programming over trees.
//! - [`words`] bounds a condition on one word, by exhaustive search over graphs of tests, loads and masks.
//! - [`count`] counts the equalities and comparisons that such a tree must have, exactly.
//! - [`known`] has conditions that people write, some with their least length.
//! - [`distance`] compares the filters of the workloads and of these conditions with their bounds.

pub mod count;
pub mod distance;
pub mod known;
pub mod numbers;
#[cfg(test)]
mod numbers_tests;
pub mod words;
