//! Fits canonical text into a macro: with its indentation, and with the line ends of the file.

use std::ops::Range;
use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

/// The spaces of one step of indentation, in canonical text.
const STEP: &str = "    ";

/// The text between the brackets of a macro: `canonical`, whose lines end with `\n`, on lines of their own. It replaces
/// the bytes `replaced` of `source`.
pub(super) fn between_brackets(source: &str, replaced: Range<usize>, canonical: &str) -> String {
    let line = source[..replaced.start].rsplit('\n').next().unwrap_or_default();
    let base = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let tabs = uses_tabs(base, &source[replaced]);
    let end = line_end(source);
    let fixed = fixed_lines(canonical);
    let mut text = String::from(end);
    for (index, line) in canonical.lines().enumerate() {
        if !line.is_empty() && !fixed.contains(&index) {
            text += base;
            text += if tabs { "\t" } else { STEP };
            text += &with_tabs(line, tabs);
        } else {
            text += line;
        }
        text += end;
    }
    text + base
}

/// The canonical text of a whole file, with the line ends of the old text and its byte order mark.
pub(super) fn of_file(old: &str, canonical: &str) -> String {
    let mark = if old.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    format!("{mark}{}", canonical.replace('\n', line_end(old)))
}

/// The line end of the first line of a text.
fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Whether lines are indented with tabs, as the line of the macro is, or if that is not indented, as its rules are.
fn uses_tabs(base: &str, old: &str) -> bool {
    if base.is_empty() {
        return old.lines().skip(1).any(|line| line.starts_with('\t'));
    }
    base.starts_with('\t')
}

/// The line, with a tab for each step of indentation if `tabs`.
fn with_tabs(line: &str, tabs: bool) -> String {
    let mut rest = line;
    let mut text = String::new();
    while let (true, Some(after)) = (tabs, rest.strip_prefix(STEP)) {
        text.push('\t');
        rest = after;
    }
    text + rest
}

/// The lines, from 0, that begin inside of a comment or of a string, to which their first spaces belong.
fn fixed_lines(canonical: &str) -> Vec<usize> {
    let mut tokens = Vec::new();
    let mut left = vec![TokenStream::from_str(canonical).unwrap_or_default()];
    while let Some(stream) = left.pop() {
        for token in stream {
            match token {
                TokenTree::Group(group) => {
                    tokens.push(group.span_open().byte_range());
                    tokens.push(group.span_close().byte_range());
                    left.push(group.stream());
                }
                token => tokens.push(token.span().byte_range()),
            }
        }
    }
    // One more round, for the text after the last token.
    tokens.push(canonical.len()..canonical.len());
    tokens.sort_by_key(|token| token.start);
    let mut fixed = Vec::new();
    let mut add = |from: usize, to: usize| {
        let first = canonical[..from].matches('\n').count();
        fixed.extend((0..canonical[from..to].matches('\n').count()).map(|line| first + line + 1));
    };
    let mut end = 0;
    for token in tokens {
        let mut at = end;
        // White space and comments are between two tokens.
        while let Some(begin) = canonical.get(at..token.start).and_then(|gap| gap.find('/')) {
            let comment = at + begin;
            let length = seccomp_syntax::comment_length(&canonical[comment..token.start]);
            add(comment, comment + length);
            at = comment + length.max(1);
        }
        add(token.start, token.end);
        end = token.end;
    }
    fixed
}
