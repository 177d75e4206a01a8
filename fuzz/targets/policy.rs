//! A policy from bytes: its program is proven, and answers as it does.
#![no_main]

#[path = "../../seccomp-ir/tests/common/mod.rs"]
mod common;

use arbitrary::Unstructured;
use common::compare::compile_and_compare;
use common::policies::{Shape, policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = policy(&mut Unstructured::new(bytes), Shape::ANY) {
        compile_and_compare(&policy, bytes.len() as u64);
    }
});
