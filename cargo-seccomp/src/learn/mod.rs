//! From calls that a policy denied to the rules that it lacks.
//!
//! Nothing here runs a program or reads a file: a recording goes in, and text of the language comes out. [`rules`] makes the
//! rules, [`insert`] puts them into the text of a policy.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `observed_call` | the calls that were seen |
//! | `decide` | which part of a policy decides a call |
//! | `argument_text` | values of arguments as text |
//! | `clocks` | clocks whose number is made from an id |
//! | `conditions` | the condition under which a call is allowed |
//! | `measured_groups` | measured groups instead of single calls |
//! | `rule_comments` | the comment above the rules: where they come from, and how they generalise |
//! | `abi_rules` | the rules for the calls of one ABI |
//! | `insert` | where the rules belong in a policy |
//! | `rules` | from a policy and calls to rules, compiled and checked |

mod abi_rules;
mod argument_text;
mod clocks;
mod conditions;
mod decide;
mod insert;
mod measured_groups;
mod observed_call;
mod rule_comments;
mod rules;

pub(crate) use decide::{Decided, compared, decide};
pub(crate) use insert::insert;
pub(crate) use observed_call::{Caller, ObservedCall};
pub(crate) use rules::{Learned, rules};
