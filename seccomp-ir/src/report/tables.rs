//! The bytes from which the handler of a program reads names and rules.
//!
//! `seccomp-install/src/report/tables.rs` reads them, in the same version of this project, and defines the form.

use seccomp_bpf::short::Pairs;

use super::shorten::Shortener;
use super::traps::{Denial, Denier, Report};
use super::value_names::{self, ConstantFamily};
use crate::policy::{AbiPolicy, Condition, Origin, Policy, PolicyAction};
use crate::resolve::RuleSource;
use crate::table::{self, Domain, DomainKind, Signature};
use crate::tree::{ItemKind, ReportNames, RustExpression, Span, Tree};

/// A line of a source.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct SourceLine {
    /// The file, as the compiler of the program names it. Empty if it is not known.
    pub file: String,
    /// The line, from 1. 0 if it is not known.
    pub line: u32,
}

/// After the text of a value of the running program comes its index in binary, the highest bit first, in these two bytes,
/// and then [`VALUE_END`]. No text has them: they are control characters.
const VALUE_BITS: [u8; 2] = [1, 2];
const VALUE_END: u8 = 0;

/// In a place, the byte for the first file of the tables. Bytes from here on are not in UTF-8.
const FIRST_FILE: u8 = 248;

/// The order of a part that is not a rule.
const NO_RULE: u64 = 0;

/// The order of a rule, above [`NO_RULE`].
fn order_of(origin: Origin) -> u64 {
    u64::from(origin.0) + 1
}

/// What a program carries for its reports.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Tables {
    /// The bytes that the handler reads.
    pub bytes: Vec<u8>,
    /// Whether the place of each part is in them. Otherwise the handler says where the policy is.
    pub have_places: bool,
}

/// The tables for the program with this policy, which has the traps of `report`. `place` says where in the source a
/// span is.
#[must_use]
pub fn tables(
    report: &Report,
    policy: &Policy,
    tree: &Tree,
    origins: &[RuleSource],
    place: &dyn Fn(Span) -> SourceLine,
) -> Tables {
    let mut writer = TableWriter { tree, origins, place, files: Vec::new() };
    let denying = writer.denials(report);
    let mut conditional = Vec::new();
    let mut names = NameTable::new();
    for part in &policy.abis {
        if part.abi == report.target {
            conditional = writer.rules(part);
            if report.names != ReportNames::None {
                names.add_calls(part, report);
            }
        }
    }
    let mut files = Vec::new();
    let mut have_places = true;
    for file in &writer.files {
        have_places &= !file.is_empty();
        add_bytes(&mut files, &readable(file));
    }
    let NameTable { calls, signatures, arguments, domains, .. } = names;
    let mut all = Vec::new();
    for section in
        [files, denials(denying), rules(conditional), calls.out, signatures.out, arguments, domains]
    {
        add_bytes(&mut all, &section);
    }
    Tables { bytes: all, have_places }
}

/// Adds a number in groups of seven bits, the highest first; all but the last have their eighth bit set.
fn number(out: &mut Vec<u8>, number: u64) {
    let mut left = 9;
    while left > 0 {
        if number >> (7 * left) != 0 {
            out.push((number >> (7 * left)) as u8 | 0x80);
        }
        left -= 1;
    }
    out.push(number as u8 & 0x7f);
}

/// Adds bytes with their length before them.
fn add_bytes(out: &mut Vec<u8>, added: &[u8]) {
    number(out, added.len() as u64);
    out.extend_from_slice(added);
}

/// A text without control characters: those mean something to the handler.
fn readable(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }).collect()
}

/// A section whose entries have keys that ascend.
#[derive(Default)]
struct Keyed {
    out: Vec<u8>,
    next: u32,
}

impl Keyed {
    /// Adds an entry, which is not empty.
    fn add(&mut self, key: u32, entry: &[u8]) {
        if key > self.next {
            number(&mut self.out, 0);
            number(&mut self.out, (key - self.next).into());
        }
        add_bytes(&mut self.out, entry);
        self.next = key + 1;
    }
}

