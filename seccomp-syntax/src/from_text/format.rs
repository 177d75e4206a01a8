//! The canonical text of a policy text, with its comments.
//!
//! A tree has no comments, and tokens have none either. But between two tokens of a text there is only white
//! space and comments, so the comments are found there and put where they belong:
//!
//! | a comment | goes |
//! |---|---|
//! | on a line with something before it, between two items | to the end of what is before it |
//! | between the tokens of an item | above the item, because the item gets other lines |
//! | anywhere else | on a line of its own, where it is |
//!
//! Where items and comments have empty lines between them, one stays.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use seccomp_ir::tree::{Item, Tree, print_item};

/// A comment of a text.
#[derive(Clone, Copy)]
struct Comment<'t> {
    text: &'t str,
    /// Its first byte.
    at: usize,
    /// Whether something is before it on its line.
    follows: bool,
    /// Whether an empty line is before it.
    gap: bool,
}

/// The canonical text of `tree`, which was read from `tokens` of `text`. None if these do not belong together.
pub(super) fn format(text: &str, tokens: TokenStream, tree: &Tree) -> Option<String> {
    let items = items(&tokens);
    if items.len() != tree.items.len() {
        return None;
    }
    let mut places = Vec::new();
    add_places(tokens, &mut places);
    let (comments, gaps) = comments(text, &places);
    let mut comments = comments.into_iter().peekable();
    let mut lines = Lines::default();
    for (item, place) in tree.items.iter().zip(&items) {
        while let Some(comment) = comments.next_if(|comment| comment.at < place.start) {
            lines.comment(comment);
        }
        let mut gap = gaps.binary_search(&place.start).is_ok();
        while let Some(inside) = comments.next_if(|comment| comment.at < place.end) {
            // The empty line above the item is now above the comment.
            lines.comment(Comment { follows: false, gap, ..inside });
            gap = false;
        }
        lines.item(item, gap);
    }
    for comment in comments {
        lines.comment(comment);
    }
    Some(lines.text)
}

/// The place of each item, up to its `;`.
fn items(tokens: &TokenStream) -> Vec<Range<usize>> {
    let (mut items, mut begun): (Vec<Range<usize>>, bool) = (Vec::new(), false);
    for token in tokens.clone() {
        let place = token.span().byte_range();
        match items.last_mut() {
            Some(item) if begun => item.end = place.end,
            _ => items.push(place),
        }
        begun = !matches!(&token, TokenTree::Punct(sign) if sign.as_char() == ';');
    }
    items
}

/// Adds the place of every token, with the brackets of a group as two tokens.
fn add_places(tokens: TokenStream, to: &mut Vec<Range<usize>>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                to.push(group.span_open().byte_range());
                add_places(group.stream(), to);
                to.push(group.span_close().byte_range());
            }
            token => to.push(token.span().byte_range()),
        }
    }
}

/// The comments of a text whose tokens have these places, and the first byte of every token that has an empty
/// line before it.
fn comments<'t>(text: &'t str, tokens: &[Range<usize>]) -> (Vec<Comment<'t>>, Vec<usize>) {
    let (mut comments, mut gaps) = (Vec::new(), Vec::new());
    let mut end = 0;
    for token in tokens.iter().map(Some).chain([None]) {
        let next = token.map_or(text.len(), |token| token.start);
        while end < next {
            let white = text[end..next].len() - text[end..next].trim_start().len();
            // A text does not begin with an empty line.
            let gap = end > 0 && text[end..end + white].matches('\n').count() > 1;
            let at = end + white;
            if at == next {
                if gap {
                    gaps.push(next);
                }
                break;
            }
            let length = comment_length(&text[at..next]);
            let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
            let follows = !line.trim().is_empty();
            comments.push(Comment { text: text[at..at + length].trim_end(), at, follows, gap });
            end = at + length;
        }
        end = token.map_or(next, |token| token.end);
    }
    (comments, gaps)
}

/// The length in bytes of the comment with which `text` begins, without the end of its last line. Comments in `/* */` nest,
/// as in Rust.
#[must_use]
pub fn comment_length(text: &str) -> usize {
    if !text.starts_with("/*") {
        return text.find('\n').unwrap_or(text.len());
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") if depth == 1 => return at + 2,
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// The text that is made.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn gap(&mut self, gap: bool) {
        if gap && !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn comment(&mut self, comment: Comment<'_>) {
        if comment.follows && self.text.ends_with('\n') {
            self.text.pop();
            self.text.push(' ');
        } else {
            self.gap(comment.gap);
        }
        self.text += comment.text;
        self.text.push('\n');
    }

    fn item(&mut self, item: &Item, gap: bool) {
        self.gap(gap);
        print_item(item, &mut self.text);
    }
}
