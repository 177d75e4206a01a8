//! What has to happen before a policy can be compiled: the parts that only rustc can decide.
//!
//! `#[cfg(…)]` on an item is rustc's to evaluate, a fragment is a macro that rustc has to find, and
//! a file is to be tracked by it. So a policy is expanded in stages: [`next`] finds what can be done
//! at once; the macro emits what makes rustc do it, around another call of itself. All conditions
//! are one stage and all fragments another, because rustc follows 128 calls inside of one another.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// What to do next with a policy.
#[derive(Debug)]
pub enum Next {
    /// Nothing is left to rustc: compile it.
    Compile(TokenStream),
    /// Items stand under `#[cfg(…)]`: [`decided`] is the policy when it is known which of them hold.
    Conditions(Vec<Conditional>),
    /// Items are `include path;`: [`with_included`] is the policy when their rules are known.
    Fragments(Vec<Include<TokenStream>>),
    /// An item is `include "file";`: [`with_included`] is the policy when its rules are known.
    File(Include<Literal>),
}

/// An item that only rustc can tell to stay.
#[derive(Debug)]
pub struct Conditional {
    /// Which of the policy's items it is.
    pub item: usize,
    /// What has to hold, all of it: where the attribute is written, and what is in the parentheses
    /// of `cfg`.
    pub predicates: Vec<(Span, TokenStream)>,
}

/// What an `include` says.
#[derive(Debug)]
pub struct Include<What> {
    /// Which of the policy's items it is.
    pub item: usize,
    /// The path of a fragment or the name of a file, as written.
    pub what: What,
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
    for (item, tokens) in items.iter().enumerate() {
        if let Some((what, span, Marks { within, allowed })) = included(tokens) {
            match what {
                What::File(what) => {
                    return Next::File(Include { item, what, span, within, allowed });
                }
                What::Fragment(what) => {
                    fragments.push(Include { item, what, span, within, allowed });
                }
            }
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
    let of_item = |(item, tokens): (usize, &Vec<TokenTree>)| {
        let (predicates, _) = split_cfg(tokens);
        (!predicates.is_empty()).then_some(Conditional { item, predicates })
    };
    items.iter().enumerate().filter_map(of_item).collect()
}

/// The policy when the conditions of the items `hold` hold and of no others.
#[must_use]
pub fn decided(policy: TokenStream, hold: &[usize]) -> TokenStream {
    let mut decided = TokenStream::new();
    for (item, tokens) in items(policy).into_iter().enumerate() {
        let (predicates, rest) = split_cfg(&tokens);
        if predicates.is_empty() || hold.contains(&item) {
            decided.extend(rest);
        }
    }
    decided
}

/// The policy with `rules` in the place of the items that include them, which are given in order.
#[must_use]
pub fn with_included(
    policy: TokenStream,
    rules: impl IntoIterator<Item = (usize, TokenStream)>,
) -> TokenStream {
    let mut items: Vec<TokenStream> =
        items(policy).into_iter().map(|item| item.into_iter().collect()).collect();
    for (item, rules) in rules {
        items[item] = rules;
    }
    items.into_iter().collect()
}

/// The items that stay whatever rustc decides: no `#[cfg(…)]`, no `include`.
#[must_use]
pub fn certain(policy: TokenStream) -> TokenStream {
    let mut certain = TokenStream::new();
    for item in items(policy) {
        if split_cfg(&item).0.is_empty() && included(&item).is_none() {
            certain.extend(item);
        }
    }
    certain
}

/// The first word of each item: its keyword or its action.
pub fn keywords(policy: TokenStream) -> impl Iterator<Item = Ident> {
    items(policy).into_iter().filter_map(|item| match item.get(attributes(&item)) {
        Some(TokenTree::Ident(keyword)) => Some(keyword.clone()),
        _ => None,
    })
}

/// The items of a fragment or file as they stand in the policy that includes it: each is marked
/// with what it comes from, outermost first, has the attributes `allowed`, and ends with `;`.
#[must_use]
pub fn mark_included(
    fragment: TokenStream,
    within: &[Ident],
    allowed: &TokenStream,
) -> TokenStream {
    let mut marked = TokenStream::new();
    for item in items(terminated(fragment)) {
        let mark = TokenTree::from(Ident::new(INCLUDED, Span::call_site()));
        let within = within.iter().cloned().map(TokenTree::from).collect();
        let within = TokenTree::from(Group::new(Delimiter::Parenthesis, within));
        let attribute = Group::new(Delimiter::Bracket, [mark, within].into_iter().collect());
        marked.extend([TokenTree::from(Punct::new('#', Spacing::Alone)), attribute.into()]);
        marked.extend(allowed.clone());
        marked.extend(item);
    }
    marked
}

/// Whether `allowed`, the attributes of an `include`, name a warning.
#[must_use]
pub fn allows(allowed: TokenStream, warning: &str) -> bool {
    allowed.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == warning,
        TokenTree::Group(group) => allows(group.stream(), warning),
        _ => false,
    })
}

/// The same items with a `;` after the last one too, so that others can follow.
#[must_use]
pub fn terminated(items: TokenStream) -> TokenStream {
    let mut items: Vec<_> = items.into_iter().collect();
    let ends =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    if !items.last().is_none_or(ends) {
        items.push(Punct::new(';', Spacing::Alone).into());
    }
    items.into_iter().collect()
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
    for item in items(policy) {
        match item.get(attributes(&item)) {
            Some(TokenTree::Ident(word)) if word == MISTAKEN => some = true,
            _ => without.extend(item),
        }
    }
    some.then_some(without)
}

