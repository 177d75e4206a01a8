//! A call as people read it: the names of the call and of its arguments, and values by the constants of their domains.
//!
//! The rules for the values are those of a report (`seccomp-install/src/report/argument_text.rs`), so that a program and the tools
//! say the same of a call. Here they have the whole of the tables, and know what an argument is under the command of the call.

use std::fmt;

use crate::abi::{Abi, ArgumentIndex};
use crate::fit;
use crate::report::value_names::{ConstantFamily, names};
use crate::table::{self, Argument, ArgumentPlace, Domain, DomainKind, Signature};

/// A call with names for what has a name. Its text is `socket(family=AF_UNIX, type=SOCK_STREAM, protocol=0)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodedCall {
    /// The ABI of the call.
    pub abi: Abi,
    /// Its number, as in `seccomp_data.nr`.
    pub nr: u32,
    /// Its name; `None` for a number that the tables do not know.
    pub name: Option<&'static str>,
    /// The arguments that it has, or all six registers if the tables do not know them.
    pub arguments: Vec<DecodedArgument>,
}

/// An argument of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodedArgument {
    /// The kernel's name of the argument. Empty if it has none, or if the tables do not know the arguments of the call.
    pub name: &'static str,
    /// The bits that the kernel uses of the register. `None` if the register is not known.
    pub value: Option<u64>,
    /// The value as text: `O_RDONLY|O_CLOEXEC`, `3`, `0x7ffc00001000`; `?` if it is not known.
    pub text: String,
    /// The value as a rule has it, with spaces, if the argument is one of a list or made of flags: what a rule would
    /// compare.
    pub chosen: Option<String>,
}

/// The call `nr` of `abi` with names; `None` for a register whose value is not known.
#[must_use]
pub fn decode(abi: Abi, nr: u32, registers: [Option<u64>; 6]) -> DecodedCall {
    let name = table::name(abi, nr);
    let signature = name.and_then(|name| table::signature(abi, name));
    let mut arguments = Vec::new();
    match (name, signature.filter(table::Signature::is_known)) {
        (Some(call), Some(signature)) => {
            for (argument, register) in signature.registers().iter().zip(registers) {
                let domain = domain(abi, call, &signature, argument, &registers);
                arguments.push(
                    ArgumentFormat::of(abi, call, argument, domain)
                        .decoded(argument.name, register),
                );
            }
        }
        _ => {
            for value in registers {
                let text = value.map_or_else(|| "?".to_owned(), |value| format!("{value:#x}"));
                arguments.push(DecodedArgument { name: "", value, text, chosen: None });
            }
        }
    }
    DecodedCall { abi, nr, name, arguments }
}

/// The domain of an argument. The command of a call may say more about it than the name of the call.
fn domain(
    abi: Abi,
    call: &str,
    signature: &Signature,
    argument: &Argument,
    registers: &[Option<u64>; 6],
) -> Option<Domain> {
    if argument.half.is_some() {
        return None;
    }
    let general = table::domain(abi, call, argument.name);
    let Some(decider) = table::decided_by(call, argument.name) else { return general };
    let Some(ArgumentPlace::At(position)) = signature.position(decider) else { return general };
    let Some(command) = registers[position as usize] else { return general };
    table::domain_under(abi, call, argument.name, command).or(general)
}

impl DecodedCall {
    /// An argument. `None` if the call has fewer.
    #[must_use]
    pub fn argument(&self, index: ArgumentIndex) -> Option<&DecodedArgument> {
        self.arguments.get(index as usize)
    }

