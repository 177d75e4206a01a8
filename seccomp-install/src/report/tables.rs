//! The bytes that the compiler made for the handler: `seccomp-ir/src/report/tables.rs` of the same version.
//!
//! There are six sections, each with its length before it. A number is in groups of seven bits, the lowest first; all
//! but the last have their eighth bit set. A text has its length before it.
//!
//! | section | its entries |
//! |---|---|
//! | files | the name of a file |
//! | denials | the data of the trap; one byte, what decides: 0 a rule, 1 `default` or `unknown`, 2 `bad_arch`; the order of the rule; the number of the file; the line; the text |
//! | rules | a call; the order of the rule; the number of the file; the line; the text. Only rules with a condition |
//! | calls | what to add to the number of the last one; the name; one byte, the number of arguments (7: unknown); the number of each argument |
//! | arguments | the name; one byte: bits 0 and 1 the width (8, 16, 32, 64 bits), bit 2 whether it is signed, bits 3 to 5 the [`Format`]; the number of its domain, from 1 |
//! | domains | the length; the bits that the kernel removes; for each family the beginning of its names and the number of constants, and for each constant the rest of its name and its value |
//!
//! A reader takes what is there: bytes that end too early are as if the entry were not there.

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    #[inline(never)]
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    #[inline(never)]
    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
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

impl Place {
    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self { file: bytes.number()?, line: bytes.number()? })
    }
}

/// What decides a denied call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A rule, which names the call.
    Rule,
    /// `default` or `unknown`.
    Others,
    /// `bad_arch`.
    OtherAbi,
}

/// The part of the policy that denies a call.
#[derive(Clone, Copy)]
pub(super) struct Denial<'a> {
    pub(super) kind: Kind,
    /// The order of the rule among the rules, or above all of them.
    pub(super) order: u64,
    pub(super) place: Place,
    pub(super) said: &'a [u8],
}

/// A rule for a call.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) order: u64,
    pub(super) place: Place,
    pub(super) said: &'a [u8],
}

/// A call of the program's ABI.
#[derive(Clone, Copy)]
pub(super) struct NamedCall<'a> {
    pub(super) name: &'a [u8],
    /// How many arguments it has; `None` if that is unknown.
    pub(super) count: Option<u8>,
    /// The numbers of its arguments.
    arguments: Bytes<'a>,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Number,
    Address,
    Flags,
    /// One of several values.
    List,
    /// A descriptor, a process, a user.
    Name,
    /// The permissions of a file.
    FileMode,
}

/// An argument of a call.
#[derive(Clone, Copy)]
pub(super) struct Argument<'a> {
    /// Empty if it has no name.
    pub(super) name: &'a [u8],
    /// How many bits the kernel uses.
    pub(super) bits: u32,
    pub(super) signed: bool,
    pub(super) format: Format,
    /// The constants for its values.
    pub(super) domain: Option<Domain<'a>>,
}

/// The constants that belong to an argument.
#[derive(Clone, Copy)]
pub(super) struct Domain<'a> {
    /// The bits that the kernel removes before it compares the rest.
    pub(super) ignored: u64,
    families: Bytes<'a>,
}

/// A constant: its name in two parts, and its value.
#[derive(Clone, Copy)]
pub(super) struct Constant<'a> {
    pub(super) name: [&'a [u8]; 2],
    pub(super) value: u64,
}

