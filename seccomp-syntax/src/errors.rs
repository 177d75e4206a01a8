//! Collects every mistake of a policy, so that all of them are reported at once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use seccomp_ir::abi::Abi;

use crate::words::list_abis;

/// The mistakes found so far.
#[derive(Default)]
pub struct Errors {
    found: Vec<Found>,
}

struct Found {
    error: syn::Error,
    /// Where it is: spans cannot be compared.
    place: String,
    /// For which ABIs it is a mistake, if it may be none for others.
    abis: Vec<Abi>,
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
        self.found(syn::Error::new(span, message.into()));
    }

    /// Adds a mistake on `abi`, which may be none on others that the policy serves: see
    /// [`name_abis`](Self::name_abis).
    pub(crate) fn on(&mut self, abi: Abi, span: Span, message: impl Into<String>) {
        let abis = &mut self.found(syn::Error::new(span, message.into())).abis;
        if !abis.contains(&abi) {
            abis.push(abi);
        }
    }

    /// Adds an error of the parser, with everything combined into it.
    pub fn push(&mut self, error: syn::Error) {
        for error in error {
            self.found(error);
        }
    }

    /// The entry of an error, which is a new one only if nothing says the same at its place.
    fn found(&mut self, error: syn::Error) -> &mut Found {
        let (place, message) = (format!("{:?}", error.span()), error.to_string());
        let mut index = 0;
        for found in &self.found {
            if found.place == place && found.error.to_string() == message {
                break;
            }
            index += 1;
        }
        if index == self.found.len() {
            self.found.push(Found { error, place, abis: Vec::new() });
        }
        &mut self.found[index]
    }

    /// Says of each mistake that not all of the ABIs `served` have on which ones it is.
    pub(crate) fn name_abis(&mut self, served: &[Abi]) {
        for Found { error, abis, .. } in &mut self.found {
            if !abis.is_empty() && abis.len() < served.len() {
                let message = format!("on {}: {error}", list_abis(abis));
                *error = syn::Error::new(error.span(), message);
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
        self.found.iter().map(|found| &found.error)
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
        let mut errors = TokenStream::new();
        for found in &self.found {
            found.error.to_compile_error().to_tokens(&mut errors);
        }
        errors
    }
}

impl std::fmt::Debug for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        for found in &self.found {
            list.entry(&found.error.to_string());
        }
        list.finish()
    }
}

impl std::fmt::Display for Errors {
    /// One mistake a paragraph.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut between = "";
        for found in &self.found {
            write!(f, "{between}{}", found.error)?;
            between = "\n\n";
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
