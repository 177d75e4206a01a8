//! The rules of a fragment in a form that other crates can use, and the constants that stay in the crate that defines it.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use seccomp_ir::diagnostic::ErrorCode;

use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::handoff::{constant, is_sign, own_braces, regrouped, stream};
use crate::stage::path_length;

/// What stays in the crate that defines the fragment: constants with the values that rustc evaluates, and the errors.
#[derive(Default)]
pub(super) struct FragmentConstants {
    /// Each value of rustc, with its number and its place.
    pub(super) constants: Vec<(u32, TokenStream, Span)>,
    pub(super) errors: LocatedErrors,
}

impl FragmentConstants {
    /// The rules in a form that other crates can use: `crate` in an `include` names this crate, and each
    /// value of rustc is a constant of the fragment's type.
    pub(super) fn share(&mut self, tokens: &[TokenTree]) -> TokenStream {
        let mut shared = TokenStream::new();
        let mut rest = tokens;
        let mut before = String::new();
        while let [first, ..] = rest {
            let path = path_length(rest);
            let (tokens, length) = match first {
                _ if before == "include" => (self.included(first), 1),
                // A value of the running program, which is an error.
                TokenTree::Punct(sign) if sign.as_char() == '$' => {
                    let length = rest.len().min(2);
                    (stream(&rest[..length]), length)
                }
                TokenTree::Group(_) if before == "run_time" => (first.clone().into(), 1),
                _ if before == "$crate" => (stream(&rest[..path]), path),
                _ if path > 0 => (self.constant(stream(&rest[..path]), first.span()), path),
                // The path in an attribute, such as `seccomp::no_exit`, is not a value.
                TokenTree::Group(_) if before == "#" => (first.clone().into(), 1),
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace
                        && (before != "in" || begins_a_range(rest)) =>
                {
                    (self.constant(first.clone().into(), group.span()), 1)
                }
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    let inner = self.share(&inner);
                    let shared = if group.delimiter() == Delimiter::Brace {
                        own_braces(group, &inner)
                    } else {
                        regrouped(group, inner).to_token_stream()
                    };
                    (shared, 1)
                }
                other => (other.clone().into(), 1),
            };
            tokens.to_tokens(&mut shared);
            before = if before == "include" { "$crate".to_owned() } else { first.to_string() };
            rest = &rest[length.max(1)..];
        }
        shared
    }

    /// The first token of the path that an `include` in a fragment names.
    fn included(&mut self, first: &TokenTree) -> TokenStream {
        if first.to_string() == "crate" {
            return quote_spanned!(first.span()=> $crate);
        }
        let message = "inside a fragment the path of an `include` starts with `crate::`, so that other \
                       crates find it too: `include crate::NET;`";
        self.errors.add(LocatedDiagnostic::new(ErrorCode::PathOfFragment, first.span(), message));
        first.clone().into()
    }

    fn constant(&mut self, value: TokenStream, span: Span) -> TokenStream {
        let number = match self.constants.last() {
            Some((last, ..)) => last + 1,
            None => 0,
        };
        self.constants.push((number, value, span));
        constant(number, span)
    }
}

/// Whether the braces after `in` begin a range, as in `{ FIRST }..LAST` or `{ FIRST } | FLAG..`, and are
/// not a set.
fn begins_a_range(rest: &[TokenTree]) -> bool {
    is_sign(rest.get(1), '.') || is_sign(rest.get(1), '|') && !is_sign(rest.get(2), '|')
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::FragmentConstants;
    use crate::handoff::with_constants;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    /// The rules as a policy gets them when it includes the fragment `crate::F`.
    fn shared(rules: &str) -> String {
        let mut constants = FragmentConstants::default();
        let rules: Vec<_> = tokens(rules).into_iter().collect();
        let shared = constants.share(&rules);
        with_constants(shared, &quote!(crate::F)).to_string()
    }

    #[test]
    fn a_policy_gets_a_fragment_as_written_except_for_values_of_rustc() {
        for (rules, expected) in [
            ("allow read(fd in {1, 2}, !(fd in {3}));", ""),
            // These look like the placeholders of constants between the stages.
            ("allow read(fd in {[0]});", ""),
            (
                "allow read(fd in {{[0]}}, fd in {});",
                "allow read(fd in {{ crate::F::__0 }}, fd in {});",
            ),
            ("allow read(fd == [0], fd == ([0]));", ""),
            ("#[allow(seccomp::no_exit)] #[hot] allow read;", ""),
            ("include crate::G;", "include $crate::G;"),
            ("allow read(fd == { X });", "allow read(fd == { crate::F::__0 });"),
            (
                "errno(a::B) read(fd in {c::D, { E }}, fd in { G }..=1, fd in { H } | 1..);",
                "errno({ crate::F::__0 }) read(fd in {{ crate::F::__1 }, { crate::F::__2 }}, \
                 fd in { crate::F::__3 }..=1, fd in { crate::F::__4 } | 1..);",
            ),
        ] {
            let expected = if expected.is_empty() { rules } else { expected };
            assert_eq!(shared(rules), tokens(expected).to_string(), "{rules}");
        }
    }
}
