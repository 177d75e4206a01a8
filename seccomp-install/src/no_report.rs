//! `report` on a target without a handler: no policy has one.

use seccomp_bpf::bpf::SockFilter;

use crate::number::Number;
use crate::sys::CallResult;

/// The items for expansions of policies with `report` and values: there are none here.
#[doc(hidden)]
pub(crate) mod expansion {}

/// The part of a policy with `report` that a program contains. There is no value of this type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoReport {}

pub use self::NoReport as Report;

impl NoReport {
    pub(crate) const fn filter(&self) -> &'static [SockFilter] {
        match *self {}
    }

    pub(crate) fn is_denial(&self, _: u16) -> bool {
        match *self {}
    }

    pub(crate) fn keep(&self, _: &[SockFilter], _: &[Number]) -> CallResult {
        match *self {}
    }

    pub(crate) fn prepare(&self) -> CallResult {
        match *self {}
    }
}
