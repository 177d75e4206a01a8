//! The value of an argument as text: names where there are any, otherwise a number that can be read.

use super::tables::{Argument, Constant, Domain, Format};
use super::text::{Base, Text};

/// The number above which a size or a count is written in hexadecimal.
const LARGE: u64 = 0xffff;

/// Between two names: `A|B` in a report, `A | B` in a rule.
#[derive(Clone, Copy)]
pub(super) struct Joint(pub(super) &'static [u8]);

impl Argument<'_> {
    /// The bits of `register` that the kernel uses.
    fn used(&self, register: u64) -> u64 {
        if self.bits < 64 { register & ((1 << self.bits) - 1) } else { register }
    }

    /// The bits of a constant, if it is a value of the argument: no bit is lost, or only copies of the sign are.
    fn bits_of_constant(&self, constant: Constant<'_>) -> Option<u64> {
        let bits = self.used(constant.value);
        let is_value = bits == constant.value || self.signed_value(bits) as u64 == constant.value;
        if is_value { Some(bits) } else { None }
    }

    /// The value as a signed number.
    fn signed_value(&self, value: u64) -> i64 {
        let unused = 64_u32.saturating_sub(self.bits);
        ((value << unused) as i64) >> unused
    }

    /// Adds the value in `register`.
    #[inline(never)]
    pub(super) fn write(&self, text: &mut Text, register: u64, joint: Joint) {
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

    /// Adds one of several values, with bits that the kernel removes from it.
    fn one_of(&self, text: &mut Text, domain: Domain<'_>, value: u64, joint: Joint) -> bool {
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

    /// Adds flags: `false` if no name belongs to any of them.
    fn flags(&self, text: &mut Text, domain: Domain<'_>, value: u64, joint: Joint) -> bool {
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
    #[inline(never)]
    fn bits_of(&self, text: &mut Text, domain: Domain<'_>, value: u64, joint: Joint) -> bool {
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

#[inline(never)]
fn add_name(text: &mut Text, constant: Constant<'_>) {
    for part in constant.name {
        text.add(part);
    }
}
