//! Constants of rustc that are too large: for a signed type, for an errno, whole or in parts, for a null
//! pointer; also where no instruction has them.

use seccomp_runtime::{Policy, seccomp_policy};

const SIGNED: Policy = seccomp_policy! {
    allow kill(sig < { 0x8000_0000_u32 });
    #[allow(seccomp::default_allow)] default log
};

const HUGE: Policy = seccomp_policy! {
    allow lseek(offset == { u128::MAX });
    #[allow(seccomp::default_allow)] default log
};

const NOT: Policy = seccomp_policy! {
    errno(!{ 0 }) reboot;
    #[allow(seccomp::default_allow)] default log
};

const EITHER: Policy = seccomp_policy! {
    errno(EPERM | { 0x1000 }) reboot;
    #[allow(seccomp::default_allow)] default log
};

const MINUS: Policy = seccomp_policy! {
    errno(self::ERRNO) reboot;
    #[allow(seccomp::default_allow)] default log
};

const POINTER: Policy = seccomp_policy! {
    allow sendto(addr == self::NULL), read(buf == { 5 });
    #[allow(seccomp::default_allow)] default log
};

const UNUSED: Policy = seccomp_policy! {
    allow @basic-io;
    errno({ 5000 }) @basic-io;
    #[allow(seccomp::default_allow)] default log
};

const ERRNO: i16 = -1;
const NULL: usize = 0;

fn main() {
    let _ = [SIGNED, HUGE, NOT, EITHER, MINUS, POINTER, UNUSED, UNUSED];
}
