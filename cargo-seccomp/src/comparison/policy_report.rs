//! The result of a comparison as data: the fields of the JSON format, which docs/tool.md lists.

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};
use seccomp_bpf::action::Action;
use seccomp_ir::bpf::Names as _;
use seccomp_ir::compare::{Difference, PolicyComparison, Witness};
use seccomp_ir::{TableNames, decode, table};
use serde::Serialize;

/// How a policy differs from an earlier one, or from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The same action for every call.
    Same,
    /// It lets some call do more, and no call less.
    Wider,
    /// It lets some call do less, and no call more.
    Narrower,
    /// It lets some call do more, and another one less.
    WiderAndNarrower,
    /// It lets no call do more or less, but some call gets another action.
    Otherwise,
    /// The verdict is not known, because the accepted policy is not known.
    Unknown,
    /// It was not there before.
    New,
    /// It is not there any more.
    Vanished,
}

impl Verdict {
    fn of(comparison: &PolicyComparison) -> Self {
        match (comparison.wider.is_some(), comparison.narrower.is_some()) {
            (true, true) => Self::WiderAndNarrower,
            (true, false) => Self::Wider,
            (false, true) => Self::Narrower,
            (false, false) if comparison.otherwise.is_some() => Self::Otherwise,
            (false, false) => Self::Same,
        }
    }

    /// The verdict in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Same => "the same",
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::WiderAndNarrower => "wider and narrower",
            Self::Otherwise => "different, neither wider nor narrower",
            Self::Unknown => "perhaps different",
            Self::New => "new",
            Self::Vanished => "vanished",
        }
    }
}

/// The result of a comparison for one policy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PolicyReport {
    /// The name of the policy in the lock file, or of the second policy of a `diff`.
    pub(crate) policy: String,
    /// The name of the policy that it is compared with, if that is different.
    pub(crate) compared_with: Option<String>,
    /// The place in the source, if it is known.
    pub(crate) place: Option<String>,
    pub(crate) verdict: Verdict,
    pub(crate) wider: Option<WitnessReport>,
    pub(crate) narrower: Option<WitnessReport>,
    pub(crate) otherwise: Option<WitnessReport>,
    /// The lines of the rules that differ, with lines around them.
    pub(crate) rules: Vec<ChangedLine>,
    /// Values that only rustc or the running program knows. The comparison uses their texts, not their numbers.
    pub(crate) open_values: Vec<String>,
    /// Remarks for the user.
    pub(crate) remarks: Vec<String>,
}

impl PolicyReport {
    /// The report of a comparison of `policy` with `compared_with`.
    pub(crate) fn of(policy: String, comparison: &PolicyComparison) -> Self {
        let witness = |difference| {
            let mut found = comparison.witnesses().filter(move |(kind, _)| *kind == difference);
            let calls = call_names(comparison, difference);
            found.next().map(|(_, witness)| WitnessReport::of(witness, calls))
        };
        Self {
            policy,
            compared_with: None,
            place: None,
            verdict: Verdict::of(comparison),
            wider: witness(Difference::Wider),
            narrower: witness(Difference::Narrower),
            otherwise: witness(Difference::Otherwise),
            rules: Vec::new(),
            open_values: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// The report of a policy that only one side has.
    pub(crate) fn alone(policy: String, verdict: Verdict, rules: Vec<ChangedLine>) -> Self {
        Self { verdict, rules, ..Self::of(policy, &PolicyComparison::default()) }
    }
}

/// A call to which two policies give different answers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WitnessReport {
    /// The call as text.
    pub(crate) call: String,
    /// The names of all known calls for which the policies differ in this way, on the ABIs of the policies.
    pub(crate) calls: Vec<String>,
    /// The ABI of the call; `None` if no ABI has it.
    abi: Option<&'static str>,
    /// `seccomp_data.arch`.
    arch: String,
    /// `seccomp_data.nr`.
    nr: u32,
    /// The registers, in hexadecimal, because a number of JSON has 53 bits in many readers.
    arguments: [String; 6],
    instruction_pointer: String,
    /// The action of the first policy.
    pub(crate) before: String,
    /// The action of the second policy.
    pub(crate) after: String,
    /// Values of rustc or of the running program with which the two differ on this call.
    pub(crate) values: Vec<OpenValue>,
    /// Whether the two certainly differ on this call. Otherwise they differ unless the open values rule it out.
    pub(crate) confirmed: bool,
}

/// A value whose number the comparison does not know.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OpenValue {
    pub(crate) text: String,
    pub(crate) value: String,
}

