//! What a traced command was denied, told so that people understand it: by policy, thread, test and line.
//!
//! | module | what it knows |
//! |---|---|
//! | `policies` | which policy of which program a filter is |
//! | `who` | who made a call, and where |
//! | `same` | which calls are the same for people |
//! | `learner` | records denied calls, and lets them be made |
//! | `reporter` | reports denied calls while the program runs |

mod learner;
mod policies;
mod reporter;
mod same;
mod who;

pub(crate) use learner::{RecordedPolicy, record};
pub(crate) use reporter::{describe, watch};
