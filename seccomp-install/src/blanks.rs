//! Operands of a filter that are computed from symbols. rustc gives the values while the program compiles, or the
//! running program gives them when the filter is installed.
//!
//! The same code serves both: the policy says what each value is compared with, each value must fit its argument, and a
//! rule that no call could match any more is an error. If rustc has the values, an error ends the build; if the program
//! has them, nothing is installed.

use seccomp_bpf::abi::Half;
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::SockFilter;
use seccomp_bpf::fit::{Bounds, Fulfilled, MOST_RUN_TIME_VALUES, Misfit};

use crate::install_error::InstallError;
use crate::number::Number;

/// How to compute an operand from a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// The bits `keep` of the low half of the value, with the bits `flip` flipped.
    Low {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The same bits of the high half.
    High {
        /// The bits to keep.
        keep: u32,
        /// The bits to flip.
        flip: u32,
    },
    /// The return value of the action that fails a call with this errno.
    Errno,
}

impl Operand {
    /// The operand for this value.
    #[must_use]
    #[inline]
    pub const fn of(self, value: u64) -> u32 {
        match self {
            Self::Low { keep, flip } => (Half::Low.of(value) & keep) ^ flip,
            Self::High { keep, flip } => (Half::High.of(value) & keep) ^ flip,
            Self::Errno => Action::Errno(value as u16).to_return_value(),
        }
    }
}

/// A number in a [`Demand`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DemandNumber {
    /// A number that the policy contains.
    Known(u64),
    /// The value with this index in the list of values.
    Value(usize),
}

/// A comparison that must hold for every call that a rule matches on an ABI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The number of the rule. A list of demands is sorted by it first.
    pub rule: usize,
    /// The index of the ABI among the ABIs of the rule. The list is sorted by it next.
    pub abi: usize,
    /// The number of ABIs of the rule.
    pub abis: usize,
    /// How the argument is compared.
    pub bounds: Bounds,
    /// The bits of the argument that are compared.
    pub mask: DemandNumber,
    /// The value that they are compared with.
    pub value: DemandNumber,
    /// The relations that satisfy the comparison.
    pub fulfilled: Fulfilled,
    /// The error message if no call matches the rule on any ABI.
    pub message: &'static str,
}

/// How a value is computed from the numbers that the program gives when it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Term {
    /// A value that is known already, or that rustc evaluates.
    Known(u64),
    /// A number that the program gives, which must fit.
    Given {
        /// Its index among these numbers.
        index: usize,
        /// The bounds that it must fit.
        bounds: Bounds,
        /// The error messages, by the kind of misfit: negative, above the signed numbers, outside.
        refusals: [&'static str; 3],
    },
    /// The bits of all these terms.
    Any(&'static [Self]),
    /// All other bits.
    Not {
        /// The value.
        of: &'static Self,
        /// The bits of the argument.
        ones: u64,
    },
    /// A value that was made from several and must fit as a whole.
    Whole {
        /// The value.
        of: &'static Self,
        /// The bounds that it must fit.
        bounds: Bounds,
        /// See [`Self::Given`].
        refusals: [&'static str; 3],
    },
}

/// The bits of `number` if it fits. A negative number has its sign in the bits above.
///
/// # Errors
///
/// One of `refusals` if the number does not fit: for a negative number, for a number above the signed ones, or for any
/// other.
#[inline]
pub const fn fitting(
    number: Number,
    bounds: Bounds,
    refusals: [&'static str; 3],
) -> Result<u64, &'static str> {
    let [negative, above_signed, outside] = refusals;
    match bounds.misfit(number) {
        None => Ok(number as u64),
        Some(Misfit::Negative) => Err(negative),
        Some(Misfit::AboveSigned) => Err(above_signed),
        Some(Misfit::Outside) => Err(outside),
    }
}

impl Term {
    /// The value if all of its parts fit. The recursion is as deep as the text of the policy.
    #[inline]
    fn value(&self, given: &[Number]) -> Result<u64, &'static str> {
        match *self {
            Self::Known(known) => Ok(known),
            Self::Given { index, bounds, refusals } => match given.get(index) {
                Some(number) => fitting(*number, bounds, refusals),
                None => Err("the policy has fewer values than its filter needs"),
            },
            Self::Any(parts) => {
                let mut bits = 0;
                for part in parts {
                    bits |= part.value(given)?;
                }
                Ok(bits)
            }
            Self::Not { of, ones } => Ok(!of.value(given)? & ones),
            Self::Whole { of, bounds, refusals } => {
                fitting(Number::from(of.value(given)?), bounds, refusals)
            }
        }
    }
}

/// A range with a bound that the program gives. It must not be empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenRange {
    /// The first value.
    pub first: Term,
    /// The bound above.
    pub last: Term,
    /// Whether the bound above belongs to the range.
    pub inclusive: bool,
    /// The bits of the argument.
    pub ones: u64,
    /// The sign bit of the argument; 0 if it has no sign.
    pub sign: u64,
    /// The error message if the range is empty.
    pub message: &'static str,
}

