//! Clocks of processes, threads and devices, whose number is made from an id: another one in each run.

use seccomp_ir::table::{Domain, DomainKind};

/// What such numbers have in common: the sign, and the kind of clock in the lowest bits. In the other 29 bits is the id, inverted.
///
/// Source: `include/linux/posix-timers_types.h` (the comment on bit fields of a clockid), and `clockid_to_kclock`,
/// `kernel/time/posix-timers.c`, Linux 6.12, which takes every negative number for such a clock.
pub(super) const KIND: u64 = 0x8000_0007;

/// The kind of the clock `value`, if it is one of a process, a thread or a device. An id of 0 is the caller itself, which is no
/// other number in another run.
pub(super) fn kind(domain: &Domain, value: u64) -> Option<u64> {
    let clock = value as i32;
    let id = !(clock >> 3);
    // What may be anything has every constant.
    let is_clock = domain.kind == DomainKind::List && domain.has("CLOCK_MONOTONIC");
    (is_clock && clock < 0 && id != 0).then_some(value & KIND)
}
