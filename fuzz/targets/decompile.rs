//! Any bytes as a filter give an error or a policy that is proven equal, never a panic, and never an invalid policy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seccomp_decompile::{DecompileError, Options, decompile, from_bytes};
use seccomp_ir::abi::Abi;

fuzz_target!(|data: &[u8]| {
    let Ok((filter, _)) = from_bytes(data) else { return };
    for options in [Options::default(), Options::for_kernel(Abi::X86_64)] {
        match decompile(&filter, &options) {
            Err(error @ (DecompileError::Invalid(_) | DecompileError::NotProven(_))) => {
                panic!("{error}")
            }
            Ok(decompiled) => assert!(!decompiled.text().is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
