use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    pub FIRST { allow read; include crate::SECOND; }
    pub SECOND { allow write; include crate::FIRST; }
}

const POLICY: Policy = seccomp_policy! {
    include FIRST;
    default kill
};

fn main() {
    let _ = POLICY;
}
