//! What the warnings need beside the policy: constants by name, and comparisons whose types the author may not mean.

use crate::abi::{Abi, ArgumentIndex};
use crate::tree::{ItemIndex, Name};

/// A valid comparison that may compare other bits than the kernel uses.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Remark {
    /// Its rule.
    pub item: ItemIndex,
    /// The argument, as written.
    pub argument: Name,
    /// The type that overrides the argument's, as written.
    pub cast: Option<Name>,
    /// The call.
    pub call: String,
    /// Why it may.
    pub kind: RemarkKind,
}

/// Why a comparison may compare other bits than the kernel uses.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum RemarkKind {
    /// The bits that the kernel uses depend on another argument, which the rule leaves open.
    OpenCommand {
        /// The kernel's name of the other argument.
        selector: &'static str,
    },
    /// The rule fixes the command, and the tables do not know what the kernel uses of the argument under it.
    CommandNotFollowed {
        /// The kernel's name of the command.
        selector: &'static str,
    },
    /// The kernel does not look at the argument.
    Ignored,
    /// The type that overrides the argument's has fewer bits than the kernel uses.
    NarrowCast {
        /// How many bits the kernel uses.
        bits: u32,
    },
    /// The type that overrides the argument's has more bits than the kernel uses.
    WideCast {
        /// How many bits the kernel uses.
        bits: u32,
        /// The type as the kernel declares it.
        spelling: &'static str,
    },
}

/// A constant of the tables that an argument is compared with.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ComparedConstant {
    /// The ABI.
    pub abi: Abi,
    /// `seccomp_data.nr` of the call.
    pub nr: u32,
    /// The argument.
    pub argument: ArgumentIndex,
    /// The value, in as many low bits as the argument is compared in.
    pub value: u64,
    /// The name, as written.
    pub name: String,
}
