//! Which kind of value an argument takes, and which constants belong to it.

use super::column_name;
use super::constants::{Constant, ConstantLookup, constant, constants_beginning, is_ioctl_command};
use super::tsv::{Tsv, cell, is_listed};
use crate::abi::Abi;

static DOMAINS: Tsv = Tsv::new(include_bytes!("../../data/domains.tsv"));

/// The kind of value that an argument takes.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub enum DomainKind {
    /// Bits, each with a meaning of its own.
    Flags,
    /// One of several values.
    List,
    /// A descriptor, a process or a user: one of many values, whose single bits have no meaning.
    Name,
    /// An address, a size, a count, or something unknown.
    Number,
}

/// What the tables know about an argument besides its type.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Domain {
    /// The kind of value.
    pub kind: DomainKind,
    /// Whether the value is an address.
    pub address: bool,
    /// The constants that belong to it, as in `data/domains.tsv`.
    constants: &'static str,
    /// The constants whose bits the kernel removes before it compares the rest, separated by spaces.
    ignored: &'static str,
    /// The constants whose bits C libraries or Rust always add, separated by spaces.
    added: &'static str,
}

/// The domain of the argument with that kernel name. `None` if the call has no such argument, or if it is a pointer.
///
/// Source: the comment of `data/domains.tsv`.
#[must_use]
pub fn domain(abi: Abi, call: &str, argument: &str) -> Option<Domain> {
    for row in DOMAINS.rows_of(call) {
        if cell(row, 1) != argument {
            continue;
        }
        let kind = match cell(row, 2) {
            "flags" => DomainKind::Flags,
            "list" => DomainKind::List,
            "descriptor" | "process" | "user" => DomainKind::Name,
            _ => DomainKind::Number,
        };
        let ignored = match cell(row, 4).split_once('@') {
            Some((ignored, abis)) if is_listed(abis, column_name(abi)) => ignored,
            Some(_) => "-",
            None => cell(row, 4),
        };
        let address = cell(row, 2) == "address";
        let (constants, added) = (cell(row, 3), cell(row, 5));
        return Some(Domain { kind, address, constants, ignored, added });
    }
    None
}

impl Domain {
    /// The constants that belong to it, as the table has them.
    pub(crate) fn patterns(&self) -> &'static str {
        self.constants
    }

    /// Whether a constant of that name belongs to it.
    #[must_use]
    pub fn has(&self, constant: &str) -> bool {
        // The usual form: "PROT_*".
        let mut has = false;
        for pattern in self.constants.split(' ') {
            match pattern.as_bytes() {
                [b'!', excluded @ ..] if excluded == constant.as_bytes() => return false,
                b"ioctl" => has |= is_ioctl_command(constant),
                [beginning @ .., b'*'] => has |= constant.as_bytes().starts_with(beginning),
                exactly => has |= exactly == constant.as_bytes(),
            }
        }
        has
    }

    /// The constants that belong to it on an ABI, in the order of the table: for each beginning of names, those
    /// that begin so. The beginning of a constant that the table names exactly is empty.
    #[must_use]
    pub fn members(&self, abi: Abi) -> Vec<(&'static str, Vec<(&'static str, Constant)>)> {
        let mut members = Vec::new();
        for pattern in self.constants.split(' ') {
            match pattern.strip_suffix('*') {
                // Any constant: none belongs to it more than others.
                Some("") => {}
                Some(beginning) => {
                    let mut found = constants_beginning(abi, beginning);
                    found.retain(|(name, _)| self.has(name));
                    members.push((beginning, found));
                }
                None => {
                    if let ConstantLookup::Value(value) = constant(abi, pattern) {
                        members.push(("", vec![(pattern, value)]));
                    }
                }
            }
        }
        members
    }

    /// Whether its constants are the permissions of a file and nothing else: numbers that are read in octal.
    #[must_use]
    pub fn is_file_mode(&self) -> bool {
        self.constants == "S_*"
    }

    /// The constants that belong to it, for a message: "`PROT_*`".
    #[must_use]
    pub fn constants(&self) -> String {
        let mut all = String::new();
        for pattern in self.constants.split(' ') {
            if pattern == "ioctl" {
                return "the commands of the kernel's headers".to_owned();
            }
            if !pattern.starts_with('!') && pattern != "-" {
                all.push_str(if all.is_empty() { "`" } else { "`, `" });
                all.push_str(pattern);
            }
        }
        if all.is_empty() { "none".to_owned() } else { all + "`" }
    }

    /// The bits that the kernel removes on an ABI before it compares the rest.
    #[must_use]
    pub fn ignored_bits(&self, abi: Abi) -> u64 {
        bits(abi, self.ignored)
    }

    /// Those bits as text that can follow a `!`: "(SOCK_CLOEXEC | SOCK_NONBLOCK)".
    #[must_use]
    pub fn ignored(&self) -> String {
        in_parentheses(self.ignored)
    }

    /// The bits that C libraries or Rust always add, on an ABI.
    #[must_use]
    pub fn added_bits(&self, abi: Abi) -> u64 {
        bits(abi, self.added)
    }

    /// Those bits as text that can follow a `!`.
    #[must_use]
    pub fn added(&self) -> String {
        in_parentheses(self.added)
    }
}

