//! The arguments of a call as text: names where there are any, otherwise readable numbers.

use seccomp_bpf::abi::ArgumentIndex;
use seccomp_bpf::short::Pairs;

use super::report_message::Message;
use super::tables::{Bytes, Section, Tables, nth};
use super::text_buffer::{Base, ReportText};

/// The number above which a size or a count is written in hexadecimal.
const LARGE: u64 = 0xffff;

/// The text between two names: `A|B` in a report, `A | B` in a rule.
#[derive(Clone, Copy)]
struct Joint(&'static [u8]);

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
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
struct Argument {
    /// The name; empty if it has none.
    name: &'static [u8],
    /// How many bits the kernel uses.
    bits: u32,
    signed: bool,
    format: Format,
    /// The constants for its values.
    domain: Option<Domain>,
}

/// The constants that belong to an argument.
#[derive(Clone, Copy)]
struct Domain {
    /// The bits that the kernel removes before it compares the rest.
    ignored: u64,
    families: Bytes,
}

/// A constant: its name in two parts, and its value.
#[derive(Clone, Copy)]
struct Constant {
    name: [&'static [u8]; 2],
    value: u64,
}

/// Writes the arguments of the call with their names.
#[inline]
pub(super) fn arguments(message: &mut Message<'_>) {
    let is_known = each(message, |message, index, argument, register| {
        if index != ArgumentIndex::A0 {
            message.text.add(b", ");
        }
        if argument.name.is_empty() {
            message.text.add(&[b'a', b'0' + index as u8]);
        } else {
            message.text.name(argument.name, Pairs::WORDS);
        }
        message.text.add(b"=");
        if message.denied.is_known(index) {
            argument.write(&mut message.text, register, Joint(b"|"));
        } else {
            message.text.add(b"?");
        }
    });
    if !is_known {
        message.registers();
    }
}

/// Writes the conditions for a rule that allows exactly this call.
#[inline]
pub(super) fn conditions(message: &mut Message<'_>) {
    let mut any = false;
    each(message, |message, index, argument, register| {
        let is_chosen = matches!(argument.format, Format::List | Format::Flags);
        let is_known = message.denied.is_known(index);
        if !is_chosen || !is_known || argument.name.is_empty() {
            return;
        }
        message.text.add(if any { b", " } else { b"(" });
        any = true;
        message.text.name(argument.name, Pairs::WORDS);
        message.text.add(b" == ");
        argument.write(&mut message.text, register, Joint(b" | "));
    });
    if any {
        message.text.add(b")");
    }
}

/// Passes each argument to `see`: its index, what is known about it, and its register. Returns whether the arguments of
/// the call are known.
#[inline]
fn each(
    message: &mut Message<'_>,
    mut see: impl FnMut(&mut Message<'_>, ArgumentIndex, &Argument, u64),
) -> bool {
    let denied = message.denied;
    let mut numbers = Bytes(message.entry(Section::Signatures));
    let is_known = !numbers.is_empty();
    // A loop over `ArgumentIndex::ALL` takes more bytes.
    let mut next = Some(ArgumentIndex::A0);
    while let Some(index) = next {
        next = index.next();
        if numbers.is_empty() {
            break;
        }
        // The number 0 means that there is no argument.
        let Some(number) = numbers.number().checked_sub(1) else { break };
        if let Some(argument) = Argument::numbered(&message.report.tables, number) {
            see(message, index, &argument, denied.call.argument(index));
        }
    }
    is_known
}

impl Argument {
    /// The argument with that number.
    #[cold]
    #[inline]
    fn numbered(tables: &Tables, number: u64) -> Option<Self> {
        let mut left = number;
        let mut bytes = tables.section(Section::Arguments);
        while !bytes.is_empty() {
            let name = bytes.text();
            let about = bytes.number();
            let domain = bytes.number();
            if left == 0 {
                return Some(Self {
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
                    domain: Domain::numbered(tables, domain),
                });
            }
            left -= 1;
        }
        None
    }
}

impl Domain {
    /// The domain with that number, from 1.
    #[inline]
    fn numbered(tables: &Tables, number: u64) -> Option<Self> {
        let mut bytes = Bytes(nth(tables.section(Section::Domains), number.checked_sub(1)?));
        Some(Domain { ignored: bytes.number(), families: bytes })
    }

    /// Passes each constant to `see`, until that returns `true`.
    #[cold]
    #[inline]
    fn any(self, see: &mut dyn FnMut(Constant) -> bool) -> bool {
        let mut bytes = self.families;
        while !bytes.is_empty() {
            let beginning = bytes.text();
            for _ in 0..bytes.number() {
                let name = [beginning, bytes.text()];
                if see(Constant { name, value: bytes.number() }) {
                    return true;
                }
            }
        }
        false
    }
}

impl Argument {
    /// The bits of `register` that the kernel uses.
    #[inline]
    fn used(&self, register: u64) -> u64 {
        if self.bits < 64 { register & ((1 << self.bits) - 1) } else { register }
    }

    /// The bits of a constant, if it is a value of the argument: no bit is lost, or only copies of the sign are.
    #[inline]
    fn bits_of_constant(&self, constant: Constant) -> Option<u64> {
        let bits = self.used(constant.value);
        let is_value = bits == constant.value || self.signed_value(bits) as u64 == constant.value;
        if is_value { Some(bits) } else { None }
    }

    /// The value as a signed number.
    #[inline]
    fn signed_value(&self, value: u64) -> i64 {
        let unused = 64_u32.saturating_sub(self.bits);
        ((value << unused) as i64) >> unused
    }

    /// Adds the value in `register`.
    #[cold]
    #[inline]
    fn write(&self, text: &mut ReportText, register: u64, joint: Joint) {
        let value = self.used(register);
        let named = self.domain.is_some_and(|domain| match self.format {
            Format::Flags => self.flags(text, domain, value, joint),
            Format::List | Format::Name => self.one_of(text, domain, value, joint),
            Format::Number | Format::Address | Format::FileMode => false,
        });
        if named {
            return;
        }
        match self.format {
            Format::Address if value != 0 => text.number(value, Base::Hexadecimal),
            Format::FileMode => text.number(value, Base::Octal),
            Format::Name => text.signed(self.signed_value(value)),
            Format::Flags | Format::List if value > 0xff => text.number(value, Base::Hexadecimal),
            Format::Number | Format::List if self.signed => {
                let signed = self.signed_value(value);
                if signed.unsigned_abs() > LARGE {
                    text.number(value, Base::Hexadecimal);
                } else {
                    text.signed(signed);
                }
            }
            Format::Number | Format::List if value > LARGE => {
                text.number(value, Base::Hexadecimal);
            }
            Format::Number | Format::List | Format::Flags | Format::Address => {
                text.number(value, Base::Decimal);
            }
        }
    }

    /// Adds a value of an argument that is one of several, and names for the bits that the kernel removes from it.
    #[inline]
    fn one_of(&self, text: &mut ReportText, domain: Domain, value: u64, joint: Joint) -> bool {
        let rest = value & domain.ignored;
        let named = domain.any(&mut |constant| {
            let is_it = self.bits_of_constant(constant) == Some(value & !domain.ignored);
            if is_it {
                add_name(text, constant);
            }
            is_it
        });
        if named && rest != 0 {
            text.add(joint.0);
            self.bits_of(text, domain, rest, joint);
        }
        named
    }

    /// Adds flags. Returns `false` if none of them has a name.
    #[inline]
    fn flags(&self, text: &mut ReportText, domain: Domain, value: u64, joint: Joint) -> bool {
        if value == 0 {
            return domain.any(&mut |constant| {
                let is_it = constant.value == 0;
                if is_it {
                    add_name(text, constant);
                }
                is_it
            });
        }
        if self.signed && self.signed_value(value) < 0 && self.bits == 32 && value == 0xffff_ffff {
            return false;
        }
        let before = text.len();
        let named = self.bits_of(text, domain, value, joint);
        if !named {
            text.truncate(before);
        }
        named
    }

    /// Adds names for the bits of `value`, and a number for those without a name. Each time, it takes the constant
    /// with the most bits. Returns whether there was a name.
    #[cold]
    #[inline]
    fn bits_of(&self, text: &mut ReportText, domain: Domain, value: u64, joint: Joint) -> bool {
        let mut left = value;
        let mut named = false;
        while left != 0 {
            let mut best = None;
            domain.any(&mut |constant| {
                let bits = self.bits_of_constant(constant).unwrap_or(0);
                let most = best.map_or(0, |(_, most): (_, u64)| most.count_ones());
                if bits & !left == 0 && bits.count_ones() > most {
                    best = Some((constant, bits));
                }
                false
            });
            if named {
                text.add(joint.0);
            }
            match best {
                Some((constant, bits)) => {
                    add_name(text, constant);
                    left &= !bits;
                    named = true;
                }
                None => {
                    text.number(left, Base::Hexadecimal);
                    break;
                }
            }
        }
        named
    }
}

#[cold]
#[inline]
fn add_name(text: &mut ReportText, constant: Constant) {
    for part in constant.name {
        text.name(part, Pairs::CAPITALS);
    }
}
