//! Reads tokens one after another.
//!
//! The invisible brackets around what a macro of the user passes on as a whole (`$x:expr`) are passed over, unless
//! somebody asks for them.

use std::cell::Cell;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Span, TokenStream, TokenTree};

/// Tokens in one list: the content of brackets follows them, and [`End`](Entry::End) follows the content.
pub(crate) struct Tokens {
    entries: Vec<Entry>,
}

enum Entry {
    /// Brackets, and the number of the entry of their end.
    Group(Group, usize),
    /// A token that is no brackets.
    Token(TokenTree),
    End,
}

impl Tokens {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let mut all = Self { entries: Vec::new() };
        all.add(tokens);
        all
    }

    fn add(&mut self, tokens: TokenStream) {
        for token in tokens {
            let TokenTree::Group(group) = token else {
                self.entries.push(Entry::Token(token));
                continue;
            };
            let (start, content) = (self.entries.len(), group.stream());
            self.entries.push(Entry::Group(group, 0));
            self.add(content);
            let last = self.entries.len();
            if let Entry::Group(_, end) = &mut self.entries[start] {
                *end = last;
            }
            self.entries.push(Entry::End);
        }
    }

    /// All of the tokens, to be read; the place of their end is that of the macro call.
    pub(crate) fn read(&self) -> Input<'_> {
        let all = Cursor::new(&self.entries, 0, self.entries.len());
        Input { next: Cell::new(all), end: Span::call_site() }
    }
}

/// A place among tokens, which ends where the brackets around it end.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    entries: &'a [Entry],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// An end before `end` is that of invisible brackets, of which this cursor is inside.
    fn new(entries: &'a [Entry], mut at: usize, end: usize) -> Self {
        while at < end && matches!(entries[at], Entry::End) {
            at += 1;
        }
        Self { entries, at, end }
    }

    fn entry(self) -> Option<&'a Entry> {
        if self.is_at_end() { None } else { Some(&self.entries[self.at]) }
    }

    /// The same place with another number.
    fn moved(self, at: usize) -> Self {
        Self::new(self.entries, at, self.end)
    }

    /// The place inside of all invisible brackets that begin here.
    fn inside(mut self) -> Self {
        while let Some(Entry::Group(group, _)) = self.entry() {
            if group.delimiter() != Delimiter::None {
                break;
            }
            self = self.moved(self.at + 1);
        }
        self
    }

    /// The next token if it is no brackets, and what follows it.
    fn plain(self) -> Option<(&'a TokenTree, Self)> {
        let inside = self.inside();
        match inside.entry()? {
            Entry::Token(token) => Some((token, inside.moved(inside.at + 1))),
            Entry::Group(..) | Entry::End => None,
        }
    }

    /// Whether no token is left.
    pub(crate) fn is_at_end(self) -> bool {
        self.at == self.end
    }

    /// The next token if it is a word, and what follows it.
    pub(crate) fn ident(self) -> Option<(&'a Ident, Self)> {
        match self.plain()? {
            (TokenTree::Ident(ident), rest) => Some((ident, rest)),
            _ => None,
        }
    }

    /// The next token if it is punctuation, and what follows it.
    pub(crate) fn punct(self) -> Option<(&'a Punct, Self)> {
        match self.plain()? {
            (TokenTree::Punct(punct), rest) => Some((punct, rest)),
            _ => None,
        }
    }

    /// The next token if it is a number or a text, and what follows it.
    pub(crate) fn literal(self) -> Option<(&'a Literal, Self)> {
        match self.plain()? {
            (TokenTree::Literal(literal), rest) => Some((literal, rest)),
            _ => None,
        }
    }

    /// The next token if it is brackets of this kind, their content, and what follows them.
    pub(crate) fn group(self, delimiter: Delimiter) -> Option<(&'a Group, Self, Self)> {
        let from = if delimiter == Delimiter::None { self } else { self.inside() };
        match from.entry()? {
            Entry::Group(group, end) if group.delimiter() == delimiter => {
                let content = Self::new(self.entries, from.at + 1, *end);
                Some((group, content, from.moved(*end)))
            }
            Entry::Group(..) | Entry::Token(_) | Entry::End => None,
        }
    }

    /// The next token, whatever it is, and what follows it. Invisible brackets are one token.
    pub(crate) fn token(self) -> Option<(TokenTree, Self)> {
        match self.entry()? {
            Entry::Group(group, end) => Some((group.clone().into(), self.moved(*end))),
            Entry::Token(token) => Some((token.clone(), self.moved(self.at + 1))),
            Entry::End => None,
        }
    }

    /// What follows the next token.
    pub(crate) fn past_token(self) -> Self {
        match self.entry() {
            Some(Entry::Group(_, end)) => self.moved(*end),
            Some(Entry::Token(_) | Entry::End) => self.moved(self.at + 1),
            None => self,
        }
    }
}

/// Tokens that are taken one after another.
pub(crate) struct Input<'a> {
    next: Cell<Cursor<'a>>,
    /// The place of an error about what is missing at the end.
    end: Span,
}

