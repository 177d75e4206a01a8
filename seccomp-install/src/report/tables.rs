//! The bytes that the compiler made for the handler: `seccomp-ir/src/report/tables.rs` of the same version.
//!
//! There are seven sections, each with its length before it. A number is in groups of seven bits, the highest first;
//! all but the last have their eighth bit set. A text has its length before it. A name is a text in the short form of
//! `seccomp_bpf::short`. In a section with keys, the first entry has the key 0, and each later entry has the next key.
//! An empty text is no entry: the number after it says how many keys are left out.
//!
//! | section | keys | its entries |
//! |---|---|---|
//! | files | | the name of a file with a colon; empty if the compiler does not know it |
//! | denials | the data of a trap | a part of the policy |
//! | rules | the number of a call | the rules with a condition, in their order: parts of the policy, each a text |
//! | calls | the number of a call | the name |
//! | signatures | the number of a call | the number of each argument, from 1; 0 if there is none |
//! | arguments | | the name; one byte: bits 0 and 1 the width (8, 16, 32, 64 bits), bit 2 whether it is signed, bits 3 to 5 the format; the number of its domain, from 1. `argument_text` reads them |
//! | domains | | the length; the bits that the kernel removes; for each family the beginning of its names and the number of constants, and for each constant the rest of its name and its value |
//!
//! In the text of a rule, a value of the running program is followed by its index in binary: a byte 1 or 2 for each bit, the highest
//! first, and a byte 0.
//!
//! A part of the policy ([`PolicyPart`]) is: one more than the position of the rule among the rules, or 0 if it is not a
//! rule; the text; and the place, which is a byte from 248 on for one of the first eight files, or the name of another
//! file and a colon, and then the line in decimal.
//!
//! Bytes that end too early are read as numbers 0 and shorter texts, so that the reader needs little code.

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(super) struct Bytes(pub(super) &'static [u8]);

impl Bytes {
    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    #[cold]
    #[inline]
    pub(super) fn number(&mut self) -> u64 {
        let mut number = 0;
        while let Some((&byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    #[cold]
    #[inline]
    pub(super) fn text(&mut self) -> &'static [u8] {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        text
    }
}

/// A part of the policy: one that denies a call, or a rule for a call.
#[derive(Clone, Copy)]
pub(super) struct PolicyPart {
    /// One more than the position of the rule among the rules; 0 for `default`, `unknown` and `bad_arch`.
    pub(super) order: u64,
    /// The text of the policy for it.
    pub(super) said: &'static [u8],
    /// Where it is.
    pub(super) place: &'static [u8],
}

/// The sections, in their order.
#[derive(Clone, Copy)]
pub(super) enum Section {
    Files,
    Denials,
    Rules,
    Calls,
    Signatures,
    Arguments,
    Domains,
}

/// All sections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tables(&'static [u8]);

impl Tables {
    #[inline]
    pub(super) const fn new(bytes: &'static [u8]) -> Self {
        Self(bytes)
    }

    #[cold]
    #[inline] // And by reference, which takes less code where it is called.
    pub(super) fn section(&self, section: Section) -> Bytes {
        Bytes(nth(Bytes(self.0), section as u64))
    }

    /// The entry with that key in a section with keys; empty if there is none.
    #[cold]
    #[inline]
    pub(super) fn find(&self, section: Section, key: u32) -> &'static [u8] {
        let mut bytes = self.section(section);
        // How many keys are still before the wanted one.
        let mut left = u64::from(key);
        loop {
            let entry = bytes.text();
            if entry.is_empty() {
                let left_out = bytes.number();
                // At the end, the number is 0 as well.
                if left_out == 0 || left_out > left {
                    return &[];
                }
                left -= left_out;
            } else if left == 0 {
                return entry;
            } else {
                left -= 1;
            }
        }
    }
}

/// The text with that number, from 0.
#[cold]
#[inline]
pub(super) fn nth(mut bytes: Bytes, number: u64) -> &'static [u8] {
    // There are never more than 2^16 texts, so the loop is short, whatever the number is.
    for _ in 0..number as u16 {
        bytes.text();
    }
    bytes.text()
}
