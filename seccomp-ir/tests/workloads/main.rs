//! Seven policies with the length of their filters and the number of instructions that calls take.
//!
//! A step is one instruction that is run. The figure for a call whose arguments are checked is the mean
//! over its rules, with one call that satisfies each. The worst case is the longest path through the
//! filter, whether or not a call takes it.

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{self, NoNames, Opcode, SockFilter};
use seccomp_ir::lower::{Budgets, Pass, show};
use seccomp_ir::policy::{Condition, Policy, meaning};
use seccomp_ir::prove::prove;
use seccomp_ir::table::frequency;
use seccomp_test_support::mean::Mean;
use seccomp_test_support::workloads::{Workload, workloads};

/// The figures of one filter.
#[derive(Clone, Copy, Debug)]
struct Figures {
    instructions: f64,
    /// Mean steps over allowed calls, each with the same weight.
    mean: f64,
    /// The same, weighted by the frequency of calls.
    weighted: f64,
    /// Mean steps over calls whose arguments are checked.
    checked: f64,
    /// The same, weighted by the frequency of calls.
    checked_weighted: f64,
    /// Weighted mean over allowed calls, if those that the kernel remembers cost nothing.
    remembered: f64,
    /// Mean steps over calls of the kernel that no rule names.
    unlisted: f64,
    /// The longest path.
    worst: f64,
}

const COLUMNS: [&str; 8] = [
    "instructions",
    "mean",
    "weighted",
    "checked",
    "checked weighted",
    "remembered",
    "unlisted",
    "worst",
];

impl Figures {
    fn columns(&self) -> [f64; 8] {
        let Self {
            instructions,
            mean,
            weighted,
            checked,
            checked_weighted,
            remembered,
            unlisted,
            worst,
        } = *self;
        [instructions, mean, weighted, checked, checked_weighted, remembered, unlisted, worst]
    }

    fn of(workload: &Workload, policy: &Policy, filter: &[SockFilter]) -> Self {
        let steps = |call| bpf::run(filter, &call, policy.abis[0].abi.endian()).unwrap().steps;
        let mut mean = Mean::default();
        let mut weighted = Mean::default();
        let mut checked = Mean::default();
        let mut checked_weighted = Mean::default();
        let mut remembered = Mean::default();
        for (number, calls) in workload.allowed_calls() {
            let mut of_call = Mean::default();
            for call in calls {
                assert_eq!(meaning(policy, &call, &|_| 0), Action::Allow, "{call:?}");
                of_call.add(1.0, steps(call) as f64);
            }
            let (of_call, frequency) = (of_call.value().unwrap_or(0.0), workload.frequency(number));
            mean.add(1.0, of_call);
            weighted.add(frequency, of_call);
            let in_bitmap = bpf::const_allows(filter, Abi::X86_64.audit_arch(), number);
            remembered.add(frequency, if in_bitmap { 0.0 } else { of_call });
            let rules = &policy.abis[0].rules;
            let rules = rules.iter().filter(|rule| rule.numbers.contains(&number));
            let unconditional = rules.clone().all(|rule| rule.condition == Condition::Always);
            assert_eq!(in_bitmap, unconditional, "call {number}");
            if !unconditional {
                checked.add(1.0, of_call);
                checked_weighted.add(frequency, of_call);
            }
        }
        let mut unlisted = Mean::default();
        for call in workload.unlisted_calls() {
            unlisted.add(1.0, steps(call) as f64);
        }
        Self {
            instructions: filter.len() as f64,
            mean: mean.value().unwrap_or(0.0),
            weighted: weighted.value().unwrap_or(0.0),
            checked: checked.value().unwrap_or(0.0),
            checked_weighted: checked_weighted.value().unwrap_or(0.0),
            remembered: remembered.value().unwrap_or(0.0),
            unlisted: unlisted.value().unwrap_or(0.0),
            worst: longest_path(filter) as f64,
        }
    }
}

fn longest_path(filter: &[SockFilter]) -> usize {
    let mut longest = vec![0; filter.len()];
    for (index, instruction) in filter.iter().enumerate().rev() {
        let after = |skip: usize| longest[index + 1 + skip];
        longest[index] = 1 + match instruction.code {
            Opcode::RET_K => 0,
            Opcode::JA => after(instruction.k as usize),
            Opcode::JEQ_K | Opcode::JGT_K | Opcode::JGE_K | Opcode::JSET_K => {
                after(instruction.jt.into()).max(after(instruction.jf.into()))
            }
            _ => after(0),
        };
    }
    longest[0]
}

