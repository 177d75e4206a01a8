//! How large what is read may be: each level of nesting costs stack, here, in syn and in rustc, and each token
//! time and memory.

use proc_macro2::{TokenStream, TokenTree};
use seccomp_ir::diagnostic::Mistake;

use crate::errors::Located;

/// How deep parentheses and `!` may be nested.
const MAX_DEPTH: usize = 64;

/// As many tokens at most are read.
const MOST_TOKENS: usize = 1_000_000;

/// A file has as many bytes at most, and so have all that a policy includes together, each counted as often as it
/// is included: ten files that include each other twice would otherwise be a thousand.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// As many files at most are included in a policy, each counted as often as it is included.
pub(crate) const MOST_FILES: usize = 1024;

/// As many files at most include one another.
pub(crate) const MOST_NESTED: usize = 32;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Extent {
    tokens: usize,
    /// Brackets around what a user wrote, which are no part of it.
    around: usize,
}

impl Extent {
    /// For what a macro gets as a whole: a fragment has its rules in braces.
    pub(crate) fn whole() -> Self {
        Self { tokens: 0, around: 1 }
    }

    /// Reads more.
    ///
    /// # Errors
    ///
    /// It is nested too deeply to be followed, or too much.
    pub(crate) fn read(&mut self, tokens: TokenStream) -> Result<(), Box<Located>> {
        self.level(tokens, 0)
    }

    fn level(&mut self, tokens: TokenStream, depth: usize) -> Result<(), Box<Located>> {
        let mut signs = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == '!' => signs += 1,
                _ => signs = 0,
            }
            self.tokens += 1;
            if self.tokens > MOST_TOKENS {
                let message = format!(
                    "a policy has {MOST_TOKENS} tokens at most, and no filter could hold what more of them say: \
                     write ranges or masks instead of single values"
                );
                return Err(Box::new(Located::new(Mistake::TooLarge, token.span(), message)));
            }
            if depth + signs > MAX_DEPTH + self.around {
                let message = format!("nested deeper than {MAX_DEPTH} levels: split the rule");
                return Err(Box::new(Located::new(Mistake::TooDeep, token.span(), message)));
            }
            if let TokenTree::Group(group) = token {
                self.level(group.stream(), depth + 1)?;
            }
        }
        Ok(())
    }
}
