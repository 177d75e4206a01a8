//! Which calls a traced command was denied, sorted for people: by policy, thread, test and line.
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

pub(crate) use learner::{RecordedPolicy, record};
pub(crate) use reporter::{describe, watch};
