//! Sets of values of one argument as ranges.

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::explore::{CallFunction, CallFunctions, FunctionView, InputBit};

/// The argument that the function asks for first.
pub(crate) fn argument_of(f: &CallFunctions, function: CallFunction) -> Option<ArgumentIndex> {
    match f.view(function) {
        FunctionView::Asks { bit: InputBit::Argument(index, _), .. } => Some(index),
        FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => None,
    }
}

/// The ranges of values of a set that looks only at the bits in `mask`: first and last value of each. They ascend if
/// the bits in `sign` are flipped. `None` if there are more than `most`.
pub(crate) fn runs(
    functions: &CallFunctions,
    set: CallFunction,
    mask: u64,
    sign: u64,
    most: usize,
) -> Option<Vec<(u64, u64)>> {
    let bits: Vec<u32> = (0..64).rev().filter(|bit| mask >> bit & 1 == 1).collect();
    let mut walk = Walk { functions, bits, mask, sign, most, runs: Vec::new() };
    walk.from(set, 0, 0)?;
    Some(walk.runs)
}

/// The value of a set that is nearest to `wanted`, which must be the least or the greatest of all values in some order.
/// The set must not be empty.
pub(crate) fn nearest(functions: &CallFunctions, mut set: CallFunction, wanted: u64) -> u64 {
    let mut value = wanted;
    while let FunctionView::Asks { bit: InputBit::Argument(_, bit), zero, one } =
        functions.view(set)
    {
        let (same, other) = if wanted >> bit & 1 == 1 { (one, zero) } else { (zero, one) };
        if same == CallFunction::NEVER {
            value ^= 1 << bit;
            set = other;
        } else {
            set = same;
        }
    }
    value
}

struct Walk<'a> {
    functions: &'a CallFunctions,
    /// The positions of the bits, the most significant first.
    bits: Vec<u32>,
    mask: u64,
    sign: u64,
    most: usize,
    runs: Vec<(u64, u64)>,
}

impl Walk<'_> {
    /// Adds the values of `set`, the function that is left when the first `at` bits have the values in `prefix`.
    fn from(&mut self, set: CallFunction, at: usize, prefix: u64) -> Option<()> {
        match self.functions.view(set) {
            FunctionView::Holds(true) => {
                let mut open = 0;
                for bit in &self.bits[at..] {
                    open |= 1 << bit;
                }
                let sign = self.sign & open;
                self.add(prefix | sign, prefix | (open ^ sign))
            }
            FunctionView::Holds(false) => Some(()),
            FunctionView::Asks { bit: InputBit::Argument(_, asked), zero, one } => {
                let bit = *self.bits.get(at)?;
                let (zero, one) = if asked == bit { (zero, one) } else { (set, set) };
                let is_flipped = self.sign >> bit & 1 == 1;
                let value = 1 << bit;
                if is_flipped {
                    self.from(one, at + 1, prefix | value)?;
                    return self.from(zero, at + 1, prefix);
                }
                self.from(zero, at + 1, prefix)?;
                self.from(one, at + 1, prefix | value)
            }
            FunctionView::Asks { .. } | FunctionView::Action(_) => None,
        }
    }

    /// Adds a range, or extends the last one if the range follows it.
    fn add(&mut self, first: u64, last: u64) -> Option<()> {
        if let Some((_, before)) = self.runs.last_mut() {
            // The next value of the masked bits. All other bits are set, so that a carry passes through them.
            let next = ((*before ^ self.sign) | !self.mask).wrapping_add(1) & self.mask;
            if next == (first ^ self.sign) & self.mask {
                *before = last;
                return Some(());
            }
        }
        if self.runs.len() == self.most {
            return None;
        }
        self.runs.push((first, last));
        Some(())
    }
}
