//! The figures and times of one workload, ours and those of the others.

use std::fmt::Write as _;

use super::{Findings, Table};
use crate::compilers::Compiler;
use crate::counted::Figures;
use crate::recorded::{self, Counted};
use crate::start::Starter;
use crate::stats::Series;
use crate::timed::Entrant;

const COLUMNS: [&str; 16] = [
    "compiler",
    "instructions",
    "mean",
    "weighted",
    "checked",
    "checked, weighted",
    "remembered",
    "unlisted",
    "worst",
    "in bitmap",
    "emulated",
    "x32 calls",
    "allowed, ns",
    "checked, ns",
    "denied, ns",
    "install, µs",
];

/// The table of one workload.
#[must_use]
pub fn workload(findings: &Findings) -> String {
    let workload = findings.workload;
    let mut text = format!("### {}: {}\n\n", workload.name, workload.title);
    let mut table = Table::new(&COLUMNS);
    let times = times(findings, None);
    let nothing = vec![String::from("–"); 11];
    table.row(["no filter".to_owned()].into_iter().chain(nothing).chain(times));
    for (compiler, result) in &findings.filters {
        let mut cells = vec![compiler.name().to_owned()];
        match result {
            Ok(filter) => {
                cells.extend(counted(&filter.figures));
                let x32: Vec<_> = filter.comparison.x32.iter().map(|x| x.to_string()).collect();
                cells.push(x32.join(", "));
                cells.extend(self::times(findings, Some(*compiler)));
            }
            Err(why) => {
                cells.push(why.clone());
                cells.resize(COLUMNS.len(), String::new());
            }
        }
        table.row(cells);
    }
    let measured = |row: &Counted| {
        findings.filters.iter().any(|(compiler, result)| result.is_ok() && row.is_of(*compiler))
    };
    for row in recorded::counted() {
        if row.workload == workload.name && !measured(&row) {
            table.row(recorded_cells(&row));
        }
    }
    let _ = write!(text, "{table}");
    for (compiler, result) in &findings.filters {
        let Ok(filter) = result else { continue };
        for number in &filter.made.left_out {
            let rule = workload.rules.iter().find(|rule| rule.number == *number);
            let (call, action) =
                rule.map_or(("?", workload.default), |rule| (rule.call, rule.action));
            let _ = writeln!(
                text,
                "\n{} cannot say `{action} {call}` beside `allow`: there it gives `{}`.",
                compiler.name(),
                workload.default,
            );
        }
    }
    text + "\n"
}

fn counted(figures: &Figures) -> Vec<String> {
    let Figures { bitmap, bitmap_weighted, emulation, .. } = *figures;
    let optional =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
    vec![
        figures.instructions.to_string(),
        format!("{:.1}", figures.mean),
        format!("{:.1}", figures.weighted),
        optional(figures.checked),
        optional(figures.checked_weighted),
        format!("{:.2}", figures.remembered),
        format!("{:.1}", figures.unlisted),
        figures.worst.to_string(),
        format!("{:.1} % ({:.1} %)", 100.0 * bitmap, 100.0 * bitmap_weighted),
        emulation.to_string(),
    ]
}

fn recorded_cells(row: &Counted) -> Vec<String> {
    let digits = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let instructions = row.instructions.map_or("refused".to_owned(), |count| count.to_string());
    let mut cells = vec![
        format!("{} (recorded)", row.peer),
        instructions,
        digits(row.mean, 1),
        digits(row.weighted, 1),
        digits(row.checked, 1),
        digits(row.checked_weighted, 1),
        digits(row.remembered, 2),
        digits(row.unlisted, 1),
        digits(row.worst, 0),
    ];
    cells.resize(COLUMNS.len(), "–".to_owned());
    cells
}

/// The cells of one entrant: nanoseconds and the ratios to no filter and to ours.
fn times(findings: &Findings, compiler: Option<Compiler>) -> [String; 4] {
    let find = |compiler| findings.entrants.iter().find(|entrant| entrant.compiler == compiler);
    let Some(entrant) = find(compiler) else { return [const { String::new() }; 4] };
    let none = find(None);
    let ours = find(Some(Compiler::Ours));
    let columns: [fn(&Entrant) -> &Series; 4] = [
        |entrant| &entrant.allowed,
        |entrant| &entrant.checked,
        |entrant| &entrant.denied,
        |entrant| &entrant.install,
    ];
    columns.map(|column| cell(column(entrant), none.map(column), ours.map(column)))
}

/// `median ± spread (ratio to no filter; ratio to ours)`.
fn cell(series: &Series, none: Option<&Series>, ours: Option<&Series>) -> String {
    let median = series.median();
    if median.is_nan() {
        return "–".to_owned();
    }
    let ratio = |other: Option<&Series>| match other.map(Series::median) {
        Some(other) if other.is_finite() => format!("{:.2}", median / other),
        _ => "–".to_owned(),
    };
    let digits = usize::from(median < 100.0);
    let spread = 100.0 * series.spread();
    format!("{median:.digits$} ±{spread:.0} % ({}; {})", ratio(none), ratio(ours))
}

/// The times from the start of a program until its filter is installed.
#[must_use]
pub fn starts(starts: &[(&str, Vec<Starter>)]) -> String {
    let mut text = String::new();
    type Column = fn(&Starter) -> &Series;
    let series: [(&str, Column); 2] = [
        ("From `main`", |starter| &starter.from_main),
        ("From the call that starts the process", |starter| &starter.from_spawn),
    ];
    for (title, series) in series {
        let names: Vec<_> = starts.iter().map(|(name, _)| *name).collect();
        let mut table = Table::new(&[&["µs (ratio to ours)"], &names[..]].concat());
        let Some((_, first)) = starts.first() else { continue };
        for (index, starter) in first.iter().enumerate() {
            let cells = starts.iter().map(|(_, starters)| {
                let (value, ours) = (series(&starters[index]), series(&starters[1]).median());
                let (median, spread) = (value.median(), 100.0 * value.spread());
                format!("{median:.1} ±{spread:.0} % ({:.2})", median / ours)
            });
            table.row([starter.name.to_owned()].into_iter().chain(cells));
        }
        let _ = write!(text, "{title} to the filter in force:\n\n{table}\n");
    }
    text
}

/// The recorded figures of peers that are not measured.
#[must_use]
pub fn recorded_times() -> String {
    let mut table = Table::new(&["figure", "peer", "workload", "recorded value"]);
    for time in recorded::times() {
        let figure = match time.figure {
            "install" => "seccomp(2) itself, µs",
            "start" => "from main to installed, ratio to a constant array's 42 µs",
            "cold" => "cold release build of a hello world, s",
            "bytes" => "added to the stripped program, bytes",
            other => other,
        };
        table.row([figure, time.peer, time.workload, time.value].map(str::to_owned));
    }
    table.to_string()
}
