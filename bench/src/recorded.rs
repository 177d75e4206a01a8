//! Figures of compilers that are not measured here, recorded once: `recorded.tsv` and
//! `recorded-times.tsv`, whose first lines say when and how.

use crate::compilers::{Compiler, Release, Search};

/// Counted figures of one peer for one workload; see [`Figures`](crate::counted::Figures). `None`
/// if the workload has no such call, or if the peer cannot express the policy.
#[derive(Debug)]
pub struct Counted {
    /// The peer.
    pub peer: &'static str,
    /// The workload.
    pub workload: &'static str,
    /// Instructions; `None` if the peer refused the policy.
    pub instructions: Option<f64>,
    /// Mean steps over allowed calls.
    pub mean: Option<f64>,
    /// The same, weighted.
    pub weighted: Option<f64>,
    /// Mean steps over calls whose arguments are checked.
    pub checked: Option<f64>,
    /// The same, weighted.
    pub checked_weighted: Option<f64>,
    /// Weighted mean where calls in the bitmap cost nothing.
    pub remembered: Option<f64>,
    /// Mean steps over calls that no rule names.
    pub unlisted: Option<f64>,
    /// The most steps.
    pub worst: Option<f64>,
}

/// One recorded time.
#[derive(Debug)]
pub struct Time {
    /// Which figure: `install`, `start`, `cold` or `bytes`.
    pub figure: &'static str,
    /// The peer.
    pub peer: &'static str,
    /// The workload, or `-`.
    pub workload: &'static str,
    /// The value, in the unit that the file states.
    pub value: &'static str,
}

/// All counted figures.
#[must_use]
pub fn counted() -> Vec<Counted> {
    rows(include_str!("../recorded.tsv")).map(counted_row).collect()
}

/// All times.
#[must_use]
pub fn times() -> Vec<Time> {
    let time = |row| {
        let [figure, peer, workload, value] = cells(row);
        Time { figure, peer, workload, value }
    };
    rows(include_str!("../recorded-times.tsv")).map(time).collect()
}

impl Counted {
    /// Whether the row is of a prototype, and not of a compiler that anyone can use.
    #[must_use]
    pub fn is_prototype(&self) -> bool {
        self.peer.starts_with("ideal-")
    }

    /// Whether the row is of a compiler that the bench itself measures if it is installed.
    #[must_use]
    pub fn is_of(&self, compiler: Compiler) -> bool {
        let peer = match compiler {
            Compiler::Ours | Compiler::OursTyped | Compiler::Libseccomp(Release::Installed, _) => {
                return false;
            }
            Compiler::Libseccomp(Release::Newest, Search::Chain) => "libseccomp-o1",
            Compiler::Libseccomp(Release::Newest, Search::Priorities) => "libseccomp-o1prio",
            Compiler::Libseccomp(Release::Newest, Search::Tree) => "libseccomp-o2",
            Compiler::Seccompiler => "seccompiler",
        };
        self.peer == peer
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1)
}

fn cells<const N: usize>(row: &'static str) -> [&'static str; N] {
    let cells: Vec<_> = row.split('\t').collect();
    cells.try_into().unwrap_or_else(|_| panic!("a row of {N} cells: {row}"))
}

fn counted_row(row: &'static str) -> Counted {
    let [peer, workload, figures @ ..]: [&str; 10] = cells(row);
    let number = |text: &str| match text {
        "-" | "refused" => None,
        number => Some(number.parse().unwrap_or_else(|_| panic!("a number: {number}"))),
    };
    let [instructions, mean, weighted, checked, checked_weighted, remembered, unlisted, worst] =
        figures.map(number);
    Counted {
        peer,
        workload,
        instructions,
        mean,
        weighted,
        checked,
        checked_weighted,
        remembered,
        unlisted,
        worst,
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, times};

    #[test]
    fn every_recorded_peer_has_a_row_for_every_workload() {
        let rows = counted();
        assert_eq!(rows.len() % 7, 0);
        for peer in rows.chunks(7) {
            for (row, workload) in peer.iter().zip(1..) {
                assert_eq!(row.peer, peer[0].peer);
                assert_eq!(row.workload, format!("W{workload}"));
            }
        }
    }

    #[test]
    fn recorded_times_are_numbers() {
        for time in times() {
            assert!(time.value.parse::<f64>().is_ok(), "{time:?}");
        }
    }
}