/// A section with the denials.
fn denials(mut parts: Vec<(u16, Vec<u8>)>) -> Vec<u8> {
    parts.sort_by_key(|(data, _)| *data);
    let mut keyed = Keyed::default();
    for (data, part) in parts {
        keyed.add(data.into(), &part);
    }
    keyed.out
}

/// A section with the rules of each call, which keep their order.
fn rules(mut parts: Vec<(u32, Vec<u8>)>) -> Vec<u8> {
    parts.sort_by_key(|(call, _)| *call);
    let mut keyed = Keyed::default();
    for of_call in parts.chunk_by(|(left, _), (right, _)| left == right) {
        let mut rules = Vec::new();
        for (_, part) in of_call {
            add_bytes(&mut rules, part);
        }
        keyed.add(of_call[0].0, &rules);
    }
    keyed.out
}

struct TableWriter<'a> {
    tree: &'a Tree,
    origins: &'a [RuleSource],
    place: &'a dyn Fn(Span) -> SourceLine,
    files: Vec<String>,
}

impl TableWriter<'_> {
    /// The text of a rule for one target, with the indices of the values of the running program in it.
    fn rule(&self, source: &RuleSource) -> Vec<u8> {
        let quoted = source.quote(self.tree);
        let values = match &self.tree.item(source.item).kind {
            ItemKind::Rule(rule) => rule.run_time_values(source.target),
            // Whatever else: no other item has a target.
            _ => Vec::new(),
        };
        let all = self.tree.run_time_values();
        let mut out = Vec::new();
        let mut rest = quoted.as_str();
        for RustExpression { index, text, .. } in values {
            // A long text is cut, and then the last values are not in it.
            let Some(place) = rest.find(text.as_str()) else { break };
            let (before, after) = rest.split_at(place + text.len());
            rest = after;
            out.extend(readable(before));
            let index = all.iter().position(|value| value.index == *index).unwrap_or(all.len());
            for bit in (0..usize::BITS - index.leading_zeros()).rev() {
                out.push(VALUE_BITS[index >> bit & 1]);
            }
            out.push(VALUE_END);
        }
        out.extend(readable(rest));
        out
    }

    /// A part of the policy, with a readable text. A place that is not known is the file without a name.
    fn part(&mut self, order: u64, text: &[u8], span: Option<Span>) -> Vec<u8> {
        let mut out = Vec::new();
        number(&mut out, order);
        add_bytes(&mut out, text);
        let place = match span {
            Some(span) => (self.place)(span),
            None => SourceLine { file: String::new(), line: 0 },
        };
        let (file, line) = match place {
            SourceLine { file, line } if line != 0 && !file.is_empty() => {
                (file + ":", line.to_string())
            }
            _ => (String::new(), String::new()),
        };
        let known = self.files.iter().position(|known| *known == file);
        let index = known.unwrap_or_else(|| {
            self.files.push(file.clone());
            self.files.len() - 1
        });
        match u8::try_from(index) {
            Ok(index @ 0..8) => out.push(FIRST_FILE + index),
            _ => out.extend_from_slice(&readable(&file)),
        }
        out.extend_from_slice(line.as_bytes());
        out
    }

    fn denials(&mut self, report: &Report) -> Vec<(u16, Vec<u8>)> {
        let mut out = Vec::new();
        for &Denial { data, by } in &report.denials {
            let (order, span, text) = match by {
                Denier::Rule(origin) => {
                    let rule = &self.origins[origin.0 as usize];
                    (order_of(origin), Some(rule.span), self.rule(rule))
                }
                Denier::Unknown | Denier::Default | Denier::BadArch => {
                    let (span, text) = self.item(by);
                    (NO_RULE, span, readable(&text))
                }
            };
            out.push((data, self.part(order, &text, span)));
        }
        out
    }

    /// The place and the text of an item that a policy has once.
    fn item(&self, by: Denier) -> (Option<Span>, String) {
        for item in &self.tree.items {
            let item = match (&item.kind, by) {
                (ItemKind::Default(item), Denier::Default)
                | (ItemKind::Unknown(item), Denier::Unknown)
                | (ItemKind::BadArch(item), Denier::BadArch) => item,
                _ => continue,
            };
            return (Some(item.keyword.span), item.quote());
        }
        // Nothing is written where `bad_arch` is left out: the place is that of `report`.
        for item in &self.tree.items {
            if let ItemKind::Report(report) = &item.kind {
                return (Some(report.span), "bad_arch kill".to_owned());
            }
        }
        (None, "bad_arch kill".to_owned())
    }

    /// The rules with conditions: only these can have a call that they do not decide.
    fn rules(&mut self, part: &AbiPolicy) -> Vec<(u32, Vec<u8>)> {
        let mut out = Vec::new();
        for rule in &part.rules {
            if rule.condition == Condition::Always {
                continue;
            }
            let source = &self.origins[rule.origin.0 as usize];
            let span = source.span;
            let text = match &self.tree.item(source.item).kind {
                ItemKind::Report(_) => b"allow write(fd == 2)".to_vec(),
                _ => self.rule(source),
            };
            let part = self.part(order_of(rule.origin), &text, Some(span));
            for &call in &rule.numbers {
                out.push((call, part.clone()));
            }
        }
        out
    }
}

