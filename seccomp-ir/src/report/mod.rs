//! `report`: the program itself says which call the policy denied, and where.
//!
//! [`with_traps`] turns every kill of a policy into a trap whose data names what decided, so that a handler in the
//! program can look it up. [`tables`] makes the bytes in which the handler looks: `seccomp-install/src/report`
//! reads them.
//!
//! The policy with the traps is the one that is lowered and proven. The errors and warnings are about the policy
//! as it was written.

pub(crate) mod constants;
mod tables;
mod traps;

pub use tables::{Place, tables};
pub use traps::{Denial, Denier, Report, with_traps};
