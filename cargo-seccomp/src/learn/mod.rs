//! From calls that a policy denied to the rules that it lacks.
//!
//! Nothing here runs a program or reads a file: a recording goes in, text of the language comes out.
//!
//! | module | what it knows |
//! |---|---|
//! | `observed` | the calls that were seen |

mod observed;

pub(crate) use observed::{ObservedCall, Seen, distinct};
