//! The lines of a report.
//!
//! ```text
//! seccomp: src/main.rs:12 denies socket(family=AF_ALG, type=SOCK_SEQPACKET, protocol=0) at 0x55d0c3a41e07
//!   rules for socket: allow socket(family in {AF_INET, AF_INET6}) (src/main.rs:14)
//!   to allow it: allow socket(family == AF_ALG, type == SOCK_SEQPACKET);
//! ```

use seccomp_bpf::abi::Abi;

use super::Report;
use super::tables::{Denial, Format, Kind, NamedCall, Place, Tables};
use super::text::{Base, Text};
use super::value::Joint;

/// The call that a policy denied.
pub(super) struct Denied {
    /// The call, as the filter saw it.
    pub(super) call: seccomp_bpf::abi::Call,
    /// Whether argument 0 is known.
    pub(super) first_is_known: bool,
}

/// What remains for the last line, in bytes: longer lists of rules are cut.
const FOR_THE_LAST_LINE: usize = 320;

/// Writes the lines about a call that `report` denies with this data. `None` if its tables have no such data.
pub(super) fn lines(report: &Report, denied: &Denied, data: u16) -> Option<Text> {
    let tables = Tables::new(report.tables);
    let denial = tables.denial(data)?;
    let mut message = Message { text: Text::new(), tables, report, denied };
    let native = is_native(denied);
    let call = if native { tables.call(denied.call.nr) } else { None };
    message.call(&denial, call, native);
    if native {
        message.rules(&denial, call);
        message.cure(&denial, call);
    } else {
        message.cure_of_another_abi();
    }
    Some(message.text)
}

/// Whether the call is one of the program's own ABI.
fn is_native(denied: &Denied) -> bool {
    let call = &denied.call;
    call.arch == Abi::NATIVE.audit_arch() && other_abi(call.arch, call.nr).is_none()
}

/// The name of another ABI through which a program can make calls.
fn other_abi(arch: u32, nr: u32) -> Option<&'static [u8]> {
    if const { Abi::NATIVE.audit_arch() != Abi::X86_64.audit_arch() } {
        return None;
    }
    if arch == const { Abi::X86.audit_arch() } {
        return Some(b"x86");
    }
    let is_x32 = nr & Abi::X32_BIT != 0 && nr != Abi::SKIPPED;
    if arch == const { Abi::X32.audit_arch() } && is_x32 { Some(b"x32") } else { None }
}

struct Message<'a> {
    text: Text,
    tables: Tables<'a>,
    report: &'a Report,
    denied: &'a Denied,
}

