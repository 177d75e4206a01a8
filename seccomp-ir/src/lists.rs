//! Lists in sentences.

use crate::abi::Abi;

/// The words, with `between` between each two.
pub(crate) fn joined<'a>(words: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let mut all = String::new();
    for word in words {
        add(&mut all, word, between);
    }
    all
}

/// Adds a word to a list, with `between` before it unless it is the first.
pub(crate) fn add(list: &mut String, word: &str, between: &str) {
    if !list.is_empty() {
        list.push_str(between);
    }
    list.push_str(word);
}

/// The names of several ABIs.
pub(crate) fn list_abis(abis: &[Abi]) -> String {
    let mut names = String::new();
    for abi in abis {
        add(&mut names, abi.name(), ", ");
    }
    names
}

/// `a`, `b` and `c`, each in backquotes.
pub(crate) fn quoted(words: &[&str]) -> String {
    let mut all = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            all.push_str(if index + 1 == words.len() { " and " } else { ", " });
        }
        all.push('`');
        all.push_str(word);
        all.push('`');
    }
    all
}

/// A text without any of the bytes `around`, which are ASCII, at its ends. `trim_matches`, and `rsplit` for a
/// path, would bring in the standard library's search for any text, which is two thousand lines of LLVM IR.
pub(crate) fn trimmed<'a>(text: &'a str, around: &[u8]) -> &'a str {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (0, bytes.len());
    while start < end && around.contains(&bytes[start]) {
        start += 1;
    }
    while start < end && around.contains(&bytes[end - 1]) {
        end -= 1;
    }
    &text[start..end]
}

/// The part after the last `::` of a path; the whole path if it has none.
pub(crate) fn last_of_path(path: &str) -> &str {
    let bytes = path.as_bytes();
    let mut start = bytes.len();
    while start > 0 && !(start > 1 && bytes[start - 1] == b':' && bytes[start - 2] == b':') {
        start -= 1;
    }
    &path[start..]
}

/// The parts of a text before and after the first `between`, like `str::split_once`, which would bring in the same
/// search.
pub(crate) fn split_once<'a>(text: &'a str, between: &str) -> Option<(&'a str, &'a str)> {
    let (bytes, length) = (text.as_bytes(), between.len());
    let mut at = 0;
    while at + length <= bytes.len() {
        if bytes[at..at + length] == *between.as_bytes() {
            return Some((&text[..at], &text[at + length..]));
        }
        at += 1;
    }
    None
}

/// The parts of a text with `between` between each two.
pub(crate) fn parts<'a>(text: &'a str, between: &str) -> Vec<&'a str> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((part, others)) = split_once(rest, between) {
        all.push(part);
        rest = others;
    }
    all.push(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::{last_of_path, parts, split_once, trimmed};

    #[test]
    fn the_ends_and_the_last_name_are_those_of_the_standard_library() {
        for text in [
            "",
            ":",
            "::",
            ":::",
            "a",
            "a::b",
            "::a",
            "a::",
            "a:b",
            "{ a::ü }",
            "({})",
            "ü::ü",
            "{ }",
        ] {
            assert_eq!(Some(last_of_path(text)), text.rsplit("::").next(), "{text:?}");
            assert_eq!(trimmed(text, b"{} "), text.trim_matches(['{', '}', ' ']), "{text:?}");
            for between in [":", "::", "a:", "ü", " ü", "a::b"] {
                assert_eq!(split_once(text, between), text.split_once(between), "{text:?}");
                let expected: Vec<_> = text.split(between).collect();
                assert_eq!(parts(text, between), expected, "{text:?}");
            }
        }
    }
}
