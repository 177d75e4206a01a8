//! Explains what happened to a call, and why: from a core, a line of the audit log, or a call as text.
//!
//! | module | what it knows |
//! |---|---|
//! | `audit_line` | lines of the audit log |
//! | `call_of_trace` | calls as strace and reports write them |
//! | `explanation_text` | an explanation for people |
//! | `policy_answers` | what the policies of a program do with a call |
//! | `core_stacks` | the stacks in a core |
//! | `from_core`, `from_audit_log`, `from_call_text` | the three kinds of input |

pub mod audit_line;
mod call_of_trace;
mod core_stacks;
mod explanation_text;
mod from_audit_log;
mod from_call_text;
mod from_core;
mod policy_answers;

use seccomp_bpf::abi::Abi;
use seccomp_ir::{DecodedCall, decode};
use serde::Serialize;

use crate::decision::{Deciding, Passed};

pub(crate) use from_audit_log::{explain_line, explain_log};
pub(crate) use from_call_text::explain_text;
pub(crate) use from_core::explain_core;

/// The explanation of a call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Explanation {
    /// What happened, in one sentence.
    pub(crate) happened: String,
    /// The call.
    pub(crate) call: ExplainedCall,
    /// The address after the instruction that made the call.
    pub(crate) address: Option<u64>,
    /// How often the call was in the log, if more than once.
    pub(crate) times: Option<u64>,
    /// The answers to the call of all policies that may have decided it.
    pub(crate) answers: Vec<Answer>,
    /// Remarks for the user, and what cannot be known.
    pub(crate) remarks: Vec<String>,
    /// The rule that allows the call, if no policy is known.
    pub(crate) to_allow: Option<String>,
    /// The functions that made the call, per thread.
    pub(crate) stacks: Vec<Stack>,
}

/// A call with names.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExplainedCall {
    /// The call as text, with all known facts.
    pub(crate) text: String,
    /// Its ABI, if the tables have it.
    pub(crate) abi: Option<&'static str>,
    /// `seccomp_data.arch`
    pub(crate) arch: u32,
    /// `seccomp_data.nr`
    pub(crate) nr: u32,
    /// Its name.
    pub(crate) name: Option<&'static str>,
    /// Its arguments.
    pub(crate) arguments: Vec<ExplainedArgument>,
    #[serde(skip)]
    pub(crate) decoded: Option<DecodedCall>,
    #[serde(skip)]
    pub(crate) registers: [Option<u64>; 6],
}

/// An argument of a call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExplainedArgument {
    pub(crate) name: &'static str,
    pub(crate) value: Option<u64>,
    pub(crate) text: String,
}

/// The answer of a policy to a call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    /// The policy: its place and its file.
    pub(crate) policy: String,
    /// The parts that decide; several if that depends on unknown values.
    pub(crate) deciding: Vec<Deciding>,
    /// The rules for this call before these parts.
    pub(crate) passed: Vec<Passed>,
    /// The rule that makes the policy allow the call. `None` if the policy allows it.
    pub(crate) to_allow: Option<String>,
}

/// A stack of a thread.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stack {
    /// The number of the thread.
    pub(crate) thread: u32,
    /// Its functions, the innermost first.
    pub(crate) frames: Vec<String>,
}

impl ExplainedCall {
    /// The call with these fields of `seccomp_data`; `None` for each register that is not known.
    pub(crate) fn new(arch: u32, nr: u32, registers: [Option<u64>; 6]) -> Self {
        let abi = Abi::of_call(arch, nr);
        let decoded = abi.map(|abi| decode(abi, nr, registers));
        let arguments = decoded.iter().flat_map(|decoded| &decoded.arguments);
        let arguments = arguments.map(|argument| ExplainedArgument {
            name: argument.name,
            value: argument.value,
            text: argument.text.clone(),
        });
        Self {
            text: match &decoded {
                Some(decoded) => decoded.to_string(),
                None => format!(
                    "call {} of an ABI that Linux did not have when this tool was built",
                    nr.cast_signed()
                ),
            },
            abi: abi.map(Abi::name),
            arch,
            nr,
            name: decoded.as_ref().and_then(|decoded| decoded.name),
            arguments: arguments.collect(),
            decoded,
            registers,
        }
    }

    /// The name of the call for sentences: `socket`, or `call 5000`.
    pub(crate) fn short(&self) -> String {
        self.name.map_or_else(|| format!("call {}", self.nr.cast_signed()), str::to_owned)
    }
}
