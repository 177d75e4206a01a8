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
    #[inline]
    pub(super) const fn new() -> Self {
        Self { bytes: [0; SIZE], len: 0 }
    }

    /// Adds bytes, as far as they fit. Like the other functions that add something, it is never inlined: a program
    /// makes one report, and its size counts more.
    #[inline(never)]
    pub(super) fn add(&mut self, added: &[u8]) {
        for &byte in added {
            if self.len < SIZE - 1 {
                if let Some(free) = self.bytes.get_mut(self.len) {
                    *free = byte;
                    self.len += 1;
                }
            }
        }
    }

    /// How many bytes still fit.
    #[inline]
    pub(super) fn room(&self) -> usize {
        (SIZE - 1).saturating_sub(self.len)
    }

    /// Removes everything after the first `len` bytes. There are at least as many.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a number, with the prefix of its base in Rust.
    #[inline(never)]
    pub(super) fn number(&mut self, number: u64, base: Base) {
        self.add(match base {
            Base::Octal => b"0o",
            Base::Decimal => b"",
            Base::Hexadecimal => b"0x",
        });
        self.digits(number, base as u64);
    }

    /// Adds the digits of a number: 22 at most. So that is the depth of this recursion, which takes less code than a
    /// buffer.
    #[inline]
    fn digits(&mut self, number: u64, base: u64) {
        if number >= base {
            self.digits(number / base, base);
        }
        let digit = (number % base) as u8;
        self.add(&[if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) }]);
    }

    /// Adds a number in decimal, with its sign.
    #[inline(never)]
    pub(super) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.add(b"-");
        }
        self.number(number.unsigned_abs(), Base::Decimal);
    }

    /// Ends the text with an end of line, for which there is always room.
    #[inline]
    pub(super) fn finish(&mut self) -> &[u8] {
        if let Some(end) = self.bytes.get_mut(self.len) {
            *end = b'\n';
        }
        self.bytes.get(..=self.len).unwrap_or_default()
    }
}

/// The base of a written number.
#[derive(Clone, Copy)]
pub(super) enum Base {
    Octal = 8,
    Decimal = 10,
    Hexadecimal = 16,
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::{format, string::String};

    use super::{Base, SIZE, Text};

    fn written(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        write(&mut text);
        let line = String::from_utf8(text.finish().to_vec()).unwrap();
        line.strip_suffix('\n').unwrap().into()
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