impl<'a> Input<'a> {
    /// The next tokens, to look at them.
    pub(crate) fn cursor(&self) -> Cursor<'a> {
        self.next.get()
    }

    /// Takes what is before `rest`.
    pub(crate) fn advance(&self, rest: Cursor<'a>) {
        self.next.set(rest);
    }

    /// The same tokens, to be taken without taking them here.
    pub(crate) fn fork(&self) -> Self {
        Self { next: self.next.clone(), end: self.end }
    }

    /// Whether all tokens are taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.cursor().is_at_end()
    }

    /// The place of the next token; of brackets, where they open.
    pub(crate) fn span(&self) -> Span {
        match self.cursor().entry() {
            Some(Entry::Group(group, _)) => group.span_open(),
            Some(Entry::Token(token)) => token.span(),
            Some(Entry::End) | None => self.end,
        }
    }

    /// Whether brackets of this kind are next.
    pub(crate) fn peek(&self, delimiter: Delimiter) -> bool {
        self.cursor().group(delimiter).is_some()
    }

    /// Takes the next token.
    pub(crate) fn token(&self) -> Option<TokenTree> {
        let (token, rest) = self.cursor().token()?;
        self.advance(rest);
        Some(token)
    }

    /// Takes the next token if it is a word.
    pub(crate) fn ident(&self) -> Option<&'a Ident> {
        let (ident, rest) = self.cursor().ident()?;
        self.advance(rest);
        Some(ident)
    }

    /// Takes the next token if it is brackets of this kind, and returns them and their content.
    pub(crate) fn group(&self, delimiter: Delimiter) -> Option<(&'a Group, Self)> {
        let (group, content, rest) = self.cursor().group(delimiter)?;
        self.advance(rest);
        Some((group, Self { next: Cell::new(content), end: group.span_close() }))
    }

    /// Takes all tokens.
    pub(crate) fn rest(&self) -> TokenStream {
        let mut rest = TokenStream::new();
        while let Some(token) = self.token() {
            rest.extend([token]);
        }
        rest
    }
}

/// The text that a literal is, if it is a string: without quotes, and with its escapes replaced.
pub(crate) fn string(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        let raw = raw.trim_start_matches('#');
        let sharps = written.len() - 1 - raw.len();
        return Some(raw.get(1..raw.len() - sharps - 1)?.to_owned());
    }
    let mut rest = written.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(character) = rest.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        text.push(match rest.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'x' => {
                let digits = rest.as_str().get(..2)?;
                rest = rest.as_str()[2..].chars();
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            'u' => {
                let (digits, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                rest = after.chars();
                char::from_u32(u32::from_str_radix(&digits.replace('_', ""), 16).ok()?)?
            }
            '\n' => {
                // A line that ends in a backslash continues at the first character of the next one that is no space.
                rest = rest.as_str().trim_start_matches([' ', '\t', '\n', '\r']).chars();
                continue;
            }
            quoted => quoted,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Tokens {
        Tokens::new(text.parse().expect("tokens"))
    }

    #[test]
    fn brackets_have_their_content_and_what_follows() {
        let tokens = tokens("a (b [c]) d");
        let input = tokens.read();
        assert_eq!(input.ident().map(ToString::to_string).as_deref(), Some("a"));
        assert!(input.peek(Delimiter::Parenthesis) && !input.peek(Delimiter::Bracket));
        let (_, content) = input.group(Delimiter::Parenthesis).expect("parentheses");
        assert_eq!(content.fork().rest().to_string(), "b [c]");
        assert_eq!(content.ident().map(ToString::to_string).as_deref(), Some("b"));
        assert!(content.ident().is_none() && !content.is_empty());
        assert!(content.token().is_some() && content.token().is_none() && content.is_empty());
        assert_eq!(input.rest().to_string(), "d");
    }

    #[test]
    fn invisible_brackets_are_passed_over_and_are_one_token() {
        let inside = |text: &str| {
            TokenTree::Group(Group::new(Delimiter::None, text.parse().expect("tokens")))
        };
        let stream = [inside(""), inside("a"), inside("(b)"), inside("")].into_iter().collect();
        let tokens = Tokens::new(stream);
        let input = tokens.read();
        assert!(input.cursor().group(Delimiter::None).is_some());
        assert_eq!(input.ident().map(ToString::to_string).as_deref(), Some("a"));
        let (_, content) = input.group(Delimiter::Parenthesis).expect("parentheses");
        assert_eq!(content.rest().to_string(), "b");
        assert!(!input.is_empty() && input.ident().is_none());
        assert!(matches!(input.token(), Some(TokenTree::Group(_))));
        assert!(input.is_empty());
    }

    /// `include_str!` and the like take what rustc reads, so rustc says here what the text of a literal is.
    #[test]
    fn a_string_is_read_as_rustc_reads_it() {
        macro_rules! same {
            ($($literal:literal)*) => {$(
                let literal = stringify!($literal).parse().expect("a literal");
                assert_eq!(string(&literal).as_deref(), Some($literal), "{literal}");
            )*};
        }
        same!("" "net.policy" "a\"b\\c\'d" "\n\r\t\0" "\x41\x7f" "\u{e9}\u{1F_600}é" r"" r"\n" r#"a"b"# r##"a"#b"##);
        same!(
            "one \
               line"
        );
        for other in ["1", "'c'", "b\"bytes\"", "br\"bytes\"", "c\"c\""] {
            assert_eq!(string(&other.parse().expect("a literal")), None, "{other}");
        }
    }
}
