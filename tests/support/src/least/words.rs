//! The shortest and the shallowest filter for a condition on one word, by exhaustive search.
//!
//! The search covers all decision graphs whose instructions are loads of the word, `AND`, and tests with
//! the masks and values that the policy names and those made from them (a mask with and without the bits
//! of a value; unions, intersections and differences of two masks, if that leaves few enough cells).
//! Values for which all these tests give the same results are one cell, so there are finitely many
//! graphs: from the first instruction down, each open end is a set of cells, and ends that are joined are
//! one set. The number of tries has a limit, beyond which the search claims nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::calls::all_comparisons;
use seccomp_ir::abi::Call;
use seccomp_ir::policy::{Comparison, Policy, Value, meaning};

/// The most graphs or sets that are tried before giving up.
const MOST_TRIES: usize = 150_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Equal,
    Greater,
    AnyBit,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Test {
    kind: Kind,
    mask: u32,
    value: u32,
}

impl Test {
    fn holds(self, word: u32) -> bool {
        match self.kind {
            Kind::Equal => word & self.mask == self.value,
            Kind::Greater => word & self.mask > self.value,
            Kind::AnyBit => word & self.mask != 0,
        }
    }
}

type Cells = u128;

/// The mask of the accumulator; 0 if the word must be loaded.
type View = u32;

/// The search would take too long, and claims nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GaveUp;

/// A problem on one word.
#[derive(Debug)]
pub struct Problem {
    tests: Vec<(Test, Cells)>,
    masks: Vec<u32>,
    /// The cells of each action.
    actions: Vec<Cells>,
    all: Cells,
}

/// An open end of a graph: the cells that arrive there, and the content of the accumulator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    cells: Cells,
    view: View,
}

impl Problem {
    /// The problem of `policy` for the low half of argument 1 of call 16; `None` if there are too many
    /// cells.
    #[must_use]
    pub fn of(policy: &Policy) -> Option<Self> {
        let named = all_comparisons(policy);
        // The largest family that leaves few enough cells.
        let families = [Family::Differences, Family::Unions, Family::Named];
        let (tests, words) = families.into_iter().find_map(|largest| {
            let tests = family(&named, largest);
            let words = representatives(&tests)?;
            Some((tests, words))
        })?;
        let action = |word: u32| {
            let mut args = [0; 6];
            args[1] = u64::from(word);
            let arch = policy.abis[0].abi.audit_arch();
            let call = Call { nr: 16, arch, instruction_pointer: 0, args };
            meaning(policy, &call, &|_| 0).to_return_value()
        };
        let mut by_action: BTreeMap<u32, Cells> = BTreeMap::new();
        for (place, &word) in words.iter().enumerate() {
            *by_action.entry(action(word)).or_default() |= 1 << place;
        }
        let all = Cells::MAX >> (128 - words.len());
        let mut seen = BTreeSet::new();
        let mut distinct = Vec::new();
        for test in tests {
            let mut holds = 0;
            for (place, &word) in words.iter().enumerate() {
                holds |= Cells::from(test.holds(word)) << place;
            }
            // If several tests have the same results, one under each mask is enough.
            let kind_of_mask = if test.kind == Kind::AnyBit { 0 } else { test.mask };
            if holds != 0
                && holds != all
                && seen.insert((holds, kind_of_mask, test.kind == Kind::AnyBit))
            {
                distinct.push((test, holds));
            }
        }
        let masks: BTreeSet<u32> = distinct
            .iter()
            .filter(|(test, _)| test.kind != Kind::AnyBit && test.mask != u32::MAX)
            .map(|(test, _)| test.mask)
            .collect();
        let masks = masks.into_iter().collect();
        Some(Self { tests: distinct, masks, actions: by_action.into_values().collect(), all })
    }

    /// The number of returns that a filter needs.
    #[must_use]
    pub fn returns(&self) -> usize {
        self.actions.len()
    }

    fn is_settled(&self, cells: Cells) -> bool {
        self.actions.iter().any(|action| cells & !action == 0)
    }

    /// Whether one test separates the cells of an end, whatever the accumulator holds.
    fn one_test_settles(&self, end: End) -> bool {
        self.tests.iter().any(|&(test, holds)| {
            self.serves(end.view, test)
                && self.is_settled(end.cells & holds)
                && self.is_settled(end.cells & !holds)
        })
    }