impl WitnessReport {
    fn of(witness: &Witness, calls: Vec<String>) -> Self {
        let Witness { call, left, right, symbols, confirmed } = witness;
        let hexadecimal = |value: u64| format!("{value:#x}");
        Self {
            call: call_text(call),
            calls,
            abi: Abi::of_call(call.arch, call.nr).map(Abi::name),
            arch: hexadecimal(call.arch.into()),
            nr: call.nr,
            arguments: call.args.map(hexadecimal),
            instruction_pointer: hexadecimal(call.instruction_pointer),
            before: action_text(*left, call.arch),
            after: action_text(*right, call.arch),
            values: symbols
                .iter()
                .map(|(text, value)| OpenValue { text: text.clone(), value: hexadecimal(*value) })
                .collect(),
            confirmed: *confirmed,
        }
    }
}

/// The names of the calls that differ in one way; with their ABIs if there are several.
fn call_names(comparison: &PolicyComparison, difference: Difference) -> Vec<String> {
    let calls: Vec<_> = comparison.calls_with(difference).collect();
    let several = comparison.calls.iter().any(|(_, abi, _)| Some(*abi) != first_abi(comparison));
    let name = |&(abi, number): &(Abi, u32)| {
        let name = table::name(abi, number).unwrap_or_default();
        if several { format!("{name} on {abi}") } else { name.to_owned() }
    };
    calls.iter().map(name).collect()
}

fn first_abi(comparison: &PolicyComparison) -> Option<Abi> {
    comparison.calls.first().map(|(_, abi, _)| *abi)
}

/// `read(fd=3, buf=0x0, count=0) on x86_64`. If the kernel uses less of a register than a filter could look at, the
/// registers follow.
fn call_text(call: &Call) -> String {
    let Call { nr, arch, instruction_pointer, args } = *call;
    let mut text = match Abi::of_call(arch, nr) {
        Some(abi) => {
            let decoded = decode(abi, nr, args.map(Some));
            let mut text = format!("{decoded} on {abi}");
            let shown = |index: ArgumentIndex| {
                decoded.argument(index).and_then(|argument| argument.value).unwrap_or(0)
            };
            if ArgumentIndex::ALL.into_iter().any(|index| shown(index) != call.argument(index)) {
                let registers = args.map(|register| format!("{register:#x}")).join(", ");
                text += &format!(" with the registers {registers}");
            }
            text
        }
        None => {
            let registers = args.map(|register| format!("{register:#x}")).join(", ");
            format!(
                "call {nr} through no known ABI (arch {arch:#010x}) with the registers {registers}"
            )
        }
    };
    if instruction_pointer != 0 {
        text += &format!(" from address {instruction_pointer:#x}");
    }
    text
}

/// The action as a policy writes it, with the name of an errno.
fn action_text(action: Action, arch: u32) -> String {
    let name = match action {
        Action::Errno(errno) => TableNames::default().errno(arch, errno).map(str::to_owned),
        Action::KillProcess
        | Action::KillThread
        | Action::Trap(_)
        | Action::Notify
        | Action::Trace(_)
        | Action::Log
        | Action::Allow => None,
    };
    name.map_or_else(|| action.to_string(), |name| format!("errno({name})"))
}

/// A line of the rules of two policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", content = "text", rename_all = "kebab-case")]
pub(crate) enum ChangedLine {
    /// Only the first has it.
    Removed(String),
    /// Only the second has it.
    Added(String),
    /// Both have it; shown for its place.
    Same(String),
    /// Lines of both are left out here.
    Omitted,
}

/// The lines that differ between two texts, with a line before and after. Empty if they are the same.
pub(crate) fn changed_lines(before: &str, after: &str) -> Vec<ChangedLine> {
    let diff = similar::TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(1) {
        if !lines.is_empty() {
            lines.push(ChangedLine::Omitted);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                similar::ChangeTag::Delete => ChangedLine::Removed(text),
                similar::ChangeTag::Insert => ChangedLine::Added(text),
                similar::ChangeTag::Equal => ChangedLine::Same(text),
            });
        }
    }
    lines
}

/// All lines of a policy that only the second side has.
pub(crate) fn new_rules(text: &str) -> Vec<ChangedLine> {
    text.lines().map(|line| ChangedLine::Added(line.to_owned())).collect()
}

/// All lines of a policy that only the first side has.
pub(crate) fn vanished_rules(text: &str) -> Vec<ChangedLine> {
    text.lines().map(|line| ChangedLine::Removed(line.to_owned())).collect()
}
