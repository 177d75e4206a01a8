//! `diff`: how two policies differ, over all calls.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use seccomp_bpf::abi::{Abi, Endian};
use seccomp_bpf::bpf::SockFilter;
use seccomp_ir::bpf::{self, MAX_INSTRUCTIONS};

use crate::comparison::{
    Comparable, PolicyReport, Verdict, changed_lines, new_rules, policy_text, vanished_rules,
};
use crate::elf::{Selector, Source};
use crate::exit::Exit;
use crate::input_policy::{InputPolicy, input_policies};
use crate::output::Output;
use crate::policy_pairing::{LeftIndex, Pairing, PairingKey, RightIndex, pair};

/// Compare the policies of two programs, policy files or filters, over all possible calls.
///
/// A and B are programs, numbers of processes, texts of policies, files in a format that `import` recognises, or
/// filters as bytes (`struct sock_filter`, as `bwrap --seccomp` takes them). A program may have several policies: they
/// are paired by their source files and texts. `FILE:POLICY` chooses one of them, where POLICY is the number that
/// `list` shows or the place in the source. Wider means that B lets some call do more than A does.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp diff old/server target/release/server    two builds
  cargo seccomp diff a.policy target/release/server:2    a text and the second policy of a program
  cargo seccomp diff before.bpf after.bpf                two filters of any tool
  cargo seccomp diff default.json server.policy          Docker's profile and a text

Exit codes: 0 they are the same, 1 they differ, 2 they could not be compared.")]
pub(crate) struct DiffArgs {
    /// The first program, process, policy text or filter.
    #[arg(value_name = "A")]
    before: Selector,

    /// The second program, process, policy text or filter.
    #[arg(value_name = "B")]
    after: Selector,

    /// The ABI of the program that a policy text is for, such as aarch64. The default is the ABI of this machine.
    #[arg(long, value_name = "ABI")]
    arch: Option<Abi>,
}

/// A policy or a filter to compare.
enum Item {
    Policy(Box<InputPolicy>),
    Filter(String, Vec<SockFilter>, Endian),
}

impl Item {
    fn name(&self) -> String {
        match self {
            Self::Policy(policy) => policy.to_string(),
            Self::Filter(name, ..) => name.clone(),
        }
    }

    fn comparable(&self) -> Result<Comparable> {
        match self {
            Self::Policy(policy) => Comparable::of(policy),
            Self::Filter(_, filter, endian) => Ok(Comparable::of_filter(filter.clone(), *endian)),
        }
    }

    /// The rules in canonical text; empty for a filter.
    fn text(&self) -> Result<String> {
        match self {
            Self::Policy(policy) if policy.note.is_none() => {
                Ok(seccomp_ir::tree::print(&policy.compile()?.tree))
            }
            Self::Policy(policy) => Ok(policy.text.clone()),
            Self::Filter(..) => Ok(String::new()),
        }
    }

    fn key<'a>(&'a self, text: &'a str) -> PairingKey<'a> {
        match self {
            Self::Policy(policy) => {
                let file = policy.note.as_ref().map_or(&policy.name, |note| &note.file);
                PairingKey { abi: policy.abi.name(), file, text }
            }
            Self::Filter(name, ..) => PairingKey { abi: "", file: name, text },
        }
    }
}

