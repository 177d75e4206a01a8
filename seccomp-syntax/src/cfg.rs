//! Evaluates `#[cfg(…)]` where rustc does not.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use seccomp_ir::diagnostic::ErrorCode;

use crate::errors::LocatedDiagnostic;
use crate::handoff::is_sign;

/// The options that hold: names, and names with values. All others do not hold.
#[derive(Clone, Default, Debug)]
pub(crate) struct Cfg {
    names: Vec<String>,
    values: Vec<(String, String)>,
}

impl Cfg {
    pub(crate) fn name(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    pub(crate) fn value(&mut self, name: &str, value: &str) {
        self.values.push((name.to_owned(), value.to_owned()));
    }

    /// Whether all of the `#[cfg(…)]` in `attributes` hold.
    pub(crate) fn hold(&self, attributes: TokenStream) -> Result<bool, Box<LocatedDiagnostic>> {
        let mut hold = true;
        for token in attributes {
            let TokenTree::Group(attribute) = token else { continue };
            for token in attribute.stream() {
                let TokenTree::Group(predicate) = token else { continue };
                let tokens: Vec<_> = predicate.stream().into_iter().collect();
                let [first, ..] = &tokens[..] else {
                    let form = TokenTree::Group(predicate);
                    return Err(not_a_predicate(&form));
                };
                let (holds, rest) = self.predicate(first, &tokens)?;
                end(rest)?;
                hold &= holds;
            }
        }
        Ok(hold)
    }

    /// Evaluates the predicate at the front of `tokens` and returns the tokens after it. If there is no
    /// predicate, the error is at `near`.
    fn predicate<'t>(
        &self,
        near: &TokenTree,
        tokens: &'t [TokenTree],
    ) -> Result<(bool, &'t [TokenTree]), Box<LocatedDiagnostic>> {
        match tokens {
            [TokenTree::Ident(name), TokenTree::Group(list), rest @ ..]
                if list.delimiter() == Delimiter::Parenthesis =>
            {
                let holds = self.list(list.stream())?;
                let of = |all: bool| holds.iter().all(|holds| *holds == all);
                match name.to_string().as_str() {
                    "all" => Ok((of(true), rest)),
                    "any" => Ok((!of(false), rest)),
                    "not" if holds.len() == 1 => Ok((!holds[0], rest)),
                    _ => Err(not_a_predicate(&tokens[0])),
                }
            }
            [TokenTree::Ident(name), equals, TokenTree::Literal(value), rest @ ..]
                if is_sign(Some(equals), '=') =>
            {
                let syn::Lit::Str(value) = syn::Lit::new(value.clone()) else {
                    return Err(not_a_predicate(&tokens[2]));
                };
                let (name, value) = (name.to_string(), value.value());
                let holds = self.values.iter().any(|known| known.0 == name && known.1 == value);
                Ok((holds, rest))
            }
            [TokenTree::Ident(name), rest @ ..] => {
                let holds = *name == "true" || self.names.iter().any(|known| name == known);
                Ok((holds, rest))
            }
            [other, ..] => Err(not_a_predicate(other)),
            [] => Err(not_a_predicate(near)),
        }
    }

    /// `{ predicate "," }`
    fn list(&self, tokens: TokenStream) -> Result<Vec<bool>, Box<LocatedDiagnostic>> {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut rest, mut all) = (&tokens[..], Vec::new());
        while let [first, ..] = rest {
            let (holds, after) = self.predicate(first, rest)?;
            all.push(holds);
            rest = match after {
                [comma, after @ ..] if is_sign(Some(comma), ',') => after,
                after => {
                    end(after)?;
                    after
                }
            };
        }
        Ok(all)
    }
}

fn end(rest: &[TokenTree]) -> Result<(), Box<LocatedDiagnostic>> {
    match rest {
        [] => Ok(()),
        [other, ..] => Err(not_a_predicate(other)),
    }
}

fn not_a_predicate(token: &TokenTree) -> Box<LocatedDiagnostic> {
    let message = "this is not a condition of `cfg`: write `unix`, `feature = \"name\"`, `all(…)`, `any(…)` or `not(…)`";
    Box::new(LocatedDiagnostic::new(ErrorCode::NotAPredicate, token.span(), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfg() -> Cfg {
        let mut cfg = Cfg::default();
        cfg.name("unix");
        cfg.value("feature", "net");
        cfg.value("feature", "log");
        cfg
    }

    #[test]
    fn a_condition_holds_as_rustc_has_it() {
        for (predicate, holds) in [
            ("unix", true),
            ("windows", false),
            ("true", true),
            ("false", false),
            ("feature = \"net\"", true),
            ("feature = \"log\"", true),
            ("feature = \"neat\"", false),
            ("feature", false),
            ("unix = \"net\"", false),
            ("all()", true),
            ("any()", false),
            ("not(unix)", false),
            ("not(windows,)", true),
            ("all(unix, feature = \"net\",)", true),
            ("all(unix, windows)", false),
            ("any(windows, not(all(windows, unix)))", true),
            ("any(windows, not(all(unix)))", false),
        ] {
            let attribute = format!("#[cfg({predicate})]").parse().expect("tokens");
            assert_eq!(cfg().hold(attribute).expect("a condition"), holds, "{predicate}");
        }
        let both = "#[cfg(unix)] #[cfg(windows)]".parse().expect("tokens");
        assert!(!cfg().hold(both).expect("two conditions"));
    }

    #[test]
    fn a_predicate_that_is_not_a_condition_is_refused() {
        for predicate in [
            "",
            "not()",
            "not(unix, unix)",
            "some(unix)",
            "unix windows",
            "feature = net",
            "3",
            "all(,)",
            "a::b",
        ] {
            let attribute: TokenStream = format!("#[cfg({predicate})]").parse().expect("tokens");
            assert!(cfg().hold(attribute).is_err(), "{predicate}");
        }
    }
}
