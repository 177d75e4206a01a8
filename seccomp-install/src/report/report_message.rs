//! The lines of a report.
//!
//! ```text
//! seccomp: src/main.rs:12 denies socket(family=AF_ALG, type=SOCK_SEQPACKET, protocol=0) at 0x55d0c3a41e07
//!   rules for socket: allow socket(family in {AF_INET, AF_INET6}) (src/main.rs:14)
//!   to allow it: allow socket(family == AF_ALG, type == SOCK_SEQPACKET);
//! ```

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};

use super::Report;
use super::context::Context;
use super::tables::{Bytes, PolicyPart, Section, nth};
use super::text_buffer::{Base, ReportText, SIZE};

/// The call that a policy denied.
pub(super) struct Denied {
    /// The call, as the filter saw it.
    pub(super) call: Call,
    /// Whether the first argument is known.
    pub(super) first_is_known: bool,
}

impl Denied {
    /// Whether an argument is known.
    #[inline]
    pub(super) const fn is_known(&self, index: ArgumentIndex) -> bool {
        !Context::CAN_LOSE_ARGUMENTS || self.first_is_known || !matches!(index, ArgumentIndex::A0)
    }
}

/// The bytes that are kept for the last line: a list of rules that needs them is cut.
const FOR_THE_LAST_LINE: usize = 320;

/// The lines about a call of the program's own ABI.
const OWN: &[u8] =
    &template(*b"seccomp: = denies !(*) at @\n  rules for !: [\n  to allow it: allow ^;|");
/// The lines about a call of another ABI.
const OTHER: &[u8] = if KNOWS_OTHER_ABIS {
    &template(
        *b"seccomp: = denies !(*) of the ABI ~ at @\n  the number and the arguments are those of that ABI\n  \
to allow it: arch x86_64, ~; and a rule for the call",
    )
} else {
    &template(*b"seccomp: = denies !(*) of the ABI ~ at @")
};

/// Whether the program can make calls of other ABIs. On other architectures the ABI of each call is that of the program
/// (`syscall_get_arch`, arch/*/include/asm/syscall.h, Linux 6.12: it depends on how the process was executed).
const HAS_OTHER_ABIS: bool = cfg!(any(target_arch = "x86_64", target_arch = "x86"));
/// Whether this file has names for all other ABIs: x86 and x32.
const KNOWS_OTHER_ABIS: bool = cfg!(target_arch = "x86_64");

/// The signs in the templates above, and their codes. A code is a byte that no text of a policy has: a control
/// character that no text needs, or one that is not in UTF-8. The codes are not close to each other: otherwise the
/// compiler would make a table of addresses, which is larger than the comparisons.
const SIGNS: [(u8, u8); 11] = [
    (b'=', PLACE),
    (b'{', SAID),
    (b'!', CALL),
    (b'<', CALL_NUMBER),
    (b'*', ARGUMENTS),
    (b'@', ADDRESS),
    (b'[', RULES),
    (b'^', ALLOWED_CALL),
    (b'|', ABOVE),
    (b'~', OTHER_ABI),
    (b'#', LEFT_OUT),
];
/// The codes up to this one are those of the index of a value: see `super::tables`.
const LAST_OF_INDEX: u8 = 2;
const PLACE: u8 = 3;
const SAID: u8 = 7;
const CALL: u8 = 11;
const CALL_NUMBER: u8 = 15;
const ARGUMENTS: u8 = 19;
const ADDRESS: u8 = 23;
const RULES: u8 = 27;
const ALLOWED_CALL: u8 = 31;
const ABOVE: u8 = 127;
const OTHER_ABI: u8 = 192;
const LEFT_OUT: u8 = 245;
/// The code of the first file of the tables.
const FIRST_FILE: u8 = 248;

/// A template as it is in the program: with the codes of its signs.
#[inline]
pub(super) const fn template<const N: usize>(mut letters: [u8; N]) -> [u8; N] {
    let mut place = 0;
    while place < N {
        let mut known = 0;
        while known < SIGNS.len() {
            let (sign, code) = SIGNS[known];
            if letters[place] == sign {
                letters[place] = code;
            }
            known += 1;
        }
        place += 1;
    }
    letters
}

