//! The stages before a policy can be compiled: they deal with the parts that only rustc can decide.
//!
//! Only rustc can evaluate `#[cfg(…)]` on an item, find the macro of a fragment, and track a file. So a
//! policy is expanded in stages: [`next`] finds what can be done at once, and the macro emits tokens
//! that make rustc do it, around another call of itself. All conditions are one stage and all fragments
//! another, because rustc allows 128 nested expansions.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};

use crate::handoff::{DraftItem, DraftItemIndex, DraftPolicy, is_sign, stream};

/// The stage that a policy needs next.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum NextStage {
    /// Nothing is left for rustc to decide: compile it.
    Compile(DraftPolicy),
    /// Some items have a `#[cfg(…)]`: call [`decided`] when it is known which of them hold.
    Conditions(Vec<Conditional>),
    /// Some items are `include path;`: call [`with_included`] when their rules are known.
    Fragments(Vec<Include>),
    /// Some items are `include "file";`: call [`with_included`] when their rules are known.
    Files(Vec<Include>),
}

/// An item that rustc keeps or drops.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Conditional {
    /// Which of the policy's items it is.
    pub item: DraftItemIndex,
    /// Its `#[cfg(…)]`, which must all hold.
    pub conditions: TokenStream,
}

/// The parts of an `include`.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Include {
    /// Which of the policy's items it is.
    pub item: DraftItemIndex,
    /// Whether it is a file; if not, it is a fragment.
    pub is_file: bool,
    /// The path of the fragment or the name of the file, as written.
    pub what: TokenStream,
    /// Where it is written.
    pub span: Span,
    /// The fragments and files that it came through, outermost first.
    pub within: Vec<Ident>,
    /// Its `#[allow(…)]`, which apply to everything that it includes.
    pub allowed: TokenStream,
}

impl Include {
    /// The name of the file, if it includes one.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        let what: Vec<_> = self.what.clone().into_iter().collect();
        if self.is_file { file_name(&what) } else { None }
    }
}

/// Finds what rustc must decide: first files, which need no expansion by rustc, then conditions, then
/// fragments.
#[must_use]
pub fn next(policy: DraftPolicy) -> NextStage {
    let files = files(&policy);
    if !files.is_empty() {
        return NextStage::Files(files);
    }
    let fragments = includes(&policy);
    let conditions = conditions(&policy);
    if !conditions.is_empty() {
        NextStage::Conditions(conditions)
    } else if !fragments.is_empty() {
        NextStage::Fragments(fragments)
    } else {
        NextStage::Compile(policy)
    }
}

/// Finds the items that are `include "file";`.
#[must_use]
pub fn files(policy: &DraftPolicy) -> Vec<Include> {
    let mut files = includes(policy);
    files.retain(|include| include.is_file);
    files
}

/// Finds the items that include a file or a fragment.
fn includes(policy: &DraftPolicy) -> Vec<Include> {
    let mut includes = Vec::new();
    for (index, item) in policy.items.iter().enumerate() {
        if let Some(include) = included(DraftItemIndex(index), item) {
            includes.push(include);
        }
    }
    includes
}

/// Finds the items under `#[cfg(…)]`.
#[must_use]
pub fn conditions(policy: &DraftPolicy) -> Vec<Conditional> {
    let mut conditional = Vec::new();
    for (index, DraftItem { tokens, .. }) in policy.items.iter().enumerate() {
        let (conditions, _) = split_cfg(tokens);
        if !conditions.is_empty() {
            conditional.push(Conditional { item: DraftItemIndex(index), conditions });
        }
    }
    conditional
}

/// The policy after the conditions are known: those of the items in `hold`, which is sorted, are true,
/// and all others are false.
#[must_use]
pub fn decided(mut policy: DraftPolicy, hold: &[DraftItemIndex]) -> DraftPolicy {
    let mut decided = Vec::new();
    for (index, mut item) in policy.items.into_iter().enumerate() {
        let (conditions, rest) = split_cfg(&item.tokens);
        if conditions.is_empty() || hold.binary_search_by_key(&index, |item| item.0).is_ok() {
            item.tokens = rest;
            decided.push(item);
        }
    }
    policy.items = decided;
    policy
}

/// The policy with `rules` inserted for the items that include them, in the same order.
#[must_use]
pub fn with_included(
    mut policy: DraftPolicy,
    rules: Vec<(DraftItemIndex, DraftPolicy)>,
) -> DraftPolicy {
    let mut items = Vec::new();
    let mut rules = rules.into_iter();
    let mut next = rules.next();
    for (index, item) in policy.items.into_iter().enumerate() {
        match &mut next {
            Some((place, included)) if place.0 == index => {
                items.append(&mut included.items);
                next = rules.next();
            }
            _ => items.push(item),
        }
    }
    policy.items = items;
    policy
}

/// The items that stay whatever rustc decides: those without `#[cfg(…)]` that are not an `include`.
#[must_use]
pub fn certain(mut policy: DraftPolicy) -> DraftPolicy {
    policy.items.retain(|item| split_cfg(&item.tokens).0.is_empty() && !is_include(&item.tokens));
    policy
}

/// The first word of each item: its keyword or its action.
#[must_use]
pub fn keywords(policy: &DraftPolicy) -> Vec<Ident> {
    let mut keywords = Vec::new();
    for item in &policy.items {
        if let Some(keyword) = keyword(&item.tokens) {
            keywords.push(keyword.clone());
        }
    }
    keywords
}