/// The rules of a fragment or of a file as a policy of their own, to find what is wrong with them
/// before they are included anywhere. Nothing is said of it that only makes sense of a whole policy.
#[must_use]
pub fn alone(rules: TokenStream) -> TokenStream {
    let mut policy = terminated(rules);
    let mark = TokenTree::from(Ident::new(ALONE, Span::call_site()));
    let attribute = Group::new(Delimiter::Bracket, mark.into());
    policy.extend([TokenTree::from(Punct::new('#', Spacing::Alone)), attribute.into()]);
    let words = ["default", "kill"].map(|word| Ident::new(word, Span::call_site()));
    policy.extend(words.map(TokenTree::from));
    policy
}

/// Splits at `;`, which stays with the item it ends.
fn items(policy: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = vec![Vec::new()];
    for token in policy {
        let ends = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        items.last_mut().expect("never empty").push(token);
        if ends {
            items.push(Vec::new());
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// The length in tokens of the attributes of an item: each is `#` and brackets.
fn attributes(item: &[TokenTree]) -> usize {
    let is_attribute = |pair: &[TokenTree]| {
        matches!(pair, [TokenTree::Punct(hash), TokenTree::Group(group)]
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket)
    };
    let mut length = 0;
    while item.get(length..length + 2).is_some_and(is_attribute) {
        length += 2;
    }
    length
}

/// The `cfg` among the attributes of an item, each with its predicate; and the item without them.
fn split_cfg(item: &[TokenTree]) -> (Vec<(Span, TokenStream)>, Vec<TokenTree>) {
    let (attributes, rest) = item.split_at(attributes(item));
    let mut predicates = Vec::new();
    let mut others = Vec::new();
    for attribute in attributes.chunks(2) {
        if let [_, TokenTree::Group(attribute)] = attribute {
            let tokens = ungrouped(attribute.stream());
            if let [TokenTree::Ident(name), TokenTree::Group(predicate)] = &tokens[..] {
                if name == "cfg" && predicate.delimiter() == Delimiter::Parenthesis {
                    predicates.push((attribute.span(), predicate.stream()));
                    continue;
                }
            }
        }
        others.extend_from_slice(attribute);
    }
    others.extend_from_slice(rest);
    (predicates, others)
}

/// The tokens without the invisible brackets around what came through a macro of the user
/// (`$path:path`, `$condition:meta`).
fn ungrouped(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                all.extend(ungrouped(group.stream()));
            }
            token => all.push(token),
        }
    }
    all
}

/// Whether an item includes something that can be included.
pub(super) fn is_include(item: &[TokenTree]) -> bool {
    included(item).is_some()
}

enum What {
    Fragment(TokenStream),
    File(Literal),
}

/// What an item `include …;` includes, if it is one; anything malformed is left to the parser.
fn included(item: &[TokenTree]) -> Option<(What, Span, Marks)> {
    let (attributes, item) = item.split_at(attributes(item));
    let marks = marks(attributes)?;
    let [TokenTree::Ident(keyword), what @ ..] = item else { return None };
    if keyword != "include" {
        return None;
    }
    let what = match what {
        [what @ .., TokenTree::Punct(last)] if last.as_char() == ';' => what,
        what => what,
    };
    let what = ungrouped(what.iter().cloned().collect());
    match &what[..] {
        [TokenTree::Literal(name)] if name.to_string().starts_with('"') => {
            Some((What::File(name.clone()), name.span(), marks))
        }
        [first, ..] if is_path(&what) => {
            let span = first.span();
            Some((What::Fragment(what.into_iter().collect()), span, marks))
        }
        _ => None,
    }
}

/// What the attributes of an `include` say.
#[derive(Default)]
struct Marks {
    within: Vec<Ident>,
    allowed: TokenStream,
}

/// The attributes of an `include`: the mark of [`mark_included`] and `#[allow(…)]`.
fn marks(attributes: &[TokenTree]) -> Option<Marks> {
    let mut marks = Marks::default();
    for attribute in attributes.chunks(2) {
        let [_, TokenTree::Group(group)] = attribute else { return None };
        let tokens = ungrouped(group.stream());
        let [TokenTree::Ident(name), TokenTree::Group(list)] = &tokens[..] else { return None };
        if name == INCLUDED {
            let idents = list.stream().into_iter().filter_map(|token| match token {
                TokenTree::Ident(ident) => Some(ident),
                _ => None,
            });
            marks.within = idents.collect();
        } else if name == "allow" {
            marks.allowed.extend(attribute.iter().cloned());
        } else {
            return None;
        }
    }
    Some(marks)
}

/// Whether this is `[ "::" | "$" ] name { "::" name }`.
fn is_path(tokens: &[TokenTree]) -> bool {
    let is = |token: Option<&TokenTree>, sign: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    let colons = |at: usize| is(tokens.get(at), ':') && is(tokens.get(at + 1), ':');
    let mut at = if colons(0) { 2 } else { usize::from(is(tokens.first(), '$')) };
    while let Some(TokenTree::Ident(_)) = tokens.get(at) {
        at += 1;
        if at == tokens.len() {
            return true;
        }
        if !colons(at) {
            return false;
        }
        at += 2;
    }
    false
}
