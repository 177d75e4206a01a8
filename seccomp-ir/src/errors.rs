//! Collects every mistake of a policy, so that all of them are reported at once.

use std::cmp::Ordering;

use crate::abi::Abi;
use crate::tree::Span;
use crate::words::list_abis;

/// As many mistakes are told at once, and then one more that says that there are others. rustc quotes the
/// whole line for each error, so that thousands on one long line would take it minutes.
pub const MOST: usize = 256;

/// The mistakes found so far, [`MOST`] at most.
#[derive(Default, Debug)]
pub struct Errors {
    found: Vec<Mistake>,
    /// The indices of those found, by place and message.
    sorted: Vec<u32>,
    /// Where the first one is that is not told.
    more: Option<Span>,
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
        if let Some(Mistake { abis, .. }) = self.found(span, message.into()) {
            if !abis.contains(&abi) {
                abis.push(abi);
            }
        }
    }

    /// The entry of a mistake, which is a new one only if nothing says the same at its place; none if there
    /// are too many to tell it.
    fn found(&mut self, span: Span, message: String) -> Option<&mut Mistake> {
        let key = (span.0, message.as_str());
        let (mut low, mut high) = (0, self.sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let index = self.sorted[middle] as usize;
            let Mistake { span, message, .. } = &self.found[index];
            match (span.0, message.as_str()).cmp(&key) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(&mut self.found[index]),
                Ordering::Greater => high = middle,
            }
        }
        let index = self.found.len();
        if index == MOST {
            self.more = self.more.or(Some(span));
            return None;
        }
        self.sorted.insert(low, index as u32);
        self.found.push(Mistake { span, message, abis: Vec::new() });
        Some(&mut self.found[index])
    }

    /// Whether a new mistake would not be told, so that no words need to be found for it: it is noted as
    /// one of the others if so.
    pub(crate) fn is_full(&mut self, span: Span) -> bool {
        if self.found.len() < MOST {
            return false;
        }
        // What is wrong on one ABI may have been told of another.
        let at = self.sorted.partition_point(|index| self.found[*index as usize].span.0 < span.0);
        if self.sorted.get(at).is_none_or(|index| self.found[*index as usize].span != span) {
            self.more = self.more.or(Some(span));
        }
        true
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

    /// Where there are more mistakes than are told, and what to say of them.
    #[must_use]
    pub fn more(&self) -> Option<(Span, String)> {
        let message = format!(
            "more mistakes follow from here on: {MOST} are told at once; mend those, and compile again"
        );
        self.more.map(|span| (span, message))
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

#[cfg(test)]
mod tests {
    use super::{Errors, MOST};
    use crate::abi::Abi;
    use crate::tree::Span;

    #[test]
    fn more_mistakes_than_are_told_are_one_more_where_the_first_of_them_is() {
        let mut errors = Errors::new();
        for place in 0..2 * MOST as u32 {
            // In another order than that of places, and each twice.
            let span = Span(place ^ 3);
            for _ in 0..2 {
                errors.at(span, format!("mistake {}", place % 5));
            }
            assert_eq!(errors.is_full(span), place as usize + 1 >= MOST);
        }
        assert_eq!(errors.mistakes().len(), MOST);
        assert_eq!(errors.more().map(|(span, _)| span), Some(Span(MOST as u32 ^ 3)));
        assert!(errors.propagate(()).is_err());
    }

    #[test]
    fn as_many_mistakes_as_are_told_on_each_of_several_abis_are_no_more() {
        let mut errors = Errors::new();
        for abi in [Abi::X86_64, Abi::X86] {
            for place in 0..MOST as u32 {
                errors.on(abi, Span(place), "not here");
                errors.is_full(Span(place));
            }
        }
        assert_eq!((errors.mistakes().len(), errors.more()), (MOST, None));
        errors.name_abis(&[Abi::X86_64, Abi::X86, Abi::X32]);
        assert!(errors.mistakes()[0].message.starts_with("on x86_64, x86: "));
    }
}
