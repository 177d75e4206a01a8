//! `report`: the program itself says which call the policy denied, and where.
//!
//! [`with_traps`] turns every kill of a policy into a trap whose data names what decided, so that a handler in the
//! program can look it up. [`tables`] makes the bytes that the handler reads (`seccomp-install/src/report`).
//!
//! The policy with the traps is the one that is lowered and proven. The errors and warnings are about the policy
//! as it was written.

mod shorten;
mod tables;
mod traps;
pub(crate) mod value_names;

pub use tables::{SourceLine, Tables, tables};
pub use traps::{Denial, Denier, Report, with_traps};
#[cfg(feature = "show")]
pub use value_names::names_of_values;

/// The constants that name the values of an argument of `call`, each with its value in two's complement. A value has at
/// most one name here, and none if it is not clear which of several constants is meant.
#[cfg(feature = "show")]
#[must_use]
pub fn constant_names(
    abi: crate::abi::Abi,
    call: &str,
    domain: &crate::table::Domain,
) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for value_names::ConstantFamily { beginning, members } in value_names::names(abi, call, domain)
    {
        for (rest, value) in members {
            all.push((format!("{beginning}{rest}"), value));
        }
    }
    all
}
