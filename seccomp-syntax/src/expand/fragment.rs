//! Fragments: rules with a name that policies can include.
//!
//! `seccomp_fragment! { pub NET { … } }` becomes two items with the same name. The macro `NET!` gives
//! its rules to the stage that asks for them, so rustc finds `include some::path::NET;` like any other
//! item, across crates too. The type `NET` has constants for the values of rustc in the rules. They are
//! evaluated where the fragment is defined, so they may be private there.

mod fragment_constants;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::ErrorCode;
use syn::parse::{ParseStream, Parser};

use super::emit::Emitter;
use super::later_stages::failed;
use super::{cfg_enum, hash, later_stages, ours, unique};
use crate::compile::{Translated, compile_tokens};
use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::handoff::{
    DraftItemIndex, DraftPolicy, FragmentReply, Handoff, Site, constant_name, held, replying,
    stream, with_constants,
};
use crate::sources::text;
use crate::stage::{self, Include, NextStage};
use fragment_constants::FragmentConstants;

/// Asks each fragment for its rules; [`included`] continues when all have answered.
pub(crate) fn include(handoff: &Handoff, includes: &[Include]) -> TokenStream {
    let runtime = &handoff.site.runtime;
    let mut paths = Vec::new();
    for Include { what, span, .. } in includes {
        paths.push((what.clone(), *span));
    }
    let included = quote!(#runtime::__private::included);
    let state = handoff.write();
    if paths.len() <= AT_ONCE {
        return chain(&paths, &included, &state);
    }
    // A group of fragments becomes one macro that answers for all of them, so the groups are side by
    // side and not nested.
    let replies = quote!(#runtime::__private::replies);
    let mut names = Vec::new();
    let mut groups = TokenStream::new();
    for paths in paths.chunks(AT_ONCE) {
        let name = unique(&format!("included_{}", names.len())).to_token_stream();
        chain(paths, &replies, &name).to_tokens(&mut groups);
        names.push((name, Span::call_site()));
    }
    let all = chain(&names, &included, &state);
    quote!({ #groups #all })
}

/// How many fragments are asked in nested calls: each takes one of the 128 levels of expansion that
/// rustc allows.
const AT_ONCE: usize = 32;

/// Expands `name { id [rules] }…` to a macro that answers for all these fragments.
pub fn replies(input: TokenStream) -> TokenStream {
    let tokens: Vec<_> = input.into_iter().collect();
    match &tokens[..] {
        [] => TokenStream::new(),
        [name, replies @ ..] => replying(name, &stream(replies)),
    }
}

/// Calls the first macro with the second as its callback, and so on to `last`, which gets `state` and
/// all the answers.
fn chain(macros: &[(TokenStream, Span)], last: &TokenStream, state: &TokenStream) -> TokenStream {
    let Some((first, _)) = macros.first() else { return TokenStream::new() };
    let mut callbacks = TokenStream::new();
    let mut rest = macros;
    while let [(_, span), others @ ..] = rest {
        let callback = others.first().map_or(last, |(path, _)| path);
        // A macro that is not a fragment fails at its callback; the error belongs where the macro is
        // named.
        quote_spanned!(*span=> [#callback]).to_tokens(&mut callbacks);
        rest = others;
    }
    quote!(#first! { #callbacks #state })
}

/// Expands a handoff and the answers of all fragments.
pub fn included(input: TokenStream) -> TokenStream {
    later_stages::go_on(input, with_replies)
}

fn with_replies(handoff: &Handoff) -> TokenStream {
    let mut policy = handoff.policy.clone();
    let NextStage::Fragments(includes) = stage::next(policy.clone()) else {
        return lost(handoff);
    };
    let mut cycles = LocatedErrors::default();
    let mut rules = Vec::new();
    let mut replies = handoff.reply.clone().into_iter();
    for Include { item, what: path, span, mut within, allowed, .. } in includes {
        let Some(FragmentReply { id, rules: reply }) = FragmentReply::read(&mut replies) else {
            return lost(handoff);
        };
        if within.contains(&id) {
            let message = "this fragment includes itself";
            cycles.add(LocatedDiagnostic::new(ErrorCode::IncludesItself, span, message));
        }
        within.push(id);
        policy.mistaken |= reply.is_none();
        let reply = with_constants(reply.unwrap_or_default(), &path);
        rules.push((item, DraftPolicy::included(reply, &within, &allowed)));
    }
    if !cycles.is_empty() {
        return failed(&cycles.to_compile_errors(), &handoff.site);
    }
    later_stages::expand(&handoff.with_policy(stage::with_included(policy, rules)))
}

fn lost(handoff: &Handoff) -> TokenStream {
    let message = "internal error: an include lost its state";
    let error = LocatedDiagnostic::new(ErrorCode::Internal, Span::call_site(), message);
    failed(&error.to_compile_error(), &handoff.site)
}

/// A fragment as written: `attributes visibility NAME { rules }`.
struct Definition {
    /// Its `#[cfg(…)]`, which apply to both items that it becomes.
    conditions: TokenStream,
    /// Its other attributes: its documentation.
    attributes: TokenStream,
    visibility: TokenStream,
    name: Ident,
    rules: TokenStream,
}

/// Expands `abi [runtime] definition…`.
pub fn define(input: TokenStream) -> TokenStream {
    match Site::first(input) {
        Ok((site, written)) => definitions(written, None, &site),
        Err(error) => error.to_compile_error(),
    }
}

/// Expands `abi [runtime] definition [hold]`: a fragment, and the list of conditions on its rules that
/// hold.
pub fn decided_fragment(input: TokenStream) -> TokenStream {
    match Site::first(input) {
        Ok((site, written)) => {
            let mut tokens: Vec<_> = written.into_iter().collect();
            let hold = tokens.pop();
            definitions(stream(&tokens), Some(&held(hold.as_ref())), &site)
        }
        Err(error) => error.to_compile_error(),
    }
}

/// Expands the fragments, if all can be read. `hold` is the list of conditions on their rules that hold,
/// if known.
fn definitions(written: TokenStream, hold: Option<&[DraftItemIndex]>, site: &Site) -> TokenStream {
    let mut expanded = TokenStream::new();
    match read(written) {
        Ok(definitions) => {
            for definition in &definitions {
                expand(definition, hold, site).to_tokens(&mut expanded);
            }
        }
        Err(error) => error.to_compile_error().to_tokens(&mut expanded),
    }
    expanded
}

/// The fragments as written.
fn read(written: TokenStream) -> Result<Vec<Definition>, Box<LocatedDiagnostic>> {
    let all = |input: ParseStream<'_>| {
        let mut all = Ok(Vec::new());
        while let (Ok(read), false) = (&mut all, input.is_empty()) {
            match definition(input) {
                Ok(definition) => read.push(definition),
                Err(error) => all = Err(error),
            }
        }
        // syn would report what an error leaves.
        input.parse::<TokenStream>()?;
        Ok(all)
    };
    all.parse2(written)?
}

fn definition(input: ParseStream<'_>) -> Result<Definition, Box<LocatedDiagnostic>> {
    let mut conditions = TokenStream::new();
    let mut attributes = TokenStream::new();
    while input.peek(syn::Token![#]) {
        let hash = input.parse::<TokenTree>()?;
        let attribute = input.parse::<TokenTree>()?;
        let TokenTree::Group(group) = &attribute else {
            let message = "an attribute needs brackets";
            return Err(not_a_fragment(attribute.span(), message));
        };
        let is_cfg =
            group.stream().into_iter().next().is_some_and(|name| name.to_string() == "cfg");
        let written = if is_cfg { &mut conditions } else { &mut attributes };
        hash.to_tokens(written);
        attribute.to_tokens(written);
    }
    let mut visibility = TokenStream::new();
    if input.peek(syn::Token![pub]) {
        input.parse::<TokenTree>()?.to_tokens(&mut visibility);
        if input.peek(syn::token::Paren) {
            input.parse::<TokenTree>()?.to_tokens(&mut visibility);
        }
    }
    let form = "a fragment is written `pub NAME { rules }`";
    let name = input.parse::<Ident>().map_err(|error| not_a_fragment(error.span(), form))?;
    if !input.peek(syn::token::Brace) {
        return Err(not_a_fragment(name.span(), form));
    }
    let rules = input.parse::<Group>()?.stream();
    Ok(Definition { conditions, attributes, visibility, name, rules })
}

fn not_a_fragment(span: Span, message: &str) -> Box<LocatedDiagnostic> {
    Box::new(LocatedDiagnostic::new(ErrorCode::NotAFragment, span, message))
}

/// All errors of these fragments, each at its token, for a program that is built for `target`: for tests
/// and tools. What `#[cfg]` and `include` bring is not checked, because only rustc can find it.
///
/// # Errors
///
/// All errors.
#[cfg(feature = "text")]
pub fn check_fragments(written: TokenStream, target: Abi) -> Result<(), LocatedErrors> {
    let mut errors = LocatedErrors::default();
    for Definition { rules, .. } in read(written)? {
        let (rules, mut fragment_constants) =
            (DraftPolicy::written(rules), FragmentConstants::default());
        for item in &rules.items {
            fragment_constants.share(&item.tokens);
        }
        errors.append(fragment_constants.errors);
        errors.append(only_rules(&rules));
        if let Err(found) = alone_for(&rules, target) {
            errors.append(found);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Evaluates the `#[cfg]` of the rules with the features of this crate, then defines the macro and the
/// type.
fn expand(definition: &Definition, hold: Option<&[DraftItemIndex]>, site: &Site) -> TokenStream {
    let runtime = &site.runtime;
    let Definition { conditions, attributes, visibility, name, rules: written } = definition;
    let mut rules = DraftPolicy::written(written.clone());
    if let Some(hold) = hold {
        rules = stage::decided(rules, hold);
    }
    let under = stage::conditions(&rules);
    if !under.is_empty() {
        let holding = Ident::new(&format!("{}_conditions", identifier(name)), Span::call_site());
        let ask = cfg_enum::ask(&holding, &under, runtime);
        let again = site.ask(&quote!(#conditions #attributes #visibility #name { #written }));
        return quote! {
            #conditions
            #ask
            #conditions
            #holding! { [#runtime::__private::decided_fragment] #again }
        };
    }
    let mut fragment_constants = FragmentConstants::default();
    let mut shared = TokenStream::new();
    for item in &rules.items {
        fragment_constants.share(&item.tokens).to_tokens(&mut shared);
    }
    let FragmentConstants { constants, mut errors } = fragment_constants;
    errors.append(only_rules(&rules));
    let alone = if errors.is_empty() { alone(&rules, site) } else { Err(errors) };
    let (shared, alone) = match alone {
        Ok(policy) => (Some(shared), quote!(const _: #runtime::Policy = #policy;)),
        // Errors are reported here only, and not wherever the fragment is included.
        Err(errors) => {
            let errors = errors.to_compile_errors();
            (None, quote!(const _: () = { #errors };))
        }
    };
    let id = identifier(name);
    let reply = FragmentReply { id: id.clone(), rules: shared }.write();
    let replies = replying(&id.clone().into(), &reply);
    let mut export = TokenStream::new();
    if visibility.to_string() == "pub" {
        export = quote!(#[macro_export]);
    }
    let hidden = quote!(#conditions #[doc(hidden)]);
    // So that rustc does not warn that a type is in capitals or unused.
    let mut name = name.clone();
    name.set_span(ours(name.span()));
    let mut with_values = TokenStream::new();
    for item in values(&constants, &name, visibility, runtime) {
        quote!(#hidden #item).to_tokens(&mut with_values);
    }
    quote! {
        #hidden
        #export
        #replies
        #conditions
        #attributes
        #[cfg_attr(doc, doc = #runtime::__private::rules!(#written))]
        #[doc(inline)]
        #visibility use #id as #name;
        #with_values
        #conditions
        #alone
    }
}

/// The type of the fragment with its constants, if it has any.
fn values(
    constants: &[(u32, TokenStream, Span)],
    fragment: &Ident,
    visibility: &TokenStream,
    runtime: &TokenStream,
) -> Vec<TokenStream> {
    if constants.is_empty() {
        return Vec::new();
    }
    let mut values = TokenStream::new();
    for (number, value, span) in constants {
        let name = constant_name(*number);
        let value = super::value(value.clone(), runtime);
        let constant = quote_spanned! {*span=>
            #visibility const #name: #runtime::__private::Number = #runtime::__private::number(#value);
        };
        quote!(#[doc(hidden)] #constant).to_tokens(&mut values);
    }
    vec![quote!(#visibility enum #fragment {}), quote!(impl #fragment { #values })]
}

/// Compiles the rules once on their own, so that an error is reported where it is written. Returns that
/// policy, or the errors.
fn alone(rules: &DraftPolicy, site: &Site) -> Result<TokenStream, LocatedErrors> {
    let Translated { compiled, tree, sources } = alone_for(rules, site.target()?)?;
    if let NextStage::Compile(_) = stage::next(rules.clone()) {
        let emitter = Emitter { sources: &sources, runtime: &site.runtime };
        return Ok(emitter.policy(&compiled, &tree, &TokenStream::new(), None));
    }
    // Only rustc can find what the fragment includes.
    Ok(later_stages::expand(&Handoff::new(site.clone(), stage::alone(rules.clone()))))
}

/// The rules about which rustc need not be asked, compiled for `target`.
fn alone_for(rules: &DraftPolicy, target: Abi) -> Result<Translated, LocatedErrors> {
    let certain = stage::alone(stage::certain(rules.clone()));
    let translated = compile_tokens(&certain, Span::call_site(), target)?;
    let Translated { tree, sources, .. } = &translated;
    let mut errors = LocatedErrors::default();
    for value in tree.run_time_values() {
        let message = format!(
            "a fragment cannot have `{}`: policies share its rules, and the variables of the function around a \
             policy are not known here; write the rule in the policy, or in a file that it includes",
            value.text
        );
        errors.add(LocatedDiagnostic::new(
            ErrorCode::ValueOfTheRun,
            sources.span(value.span),
            message,
        ));
    }
    if errors.is_empty() { Ok(translated) } else { Err(errors) }
}

/// An error for each item that belongs in the policy that includes the fragment.
fn only_rules(rules: &DraftPolicy) -> LocatedErrors {
    let mut errors = LocatedErrors::default();
    for keyword in stage::keywords(rules) {
        if matches!(
            keyword.to_string().as_str(),
            "default" | "bad_arch" | "unknown" | "arch" | "report"
        ) {
            let message = format!(
                "a fragment can only have rules: `{keyword}` belongs in the policy that includes it"
            );
            errors.add(LocatedDiagnostic::new(ErrorCode::OnlyInPolicies, keyword.span(), message));
        }
    }
    errors
}

/// A name that is unique to this fragment's macro: all exported macros share one name space, whatever
/// their module. The name in the source can be one token for several fragments, if a repetition of a
/// `macro_rules!` made them, but each of these has an expansion of its own, and the `Debug` form of the
/// call site contains its number.
fn identifier(name: &Ident) -> Ident {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (package, version) = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
    let krate = variable("CARGO_CRATE_NAME");
    let (at, call) = (name.span(), Span::call_site());
    let number = hash(&format!("{package} {version} {krate} {name} {at:?} {call:?}"));
    let unique = format!("__seccomp_fragment_{}_{number:016x}", text(name));
    Ident::new(&unique, Span::call_site())
}
