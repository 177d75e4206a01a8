//! Lists in sentences.

/// The words with something between them.
pub(crate) fn joined<'a>(words: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    join(&mut words.into_iter(), between)
}

fn join(words: &mut dyn Iterator<Item = &str>, between: &str) -> String {
    let mut all = String::new();
    for word in words {
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(word);
    }
    all
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
