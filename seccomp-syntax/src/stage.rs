//! What has to happen before a policy can be compiled: the parts that only rustc can decide.
//!
//! `#[cfg(…)]` on an item is rustc's to evaluate, a fragment is a macro that rustc has to find, and
//! a file is to be tracked by it. So a policy is expanded in stages: [`next`] finds what can be done
//! at once; the macro emits what makes rustc do it, around another call of itself. All conditions
//! are one stage and all fragments another, because rustc follows 128 calls inside of one another.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};

/// What to do next with a policy.
#[derive(Debug)]
pub enum Next {
    /// Nothing is left to rustc: compile it.
    Compile(TokenStream),
    /// Items stand under `#[cfg(…)]`: [`decided`] is the policy when it is known which of them hold.
    Conditions(Vec<Conditional>),
    /// Items are `include path;`: [`with_included`] is the policy when their rules are known.
    Fragments(Vec<Include>),
    /// An item is `include "file";`: [`with_included`] is the policy when its rules are known.
    File(Include),
}

/// An item that only rustc can tell to stay.
#[derive(Debug)]
pub struct Conditional {
    /// Which of the policy's items it is.
    pub item: usize,
    /// Its `#[cfg(…)]`, all of which have to hold.
    pub conditions: TokenStream,
}

/// What an `include` says.
#[derive(Debug)]
pub struct Include {
    /// Which of the policy's items it is.
    pub item: usize,
    /// Whether it is a file; if not, it is a fragment.
    pub is_file: bool,
    /// The path of the fragment or the name of the file, as written.
    pub what: TokenStream,
    /// Where it is written.
    pub span: Span,
    /// What is being included already, outermost first: the marks of [`mark_included`].
    pub within: Vec<Ident>,
    /// Its `#[allow(…)]`, which are for everything that it includes.
    pub allowed: TokenStream,
}

/// Finds what is for rustc to decide: files first, which take no step of rustc's, then conditions,
/// then fragments.
#[must_use]
pub fn next(policy: TokenStream) -> Next {
    let items = items(policy.clone());
    let mut fragments = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match included(index, item) {
            Some(file) if file.is_file => return Next::File(file),
            Some(fragment) => fragments.push(fragment),
            None => {}
        }
    }
    let conditions = conditions_of(&items);
    if !conditions.is_empty() {
        Next::Conditions(conditions)
    } else if !fragments.is_empty() {
        Next::Fragments(fragments)
    } else {
        Next::Compile(policy)
    }
}

/// Finds the items under `#[cfg(…)]`.
#[must_use]
pub fn conditions(policy: TokenStream) -> Vec<Conditional> {
    conditions_of(&items(policy))
}

fn conditions_of(items: &[Vec<TokenTree>]) -> Vec<Conditional> {
    let mut conditional = Vec::new();
    for (item, tokens) in items.iter().enumerate() {
        let (conditions, _) = split_cfg(tokens);
        if !conditions.is_empty() {
            conditional.push(Conditional { item, conditions });
        }
    }
    conditional
}

/// The policy when the conditions of the items `hold` hold and of no others.
#[must_use]
pub fn decided(policy: TokenStream, hold: &[usize]) -> TokenStream {
    let mut decided = TokenStream::new();
    for (index, item) in items(policy).iter().enumerate() {
        let (conditions, rest) = split_cfg(item);
        if conditions.is_empty() || hold.contains(&index) {
            rest.to_tokens(&mut decided);
        }
    }
    decided
}

/// The policy with `rules` in the place of the items that include them, which are given in order.
#[must_use]
pub fn with_included(policy: TokenStream, rules: Vec<(usize, TokenStream)>) -> TokenStream {
    let mut items = items(policy);
    for (item, rules) in rules {
        items[item] = rules.into_iter().collect();
    }
    let mut whole = TokenStream::new();
    for item in &items {
        append(&mut whole, item);
    }
    whole
}

/// The items that stay whatever rustc decides: no `#[cfg(…)]`, no `include`.
#[must_use]
pub fn certain(policy: TokenStream) -> TokenStream {
    let mut certain = TokenStream::new();
    for item in &items(policy) {
        if split_cfg(item).0.is_empty() && !is_include(item) {
            append(&mut certain, item);
        }
    }
    certain
}

/// The first word of each item: its keyword or its action.
#[must_use]
pub fn keywords(policy: TokenStream) -> Vec<Ident> {
    let mut keywords = Vec::new();
    for item in &items(policy) {
        if let Some(keyword) = keyword(item) {
            keywords.push(keyword.clone());
        }
    }
    keywords
}

