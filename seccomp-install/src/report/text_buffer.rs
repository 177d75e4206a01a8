//! Text in a buffer of fixed size.

use seccomp_bpf::short::Pairs;

/// The bytes of a whole report, a power of two. What does not fit is cut: see [`ReportText::finish`].
pub(super) const SIZE: usize = 1024;

/// A text that grows until its buffer is full.
#[repr(C)] // The length first, where short instructions reach it.
pub(super) struct ReportText {
    /// How many bytes are used.
    len: usize,
    bytes: [u8; SIZE],
}

impl ReportText {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { len: 0, bytes: [0; SIZE] }
    }

    /// Adds a byte, if it fits. Like the other functions that add something, it is never inlined: a program makes one
    /// report, and its size counts more.
    #[inline(never)] // And generic, so that only a program with a report compiles it.
    pub(super) fn push(&mut self, byte: impl Into<u8>) {
        if self.len < SIZE - 1 {
            if let Some(free) = self.bytes.get_mut(self.len) {
                *free = byte.into();
                self.len += 1;
            }
        }
    }

    /// Adds bytes, as far as they fit.
    #[cold]
    #[inline]
    pub(super) fn add(&mut self, added: &[u8]) {
        for &byte in added {
            self.push(byte);
        }
    }

    /// Adds a name of the tables, whose short form uses these pairs.
    #[cold]
    #[inline]
    pub(super) fn name(&mut self, name: &[u8], pairs: Pairs) {
        for &byte in name {
            self.letters(byte, pairs);
        }
    }

    /// Adds the letters that a byte of a name stands for. Each step of the recursion goes to an earlier pair, so it is
    /// at most 128 deep.
    #[inline]
    fn letters(&mut self, byte: u8, pairs: Pairs) {
        match pairs.pair(byte) {
            None => self.push(byte),
            Some([left, right]) => {
                self.letters(left, pairs);
                self.letters(right, pairs);
            }
        }
    }

    /// Removes everything after the first `len` bytes. The buffer has at least `len` bytes.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a number, with the prefix of its base in Rust. Each digit is a step of the recursion, so it is at most 22
    /// deep. It takes less code than a buffer.
    #[cold]
    #[inline]
    pub(super) fn number(&mut self, number: u64, base: Base) {
        let radix = base as u64;
        let (before, digit) = (number / radix, (number % radix) as u8);
        if before != 0 {
            self.number(before, base);
        } else if let Some(letter) = base.letter() {
            self.push(b'0');
            self.push(letter);
        }
        self.push(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
    }

    /// Adds a number in decimal, with its sign.
    #[cold]
    #[inline]
    pub(super) fn signed(&mut self, number: i64) {
        if number < 0 {
            self.add(b"-");
        }
        self.number(number.unsigned_abs(), Base::Decimal);
    }

    /// Ends the text with an end of line, for which there is always room.
    #[inline]
    pub(super) fn finish(&mut self) -> &[u8] {
        // The mask shows the bound to the compiler, so that it adds no bounds check.
        let end = self.len & (SIZE - 1);
        self.bytes[end] = b'\n';
        &self.bytes[..=end]
    }
}

/// The base of a written number.
#[derive(Clone, Copy)]
pub(super) enum Base {
    Octal = 8,
    Decimal = 10,
    Hexadecimal = 16,
}

impl Base {
    /// The letter of its prefix.
    #[inline]
    const fn letter(self) -> Option<u8> {
        match self {
            Self::Octal => Some(b'o'),
            Self::Decimal => None,
            Self::Hexadecimal => Some(b'x'),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::{format, string::String};

    use super::{Base, ReportText, SIZE};

    fn written(write: impl FnOnce(&mut ReportText)) -> String {
        let mut text = ReportText::new();
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
        let mut text = ReportText::new();
        for _ in 0..SIZE {
            text.add(b"abc");
        }
        assert_eq!(text.len(), SIZE - 1);
        let whole = text.finish();
        assert_eq!((whole.len(), whole.last()), (SIZE, Some(&b'\n')));
        assert!(whole.starts_with(b"abcabc"));
    }
}
