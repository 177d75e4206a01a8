use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    #[cfg] allow read;
    #[cfg = "unix"] allow read;
    #![cfg(unix)] allow read;
    #[] allow read;
    #[hot] include crate::NET;
    include crate::;
    include one two;
    include crate:NET;
    include 5;
    include b"net.policy";
    #[allow(seccomp::default_allow)] default log
};

const CONDITION: Policy = seccomp_policy! {
    #[cfg(unix, windows)] allow read;
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = [POLICY, CONDITION];
}
