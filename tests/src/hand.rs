//! Filters written by hand, which no policy can express or which must not depend on the compiler.

use seccomp_runtime::{Abi, SockFilter};

use crate::call::PROBE;

/// `SECCOMP_RET_ALLOW` (`include/uapi/linux/seccomp.h`, Linux 6.12).
pub const ALLOW: u32 = 0x7fff_0000;
/// `SECCOMP_RET_ERRNO`.
pub const ERRNO: u32 = 0x0005_0000;

const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

/// `return value`, for every call.
#[must_use]
pub const fn always(value: u32) -> [SockFilter; 1] {
    [SockFilter::statement(RETURN, value)]
}

/// Returns `value` for call `number` of the target's own ABI, and allows all others.
#[must_use]
pub const fn act_on(number: u32, value: u32) -> [SockFilter; 6] {
    [
        SockFilter::statement(LOAD, 4),
        SockFilter::jump(JUMP_IF_EQUAL, Abi::NATIVE.audit_arch(), 0, 2),
        SockFilter::statement(LOAD, 0),
        SockFilter::jump(JUMP_IF_EQUAL, number, 1, 0),
        SockFilter::statement(RETURN, ALLOW),
        SockFilter::statement(RETURN, value),
    ]
}

/// Returns `value` for the probe, and allows all other calls.
#[must_use]
pub const fn act_on_probe(value: u32) -> [SockFilter; 6] {
    act_on(PROBE, value)
}

/// A filter of `N` instructions that allows everything.
#[must_use]
pub const fn long<const N: usize>() -> [SockFilter; N] {
    [SockFilter::statement(RETURN, ALLOW); N]
}
