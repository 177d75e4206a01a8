use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(fd == { 1 + });
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = POLICY;
}