/// The figures of each workload as it is written and, as `W1-typed`, with every argument compared in the
/// width that the kernel declares for it.
fn figures() -> Vec<(String, Figures)> {
    let of = |name: &str, workload: &Workload, policy: &Policy| {
        let filter = workload.lower(policy);
        prove(policy, &filter).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        (name.to_owned(), Figures::of(workload, policy, &filter.instructions))
    };
    let mut figures = Vec::new();
    for workload in workloads() {
        figures.push(of(&workload.name, &workload, &workload.policy()));
        let typed = workload.typed_policy();
        figures.push(of(&format!("{}-typed", workload.name), &workload, &typed));
    }
    figures
}

#[test]
fn the_last_stage_that_is_shown_is_the_filter() {
    for workload in workloads() {
        let (policy, filter) = (workload.policy(), workload.lower(&workload.policy()));
        let listing = bpf::disassemble(&filter.instructions, policy.endian(), &NoNames).to_string();
        let show = |pass| show(&policy, &frequency, Budgets::DEFAULT, pass, &NoNames).unwrap();
        let shown = show(Pass::Layout);
        assert_eq!(shown.split_once('\n').unwrap().1, listing, "{}", workload.name);
        let has_conditions =
            policy.abis[0].rules.iter().any(|rule| !matches!(rule.condition, Condition::Always));
        if has_conditions {
            // No stage is empty, and none shows what another does.
            let mut all: Vec<String> = Pass::ALL.iter().map(|&pass| show(pass)).collect();
            assert!(all.iter().all(|text| text.lines().count() > 2), "{}", workload.name);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), Pass::ALL.len(), "{}", workload.name);
        }
    }
}

/// The lines of a table: their first columns, and their figures; a missing one is "-".
fn table(text: &str) -> Vec<(Vec<&str>, Vec<Option<f64>>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let cells = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    cells
        .map(|cells| {
            let (names, figures) = cells.split_at(cells.len() - COLUMNS.len());
            let figures = figures.iter().map(|figure| figure.parse().ok()).collect();
            (names.to_vec(), figures)
        })
        .collect()
}

/// The figures that were last accepted.
const COMMITTED: &str = include_str!("figures.tsv");

/// To commit other figures: `SECCOMP_WRITE_FIGURES=1 cargo test -p seccomp-ir --test workloads`.
#[test]
fn no_figure_of_a_workload_is_worse_than_the_committed_one() {
    let mut text =
        COMMITTED.lines().filter(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let mut worse = Vec::new();
    for ((name, figures), (names, committed)) in figures().iter().zip(table(COMMITTED)) {
        assert_eq!(names[0], name);
        text += &format!("\n{name}");
        for ((column, now), before) in COLUMNS.iter().zip(figures.columns()).zip(committed) {
            text += &format!("\t{now:.2}");
            if now > before.unwrap() + 0.005 {
                worse.push(format!("{name}: {column} {now:.2}, committed {:.2}", before.unwrap()));
            }
        }
    }
    println!("{text}");
    if std::env::var_os("SECCOMP_WRITE_FIGURES").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/figures.tsv");
        std::fs::write(file, text + "\n").unwrap();
    } else {
        assert!(worse.is_empty(), "{worse:#?}");
    }
}

#[test]
fn no_other_compiler_is_ahead_by_more_than_a_step_or_two_instructions() {
    let peers = table(include_str!("peers.tsv"));
    for (name, figures) in figures().into_iter().filter(|(name, _)| !name.ends_with("-typed")) {
        let mut compared = 0;
        for (names, theirs) in peers.iter().filter(|(names, _)| names[0] == name) {
            for ((column, ours), theirs) in COLUMNS.iter().zip(figures.columns()).zip(theirs) {
                let Some(theirs) = theirs else { continue };
                let ahead = if *column == "instructions" { 2.0 } else { 1.0 };
                // The other compilers' figures were recorded with one decimal.
                assert!(
                    ours <= theirs + ahead + 0.05,
                    "{names:?}: {column} {theirs}, ours {ours:.2}"
                );
                compared += 1;
            }
        }
        assert!(compared > 50, "{name}: {compared}");
    }
}
