//! `list`: a table of the policies in programs and processes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use seccomp_ir::tree::{ItemKind, Tree};
use serde::Serialize;

use crate::dump::Dump;
use crate::elf::{ProgramPolicy, Selector, Source, policies};
use crate::exit::Exit;
use crate::input_policy::InputPolicy;
use crate::output::Output;
use crate::process_filters::notes_in_force;

/// List the policies in programs, processes and core files.
///
/// A policy leaves a note in the file of its program, even in a stripped program and for any architecture. The list has
/// the policies in the files; with --in-force it also says which of them are in force in a process.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp list target/release/server
  cargo seccomp list target/debug/deps/*.rlib   what libraries bring along
  cargo seccomp list 4711                       a process: its program and its libraries
  sudo cargo seccomp list --in-force 4711       which of these policies are in force there")]
pub(crate) struct ListArgs {
    /// Programs, shared objects, archives (.a, .rlib), core files, or numbers of processes.
    #[arg(required = true, value_name = "FILE|PID")]
    files: Vec<Selector>,

    /// Ask the kernel which policies are in force in the threads of a process. This needs root, and stops each thread
    /// for a moment. A thread that waits in a call then makes this call again, or restart_syscall(2): a policy that
    /// does not allow that ends the process.
    #[arg(long)]
    in_force: bool,
}

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Row {
    /// The file with the note.
    from: String,
    build_id: Option<String>,
    number: usize,
    file: String,
    line: u32,
    column: u32,
    /// The ABIs that the policy serves, the ABI of the program first.
    abis: Vec<String>,
    /// The default action, as the policy writes it.
    default: Option<String>,
    rules: Option<usize>,
    instructions: usize,
    /// The number of instructions with a value of rustc.
    values_of_rustc: usize,
    /// The threads of a process in which the policy is in force; `None` if that is not known, or for a file.
    in_force: Option<ThreadCount>,
}

/// Some of the threads of a process.
#[derive(Clone, Copy, Serialize)]
struct ThreadCount {
    threads: usize,
    of: usize,
}

impl ThreadCount {
    fn text(self) -> String {
        match self {
            Self { threads: 0, .. } => "no".to_owned(),
            Self { threads, of } if threads == of => "yes".to_owned(),
            Self { threads, of } => format!("in {threads} of {of} threads"),
        }
    }
}

impl Row {
    pub(super) fn of(policy: &ProgramPolicy) -> Self {
        // A policy in a later version of the language has no tree here.
        let tree = InputPolicy::of_note(policy.clone()).and_then(|given| given.tree()).ok();
        Self {
            from: policy.from.clone(),
            build_id: policy.build_id.clone(),
            number: policy.number,
            file: policy.file.clone(),
            line: policy.line,
            column: policy.column,
            abis: abis(&policy.abi, tree.as_ref()),
            default: tree.as_ref().and_then(default),
            rules: tree.as_ref().map(rules),
            instructions: policy.filter.len(),
            values_of_rustc: policy.relocations.len(),
            in_force: None,
        }
    }
}

/// The ABIs of the `arch` items, or else that of the program.
fn abis(native: &str, tree: Option<&Tree>) -> Vec<String> {
    let mut abis = vec![native.to_owned()];
    for item in tree.map_or(&[][..], |tree| &tree.items) {
        if let ItemKind::Arch(names) = &item.kind {
            abis.extend(names.iter().map(|name| name.text.clone()).filter(|name| name != native));
        }
    }
    abis
}

fn default(tree: &Tree) -> Option<String> {
    tree.items.iter().find_map(|item| match &item.kind {
        ItemKind::Default(default) => {
            Some(default.quote().trim_start_matches("default ").to_owned())
        }
        ItemKind::Rule(_)
        | ItemKind::BadArch(_)
        | ItemKind::Unknown(_)
        | ItemKind::Arch(_)
        | ItemKind::Include(_)
        | ItemKind::Report(_) => None,
    })
}

fn rules(tree: &Tree) -> usize {
    tree.items.iter().filter(|item| matches!(item.kind, ItemKind::Rule(_))).count()
}

pub(crate) fn run(args: ListArgs, output: &Output) -> Result<Exit> {
    let mut exit = Exit::Fine;
    let several = args.files.len() > 1;
    for selector in &args.files {
        let (policies, passed_over) = match found(selector) {
            Ok(found) => found,
            Err(error) => {
                output.failed(&error);
                exit = Exit::Failed;
                continue;
            }
        };
        for message in passed_over {
            output.warn(message);
        }
        let mut rows: Vec<_> = policies.iter().map(Row::of).collect();
        let remark = match selector.source {
            Source::Process(process) if args.in_force => {
                mark_those_in_force(process, &policies, &mut rows)
            }
            Source::Process(_) | Source::File(_) => None,
        };
        if output.is_json() {
            for row in &rows {
                output.result("", "policy", row);
            }
            if let Some(remark) = remark {
                output.warn(remark);
            }
            continue;
        }
        let mut text = String::new();
        let from_several = rows.iter().any(|row| row.from != rows[0].from);
        if several || from_several || rows.is_empty() {
            let _ = writeln!(text, "{}:", selector.source_name());
        }
        text += &table(&rows, from_several);
        if let Some(remark) = remark {
            let _ = writeln!(text, "{remark}");
        }
        output.result(text, "policy", ());
    }
    Ok(exit)
}

/// Says in which threads of a process its policies are in force. Returns what else the user should know.
fn mark_those_in_force(
    process: u32,
    policies: &[ProgramPolicy],
    rows: &mut [Row],
) -> Option<String> {
    let found = match notes_in_force(process, policies) {
        Ok(found) => found,
        Err(error) => return Some(format!("which of them are in force is not known: {error:#}")),
    };
    for (row, threads) in rows.iter_mut().zip(found.policies) {
        row.in_force = Some(ThreadCount { threads, of: found.threads });
    }
    let (filters, have) = match found.without_note {
        0 => return None,
        1 => ("1 more filter is", "has"),
        _ => ("more filters are", "have"),
    };
    let count =
        if found.without_note > 1 { format!("{} ", found.without_note) } else { String::new() };
    Some(format!(
        "{count}{filters} in force and {have} no note here: `cargo seccomp decompile --pid {process}` shows all"
    ))
}

/// The policies that the command line names, and messages about what could not be read.
fn found(selector: &Selector) -> Result<(Vec<ProgramPolicy>, Vec<String>)> {
    if let Source::File(path) = &selector.source
        && Dump::is_one(path)
    {
        return Ok(of_core(&Dump::read(path)?));
    }
    let (_, passed_over) = selector.all()?;
    Ok((selector.policies()?, passed_over))
}

/// The policies in the files that a core names. A core does not have the notes itself, as they are not in memory.
fn of_core(core: &Dump) -> (Vec<ProgramPolicy>, Vec<String>) {
    let (mut messages, mut known) = (core.cut_off.clone(), BTreeSet::new());
    let mut found = Vec::new();
    for file in &core.files {
        if !known.insert(file.path.as_str()) {
            continue;
        }
        match policies(Path::new(&file.path)) {
            Ok(policies) => found.extend(policies),
            Err(error) if core.program.as_deref() == Some(Path::new(&file.path)) => {
                messages.push(format!("{error:#}"));
            }
            // A file that is not an ELF file was mapped as data.
            Err(_) => {}
        }
    }
    for (index, policy) in found.iter_mut().enumerate() {
        policy.number = index + 1;
    }
    (found, messages)
}

/// The rows with aligned columns.
fn table(rows: &[Row], with_file: bool) -> String {
    if rows.is_empty() {
        return "no policies\n".to_owned();
    }
    // Only those of a process have it.
    let with_force = rows.iter().any(|row| row.in_force.is_some());
    let mut heads = vec!["#", "POLICY", "ABI", "DEFAULT", "RULES", "INSTRUCTIONS"];
    heads.extend(with_force.then_some("IN FORCE"));
    heads.extend(with_file.then_some("FILE"));
    let mut lines = vec![heads.iter().map(|&head| head.to_owned()).collect::<Vec<_>>()];
    for row in rows {
        let unknown = || "?".to_owned();
        let mut line = vec![
            row.number.to_string(),
            format!("{}:{}", row.file, row.line),
            row.abis.join(", "),
            row.default.clone().unwrap_or_else(unknown),
            row.rules.map_or_else(unknown, |rules| rules.to_string()),
            row.instructions.to_string(),
        ];
        if with_force {
            line.push(row.in_force.map_or_else(unknown, ThreadCount::text));
        }
        line.extend(with_file.then(|| row.from.clone()));
        lines.push(line);
    }
    let mut widths = vec![0; heads.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut shown = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            // Numbers are aligned at their ends.
            let _ = match column {
                0 | 4 | 5 => write!(shown, "{cell:>width$}  "),
                _ => write!(shown, "{cell:width$}  "),
            };
        }
        text += shown.trim_end();
        text.push('\n');
    }
    text
}