    /// The target of the rule that allows this call: `socket(family == AF_UNIX, type == SOCK_STREAM)`. It compares the
    /// arguments whose domain is a list or flags, as they say what is asked for; descriptors, addresses, sizes and counts
    /// stay open.
    #[must_use]
    pub fn target(&self) -> String {
        let Some(name) = self.name else {
            return match self.nr {
                Abi::SKIPPED => "syscall(-1)".to_owned(),
                nr => format!("syscall({nr})"),
            };
        };
        let mut conditions = Vec::new();
        for argument in &self.arguments {
            if let Some(chosen) = &argument.chosen {
                conditions.push(format!("{} == {chosen}", argument.name));
            }
        }
        if conditions.is_empty() {
            return name.to_owned();
        }
        format!("{name}({})", conditions.join(", "))
    }
}

impl fmt::Display for DecodedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "call {}", self.nr as i32)?,
        }
        f.write_str("(")?;
        for (position, argument) in self.arguments.iter().enumerate() {
            f.write_str(if position > 0 { ", " } else { "" })?;
            match argument.name {
                "" if self.name.is_some() => write!(f, "a{position}=")?,
                "" => {}
                name => write!(f, "{name}=")?,
            }
            f.write_str(&argument.text)?;
        }
        f.write_str(")")
    }
}

/// The number above which a size or a count is written in hexadecimal.
const LARGE: u64 = 0xffff;

/// What an argument is, which determines how its numbers are written when no constant has the value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    Number,
    Address,
    Flags,
    List,
    Name,
    FileMode,
}

/// How the values of an argument are written.
struct ArgumentFormat {
    kind: ArgumentKind,
    /// The bits that the kernel uses.
    bits: u32,
    signed: bool,
    families: Vec<ConstantFamily>,
    /// The bits that the kernel removes before it compares the rest.
    ignored: u64,
}

impl ArgumentFormat {
    fn of(abi: Abi, call: &str, argument: &Argument, domain: Option<Domain>) -> Self {
        let ty = argument.ty;
        let kind = match domain {
            _ if ty.pointer => ArgumentKind::Address,
            Some(Domain { address: true, .. }) => ArgumentKind::Address,
            Some(domain) if domain.is_file_mode() => ArgumentKind::FileMode,
            Some(Domain { kind: DomainKind::Flags, .. }) => ArgumentKind::Flags,
            Some(Domain { kind: DomainKind::List, .. }) => ArgumentKind::List,
            Some(Domain { kind: DomainKind::Name, .. }) => ArgumentKind::Name,
            Some(Domain { kind: DomainKind::Number | DomainKind::Opaque, .. }) | None => {
                ArgumentKind::Number
            }
        };
        let named = matches!(kind, ArgumentKind::Flags | ArgumentKind::List | ArgumentKind::Name);
        let domain = domain.filter(|_| named);
        Self {
            kind,
            bits: ty.bits,
            signed: ty.signed,
            families: domain.map(|domain| names(abi, call, &domain)).unwrap_or_default(),
            ignored: domain.map_or(0, |domain| domain.ignored_bits(abi)),
        }
    }

    fn decoded(&self, name: &'static str, register: Option<u64>) -> DecodedArgument {
        let Some(register) = register else {
            return DecodedArgument { name, value: None, text: "?".to_owned(), chosen: None };
        };
        let value = self.used(register);
        let is_chosen =
            !name.is_empty() && matches!(self.kind, ArgumentKind::Flags | ArgumentKind::List);
        DecodedArgument {
            name,
            value: Some(value),
            text: self.text(value, "|"),
            chosen: is_chosen.then(|| self.text(value, " | ")),
        }
    }

    fn used(&self, register: u64) -> u64 {
        register & fit::ones(self.bits)
    }

    fn as_signed(&self, value: u64) -> i64 {
        let unused = 64_u32.saturating_sub(self.bits);
        ((value << unused) as i64) >> unused
    }

    /// The bits of a constant, if it is a value of the argument: no bit is lost, or only copies of the sign are.
    fn bits_of_constant(&self, constant: u64) -> Option<u64> {
        let bits = self.used(constant);
        (bits == constant || self.as_signed(bits) as u64 == constant).then_some(bits)
    }

