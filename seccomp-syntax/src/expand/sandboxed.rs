//! `#[sandboxed(POLICY)]`: a function whose body runs only under a policy.
//!
//! The function is not parsed. The body is always the last part of a function, so it is replaced by one
//! statement and the original body, with all its spans. The body keeps its own braces, because an item
//! anywhere in a block is visible in the whole block: a constant in the body could shadow the policy.
//!
//! The statement names only a field of the argument and a method of that field's type, so it works whatever
//! name the runtime crate has. Nothing in scope can shadow them: a trait cannot add a field, and among the
//! methods that take exactly a reference to that type rustc prefers the inherent one (the Rust reference,
//! "Method call expressions"). A method of the argument would not be safe: a trait method that takes `self`
//! comes before an inherent one that takes `&self`, and the body would run without its policy.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use seccomp_ir::diagnostic::ErrorCode;

use crate::errors::LocatedDiagnostic;
use crate::handoff::{is_sign, regrouped, stream};

/// Expands `#[sandboxed(policy)] item`. If there is an error, it is reported and the item stays as it is, so
/// that rustc does not report it as missing.
pub fn sandboxed(policy: TokenStream, item: TokenStream) -> TokenStream {
    match expand(policy, item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.to_compile_error();
            quote! { #error #item }
        }
    }
}