/// Whether `allowed`, the attributes of an `include`, name a warning.
#[must_use]
pub fn allows(allowed: TokenStream, warning: &str) -> bool {
    for token in allowed {
        let names = match token {
            TokenTree::Ident(name) => name == warning,
            TokenTree::Group(group) => allows(group.stream(), warning),
            _ => false,
        };
        if names {
            return true;
        }
    }
    false
}

/// The rules of a fragment or of a file as a policy of its own, to find its errors before it is
/// included anywhere. Diagnostics that only make sense for a whole policy are not reported.
#[must_use]
pub fn alone(mut rules: DraftPolicy) -> DraftPolicy {
    rules.items.extend(DraftPolicy::written(quote!(default kill)).items);
    rules.alone = true;
    rules
}

/// The attribute at the front of an item, `#` and brackets, and what follows it.
fn first_attribute(item: &[TokenTree]) -> Option<(&Group, &[TokenTree])> {
    match item {
        [hash, TokenTree::Group(group), rest @ ..]
            if is_sign(Some(hash), '#') && group.delimiter() == Delimiter::Bracket =>
        {
            Some((group, rest))
        }
        _ => None,
    }
}

/// The first word of an item, after its attributes.
fn keyword(mut item: &[TokenTree]) -> Option<&Ident> {
    while let Some((_, rest)) = first_attribute(item) {
        item = rest;
    }
    match item.first() {
        Some(TokenTree::Ident(keyword)) => Some(keyword),
        _ => None,
    }
}

/// The `#[cfg(…)]` among the attributes of an item, and the item without them.
fn split_cfg(mut item: &[TokenTree]) -> (TokenStream, Vec<TokenTree>) {
    let mut conditions = TokenStream::new();
    let mut others = Vec::new();
    while let Some((attribute, rest)) = first_attribute(item) {
        match &ungrouped(attribute.stream())[..] {
            [TokenTree::Ident(name), TokenTree::Group(predicate)]
                if name == "cfg" && predicate.delimiter() == Delimiter::Parenthesis =>
            {
                let predicate = predicate.stream();
                let condition = quote_spanned!(attribute.span()=> #[cfg(#predicate)]);
                condition.to_tokens(&mut conditions);
            }
            _ => others.extend_from_slice(&item[..2]),
        }
        item = rest;
    }
    others.extend_from_slice(item);
    (conditions, others)
}

/// The tokens without the invisible brackets around those that came through a macro of the user
/// (`$path:path`, `$condition:meta`).
fn ungrouped(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    ungroup(tokens, &mut all);
    all
}

fn ungroup(tokens: TokenStream, all: &mut Vec<TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                ungroup(group.stream(), all);
            }
            token => all.push(token),
        }
    }
}

/// Whether an item is a well-formed `include`.
fn is_include(item: &[TokenTree]) -> bool {
    what_is_included(item).is_some()
}

/// What a well-formed `include` includes: the path, or the name of a file.
pub(super) fn what_of_include(item: &[TokenTree]) -> Option<(TokenStream, Option<String>)> {
    let (what, is_file, _) = what_is_included(item)?;
    let file = if is_file { Some(file_name(&what)?) } else { None };
    Some((stream(&what), file))
}

/// The string in the literal of an `include "file"`.
fn file_name(what: &[TokenTree]) -> Option<String> {
    match what {
        [TokenTree::Literal(name)] => match syn::Lit::new(name.clone()) {
            syn::Lit::Str(name) => Some(name.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The `include` of the item `index`, if it is one. The parser reports malformed ones.
fn included(index: DraftItemIndex, item: &DraftItem) -> Option<Include> {
    let (what, is_file, allowed) = what_is_included(&item.tokens)?;
    let span = what[0].span();
    let within = item.within.clone().unwrap_or_default();
    Some(Include { item: index, is_file, what: stream(&what), span, within, allowed })
}

/// The path or the file name, whether it is a file name, and the `allow` attributes.
fn what_is_included(mut item: &[TokenTree]) -> Option<(Vec<TokenTree>, bool, TokenStream)> {
    let mut allowed = TokenStream::new();
    while let Some((attribute, rest)) = first_attribute(item) {
        match &ungrouped(attribute.stream())[..] {
            [TokenTree::Ident(name), TokenTree::Group(_)] if name == "allow" => {}
            _ => return None,
        }
        stream(&item[..2]).to_tokens(&mut allowed);
        item = rest;
    }
    let what = match item {
        [TokenTree::Ident(keyword), what @ ..] if keyword == "include" => what,
        _ => return None,
    };
    let what = match what {
        [what @ .., last] if is_sign(Some(last), ';') => what,
        what => what,
    };
    let what = ungrouped(stream(what));
    let is_file = match &what[..] {
        [TokenTree::Literal(name)] if name.to_string().starts_with('"') => true,
        what if is_path(what) => false,
        _ => return None,
    };
    Some((what, is_file, allowed))
}

/// Whether this is `[ "::" | "$" ] name { "::" name }`.
fn is_path(tokens: &[TokenTree]) -> bool {
    let names = match tokens {
        [dollar, names @ ..] if is_sign(Some(dollar), '$') && !is_sign(names.first(), ':') => names,
        names => names,
    };
    match names {
        [] => false,
        [name] => is_name(Some(name)),
        names => path_length(names) == names.len(),
    }
}

/// The number of tokens at the front that are a path with `::` in it; 0 if there is none.
pub(crate) fn path_length(tokens: &[TokenTree]) -> usize {
    let colons = |at: usize| is_sign(tokens.get(at), ':') && is_sign(tokens.get(at + 1), ':');
    let is_word = |at: usize| is_name(tokens.get(at));
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

/// Whether the token exists and is a name. Keywords of Rust are names too, except the two that are
/// values.
fn is_name(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Ident(name)) if name != "true" && name != "false")
}
