//! Names for the numbers in a filter, which only a higher layer knows.

use super::InstructionIndex;
use crate::abi::ArgumentIndex;

/// Names for the numbers in a filter. All of them are optional: a number without a name is shown
/// as a number.
pub trait Names {
    /// The name of the ABI with this `seccomp_data.arch`.
    fn abi(&self, arch: u32) -> Option<&str>;

    /// The name of call `nr`, as in `seccomp_data.nr`, of the ABI.
    fn call(&self, arch: u32, nr: u32) -> Option<&str>;

    /// The name of argument `index` of call `nr` of the ABI.
    fn argument(&self, arch: u32, nr: u32, index: ArgumentIndex) -> Option<&str>;

    /// The name of an errno of the ABI.
    fn errno(&self, arch: u32, errno: u16) -> Option<&str>;

    /// The name of `value` as the low half of argument `index` of call `nr` of the ABI.
    fn value(&self, arch: u32, nr: u32, index: ArgumentIndex, value: u32) -> Option<&str> {
        let _ = (arch, nr, index, value);
        None
    }

    /// The text of an operand whose value is not in the filter yet: the `k` of instruction `index`
    /// does not count.
    fn operand(&self, index: InstructionIndex) -> Option<&str> {
        let _ = index;
        None
    }
}

/// Names nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoNames;

impl Names for NoNames {
    fn abi(&self, _: u32) -> Option<&str> {
        None
    }

    fn call(&self, _: u32, _: u32) -> Option<&str> {
        None
    }

    fn argument(&self, _: u32, _: u32, _: ArgumentIndex) -> Option<&str> {
        None
    }

    fn errno(&self, _: u32, _: u16) -> Option<&str> {
        None
    }
}
