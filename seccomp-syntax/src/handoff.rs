//! The protocol between the stages of the macros: what one stage hands to the next, through rustc.
//!
//! A policy is expanded in stages (see [`stage`](crate::stage)), so it leaves the macro and comes back to it partly
//! expanded. What the stages know by then (which rules came from a fragment, that a fragment had errors) is not
//! written among the user's tokens, because a user could write it there too. It is in the brackets around them. The
//! first stage puts the user's input as a whole into such brackets, so no token of a policy, a fragment or a file is
//! ever read as part of the protocol.
//!
//! In the forms below, delimiters are in quotes:
//!
//! | form | is |
//! |---|---|
//! | *abi* `[`*runtime*`]` *written…* | what the first stage gets: [`Site::first`] |
//! | *abi* `[`*runtime*`]` `[`*draft*`]` *answer…* | what each later stage gets: [`Handoff::read`] |
//! | `alone`? `mistaken`? { { `(`*within…*`)` } `[`*item*`]` } | a draft: [`DraftPolicy`] |
//! | `[`*variants*`]` | an answer: the conditions that hold, [`held`] |
//! | *id* `[`*rules*`]` or *id* `{}` | an answer: the rules of a fragment, or that it has errors, [`FragmentReply`] |
//! | `{[`*n*`]}` or `{{`*tokens*`}}` in those rules | the constant *n* of the fragment, or braces that it has itself, [`constant`] |

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::ErrorCode;
use syn::parse::{ParseStream, Parser as _};

use crate::errors::LocatedDiagnostic;
use crate::extent::Extent;

/// A policy between two stages: its items as written, and what the stages know about them.
#[derive(Clone, Default)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct DraftPolicy {
    pub(crate) items: Vec<DraftItem>,
    /// Whether the rules are those of a fragment or a file alone, which is checked before it is included.
    pub(crate) alone: bool,
    /// Whether a fragment that the policy includes has errors. They have been reported, and its rules are missing.
    pub(crate) mistaken: bool,
}

/// An item of a [`DraftPolicy`], by its place. After a stage, the items have other places.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct DraftItemIndex(pub usize);

/// One item of a [`DraftPolicy`].
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct DraftItem {
    /// The item as written, with the `;` that ends it, if there is one.
    pub(crate) tokens: Vec<TokenTree>,
    /// The fragments and files that the item came through, outermost first; `None` for an item of the policy itself.
    /// Empty for the rules of a file that is checked alone.
    pub(crate) within: Option<Vec<Ident>>,
}

impl DraftPolicy {
    /// The user's input, before any stage has changed it.
    #[must_use]
    pub fn written(policy: TokenStream) -> Self {
        Self::with_origin(policy, None)
    }

    /// The items of a fragment or of a file, for the policy that includes it. Each gets the attributes `allowed`.
    /// `within` lists the fragments and files that they came through, outermost first.
    #[must_use]
    pub fn included(items: TokenStream, within: &[Ident], allowed: &TokenStream) -> Self {
        Self::with_origin(items, Some(within.to_vec())).with_attributes(allowed)
    }

    /// The items, each with attributes in front of it.
    pub(crate) fn with_attributes(mut self, attributes: &TokenStream) -> Self {
        for item in &mut self.items {
            let mut tokens = Vec::new();
            tokens.extend(attributes.clone());
            tokens.append(&mut item.tokens);
            item.tokens = tokens;
        }
        self
    }

    /// Splits at `;`, which stays with the item it ends.
    fn with_origin(policy: TokenStream, within: Option<Vec<Ident>>) -> Self {
        let mut draft = Self::default();
        let mut tokens = Vec::new();
        for token in policy {
            let ends = is_sign(Some(&token), ';');
            tokens.push(token);
            if ends {
                let tokens = std::mem::take(&mut tokens);
                draft.items.push(DraftItem { tokens, within: within.clone() });
            }
        }
        if !tokens.is_empty() {
            draft.items.push(DraftItem { tokens, within });
        }
        draft
    }