/// The items of a fragment or file as they stand in the policy that includes it: each is marked
/// with what it comes from, outermost first, has the attributes `allowed`, and ends with `;`.
#[must_use]
pub fn mark_included(
    fragment: TokenStream,
    within: &[Ident],
    allowed: &TokenStream,
) -> TokenStream {
    let mark = Ident::new(INCLUDED, Span::call_site());
    let attributes = quote!(#[#mark(#(#within)*)] #allowed);
    let mut marked = TokenStream::new();
    for item in &items(terminated(fragment)) {
        attributes.to_tokens(&mut marked);
        append(&mut marked, item);
    }
    marked
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

/// The same items with a `;` after the last one too, so that others can follow.
#[must_use]
pub fn terminated(items: TokenStream) -> TokenStream {
    let tokens: Vec<_> = items.into_iter().collect();
    let mut terminated = stream(&tokens);
    if !tokens.is_empty() && !is_sign(tokens.last(), ';') {
        Punct::new(';', Spacing::Alone).to_tokens(&mut terminated);
    }
    terminated
}

/// The attribute that [`mark_included`] gives.
pub(super) const INCLUDED: &str = "__included";

/// The attribute that says of its item's policy that it is a fragment or a file by itself.
pub(super) const ALONE: &str = "__alone";

/// What a fragment with mistakes hands on in the place of its rules: the mistakes have been reported.
#[must_use]
pub fn mistaken() -> TokenStream {
    TokenTree::from(Ident::new(MISTAKEN, Span::call_site())).into()
}

const MISTAKEN: &str = "__mistaken";

/// What is left of a policy that includes fragments with mistakes, if it does.
#[must_use]
pub fn without_mistaken(policy: TokenStream) -> Option<TokenStream> {
    let mut without = TokenStream::new();
    let mut some = false;
    for item in &items(policy) {
        if keyword(item).is_some_and(|word| word == MISTAKEN) {
            some = true;
        } else {
            append(&mut without, item);
        }
    }
    some.then_some(without)
}

/// The rules of a fragment or of a file as a policy of their own, to find what is wrong with them
/// before they are included anywhere. Nothing is said of it that only makes sense of a whole policy.
#[must_use]
pub fn alone(rules: TokenStream) -> TokenStream {
    let rules = terminated(rules);
    let mark = Ident::new(ALONE, Span::call_site());
    quote!(#rules #[#mark] default kill)
}

/// Splits at `;`, which stays with the item it ends.
fn items(policy: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = Vec::new();
    let mut item = Vec::new();
    for token in policy {
        let ends = is_sign(Some(&token), ';');
        item.push(token);
        if ends {
            items.push(std::mem::take(&mut item));
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// Puts `tokens` after those of `stream`.
fn append(stream: &mut TokenStream, tokens: &[TokenTree]) {
    for token in tokens {
        token.to_tokens(stream);
    }
}

/// The tokens as a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    let mut stream = TokenStream::new();
    append(&mut stream, tokens);
    stream
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
fn split_cfg(mut item: &[TokenTree]) -> (TokenStream, TokenStream) {
    let mut conditions = TokenStream::new();
    let mut others = TokenStream::new();
    while let Some((attribute, rest)) = first_attribute(item) {
        match &ungrouped(attribute.stream())[..] {
            [TokenTree::Ident(name), TokenTree::Group(predicate)]
                if name == "cfg" && predicate.delimiter() == Delimiter::Parenthesis =>
            {
                let predicate = predicate.stream();
                let condition = quote_spanned!(attribute.span()=> #[cfg(#predicate)]);
                condition.to_tokens(&mut conditions);
            }
            _ => append(&mut others, &item[..2]),
        }
        item = rest;
    }
    append(&mut others, item);
    (conditions, others)
}

/// The tokens without the invisible brackets around what came through a macro of the user
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

/// Whether an item includes something that can be included.
pub(super) fn is_include(item: &[TokenTree]) -> bool {
    included(0, item).is_some()
}

/// What an item `include …;` includes, if it is one; anything malformed is left to the parser. `index`
/// is which of the policy's items it is.
fn included(index: usize, mut item: &[TokenTree]) -> Option<Include> {
    let mut within = Vec::new();
    let mut allowed = TokenStream::new();
    while let Some((attribute, rest)) = first_attribute(item) {
        let tokens = ungrouped(attribute.stream());
        let [TokenTree::Ident(name), TokenTree::Group(list)] = &tokens[..] else { return None };
        if name == INCLUDED {
            within = idents(list.stream());
        } else if name == "allow" {
            append(&mut allowed, &item[..2]);
        } else {
            return None;
        }
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
    let span = what[0].span();
    Some(Include { item: index, is_file, what: stream(&what), span, within, allowed })
}

fn idents(tokens: TokenStream) -> Vec<Ident> {
    let mut idents = Vec::new();
    for token in tokens {
        if let TokenTree::Ident(ident) = token {
            idents.push(ident);
        }
    }
    idents
}

/// Whether this is `[ "::" | "$" ] name { "::" name }`.
fn is_path(tokens: &[TokenTree]) -> bool {
    let names = match tokens {
        [dollar, names @ ..] if is_sign(Some(dollar), '$') && !is_sign(names.first(), ':') => names,
        names => names,
    };
    match names {
        [] => false,
        [name] => matches!(name, TokenTree::Ident(_)),
        names => path_length(names) == names.len(),
    }
}

/// How many tokens at the front are a path with `::` in it; 0 if none.
pub(crate) fn path_length(tokens: &[TokenTree]) -> usize {
    let colons = |at: usize| is_sign(tokens.get(at), ':') && is_sign(tokens.get(at + 1), ':');
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

/// Whether there is a token, and it is this punctuation.
pub(crate) fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}
