//! A call as text: `socket(AF_UNIX, SOCK_STREAM, 0)`, also in the form of strace or of a report.

use anyhow::{Result, anyhow};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::CallOfText;
use seccomp_syntax::report::Report;

use super::call_of_trace::call_of_trace;
use super::policy_answers::{KnownAnswer, policy_answers};
use super::{ExplainedCall, Explanation};
use crate::input_policy::InputPolicy;

/// Explains the call `text` of the ABI `arch`, or of the ABI of the policies, or of this machine. With `in_force`, all
/// of the policies are in force at once, so the most severe of their answers counts; otherwise each policy is asked by
/// itself.
///
/// # Errors
///
/// The errors of the call, at their places.
pub(crate) fn explain_text(
    text: &str,
    arch: Option<Abi>,
    policies: &[InputPolicy],
    in_force: bool,
) -> Result<Explanation> {
    let (call, memory) =
        read_call(text, arch, policies.first().map_or(Abi::NATIVE, |policy| policy.abi))?;
    let call = ExplainedCall::new(call.arch, call.nr, call.registers);
    let found = policy_answers(policies, &call, KnownAnswer::Nothing);
    let mut remarks = found.unread;
    if policies.is_empty() {
        remarks.push("name a policy with --policy to see what it does with this call".to_owned());
    }
    if memory {
        remarks.push(
            "a text, a structure or a list is in memory: a filter sees its address, which may be any"
                .to_owned(),
        );
    }
    if call.arguments.iter().any(|argument| argument.value.is_none()) {
        remarks.push("an argument that is not given may have any value".to_owned());
    }
    let verdict = match &found.answers[..] {
        [] => "This is the call:".to_owned(),
        answers => {
            let (mut allowed, mut denied, mut stopped) = (false, false, false);
            for answer in answers {
                let permitting = answer.deciding.iter().filter(|part| part.permits).count();
                allowed |= permitting > 0;
                denied |= permitting < answer.deciding.len();
                stopped |= permitting == 0;
            }
            match (allowed, denied) {
                (true, false) => "The call is allowed:".to_owned(),
                (false, true) => "The call is denied:".to_owned(),
                // One filter that denies the call is enough.
                (true, true) if in_force && stopped => "The call is denied:".to_owned(),
                _ => "Whether the call is allowed depends on what is not given:".to_owned(),
            }
        }
    };
    let to_allow = match (&call.decoded, policies) {
        (Some(decoded), []) => Some(format!("allow {};", decoded.target())),
        _ => None,
    };
    Ok(Explanation {
        happened: verdict,
        call,
        address: None,
        times: None,
        answers: found.answers,
        remarks,
        to_allow,
        stacks: Vec::new(),
    })
}

/// The call in `text`, and whether the text shows memory. The ABI is `arch`, or the ABI that the text names, or
/// `otherwise`.
fn read_call(text: &str, arch: Option<Abi>, otherwise: Abi) -> Result<(CallOfText, bool)> {
    let read = |text: &str, abi| CallOfText::read("call", text, abi);
    let as_written = match read(text, arch.unwrap_or(otherwise)) {
        Ok(call) => return Ok((call, false)),
        Err(report) => report,
    };
    let explained =
        |report: &Report| anyhow!("cannot read the call\n{}", report.to_string().trim_end());
    let Some(call) = call_of_trace(text) else { return Err(explained(&as_written)) };
    let abi = arch.or(call.abi).unwrap_or(otherwise);
    let all = call.arguments.len();
    let traced = match read(&call.text(all), abi) {
        Ok(read) => return Ok((read, call.memory)),
        Err(report) => report,
    };
    let mut fewer = if call.by_number { 0..all } else { 0..0 }.rev();
    if let Some(read) = fewer.find_map(|count| read(&call.text(count), abi).ok()) {
        return Ok((read, call.memory));
    }
    // The error shows the text as it was written, unless the text is right as a line of a trace.
    let first = |report: &Report| report.diagnostics.first().map(|said| said.code);
    let same = first(&as_written) == first(&traced);
    Err(explained(if same { &as_written } else { &traced }))
}