/// The message of the first rule whose demands no call can satisfy on any of its ABIs.
#[inline]
#[must_use]
pub const fn contradiction(demands: &[Demand], values: &[u64]) -> Option<&'static str> {
    let mut next = 0;
    while next < demands.len() {
        let Demand { rule, abis, message, .. } = demands[next];
        let mut matching = abis;
        while next < demands.len() && demands[next].rule == rule {
            let Demand { abi, .. } = demands[next];
            let mut matches = true;
            while next < demands.len() && demands[next].rule == rule && demands[next].abi == abi {
                let Demand { bounds, mask, value, fulfilled, .. } = demands[next];
                let (mask, value) = (number(mask, values), number(value, values));
                matches &= bounds.some_argument(mask, value, fulfilled);
                next += 1;
            }
            if !matches {
                matching -= 1;
            }
        }
        if matching == 0 {
            return Some(message);
        }
    }
    None
}

#[inline]
const fn number(number: DemandNumber, values: &[u64]) -> u64 {
    match number {
        DemandNumber::Known(known) => known,
        DemandNumber::Value(index) => values[index],
    }
}

/// Puts `values` into the operands of `filter`: each has the index of its instruction, the index of its value,
/// and how to compute it from that value. Every user compiles the list, so the indices in it are plain numbers.
#[inline]
pub const fn fill(filter: &mut [SockFilter], operands: &[(usize, usize, Operand)], values: &[u64]) {
    let mut next = 0;
    while next < operands.len() {
        let (instruction, value, operand) = operands[next];
        filter[instruction].k = operand.of(values[value]);
        next += 1;
    }
}

/// The open operands of a filter, and the checks of their values. A filter without open operands has empty lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blanks {
    /// The values, at most [`Self::MOST_VALUES`].
    pub values: &'static [Term],
    /// The operands that are made from them: see [`fill`].
    pub operands: &'static [(usize, usize, Operand)],
    /// The ranges that must not be empty.
    pub ranges: &'static [OpenRange],
    /// The comparisons that some call must satisfy: see [`contradiction`].
    pub demands: &'static [Demand],
}

impl Blanks {
    /// No open operands.
    pub(crate) const NONE: &'static Self =
        &Self { values: &[], operands: &[], ranges: &[], demands: &[] };

    /// The most values of a policy: they are on the stack.
    pub const MOST_VALUES: usize = MOST_RUN_TIME_VALUES;

    /// Fills in `filter` from the numbers that the program gives; `values` has room for all values.
    ///
    /// # Errors
    ///
    /// [`InstallError::Value`] if a number does not fit, a range is empty, or no call can match a rule. Then some
    /// operands of `filter` are not filled in.
    #[inline]
    pub(crate) fn fill(
        &self,
        filter: &mut [SockFilter],
        given: &[Number],
        values: &mut [u64],
    ) -> Result<(), InstallError> {
        let unfit = |why| InstallError::Value { why };
        for (value, term) in values.iter_mut().zip(self.values) {
            *value = term.value(given).map_err(unfit)?;
        }
        for range in self.ranges {
            // An encoding that keeps the order of the type.
            let bound =
                |term: &Term| Ok((term.value(given).map_err(unfit)? & range.ones) ^ range.sign);
            let (first, last) = (bound(&range.first)?, bound(&range.last)?);
            if first > last || first == last && !range.inclusive {
                return Err(unfit(range.message));
            }
        }
        if let Some(message) = contradiction(self.demands, values) {
            return Err(unfit(message));
        }
        fill(filter, self.operands, values);
        Ok(())
    }
}