    fn constants(&self) -> impl Iterator<Item = (String, u64)> {
        self.families.iter().flat_map(|family| {
            let named =
                |(rest, value): &(&str, u64)| (format!("{}{rest}", family.beginning), *value);
            family.members.iter().map(named)
        })
    }

    fn text(&self, value: u64, joint: &str) -> String {
        let named = match self.kind {
            ArgumentKind::Flags => self.flags(value, joint),
            ArgumentKind::List | ArgumentKind::Name => self.one_of(value, joint),
            ArgumentKind::Number | ArgumentKind::Address | ArgumentKind::FileMode => None,
        };
        named.unwrap_or_else(|| self.number(value))
    }

    fn number(&self, value: u64) -> String {
        let signed = self.as_signed(value);
        match self.kind {
            ArgumentKind::Address if value != 0 => format!("{value:#x}"),
            ArgumentKind::FileMode => format!("{value:#o}"),
            ArgumentKind::Name => signed.to_string(),
            ArgumentKind::Flags | ArgumentKind::List if value > 0xff => format!("{value:#x}"),
            ArgumentKind::Number | ArgumentKind::List
                if self.signed && signed.unsigned_abs() <= LARGE =>
            {
                signed.to_string()
            }
            ArgumentKind::Number | ArgumentKind::List if value > LARGE => format!("{value:#x}"),
            ArgumentKind::Number
            | ArgumentKind::List
            | ArgumentKind::Flags
            | ArgumentKind::Address => value.to_string(),
        }
    }

    /// One of several values, with bits that the kernel removes from it.
    fn one_of(&self, value: u64, joint: &str) -> Option<String> {
        let (rest, kept) = (value & self.ignored, value & !self.ignored);
        let (name, _) =
            self.constants().find(|(_, bits)| self.bits_of_constant(*bits) == Some(kept))?;
        if rest == 0 {
            return Some(name);
        }
        let rest = self.bits_of(rest, joint).unwrap_or_else(|| format!("{rest:#x}"));
        Some(format!("{name}{joint}{rest}"))
    }

    fn flags(&self, value: u64, joint: &str) -> Option<String> {
        if value == 0 {
            return self.constants().find(|(_, bits)| *bits == 0).map(|(name, _)| name);
        }
        if self.signed && self.bits == 32 && value == 0xffff_ffff {
            return None;
        }
        self.bits_of(value, joint)
    }

