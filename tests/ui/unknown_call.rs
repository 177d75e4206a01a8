use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read, wriet;
    errno(EPERM) opnat, frobnicate;
    default kill
};

fn main() {
    let _ = [POLICY];
}
