use seccomp_runtime::{Policy, seccomp_policy};

const HALF: f64 = 0.5;

const POLICY: Policy = seccomp_policy! {
    allow read(fd == self::HALF);
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = POLICY;
}