/// Several constants joined with `|`, in parentheses; a single one without parentheses.
fn in_parentheses(names: &str) -> String {
    let mut joined = String::new();
    for name in names.split(' ') {
        joined.push_str(if joined.is_empty() { "(" } else { " | " });
        joined.push_str(name);
    }
    if joined.len() == names.len() + 1 {
        return names.to_owned();
    }
    joined.push(')');
    joined
}

/// The bits of several constants and numbers.
fn bits(abi: Abi, names: &str) -> u64 {
    let mut bits = 0;
    for name in names.split(' ') {
        if let Some(digits) = name.strip_prefix("0x") {
            bits |= u64::from_str_radix(digits, 16).unwrap_or(0);
        } else if let ConstantLookup::Value(constant) = constant(abi, name) {
            bits |= constant.value;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::{DOMAINS, DomainKind, cell, domain};
    use crate::abi::Abi;
    use crate::table::{calls, constants, signature};

    #[test]
    fn every_argument_that_is_no_pointer_has_a_domain_and_every_row_is_of_one() {
        let mut seen = std::collections::BTreeSet::new();
        for abi in Abi::ALL {
            for (_, call) in calls(*abi) {
                for argument in signature(*abi, call).expect("a call").registers() {
                    if argument.half.is_some() || argument.skipped || argument.name.is_empty() {
                        continue;
                    }
                    let known = domain(*abi, call, argument.name).is_some();
                    assert!(known || argument.ty.pointer, "{call}: {}", argument.name);
                    seen.insert((call, argument.name));
                }
            }
        }
        for row in DOMAINS.rows() {
            assert!(seen.contains(&(cell(row, 0), cell(row, 1))), "{row}");
        }
    }

    #[test]
    fn every_domain_has_constants_and_the_bits_that_it_names() {
        let names: Vec<_> = constants().collect();
        for row in DOMAINS.rows() {
            let (call, argument) = (cell(row, 0), cell(row, 1));
            let of = domain(Abi::X86_64, call, argument).expect(row);
            let without = ["*", "-"].contains(&cell(row, 3));
            assert!(without || names.iter().any(|name| of.has(name)), "{row}");
            let kinds = [
                "flags",
                "list",
                "descriptor",
                "process",
                "user",
                "address",
                "size",
                "count",
                "opaque",
            ];
            assert!(kinds.contains(&cell(row, 2)), "{row}");
            for column in [4, 5] {
                for name in cell(row, column).split('@').next().unwrap_or_default().split(' ') {
                    let number =
                        name.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16));
                    let known =
                        names.binary_search(&name).is_ok() || number.is_some_and(|it| it.is_ok());
                    assert!(name == "-" || known, "{name}: {row}");
                }
            }
        }
    }

    #[test]
    fn a_domain_says_what_belongs_to_an_argument() {
        let of = |call, argument| domain(Abi::X86_64, call, argument).expect(call);
        assert!(of("socket", "type").has("SOCK_RAW") && !of("socket", "type").has("AF_INET"));
        assert!(of("clone", "clone_flags").has("CLONE_NEWUSER"));
        assert!(!of("clone", "clone_flags").has("CLONE_NEWTIME"));
        assert!(of("unshare", "unshare_flags").has("CLONE_NEWTIME"));
        assert_eq!(of("socket", "type").ignored_bits(Abi::X86_64), 0o2_004_000);
        assert_eq!(of("socket", "type").ignored(), "(SOCK_CLOEXEC | SOCK_NONBLOCK)");
        assert_eq!(of("read", "count").kind, DomainKind::Number);
        assert_eq!(domain(Abi::X86_64, "read", "buf"), None);
        let shmctl = |abi| domain(abi, "shmctl", "cmd").expect("an argument").ignored_bits(abi);
        assert_eq!((shmctl(Abi::X86_64), shmctl(Abi::Arm)), (0, 0x100));
    }
}
