//! A program whose policy is not learned yet. rustc warns of such a policy.
#![allow(deprecated)]

use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

const GREETER: Policy = seccomp_policy! { default kill };

#[sandboxed(GREETER)]
fn main() {
    let name = std::fs::read_to_string("/proc/self/comm").expect("the kernel says it");
    println!("Hello, my name is {}.", name.trim());
}
