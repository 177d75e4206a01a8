//! A policy from bytes: its filter is proven, and gives each call the action of the policy.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use seccomp_test_support::compare::compile_and_compare;
use seccomp_test_support::policies::{Shape, policy};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = policy(&mut Unstructured::new(bytes), Shape::ANY) {
        compile_and_compare(&policy, bytes.len() as u64);
    }
});
