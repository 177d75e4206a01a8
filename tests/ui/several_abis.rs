//! Of several ABIs, some have the mistake: they are named. What is wrong on all is said once.

use seccomp_runtime::{Policy, seccomp_policy};

const KNOWN: Policy = seccomp_policy! {
    arch x86_64, x86;
    allow write(count == 0x1_0000_0000), dup(fdd == 1), umount(fdd == 1), pread64(pos == 0);
    default kill
};

const OF_RUSTC: Policy = seccomp_policy! {
    arch x86_64, x86;
    allow write(count == { 1_u64 << 32 });
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = [KNOWN, OF_RUSTC];
}
