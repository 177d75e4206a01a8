//! Finds short ways to write sets of values of one argument.
//!
//! A set arrives as a condition on the bits of the argument. Some ways to write it are tried, and the cheapest is taken:
//!
//! - the values and ranges that are in it, or those that are not;
//! - the same of the bits that matter, under a mask;
//! - masks: some bits have fixed values, or one of several masks fits;
//! - bits that are always the same, or the range that contains the whole set, "and" something simpler; or its longest range
//!   "or" something simpler.
//!
//! All ways are exact. Only the choice between them is a matter of taste.

use std::collections::{HashMap, HashSet};

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::explore::{CallFunction, CallFunctions, FunctionView, InputBit, Unexplored};

use crate::runs::{argument_of, nearest, runs};
use crate::value_set::{IntegerType, Set, of_cubes, take};

/// The limits of the search: ranges in a list, ranges among which the longest is sought, and masks.
const MOST_RUNS: usize = 4096;
const MOST_COMPARED: usize = 256;
const MOST_CUBES: usize = 256;

/// The most levels of a set that are taken apart.
const DEEPEST: usize = 3;

/// Masks with their values, and the set of values that fit one of them.
type MaskCover = (Vec<(u64, u64)>, CallFunction);

/// Finds short ways to write sets.
pub(crate) struct Sets<'a> {
    pub(crate) functions: &'a mut CallFunctions,
    pub(crate) known: &'a mut HashMap<(CallFunction, IntegerType, usize), Option<Set>>,
}