impl Message<'_> {
    #[inline(never)]
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

    /// The name of the call, or its number if it has none.
    #[inline(never)]
    fn name(&mut self, call: Option<NamedCall<'_>>) {
        match call {
            Some(call) => self.text.add(call.name),
            None if self.denied.call.nr == Abi::SKIPPED => self.text.add(b"call -1"),
            None => {
                self.text.add(b"call ");
                self.text.number(self.denied.call.nr.into(), Base::Decimal);
            }
        }
    }

    /// The first line: where, which call, from where.
    fn call(&mut self, denial: &Denial<'_>, call: Option<NamedCall<'_>>, native: bool) {
        self.text.add(b"seccomp: ");
        self.place(denial.place);
        self.text.add(b" denies ");
        self.name(call);
        self.arguments(call);
        if !native {
            self.text.add(b" of the ABI ");
            match other_abi(self.denied.call.arch, self.denied.call.nr) {
                Some(name) => self.text.add(name),
                None => self.text.number(self.denied.call.arch.into(), Base::Hexadecimal),
            }
        }
        self.text.add(b" at ");
        self.text.number(self.denied.call.instruction_pointer, Base::Hexadecimal);
    }

    #[inline(never)]
    fn arguments(&mut self, call: Option<NamedCall<'_>>) {
        let count = call.and_then(|call| call.count).unwrap_or(6);
        self.text.add(b"(");
        for position in 0..count {
            if position > 0 {
                self.text.add(b", ");
            }
            let Some(&register) = self.denied.call.args.get(usize::from(position)) else { break };
            let argument = call.and_then(|call| self.tables.argument(call, position));
            match argument {
                Some(argument) if !argument.name.is_empty() => {
                    self.text.add(argument.name);
                    self.text.add(b"=");
                }
                Some(_) => {
                    self.text.add(&[b'a', b'0' + position, b'=']);
                }
                None => {}
            }
            match argument {
                _ if position == 0 && !self.denied.first_is_known => self.text.add(b"?"),
                Some(argument) => argument.write(&mut self.text, register, Joint(b"|")),
                None => self.text.number(register, Base::Hexadecimal),
            }
        }
        self.text.add(b")");
    }

    /// The second line: the rules for the call, up to the one that decided.
    fn rules(&mut self, denial: &Denial<'_>, call: Option<NamedCall<'_>>) {
        self.text.add(b"\n  rules for ");
        self.name(call);
        self.text.add(b": ");
        let mut tables = self.tables;
        let mut left_out = 0;
        let mut any = false;
        while let Some(rule) = tables.next_rule(self.denied.call.nr) {
            if rule.order < denial.order {
                left_out += u64::from(!self.rule(&mut any, rule.said, rule.place));
            }
        }
        if denial.kind == Kind::Rule {
            left_out += u64::from(!self.rule(&mut any, denial.said, denial.place));
        }
        if left_out > 0 {
            self.text.add(b" and ");
            self.text.number(left_out, Base::Decimal);
            self.text.add(b" more");
        }
        if !any {
            self.text.add(b"none, so `");
            self.text.add(denial.said);
            self.text.add(b"` decides");
        }
    }

    /// Adds a rule and its place, and returns whether there is room for it.
    #[inline(never)]
    fn rule(&mut self, any: &mut bool, said: &[u8], place: Place) -> bool {
        let before = self.text.len();
        if *any {
            self.text.add(b", ");
        }
        self.text.add(said);
        self.text.add(b" (");
        self.place(place);
        self.text.add(b")");
        if *any && self.text.room() < FOR_THE_LAST_LINE {
            self.text.truncate(before);
            return false;
        }
        *any = true;
        true
    }

    /// The last line: the rule that allows this call.
    fn cure(&mut self, denial: &Denial<'_>, call: Option<NamedCall<'_>>) {
        self.text.add(b"\n  to allow it: ");
        if self.denied.call.nr == Abi::SKIPPED {
            self.text.add(b"allow syscall(-1);");
            return;
        }
        let Some(call) = call else {
            self.text.add(b"allow syscall(");
            self.text.number(self.denied.call.nr.into(), Base::Decimal);
            self.text.add(b");");
            self.above(denial);
            return;
        };
        self.text.add(b"allow ");
        self.text.add(call.name);
        let mut any = false;
        for position in 0..call.count.unwrap_or(0) {
            let Some(argument) = self.tables.argument(call, position) else { continue };
            let Some(&register) = self.denied.call.args.get(usize::from(position)) else { break };
            let is_chosen = matches!(argument.format, Format::List | Format::Flags);
            let is_known = position > 0 || self.denied.first_is_known;
            if !is_chosen || !is_known || argument.name.is_empty() {
                continue;
            }
            self.text.add(if any { b", " } else { b"(" });
            any = true;
            self.text.add(argument.name);
            self.text.add(b" == ");
            argument.write(&mut self.text, register, Joint(b" | "));
        }
        if any {
            self.text.add(b")");
        }
        self.text.add(b";");
        self.above(denial);
    }

    /// A rule that allows the call must come before the rule that denies it.
    #[inline(never)]
    fn above(&mut self, denial: &Denial<'_>) {
        if denial.kind == Kind::Rule {
            self.text.add(b" above ");
            self.place(denial.place);
        }
    }

    fn cure_of_another_abi(&mut self) {
        self.text.add(b"\n  the number and the arguments are those of that ABI, and not those of ");
        self.text.add(const { Abi::NATIVE.name() }.as_bytes());
        if let Some(name) = other_abi(self.denied.call.arch, self.denied.call.nr) {
            self.text.add(b"\n  to allow it: arch ");
            self.text.add(const { Abi::NATIVE.name() }.as_bytes());
            self.text.add(b", ");
            self.text.add(name);
            self.text.add(b"; and a rule for the call");
        }
    }
}
