//! The replacements that diagnostics offer, applied to a text.

use std::path::Path;

use seccomp_syntax::report::Report;

use super::check_file::check_file;
use super::target::Target;
use crate::sources::FileKind;

/// The most rounds: a replacement may uncover another error or warning.
const MOST_ROUNDS: usize = 16;

/// Makes all replacements in a text, and counts them.
pub(crate) fn fixed(path: &Path, kind: FileKind, text: &str, target: &Target) -> (String, usize) {
    let (mut text, mut count) = (text.to_owned(), 0);
    for _ in 0..MOST_ROUNDS {
        let Ok(checked) = check_file(path, kind, &text, target) else { break };
        let replaced = apply(&mut text, &checked.reports);
        if replaced == 0 {
            break;
        }
        count += replaced;
    }
    (text, count)
}

/// Makes the replacements that do not overlap, and returns their number.
fn apply(text: &mut String, reports: &[Report]) -> usize {
    let mut all = Vec::new();
    for said in reports.iter().flat_map(|report| &report.diagnostics) {
        match &said.replacement {
            // An included file is fixed when it is checked by itself.
            Some((place, new)) if place.text == 0 => all.push((place.bytes.clone(), new)),
            Some(_) | None => {}
        }
    }
    all.sort_by_key(|(place, _)| std::cmp::Reverse((place.start, place.end)));
    let (mut count, mut end) = (0, text.len());
    for (place, new) in all {
        if place.end <= end {
            end = place.start;
            text.replace_range(place, new);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_replacement_is_made_at_its_place() {
        let target = Target::new(None, Some("x86_64"), &[]).expect("rustc runs");
        let source = "/* ä */ const A: P = seccomp_policy! { allow raed, wriet(fdd == 1); allow @rust-exit, rt_sigreturn; default kill };";
        let (text, count) = fixed(Path::new("a.rs"), FileKind::Rust, source, &target);
        assert_eq!(
            text,
            source.replace("raed", "read").replace("wriet", "write").replace("fdd", "fd")
        );
        assert_eq!(count, 3);
        let (again, none) = fixed(Path::new("a.rs"), FileKind::Rust, &text, &target);
        assert_eq!((again, none), (text, 0));
        for (name, kind) in [("a.rs", FileKind::Rust), ("a.policy", FileKind::Policy)] {
            let rules = "allow raed, @rust-exit, rt_sigreturn; default kill";
            let marked = match kind {
                FileKind::Rust => format!("\u{feff}const A: P = seccomp_policy! {{ {rules} }};"),
                FileKind::Policy => format!("\u{feff}{rules}"),
            };
            let (text, _) = fixed(Path::new(name), kind, &marked, &target);
            assert_eq!(text, marked.replace("raed", "read"), "{name}");
        }
    }
}
