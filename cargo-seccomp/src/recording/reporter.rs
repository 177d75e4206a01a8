//! Reports the calls that filters deny, while the program gets the answers that it would get without a tracer.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;

use anyhow::Result;
use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_ir::decode;
use serde::Serialize;

use super::call_essence::CallEssences;
use super::callers::Callers;
use super::filter_policies::FilterPolicies;
use super::reminder;
use crate::elf::ProgramPolicy;
use crate::learn::Caller;
use crate::output::Output;
use crate::stack::Frame;
use crate::trace::{
    Denied, Ended, FilterId, Filters, Mode, TracedFilter, TracerAnswer, Watcher,
    as_the_filters_say, name_of, program_of, trace,
};

/// The most frames of a stack that are shown; the others are counted.
const MOST_FRAMES: usize = 24;

/// Runs a command and reports each call that its filters deny. The command ends as it would without this tool.
/// If the command is one that this tool starts under a policy, `launched` is that policy.
///
/// # Errors
///
/// If the command cannot be traced.
pub(crate) fn watch(
    command: &[OsString],
    launched: Option<ProgramPolicy>,
    output: Output,
) -> Result<Ended> {
    let mut reporter = Reporter {
        output,
        policies: FilterPolicies::new(launched),
        callers: Callers::new(),
        reported: HashMap::new(),
        essences: CallEssences::default(),
    };
    let traced = trace(command, &output.options(), Mode::Watch, &mut reporter, reminder(output))?;
    reporter.repeated();
    Ok(traced.ended)
}

/// Denials with the same key are one denial for people.
#[derive(Clone, PartialEq, Eq, Hash)]
struct DenialKey {
    filter: FilterId,
    action: Action,
    call: Call,
    instruction: u64,
    thread: String,
    program: String,
}

struct Reporter {
    output: Output,
    policies: FilterPolicies,
    callers: Callers,
    /// The reported denials: the first line of each, and how often it came.
    reported: HashMap<DenialKey, (String, u64)>,
    essences: CallEssences,
}

/// A denial, for JSON.
#[derive(Serialize)]
struct DenialReport<'a> {
    policy: &'a str,
    action: String,
    decided_by: Option<&'a str>,
    abi: &'static str,
    nr: u32,
    args: [u64; 6],
    instruction_pointer: u64,
    call: &'a str,
    allow: &'a str,
    process: u32,
    thread: u32,
    seen: &'a Caller,
    stack: &'a [Frame],
}

/// How often a denial came, for JSON.
#[derive(Serialize)]
struct RepeatedDenial<'a> {
    denial: &'a str,
    count: u64,
}

impl Watcher for Reporter {
    fn installed(&mut self, id: FilterId, filter: &TracedFilter) {
        self.policies.look_for(id, filter);
        self.say_messages();
    }

    fn denied(&mut self, filters: &Filters, denied: &Denied) -> TracerAnswer {
        let decides =
            denied.actions.denials.iter().find(|(_, action)| *action == denied.actions.action);
        if let Some(&(id, action)) = decides {
            self.report(filters, denied, id, action);
            self.say_messages();
        }
        as_the_filters_say(&denied.actions)
    }

    fn warn(&mut self, message: String) {
        self.output.warn(message);
    }
}

impl Reporter {
    fn say_messages(&mut self) {
        for message in self.policies.take_messages() {
            self.output.warn(message);
        }
    }

    fn report(&mut self, filters: &Filters, denied: &Denied, id: FilterId, action: Action) {
        let call = &denied.call;
        let key = DenialKey {
            filter: id,
            action,
            call: self.essences.of(call, None, &[]),
            instruction: call.instruction_pointer,
            thread: name_of(denied.thread),
            program: program_of(denied.thread),
        };
        if let Some((_, count)) = self.reported.get_mut(&key) {
            *count += 1;
            return;
        }
        let policy = self.policies.name(id, filters.get(id));
        let (text, allow) = describe(call);
        let abi = Abi::of_call(call.arch, call.nr);
        let decided = self.policies.decided(id, call);
        let stack = self.callers.stack(denied);
        let seen = self.callers.seen(denied, &stack);
        let verb = if action == Action::Log { "logs" } else { "denies" };
        let head = format!("{policy} {verb} {text}");
        let mut lines = format!("seccomp: {head}\n");
        let by = decided.as_deref().map(|by| format!(", by {by}")).unwrap_or_default();
        let _ = writeln!(lines, "  answer: {}{by}", answer(action));
        let _ = writeln!(
            lines,
            "  thread {} `{}` of {} (process {})",
            denied.thread, seen.thread, seen.program, denied.process
        );
        if !seen.test.is_empty() {
            let _ = writeln!(lines, "  test {}", seen.test);
        }
        let _ = writeln!(lines, "  to allow it: allow {allow};");
        for (number, frame) in stack.iter().take(MOST_FRAMES).enumerate() {
            let _ = writeln!(lines, "  {number:>3}: {frame}");
        }
        if stack.len() > MOST_FRAMES {
            let _ = writeln!(lines, "  … and {} frames more", stack.len() - MOST_FRAMES);
        }
        let report = DenialReport {
            policy: &policy,
            action: action.to_string(),
            decided_by: decided.as_deref(),
            abi: abi.map_or("unknown", Abi::name),
            nr: call.nr,
            args: call.args,
            instruction_pointer: call.instruction_pointer,
            call: &text,
            allow: &allow,
            process: denied.process,
            thread: denied.thread,
            seen: &seen,
            stack: &stack,
        };
        self.output.tell(&lines, "denial", &report);
        self.reported.insert(key, (head, 1));
    }

    /// Reports at the end which denials came more than once.
    fn repeated(&self) {
        let mut repeated: Vec<&(String, u64)> =
            self.reported.values().filter(|(_, count)| *count > 1).collect();
        repeated.sort_unstable();
        for (denial, count) in repeated {
            self.output.tell(
                format!("seccomp: {count} times: {denial}\n"),
                "repeated",
                RepeatedDenial { denial, count: *count },
            );
        }
    }
}

/// The text of a call, and the target of the rule that allows it.
pub(crate) fn describe(call: &Call) -> (String, String) {
    match Abi::of_call(call.arch, call.nr) {
        Some(abi) => {
            let decoded = decode(abi, call.nr, call.args.map(Some));
            let of = if abi == Abi::NATIVE { String::new() } else { format!(" of the ABI {abi}") };
            (format!("{decoded}{of}"), decoded.target())
        }
        None => {
            let text = format!("call {} of the unknown ABI {:#x}", call.nr, call.arch);
            (text, format!("syscall({})", call.nr))
        }
    }
}

/// The effect of an action, for people.
fn answer(action: Action) -> String {
    match action {
        Action::KillProcess => "the process is killed".to_owned(),
        Action::KillThread => "the thread is killed".to_owned(),
        Action::Trap(_) => "the thread gets SIGSYS".to_owned(),
        Action::Errno(0) => "the call is not made, and seems to succeed".to_owned(),
        Action::Errno(errno) => {
            format!("the call fails: {}", std::io::Error::from_raw_os_error(errno.into()))
        }
        Action::Notify => "a supervisor decides".to_owned(),
        Action::Trace(_) => {
            "the call fails with ENOSYS, as there is no tracer but this tool".to_owned()
        }
        Action::Log | Action::Allow => "the call is made".to_owned(),
    }
}
