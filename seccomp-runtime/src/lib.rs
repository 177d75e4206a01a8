//! Put a Rust program under a system-call filter.
#![no_std]