pub(crate) fn run(args: DiffArgs, output: &Output) -> Result<Exit> {
    let before = items(&args.before, args.arch)?;
    let after = items(&args.after, args.arch)?;
    let texts = |items: &[Item]| items.iter().map(Item::text).collect::<Result<Vec<_>>>();
    let (texts_before, texts_after) = (texts(&before)?, texts(&after)?);
    let pairings = match (before.len(), after.len()) {
        // If each side is one policy, these two are compared.
        (1, 1) => vec![Pairing::Both(LeftIndex(0), RightIndex(0))],
        _ => pair(&keys(&before, &texts_before), &keys(&after, &texts_after)),
    };
    let mut exit = Exit::Fine;
    for pairing in pairings {
        let report = match pairing {
            Pairing::Both(LeftIndex(a), RightIndex(b)) => {
                let (name_a, name_b) = (before[a].name(), after[b].name());
                let mut report = compared(&before[a], &after[b])
                    .with_context(|| format!("cannot compare {name_a} with {name_b}"))?;
                // A filter has no rules.
                if let (Item::Policy(_), Item::Policy(_)) = (&before[a], &after[b]) {
                    let changed = changed_lines(&texts_before[a], &texts_after[b]);
                    report.rules.splice(..0, changed);
                }
                report
            }
            Pairing::Left(LeftIndex(a)) => {
                let rules = vanished_rules(&texts_before[a]);
                PolicyReport::alone(before[a].name(), Verdict::Vanished, rules)
            }
            Pairing::Right(RightIndex(b)) => {
                PolicyReport::alone(after[b].name(), Verdict::New, new_rules(&texts_after[b]))
            }
        };
        if report.verdict != Verdict::Same {
            exit = Exit::Found;
        }
        output.result(policy_text(&report), "policy-comparison", &report);
    }
    Ok(exit)
}

fn keys<'a>(items: &'a [Item], texts: &'a [String]) -> Vec<PairingKey<'a>> {
    items.iter().zip(texts).map(|(item, text)| item.key(text)).collect()
}

fn compared(before: &Item, after: &Item) -> Result<PolicyReport> {
    let (left, right) = (before.comparable()?, after.comparable()?);
    let mut report = PolicyReport::of(after.name(), &left.compare(&right)?);
    report.compared_with = Some(before.name());
    report.rules = left.changed_values(&right);
    report.open_values = left.open_values(&right);
    report.remarks = left.remarks;
    report.remarks.extend(right.remarks);
    Ok(report)
}

/// The policies or the filter that a name on the command line stands for.
fn items(selector: &Selector, arch: Option<Abi>) -> Result<Vec<Item>> {
    if let (Source::File(path), None) = (&selector.source, &selector.policy)
        && let Some((filter, endian)) = filter_in(path)?
    {
        return Ok(vec![Item::Filter(path.display().to_string(), filter, endian)]);
    }
    let policies = input_policies(selector, arch)?;
    Ok(policies.into_iter().map(|policy| Item::Policy(Box::new(policy))).collect())
}

/// The size of `struct sock_filter` in bytes (`include/uapi/linux/filter.h`, Linux 6.12).
const INSTRUCTION: usize = 8;

/// The filter in a file, and its byte order; `None` if the bytes are not a filter that the kernel loads. No instruction has the same
/// `code` in both byte orders.
fn filter_in(path: &Path) -> Result<Option<(Vec<SockFilter>, Endian)>> {
    let mut bytes = Vec::new();
    let mut read = || -> Result<()> {
        if path.metadata()?.is_file() {
            let most = (MAX_INSTRUCTIONS * INSTRUCTION + 1) as u64;
            File::open(path)?.take(most).read_to_end(&mut bytes)?;
        }
        Ok(())
    };
    read().with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() % INSTRUCTION != 0 {
        return Ok(None);
    }
    for endian in [Endian::Little, Endian::Big] {
        let filter: Vec<_> =
            bytes.chunks_exact(INSTRUCTION).map(|at| read_one(at, endian)).collect();
        if bpf::check(&filter).is_ok() {
            return Ok(Some((filter, endian)));
        }
    }
    Ok(None)
}

fn read_one(bytes: &[u8], endian: Endian) -> SockFilter {
    let (code, k) = ([bytes[0], bytes[1]], [bytes[4], bytes[5], bytes[6], bytes[7]]);
    let (code, k) = match endian {
        Endian::Little => (u16::from_le_bytes(code), u32::from_le_bytes(k)),
        Endian::Big => (u16::from_be_bytes(code), u32::from_be_bytes(k)),
    };
    SockFilter { code, jt: bytes[2], jf: bytes[3], k }
}
