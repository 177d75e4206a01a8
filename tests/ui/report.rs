use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    NET { allow socket; report; }
}

const TWICE: Policy = seccomp_policy! {
    report;
    allow read;
    report numbers;
    default kill
};

const FORMS: Policy = seccomp_policy! {
    report names;
    report openat;
    report numbers calls;
    #[hot] report;
    allow read;
    repot;
    default kill
};

fn main() {
    let _ = [TWICE, FORMS];
}
