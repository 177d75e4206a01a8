//! The calls that a traced command was denied, sorted for people: by policy, thread, test and line.
//!
//! | module | what it knows |
//! |---|---|
//! | `filter_policies` | which policy of which program a filter is |
//! | `callers` | who made a call, and where |
//! | `call_essence` | which calls are the same for people |
//! | `learner` | records denied calls, and lets them be made |
//! | `reporter` | reports denied calls while the program runs |

mod call_essence;
mod callers;
mod filter_policies;
mod learner;
mod reporter;

use crate::output::Output;

pub(crate) use learner::{RecordedPolicy, record};
pub(crate) use reporter::{describe, watch};

/// Reports that the command has ended, and what the tool still waits for.
fn reminder(output: Output) -> impl FnOnce() + Send + 'static {
    move || {
        output.warn(
            "the command has ended, and processes that it started go on: this tool waits for them; a signal to the tool ends \
             them, such as Ctrl-C",
        );
    }
}