/// A report that is being written. All functions share one value of this type, which takes less code than arguments.
#[repr(C)] // The buffer last, so that short instructions reach the rest.
pub(super) struct Message<'a> {
    pub(super) report: &'a Report,
    pub(super) denied: &'a Denied,
    /// The part of the policy that denies the call.
    denial: &'static [u8],
    /// The part of the policy that the signs refer to: the one that denies the call, or one of the rules for the call.
    part: PolicyPart,
    /// Whether there is a rule before the next one.
    any_rule: bool,
    /// How many rules are left out for want of room.
    left_out: u64,
    /// The bits of an index that were read.
    read_bits: usize,
    pub(super) text: ReportText,
}

impl<'a> Message<'a> {
    /// A report of a call that `denial`, a part of the policy of `report`, denies.
    #[inline]
    pub(super) fn new(report: &'a Report, denied: &'a Denied, denial: &'static [u8]) -> Self {
        Self {
            report,
            denied,
            denial,
            part: PolicyPart { order: 0, said: &[], place: &[] },
            any_rule: false,
            left_out: 0,
            read_bits: 0,
            text: ReportText::new(),
        }
    }

    /// Writes the lines.
    #[inline]
    pub(super) fn write(&mut self) {
        self.set_part(self.denial);
        self.say(if is_own(&self.denied.call) { OWN } else { OTHER });
    }

    /// Adds a text of the tables or a template.
    #[cold]
    #[inline]
    pub(super) fn say(&mut self, template: &[u8]) {
        for &letter in template {
            self.sign(letter);
        }
    }

    /// Adds the text that the code of a sign stands for, or any other letter itself. Each arm is one call, so this
    /// function needs no frame.
    #[inline(never)] // And generic, so that only a program with a report compiles it.
    fn sign(&mut self, letter: impl Into<u8>) {
        let letter = letter.into();
        match letter {
            ..=LAST_OF_INDEX => self.value(letter),
            PLACE => self.say(self.part.place),
            SAID => self.say(self.part.said),
            CALL => (self.report.names.call)(self),
            CALL_NUMBER => self.call_number(self.denied.call.nr),
            ARGUMENTS => (self.report.names.arguments)(self),
            ADDRESS => self.text.number(self.denied.call.instruction_pointer, Base::Hexadecimal),
            RULES => self.rules(self.denied.call.nr),
            ALLOWED_CALL => (self.report.names.allowed_call)(self),
            ABOVE => self.above(self.part.order),
            OTHER_ABI if HAS_OTHER_ABIS => self.other_abi(self.denied.call.arch),
            LEFT_OUT => self.text.number(self.left_out, Base::Decimal),
            FIRST_FILE..=u8::MAX => self.file(letter),
            _ => self.text.push(letter),
        }
    }

    /// Handles a byte of the index of a value of the running program. Only a policy with values has such bytes.
    #[inline(never)] // And generic: see `sign`.
    fn value(&mut self, byte: impl Into<u8>) {
        if let Some(filled) = self.report.filled {
            (filled.value)(self, byte.into());
        }
    }

    /// Reads a byte of an index. Returns the index at its end.
    #[inline]
    pub(super) fn next_index(&mut self, byte: u8) -> Option<usize> {
        let Some(bit) = byte.checked_sub(1) else {
            return Some(core::mem::take(&mut self.read_bits));
        };
        self.read_bits = self.read_bits << 1 | usize::from(bit);
        None
    }

    /// Whether a trap with this data comes from the part of the policy that denies the call.
    #[inline]
    pub(super) fn is_of(&self, data: u16) -> bool {
        core::ptr::eq(self.report.denial(data), self.denial)
    }

    /// Sets the part of the policy that the signs refer to.
    #[cold]
    #[inline]
    fn set_part(&mut self, part: &'static [u8]) {
        let mut bytes = Bytes(part);
        self.part = PolicyPart { order: bytes.number(), said: bytes.text(), place: bytes.0 };
    }