fn expand(policy: TokenStream, item: TokenStream) -> Result<TokenStream, Box<LocatedDiagnostic>> {
    let mut function = trees(item);
    let name = check_function(&function)?;
    let body = match function.pop().map(ungrouped) {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => body,
        _ => {
            return Err(error(
                ErrorCode::NoBody,
                name.span(),
                format!(
                    "`{name}` has no body here, so nothing can be installed before it: put \
                     #[sandboxed] where its body is"
                ),
            ));
        }
    };
    let install = install(policy, &name)?;
    let (inner_attributes, statements) = split_inner_attributes(body.stream());
    // These braces have spans of the expansion: rustc would call braces of the user around one expression
    // unused.
    let mut statements = Group::new(Delimiter::Brace, statements);
    statements.set_span(Span::mixed_site().located_at(body.span()));
    let sandboxed = regrouped(&body, quote! { #inner_attributes #install #statements });
    let function = stream(&function);
    Ok(quote! { #function #sandboxed })
}

fn error(code: ErrorCode, span: Span, message: impl Into<String>) -> Box<LocatedDiagnostic> {
    Box::new(LocatedDiagnostic::new(code, span, message))
}

/// The errors of `#[sandboxed(policy)] item`: for tests and tools.
///
/// # Errors
///
/// The first error.
#[cfg(feature = "text")]
pub fn check_sandboxed(
    policy: TokenStream,
    item: TokenStream,
) -> Result<(), crate::errors::LocatedErrors> {
    expand(policy, item)?;
    Ok(())
}

/// The statement that installs `policy`, or ends the process.
fn install(policy: TokenStream, name: &Ident) -> Result<TokenStream, Box<LocatedDiagnostic>> {
    check_policy(&policy)?;
    let message = format!("seccomp: `{name}` is not run: ");
    // Errors in the call (for example, the argument is not a policy) belong to the argument.
    let span = Span::mixed_site().located_at(span_of(&policy));
    // A path needs no parentheses, and rustc would warn about them.
    let policy = if is_path(&policy) {
        policy
    } else {
        quote_spanned! {span=> (#policy) }
    };
    Ok(quote_spanned! {span=> (&#policy.__policy_or_installer).__install_or_exit(#message); })
}

fn check_policy(policy: &TokenStream) -> Result<(), Box<LocatedDiagnostic>> {
    const USAGE: &str = "name the policy that the function runs under: #[sandboxed(POLICY)]";
    if policy.is_empty() {
        return Err(error(ErrorCode::NoPolicyNamed, Span::call_site(), USAGE));
    }
    if let [TokenTree::Literal(literal)] = &policy.clone().into_iter().collect::<Vec<_>>()[..] {
        let message = format!("{literal} is not a policy: {USAGE}");
        return Err(error(ErrorCode::NoPolicyNamed, literal.span(), message));
    }
    // A comma between the angle brackets of a path is allowed, and a policy is not a comparison.
    let mut depth = 0_usize;
    let mut after_minus = false;
    for tree in policy.clone() {
        let TokenTree::Punct(punct) = tree else {
            after_minus = false;
            continue;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' if !after_minus => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                return Err(error(
                    ErrorCode::SeveralPolicies,
                    punct.span(),
                    "a function runs under one policy: put the rules into one, or install the \
                     other in its body, where the more severe action of both counts",
                ));
            }
            _ => {}
        }
        after_minus = punct.as_char() == '-';
    }
    Ok(())
}

/// Checks that this is a function that can be called at run time, and returns its name.
fn check_function(item: &[TokenTree]) -> Result<Ident, Box<LocatedDiagnostic>> {
    let mut rest = item.iter();
    while let Some(tree) = rest.next() {
        match &ungrouped(tree.clone()) {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                rest.next();
            }
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "fn" => {
                    return match rest.next().cloned().map(ungrouped) {
                        Some(TokenTree::Ident(name)) => Ok(name),
                        _ => Err(not_a_function(word.span())),
                    };
                }
                "const" if leads_to_fn(rest.as_slice()) => {
                    return Err(error(
                        ErrorCode::ConstFunction,
                        word.span(),
                        "a `const fn` can run while the program compiles, when no policy can be \
                         installed: remove `const`, or put #[sandboxed] on the function that calls it",
                    ));
                }
                "pub" | "crate" | "default" | "async" | "gen" | "safe" | "unsafe" | "extern" => {}
                _ => return Err(not_a_function(word.span())),
            },
            // The ABI string after `extern`.
            TokenTree::Literal(_) => {}
            // `pub(crate)`, or an empty visibility from a macro.
            TokenTree::Group(group)
                if matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::None) => {}
            tree => return Err(not_a_function(tree.span())),
        }
    }
    Err(not_a_function(Span::call_site()))
}

/// Whether only qualifiers come before a `fn`.
fn leads_to_fn(rest: &[TokenTree]) -> bool {
    for tree in rest {
        match ungrouped(tree.clone()) {
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "fn" => return true,
                "async" | "unsafe" | "extern" => {}
                _ => return false,
            },
            TokenTree::Literal(_) => {}
            _ => return false,
        }
    }
    false
}

fn not_a_function(span: Span) -> Box<LocatedDiagnostic> {
    error(
        ErrorCode::NotAFunction,
        span,
        "#[sandboxed] goes before a function: its policy is installed where the function begins",
    )
}

/// Splits a body into its leading `#![…]`, which must stay first, and the rest.
fn split_inner_attributes(body: TokenStream) -> (TokenStream, TokenStream) {
    let trees: Vec<TokenTree> = body.into_iter().collect();
    let mut end = 0;
    while is_sign(trees.get(end), '#') && is_sign(trees.get(end + 1), '!') {
        end = trees.len().min(end + 3);
    }
    (stream(&trees[..end]), stream(&trees[end..]))
}

/// The token trees of the item. An item that a macro passed on as a whole (`$item:item`) is one group.
fn trees(item: TokenStream) -> Vec<TokenTree> {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    while let [TokenTree::Group(group)] = trees.as_slice() {
        if group.delimiter() != Delimiter::None {
            break;
        }
        trees = group.stream().into_iter().collect();
    }
    trees
}

/// Removes the invisible groups around what a macro passed on as a whole (`$name:ident`, `$body:block`).
fn ungrouped(tree: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &tree {
        if group.delimiter() == Delimiter::None {
            let mut inside = group.stream().into_iter();
            if let (Some(only), None) = (inside.next(), inside.next()) {
                return ungrouped(only);
            }
        }
    }
    tree
}

/// Whether this is a path without generics: names and colons.
fn is_path(policy: &TokenStream) -> bool {
    for tree in policy.clone() {
        match tree {
            TokenTree::Ident(_) => {}
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => return false,
        }
    }
    true
}

/// The span from the first token to the last, or only the first if the compiler cannot join them.
fn span_of(tokens: &TokenStream) -> Span {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match &trees[..] {
        [] => Span::call_site(),
        [only] => only.span(),
        [first, .., last] => first.span().join(last.span()).unwrap_or(first.span()),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use super::sandboxed;

    /// The statement that installs the policy `P` in a function `f`.
    const INSTALL: &str =
        "(&P.__policy_or_installer).__install_or_exit(\"seccomp: `f` is not run: \");";

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[track_caller]
    fn expands(policy: &str, item: &str, expected: &str) {
        let expanded = sandboxed(tokens(policy), tokens(item)).to_string();
        assert_eq!(expanded, tokens(expected).to_string());
    }

    /// Checks that the report contains `words`, and that the item is unchanged.
    #[track_caller]
    fn refuses(policy: &str, item: &str, words: &str) {
        let expanded = sandboxed(tokens(policy), tokens(item)).to_string();
        assert!(expanded.starts_with(":: core :: compile_error"), "{expanded}");
        assert!(expanded.contains(words), "{expanded}");
        assert!(expanded.ends_with(&tokens(item).to_string()), "{expanded}");
    }

    #[test]
    fn the_policy_is_installed_before_the_body() {
        expands(
            "STDIO",
            "fn main() { work(); }",
            r#"fn main() {
                (&STDIO.__policy_or_installer).__install_or_exit("seccomp: `main` is not run: ");
                { work(); }
            }"#,
        );
    }

    #[test]
    fn an_expression_keeps_to_itself() {
        expands(
            "if deep { A } else { b::B }",
            "fn f(deep: bool) {}",
            r#"fn f(deep: bool) {
                (&(if deep { A } else { b::B }).__policy_or_installer)
                    .__install_or_exit("seccomp: `f` is not run: ");
                {}
            }"#,
        );
    }

    #[test]
    fn any_signature_is_left_alone() {
        for signature in [
            "pub(crate) async unsafe fn f<T: Copy, const N: usize>(&mut self, a: [T; N]) -> impl Sized",
            "#[inline] /// Doc.\n pub fn f() -> [u8; { 1 + 1 }] where (): Sized",
            "unsafe extern \"C\" fn f(argc: i32, argv: *const *const u8) -> !",
            "default fn f(self: Box<Self>)",
        ] {
            expands(
                "P",
                &format!("{signature} {{ body }}"),
                &format!("{signature} {{ {INSTALL} {{ body }} }}"),
            );
        }
    }

    #[test]
    fn inner_attributes_stay_first() {
        expands(
            "P",
            "fn f() { #![allow(unused)] #![doc = \"d\"] #[cfg(x)] !y }",
            &format!("fn f() {{ #![allow(unused)] #![doc = \"d\"] {INSTALL} {{ #[cfg(x)] !y }} }}"),
        );
    }

    #[test]
    fn a_body_that_came_through_a_macro_is_found() {
        use proc_macro2::{Delimiter, Group, TokenTree};
        let hidden = |tokens| TokenTree::from(Group::new(Delimiter::None, tokens));
        let mut item = TokenStream::from(hidden(TokenStream::new()));
        item.extend(tokens("fn"));
        item.extend([hidden(tokens("f"))]);
        item.extend(tokens("()"));
        item.extend([hidden(tokens("{ work() }"))]);
        let item = TokenStream::from(hidden(item));
        let expanded = sandboxed(tokens("P"), item).to_string();
        let body = tokens(&format!("{{ {INSTALL} {{ work() }} }}")).to_string();
        assert!(expanded.contains(&body), "{expanded}");
    }

    #[test]
    fn a_const_fn_is_refused() {
        refuses("P", "pub const unsafe fn f() {}", "while the program compiles");
    }

    #[test]
    fn a_function_without_a_body_is_refused() {
        refuses("P", "fn f(&self) -> u8;", "`f` has no body here");
    }

    #[test]
    fn an_item_that_is_not_a_function_is_refused() {
        for item in
            ["struct S {}", "const X: fn() = { f };", "impl A { fn f() {} }", "mod m {}", ""]
        {
            refuses("P", item, "goes before a function");
        }
    }

    #[test]
    fn no_policy_and_two_policies_are_refused() {
        refuses("", "fn f() {}", "name the policy");
        refuses("A, B", "fn f() {}", "under one policy");
        refuses("A,", "fn f() {}", "under one policy");
    }

    #[test]
    fn a_comma_between_angle_brackets_is_no_second_policy() {
        expands(
            "<X<fn() -> A, B> as T>::P",
            "fn f() {}",
            r#"fn f() {
                (&(<X<fn() -> A, B> as T>::P).__policy_or_installer)
                    .__install_or_exit("seccomp: `f` is not run: ");
                {}
            }"#,
        );
    }
}
