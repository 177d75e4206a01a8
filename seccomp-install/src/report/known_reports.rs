//! The reports that the handler knows.
#![allow(unsafe_code)] // The reports are behind atomic pointers.

use core::ptr::{from_ref, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::Report;
use crate::sys::CallResult;

/// The most policies with `report` in one process.
const MOST: usize = 16;

/// The reports of the policies that were installed, oldest first. Entries are added, and never removed or changed.
static REPORTS: [AtomicPtr<Report>; MOST] = [const { AtomicPtr::new(null_mut()) }; MOST];

/// Adds a report, if it is new. Returns [`CallResult::NO_ROOM`] if there are [`MOST`] others.
#[inline]
pub(super) fn add(report: &'static Report) -> CallResult {
    let new = from_ref(report).cast_mut();
    for place in &REPORTS {
        match place.compare_exchange(null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return CallResult::DONE,
            Err(known) if known == new => return CallResult::DONE,
            Err(_) => {}
        }
    }
    CallResult::NO_ROOM
}

/// The newest report for which `is_it` holds.
#[inline]
pub(super) fn newest(is_it: &mut dyn FnMut(&Report) -> bool) -> Option<&'static Report> {
    for place in REPORTS.iter().rev() {
        let known = place.load(Ordering::Acquire);
        // SAFETY: the pointer is null, or `add` stored it, which made it from a reference that is valid for ever and
        // that nothing writes through.
        let known = unsafe { known.cast_const().as_ref() };
        if let Some(report) = known {
            if is_it(report) {
                return Some(report);
            }
        }
    }
    None
}
