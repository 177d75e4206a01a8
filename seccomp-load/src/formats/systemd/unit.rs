//! Unit files: sections, keys, values (systemd.syntax(7)).

use crate::formats::problem::{Findings, ProblemPlace};

/// An assignment of a section that can have filters.
pub(super) struct Assignment {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) place: ProblemPlace,
    /// The section, if it is one that describes no process.
    pub(super) elsewhere: Option<String>,
}

/// The sections in which processes are described (systemd.exec(5)).
const SECTIONS: [&str; 4] = ["Service", "Socket", "Mount", "Swap"];

/// The assignments of a unit file, in order, with those of other sections. A line that ends with `\` continues in the next one.
pub(super) fn assignments(text: &str, findings: &mut Findings) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    // A drop-in without a section is read as one for a service.
    let mut elsewhere = None;
    let mut pending: Option<(String, usize)> = None;
    for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let trimmed = line.trim();
        let is_comment = trimmed.starts_with(['#', ';']);
        if is_comment || (trimmed.is_empty() && pending.is_none()) {
            continue;
        }
        let (mut text, number) = match pending.take() {
            Some((before, number)) => (format!("{before} {trimmed}"), number),
            None => (trimmed.to_owned(), index + 1),
        };
        if text.ends_with('\\') {
            text.pop();
            pending = Some((text, number));
            continue;
        }
        let place = ProblemPlace::Line { line: number, column: 1 };
        if let Some(name) = text.strip_prefix('[') {
            match name.strip_suffix(']') {
                Some(name) => {
                    elsewhere = (!SECTIONS.contains(&name)).then(|| name.to_owned());
                }
                None => findings.error(place, "this section has no `]`"),
            }
            continue;
        }
        let Some((key, value)) = text.split_once('=') else {
            if elsewhere.is_none() {
                findings
                    .error(place, "`Key=value` is expected here, and systemd ignores this line");
            }
            continue;
        };
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        assignments.push(Assignment { key, value, place, elsewhere: elsewhere.clone() });
    }
    if let Some((_, line)) = pending {
        findings.error(ProblemPlace::Line { line, column: 1 }, "the line after `\\` is missing");
    }
    assignments
}

/// A boolean, as systemd reads it (`parse_boolean`).
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}
