use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow syscall(0x4000_0001);
    allow syscall(0)(a4 == 1);
    allow syscall(4294967296);
    allow syscall(451)(fd == 3);
    default kill
};

fn main() {
    let _ = [POLICY];
}
