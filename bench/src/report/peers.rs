//! Every counted figure beside the best that any peer has, measured or recorded.

use super::{Findings, Promise, Table};
use crate::compilers::Compiler;
use crate::counted::Figures;
use crate::recorded::{self, Counted};

/// A figure: how it is read from counted and from recorded figures, and how far a peer may be ahead
/// in it.
struct Figure {
    name: &'static str,
    counted: fn(&Figures) -> Option<f64>,
    recorded: fn(&Counted) -> Option<f64>,
    margin: f64,
    /// The number of recorded decimals.
    decimals: i32,
}

const FIGURES: [Figure; 8] = [
    Figure {
        name: "instructions",
        decimals: 0,
        counted: |figures| Some(figures.instructions as f64),
        recorded: |row| row.instructions,
        margin: 2.0,
    },
    Figure {
        name: "mean",
        decimals: 1,
        counted: |figures| Some(figures.mean),
        recorded: |row| row.mean,
        margin: 1.0,
    },
    Figure {
        name: "weighted",
        decimals: 1,
        counted: |figures| Some(figures.weighted),
        recorded: |row| row.weighted,
        margin: 1.0,
    },
    Figure {
        name: "checked",
        decimals: 1,
        counted: |figures| figures.checked,
        recorded: |row| row.checked,
        margin: 1.0,
    },
    Figure {
        name: "checked, weighted",
        decimals: 1,
        counted: |figures| figures.checked_weighted,
        recorded: |row| row.checked_weighted,
        margin: 1.0,
    },
    Figure {
        name: "remembered",
        decimals: 2,
        counted: |figures| Some(figures.remembered),
        recorded: |row| row.remembered,
        margin: 1.0,
    },
    Figure {
        name: "unlisted",
        decimals: 1,
        counted: |figures| Some(figures.unlisted),
        recorded: |row| row.unlisted,
        margin: 1.0,
    },
    Figure {
        name: "worst",
        decimals: 0,
        counted: |figures| Some(figures.worst as f64),
        recorded: |row| row.worst,
        margin: 1.0,
    },
];

/// The best of some peers in one figure of one workload.
struct Best {
    value: f64,
    who: String,
}

/// The peers of a comparison.
#[derive(Clone, Copy, PartialEq)]
enum Others {
    /// Compilers that anyone can use, measured or recorded.
    Peers,
    /// The settings of a prototype, recorded.
    Prototypes,
}

/// The best of `others` in `figure` for the workload.
fn best(
    others: Others,
    figure: &Figure,
    findings: &Findings,
    recorded: &[Counted],
) -> Option<Best> {
    let prototypes = others == Others::Prototypes;
    let of_workload = recorded.iter().filter(|row| row.workload == findings.workload.name);
    let recorded = of_workload
        .filter(|row| row.is_prototype() == prototypes)
        .filter_map(|row| Some(Best { value: (figure.recorded)(row)?, who: row.peer.to_owned() }));
    let measured = findings.filters.iter().filter_map(|(compiler, result)| {
        let filter = result.as_ref().ok()?;
        if prototypes || matches!(compiler, Compiler::Ours | Compiler::OursTyped) {
            return None;
        }
        let value = (figure.counted)(&filter.figures)?;
        Some(Best { value, who: compiler.name().to_owned() })
    });
    recorded.chain(measured).min_by(|a, b| a.value.total_cmp(&b.value))
}

fn ours(figure: &Figure, findings: &Findings) -> Option<f64> {
    let (_, result) = findings.filters.iter().find(|(compiler, _)| *compiler == Compiler::Ours)?;
    (figure.counted)(&result.as_ref().ok()?.figures)
}

impl Figure {
    /// Rounded as the recorded figures are.
    fn rounded(&self, value: f64) -> f64 {
        let unit = 10_f64.powi(self.decimals);
        (value * unit).round() / unit
    }
}

/// For each figure and workload, ours and that of the best peer; then ours and that of the best
/// prototype.
#[must_use]
pub fn beside_the_best(all: &[Findings]) -> String {
    let peers = compared(all, Others::Peers);
    let prototypes = compared(all, Others::Prototypes);
    format!(
        "{peers}\n**behind**: by more than 2 instructions or 1 step.\n\n\
         The same beside the best of three settings of a prototype, recorded. No setting has the \
         best of all figures, and in W2, W3, W4 and W6 it leaves x32 calls to the default, which \
         saves up to 2 instructions and 1 step.\n\n{prototypes}"
    )
}

fn compared(all: &[Findings], others: Others) -> Table {
    let recorded = recorded::counted();
    let title = match others {
        Others::Peers => "ours / best peer",
        Others::Prototypes => "ours / best prototype",
    };
    let names: Vec<_> = all.iter().map(|findings| findings.workload.name).collect();
    let mut table = Table::new(&[&[title], &names[..]].concat());
    for figure in &FIGURES {
        let cells = all.iter().map(|findings| {
            let ours = ours(figure, findings);
            match (ours, best(others, figure, findings, &recorded)) {
                (Some(ours), Some(best)) => {
                    let ours = figure.rounded(ours);
                    let mark = if ours > best.value + figure.margin { " **behind**" } else { "" };
                    format!("{ours} / {} {}{mark}", figure.rounded(best.value), best.who)
                }
                _ => "–".to_owned(),
            }
        });
        table.row([figure.name.to_owned()].into_iter().chain(cells));
    }
    table
}

/// The promise that no peer is ahead by more than a step or two instructions.
#[must_use]
pub fn promises_of_peers(all: &[Findings]) -> Promise {
    let recorded = recorded::counted();
    let mut behind = Vec::new();
    for findings in all {
        for figure in &FIGURES {
            let Some(best) = best(Others::Peers, figure, findings, &recorded) else { continue };
            let ours = ours(figure, findings).map_or(f64::INFINITY, |ours| figure.rounded(ours));
            if ours > best.value + figure.margin {
                behind.push(format!("{} {}", findings.workload.name, figure.name));
            }
        }
    }
    let found = match &behind[..] {
        [] => "none is".to_owned(),
        some => some.join("; "),
    };
    Promise {
        what: "no peer, measured or recorded, is ahead by more than 2 instructions or 1 step in any figure".to_owned(),
        found,
        holds: behind.is_empty(),
        exact: false,
    }
}
