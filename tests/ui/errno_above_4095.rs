use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    errno(4096) ptrace;
    errno(70000) reboot;
    default errno(-1)
};

fn main() {
    let _ = [POLICY];
}
