//! What is known of Linux's system calls: numbers, arguments, constants, groups.
//!
//! The facts are the files of `data/`, each with its sources in a comment at its head; the scripts
//! beside them say how they came to be. They are part of the program as they are, sorted, and are
//! searched as text: nothing is generated when this crate is built, which would cost every user
//! time, and a lookup reads a dozen lines.
//!
//! Not here: what a policy may say of a call (`syntax`), and which words of a filter's input an
//! argument is in ([`crate::abi`]).

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

pub use commands::{Selector, depends_on_command, selector, type_under};
pub use constants::{Constant, ConstantLookup, constant, constants};
pub use domains::{Domain, DomainKind, domain};
pub use families::{Denied, Family, Member, families, families_of};
pub use frequency::frequency;
pub use groups::{Group, group, groups};
pub use nearest::{nearest, nearest_call, nearest_constant, nearest_group};
pub use numbers::{abis_with, calls, first_unknown, is_known, name, names, number};
pub use replacements::{Multiplexed, calls_of_function, instead, multiplexed, multiplexed_by};
pub use rust_groups::{Measured, measured};
pub use signature::{Argument, ArgumentPlace, HalfOf, Signature, signature};
pub use types::Type;

use crate::abi::Abi;

/// The ABI that names each column of the tables: of those that differ only in byte order the first
/// of [`Abi::ALL`].
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
