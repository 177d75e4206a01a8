//! Ways to write sets of values of one argument, and the cost of reading each.

use seccomp_bpf::fit;

/// A way to write a set of values of an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Set {
    /// The argument, perhaps under a mask, is in one of these ranges: first and last value. They ascend in the order of
    /// the type.
    In { mask: Option<u64>, runs: Vec<(u64, u64)>, negated: bool },
    /// All of these sets.
    All(Vec<Set>),
    /// One of these sets.
    Any(Vec<Set>),
}

/// The type in which an argument is compared: how many bits, and whether with a sign.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct IntegerType {
    pub(crate) bits: u32,
    pub(crate) signed: bool,
}

impl IntegerType {
    /// All bits.
    pub(crate) fn ones(self) -> u64 {
        fit::ones(self.bits)
    }

    /// The sign bit, if there is one.
    pub(crate) fn sign(self) -> u64 {
        if self.signed { fit::sign(self.bits) } else { 0 }
    }

    /// The least and the greatest value, as bits.
    pub(crate) fn extremes(self) -> (u64, u64) {
        (self.sign(), self.ones() ^ self.sign())
    }
}

impl Set {
    /// The cost of reading it.
    pub(crate) fn cost(&self) -> usize {
        match self {
            Self::In { mask, runs, negated } => {
                let runs_cost: usize = runs.iter().map(|(a, b)| if a == b { 1 } else { 2 }).sum();
                let is_single = runs.len() == 1 && runs[0].0 == runs[0].1;
                2 + runs_cost
                    + 2 * usize::from(mask.is_some())
                    + usize::from(*negated && !is_single)
            }
            Self::All(all) | Self::Any(all) => 1 + all.iter().map(Self::cost).sum::<usize>(),
        }
    }
}

/// One of several masks must hold, or none if `negated`.
pub(crate) fn of_cubes(mut cubes: Vec<(u64, u64)>, negated: bool) -> Set {
    cubes.sort_by_key(|&(mask, value)| (mask.count_ones(), mask, value));
    let mut sets: Vec<Set> = Vec::new();
    for (mask, value) in cubes {
        if let Some(Set::In { mask: Some(last), runs, .. }) = sets.last_mut() {
            if *last == mask {
                runs.push((value, value));
                continue;
            }
        }
        sets.push(Set::In { mask: Some(mask), runs: vec![(value, value)], negated });
    }
    match sets.len() {
        1 => sets.remove(0),
        _ if negated => Set::All(sets),
        _ => Set::Any(sets),
    }
}

/// Takes `candidate` if it is shorter to read than the best so far.
pub(crate) fn take(best: &mut Option<Set>, candidate: Set) {
    let is_empty = |set: &Set| match set {
        Set::In { runs, .. } => runs.is_empty(),
        Set::All(all) | Set::Any(all) => all.is_empty(),
    };
    if is_empty(&candidate) {
        return;
    }
    if best.as_ref().is_none_or(|best| candidate.cost() < best.cost()) {
        *best = Some(candidate);
    }
}
