use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow syscall(-2);
    errno(EPERM) syscall(-451)(a0 == 1);
    allow syscall(-1);
    default kill
};

fn main() {
    let _ = [POLICY];
}