impl Sets<'_> {
    /// The bits of the argument that `set` looks at.
    pub(crate) fn support(&self, set: CallFunction) -> u64 {
        let (mut support, mut seen, mut open) = (0, HashSet::new(), vec![set]);
        while let Some(function) = open.pop() {
            if !seen.insert(function) {
                continue;
            }
            if let FunctionView::Asks { bit: InputBit::Argument(_, bit), zero, one } =
                self.functions.view(function)
            {
                support |= 1 << bit;
                open.extend([zero, one]);
            }
        }
        support
    }

    /// The shortest way found to write `set`, which looks at no bits beyond those of `ty`. `None` if each is too long.
    pub(crate) fn best(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
    ) -> Result<Option<Set>, Unexplored> {
        self.at_depth(set, ty, 0)
    }

    fn at_depth(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
        depth: usize,
    ) -> Result<Option<Set>, Unexplored> {
        if let Some(known) = self.known.get(&(set, ty, depth)) {
            return Ok(known.clone());
        }
        let (mut best, mut masks) = (None, None);
        self.masks(set, set, &mut masks)?;
        // A list of more ranges is longer than the masks.
        let most = masks.as_ref().map_or(MOST_RUNS, |masks| masks.cost().min(MOST_RUNS));
        self.ranges(set, ty, most, &mut best)?;
        if let Some(masks) = masks {
            take(&mut best, masks);
        }
        if best.as_ref().is_none_or(|best| best.cost() > 6) && depth < DEEPEST {
            self.fixed_bits(set, ty, depth, &mut best)?;
            self.hull(set, ty, &mut best)?;
            self.longest(set, ty, &mut best)?;
        }
        self.known.insert((set, ty, depth), best.clone());
        Ok(best)
    }

    /// Tries at most `most` values and ranges.
    fn ranges(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
        most: usize,
        best: &mut Option<Set>,
    ) -> Result<(), Unexplored> {
        let support = self.support(set);
        let others = self.functions.not(set)?;
        for (function, negated) in [(set, false), (others, true)] {
            if let Some(runs) = runs(self.functions, function, ty.ones(), ty.sign(), most) {
                take(best, Set::In { mask: None, runs, negated });
            }
            // In the order of a signed type, a masked value with the sign bit would be a negative number.
            if support != ty.ones() {
                if let Some(runs) = runs(self.functions, function, support, 0, most) {
                    let is_ordered = support & ty.sign() == 0;
                    if is_ordered || runs.iter().all(|(first, last)| first == last) {
                        take(best, Set::In { mask: Some(support), runs, negated });
                    }
                }
            }
        }
        Ok(())
    }

    /// Tries masks for any set between `least` and `most`.
    fn masks(
        &mut self,
        least: CallFunction,
        most: CallFunction,
        best: &mut Option<Set>,
    ) -> Result<(), Unexplored> {
        for negated in [false, true] {
            let (low, high) = if negated {
                (self.functions.not(most)?, self.functions.not(least)?)
            } else {
                (least, most)
            };
            let mut budget = MOST_CUBES;
            if let Some((cubes, _)) = self.cubes(low, high, &mut budget)? {
                take(best, of_cubes(cubes, negated));
            }
        }
        Ok(())
    }

    /// Tries the bits that are the same in every value of the set, and the rest.
    fn fixed_bits(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
        depth: usize,
        best: &mut Option<Set>,
    ) -> Result<(), Unexplored> {
        let (mut mask, mut value, mut rest) = (0, 0, set);
        let support = self.support(set);
        for bit in (0..64).filter(|bit| support >> bit & 1 == 1) {
            let (zero, one) = self.halves(set, bit)?;
            if zero == CallFunction::NEVER || one == CallFunction::NEVER {
                mask |= 1 << bit;
                value |= u64::from(zero == CallFunction::NEVER) << bit;
                let (zero, one) = self.halves(rest, bit)?;
                rest = if zero == CallFunction::NEVER { one } else { zero };
            }
        }
        if mask == 0 || rest == CallFunction::ALWAYS {
            return Ok(());
        }
        if let Some(inner) = self.at_depth(rest, ty, depth + 1)? {
            let fixed = Set::In { mask: Some(mask), runs: vec![(value, value)], negated: false };
            take(best, Set::All(vec![fixed, inner]));
        }
        Ok(())
    }

    /// Tries the range from the least to the greatest value, and masks within it.
    fn hull(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
        best: &mut Option<Set>,
    ) -> Result<(), Unexplored> {
        let (first, last) = ty.extremes();
        let (first, last) =
            (nearest(self.functions, set, first), nearest(self.functions, set, last));
        if (first, last) == ty.extremes() {
            return Ok(());
        }
        let Some(argument) = argument_of(self.functions, set) else { return Ok(()) };
        let hull = self.range(argument, ty, first, last)?;
        let outside = self.functions.not(hull)?;
        let most = self.functions.or(set, outside)?;
        let mut inner = None;
        self.masks(set, most, &mut inner)?;
        if let Some(inner) = inner {
            let hull = Set::In { mask: None, runs: vec![(first, last)], negated: false };
            take(best, Set::All(vec![hull, inner]));
        }
        Ok(())
    }

    /// Tries the longest range, or masks.
    fn longest(
        &mut self,
        set: CallFunction,
        ty: IntegerType,
        best: &mut Option<Set>,
    ) -> Result<(), Unexplored> {
        let runs = runs(self.functions, set, ty.ones(), ty.sign(), MOST_COMPARED);
        let Some(runs) = runs else { return Ok(()) };
        let length = |&&(first, last): &&(u64, u64)| (last ^ ty.sign()) - (first ^ ty.sign());
        let Some(&(first, last)) = runs.iter().max_by_key(length) else { return Ok(()) };
        let Some(argument) = argument_of(self.functions, set) else { return Ok(()) };
        let run = self.range(argument, ty, first, last)?;
        let others = self.functions.choose(run, CallFunction::NEVER, set)?;
        if others == CallFunction::NEVER {
            return Ok(());
        }
        let mut inner = None;
        self.masks(others, set, &mut inner)?;
        if let Some(inner) = inner {
            let run = Set::In { mask: None, runs: vec![(first, last)], negated: false };
            take(best, Set::Any(vec![run, inner]));
        }
        Ok(())
    }

    /// The values from `first` to `last` in the order of `ty`.
    fn range(
        &mut self,
        argument: ArgumentIndex,
        ty: IntegerType,
        first: u64,
        last: u64,
    ) -> Result<CallFunction, Unexplored> {
        let at_least = self.at_least(argument, ty, first, true)?;
        let above = self.at_least(argument, ty, last, false)?;
        self.functions.choose(above, CallFunction::NEVER, at_least)
    }

    /// The values above `bound`, or `bound` itself if `equal`.
    fn at_least(
        &mut self,
        argument: ArgumentIndex,
        ty: IntegerType,
        bound: u64,
        equal: bool,
    ) -> Result<CallFunction, Unexplored> {
        let mut so_far = if equal { CallFunction::ALWAYS } else { CallFunction::NEVER };
        for bit in 0..ty.bits {
            let is_flipped = ty.sign() >> bit & 1 == 1;
            let (less, more) = if (bound >> bit & 1 == 1) != is_flipped {
                (CallFunction::NEVER, so_far)
            } else {
                (so_far, CallFunction::ALWAYS)
            };
            let (zero, one) = if is_flipped { (more, less) } else { (less, more) };
            so_far = self.functions.ask(InputBit::Argument(argument, bit), zero, one)?;
        }
        Ok(so_far)
    }

    /// The function with one bit of the argument fixed, both ways.
    fn halves(
        &mut self,
        set: CallFunction,
        bit: u32,
    ) -> Result<(CallFunction, CallFunction), Unexplored> {
        let mut known = HashMap::new();
        self.halves_from(set, bit, &mut known)
    }

    fn halves_from(
        &mut self,
        set: CallFunction,
        bit: u32,
        known: &mut HashMap<CallFunction, (CallFunction, CallFunction)>,
    ) -> Result<(CallFunction, CallFunction), Unexplored> {
        if let Some(known) = known.get(&set) {
            return Ok(*known);
        }
        let FunctionView::Asks { bit: asked @ InputBit::Argument(_, place), zero, one } =
            self.functions.view(set)
        else {
            return Ok((set, set));
        };
        let halves = if place == bit {
            (zero, one)
        } else if place < bit {
            (set, set)
        } else {
            let (zero_0, zero_1) = self.halves_from(zero, bit, known)?;
            let (one_0, one_1) = self.halves_from(one, bit, known)?;
            (self.functions.ask(asked, zero_0, one_0)?, self.functions.ask(asked, zero_1, one_1)?)
        };
        known.insert(set, halves);
        Ok(halves)
    }

    /// A cover of any set between `least` and `most` by masks with values, and the set that it covers: Minato, "Fast
    /// Generation of Prime-Irredundant Covers from Binary Decision Diagrams", 1993.
    fn cubes(
        &mut self,
        least: CallFunction,
        most: CallFunction,
        budget: &mut usize,
    ) -> Result<Option<MaskCover>, Unexplored> {
        if least == CallFunction::NEVER {
            return Ok(Some((Vec::new(), CallFunction::NEVER)));
        }
        if most == CallFunction::ALWAYS {
            if *budget == 0 {
                return Ok(None);
            }
            *budget -= 1;
            return Ok(Some((vec![(0, 0)], CallFunction::ALWAYS)));
        }
        let f = &mut *self.functions;
        let Some((asked, bit)) = first_bit(f, least, most) else { return Ok(None) };
        let ((least_0, least_1), (most_0, most_1)) = (split(f, least, bit), split(f, most, bit));
        let only_0 = f.choose(most_1, CallFunction::NEVER, least_0)?;
        let only_1 = f.choose(most_0, CallFunction::NEVER, least_1)?;
        let Some((cubes_0, covered_0)) = self.cubes(only_0, most_0, budget)? else {
            return Ok(None);
        };
        let Some((cubes_1, covered_1)) = self.cubes(only_1, most_1, budget)? else {
            return Ok(None);
        };
        let f = &mut *self.functions;
        let rest_0 = f.choose(covered_0, CallFunction::NEVER, least_0)?;
        let rest_1 = f.choose(covered_1, CallFunction::NEVER, least_1)?;
        let (rest, both) = (f.or(rest_0, rest_1)?, f.and(most_0, most_1)?);
        let Some((shared, covered)) = self.cubes(rest, both, budget)? else { return Ok(None) };
        let f = &mut *self.functions;
        let (zero, one) = (f.or(covered_0, covered)?, f.or(covered_1, covered)?);
        let covered = f.ask(asked, zero, one)?;
        let mut cubes = Vec::with_capacity(cubes_0.len() + cubes_1.len() + shared.len());
        cubes.extend(cubes_0.into_iter().map(|(mask, value)| (mask | 1 << bit, value)));
        cubes.extend(cubes_1.into_iter().map(|(mask, value)| (mask | 1 << bit, value | 1 << bit)));
        cubes.extend(shared);
        Ok(Some((cubes, covered)))
    }
}

/// The first bit of an argument that one of two functions asks for.
fn first_bit(f: &CallFunctions, one: CallFunction, other: CallFunction) -> Option<(InputBit, u32)> {
    let asked = |function| match f.view(function) {
        FunctionView::Asks { bit: bit @ InputBit::Argument(_, place), .. } => Some((bit, place)),
        FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => None,
    };
    match (asked(one), asked(other)) {
        (Some(one), Some(other)) => Some(if one.1 >= other.1 { one } else { other }),
        (one, other) => one.or(other),
    }
}

/// The function with `bit` fixed, both ways. The function asks for no bit before `bit`.
fn split(f: &CallFunctions, function: CallFunction, bit: u32) -> (CallFunction, CallFunction) {
    match f.view(function) {
        FunctionView::Asks { bit: InputBit::Argument(_, place), zero, one } if place == bit => {
            (zero, one)
        }
        FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => {
            (function, function)
        }
    }
}
