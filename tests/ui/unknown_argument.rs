use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(fdd == 0);
    allow socket(domain == AF_INET, colour == 3);
    default kill
};

fn main() {
    let _ = [POLICY];
}
