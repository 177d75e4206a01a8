//! The tables, compared with sources from which they were not made, and with manuals.

mod arguments;
mod constants;
#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
mod libc_names;
mod names;
mod numbers;
mod raw_sys;

use seccomp_ir::abi::Abi;

/// One ABI for each column of the tables.
fn columns() -> impl Iterator<Item = Abi> {
    (0..Abi::COLUMNS).map(|column| {
        let first = Abi::ALL.iter().find(|abi| abi.column() == column);
        *first.expect("every column has an ABI")
    })
}
