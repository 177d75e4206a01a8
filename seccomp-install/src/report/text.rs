//! Text in a buffer of fixed size.

/// The bytes of a whole report. What does not fit is cut: see [`Text::finish`].
pub(super) const SIZE: usize = 1024;

/// A text that grows until its buffer is full.
pub(super) struct Text {
    bytes: [u8; SIZE],
    /// How many bytes are used.
    len: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; SIZE], len: 0 }
    }

    /// The bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Adds bytes, as far as they fit. Like the other functions that add something, it is never inlined: a program
    /// makes one report, and its size counts more.
    #[inline(never)]
    pub(super) fn add(&mut self, added: &[u8]) {
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        let added = added.get(..added.len().min(free.len())).unwrap_or_default();
        for (free, &byte) in free.iter_mut().zip(added) {
            *free = byte;
        }
        self.len += added.len();
    }

    /// How many bytes still fit.
    pub(super) fn room(&self) -> usize {
        SIZE.saturating_sub(self.len)
    }

    /// Removes everything after the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a number in a base from 2 to 16, with the prefix of that base in Rust.
    #[inline(never)]
    pub(super) fn number(&mut self, mut number: u64, base: Base) {
        let (prefix, radix): (&[u8], u64) = match base {
            Base::Octal => (b"0o", 8),
            Base::Decimal => (b"", 10),
            Base::Hexadecimal => (b"0x", 16),
        };
        self.add(prefix);
        // The longest number has 22 digits, in base 8.
        let mut digits = [0; 22];
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            let value = (number % radix) as u8;
            *digit = if value < 10 { b'0' + value } else { b'a' + (value - 10) };
            count += 1;
            number /= radix;
            if number == 0 {
                break;
            }
        }
        self.add(digits.get(digits.len() - count..).unwrap_or_default());
    }

    /// Adds a number in decimal, with its sign.
    #[inline(never)]
    pub(super) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.add(b"-");
        }
        self.number(number.unsigned_abs(), Base::Decimal);
    }

    /// Ends the text with an end of line, over the last byte if the buffer is full.
    pub(super) fn finish(&mut self) -> &[u8] {
        self.truncate(SIZE - 1);
        self.add(b"\n");
        self.bytes()
    }
}

/// The base of a written number.
#[derive(Clone, Copy)]
pub(super) enum Base {
    Octal,
    Decimal,
    Hexadecimal,
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::{format, string::String};

    use super::{Base, SIZE, Text};

    fn written(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        write(&mut text);
        String::from_utf8(text.bytes().to_vec()).unwrap()
    }

    #[test]
    fn numbers_are_written_as_core_writes_them() {
        for number in [0, 1, 7, 8, 9, 10, 255, 4096, u64::from(u32::MAX), 1 << 63, u64::MAX] {
            assert_eq!(written(|text| text.number(number, Base::Decimal)), format!("{number}"));
            assert_eq!(written(|text| text.number(number, Base::Octal)), format!("{number:#o}"));
            let hexadecimal = written(|text| text.number(number, Base::Hexadecimal));
            assert_eq!(hexadecimal, format!("{number:#x}"));
            assert_eq!(written(|text| text.signed(number as i64)), format!("{}", number as i64));
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_ends_with_an_end_of_line() {
        let mut text = Text::new();
        for _ in 0..SIZE {
            text.add(b"abc");
        }
        assert_eq!(text.room(), 0);
        let whole = text.finish();
        assert_eq!((whole.len(), whole.last()), (SIZE, Some(&b'\n')));
        assert!(whole.starts_with(b"abcabc"));
    }
}
