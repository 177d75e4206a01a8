use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

const POLICY: Policy = seccomp_policy! { #[allow(seccomp::default_allow)] default log };

#[sandboxed]
fn no_policy() {}

#[sandboxed(POLICY)]
const fn constant() {}

#[sandboxed(3)]
fn not_a_policy() {}

#[sandboxed(NO_POLICY)]
fn no_policy_either() {}

struct NoPolicy;
const NO_POLICY: NoPolicy = NoPolicy;

#[sandboxed(POLICY)]
struct NotAFunction;

trait Trait {
    #[sandboxed(POLICY)]
    fn no_body();
}

fn main() {}
