use seccomp_runtime::{Policy, seccomp_policy};

const FIRST: Policy = seccomp_policy! {
    include "ui/mistakes.policy";
    default kill
};

const SECOND: Policy = seccomp_policy! {
    include "ui/missing.policy";
    default kill
};

const THIRD: Policy = seccomp_policy! {
    include "ui/unclosed.policy";
    default kill
};

const FOURTH: Policy = seccomp_policy! {
    include "ui/itself.policy";
    default kill
};

fn main() {
    let _ = [FIRST, SECOND, THIRD, FOURTH];
}
