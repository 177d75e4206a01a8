//! Diagnostics in the form of `cargo check --message-format json`, which editors read.
//!
//! Source of the form: the chapters "JSON Output" of the rustc book and "External tools" of the cargo book, Rust 1.95.

use std::path::{Path, PathBuf};

use seccomp_syntax::report::{Report, TextDiagnostic, TextRange};
use serde::Serialize;

use crate::sources::package_root;

/// A line of cargo: what a compiler said about a target of a package.
#[derive(Serialize)]
struct CompilerMessage {
    reason: &'static str,
    package_id: String,
    manifest_path: PathBuf,
    target: CargoTarget,
    message: RustcMessage,
}

/// A target of a package. Here it is the file, because a policy file belongs to no target.
#[derive(Serialize)]
struct CargoTarget {
    kind: [&'static str; 1],
    crate_types: [&'static str; 1],
    name: String,
    src_path: PathBuf,
    edition: &'static str,
    doc: bool,
    doctest: bool,
    test: bool,
}

#[derive(Serialize)]
struct RustcMessage {
    #[serde(rename = "$message_type")]
    message_type: &'static str,
    message: String,
    code: Option<RustcCode>,
    level: &'static str,
    spans: Vec<RustcSpan>,
    children: Vec<RustcMessage>,
    rendered: Option<String>,
}

#[derive(Serialize)]
struct RustcCode {
    code: String,
    explanation: Option<String>,
}

#[derive(Serialize)]
struct RustcSpan {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<RustcLine>,
    label: Option<String>,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<&'static str>,
    expansion: Option<()>,
}

#[derive(Serialize)]
struct RustcLine {
    text: String,
    highlight_start: usize,
    highlight_end: usize,
}

/// The diagnostics of a report about the file at `path`, each as one line of JSON without an end of line.
pub(crate) fn cargo_messages(path: &Path, report: &Report) -> Vec<String> {
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = package_root(&file);
    let folder = folder.or_else(|| file.parent().map(Path::to_owned)).unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut lines = Vec::new();
    for said in &report.diagnostics {
        let message = CompilerMessage {
            reason: "compiler-message",
            package_id: format!("path+file://{}", folder.display()),
            manifest_path: folder.join("Cargo.toml"),
            target: CargoTarget {
                kind: ["lib"],
                crate_types: ["lib"],
                name: name.clone(),
                src_path: file.clone(),
                edition: "2024",
                doc: false,
                doctest: false,
                test: false,
            },
            message: of_rustc(report, said),
        };
        lines.push(serde_json::to_string(&message).expect("structs with string keys"));
    }
    lines
}

fn of_rustc(report: &Report, said: &TextDiagnostic) -> RustcMessage {
    let mut spans = vec![span(report, &said.place, None, None)];
    for (place, label) in &said.labels {
        let mut other = span(report, place, Some(label), None);
        other.is_primary = false;
        spans.push(other);
    }
    let mut children = Vec::new();
    if said.help.is_some() || said.replacement.is_some() {
        let spans = said.replacement.iter();
        let spans = spans.map(|(place, new)| span(report, place, None, Some(new)));
        let message = said.help.clone().unwrap_or_else(|| "write".to_owned());
        children.push(child(message, spans.collect()));
    }
    let code = said.code.to_string();
    let mut alone = report.clone();
    alone.diagnostics = vec![said.clone()];
    RustcMessage {
        message_type: "diagnostic",
        message: said.message.clone(),
        code: Some(RustcCode { code, explanation: None }),
        level: said.code.severity().name(),
        spans,
        children,
        rendered: Some(alone.to_string()),
    }
}

fn child(message: String, spans: Vec<RustcSpan>) -> RustcMessage {
    RustcMessage {
        message_type: "diagnostic",
        message,
        code: None,
        level: "help",
        spans,
        children: Vec::new(),
        rendered: None,
    }
}

fn span(report: &Report, place: &TextRange, label: Option<&str>, new: Option<&str>) -> RustcSpan {
    let text = &report.texts[place.text];
    let (line_start, column_start) = report.line_and_column(place.text, place.bytes.start);
    let (line_end, column_end) = report.line_and_column(place.text, place.bytes.end);
    let mut lines = Vec::new();
    let shown = text.text.strip_prefix('\u{feff}').unwrap_or(&text.text);
    let shown = shown.lines().enumerate().skip(line_start - 1).take(line_end - line_start + 1);
    for (index, line) in shown {
        let is = |number: usize| index + 1 == number;
        lines.push(RustcLine {
            text: line.to_owned(),
            highlight_start: if is(line_start) { column_start } else { 1 },
            highlight_end: if is(line_end) { column_end } else { line.chars().count() + 1 },
        });
    }
    let file = std::path::absolute(&text.name).unwrap_or_else(|_| PathBuf::from(&text.name));
    RustcSpan {
        file_name: file.display().to_string(),
        byte_start: place.bytes.start,
        byte_end: place.bytes.end,
        line_start,
        line_end,
        column_start,
        column_end,
        is_primary: true,
        text: lines,
        label: label.map(str::to_owned),
        suggested_replacement: new.map(str::to_owned),
        suggestion_applicability: new.map(|_| "MachineApplicable"),
        expansion: None,
    }
}

#[cfg(test)]
mod tests {
    use cargo_metadata::Message;
    use cargo_metadata::diagnostic::{Applicability, DiagnosticLevel};
    use seccomp_bpf::abi::Abi;
    use seccomp_syntax::PolicyText;

    use super::*;

    #[test]
    fn the_reader_that_editors_use_understands_a_line() {
        let text = "allow read;\nallow raed;\nerrno(EPERM) read(fd == 0);\ndefault kill";
        let path = Path::new("/nowhere/a.policy");
        let first = PolicyText::new("/nowhere/a.policy", text, Abi::X86_64)
            .compile()
            .err()
            .expect("errors");
        let second = text.replace("allow raed;", "           ");
        let second = PolicyText::new("/nowhere/a.policy", &second, Abi::X86_64)
            .compile()
            .err()
            .expect("errors");
        let mut lines = cargo_messages(path, &first);
        lines.extend(cargo_messages(path, &second));
        let read: Vec<_> = Message::parse_stream(lines.join("\n").as_bytes()).collect();
        let Ok(Message::CompilerMessage(unknown)) = &read[0] else { panic!("{read:?}") };
        let (message, span) = (&unknown.message, &unknown.message.spans[0]);
        assert_eq!(
            (message.level, message.code.as_ref().expect("a code").code.as_str()),
            (DiagnosticLevel::Error, "E0200")
        );
        assert_eq!(
            (span.file_name.as_str(), span.line_start, span.column_start, span.column_end),
            ("/nowhere/a.policy", 2, 7, 11)
        );
        assert_eq!((span.byte_start, span.byte_end, span.is_primary), (18, 22, true));
        assert_eq!((span.text[0].text.as_str(), span.text[0].highlight_start), ("allow raed;", 7));
        let help = &message.children[0];
        assert_eq!(help.spans[0].suggested_replacement.as_deref(), Some("read"));
        assert_eq!(help.spans[0].suggestion_applicability, Some(Applicability::MachineApplicable));
        assert!(message.rendered.as_ref().expect("a text").contains("^^^^"));
        let Ok(Message::CompilerMessage(never)) = &read[1] else { panic!("{read:?}") };
        let other = &never.message.spans[1];
        assert_eq!((other.is_primary, other.line_start, other.label.is_some()), (false, 1, true));
    }
}