/// All sections.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    files: Bytes<'a>,
    denials: Bytes<'a>,
    rules: Bytes<'a>,
    calls: Bytes<'a>,
    arguments: Bytes<'a>,
    domains: Bytes<'a>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut all = Bytes(bytes);
        let mut section = || Bytes(all.text().unwrap_or_default());
        Self {
            files: section(),
            denials: section(),
            rules: section(),
            calls: section(),
            arguments: section(),
            domains: section(),
        }
    }

    /// The name of a file; empty if it is unknown.
    #[inline(never)]
    pub(super) fn file(mut self, number: u64) -> &'a [u8] {
        let mut left = number;
        while let Some(name) = self.files.text() {
            if left == 0 {
                return name;
            }
            left -= 1;
        }
        &[]
    }

    /// The part of the policy that has this data.
    pub(super) fn denial(mut self, data: u16) -> Option<Denial<'a>> {
        while !self.denials.is_empty() {
            let bytes = &mut self.denials;
            let found = bytes.number()?;
            let kind = match bytes.byte()? {
                0 => Kind::Rule,
                1 => Kind::Others,
                _ => Kind::OtherAbi,
            };
            let order = bytes.number()?;
            let denial = Denial { kind, order, place: Place::read(bytes)?, said: bytes.text()? };
            if found == u64::from(data) {
                return Some(denial);
            }
        }
        None
    }

    /// The next rule with a condition for the call with that number. The rules before it are left out next time.
    pub(super) fn next_rule(&mut self, call: u32) -> Option<Rule<'a>> {
        loop {
            let bytes = &mut self.rules;
            let found = bytes.number()?;
            let order = bytes.number()?;
            let rule = Rule { order, place: Place::read(bytes)?, said: bytes.text()? };
            if found == u64::from(call) {
                return Some(rule);
            }
        }
    }

    /// The call with that number.
    pub(super) fn call(mut self, number: u32) -> Option<NamedCall<'a>> {
        let mut found = 0;
        loop {
            let bytes = &mut self.calls;
            found += bytes.number()?;
            let name = bytes.text()?;
            let count = Some(bytes.byte()?).filter(|count| *count <= 6);
            let arguments = *bytes;
            for _ in 0..count.unwrap_or(0) {
                bytes.number()?;
            }
            if found == u64::from(number) {
                return Some(NamedCall { name, count, arguments });
            }
        }
    }

    /// The argument at a position of a call.
    #[inline(never)]
    pub(super) fn argument(self, call: NamedCall<'a>, position: u8) -> Option<Argument<'a>> {
        if call.count.is_none_or(|count| position >= count) {
            return None;
        }
        let mut numbers = call.arguments;
        for _ in 0..position {
            numbers.number()?;
        }
        let mut left = numbers.number()?;
        let mut bytes = self.arguments;
        loop {
            let name = bytes.text()?;
            let about = bytes.byte()?;
            let domain = bytes.number()?;
            if left == 0 {
                return Some(Argument {
                    name,
                    bits: 8 << (about & 3),
                    signed: about & 4 != 0,
                    format: match about >> 3 {
                        1 => Format::Address,
                        2 => Format::Flags,
                        3 => Format::List,
                        4 => Format::Name,
                        5 => Format::FileMode,
                        _ => Format::Number,
                    },
                    domain: self.domain(domain),
                });
            }
            left -= 1;
        }
    }

    fn domain(mut self, number: u64) -> Option<Domain<'a>> {
        let mut left = number.checked_sub(1)?;
        loop {
            let mut bytes = Bytes(self.domains.text()?);
            if left == 0 {
                return Some(Domain { ignored: bytes.number()?, families: bytes });
            }
            left -= 1;
        }
    }
}

impl<'a> Domain<'a> {
    /// Passes each constant to `see`, until that returns `true`.
    #[inline(never)]
    pub(super) fn any(self, see: &mut dyn FnMut(Constant<'a>) -> bool) -> bool {
        self.search(see).unwrap_or(false)
    }

    fn search(self, see: &mut dyn FnMut(Constant<'a>) -> bool) -> Option<bool> {
        let mut bytes = self.families;
        while !bytes.is_empty() {
            let beginning = bytes.text()?;
            for _ in 0..bytes.number()? {
                let name = [beginning, bytes.text()?];
                if see(Constant { name, value: bytes.number()? }) {
                    return Some(true);
                }
            }
        }
        Some(false)
    }
}
