//! The rules of a policy or of a fragment, as rustdoc shows them.

use proc_macro2::{Literal, Span, TokenStream};
use quote::ToTokens as _;
use seccomp_ir::tree::{ItemKind, print};

use crate::parse::{Parsed, parse};

/// Expands the rules of a policy or of a fragment to a string literal: their canonical text, as a
/// block of Markdown to put after the user's own documentation.
///
/// Leaves out what cannot be read; the expansion of the policy reports that.
pub fn rules(policy: TokenStream) -> TokenStream {
    let Parsed { tree, .. } = parse(policy, Span::call_site());
    let reports = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Report(_)));
    // What `report` adds is not an item of the policy.
    let added = if reports { ADDED_BY_REPORT } else { "" };
    Literal::string(&format!("\n```text\n{added}{}```\n", print(&tree))).into_token_stream()
}

/// The rule that `report` puts before all others.
const ADDED_BY_REPORT: &str =
    "// `report` makes a trap of each kill, and adds this rule:\nallow write(fd == 2);\n\n";

#[cfg(test)]
mod tests {
    use super::rules;

    #[track_caller]
    fn shows(policy: &str, block: &str) {
        let literal: proc_macro2::TokenStream = format!("{block:?}").parse().unwrap();
        assert_eq!(rules(policy.parse().unwrap()).to_string(), literal.to_string());
    }

    #[test]
    fn rules_are_shown_in_their_canonical_text_with_conditions_and_includes() {
        shows(
            "#[cfg(unix)] allow read(fd==0),write; include crate::NET; default kill_process",
            "\n```text\n#[cfg(unix)]\nallow read(fd == 0), write;\ninclude crate::NET;\ndefault kill;\n```\n",
        );
    }

    #[test]
    fn the_rule_that_report_adds_is_shown() {
        shows(
            "allow read; #[cfg(unix)] report; default kill",
            "\n```text\n// `report` makes a trap of each kill, and adds this rule:\nallow write(fd == 2);\n\n\
             allow read;\n#[cfg(unix)]\nreport;\ndefault kill;\n```\n",
        );
    }

    #[test]
    fn text_that_is_not_a_rule_is_left_out() {
        shows("allow 5 5; allow read;", "\n```text\nallow read;\n```\n");
    }
}
