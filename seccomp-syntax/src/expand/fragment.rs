//! Fragments: rules with a name, to be included in policies.
//!
//! `seccomp_fragment! { pub NET { … } }` becomes two things of one name. The macro `NET!` hands
//! its rules to the stage that asked for them, so that `include some::path::NET;` finds them as
//! rustc finds any item, across crates too. The type `NET` has as constants what the rules left to
//! rustc: evaluated where the fragment is defined, so that they may be private there.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};

use super::compile::Stage;
use super::{emit, holding};
use crate::stage::{self, Include, Next, mark_included};

/// Stands in a fragment for its constant number `n`: `{ __constant n }`.
const CONSTANT: &str = "__constant";

/// Asks each fragment for its rules; [`included`] goes on when all have answered.
pub(crate) fn include(stage: &Stage, includes: &[Include<TokenStream>]) -> TokenStream {
    let Stage { runtime, number: stage_number, .. } = stage;
    let paths: Vec<_> =
        includes.iter().map(|include| (include.what.clone(), include.span)).collect();
    let included = quote!(#runtime::__private::included);
    let state = stage.state();
    if paths.len() <= AT_ONCE {
        return chain(&paths, &included, &state);
    }
    // Side by side, some at a time become one macro that answers for all of them.
    let answers = quote!(#runtime::__private::answers);
    let mut names = Vec::new();
    let mut groups = TokenStream::new();
    for (number, paths) in paths.chunks(AT_ONCE).enumerate() {
        let name = format_ident!("__included_{stage_number}_{number}").to_token_stream();
        groups.extend(chain(paths, &answers, &name));
        names.push((name, Span::call_site()));
    }
    let all = chain(&names, &included, &state);
    quote!({ #groups #all })
}

/// How many fragments are asked inside of one another: each is one of the 128 steps that rustc takes.
const AT_ONCE: usize = 32;

/// Expands `name { id [rules] }` to a macro that answers as these fragments do.
pub fn answers(input: TokenStream) -> TokenStream {
    let mut answers = input.into_iter();
    let name = answers.next();
    let answers: TokenStream = answers.collect();
    quote! {
        macro_rules! #name {
            ([$($callback:tt)*] $($state:tt)*) => { $($callback)*! { $($state)* #answers } };
        }
    }
}

/// Calls the first macro with the second as its callback, and so on to the `last`, which gets
/// `state` and what each has to say.
fn chain(macros: &[(TokenStream, Span)], last: &TokenStream, state: &TokenStream) -> TokenStream {
    let Some(((first, _), others)) = macros.split_first() else { return TokenStream::new() };
    // A macro that is no fragment stumbles over its callback, and is to do so where it is named.
    let callbacks = others.iter().map(|(path, _)| path).chain([last]);
    let callbacks = callbacks.zip(macros).map(|(callback, (_, span))| {
        respanned(Group::new(Delimiter::Bracket, callback.clone()), *span)
    });
    quote!(#first! { #(#callbacks)* #state })
}

/// Expands a `state` and `{ id [rules] }`: what each fragment answers.
pub fn included(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        let stage = Stage::next(input)?;
        let mut answers = Vec::new();
        while !input.is_empty() {
            answers.push((input.parse::<Ident>()?, input.parse::<Group>()?.stream()));
        }
        Ok((stage, answers))
    };
    let (stage, answers) = match parse.parse2(input) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_compile_error(),
    };
    let Next::Fragments(includes) = stage::next(stage.policy.clone()) else {
        return stage.error(syn::Error::new(
            Span::call_site(),
            "internal error: an include lost its state",
        ));
    };
    let mut cycles = TokenStream::new();
    let mut rules = Vec::new();
    for (Include { item, what: path, span, mut within, allowed }, (id, answer)) in
        includes.into_iter().zip(answers)
    {
        if within.contains(&id) {
            let error = syn::Error::new(span, "this fragment includes itself");
            cycles.extend(error.to_compile_error());
        }
        within.push(id);
        rules.push((item, mark_included(with_constants(answer, &path), &within, &allowed)));
    }
    if !cycles.is_empty() {
        return stage.failed(&cycles);
    }
    stage.with_policy(stage::with_included(stage.policy.clone(), rules)).expand()
}

/// Replaces each `{ __constant n }` by the constant of the fragment at `path`.
fn with_constants(rules: TokenStream, path: &TokenStream) -> TokenStream {
    let replace = |token| {
        let TokenTree::Group(group) = token else { return token };
        let tokens: Vec<_> = group.stream().into_iter().collect();
        let stream = match &tokens[..] {
            [TokenTree::Ident(name), TokenTree::Literal(number)] if name == CONSTANT => {
                let constant = format_ident!("__{}", number.to_string());
                quote!(#path::#constant)
            }
            _ => with_constants(group.stream(), path),
        };
        respanned(Group::new(group.delimiter(), stream), group.span())
    };
    rules.into_iter().map(replace).collect()
}

fn respanned(mut group: Group, span: Span) -> TokenTree {
    group.set_span(span);
    group.into()
}

/// A fragment as written: `attributes visibility NAME { rules }`.
struct Definition {
    /// Its `#[cfg(…)]`, which decide of everything that it becomes.
    conditions: TokenStream,
    /// Its other attributes: its documentation.
    attributes: TokenStream,
    visibility: TokenStream,
    name: Ident,
    rules: TokenStream,
}

/// Expands `abi [runtime] definition…`.
pub fn define(input: TokenStream) -> TokenStream {
    let definitions = |input: ParseStream<'_>| {
        let mut definitions = Vec::new();
        while !input.is_empty() {
            definitions.push(definition(input)?);
        }
        Ok(definitions)
    };
    let parsed = Stage::parse.parse2(input).and_then(|stage| {
        let definitions = definitions.parse2(stage.policy.clone())?;
        Ok(definitions.iter().map(|definition| expand(definition, &stage)).collect())
    });
    parsed.unwrap_or_else(|error| error.to_compile_error())
}

/// Expands `abi [runtime] definition [hold]`: a fragment, and which of the conditions on its rules hold.
pub fn decided_fragment(input: TokenStream) -> TokenStream {
    let decided = |input: ParseStream<'_>| {
        let mut definition = definition(input)?;
        let hold = input.parse::<Group>()?.stream();
        definition.rules = stage::decided(definition.rules, &holding::items(hold));
        Ok(definition)
    };
    let parsed = Stage::parse.parse2(input).and_then(|stage| {
        let definition = decided.parse2(stage.policy.clone())?;
        Ok(expand(&definition, &stage))
    });
    parsed.unwrap_or_else(|error| error.to_compile_error())
}

fn definition(input: ParseStream<'_>) -> syn::Result<Definition> {
    let mut conditions = TokenStream::new();
    let mut attributes = TokenStream::new();
    while input.peek(syn::Token![#]) {
        let attribute = [input.parse::<TokenTree>()?, input.parse::<TokenTree>()?];
        let TokenTree::Group(group) = &attribute[1] else {
            return Err(syn::Error::new(attribute[1].span(), "an attribute has brackets"));
        };
        let is_cfg =
            group.stream().into_iter().next().is_some_and(|name| name.to_string() == "cfg");
        if is_cfg { &mut conditions } else { &mut attributes }.extend(attribute);
    }
    let mut visibility = TokenStream::new();
    if input.peek(syn::Token![pub]) {
        visibility.extend([input.parse::<TokenTree>()?]);
        if input.peek(syn::token::Paren) {
            visibility.extend([input.parse::<TokenTree>()?]);
        }
    }
    let form = "a fragment is written `pub NAME { rules }`";
    let name = input.parse::<Ident>().map_err(|error| syn::Error::new(error.span(), form))?;
    if !input.peek(syn::token::Brace) {
        return Err(syn::Error::new(name.span(), form));
    }
    let rules = input.parse::<Group>()?.stream();
    Ok(Definition { conditions, attributes, visibility, name, rules })
}

/// The `#[cfg]` of the rules, as the features of this crate decide them; then the macro and the type.
fn expand(definition: &Definition, stage: &Stage) -> TokenStream {
    let Stage { abi, runtime, .. } = stage;
    let Definition { conditions, attributes, visibility, name, rules } = definition;
    let under = stage::conditions(rules.clone());
    if !under.is_empty() {
        let holding = format_ident!("{}_conditions", unique(name));
        let ask = holding::ask(&holding, &under, runtime);
        return quote! {
            #conditions
            #ask
            #conditions
            #holding! { [#runtime::__private::decided_fragment] #abi [#runtime] #conditions #attributes #visibility #name { #rules } }
        };
    }
    let mut kept = Kept::default();
    let mut shared = kept.share(rules.clone());
    let Kept { constants, mut errors } = kept;
    errors.extend(only_rules(rules));
    let alone = if errors.is_empty() { alone(rules, stage) } else { Err(errors) };
    let alone = match alone {
        Ok(policy) => quote!(const _: #runtime::Policy = #policy;),
        Err(errors) => {
            // What is wrong is said here, and not again wherever the fragment is included.
            shared = stage::mistaken();
            quote!(const _: () = { #errors };)
        }
    };
    let id = unique(name);
    let export = (visibility.to_string() == "pub").then(|| quote!(#[macro_export]));
    let numbers = (0..constants.len()).map(|number| format_ident!("__{number}"));
    let constants = numbers.zip(&constants).map(|(name, (value, span))| {
        quote_spanned!(*span=> #[doc(hidden)] pub const #name: i128 = (#value) as i128;)
    });
    quote! {
        #conditions
        #[doc(hidden)]
        #export
        macro_rules! #id {
            ([$($callback:tt)*] $($state:tt)*) => { $($callback)*! { $($state)* #id [#shared] } };
        }
        #conditions
        #attributes
        #[doc(inline)]
        #[allow(unused_imports)]
        #visibility use #id as #name;
        #conditions
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #[allow(clippy::all, clippy::pedantic, clippy::restriction)]
        #visibility enum #name {}
        #conditions
        #[allow(dead_code, unreachable_pub, unused_braces, unused_qualifications)]
        #[allow(clippy::all, clippy::pedantic, clippy::restriction)]
        impl #name { #(#constants)* }
        #conditions
        #[allow(unused_braces, unused_qualifications)]
        #alone
    }
}

/// The rules are compiled once by themselves, so that a mistake shows where it is made: the policy
/// that they are, or their mistakes.
fn alone(rules: &TokenStream, stage: &Stage) -> Result<TokenStream, TokenStream> {
    let runtime = &stage.runtime;
    let target = stage.target().map_err(|error| error.to_compile_error())?;
    let certain = stage::alone(stage::certain(rules.clone()));
    let compiled = crate::compile::compile(certain, Span::call_site(), target)
        .map_err(|errors| errors.to_compile_errors())?;
    if let Next::Compile(_) = stage::next(rules.clone()) {
        return Ok(emit::policy(&compiled, runtime));
    }
    // What it includes is rustc's to find.
    let alone = stage::alone(rules.clone());
    Ok(quote!(#runtime::seccomp_policy! { #alone }))
}

/// What belongs in the policy that includes the fragment and not in it.
fn only_rules(rules: &TokenStream) -> TokenStream {
    let once = |keyword: &Ident| {
        ["default", "bad_arch", "unknown", "arch"].iter().any(|once| keyword == once)
    };
    let error = |keyword: Ident| {
        let message = format!(
            "a fragment has rules only: `{keyword}` belongs in the policy that includes it"
        );
        syn::Error::new(keyword.span(), message).to_compile_error()
    };
    stage::keywords(rules.clone()).filter(once).map(error).collect()
}

/// What of a fragment stays in the crate that defines it.
#[derive(Default)]
struct Kept {
    /// Each value that is left to rustc, and where it is written.
    constants: Vec<(TokenStream, Span)>,
    /// Mistakes, as tokens that report them.
    errors: TokenStream,
}

impl Kept {
    /// The rules as other crates can read them: `crate` of an `include` is this crate, and each
    /// value left to rustc is a constant of the fragment's type.
    fn share(&mut self, rules: TokenStream) -> TokenStream {
        let tokens: Vec<_> = rules.into_iter().collect();
        let mut shared = TokenStream::new();
        let mut rest = &tokens[..];
        let mut before = String::new();
        while let [first, ..] = rest {
            let path = path_length(rest);
            let (tokens, length) = match first {
                _ if before == "include" => (self.included(first), 1),
                _ if before == "$crate" => (rest[..path].iter().cloned().collect(), path),
                _ if path > 0 => {
                    (self.constant(rest[..path].iter().cloned().collect(), first.span()), path)
                }
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace
                        && (before != "in" || is_dot(rest.get(1))) =>
                {
                    (self.constant(first.clone().into(), group.span()), 1)
                }
                TokenTree::Group(group) => {
                    let inner = self.share(group.stream());
                    (respanned(Group::new(group.delimiter(), inner), group.span()).into(), 1)
                }
                other => (other.clone().into(), 1),
            };
            shared.extend(tokens);
            before = if before == "include" { "$crate".to_owned() } else { first.to_string() };
            rest = &rest[length.max(1)..];
        }
        shared
    }

    /// The first token of what an `include` in a fragment names.
    fn included(&mut self, first: &TokenTree) -> TokenStream {
        if first.to_string() == "crate" {
            return quote_spanned!(first.span()=> $crate);
        }
        let message = "inside a fragment the path of an `include` starts with `crate::`, so that other \
                       crates find it too: `include crate::NET;`";
        self.errors.extend(syn::Error::new(first.span(), message).to_compile_error());
        first.clone().into()
    }

    fn constant(&mut self, value: TokenStream, span: Span) -> TokenStream {
        let name = Ident::new(CONSTANT, span);
        let number = Literal::usize_unsuffixed(self.constants.len());
        self.constants.push((value, span));
        respanned(Group::new(Delimiter::Brace, quote!(#name #number)), span).into()
    }
}

/// Whether a range goes on here: `in { FIRST }..LAST` has no set.
fn is_dot(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.')
}

/// How many tokens at the front are a path with `::` in it; 0 if none.
fn path_length(tokens: &[TokenTree]) -> usize {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let colons = |at: usize| is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1));
    let is_word = |at: usize| matches!(tokens.get(at), Some(TokenTree::Ident(_)));
    let mut length = if colons(0) && is_word(2) {
        3
    } else if is_word(0) && colons(1) {
        1
    } else {
        return 0;
    };
    while colons(length) && is_word(length + 2) {
        length += 3;
    }
    length
}

/// A name for the fragment's macro that no other fragment has: macros that are exported share one
/// name space, whatever module they are in.
fn unique(name: &Ident) -> Ident {
    let mut hasher = DefaultHasher::new();
    for variable in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_CRATE_NAME"] {
        std::env::var(variable).ok().hash(&mut hasher);
    }
    format!("{:?}", name.span()).hash(&mut hasher);
    name.to_string().hash(&mut hasher);
    format_ident!("__seccomp_fragment_{}_{:016x}", name, hasher.finish(), span = Span::call_site())
}
