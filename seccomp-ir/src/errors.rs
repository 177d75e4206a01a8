//! Collects every mistake of a policy, so that all of them are reported at once.

use crate::abi::Abi;
use crate::tree::Span;
use crate::words::list_abis;

/// The mistakes found so far.
#[derive(Default, Debug)]
pub struct Errors {
    found: Vec<Mistake>,
}

/// Something that is wrong with a policy.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Where.
    pub span: Span,
    /// What, and what to write instead.
    pub message: String,
    /// For which ABIs it is a mistake, if it may be none for others.
    abis: Vec<Abi>,
}

impl Errors {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A collection of one.
    pub(crate) fn one(span: Span, message: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.at(span, message);
        errors
    }

    /// Adds `message` at `span`. The same message at the same place counts once: a policy for
    /// several ABIs is resolved once for each.
    pub fn at(&mut self, span: Span, message: impl Into<String>) {
        self.found(span, message.into());
    }

    /// Adds a mistake on `abi`, which may be none on others that the policy serves: see
    /// [`name_abis`](Self::name_abis).
    pub(crate) fn on(&mut self, abi: Abi, span: Span, message: impl Into<String>) {
        let abis = &mut self.found(span, message.into()).abis;
        if !abis.contains(&abi) {
            abis.push(abi);
        }
    }

    /// The entry of a mistake, which is a new one only if nothing says the same at its place.
    fn found(&mut self, span: Span, message: String) -> &mut Mistake {
        let same = |found: &Mistake| found.span == span && found.message == message;
        let index = self.found.iter().position(same).unwrap_or(self.found.len());
        if index == self.found.len() {
            self.found.push(Mistake { span, message, abis: Vec::new() });
        }
        &mut self.found[index]
    }

    /// Says of each mistake that not all of the ABIs `served` have on which ones it is.
    pub(crate) fn name_abis(&mut self, served: &[Abi]) {
        for Mistake { message, abis, .. } in &mut self.found {
            if !abis.is_empty() && abis.len() < served.len() {
                *message = format!("on {}: {message}", list_abis(abis));
            }
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The mistakes in the order found.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.found
    }

    /// The end of a stage: `value` if nothing was found.
    ///
    /// # Errors
    ///
    /// The collection itself, if it has a mistake.
    pub fn propagate<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}