    /// Whether a test is possible with this content of the accumulator.
    fn serves(&self, view: View, test: Test) -> bool {
        match test.kind {
            Kind::AnyBit => test.mask & !view == 0,
            _ => test.mask == view,
        }
    }

    /// The least number of tests, masks and loads after the first load, if it is less than `most`.
    ///
    /// # Errors
    ///
    /// [`GaveUp`] if the search would take too long.
    pub fn least(&self, most: usize) -> Result<Option<usize>, GaveUp> {
        let start = End { cells: self.all, view: u32::MAX };
        if self.is_settled(self.all) {
            return Ok((most > 0).then_some(0));
        }
        for budget in 1..most {
            let mut tries = 0;
            if self.possible(&[start], budget, &mut tries)? {
                return Ok(Some(budget));
            }
        }
        Ok(None)
    }

    /// Whether all ends can be finished with `budget` instructions.
    fn possible(&self, ends: &[End], budget: usize, tries: &mut usize) -> Result<bool, GaveUp> {
        *tries += 1;
        if *tries > MOST_TRIES {
            return Err(GaveUp);
        }
        let Some((&end, others)) = ends.split_first() else { return Ok(true) };
        if ends.len() > budget {
            return Ok(false);
        }
        // Each other end takes at least one instruction.
        let spare = budget - others.len();
        if spare == 1 && !self.one_test_settles(end) {
            return Ok(false);
        }
        for &(test, holds) in &self.tests {
            let (yes, no) = (end.cells & holds, end.cells & !holds);
            if yes == 0 || no == 0 || !self.serves(end.view, test) {
                continue;
            }
            let mut next = Vec::new();
            self.lead(others, yes, end.view, &mut |with_yes| {
                self.lead(with_yes, no, end.view, &mut |with_both| next.push(with_both.to_vec()));
            });
            for ends in next {
                if ends.len() < budget && self.possible(&ends, budget - 1, tries)? {
                    return Ok(true);
                }
            }
        }
        let mut views = self.masks.clone();
        views.retain(|mask| mask & !end.view == 0 && *mask != end.view);
        if end.view != u32::MAX {
            views.push(u32::MAX);
        }
        for view in views {
            if spare < 2 {
                break;
            }
            let mut ends = vec![End { view, ..end }];
            ends.extend_from_slice(others);
            if self.possible(&ends, budget - 1, tries)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every way to continue with `cells`: nowhere if they have one action, otherwise to a new end or to an
    /// existing one.
    fn lead(&self, ends: &[End], cells: Cells, view: View, with: &mut dyn FnMut(&[End])) {
        if self.is_settled(cells) {
            return with(ends);
        }
        let mut own = ends.to_vec();
        own.push(End { cells, view });
        with(&own);
        for place in 0..ends.len() {
            let mut joined = ends.to_vec();
            joined[place].cells |= cells;
            // Where different contents meet, the word must be loaded.
            if joined[place].view != view {
                joined[place].view = 0;
            }
            with(&joined);
        }
    }

    /// The least number of steps on the longest path after the first load.
    #[must_use]
    pub fn least_depth(&self, most: usize) -> Option<usize> {
        let mut known = HashMap::new();
        let end = End { cells: self.all, view: u32::MAX };
        (0..most).find(|&depth| self.within(end, depth, &mut known))
    }

    fn within(
        &self,
        end: End,
        depth: usize,
        known: &mut HashMap<(Cells, View, usize), bool>,
    ) -> bool {
        if self.is_settled(end.cells) {
            return true;
        }
        // If the search gives up, the length counts as possible, so the result is a lower bound.
        if depth == 0 || known.len() > MOST_TRIES {
            return depth > 0;
        }
        if let Some(&known) = known.get(&(end.cells, end.view, depth)) {
            return known;
        }
        let mut found = false;
        for &(test, holds) in &self.tests {
            let (yes, no) = (end.cells & holds, end.cells & !holds);
            if !found && yes != 0 && no != 0 && self.serves(end.view, test) {
                found = self.within(End { cells: yes, ..end }, depth - 1, known)
                    && self.within(End { cells: no, ..end }, depth - 1, known);
            }
        }
        for &mask in self.masks.iter().chain([&u32::MAX]) {
            let changes = mask != end.view && (mask == u32::MAX || mask & !end.view == 0);
            if !found && changes && depth > 1 {
                found = self.within(End { view: mask, ..end }, depth - 1, known);
            }
        }
        known.insert((end.cells, end.view, depth), found);
        found
    }
}

/// The masks that filters use beside the named masks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    /// The named masks, with and without the bits of a value.
    Named,
    /// Also unions of two.
    Unions,
    /// Also intersections and differences.
    Differences,
}

/// The tests from which filters are made.
fn family(named: &[Comparison], largest: Family) -> Vec<Test> {
    let known = |value| match value {
        Value::Known(value) => value as u32,
        Value::Symbol(_) => panic!("a value of rustc"),
    };
    let pairs: Vec<(u32, u32)> = named
        .iter()
        .map(|comparison| (comparison.mask.map_or(u32::MAX, known), known(comparison.value)))
        .collect();
    let mut masks = BTreeSet::new();
    let mut bits = BTreeSet::new();
    for &(mask, value) in &pairs {
        masks.insert(mask);
        bits.extend([mask, mask & value, mask & !value, !mask]);
    }
    for (index, &(one, _)) in pairs.iter().enumerate() {
        for &(other, _) in &pairs[..index] {
            if largest >= Family::Unions {
                masks.insert(one | other);
            }
            if largest == Family::Differences {
                masks.extend([one & other, one & !other, other & !one]);
            }
        }
    }
    let mut joined = bits.clone();
    for &one in &bits {
        for &other in bits.range(..one) {
            if largest >= Family::Unions {
                joined.insert(one | other);
            }
            if largest == Family::Differences {
                joined.extend([one & other, one & !other]);
            }
        }
        joined.insert(one & one.wrapping_neg());
    }
    let mut tests = BTreeSet::new();
    for mask in masks.into_iter().filter(|mask| *mask != 0) {
        for &(of, value) in &pairs {
            if largest == Family::Named && of != mask {
                continue;
            }
            let union =
                pairs.iter().fold(
                    0,
                    |union, (other, value)| {
                        if other & !mask == 0 { union | value } else { union }
                    },
                );
            for value in [value & mask, union & mask, (value & mask).wrapping_sub(1)] {
                if value & !mask == 0 {
                    tests.insert(Test { kind: Kind::Equal, mask, value });
                }
                if value < mask {
                    tests.insert(Test { kind: Kind::Greater, mask, value });
                }
            }
        }
    }
    for mask in joined.into_iter().filter(|mask| *mask != 0) {
        tests.insert(Test { kind: Kind::AnyBit, mask, value: 0 });
    }
    tests.into_iter().collect()
}

/// A word of every cell; `None` if there are more than 128 cells.
fn representatives(tests: &[Test]) -> Option<Vec<u32>> {
    // For each state of the tests, the first bits of a word. A test is equal to the demanded value so far,
    // or less, or greater.
    let mut states: BTreeMap<Vec<i8>, u32> = BTreeMap::from([(vec![0; tests.len()], 0)]);
    for bit in (0..32).rev() {
        let mut next = BTreeMap::new();
        for (state, word) in states {
            for set in [0, 1] {
                let state = state.iter().zip(tests).map(|(&order, test)| {
                    match (order, test.mask >> bit & 1, test.value >> bit & 1) {
                        (0, 1, wanted) if set != wanted => {
                            // For an equality, less and greater are the same failure.
                            if set > wanted && test.kind != Kind::Equal { 1 } else { -1 }
                        }
                        (order, ..) => order,
                    }
                });
                next.entry(state.collect()).or_insert(word | set << bit);
            }
        }
        if next.len() > 4096 {
            return None;
        }
        states = next;
    }
    let mut cells: BTreeMap<Vec<bool>, u32> = BTreeMap::new();
    for word in states.into_values() {
        cells.insert(tests.iter().map(|test| test.holds(word)).collect(), word);
    }
    (cells.len() <= 128).then(|| cells.into_values().collect())
}