    fn write(&self) -> TokenStream {
        let mut written = TokenStream::new();
        for (holds, word) in [(self.alone, ALONE), (self.mistaken, MISTAKEN)] {
            if holds {
                Ident::new(word, Span::call_site()).to_tokens(&mut written);
            }
        }
        for DraftItem { tokens, within } in &self.items {
            if let Some(within) = within {
                quote!((#(#within)*)).to_tokens(&mut written);
            }
            let tokens = stream(tokens);
            quote!([#tokens]).to_tokens(&mut written);
        }
        written
    }

    /// Reads what [`write`](Self::write) wrote; `None` for anything else.
    fn read(written: TokenStream) -> Option<Self> {
        let mut draft = Self::default();
        let mut within = None;
        for token in written {
            match token {
                TokenTree::Ident(word) if word == ALONE => draft.alone = true,
                TokenTree::Ident(word) if word == MISTAKEN => draft.mistaken = true,
                TokenTree::Group(group) => match group.delimiter() {
                    Delimiter::Parenthesis => within = Some(idents(group.stream())),
                    Delimiter::Bracket => {
                        let tokens = group.stream().into_iter().collect();
                        draft.items.push(DraftItem { tokens, within: within.take() });
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
        Some(draft)
    }
}

const ALONE: &str = "alone";
const MISTAKEN: &str = "mistaken";

/// The context of an expansion: the ABI that the program is built for, and the path of the runtime crate.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct Site {
    abi: Ident,
    pub(crate) runtime: TokenStream,
}

impl Site {
    /// Reads the input of the first stage; also returns the user's part of it.
    pub(crate) fn first(input: TokenStream) -> syn::Result<(Self, TokenStream)> {
        Extent::whole().read(input.clone())?;
        let parser = |input: ParseStream<'_>| {
            let (abi, runtime) = (input.parse()?, input.parse::<Group>()?.stream());
            Ok((Self { abi, runtime }, input.parse()?))
        };
        parser.parse2(input)
    }

    /// Writes what [`first`](Self::first) reads.
    pub(crate) fn ask(&self, written: &TokenStream) -> TokenStream {
        let Self { abi, runtime } = self;
        quote!(#abi [#runtime] #written)
    }

    /// The ABI of the target.
    pub(crate) fn target(&self) -> syn::Result<Abi> {
        match Abi::from_name(&self.abi.to_string()) {
            Some(abi) => Ok(abi),
            None => {
                let message = "internal error: no such ABI";
                Err(Box::new(LocatedDiagnostic::new(ErrorCode::Internal, self.abi.span(), message))
                    .into())
            }
        }
    }
}

/// What a stage hands on to the next.
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct Handoff {
    pub(crate) site: Site,
    pub(crate) policy: DraftPolicy,
    /// What rustc decided last.
    pub(crate) reply: TokenStream,
}

impl Handoff {
    /// The first handoff, from the user's input.
    pub(crate) fn new(site: Site, policy: DraftPolicy) -> Self {
        Self { site, policy, reply: TokenStream::new() }
    }

    /// Reads what [`write`](Self::write) wrote, and rustc's answer after it.
    pub(crate) fn read(input: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let abi = input.parse()?;
            let runtime = input.parse::<Group>()?.stream();
            let draft = input.parse::<Group>()?;
            let Some(policy) = DraftPolicy::read(draft.stream()) else {
                let message = "internal error: this is not what a stage of the macros hands on";
                return Err(Box::new(LocatedDiagnostic::new(
                    ErrorCode::Internal,
                    draft.span(),
                    message,
                ))
                .into());
            };
            let reply = input.parse()?;
            Ok(Self { site: Site { abi, runtime }, policy, reply })
        };
        parser.parse2(input)
    }

    /// The tokens that rustc passes on to the next stage.
    pub(crate) fn write(&self) -> TokenStream {
        let Self { site: Site { abi, runtime }, policy, .. } = self;
        let policy = policy.write();
        quote!(#abi [#runtime] [#policy])
    }

    /// The same handoff with another policy.
    pub(crate) fn with_policy(&self, policy: DraftPolicy) -> Self {
        Self::new(self.site.clone(), policy)
    }
}

/// Defines the macro `name`: `name! { [callback] state… }` expands to `callback! { state… reply }`.
pub(crate) fn replying(name: &TokenTree, reply: &TokenStream) -> TokenStream {
    quote! {
        macro_rules! #name {
            ([$($callback:tt)*] $($state:tt)*) => { $($callback)*! { $($state)* #reply } };
        }
    }
}

/// The variant that represents the conditions of an item of a policy.
pub(crate) fn variant(item: DraftItemIndex) -> Ident {
    Ident::new(&format!("__{}", item.0), Span::call_site())
}

/// The items whose conditions hold, from the brackets around their variants.
pub(crate) fn held(reply: Option<&TokenTree>) -> Vec<DraftItemIndex> {
    let mut items = Vec::new();
    let Some(TokenTree::Group(hold)) = reply else { return items };
    for token in hold.stream() {
        let variant = token.to_string();
        if let Some(Ok(item)) = variant.strip_prefix("__").map(str::parse::<u32>) {
            items.push(DraftItemIndex(item as usize));
        }
    }
    items
}

/// What a fragment answers to an `include`.
pub(crate) struct FragmentReply {
    /// The name of its macro, which no other fragment has.
    pub(crate) id: Ident,
    /// Its rules; `None` if it has errors, which are reported where it is defined.
    pub(crate) rules: Option<TokenStream>,
}

impl FragmentReply {
    pub(crate) fn write(&self) -> TokenStream {
        let Self { id, rules } = self;
        match rules {
            Some(rules) => quote!(#id [#rules]),
            None => quote!(#id {}),
        }
    }

    /// Reads the next of `replies`; `None` if it has any other form.
    pub(crate) fn read(replies: &mut impl Iterator<Item = TokenTree>) -> Option<Self> {
        let (TokenTree::Ident(id), TokenTree::Group(group)) = (replies.next()?, replies.next()?)
        else {
            return None;
        };
        match group.delimiter() {
            Delimiter::Bracket => Some(Self { id, rules: Some(group.stream()) }),
            Delimiter::Brace => Some(Self { id, rules: None }),
            _ => None,
        }
    }
}

/// A placeholder in the rules of a fragment for its constant `number`.
pub(crate) fn constant(number: u32, span: Span) -> TokenStream {
    let number = Literal::u32_unsuffixed(number);
    quote_spanned!(span=> { [#number] })
}

/// Marks braces that belong to the rules of a fragment, such as those of a set.
pub(crate) fn own_braces(group: &Group, inner: &TokenStream) -> TokenStream {
    regrouped(group, quote!({ #inner })).into_token_stream()
}

/// The name of constant `number` of a fragment.
pub(crate) fn constant_name(number: u32) -> Ident {
    Ident::new(&format!("__{number}"), Span::call_site())
}

/// The rules of the fragment at `path`, with the placeholders replaced by its constants and its own braces.
pub(crate) fn with_constants(rules: TokenStream, path: &TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    for token in rules {
        let TokenTree::Group(group) = token else {
            token.to_tokens(&mut replaced);
            continue;
        };
        let mut stream = group.stream();
        if group.delimiter() == Delimiter::Brace {
            if let Some(TokenTree::Group(inner)) = stream.clone().into_iter().next() {
                if let Some(number) = number_in(&inner) {
                    let name = constant_name(number);
                    let constant = quote!(#path::#name);
                    regrouped(&group, constant).to_tokens(&mut replaced);
                    continue;
                }
                stream = inner.stream();
            }
        }
        regrouped(&group, with_constants(stream, path)).to_tokens(&mut replaced);
    }
    replaced
}

/// The number in brackets that [`constant`] writes.
fn number_in(brackets: &Group) -> Option<u32> {
    if brackets.delimiter() != Delimiter::Bracket {
        return None;
    }
    brackets.stream().to_string().parse().ok()
}

/// The brackets of `group` around `stream`.
pub(crate) fn regrouped(group: &Group, stream: TokenStream) -> Group {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped
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

/// The tokens as a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    let mut stream = TokenStream::new();
    for token in tokens {
        token.to_tokens(&mut stream);
    }
    stream
}

/// Whether the token exists and is this punctuation.
pub(crate) fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Ident, Span, TokenStream};
    use quote::quote;

    use super::{DraftPolicy, FragmentReply, Handoff, Site, constant, with_constants};

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn a_handoff_is_read_as_it_was_written() {
        let id = Ident::new("somewhere", Span::call_site());
        let mut policy = DraftPolicy::written(tokens("allow read; (x) [y] {z}; default kill"));
        policy
            .items
            .extend(DraftPolicy::included(tokens("allow write"), &[id], &quote!(#[hot])).items);
        policy
            .items
            .extend(DraftPolicy::included(tokens("alone;"), &[], &TokenStream::new()).items);
        for (alone, mistaken) in [(false, false), (true, false), (false, true), (true, true)] {
            (policy.alone, policy.mistaken) = (alone, mistaken);
            let (site, rest) = Site::first(tokens("x86_64 [::runtime]")).unwrap();
            assert!(rest.is_empty());
            let mut written = Handoff::new(site, policy.clone()).write();
            written.extend(tokens("[__1]"));
            let read = Handoff::read(written).unwrap();
            assert_eq!(format!("{:?}", read.policy), format!("{policy:?}"));
            assert_eq!(read.reply.to_string(), "[__1]");
        }
    }

    #[test]
    fn the_input_of_the_user_is_in_brackets_of_its_own() {
        for written in [
            "alone mistaken () [allow read]",
            "alone; mistaken; (x) [allow read];",
            "1 [runtime] [alone [allow read]] [__0]",
        ] {
            let (site, user) = Site::first(tokens(&format!("x86_64 [::r] {written}"))).unwrap();
            assert_eq!(user.to_string(), tokens(written).to_string());
            let draft = DraftPolicy::written(user);
            let read = Handoff::read(Handoff::new(site, draft.clone()).write()).unwrap().policy;
            assert!(!read.alone && !read.mistaken, "{written}");
            assert!(read.items.iter().all(|item| item.within.is_none()), "{written}");
            assert_eq!(format!("{read:?}"), format!("{draft:?}"));
        }
    }

    #[test]
    fn a_number_in_brackets_in_braces_is_a_constant_of_the_fragment() {
        let shown = with_constants(constant(3, Span::call_site()), &quote!(crate::F));
        assert_eq!(shown.to_string(), quote!({ crate::F::__3 }).to_string());
    }

    #[test]
    fn answers_are_read_as_they_were_written() {
        let id = Ident::new("id", Span::call_site());
        for rules in [Some(tokens("allow read;")), Some(TokenStream::new()), None] {
            let written = FragmentReply { id: id.clone(), rules: rules.clone() }.write();
            let read = FragmentReply::read(&mut written.into_iter()).unwrap();
            assert_eq!(
                read.rules.map(|rules| rules.to_string()),
                rules.map(|rules| rules.to_string())
            );
        }
        assert!(FragmentReply::read(&mut tokens("id (allow read)").into_iter()).is_none());
        assert!(FragmentReply::read(&mut tokens("[allow read]").into_iter()).is_none());
    }

    #[test]
    fn tokens_that_no_stage_hands_on_are_an_error() {
        for text in [
            "",
            "x86_64",
            "x86_64 [::r]",
            "x86_64 [::r] [allow read]",
            "x86_64 [::r] [{}]",
            "x86_64 1 [::r] [[allow read]]",
        ] {
            assert!(Handoff::read(tokens(text)).is_err(), "{text}");
        }
    }
}