    /// Names for the bits of `value`, the constant with the most bits first, and a number for those without a name.
    /// `None` if none has a name.
    fn bits_of(&self, value: u64, joint: &str) -> Option<String> {
        let (mut left, mut parts) = (value, Vec::new());
        while left != 0 {
            let mut best: Option<(String, u64)> = None;
            for (name, constant) in self.constants() {
                let bits = self.bits_of_constant(constant).unwrap_or(0);
                let most = best.as_ref().map_or(0, |(_, most)| most.count_ones());
                if bits & !left == 0 && bits.count_ones() > most {
                    best = Some((name, bits));
                }
            }
            match best {
                Some((name, bits)) => {
                    parts.push(name);
                    left &= !bits;
                }
                None if parts.is_empty() => return None,
                None => {
                    parts.push(format!("{left:#x}"));
                    left = 0;
                }
            }
        }
        (!parts.is_empty()).then(|| parts.join(joint))
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::abi::Abi;
    use crate::table;

    fn decoded(abi: Abi, call: &str, registers: [u64; 6]) -> (String, String) {
        let nr = table::number(abi, call).expect(call);
        let decoded = decode(abi, nr, registers.map(Some));
        (decoded.to_string(), decoded.target())
    }

    #[test]
    fn a_call_has_the_names_of_its_arguments_and_of_their_values() {
        let expected = [
            (
                "socket",
                [38, 0x80005, 0, 9, 9, 9],
                "socket(family=AF_ALG, type=SOCK_SEQPACKET|SOCK_CLOEXEC, protocol=0)",
                "socket(family == AF_ALG, type == SOCK_SEQPACKET | SOCK_CLOEXEC)",
            ),
            (
                "openat",
                [0xffff_ff9c, 0x7ffc_0000_1000, 0o2_000_101, 0o644, 0, 0],
                "openat(dfd=AT_FDCWD, filename=0x7ffc00001000, flags=O_CLOEXEC|O_CREAT|O_WRONLY, mode=0o644)",
                "openat(flags == O_CLOEXEC | O_CREAT | O_WRONLY)",
            ),
            ("close", [u64::MAX, 0, 0, 0, 0, 0], "close(fd=-1)", "close"),
            (
                "rt_sigprocmask",
                [2, 0, 0, 8, 0, 0],
                "rt_sigprocmask(how=SIG_SETMASK, nset=0, oset=0, sigsetsize=8)",
                "rt_sigprocmask(how == SIG_SETMASK)",
            ),
            ("getpid", [7; 6], "getpid()", "getpid"),
            // No constant of a socket's type is 0.
            (
                "socket",
                [1, 0, 0, 0, 0, 0],
                "socket(family=AF_UNIX, type=0, protocol=0)",
                "socket(family == AF_UNIX, type == 0)",
            ),
            // What an argument is under a command.
            (
                "setsockopt",
                [3, 6, 1, 0x7ffc_0000_1000, 4, 0],
                "setsockopt(fd=3, level=SOL_TCP, optname=TCP_NODELAY, optval=0x7ffc00001000, optlen=4)",
                "setsockopt(level == SOL_TCP, optname == TCP_NODELAY)",
            ),
            (
                "setsockopt",
                [3, 1, 1, 0, 0, 0],
                "setsockopt(fd=3, level=SOL_SOCKET, optname=SO_DEBUG, optval=0, optlen=0)",
                "setsockopt(level == SOL_SOCKET, optname == SO_DEBUG)",
            ),
            (
                "fcntl",
                [3, 4, 0o4000, 0, 0, 0],
                "fcntl(fd=3, cmd=F_SETFL, arg=O_NONBLOCK)",
                "fcntl(cmd == F_SETFL, arg == O_NONBLOCK)",
            ),
        ];
        for (call, registers, text, target) in expected {
            let (is, of) = decoded(Abi::X86_64, call, registers);
            assert_eq!((is.as_str(), of.as_str()), (text, target));
        }
    }

    #[test]
    fn an_unknown_name_or_value_is_shown_as_unknown() {
        let unknown =
            decode(Abi::X86_64, 5000, [Some(0x10), None, Some(0), Some(0), Some(0), Some(0)]);
        assert_eq!(unknown.to_string(), "call 5000(0x10, ?, 0x0, 0x0, 0x0, 0x0)");
        assert_eq!(unknown.target(), "syscall(5000)");
        let no_arguments = decode(Abi::X86_64, 41, [None; 6]);
        assert_eq!(no_arguments.to_string(), "socket(family=?, type=?, protocol=?)");
        assert_eq!(no_arguments.target(), "socket");
        assert_eq!(decode(Abi::Arm, Abi::SKIPPED, [None; 6]).target(), "syscall(-1)");
    }

    /// With random registers, every call of every ABI is decoded, and its target begins with the name of the call.
    #[test]
    fn every_call_of_every_abi_can_be_decoded() {
        let mut random = crate::seeds::Seeded::new_in_each_run();
        let seed = random.seed();
        for &abi in Abi::ALL {
            for (nr, name) in table::calls(abi) {
                let registers = [(); 6].map(|()| Some(random.u64(..) >> random.u32(..64)));
                let decoded = decode(abi, nr, registers);
                assert!(decoded.target().starts_with(name), "{abi} {name}, seed {seed}");
                assert!(decoded.to_string().starts_with(&format!("{name}(")), "{abi} {name}");
            }
        }
    }
}
