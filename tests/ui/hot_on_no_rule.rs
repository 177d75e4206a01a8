use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    #[hot] default kill;
    allow read
};

fn main() {
    let _ = [POLICY];
}
