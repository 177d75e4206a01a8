//! Which kind of value an argument takes, and which constants belong to it.

use super::column_name;
use super::constants::{Constant, ConstantLookup, constant, constants_beginning, is_ioctl_command};
use super::frequency::frequency;
use super::numbers::number;
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
    /// A descriptor, a process, a user or a key: one of many values, whose single bits have no meaning.
    Name,
    /// An address, a size or a count.
    Number,
    /// Any value: what it means depends on the call.
    Opaque,
}

/// What the tables know about an argument besides its type.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Domain {
    /// The kind of value.
    pub kind: DomainKind,
    /// Whether the value is an address.
    pub address: bool,
    /// Whether the value is a process, a thread or a group of processes.
    pub process: bool,
    /// What it is, as the table says: "flags", "size".
    pub(crate) word: &'static str,
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
    let row = DOMAINS.rows_of(call).find(|row| cell(row, 1) == argument)?;
    Some(of_row(row, abi))
}

/// The kernel's name of the argument whose value decides the domain of `argument`: "cmd" for `arg` of `fcntl`.
#[must_use]
pub fn decided_by(call: &str, argument: &str) -> Option<&'static str> {
    DOMAINS.rows_of(call).find_map(|row| match under(row) {
        Some((of, decider, _)) if of == argument => Some(decider),
        _ => None,
    })
}

/// The domain of an argument if the argument that decides it ([`decided_by`]) has this value. `None` if the table does
/// not say.
///
/// Source: the comment of `data/domains.tsv`.
#[must_use]
pub fn domain_under(abi: Abi, call: &str, argument: &str, value: u64) -> Option<Domain> {
    for row in DOMAINS.rows_of(call) {
        let Some((of, _, values)) = under(row) else { continue };
        if of == argument && values.split(',').any(|name| is_value(abi, name, value)) {
            return Some(of_row(row, abi));
        }
    }
    None
}

/// The parts of "arg@cmd=F_SETFD": the argument, the argument that decides its domain, and the values of the latter.
fn under(row: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (argument, condition) = cell(row, 1).split_once('@')?;
    let (decider, values) = condition.split_once('=')?;
    Some((argument, decider, values))
}

fn is_value(abi: Abi, name: &str, value: u64) -> bool {
    match constant(abi, name) {
        ConstantLookup::Value(constant) => constant.value as u32 == value as u32,
        _ => false,
    }
}

fn of_row(row: &'static str, abi: Abi) -> Domain {
    let kind = match cell(row, 2) {
        "flags" => DomainKind::Flags,
        "list" => DomainKind::List,
        "descriptor" | "process" | "user" | "key" => DomainKind::Name,
        "opaque" => DomainKind::Opaque,
        _ => DomainKind::Number,
    };
    let ignored = match cell(row, 4).split_once('@') {
        Some((ignored, abis)) if is_listed(abis, column_name(abi)) => ignored,
        Some(_) => "-",
        None => cell(row, 4),
    };
    let word = cell(row, 2);
    let (address, process) = (word == "address", word == "process");
    Domain { kind, address, process, word, constants: cell(row, 3), ignored, added: cell(row, 5) }
}

/// The domain of the number of `errno`.
///
/// Source: `include/uapi/asm-generic/errno-base.h` and the `asm/errno.h` of each architecture, Linux 7.3: all of their names, and of
/// the names of `data/constants.tsv` no others.
#[must_use]
pub fn errno_domain() -> Domain {
    Domain {
        kind: DomainKind::Opaque,
        address: false,
        process: false,
        word: "errno",
        constants: "E* !ioctl !EPOLL* !EXIT_* !EFD_* !ETH_* !EBT_*",
        ignored: "-",
        added: "-",
    }
}

/// The call and the argument that a constant belongs to. If there are several, the call that is made most often.
#[must_use]
pub fn owner(abi: Abi, constant: &str) -> Option<(&'static str, &'static str)> {
    let (mut owner, mut most) = (None, 0);
    for row in DOMAINS.rows() {
        let of = of_row(row, abi);
        if of.kind == DomainKind::Number || of.takes_any() || !of.has(constant) {
            continue;
        }
        let Some(call) = number(abi, cell(row, 0)) else { continue };
        let argument = under(row).map_or(cell(row, 1), |(argument, _, _)| argument);
        if frequency(abi, call) > most {
            most = frequency(abi, call);
            owner = Some((cell(row, 0), argument));
        }
    }
    owner
}

