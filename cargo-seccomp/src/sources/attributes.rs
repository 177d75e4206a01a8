//! The attributes of items, as far as they matter for the policies in the items.

use proc_macro2::{Group, TokenTree};

/// The facts in the attributes around a policy or a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Attributes {
    /// The predicates of each `#[cfg(…)]`: if one does not hold, rustc does not see what is inside.
    pub(crate) conditions: Vec<String>,
    /// Whether there is `#[allow(deprecated)]` or `#[allow(warnings)]`, with which rustc silences the warnings of
    /// policies.
    pub(crate) silent: bool,
}

impl Attributes {
    /// Adds the content of the brackets of an attribute.
    pub(super) fn add(&mut self, attribute: &Group) {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        let [TokenTree::Ident(word), TokenTree::Group(inner)] = &tokens[..] else { return };
        if word == "cfg" {
            self.conditions.push(inner.stream().to_string());
        }
        let silences = |name: &TokenTree| matches!(name, TokenTree::Ident(name) if name == "deprecated" || name == "warnings");
        if word == "allow" && inner.stream().into_iter().any(|token| silences(&token)) {
            self.silent = true;
        }
    }

    /// The facts in both.
    pub(crate) fn and(&self, others: &Self) -> Self {
        let mut all = self.clone();
        all.conditions.extend_from_slice(&others.conditions);
        all.silent |= others.silent;
        all
    }
}

/// Whether these tokens end with the `#` of an attribute of the next item (`false`), or with the `#!` of an attribute
/// of everything around it (`true`).
pub(super) fn attribute(before: &[TokenTree]) -> Option<bool> {
    let is = |token: &TokenTree, wanted| matches!(token, TokenTree::Punct(sign) if sign.as_char() == wanted);
    match before {
        [.., last] if is(last, '#') => Some(false),
        [.., first, last] if is(first, '#') && is(last, '!') => Some(true),
        _ => None,
    }
}
