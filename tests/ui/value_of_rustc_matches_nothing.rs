//! Comparisons with constants of rustc that no call satisfies, where the same numbers are an error too.

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

const MASK: u32 = 0xf;
const OUTSIDE: i32 = 0x12;

const MASKED: Policy = seccomp_policy! {
    errno(EPERM) socket(type & self::MASK == self::OUTSIDE);
    default kill
};

const BELOW: Policy = seccomp_policy! {
    errno(EPERM) read(fd == 1 || fd < { 0 });
    errno(EPERM) write(count < 100, !(fd >= { 0 }));
    default kill
};

const ABOVE: Policy = seccomp_policy! {
    errno(EPERM) kill(sig > { i32::MAX });
    default kill
};

// On one of the ABIs something is above it.
const ABOVE_ON_X86: Policy = seccomp_policy! {
    arch x86_64, x86;
    errno(EPERM) unshare(unshare_flags > { u32::MAX });
    default kill
};

const BELOW_ON_BOTH: Policy = seccomp_policy! {
    arch x86_64, x86;
    errno(EPERM) unshare(unshare_flags & 1 != { 0 }), kill(pid & { 1 } == 2);
    default kill
};

seccomp_fragment! {
    IN_A_FRAGMENT { errno(EPERM) lseek(whence in ..{ 0 }) }
}

fn main() {
    let _ = [MASKED, BELOW, ABOVE, ABOVE_ON_X86, BELOW_ON_BOTH];
}
