//! What a child said, read from the front.

/// What is left to be read.
pub(crate) struct Said<'a>(pub(crate) &'a [u8]);

impl Said<'_> {
    /// Takes `text` from the front, and tells whether it was there.
    pub(crate) fn is(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a decimal number from the front.
    pub(crate) fn number(&mut self) -> Option<u32> {
        self.digits(10).map(|number| number as u32)
    }

    /// Takes a hexadecimal number from the front.
    pub(crate) fn hexadecimal(&mut self) -> Option<u64> {
        self.digits(16)
    }

    fn digits(&mut self, base: u32) -> Option<u64> {
        let mut number = None;
        while let Some((byte, rest)) = self.0.split_first() {
            let Some(digit) = char::from(*byte).to_digit(base) else { break };
            number = Some(number.unwrap_or(0_u64) * u64::from(base) + u64::from(digit));
            self.0 = rest;
        }
        number
    }
}
