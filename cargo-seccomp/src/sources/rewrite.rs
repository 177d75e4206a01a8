//! A source or a policy file in canonical format.

use seccomp_bpf::abi::Abi;
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::Report;

use super::find_macros::{FoundMacro, MacroKind, NotRust, find_macros};
use super::indentation;
use crate::learn;

/// A text, and the policies in it that cannot be read.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// The new text. Policies with errors are as they were.
    pub(crate) text: String,
    /// The number of its policies.
    pub(crate) policies: usize,
    /// The errors, with places in the old text.
    pub(crate) errors: Vec<Report>,
}

/// The Rust source, called `name` in messages, with every policy and fragment in canonical format.
///
/// # Errors
///
/// The source does not consist of tokens.
pub(crate) fn formatted(name: &str, source: &str) -> Result<Rewritten, NotRust> {
    let found = find_macros(source)?;
    let mut rewritten = Rewritten { text: source.to_owned(), policies: 0, errors: Vec::new() };
    // The last policy first, so that the places of the others stay right.
    for one in found.iter().rev().filter(|one| !one.template) {
        rewritten.policies += 1;
        match canonical(name, source, one) {
            Ok(Some(new)) => rewritten.text.replace_range(one.rules.clone(), &new),
            Ok(None) => {}
            Err(report) => rewritten.errors.push(report),
        }
    }
    rewritten.errors.reverse();
    Ok(rewritten)
}

/// The policy file, called `name` in messages, in canonical format.
pub(crate) fn formatted_policy(name: &str, old: &str) -> Rewritten {
    let mut rewritten = Rewritten { text: old.to_owned(), policies: 1, errors: Vec::new() };
    match PolicyText::new(name, &old.replace("\r\n", "\n"), Abi::X86_64).format() {
        Ok(text) => rewritten.text = indentation::of_file(old, &text),
        // With the line ends of the file, for places in it.
        Err(report) => {
            let exact = PolicyText::new(name, old, Abi::X86_64).format();
            rewritten.errors.push(exact.err().unwrap_or(report));
        }
    }
    rewritten
}

/// The policy file with `rules` (items with comments) inserted, in canonical format.
///
/// # Errors
///
/// The policy cannot be read.
pub(crate) fn policy_with_rules(name: &str, old: &str, rules: &str) -> anyhow::Result<String> {
    let text = learn::insert(name, &old.replace("\r\n", "\n"), rules)
        .map_err(|report| anyhow::anyhow!("{report}"))?;
    Ok(indentation::of_file(old, &text))
}

/// The new text between the brackets; `None` if it stays as it is.
fn canonical(name: &str, source: &str, one: &FoundMacro) -> Result<Option<String>, Report> {
    let old = &source[one.rules.clone()];
    if old.trim().is_empty() {
        return Ok(None);
    }
    let lines = old.replace("\r\n", "\n");
    // The ABI does not matter: nothing is looked up.
    let text = match PolicyText::new(name, &lines, Abi::X86_64).format() {
        Ok(text) => text,
        // With the line ends of the file, for places in it.
        Err(report) => {
            let exact = PolicyText::new(name, old, Abi::X86_64).format();
            return Err(in_source(exact.err().unwrap_or(report), source, one));
        }
    };
    let new = indentation::between_brackets(source, one.rules.clone(), &text);
    Ok((new != old).then_some(new))
}

/// Turns a report about the rules of a macro into a report about its source.
pub(crate) fn in_source(report: Report, source: &str, one: &FoundMacro) -> Report {
    shifted(report, source, one.rules.start)
}

/// Turns a report about a part of a text into a report about the whole text. `shift` is the number of bytes before the
/// part.
pub(crate) fn shifted(mut report: Report, whole: &str, shift: usize) -> Report {
    if let Some(text) = report.texts.first_mut() {
        whole.clone_into(&mut text.text);
    }
    for said in &mut report.diagnostics {
        let labels = said.labels.iter_mut().map(|(place, _)| place);
        let replaced = said.replacement.iter_mut().map(|(place, _)| place);
        for place in [&mut said.place].into_iter().chain(labels).chain(replaced) {
            if place.text == 0 {
                place.bytes = place.bytes.start + shift..place.bytes.end + shift;
            }
        }
    }
    report
}

/// The source with `rules` (items with comments) inserted into the policy whose macro is at `line` and `column`, which
/// count from 1 as in a note. The policy is then in canonical format.
///
/// # Errors
///
/// There is no such policy, or several, or it cannot be read.
pub(crate) fn with_rules(
    name: &str,
    source: &str,
    line: usize,
    column: usize,
    rules: &str,
) -> anyhow::Result<String> {
    let found = find_macros(source)
        .map_err(|error| anyhow::anyhow!("{name}:{}:{}: {error}", error.line, error.column))?;
    let at = byte_of(source, line, column);
    let here: Vec<&FoundMacro> =
        found.iter().filter(|one| one.kind == MacroKind::Policy && Some(one.at) == at).collect();
    let one = match &here[..] {
        [] => anyhow::bail!(
            "there is no `seccomp_policy!` at {name}:{line}:{column}: the source has changed since the program was \
             built, or a macro of the program makes the policy"
        ),
        [one] if one.template => anyhow::bail!(
            "the policy at {name}:{line}:{column} is in a `macro_rules!`, whose values are not known here"
        ),
        [one] => *one,
        several => anyhow::bail!(
            "{} policies are in the macro at {name}:{line}:{column}: give each a macro of its own",
            several.len()
        ),
    };
    let old = &source[one.rules.clone()];
    let text = learn::insert(name, &old.replace("\r\n", "\n"), rules)
        .map_err(|report| anyhow::anyhow!("{}", in_source(report, source, one)))?;
    let new = indentation::between_brackets(source, one.rules.clone(), &text);
    let mut result = source.to_owned();
    result.replace_range(one.rules.clone(), &new);
    Ok(result)
}

/// The byte at a line and column, both from 1. A column counts characters, as rustc does.
fn byte_of(source: &str, line: usize, column: usize) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += source[start..].find('\n')? + 1;
    }
    let text = source[start..].trim_start_matches('\u{feff}');
    let mark = source.len() - start - text.len();
    let (offset, _) = text.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + mark + offset)
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
