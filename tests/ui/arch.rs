use seccomp_runtime::{Policy, seccomp_policy};

const FIRST: Policy = seccomp_policy! {
    arch x86_64, amd64, sparc, x86_64;
    allow read;
    default kill
};

const SECOND: Policy = seccomp_policy! {
    arch s390x;
    allow read;
    default kill
};

const THIRD: Policy = seccomp_policy! {
    arch aarch64;
    allow read;
    default kill
};

fn main() {
    let _ = [FIRST, SECOND, THIRD];
}
