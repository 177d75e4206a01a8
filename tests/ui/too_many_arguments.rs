use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(a3 == 0);
    allow getpid(a0 == 1);
    allow dup2(a0 == 1, a1 == 2, a2 == 3);
    default kill
};

fn main() {
    let _ = [POLICY];
}
