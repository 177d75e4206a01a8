//! The bytes that the compiler made for the handler: `seccomp-ir/src/report/tables.rs` of the same version.
//!
//! There are six sections, each with its length before it. A number is in groups of seven bits, the lowest first; all
//! but the last have their eighth bit set. A text has its length before it.
//!
//! | section | its entries |
//! |---|---|
//! | files | the name of a file |
//! | denials | the data of the trap; what decides: 0 for no rule, otherwise the order of the rule and 1; the number of the file; the line; the text |
//! | rules | the number of a call; the order of the rule and 1; the number of the file; the line; the text. Only rules with a condition |
//! | calls | what to add to the number of the last one, times 8, and the number of arguments (7: unknown); the name; the number of each argument |
//! | arguments | the name; one byte: bits 0 and 1 the width (8, 16, 32, 64 bits), bit 2 whether it is signed, bits 3 to 5 the format; the number of its domain, from 1. `value` reads them |
//! | domains | the length; the bits that the kernel removes; for each family the beginning of its names and the number of constants, and for each constant the rest of its name and its value |
//!
//! Bytes that end too early are read as numbers 0 and empty texts, so that the reader needs little code.

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    #[inline]
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    #[inline(never)]
    pub(super) fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some((&byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u64::from(byte & 0x7f).wrapping_shl(shift);
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    #[inline(never)]
    pub(super) fn text(&mut self) -> &'a [u8] {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at_checked(length).unwrap_or_default();
        self.0 = rest;
        text
    }
}

/// A place in the source.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The number of the file.
    pub(super) file: u64,
    /// The line, or 0 if it is unknown.
    pub(super) line: u64,
}

/// A part of the policy: one that denies a call, or a rule for a call.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The data of the trap, or the number of the call.
    key: u64,
    /// The order of the rule among the rules, and 1; 0 for `default`, `unknown` and `bad_arch`.
    pub(super) order: u64,
    pub(super) place: Place,
    pub(super) said: &'a [u8],
}

impl Part<'_> {
    /// Whether it is a rule, which names the call.
    #[inline]
    pub(super) const fn is_rule(&self) -> bool {
        self.order != 0
    }
}

/// A call of the program's ABI.
#[derive(Clone, Copy)]
pub(super) struct NamedCall<'a> {
    /// Empty if it has no name.
    pub(super) name: &'a [u8],
    /// How many arguments it has; 7 if that is unknown.
    count: u8,
    /// The numbers of its arguments.
    pub(super) arguments: Bytes<'a>,
}

impl NamedCall<'_> {
    /// A call without a name.
    pub(super) const UNKNOWN: Self = Self { name: &[], count: 7, arguments: Bytes(&[]) };

    /// Whether its arguments are known.
    #[inline]
    pub(super) const fn has_arguments(&self) -> bool {
        self.count < Self::UNKNOWN.count
    }

    /// How many arguments are known.
    #[inline]
    pub(super) const fn count(&self) -> u8 {
        if self.has_arguments() { self.count } else { 0 }
    }
}

/// The sections, in their order.
#[derive(Clone, Copy)]
pub(super) enum Section {
    Files,
    Denials,
    Rules,
    Calls,
    Arguments,
    Domains,
}

/// All sections.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a>(pub(super) &'a [u8]);

impl<'a> Tables<'a> {
    #[inline(never)]
    pub(super) fn section(self, section: Section) -> Bytes<'a> {
        Bytes(nth(Bytes(self.0), section as u64))
    }

    /// The name of a file; empty if it is unknown.
    #[inline]
    pub(super) fn file(self, number: u64) -> &'a [u8] {
        nth(self.section(Section::Files), number)
    }

    /// The part of the policy that has this data.
    #[inline(never)]
    pub(super) fn denial(self, data: u16) -> Option<Part<'a>> {
        next_part(&mut self.section(Section::Denials), data.into())
    }

    /// The call with that number.
    #[inline]
    pub(super) fn call(self, number: u32) -> NamedCall<'a> {
        let mut bytes = self.section(Section::Calls);
        let mut found = 0;
        while !bytes.is_empty() {
            let about = bytes.number();
            found += about >> 3;
            let name = bytes.text();
            let call = NamedCall { name, count: about as u8 & 7, arguments: bytes };
            if found == u64::from(number) {
                return call;
            }
            for _ in 0..call.count() {
                bytes.number();
            }
        }
        NamedCall::UNKNOWN
    }
}

/// The text with that number, from 0.
#[inline(never)]
pub(super) fn nth<'a>(mut bytes: Bytes<'a>, number: u64) -> &'a [u8] {
    let mut left = number;
    loop {
        let text = bytes.text();
        if left == 0 || bytes.is_empty() {
            return if left == 0 { text } else { &[] };
        }
        left -= 1;
    }
}

/// The next part with that key. What is before it is left out next time.
#[inline(never)]
pub(super) fn next_part<'a>(bytes: &mut Bytes<'a>, wanted: u64) -> Option<Part<'a>> {
    while !bytes.is_empty() {
        let part = Part {
            key: bytes.number(),
            order: bytes.number(),
            place: Place { file: bytes.number(), line: bytes.number() },
            said: bytes.text(),
        };
        if part.key == wanted {
            return Some(part);
        }
    }
    None
}
