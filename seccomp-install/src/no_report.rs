//! `report` on a target without a handler: no policy has one.

use seccomp_bpf::bpf::SockFilter;

use crate::number::Number;
use crate::sys::{self, CallResult};

/// The items for expansions of policies with `report` and values: there are none here.
#[doc(hidden)]
pub(crate) mod expansion {}

/// The part of a policy with `report` that a program contains. There is no value of this type here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {}

impl Report {
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
        // Only a handler needs these functions. This use keeps the compiler from warning that they are unused.
        let _: [usize; 2] = [sys::signal_action as usize, sys::end_by as usize];
        match *self {}
    }
}
