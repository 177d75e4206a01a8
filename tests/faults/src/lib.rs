//! The compiler's stage from policy to filter, with deliberate bugs that can be switched on.
//!
//! `build.rs` copies the sources of `seccomp_ir::lower` and adds the switches. The tests check that
//! the proof refuses the filters of such a compiler.

#[path = "../table.rs"]
#[allow(dead_code)] // What build.rs reads.
mod table;

// The items that the copied modules expect in their crate.
#[path = "../../../seccomp-ir/src/sort.rs"]
mod sort;

use std::cell::Cell;

use seccomp_ir::filter::Filter;
use seccomp_ir::policy::Policy;
#[allow(unused_imports)] // These, too.
use seccomp_ir::{abi, action, bpf, filter, policy, table as tables};
#[allow(unused_imports)] // This, too.
#[cfg(test)]
use seccomp_test_support::seeds;

#[allow(
    clippy::all,
    dead_code,
    missing_docs,
    unexpected_cfgs,
    unreachable_pub,
    unused_imports,
    unused_parens,
    unused_unsafe
)]
mod copy {
    include!(concat!(env!("OUT_DIR"), "/modules.rs"));
}

thread_local! {
    static ON: Cell<&'static str> = const { Cell::new("") };
}

fn on(name: &str) -> bool {
    ON.get() == name
}

/// The names of all bugs.
pub fn faults() -> impl Iterator<Item = &'static str> {
    table::FAULTS.iter().map(|fault| fault.name)
}

/// The filter of `policy`, compiled with the bug of that name, or without a bug if there is none of
/// that name. `None` if the compiler says that the policy is too large.
#[must_use]
pub fn lower_with(fault: &'static str, policy: &Policy) -> Option<Filter> {
    ON.set(fault);
    let filter = copy::lower::lower(policy, &tables::frequency).ok();
    ON.set("");
    filter
}
