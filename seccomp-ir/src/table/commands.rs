//! Calls with a command: an argument that gives the later ones their meaning.

use super::constants::{ConstantLookup, constant};
use super::signature::Argument;
use super::tsv::{Tsv, cell};
use super::types::Type;
use crate::abi::{Abi, Endian};

static COMMANDS: Tsv = Tsv::new(include_bytes!("../../data/commands.tsv"));

/// The argument of a call that is its command.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Selector {
    /// The kernel's name of the argument.
    pub argument: &'static str,
    /// The bits that the kernel removes before it reads the command.
    pub ignored: u64,
}

/// The argument of the call that gives other arguments their meaning, if there is one.
///
/// Source: the comment of `data/commands.tsv`.
#[must_use]
pub fn selector(call: &str) -> Option<Selector> {
    let (argument, ignored) = split_selector(cell(COMMANDS.row_of(call)?, 1));
    Some(Selector { argument, ignored })
}

/// "op~0x180"
fn split_selector(written: &'static str) -> (&'static str, u64) {
    match written.split_once('~') {
        Some((argument, bits)) => {
            let digits = bits.strip_prefix("0x").unwrap_or_default();
            (argument, u64::from_str_radix(digits, 16).unwrap_or(0))
        }
        None => (written, 0),
    }
}

/// Whether the kernel's use of that argument depends on the command.
#[must_use]
pub fn depends_on_command(call: &str, argument: &str) -> bool {
    COMMANDS.rows_of(call).any(|row| kind_in(row, argument).is_some())
}

/// Whether the constant of that name is a command of the call.
#[must_use]
pub fn is_command(call: &str, constant: &str) -> bool {
    COMMANDS.rows_of(call).any(|row| cell(row, 2) == constant)
}

/// The type in which the kernel uses an argument under a command. This is the type in `argument` if the
/// command does not affect the argument, and `None` if its use under this command is not known.
#[must_use]
pub fn type_under(abi: Abi, call: &str, argument: &Argument, command: u64) -> Option<Type> {
    let mut known = true;
    for row in COMMANDS.rows_of(call) {
        // The kind first, because a constant takes longer to look up.
        let Some(kind) = kind_in(row, argument.name) else { continue };
        if kind == "unknown" {
            known = false;
            continue;
        }
        let ignored = split_selector(cell(row, 1)).1;
        if value_of(abi, cell(row, 2)) != Some(command & !ignored & LOW) {
            continue;
        }
        let kind = if kind == "i32le" && abi.endian() == Endian::Little { "i32" } else { kind };
        return Some(argument.ty.used_as(kind));
    }
    known.then_some(argument.ty)
}

/// No command has more bits than these.
const LOW: u64 = 0xffff_ffff;

/// A command as a number.
fn value_of(abi: Abi, command: &str) -> Option<u64> {
    if let Ok(number) = command.parse() {
        return Some(number);
    }
    match constant(abi, command) {
        ConstantLookup::Value(constant) => Some(constant.value & LOW),
        _ => None,
    }
}

/// What a row says about an argument.
fn kind_in(row: &'static str, argument: &str) -> Option<&'static str> {
    for entry in cell(row, 3).split(' ') {
        if let Some((name, kind)) = entry.split_once('=') {
            if name == argument {
                return Some(kind);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, cell, kind_in, selector, split_selector, type_under, value_of};
    use crate::abi::Abi;
    use crate::table::{ArgumentPlace, signature};

    #[test]
    fn every_row_is_of_a_call_with_these_arguments_and_a_known_command() {
        for row in COMMANDS.rows() {
            let (call, command) = (cell(row, 0), cell(row, 2));
            let (argument, _) = split_selector(cell(row, 1));
            assert_eq!(selector(call).map(|one| one.argument), Some(argument), "{row}");
            let known = Abi::ALL.iter().filter(|abi| value_of(**abi, command).is_some());
            let rest = command == "*";
            assert!(rest || known.count() > 0, "{row}");
            let signatures = Abi::ALL.iter().filter_map(|abi| signature(*abi, call));
            let names = [argument]
                .into_iter()
                .chain(cell(row, 3).split(' ').map(|entry| entry.split_once('=').expect(row).0));
            let signatures = signatures.collect::<Vec<_>>();
            for name in names {
                let has = |signature: &crate::table::Signature| {
                    matches!(signature.position(name), Some(ArgumentPlace::At(_)))
                };
                assert!(signatures.iter().any(has), "{name} of {row}");
            }
            for entry in cell(row, 3).split(' ') {
                let kind = entry.split_once('=').expect(row).1;
                let kinds = ["none", "ptr", "i32", "u32", "u64", "i32le"];
                assert!(rest && kind == "unknown" || kinds.contains(&kind), "{row}");
            }
        }
    }

    #[test]
    fn no_command_of_a_call_has_two_rows() {
        for abi in Abi::ALL {
            let mut seen = std::collections::BTreeSet::new();
            for row in COMMANDS.rows() {
                let Some(value) = value_of(*abi, cell(row, 2)) else { continue };
                // F_GETLK64 and its kin are F_GETLK on some ABIs, with the same argument.
                let same =
                    seen.contains(&(cell(row, 0), value)) && kind_in(row, "arg") == Some("ptr");
                assert!(same || seen.insert((cell(row, 0), value)), "{abi:?}: {row}");
            }
        }
    }

    #[test]
    fn a_command_says_what_is_used_of_an_argument() {
        let of = |abi, call, name: &str, command| {
            let signature = signature(abi, call).expect("a call");
            let argument = signature.registers().iter().find(|one| one.name == name);
            let argument = argument.expect("an argument");
            let ty = type_under(abi, call, argument, command).expect("a command of the table");
            (ty.bits, ty.signed, ty.pointer, ty.ignored)
        };
        let long = (64, false, false, false);
        let int = (32, true, false, false);
        assert_eq!(of(Abi::X86_64, "fcntl", "arg", 0), int);
        assert_eq!(of(Abi::X86_64, "fcntl", "arg", 7), (64, false, true, false));
        assert_eq!(of(Abi::X86_64, "fcntl", "arg", 999), long);
        assert_eq!(of(Abi::X86_64, "semctl", "arg", 16), int);
        assert_eq!(of(Abi::X86_64, "semctl", "arg", 16 | 0x100), int);
        assert_eq!(of(Abi::S390x, "semctl", "arg", 16), long);
        assert_eq!(of(Abi::X86_64, "futex", "utime", 131), (32, false, false, false));
        assert_eq!(of(Abi::X86_64, "ioctl", "arg", 0x5421), (64, false, true, false));
        let ioctl = signature(Abi::X86_64, "ioctl").expect("a call");
        assert_eq!(type_under(Abi::X86_64, "ioctl", &ioctl.registers()[2], 0xae02), None);
    }
}
