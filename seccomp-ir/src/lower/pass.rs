//! The passes of the lowering, in one list. Each says why it has its place.

use std::fmt;
use std::str::FromStr;

/// A pass of the lowering.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
#[non_exhaustive]
pub enum Pass {
    /// The rules of an ABI become runs of call numbers that are checked alike.
    Numbers,
    /// The conditions of each check become one function of the arguments.
    Conditions,
    /// Each run gets the cost of a step.
    Weights,
    /// Each check gets the cheapest of several ways to decide it.
    Choice,
    /// A function gets the words that it reads, in order, and the tests of each.
    Order,
    /// The call numbers get their tests.
    Tree,
    /// All chosen tests become steps of one graph.
    Graph,
    /// The steps become instructions.
    Layout,
}

impl Pass {
    /// All passes, in the order in which their results are needed.
    pub const ALL: &'static [Self] = &[
        Self::Numbers,
        Self::Conditions,
        Self::Weights,
        Self::Choice,
        Self::Order,
        Self::Tree,
        Self::Graph,
        Self::Layout,
    ];

    /// The name of the pass, as the example `explain` takes it after `--stage`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Conditions => "conditions",
            Self::Weights => "weights",
            Self::Choice => "choice",
            Self::Order => "order",
            Self::Tree => "tree",
            Self::Graph => "graph",
            Self::Layout => "layout",
        }
    }

    /// What the pass makes.
    #[must_use]
    pub const fn result(self) -> &'static str {
        match self {
            Self::Numbers => "runs of call numbers whose arguments are checked alike",
            Self::Conditions => "for each check one function of the arguments, in canonical form",
            Self::Weights => "for each run of call numbers the cost of a step",
            Self::Choice => "for each check the ways to decide it, and the cheapest",
            Self::Order => {
                "for each function the word that it reads next, and the tests of that word"
            }
            Self::Tree => "the tests of the call number",
            Self::Graph => "the steps of the filter, each stored once",
            Self::Layout => "the instructions",
        }
    }

    /// Why the pass has its place.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Numbers => "it comes first, so that equal checks are searched only once",
            Self::Conditions => {
                "the passes after it then depend on what is computed, and not on how it was written"
            }
            Self::Weights => {
                "it needs the actions of the checks, and all choices after it minimise one sum"
            }
            Self::Choice => {
                "the heaviest check chooses first, because the steps that it needs are free for the \
                 others"
            }
            Self::Order => {
                "it serves the choice, and needs canonical functions: only they show on which words \
                 they depend"
            }
            Self::Tree => "it is the last choice, because only now is each check one outcome",
            Self::Graph => "it comes after the choices, because only chosen steps are kept",
            Self::Layout => "it needs the whole graph: a jump leads only forward",
        }
    }

    /// The files of this folder, without `.rs`, that do the work.
    #[must_use]
    pub const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Numbers => &["number_runs"],
            Self::Conditions => &[
                "condition_functions",
                "hints",
                "intervals",
                "value_sets",
                "symbols",
                "samples",
                "bdd",
                "function_node",
                "read_first",
                "dependence",
                "leaves",
            ],
            Self::Weights => &["cost"],
            Self::Choice => &["choice", "chain", "bound"],
            Self::Order => &[
                "argument_order",
                "planner",
                "search",
                "run_bits",
                "runs",
                "masks",
                "cells",
                "candidates",
            ],
            Self::Tree => &["number_tests", "search"],
            Self::Graph => &["emit", "graph"],
            Self::Layout => &["layout"],
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No pass has this name.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct UnknownPass;

impl fmt::Display for UnknownPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown pass; the passes are")?;
        for (index, pass) in Pass::ALL.iter().enumerate() {
            write!(f, "{} `{pass}`", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for UnknownPass {}

impl FromStr for Pass {
    type Err = UnknownPass;

    fn from_str(name: &str) -> Result<Self, UnknownPass> {
        Self::ALL.iter().copied().find(|pass| pass.name() == name).ok_or(UnknownPass)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::Pass;

    /// The files that serve several passes, or the user of the lowering.
    const SHARED: &[&str] = &[
        "accumulator",
        "attempt",
        "budgets",
        "error",
        "map",
        "mod",
        "pass",
        "pass_text",
        "test_support",
        "test_text",
        "test_trees",
        "weights",
    ];

    #[test]
    fn every_file_of_the_lowering_belongs_to_a_pass_or_to_all() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lower");
        let mut there = BTreeSet::new();
        for entry in fs::read_dir(folder).expect("a folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            there.insert(name.strip_suffix(".rs").expect("a source").to_owned());
        }
        let listed = Pass::ALL.iter().flat_map(|pass| pass.files()).chain(SHARED);
        let listed: BTreeSet<String> = listed.map(|&name| name.to_owned()).collect();
        assert_eq!(there, listed);
    }

    #[test]
    fn a_pass_is_found_by_its_name() {
        for &pass in Pass::ALL {
            assert_eq!(pass.name().parse(), Ok(pass));
        }
        let error = "laoyut".parse::<Pass>().unwrap_err().to_string();
        assert!(error.ends_with("`graph`, `layout`"), "{error}");
    }
}
