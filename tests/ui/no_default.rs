use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read, write;
    allow exit_group
};

fn main() {
    let _ = [POLICY];
}
