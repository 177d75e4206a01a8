//! Where learned rules belong in a policy.
//!
//! They go after all rules of the policy. The first rule that matches a call decides it, and rules are learned only for
//! calls that no rule matches. So at the end they change nothing about the existing rules. Items that end a policy,
//! such as `default kill;`, stay at its end.

use std::str::FromStr as _;

use proc_macro2::{Ident, TokenStream, TokenTree};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::Report;

/// The policy `text`, called `name` in messages, with `rules` (items with comments) inserted, in canonical format.
///
/// # Errors
///
/// The text is not a policy.
pub(crate) fn insert(name: &str, text: &str, rules: &str) -> Result<String, Report> {
    // The ABI does not matter: nothing is looked up.
    let read = |text: &str| PolicyText::new(name, text, Abi::X86_64).format();
    // The canonical text has one form for everything that this function must recognise.
    let canonical = read(text)?;
    let at = place(&canonical);
    let (before, after) = canonical.split_at(at);
    let gap = |text: &str| if text.trim().is_empty() { "" } else { "\n" };
    read(&format!("{before}{}{rules}{}{after}", gap(before), gap(after)))
}

/// The byte of a canonical text, at the beginning of a line, before which rules go.
fn place(canonical: &str) -> usize {
    let mut end_of_rules = 0;
    let mut first = None;
    let (mut start, mut keyword) = (None, None);
    let tokens = TokenStream::from_str(canonical).unwrap_or_default();
    for token in tokens {
        let bytes = token.span().byte_range();
        let start_of_item = *start.get_or_insert(bytes.start);
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == ';' => {
                let ends = keyword.take().is_some_and(|word: Ident| {
                    ["default", "unknown", "bad_arch"].iter().any(|ending| word == ending)
                });
                if !ends {
                    end_of_rules = bytes.end;
                }
                first.get_or_insert(start_of_item);
                start = None;
            }
            TokenTree::Ident(word) if keyword.is_none() => keyword = Some(word.clone()),
            // The attributes of an item are groups.
            _ => {}
        }
    }
    if end_of_rules > 0 {
        // After a comment on the same line.
        let rest = &canonical[end_of_rules..];
        return end_of_rules + rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    match first {
        Some(first) => before_comments(canonical, first),
        None => canonical.len(),
    }
}

/// The beginning of the comments directly above an item. Comments at the head of the text are about the whole policy.
fn before_comments(canonical: &str, item: usize) -> usize {
    let mut at = canonical[..item].rfind('\n').map_or(0, |end| end + 1);
    let begun = at;
    while at > 0 {
        let line = canonical[..at - 1].rfind('\n').map_or(0, |end| end + 1);
        if !canonical[line..at].trim_start().starts_with("//") {
            return at;
        }
        at = line;
    }
    begun
}

#[cfg(test)]
mod tests {
    use super::insert;

    fn inserted(text: &str) -> String {
        insert("a.policy", text, "// Learned.\nallow read;\n").expect("a policy")
    }

    #[test]
    fn rules_go_after_rules_and_before_the_items_that_end_a_policy() {
        assert_eq!(inserted("default kill"), "// Learned.\nallow read;\n\ndefault kill;\n");
        assert_eq!(
            inserted("arch x86_64; errno(ENOSYS) clone3; unknown errno(ENOSYS); default kill"),
            "arch x86_64;\nerrno(ENOSYS) clone3;\n\n// Learned.\nallow read;\n\nunknown errno(ENOSYS);\ndefault kill;\n"
        );
        assert_eq!(
            inserted("default kill; allow write // at the end\n"),
            "default kill;\nallow write; // at the end\n\n// Learned.\nallow read;\n"
        );
        assert_eq!(
            inserted("#[cfg(test)] default log;\n#[cfg(not(test))] default kill;"),
            "// Learned.\nallow read;\n\n#[cfg(test)]\ndefault log;\n#[cfg(not(test))]\ndefault kill;\n"
        );
    }

    #[test]
    fn comments_stay_with_their_items() {
        assert_eq!(
            inserted("// About the policy.\ndefault kill;"),
            "// About the policy.\n\n// Learned.\nallow read;\n\ndefault kill;\n"
        );
        assert_eq!(
            inserted("// About the policy.\n\n// About the rest.\ndefault kill;"),
            "// About the policy.\n\n// Learned.\nallow read;\n\n// About the rest.\ndefault kill;\n"
        );
        assert_eq!(inserted(""), "// Learned.\nallow read;\n");
    }

    #[test]
    fn a_text_that_is_no_policy_is_refused() {
        assert!(insert("a.policy", "allow (", "").is_err());
        assert!(insert("a.policy", "allow;", "allow read;").is_err());
    }
}
