//! Clocks of processes, threads and devices. Their numbers are made from ids, so they are different in each run.

use seccomp_ir::table::{Domain, DomainKind};

/// The bits that such numbers have in common: the sign, and the kind of clock in the lowest bits. The other 29 bits
/// have the inverted id.
///
/// Source: `include/linux/posix-timers_types.h` (the comment on bit fields of a clockid), and `clockid_to_kclock`,
/// `kernel/time/posix-timers.c`, Linux 6.12, which takes every negative number for such a clock.
pub(super) const KIND: u64 = 0x8000_0007;

/// The kind of the clock `value`, if it is the clock of a process, a thread or a device. An id of 0 is the caller
/// itself, which is the same number in each run.
pub(super) fn kind(domain: &Domain, value: u64) -> Option<u64> {
    let clock = value as i32;
    let id = !(clock >> 3);
    // An argument that may be anything has every constant.
    let is_clock = domain.kind == DomainKind::List && domain.has("CLOCK_MONOTONIC");
    (is_clock && clock < 0 && id != 0).then_some(value & KIND)
}
