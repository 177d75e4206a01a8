//! Lists in sentences.

use crate::abi::Abi;

/// The words with something between them.
pub(crate) fn joined<'a>(words: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let mut all = String::new();
    for word in words {
        add(&mut all, word, between);
    }
    all
}

/// Puts one more word into a list, with something between it and those before.
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

/// `a`, `b` and `c`, each quoted.
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
