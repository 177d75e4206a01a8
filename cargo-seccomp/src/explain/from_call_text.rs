//! A call as text: `socket(AF_UNIX, SOCK_STREAM, 0)`, also as strace and a report write it.

use anyhow::{Result, anyhow};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::CallOfText;

use super::policy_answers::{Known, policy_answers};
use super::{ExplainedCall, Explanation};
use crate::input_policy::InputPolicy;

/// Explains the call `text` of the ABI `arch`, or of the ABI of the policies, or of this machine. `in_force` says that all of the policies
/// are in force at once, so that the most severe of their answers counts; else they are read each for itself.
///
/// # Errors
///
/// What is wrong with the call, at its place.
pub(crate) fn explain_text(
    text: &str,
    arch: Option<Abi>,
    policies: &[InputPolicy],
    in_force: bool,
) -> Result<Explanation> {
    let abi = arch.or(policies.first().map(|policy| policy.abi)).unwrap_or(Abi::NATIVE);
    // strace writes the result after the call.
    let call = text.rfind(')').map_or(text, |end| &text[..=end]);
    let call = CallOfText::read("call", call, abi)
        .map_err(|report| anyhow!("cannot read the call\n{}", report.to_string().trim_end()))?;
    let call = ExplainedCall::new(call.arch, call.nr, call.registers);
    let found = policy_answers(policies, &call, Known::Nothing);
    let mut remarks = found.unread;
    if policies.is_empty() {
        remarks.push("name a policy with --policy to see what it does with this call".to_owned());
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
                // One filter that denies it is enough.
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
