//! The bytes in which the handler of a program looks.
//!
//! `seccomp-install/src/report/tables.rs` reads them, in the same version of this project, and defines the form.

use super::constants::{self, ConstantFamily};
use super::traps::{Denial, Denier, Report};
use crate::policy::{AbiPolicy, Condition, Origin, Policy, PolicyAction};
use crate::resolve::RuleSource;
use crate::table::{self, Domain, DomainKind, Signature};
use crate::tree::{ItemKind, ReportNames, Span, Tree};

/// A place in a source.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Place {
    /// The file, as the compiler of the program names it. Empty if it is not known.
    pub file: String,
    /// The line, from 1. 0 if it is not known.
    pub line: u32,
}

/// The number of arguments of a call whose arguments are unknown.
const UNKNOWN_ARGUMENTS: u64 = 7;

/// The order of what is no rule.
const NO_RULE: u64 = 0;

/// The order of a rule, above [`NO_RULE`].
fn order_of(origin: Origin) -> u64 {
    u64::from(origin.0) + 1
}

/// The bytes for the program with this policy, which has the traps of `report`. `place` says where in the source a
/// span is.
#[must_use]
pub fn tables(
    report: &Report,
    policy: &Policy,
    tree: &Tree,
    origins: &[RuleSource],
    place: &dyn Fn(Span) -> Place,
) -> Vec<u8> {
    let mut writer = TableWriter { tree, origins, place, files: Vec::new() };
    let denials = writer.denials(report);
    let mut rules = Vec::new();
    let mut names = NameTable::default();
    for part in &policy.abis {
        if part.abi == report.target {
            rules = writer.rules(part);
            if report.names != ReportNames::None {
                names.add_calls(part, report);
            }
        }
    }
    let mut files = Vec::new();
    for file in &writer.files {
        text(&mut files, file);
    }
    let mut all = Vec::new();
    for section in [files, denials, rules, names.calls, names.arguments, names.domains] {
        bytes(&mut all, &section);
    }
    all
}

/// Adds a number in groups of seven bits, the lowest first; all but the last have their eighth bit set.
fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Adds bytes with their length before them.
fn bytes(out: &mut Vec<u8>, added: &[u8]) {
    number(out, added.len() as u64);
    out.extend_from_slice(added);
}

fn text(out: &mut Vec<u8>, added: &str) {
    bytes(out, added.as_bytes());
}

struct TableWriter<'a> {
    tree: &'a Tree,
    origins: &'a [RuleSource],
    place: &'a dyn Fn(Span) -> Place,
    files: Vec<String>,
}

impl TableWriter<'_> {
    /// Adds the place of a span, if there is one: the number of its file, and its line.
    fn place(&mut self, out: &mut Vec<u8>, span: Option<Span>) {
        let Place { file, line } = match span {
            Some(span) => (self.place)(span),
            None => Place { file: String::new(), line: 0 },
        };
        let known = self.files.iter().position(|known| *known == file);
        let index = known.unwrap_or_else(|| {
            self.files.push(file);
            self.files.len() - 1
        });
        number(out, index as u64);
        number(out, line.into());
    }

    fn denials(&mut self, report: &Report) -> Vec<u8> {
        let mut out = Vec::new();
        for &Denial { data, by } in &report.denials {
            let (order, span, said) = match by {
                Denier::Rule(origin) => {
                    let rule = &self.origins[origin.0 as usize];
                    (order_of(origin), Some(rule.span), rule.quote(self.tree))
                }
                Denier::Unknown | Denier::Default | Denier::BadArch => {
                    let (span, said) = self.item(by);
                    // Nothing is written where `bad_arch` is left out: the place is that of the policy.
                    (NO_RULE, span, said)
                }
            };
            number(&mut out, data.into());
            number(&mut out, order);
            self.place(&mut out, span);
            text(&mut out, &said);
        }
        out
    }

    /// The place and the text of an item that a policy has once.
    fn item(&self, by: Denier) -> (Option<Span>, String) {
        for item in &self.tree.items {
            let answer = match (&item.kind, by) {
                (ItemKind::Default(answer), Denier::Default)
                | (ItemKind::Unknown(answer), Denier::Unknown)
                | (ItemKind::BadArch(answer), Denier::BadArch) => answer,
                _ => continue,
            };
            return (Some(answer.keyword.span), answer.quote());
        }
        (None, "bad_arch kill".to_owned())
    }

    /// The rules with conditions: only these can have a call that they do not decide.
    fn rules(&mut self, part: &AbiPolicy) -> Vec<u8> {
        let mut out = Vec::new();
        for rule in &part.rules {
            if rule.condition == Condition::Always {
                continue;
            }
            let source = &self.origins[rule.origin.0 as usize];
            let span = source.span;
            let said = match &self.tree.item(source.item).kind {
                ItemKind::Report(_) => "allow write(fd == 2)".to_owned(),
                _ => source.quote(self.tree),
            };
            for &call in &rule.numbers {
                number(&mut out, call.into());
                number(&mut out, order_of(rule.origin));
                self.place(&mut out, Some(span));
                text(&mut out, &said);
            }
        }
        out
    }
}

