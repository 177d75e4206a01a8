//! Mistakes at tokens.

use proc_macro2::TokenStream;

/// Every mistake of a policy, each at its token.
#[derive(Default)]
pub struct Errors {
    found: Vec<syn::Error>,
    /// What each says and where, sorted.
    said: Vec<String>,
}

impl Errors {
    /// Adds a mistake, unless it was made at the same place before.
    pub(crate) fn add(&mut self, error: syn::Error) {
        // Spans cannot be compared.
        let said = format!("{:?} {error}", error.span());
        if let Err(at) = self.said.binary_search(&said) {
            self.said.insert(at, said);
            self.found.push(error);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The mistakes, each with its span, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &syn::Error> {
        self.found.iter()
    }

    /// One `compile_error!` for each mistake, at its span.
    #[must_use]
    pub fn to_compile_errors(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for error in &self.found {
            tokens.extend(error.to_compile_error());
        }
        tokens
    }
}

impl std::fmt::Debug for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(ToString::to_string)).finish()
    }
}

impl std::fmt::Display for Errors {
    /// One mistake a paragraph.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl From<syn::Error> for Errors {
    fn from(error: syn::Error) -> Self {
        let mut errors = Self::default();
        for error in error {
            errors.add(error);
        }
        errors
    }
}
