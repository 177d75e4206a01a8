//! The comment above learned rules: where they come from, and how they generalise.

use std::collections::BTreeSet;

use super::observed_call::{Caller, ObservedCall, distinct};

/// The width of a line of comment, without the indentation of a macro.
const WIDTH: usize = 96;

/// The most names in a list, which then says how many others there are.
const MOST: usize = 4;

/// How the rules generalise; the documentation says the same.
const GENERALISATION: &str = "An argument that is one of a list may have the values that were seen, and an argument \
    of flags any of the flags that were seen. Descriptors, addresses, sizes and counts may have any value.";

/// Why a group is in the rules.
const GROUPS: &str = "The groups take the place of calls that std or the C library makes: they also have the calls of other \
    versions, other sizes and other races.";

/// The comment above all rules: `abis` are the ABIs of the calls.
pub(super) fn head(learned: &[&ObservedCall], abis: &[&str], groups: bool) -> String {
    let seen = |of: fn(&Caller) -> &str| distinct(learned.iter().map(|one| of(&one.seen)));
    let kinds: BTreeSet<(u32, u32)> =
        learned.iter().map(|one| (one.call.arch, one.call.nr)).collect();
    let calls = if kinds.len() == 1 {
        "1 system call".to_owned()
    } else {
        format!("{} different system calls", kinds.len())
    };
    let mut first =
        format!("Learned from a run that was denied {calls}, on {}", abis.join(" and "));
    let libraries = seen(|seen| &seen.c_library);
    if !libraries.is_empty() {
        first += &format!(" with {}", list(&libraries));
    }
    let mut text = first + ".";
    for (what, names) in [
        ("Programs", seen(|seen| &seen.program)),
        ("Tests", seen(|seen| &seen.test)),
        ("Threads", seen(|seen| &seen.thread)),
    ] {
        if !names.is_empty() {
            text += &format!(" {what}: {}.", list(&names));
        }
    }
    let mut lines = String::new();
    wrapped(&text, &mut lines);
    wrapped(GENERALISATION, &mut lines);
    if groups {
        wrapped(GROUPS, &mut lines);
    }
    lines
}

/// The comment above one rule: where its calls come from. Empty if nothing is known.
pub(super) fn of_rule<'a>(seen: impl Iterator<Item = &'a Caller> + Clone) -> String {
    let places = distinct(seen.clone().map(|seen| seen.place.as_str()));
    let tests = distinct(seen.map(|seen| seen.test.as_str()));
    let text = match (places.is_empty(), tests.is_empty()) {
        (true, true) => return String::new(),
        (false, true) => list(&places),
        (true, false) => format!("in test {}", list(&tests)),
        (false, false) => format!("{}, in test {}", list(&places), list(&tests)),
    };
    let mut lines = String::new();
    wrapped(&text, &mut lines);
    lines
}

/// A sentence as a comment.
pub(super) fn sentence(text: &str) -> String {
    let mut lines = String::new();
    wrapped(text, &mut lines);
    lines
}

fn list(names: &BTreeSet<&str>) -> String {
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| harmless(name)).collect();
    if names.len() > MOST {
        shown.push(format!("{} others", names.len() - MOST));
    }
    shown.join(", ")
}

/// A name that a program chose, without characters that would end the comment or change how it is shown.
fn harmless(name: &str) -> String {
    // Characters that change the direction of text: rustc refuses them in comments
    // (`text_direction_codepoint_in_comment`).
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_harmless =
        |c: char| !c.is_control() && !turns(c) && !matches!(c, '\u{2028}' | '\u{2029}');
    name.chars().take(200).map(|c| if is_harmless(c) { c } else { '?' }).collect()
}

/// Adds a text as lines that begin with `//`.
fn wrapped(text: &str, lines: &mut String) {
    let mut column = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.chars().count();
        if column == 0 || column + 1 + width > WIDTH {
            if column > 0 {
                lines.push('\n');
            }
            *lines += "//";
            column = 2;
        }
        lines.push(' ');
        *lines += word;
        column += 1 + width;
    }
    if column > 0 {
        lines.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_comment() {
        let seen = Caller { place: "a\nallow ptrace;\r\u{202e}".to_owned(), ..Caller::default() };
        assert_eq!(of_rule([&seen].into_iter()), "// a?allow ptrace;??\n");
    }

    #[test]
    fn a_comment_is_broken_between_words() {
        let text = sentence(&"word ".repeat(60));
        assert!(text.lines().all(|line| line.starts_with("// ") && line.chars().count() <= WIDTH));
        assert_eq!(text.matches("word").count(), 60);
        assert_eq!(sentence(""), "");
    }
}
