//! The names that a program carries: of calls, arguments and constants, of calls only, or none.

use seccomp_bpf::short::Pairs;

use super::argument_text;
use super::report_message::{Message, template};
use super::tables::Section;

/// The functions that write a call. Pointers, so that a program contains only the code for the names that its reports
/// have.
#[derive(Clone, Copy)]
pub(super) struct Names {
    /// The name of the call, or its number.
    pub(super) call: fn(&mut Message<'_>),
    /// The arguments of the call.
    pub(super) arguments: fn(&mut Message<'_>),
    /// The target of a rule that allows exactly this call.
    pub(super) allowed_call: fn(&mut Message<'_>),
}

/// A call without a name, and the target of a rule that allows it.
const NUMBER: &[u8] = &template(*b"call <");
const ALLOWED_NUMBER: &[u8] = &template(*b"syscall(<)");

impl Names {
    pub(super) const NONE: Self = Self {
        call: |message| message.say(NUMBER),
        arguments: |message| message.registers(),
        allowed_call: |message| message.say(ALLOWED_NUMBER),
    };
    pub(super) const OF_CALLS: Self = Self {
        call: |message| name_or(message, NUMBER),
        allowed_call: |message| name_or(message, ALLOWED_NUMBER),
        ..Self::NONE
    };
    pub(super) const ALL: Self = Self {
        arguments: argument_text::arguments,
        allowed_call: |message| {
            name_or(message, ALLOWED_NUMBER);
            argument_text::conditions(message);
        },
        ..Self::OF_CALLS
    };
}

/// Writes the name of the call, or a template if it has none.
#[cold]
#[inline]
fn name_or(message: &mut Message<'_>, without: &[u8]) {
    let name = message.entry(Section::Calls);
    if name.is_empty() {
        message.say(without);
    } else {
        message.text.name(name, Pairs::WORDS);
    }
}
