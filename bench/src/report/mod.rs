//! The tables, as Markdown.

mod builds;
mod distance;
mod environment;
mod peers;
mod table;
mod times;

pub(crate) use builds::WITH_SYN;
pub use builds::{builds, promises_of_builds};
pub use distance::distances;
pub use environment::environment;
pub use peers::{beside_the_best, promises_of_peers};
pub use table::Table;
pub use times::{recorded_times, starts, workload};

use crate::agreement::Comparison;
use crate::compilers::{Compiler, Made};
use crate::counted::Figures;
use crate::timed::Entrant;
use crate::workload::Workload;

/// The findings about one workload.
#[derive(Debug)]
pub struct Findings {
    /// The workload.
    pub workload: &'static Workload,
    /// The filter of each compiler, or the reason why there is none.
    pub filters: Vec<(Compiler, Result<MadeFilter, String>)>,
    /// What filters cost; the first entry is without a filter.
    pub entrants: Vec<Entrant>,
}

/// A filter with its figures.
#[derive(Debug)]
pub struct MadeFilter {
    /// The filter as the compiler made it.
    pub made: Made,
    /// Its counted figures.
    pub figures: Figures,
    /// Its comparison with the policy.
    pub comparison: Comparison,
}

/// Something that the project promises, and whether it holds.
#[derive(Debug)]
pub struct Promise {
    /// What is promised.
    pub what: String,
    /// What was found.
    pub found: String,
    /// Whether it holds.
    pub holds: bool,
    /// Whether the promise depends only on the code. Times depend on the machine too.
    pub exact: bool,
}

/// The promises as a list.
#[must_use]
pub fn promises(promises: &[Promise]) -> String {
    let line = |Promise { what, found, holds, exact }: &Promise| {
        let verdict = match (holds, exact) {
            (true, _) => "holds",
            (false, true) => "**broken**",
            (false, false) => "**missed**",
        };
        format!("- {verdict}: {what}; found: {found}\n")
    };
    promises.iter().map(line).collect()
}