impl Domain {
    /// The constants that belong to it, as the table has them.
    pub(crate) fn patterns(&self) -> &'static str {
        self.constants
    }

    /// Whether any constant may belong to it.
    #[must_use]
    pub fn takes_any(&self) -> bool {
        self.constants.split(' ').any(|pattern| pattern == "*")
    }

    /// Whether a constant of that name belongs to it.
    #[must_use]
    pub fn has(&self, constant: &str) -> bool {
        let mut has = false;
        for pattern in self.constants.split(' ') {
            match pattern.strip_prefix('!') {
                Some(excluded) if matches(excluded, constant) => return false,
                Some(_) => {}
                None => has = has || matches(pattern, constant),
            }
        }
        has
    }

    /// The constants that belong to it on an ABI, in the order of the table: for each beginning of names, those
    /// that begin so. The beginning of a constant that the table names exactly is empty.
    #[must_use]
    pub fn members(&self, abi: Abi) -> Vec<(&'static str, Vec<(&'static str, Constant)>)> {
        let mut members = Vec::new();
        for pattern in self.constants.split(' ').filter(|pattern| !pattern.starts_with('!')) {
            match pattern.strip_suffix('*') {
                // Any constant: none belongs to it more than others.
                Some("") => {}
                // Sizes: a number is more often meant as such.
                None if pattern.starts_with('*') => {}
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

    /// Whether its constants are the permissions of a file and nothing else: numbers in octal.
    #[must_use]
    pub fn is_file_mode(&self) -> bool {
        self.constants.starts_with("S_*")
    }

    /// The constants that belong to it, for a message: "`PROT_*`". If there are many, only the first ones. Not useful
    /// if it takes any constant.
    #[must_use]
    pub fn constants(&self) -> String {
        let mut all = Vec::new();
        for pattern in self.constants.split(' ') {
            match pattern {
                "ioctl" => return "the commands of the kernel's headers".to_owned(),
                "-" => return "none".to_owned(),
                pattern if pattern.starts_with('!') => {}
                pattern => all.push(pattern),
            }
        }
        let shown = all.len().min(SHOWN);
        let mut text = format!("`{}`", all[..shown].join("`, `"));
        if shown < all.len() {
            text.push_str(" and others");
        }
        text
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

/// Whether the name of a constant matches a pattern of the table. The usual form of a pattern is "PROT_*".
fn matches(pattern: &str, constant: &str) -> bool {
    match pattern.as_bytes() {
        b"ioctl" => is_ioctl_command(constant),
        [beginning @ .., b'*'] => constant.as_bytes().starts_with(beginning),
        [b'*', end @ ..] => constant.as_bytes().ends_with(end),
        exactly => exactly == constant.as_bytes(),
    }
}

/// The most kinds of constants that a message names.
const SHOWN: usize = 8;

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
    use super::{DOMAINS, DomainKind, cell, decided_by, domain, domain_under, of_row, under};
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
            let call = cell(row, 0);
            match under(row) {
                None => assert!(seen.contains(&(call, cell(row, 1))), "{row}"),
                Some((argument, decider, _)) => {
                    assert!(seen.contains(&(call, argument)), "{row}");
                    assert!(seen.contains(&(call, decider)), "{row}");
                    assert_eq!(decided_by(call, argument), Some(decider), "{row}");
                }
            }
        }
    }

    #[test]
    fn every_domain_has_constants_and_the_bits_that_it_names() {
        let names: Vec<_> = constants().collect();
        for row in DOMAINS.rows() {
            for pattern in cell(row, 3).split(' ') {
                let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
                let known = match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
                    (Some(beginning), _) => names.iter().any(|name| name.starts_with(beginning)),
                    (None, Some(end)) => names.iter().any(|name| name.ends_with(end)),
                    (None, None) => ["-", "ioctl"].contains(&pattern) || names.contains(&pattern),
                };
                assert!(known, "{pattern}: {row}");
            }
            let without = ["*", "-"].contains(&cell(row, 3));
            let of = of_row(row, Abi::X86_64);
            assert!(without || names.iter().any(|name| of.has(name)), "{row}");
            for value in under(row).map_or("", |(_, _, values)| values).split_terminator(',') {
                assert!(names.contains(&value), "{value}: {row}");
            }
            let kinds = [
                "flags",
                "list",
                "descriptor",
                "process",
                "user",
                "key",
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
        let fcntl = |command| domain_under(Abi::X86_64, "fcntl", "arg", command);
        assert!(fcntl(2).expect("F_SETFD").has("FD_CLOEXEC"));
        assert!(!fcntl(2).expect("F_SETFD").has("O_CLOEXEC"));
        assert!(fcntl(4).expect("F_SETFL").has("O_NONBLOCK"));
        assert_eq!(fcntl(999), None);
        let shmctl = |abi| domain(abi, "shmctl", "cmd").expect("an argument").ignored_bits(abi);
        assert_eq!((shmctl(Abi::X86_64), shmctl(Abi::Arm)), (0, 0x100));
    }
}