    /// Adds the name of the file that a byte of a place stands for, with a colon.
    #[inline(never)] // And generic: see `sign`.
    fn file(&mut self, letter: impl Into<u8>) {
        let letter = letter.into();
        let mut file = nth(self.report.tables.section(Section::Files), u64::from(letter & 7));
        if file.is_empty() {
            file = self.report.place.as_bytes();
        }
        self.say(file);
    }

    /// Adds that a rule that allows the call must come before the rule that denies it.
    #[inline(never)] // And generic: see `sign`.
    fn above(&mut self, order: impl Into<u64>) {
        if order.into() != 0 {
            self.say(const { &template(*b" above =") });
        }
    }

    #[inline(never)] // And generic: see `sign`.
    fn call_number(&mut self, nr: impl Into<u32>) {
        let nr = nr.into();
        if nr == Abi::SKIPPED {
            self.say(b"-1");
        } else {
            self.text.number(nr.into(), Base::Decimal);
        }
    }

    /// Adds the name of an ABI that is not the program's own, or its number.
    #[inline(never)] // And generic: see `sign`.
    fn other_abi(&mut self, arch: impl Into<u32>) {
        let arch = arch.into();
        if !KNOWS_OTHER_ABIS {
            self.text.number(arch.into(), Base::Hexadecimal);
        } else {
            // There is no third one.
            let is_x86 = arch == const { Abi::X86.audit_arch() };
            self.say(if is_x86 { b"x86" } else { b"x32" });
        }
    }

    /// The entry of the call in a section; empty for a call of another ABI.
    #[inline]
    pub(super) fn entry(&self, section: Section) -> &'static [u8] {
        if !is_own(&self.denied.call) {
            return &[];
        }
        self.report.tables.find(section, self.denied.call.nr)
    }

    /// Adds the six registers of the call.
    #[inline]
    pub(super) fn registers(&mut self) {
        // A loop over `ArgumentIndex::ALL` takes more bytes.
        let mut next = Some(ArgumentIndex::A0);
        while let Some(index) = next {
            next = index.next();
            if index != ArgumentIndex::A0 {
                self.say(b", ");
            }
            if self.denied.is_known(index) {
                self.text.number(self.denied.call.argument(index), Base::Hexadecimal);
            } else {
                self.text.push(b'?');
            }
        }
    }

    /// Adds the rules for the call, up to the one that decided.
    #[inline(never)] // And generic: see `sign`.
    fn rules(&mut self, nr: impl Into<u32>) {
        let nr = nr.into();
        let mut rules = Bytes(self.report.tables.find(Section::Rules, nr));
        // If no rule decided, `order` is 0, and every rule comes before the end.
        let end = self.part.order.wrapping_sub(1);
        while !rules.is_empty() {
            self.set_part(rules.text());
            if self.part.order <= end {
                self.rule();
            }
        }
        self.set_part(self.denial);
        if self.part.order != 0 {
            self.rule();
        } else if !self.any_rule {
            self.say(const { &template(*b"none, so `{` decides") });
        }
        if self.left_out > 0 {
            self.say(const { &template(*b" and # more") });
        }
    }

    /// Adds the part as a rule, with its place, if there is room.
    #[cold]
    #[inline]
    fn rule(&mut self) {
        let before = self.text.len();
        if self.any_rule {
            self.say(b", ");
        }
        self.say(const { &template(*b"{ (=)") });
        // The first rule is never left out.
        if self.any_rule && self.text.len() > SIZE - FOR_THE_LAST_LINE {
            self.text.truncate(before);
            self.left_out += 1;
        }
        self.any_rule = true;
    }
}

/// Whether a call is one of the program's own ABI.
#[inline]
fn is_own(call: &Call) -> bool {
    let is_x32 = KNOWS_OTHER_ABIS && call.nr & Abi::X32_BIT != 0 && call.nr != Abi::SKIPPED;
    !HAS_OTHER_ABIS || call.arch == const { Abi::NATIVE.audit_arch() } && !is_x32
}
