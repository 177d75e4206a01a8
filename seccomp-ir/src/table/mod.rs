//! Facts about the system calls of Linux: numbers, arguments, constants, groups.
//!
//! The facts are in the files of `data/`. A comment at the head of each file names its sources, and the scripts
//! beside them show how it was made. The compiler includes the sorted files and searches them as text: the
//! build of this crate generates nothing, which would cost every user time, and a lookup reads a dozen
//! lines.
//!
//! Not here: what a policy can say about a call (`seccomp-syntax`), and in which words of the filter's input an
//! argument is ([`crate::abi`]).

mod by_number;
mod commands;
mod constants;
mod domains;
mod families;
mod frequency;
mod groups;
mod nearest;
mod numbers;
mod replacements;
mod rust_groups;
mod signature;
mod tsv;
mod types;

pub use commands::{Selector, depends_on_command, is_command, selector, type_under};
pub use constants::{
    Constant, ConstantLookup, constant, constants, constants_beginning, is_ioctl_command,
};
pub use domains::{Domain, DomainKind, decided_by, domain, domain_under, errno_domain, owner};
pub use families::{Denied, Family, Member, families, families_of};
pub use frequency::frequency;
pub use groups::{Group, GroupCall, group, groups};
#[cfg(feature = "show")]
pub use groups::{systemd_group, systemd_known};
pub use nearest::{nearest, nearest_call, nearest_constant, nearest_group};
pub use numbers::{abis_with, calls, is_known, name, names, number};
pub use replacements::{
    Multiplexed, calls_of_function, instead, multiplexed, multiplexed_by, tried_later,
};
pub use rust_groups::{Measured, MemberAbis, measured};
pub use signature::{Argument, ArgumentPlace, HalfOf, Signature, positional, signature};
pub use types::Type;

use crate::abi::Abi;

/// The ABI that names each column of the tables. ABIs that differ only in byte order have one column, with the
/// name of the first of them in [`Abi::ALL`].
static COLUMN_ABIS: [Abi; Abi::COLUMNS] = {
    let mut abis = [Abi::X86; Abi::COLUMNS];
    let mut at = Abi::ALL.len();
    while at > 0 {
        at -= 1;
        abis[Abi::ALL[at].column()] = Abi::ALL[at];
    }
    abis
};

fn column_abis() -> impl Iterator<Item = Abi> {
    COLUMN_ABIS.iter().copied()
}

/// The name of the ABI's column in the tables.
fn column_name(abi: Abi) -> &'static str {
    COLUMN_ABIS[abi.column()].name()
}
