//! Collects every mistake of a policy, so that all of them are reported at once.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far.
#[derive(Default)]
pub struct Errors {
    found: Vec<syn::Error>,
    seen: std::collections::HashSet<(String, String)>,
}

impl Errors {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `message` at `span`. The same message at the same place counts once: a policy for
    /// several ABIs is resolved once for each.
    pub fn at(&mut self, span: Span, message: impl Into<String>) {
        self.push(syn::Error::new(span, message.into()));
    }

    /// Adds an error of the parser, with everything combined into it.
    pub fn push(&mut self, error: syn::Error) {
        for error in error {
            let place = format!("{:?}", error.span());
            if self.seen.insert((place, error.to_string())) {
                self.found.push(error);
            }
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The mistakes, each with its span, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &syn::Error> {
        self.found.iter()
    }

    /// The end of a stage: `value` if nothing was found.
    ///
    /// # Errors
    ///
    /// The collection itself, if it has a mistake.
    pub fn propagate<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// One `compile_error!` for each mistake, at its span.
    #[must_use]
    pub fn to_compile_errors(&self) -> TokenStream {
        self.found.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl std::fmt::Debug for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.found.iter().map(ToString::to_string)).finish()
    }
}

impl std::fmt::Display for Errors {
    /// One mistake a paragraph.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.found.iter().enumerate() {
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
        let mut errors = Self::new();
        errors.push(error);
        errors
    }
}
