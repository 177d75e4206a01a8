//! Lines of the audit log.

use std::collections::HashMap;
use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::action::Action;

use super::audit_line::{AuditLine, is_audit_line};
use super::policy_answers::{KnownAnswer, PolicyAnswers, or_remark, policy_answers};
use super::{ExplainedCall, Explanation};
use crate::elf::{Selector, Source};
use crate::input_policy::{InputPolicy, input_policies};

/// The most bytes of a line. auditd's are below 9,000.
const MOST_BYTES: u64 = 64 << 10;

/// The most different calls of a log.
const MOST_CALLS: usize = 10_000;

/// Explains one line. Without `policies`, it asks the policies of the program that the line names.
///
/// # Errors
///
/// If the line lacks a necessary field.
pub(crate) fn explain_line(line: &str, policies: Option<&[InputPolicy]>) -> Result<Explanation> {
    Ok(Programs::default().explanation(&AuditLine::read(line)?, 1, policies))
}

/// Explains all lines of a log about filters, equal calls of one program once.
///
/// # Errors
///
/// If the log cannot be read, or if it has no such line.
pub(crate) fn explain_log(
    mut log: impl BufRead,
    name: &str,
    policies: Option<&[InputPolicy]>,
) -> Result<(Vec<Explanation>, Vec<String>)> {
    let (mut found, mut wrong) = (Vec::<(AuditLine, u64)>::new(), Vec::new());
    let mut known = HashMap::new();
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut log).take(MOST_BYTES).read_until(b'\n', &mut line);
        if read.with_context(|| format!("cannot read {name}"))? == 0 {
            break;
        }
        number += 1;
        if line.last() != Some(&b'\n') && line.len() as u64 == MOST_BYTES {
            log.skip_until(b'\n').with_context(|| format!("cannot read {name}"))?;
        }
        let text = String::from_utf8_lossy(&line);
        if !is_audit_line(&text) {
            continue;
        }
        match AuditLine::read(&text) {
            Ok(read) => {
                let key = (read.exe.clone(), read.arch, read.nr, read.action);
                let next = found.len();
                let at = *known.entry(key).or_insert(next);
                if at < next {
                    found[at].1 += 1;
                } else if next < MOST_CALLS {
                    found.push((read, 1));
                } else {
                    bail!(
                        "{name}:{number}: this is a log of more than {MOST_CALLS} different calls; give a part of it"
                    );
                }
            }
            Err(error) => wrong.push(format!("{name}:{number}: {error}")),
        }
    }
    if found.is_empty() && wrong.is_empty() {
        bail!(
            "{name} has no line about a filter: such a line has `type=SECCOMP` (auditd) or `type=1326` (the log of the kernel)"
        );
    }
    let mut programs = Programs::default();
    let explain = |(line, times): &(AuditLine, u64)| programs.explanation(line, *times, policies);
    Ok((found.iter().map(explain).collect(), wrong))
}

/// The policies of the programs that lines name, each read once.
#[derive(Default)]
struct Programs {
    read: HashMap<String, (Vec<InputPolicy>, Vec<String>)>,
}

impl Programs {
    fn explanation(
        &mut self,
        line: &AuditLine,
        times: u64,
        policies: Option<&[InputPolicy]>,
    ) -> Explanation {
        let call = ExplainedCall::new(line.arch, line.nr, [None; 6]);
        let known = line.action.map_or(KnownAnswer::Nothing, KnownAnswer::Action);
        let (own, mut remarks) = match (policies, &line.exe) {
            (Some(_), _) => (Vec::new(), Vec::new()),
            (None, Some(exe)) => self.of(exe),
            (None, None) => {
                let remark = "the line does not name the program; name a policy with --policy";
                (Vec::new(), vec![remark.to_owned()])
            }
        };
        let policies = policies.unwrap_or(&own);
        let PolicyAnswers { answers, others, unread } = policy_answers(policies, &call, known);
        remarks.extend(unread);
        if answers.is_empty() && others > 0 {
            remarks.push(format!(
                "none of the {others} policies of the program answers so: a policy of another program was inherited, or the \
                 program was built again since"
            ));
        } else if answers.len() > 1 {
            remarks.push("the log does not say which of these policies it was".to_owned());
        }
        if !call.arguments.is_empty() {
            remarks.push("the log has no arguments; the core of the process has them".to_owned());
        }
        let to_allow = match (&call.decoded, &answers[..]) {
            (Some(decoded), []) => Some(format!("allow {};", decoded.target())),
            _ => None,
        };
        Explanation {
            happened: happened(line, &call),
            call,
            address: line.address,
            times: (times > 1).then_some(times),
            answers,
            remarks,
            to_allow,
            stacks: Vec::new(),
        }
    }

    fn of(&mut self, exe: &str) -> (Vec<InputPolicy>, Vec<String>) {
        let read = |exe: &str| {
            let mut remarks = Vec::new();
            let source = Source::File(PathBuf::from(exe));
            let policies = if Path::new(exe).is_absolute() {
                or_remark(input_policies(&Selector { source, policy: None }, None), &mut remarks)
            } else {
                remarks.push(format!("no policy is known: {exe:?} is not the path of a program"));
                Vec::new()
            };
            (policies, remarks)
        };
        self.read.entry(exe.to_owned()).or_insert_with(|| read(exe)).clone()
    }
}

/// `/usr/bin/client (process 4711) was killed`
fn happened(line: &AuditLine, call: &ExplainedCall) -> String {
    let mut text = match (&line.exe, &line.comm) {
        (Some(exe), _) => exe.clone(),
        (None, Some(comm)) => format!("{comm:?}"),
        (None, None) => "A program".to_owned(),
    };
    if let Some(pid) = line.pid {
        text += &format!(" (process {pid})");
    }
    let name = call.short();
    text += &match line.action {
        Some(Action::KillProcess) => format!(" was killed by its filter at {name}:"),
        Some(Action::KillThread) => format!(": a thread was killed by its filter at {name}:"),
        Some(Action::Trap(_)) => format!(" got SIGSYS from its filter at {name}:"),
        Some(Action::Errno(_)) => format!(": its filter answered {name} with an error:"),
        Some(Action::Notify) => format!(": its filter asked a supervisor about {name}:"),
        Some(Action::Trace(_)) => format!(": its filter asked a tracer about {name}:"),
        Some(Action::Log) => format!(": its filter allowed {name} and logged it:"),
        Some(Action::Allow) => format!(": its filter allowed {name}:"),
        None => format!(": its filter decided {name}:"),
    };
    text
}