/// The calls of an ABI that a policy may deny, their arguments, and the constants for these. What calls share is
/// there once.
#[derive(Default)]
struct NameTable {
    calls: Vec<u8>,
    arguments: Vec<u8>,
    domains: Vec<u8>,
    /// The bytes of each argument, to find equal ones.
    known_arguments: Vec<Vec<u8>>,
    known_domains: Vec<Vec<u8>>,
    /// The domain of each argument that was met: its number, or 0 if it has no constants.
    met: Vec<(Domain, &'static str, u64)>,
}

impl NameTable {
    fn add_calls(&mut self, part: &AbiPolicy, report: &Report) {
        let mut last = 0;
        for (call, name) in table::calls(part.abi) {
            if !may_be_denied(part, call) {
                continue;
            }
            let step = u64::from(call - last) << 3;
            last = call;
            match table::signature(part.abi, name) {
                Some(signature) if report.names == ReportNames::All && signature.is_known() => {
                    self.add_arguments(part, step, name, &signature);
                }
                _ => {
                    number(&mut self.calls, step | UNKNOWN_ARGUMENTS);
                    text(&mut self.calls, name);
                }
            }
        }
    }

    /// Adds a call, and its arguments. `step` is its number less the last one, times 8.
    fn add_arguments(
        &mut self,
        part: &AbiPolicy,
        step: u64,
        call: &'static str,
        signature: &Signature,
    ) {
        let registers = signature.registers();
        let count = registers.len().min(6);
        number(&mut self.calls, step | count as u64);
        text(&mut self.calls, call);
        for argument in &registers[..count] {
            let ty = argument.ty;
            let domain = match argument.half {
                None => table::domain(part.abi, call, argument.name),
                Some(_) => None,
            };
            let format = match domain {
                _ if ty.pointer => 1,
                Some(Domain { address: true, .. }) => 1,
                Some(domain) if domain.is_file_mode() => 5,
                Some(Domain { kind: DomainKind::Flags, .. }) => 2,
                Some(Domain { kind: DomainKind::List, .. }) => 3,
                Some(Domain { kind: DomainKind::Name, .. }) => 4,
                Some(Domain { kind: DomainKind::Number | DomainKind::Opaque, .. }) | None => 0,
            };
            let width = ty.bits.trailing_zeros().saturating_sub(3) as u8;
            let domain = match domain {
                Some(domain) if (2..=4).contains(&format) => self.domain(part, call, domain),
                _ => 0,
            };
            let mut bytes = Vec::new();
            text(&mut bytes, argument.name);
            bytes.push(width | u8::from(ty.signed) << 2 | format << 3);
            number(&mut bytes, domain);
            let index = add(&mut self.known_arguments, &mut self.arguments, bytes, false);
            number(&mut self.calls, index);
        }
    }

    /// The number of a domain, from 1; 0 if it has no constants.
    fn domain(&mut self, part: &AbiPolicy, call: &'static str, domain: Domain) -> u64 {
        // A call with commands has names of its own: those come first.
        let own = call == "ioctl" || table::selector(call).is_some();
        let of = if own { call } else { "" };
        for (known, with, number) in &self.met {
            if *known == domain && *with == of {
                return *number;
            }
        }
        let mut bytes = Vec::new();
        let families = constants::names(part.abi, call, &domain);
        if !families.is_empty() {
            number(&mut bytes, domain.ignored_bits(part.abi));
        }
        for ConstantFamily { beginning, members } in families {
            text(&mut bytes, beginning);
            number(&mut bytes, members.len() as u64);
            for (rest, value) in members {
                text(&mut bytes, rest);
                number(&mut bytes, value);
            }
        }
        let index = if bytes.is_empty() {
            0
        } else {
            1 + add(&mut self.known_domains, &mut self.domains, bytes, true)
        };
        self.met.push((domain, of, index));
        index
    }
}

/// The number of an entry, which is added if it is new.
fn add(known: &mut Vec<Vec<u8>>, out: &mut Vec<u8>, entry: Vec<u8>, with_length: bool) -> u64 {
    let index = known.iter().position(|other| *other == entry);
    let index = index.unwrap_or_else(|| {
        if with_length {
            bytes(out, &entry);
        } else {
            out.extend_from_slice(&entry);
        }
        known.push(entry);
        known.len() - 1
    });
    index as u64
}

/// Whether the policy traps the call for some arguments.
fn may_be_denied(part: &AbiPolicy, call: u32) -> bool {
    for rule in &part.rules {
        if rule.numbers.binary_search(&call).is_err() {
            continue;
        }
        if is_trap(rule.action) {
            return true;
        }
        if rule.condition == Condition::Always {
            return false;
        }
    }
    is_trap(part.unmatched(call))
}

/// Whether the action is a trap: a policy with `report` has no kills.
fn is_trap(action: PolicyAction) -> bool {
    match action {
        PolicyAction::Action(action) => action.signals(),
        PolicyAction::ErrnoOf(_) => false,
    }
}
