//! The lines of a report.
//!
//! ```text
//! seccomp: src/main.rs:12 denies socket(family=AF_ALG, type=SOCK_SEQPACKET, protocol=0) at 0x55d0c3a41e07
//!   rules for socket: allow socket(family in {AF_INET, AF_INET6}) (src/main.rs:14)
//!   to allow it: allow socket(family == AF_ALG, type == SOCK_SEQPACKET);
//! ```

use seccomp_bpf::abi::Abi;

use super::Report;
use super::context::Context;
use super::tables::{NamedCall, Part, Place, Section, Tables, next_part};
use super::text_buffer::{Base, Text};

/// The call that a policy denied.
pub(super) struct Denied {
    /// The call, as the filter saw it.
    pub(super) call: seccomp_bpf::abi::Call,
    /// Whether argument 0 is known.
    pub(super) first_is_known: bool,
}

impl Denied {
    /// Whether the argument at a position is known.
    #[inline]
    pub(super) const fn is_known(&self, position: usize) -> bool {
        !Context::CAN_LOSE_ARGUMENTS || self.first_is_known || position > 0
    }
}

/// What remains for the last line, in bytes: longer lists of rules are cut.
const FOR_THE_LAST_LINE: usize = 320;

/// The lines about a call of the program's own ABI, and about a call of another one. `%` and a letter are what
/// [`Message::say`] puts there.
const OWN: &[u8] =
    b"seccomp: %p denies %c(%a) at %i\n  rules for %c: %r\n  to allow it: allow %n;%d";
const OTHER: &[u8] = b"seccomp: %p denies %c(%a) of the ABI %o at %i\n  \
the number and the arguments are those of that ABI, and not those of %s";
/// The end of the lines for another ABI that a policy can have.
const HOW_TO_ALLOW_IT: &[u8] = b"\n  to allow it: arch %s, %o; and a rule for the call";

/// A report that is being written. One value of this type is what all functions share: this takes less code than
/// arguments.
pub(super) struct Message<'a> {
    pub(super) text: Text,
    pub(super) tables: Tables<'a>,
    report: &'a Report,
    pub(super) denied: &'a Denied,
    /// What denies the call.
    denial: &'a Part<'a>,
    /// The call; without a name if the program does not have it.
    pub(super) call: NamedCall<'a>,
    /// The name of the call's ABI, if it is not the program's own.
    other: &'static [u8],
}

impl<'a> Message<'a> {
    /// For a call that this part of the policy of `report` denies.
    #[inline]
    pub(super) fn new(report: &'a Report, denied: &'a Denied, denial: &'a Part<'a>) -> Self {
        Self {
            text: Text::new(),
            tables: Tables(report.tables),
            report,
            denied,
            denial,
            call: NamedCall::UNKNOWN,
            other: other_abi(denied.call.arch, denied.call.nr),
        }
    }

    /// Writes the lines.
    #[inline]
    pub(super) fn write(&mut self) {
        let nr = self.denied.call.nr;
        if self.denied.call.arch == Abi::NATIVE.audit_arch() && self.other.is_empty() {
            self.call = self.tables.call(nr);
            self.say(OWN);
        } else {
            self.say(OTHER);
            if !self.other.is_empty() {
                self.say(HOW_TO_ALLOW_IT);
            }
        }
    }

    /// Adds a text, in which `%` and a letter are a part of the report.
    #[cold]
    #[inline]
    fn say(&mut self, template: &[u8]) {
        let mut is_part = false;
        for &letter in template {
            if !is_part {
                if letter == b'%' {
                    is_part = true;
                } else {
                    self.text.add(&[letter]);
                }
                continue;
            }
            is_part = false;
            match letter {
                b'p' => self.place(self.denial.place),
                b'c' => self.name(b"call ", b""),
                b'n' => {
                    self.name(b"syscall(", b")");
                    if let Some(names) = self.report.names {
                        (names.conditions)(self);
                    }
                }
                b'a' => match self.report.names {
                    Some(names) if self.call.has_arguments() => (names.arguments)(self),
                    _ => self.registers(),
                },
                b'i' => self.text.number(self.denied.call.instruction_pointer, Base::Hexadecimal),
                b'o' if self.other.is_empty() => {
                    self.text.number(self.denied.call.arch.into(), Base::Hexadecimal);
                }
                b'o' => self.text.add(self.other),
                b's' => self.text.add(const { Abi::NATIVE.name() }.as_bytes()),
                b'r' => self.rules(),
                // A rule that allows the call must come before the rule that denies it.
                b'd' if self.denial.is_rule() => self.say(b" above %p"),
                _ => {}
            }
        }
    }

