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

use crate::compilers::{Compiler, Made};
use crate::counted::Figures;
use crate::timed::Entrant;
use crate::verdicts::Comparison;
use crate::workload::Workload;

/// What was found out about one workload.
#[derive(Debug)]
pub struct Findings {
    /// The workload.
    pub workload: &'static Workload,
    /// What each compiler made of it, or why nothing.
    pub filters: Vec<(Compiler, Result<MadeFilter, String>)>,
    /// What programs cost, first without any.
    pub entrants: Vec<Entrant>,
}

/// A program, judged.
#[derive(Debug)]
pub struct MadeFilter {
    /// As the compiler made it.
    pub made: Made,
    /// Counted.
    pub figures: Figures,
    /// Compared with the policy.
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
    /// Whether it depends on nothing but the code. Times depend on the machine as well.
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
