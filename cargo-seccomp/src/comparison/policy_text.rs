//! The result of a comparison for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::policy_report::{ChangedLine, PolicyReport, Verdict, WitnessReport};

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

const REMOVED: Style = color(AnsiColor::Red);
const ADDED: Style = color(AnsiColor::Green);

/// The text for a policy: its verdict, a call for each way in which it differs, and the rules that changed.
pub(crate) fn policy_text(report: &PolicyReport) -> String {
    let PolicyReport { policy, compared_with, place, verdict, .. } = report;
    let style = match verdict {
        Verdict::Same => ADDED,
        Verdict::Wider
        | Verdict::WiderAndNarrower
        | Verdict::Unknown
        | Verdict::New
        | Verdict::Vanished => REMOVED.bold(),
        Verdict::Narrower | Verdict::Otherwise => color(AnsiColor::Yellow).bold(),
    };
    let mut text = policy.clone();
    if let Some(place) = place {
        let _ = write!(text, " ({place})");
    }
    let _ = write!(text, ": {style}{}{style:#}", verdict.words());
    if let Some(other) = compared_with {
        let _ = write!(text, ", compared with {other}");
    }
    text.push('\n');
    let witnesses = [
        ("wider", &report.wider),
        ("narrower", &report.narrower),
        ("different", &report.otherwise),
    ];
    for (kind, witness) in witnesses {
        if let Some(witness) = witness {
            add_witness(&mut text, kind, witness);
        }
    }
    for line in &report.rules {
        let _ = match line {
            ChangedLine::Removed(line) => writeln!(text, "  {REMOVED}- {line}{REMOVED:#}"),
            ChangedLine::Added(line) => writeln!(text, "  {ADDED}+ {line}{ADDED:#}"),
            ChangedLine::Same(line) => writeln!(text, "    {line}"),
            ChangedLine::Omitted => writeln!(text, "    …"),
        };
    }
    if !report.open_values.is_empty() {
        let values = report.open_values.join(", ");
        let _ = writeln!(text, "  compared by their texts, not by their numbers: {values}");
    }
    for remark in &report.remarks {
        let _ = writeln!(text, "  note: {remark}");
    }
    text
}

/// The most names that are shown to people. JSON has all.
const MOST_NAMES: usize = 24;

fn add_witness(text: &mut String, kind: &str, witness: &WitnessReport) {
    let WitnessReport { call, before, after, values, confirmed, .. } = witness;
    let verb = if *confirmed { "" } else { "perhaps " };
    let _ = write!(text, "  {verb}{kind}: {call}: {before} -> {after}");
    let mut between = ", where ";
    for value in values {
        let _ = write!(text, "{between}{} is {}", value.text, value.value);
        between = " and ";
    }
    text.push('\n');
    if witness.calls.len() > 1 {
        let shown = &witness.calls[..witness.calls.len().min(MOST_NAMES)];
        let more = witness.calls.len() - shown.len();
        let _ = write!(text, "    {} calls are {kind}: {}", witness.calls.len(), shown.join(", "));
        let _ = match more {
            0 => writeln!(text),
            more => writeln!(text, ", and {more} more"),
        };
    }
}