    #[cold]
    #[inline]
    fn place(&mut self, place: Place) {
        let file = self.tables.file(place.file);
        // Before Rust 1.88 a macro cannot know where its tokens are.
        let (file, line) = if place.line == 0 || file.is_empty() {
            (self.report.file.as_bytes(), self.report.line.into())
        } else {
            (file, place.line)
        };
        self.text.add(file);
        self.text.add(b":");
        self.text.number(line, Base::Decimal);
    }

    /// The name of the call, or its number between `before` and `after` if it has none.
    #[cold]
    #[inline]
    fn name(&mut self, before: &[u8], after: &[u8]) {
        if !self.call.name.is_empty() {
            self.text.add(self.call.name);
            return;
        }
        self.text.add(before);
        let nr = self.denied.call.nr;
        if nr == Abi::SKIPPED {
            self.text.add(b"-1");
        } else {
            self.text.number(nr.into(), Base::Decimal);
        }
        self.text.add(after);
    }

    /// The registers of a call whose arguments have no names.
    #[inline]
    fn registers(&mut self) {
        for (position, &register) in self.denied.call.args.iter().enumerate() {
            if position > 0 {
                self.text.add(b", ");
            }
            if self.denied.is_known(position) {
                self.text.number(register, Base::Hexadecimal);
            } else {
                self.text.add(b"?");
            }
        }
    }

    /// The rules for the call, up to the one that decided.
    #[inline]
    fn rules(&mut self) {
        let mut rules = self.tables.section(Section::Rules);
        let mut left_out = 0;
        let mut any = false;
        // Without a rule that decides, every rule comes before.
        let end = self.denial.order.wrapping_sub(1);
        while let Some(rule) = next_part(&mut rules, self.denied.call.nr.into()) {
            if rule.order <= end {
                left_out += self.rule(any, &rule);
                any = true;
            }
        }
        let denial = self.denial;
        if denial.is_rule() {
            left_out += self.rule(any, denial);
        } else if !any {
            self.text.add(b"none, so `");
            self.text.add(denial.said);
            self.text.add(b"` decides");
        }
        if left_out > 0 {
            self.text.add(b" and ");
            self.text.number(left_out, Base::Decimal);
            self.text.add(b" more");
        }
    }

    /// Adds a rule and its place, and returns how many are left out for want of room: 0 or 1.
    #[cold]
    #[inline]
    fn rule(&mut self, is_next: bool, rule: &Part<'_>) -> u64 {
        let before = self.text.len();
        if is_next {
            self.text.add(b", ");
        }
        self.text.add(rule.said);
        self.text.add(b" (");
        self.place(rule.place);
        self.text.add(b")");
        let is_too_long = is_next && self.text.room() < FOR_THE_LAST_LINE;
        if is_too_long {
            self.text.truncate(before);
        }
        is_too_long.into()
    }
}

/// The name of another ABI through which a program can make calls; empty if there is none.
#[inline]
fn other_abi(arch: u32, nr: u32) -> &'static [u8] {
    if const { Abi::NATIVE.audit_arch() != Abi::X86_64.audit_arch() } {
        return b"";
    }
    if arch == const { Abi::X86.audit_arch() } {
        return b"x86";
    }
    let is_x32 = nr & Abi::X32_BIT != 0 && nr != Abi::SKIPPED;
    if arch == const { Abi::X32.audit_arch() } && is_x32 { b"x32" } else { b"" }
}