/// The calls of an ABI that a policy may deny, their arguments, and the constants of these. Arguments and domains that
/// several calls have are stored once.
struct NameTable {
    calls: Keyed,
    signatures: Keyed,
    arguments: Vec<u8>,
    domains: Vec<u8>,
    /// The bytes of each argument, to find equal ones.
    known_arguments: Vec<Vec<u8>>,
    known_domains: Vec<Vec<u8>>,
    /// The domain of each argument that was met: its number, or 0 if it has no constants.
    met: Vec<(Domain, &'static str, u64)>,
    words: Shortener,
    capitals: Shortener,
}

impl NameTable {
    fn new() -> Self {
        Self {
            calls: Keyed::default(),
            signatures: Keyed::default(),
            arguments: Vec::new(),
            domains: Vec::new(),
            known_arguments: Vec::new(),
            known_domains: Vec::new(),
            met: Vec::new(),
            words: Shortener::new(Pairs::WORDS),
            capitals: Shortener::new(Pairs::CAPITALS),
        }
    }

    fn add_calls(&mut self, part: &AbiPolicy, report: &Report) {
        for (call, name) in table::calls(part.abi) {
            if !may_be_denied(part, call) {
                continue;
            }
            self.calls.add(call, &self.words.shorten(name));
            if report.names != ReportNames::All {
                continue;
            }
            match table::signature(part.abi, name) {
                Some(signature) if signature.is_known() => {
                    self.add_signature(part, call, name, &signature);
                }
                _ => {}
            }
        }
    }

    /// Adds the arguments of a call.
    fn add_signature(
        &mut self,
        part: &AbiPolicy,
        number_of_call: u32,
        call: &'static str,
        signature: &Signature,
    ) {
        let registers = signature.registers();
        let count = registers.len().min(6);
        let mut numbers = Vec::new();
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
            add_bytes(&mut bytes, &self.words.shorten(argument.name));
            bytes.push(width | u8::from(ty.signed) << 2 | format << 3);
            number(&mut bytes, domain);
            let index = add(&mut self.known_arguments, &mut self.arguments, bytes, false);
            number(&mut numbers, index + 1);
        }
        if numbers.is_empty() {
            number(&mut numbers, 0);
        }
        self.signatures.add(number_of_call, &numbers);
    }

    /// Adds a part of the name of a constant.
    fn name(&self, out: &mut Vec<u8>, name: &str) {
        add_bytes(out, &self.capitals.shorten(name));
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
        let families = value_names::names(part.abi, call, &domain);
        if !families.is_empty() {
            number(&mut bytes, domain.ignored_bits(part.abi));
        }
        for ConstantFamily { beginning, members } in families {
            self.name(&mut bytes, beginning);
            number(&mut bytes, members.len() as u64);
            for (rest, value) in members {
                self.name(&mut bytes, rest);
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
            add_bytes(out, &entry);
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
