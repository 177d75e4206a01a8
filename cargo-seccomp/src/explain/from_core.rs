//! A core file: the call that the kernel did not make, and the stack that led to it.

use std::path::Path;

use anyhow::{Result, bail};
use seccomp_bpf::abi::Abi;

use super::core_stacks::CoreFiles;
use super::policy_answers::{KnownAnswer, PolicyAnswers, or_remark, policy_answers};
use super::{ExplainedCall, Explanation};
use crate::dump::{Dump, Signal, SignalDetail};
use crate::elf::{Selector, Source, policies};
use crate::input_policy::{InputPolicy, input_policies};

/// Explains the core at `path`. `exe` is the program, if it is not where the core says; `given_policies` are asked
/// instead of the policies of the program. It shows the stack of the thread that made the call, or with `all_threads`
/// the stacks of all threads.
///
/// # Errors
///
/// If the file is not a core, or its process was not killed for a call.
pub(crate) fn explain_core(
    path: &Path,
    exe: Option<&Path>,
    given_policies: Option<&[InputPolicy]>,
    all_threads: bool,
) -> Result<Explanation> {
    let dump = Dump::read(path)?;
    let denied = denied(&dump, path)?;
    let thread = dump.threads.first();
    let program = dump.abi;
    let registers = match (thread, program, Abi::of_call(denied.arch, denied.nr)) {
        (Some(thread), Some(program), Some(abi)) => thread.arguments(program, abi),
        _ => [None; 6],
    };
    let call = ExplainedCall::new(denied.arch, denied.nr, registers);
    let files = CoreFiles::of(&dump, exe);
    let mut remarks = [&dump.cut_off[..], &files.remarks].concat();
    let own;
    let asked = match given_policies {
        Some(policies) => policies,
        None => {
            own = policies_of(&dump, &files, &mut remarks);
            &own
        }
    };
    let known = KnownAnswer::Killed(denied.data);
    let PolicyAnswers { answers, others, unread } = policy_answers(asked, &call, known);
    remarks.extend(unread);
    add_remarks(&mut remarks, &answers, others, &call, denied);
    let to_allow = match (&call.decoded, &answers[..]) {
        (Some(decoded), []) => Some(format!("allow {};", decoded.target())),
        _ => None,
    };
    Ok(Explanation {
        happened: happened(&dump, &call),
        call,
        address: Some(denied.address),
        times: None,
        answers,
        remarks,
        to_allow,
        stacks: files.stacks(&dump, if all_threads { usize::MAX } else { 1 }),
    })
}

fn happened(dump: &Dump, call: &ExplainedCall) -> String {
    let program = dump.program.as_ref().map(|path| path.display().to_string());
    let mut text = program.unwrap_or_else(|| "A program".to_owned());
    match &dump.threads[..] {
        [] => {}
        [thread] => text += &format!(" (process {})", thread.id),
        [thread, others @ ..] => {
            let others = match others.len() {
                1 => "1 other".to_owned(),
                count => format!("{count} others"),
            };
            text += &format!(" (thread {}, with {others})", thread.id);
        }
    }
    text + &format!(" was killed by its filter at {}:", call.short())
}

/// The call that ended the process.
fn denied(dump: &Dump, path: &Path) -> Result<SignalDetail> {
    let name = path.display();
    match &dump.signal {
        Some(Signal { denied: Some(denied), .. }) => Ok(*denied),
        Some(Signal { number, code, denied: None }) => {
            let sent = if *number == 31 { ", sent by a program and not by a filter" } else { "" };
            bail!(
                "{name} is of a process that signal {number} ended (si_code {code}){sent}: no filter killed it"
            )
        }
        None => bail!(
            "{name} does not say which signal ended the process: it has no NT_SIGINFO, because it is cut off or because `gcore` made it \
             of a running process"
        ),
    }
}

fn add_remarks(
    remarks: &mut Vec<String>,
    answers: &[super::Answer],
    others: usize,
    call: &ExplainedCall,
    denied: SignalDetail,
) {
    if answers.is_empty() && others > 0 {
        remarks.push(format!(
            "none of the {others} policies of the program kills this call with data {}: the filter was inherited or is not of \
             seccomp_policy!, or the program was built again since",
            denied.data
        ));
    } else if answers.len() > 1 {
        remarks.push("the core does not say which of these policies it was".to_owned());
    }
    if call.arguments.iter().any(|argument| argument.value.is_none()) {
        remarks.push(
            "the registers of this architecture are not known, so the arguments are not".to_owned(),
        );
    }
}

/// The policies of the program and of its libraries.
fn policies_of(dump: &Dump, files: &CoreFiles, remarks: &mut Vec<String>) -> Vec<InputPolicy> {
    let mut found = Vec::new();
    match (&files.program, &dump.program) {
        (Some(program), _) => {
            let selector = Selector { source: Source::File(program.clone()), policy: None };
            found = or_remark(input_policies(&selector, None), remarks);
        }
        (None, Some(program)) if program.exists() => {}
        (None, Some(program)) => {
            remarks.push(format!("there is no {}; name the program with --exe", program.display()));
        }
        (None, None) => {
            remarks.push("the core does not name its program; name it with --exe".to_owned());
        }
    }
    for library in files.others() {
        // A file that is not an ELF file was mapped as data.
        for note in policies(library).unwrap_or_default() {
            found.extend(InputPolicy::of_note(note).ok());
        }
    }
    found
}
