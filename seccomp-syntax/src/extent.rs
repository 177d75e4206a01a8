//! Limits on the size of the input: each level of nesting costs stack here, in syn and in rustc, and each token
//! costs time and memory.

use proc_macro2::{TokenStream, TokenTree};
use seccomp_ir::diagnostic::ErrorCode;

use crate::errors::LocatedDiagnostic;

/// How deep parentheses and `!` may be nested.
const MAX_DEPTH: usize = 64;

/// The most tokens that are read.
const MOST_TOKENS: usize = 1_000_000;

/// The most bytes in one file, and in all files that a policy includes together. Each file counts as often as it
/// is included: otherwise ten files that each include the next one twice would count as ten, and not as a
/// thousand.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// The most files in one policy. Each file counts as often as it is included.
pub(crate) const MOST_FILES: usize = 1024;

/// The deepest nesting of files that include one another.
pub(crate) const MOST_NESTED: usize = 32;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Extent {
    tokens: usize,
    /// How many levels of brackets are around the user's text, and not part of it.
    around: usize,
}

impl Extent {
    /// For a macro that gets its rules in braces, as a fragment does.
    pub(crate) fn whole() -> Self {
        Self { tokens: 0, around: 1 }
    }

    /// Counts more tokens.
    ///
    /// # Errors
    ///
    /// The tokens are nested too deeply, or there are too many.
    pub(crate) fn read(&mut self, tokens: TokenStream) -> Result<(), Box<LocatedDiagnostic>> {
        self.level(tokens, 0)
    }

    fn level(&mut self, tokens: TokenStream, depth: usize) -> Result<(), Box<LocatedDiagnostic>> {
        let mut signs = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == '!' => signs += 1,
                _ => signs = 0,
            }
            self.tokens += 1;
            if self.tokens > MOST_TOKENS {
                let message = format!(
                    "a policy has at most {MOST_TOKENS} tokens, and no filter could hold more: \
                     write ranges or masks instead of single values"
                );
                return Err(Box::new(LocatedDiagnostic::new(
                    ErrorCode::TooLarge,
                    token.span(),
                    message,
                )));
            }
            if depth + signs > MAX_DEPTH + self.around {
                let message = format!("nested deeper than {MAX_DEPTH} levels: split the rule");
                return Err(Box::new(LocatedDiagnostic::new(
                    ErrorCode::TooDeep,
                    token.span(),
                    message,
                )));
            }
            if let TokenTree::Group(group) = token {
                self.level(group.stream(), depth + 1)?;
            }
        }
        Ok(())
    }
}
