//! The straight chain: the tests of a call one after the other, as its rules are written.
//!
//! A chain is what a person would write first, and every other way to decide a call is compared with
//! it. It takes as many tests as its rules have, however these depend on each other. So no call takes
//! more tests than its chain, and no chain is too complex. A search mostly finds something shorter, but
//! the search is bounded and the length of its result is not.
//!
//! A chain is made of *links*, from its end to its beginning. The links become steps of the graph in
//! the same order. A link is one test. The content of the accumulator decides which loads and masks
//! come before the test. A link that is reached in two ways may therefore become steps twice, but only
//! up to the instruction after which the accumulator holds the same.

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View, WordTest};
use super::graph::{GraphStep, StepGraph, StepId};
use super::intervals::{Ranges, SetSubject, by_high_half, complement, known_set, negation, united};
use super::map::Map;
use super::symbols::{HalfTest, half_tests, positive};
use super::value_sets::low_ones;
use crate::abi::{ArgumentIndex, Endian, Half};
use crate::policy::{AbiPolicy, Comparison, Condition, PolicyAction, RuleIndex};
use crate::sort::sort;

/// A link, by its place among the [`Links`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkId(u32);

#[derive(Clone, Copy)]
enum Link {
    /// The end.
    Action(PolicyAction),
    /// One test.
    Test { test: WordTest, yes: LinkId, no: LinkId },
}

/// The order of the tests of one condition where the order does not change the result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TestOrder {
    /// As written.
    Written,
    /// Tests of the same argument together, those under a mask after those of the whole argument.
    MasksLast,
}

/// The links of one chain. A link leads only to links before it.
pub(super) struct Links {
    all: Vec<Link>,
    /// The links at which the tests of a condition begin.
    starts: Vec<LinkId>,
    order: TestOrder,
}

/// One of several conditions; at least one must hold.
enum Alternative<'c> {
    /// A condition that always holds.
    Always,
    /// The subject is in the ranges.
    Set(SetSubject, Ranges),
    /// A comparison with a symbol.
    Symbol(Comparison),
    /// All of these hold. If the flag is set, each is negated first.
    All(&'c [Condition], bool),
}

impl Links {
    /// The chain of these rules of `part`, and its first link.
    pub(super) fn of_rules(
        part: &AbiPolicy,
        rules: &[RuleIndex],
        otherwise: PolicyAction,
        order: TestOrder,
    ) -> (Self, LinkId) {
        let mut links = Self { all: Vec::new(), starts: Vec::new(), order };
        let mut next = links.add(Link::Action(otherwise));
        for &rule in rules.iter().rev() {
            let rule = part.rule(rule);
            let action = links.add(Link::Action(rule.action));
            next = links.any(std::slice::from_ref(&rule.condition), false, action, next);
        }
        (links, next)
    }

    fn add(&mut self, link: Link) -> LinkId {
        self.all.push(link);
        LinkId(self.all.len() as u32 - 1)
    }

    fn test(
        &mut self,
        view: View,
        relation: TestRelation,
        operand: TestOperand,
        yes: LinkId,
        no: LinkId,
    ) -> LinkId {
        if yes == no {
            return yes;
        }
        self.add(Link::Test { test: WordTest { view, relation, operand }, yes, no })
    }

    /// Leads to `yes` if one of `conditions` holds, else to `no`. If `negated`, each is negated first.
    fn any(&mut self, conditions: &[Condition], negated: bool, yes: LinkId, no: LinkId) -> LinkId {
        let mut alternatives = Vec::new();
        let mut subjects = Map::EMPTY;
        for condition in conditions {
            take_apart(condition, negated, &mut alternatives, &mut subjects);
        }
        let mut order: Vec<(u64, u64)> = Vec::with_capacity(alternatives.len());
        for alternative in &alternatives {
            let key = if self.order == TestOrder::Written { 0 } else { place(alternative) };
            order.push((key, order.len() as u64));
        }
        sort(&mut order);
        let mut next = no;
        for &(_, index) in order.iter().rev() {
            next = match &mut alternatives[index as usize] {
                Alternative::Always => yes,
                Alternative::Set(subject, ranges) => {
                    let ranges = united(ranges);
                    self.set(*subject, ranges, yes, next)
                }
                Alternative::Symbol(comparison) => self.symbol(comparison, yes, next),
                // All hold unless one fails.
                Alternative::All(all, negated) => self.any(all, !*negated, next, yes),
            };
            self.starts.push(next);
        }
        next
    }

    /// Leads to `yes` if the subject is in `ranges`, which are united, else to `no`.
    fn set(
        &mut self,
        (argument, bits, mask): SetSubject,
        ranges: Ranges,
        yes: LinkId,
        no: LinkId,
    ) -> LinkId {
        let other = complement(&ranges, mask);
        let is_shorter = other.len() < ranges.len() || other == [(0, 0)];
        let (ranges, yes, no) = if is_shorter { (other, no, yes) } else { (ranges, yes, no) };
        if bits < 64 {
            return self.half_set((argument, Half::Low), mask, &ranges, yes, no);
        }
        if ranges == [(0, 0)] {
            // None of the bits of the two halves is set.
            let low = self.half_set((argument, Half::Low), mask, &ranges, yes, no);
            return self.half_set((argument, Half::High), mask, &ranges, low, no);
        }
        let mut by_half = by_high_half(&ranges);
        let mut highs = Ranges::new();
        for (high, _) in &by_half {
            highs.extend_from_slice(high);
        }
        let is_every_high = complement(&united(&mut highs), mask >> 32).is_empty();
        let mut next = None;
        for (high, low) in by_half.iter_mut().rev() {
            let low = self.half_set((argument, Half::Low), mask, low, yes, no);
            next = Some(match next {
                // If one of the high halves always matches, the last part needs no test.
                None if is_every_high => low,
                next => {
                    let (high, next) = (united(high), next.unwrap_or(no));
                    self.half_set((argument, Half::High), mask, &high, low, next)
                }
            });
        }
        next.unwrap_or(no)
    }

    /// The same for one half of the subject.
    fn half_set(
        &mut self,
        (argument, half): (ArgumentIndex, Half),
        mask: u64,
        ranges: &[(u64, u64)],
        yes: LinkId,
        no: LinkId,
    ) -> LinkId {
        let most = half.of(mask);
        let word = ArgumentWord { argument, half };
        let (mut view, whole) = (View::whole(word), View::whole(word));
        if most != u32::MAX {
            view.mask = Some(TestOperand::Known(most));
        }
        let other = complement(ranges, most.into());
        let is_shorter = tests_of(&other, most) < tests_of(ranges, most) || other == [(0, 0)];
        let (ranges, yes, no) = if is_shorter { (&other[..], no, yes) } else { (ranges, yes, no) };
        match ranges {
            [(0, 0)] if most == 0 => return yes,
            [(0, 0)] if most != u32::MAX => {
                return self.test(whole, TestRelation::AnyBit, TestOperand::Known(most), no, yes);
            }
            [(first, last)]
                if first == last && *first == u64::from(most) && most.is_power_of_two() =>
            {
                return self.test(whole, TestRelation::AnyBit, TestOperand::Known(most), yes, no);
            }
            _ => {}
        }
        let mut next = no;
        for &(first, last) in ranges.iter().rev() {
            if first > most.into() {
                continue;
            }
            let known = |value: u64| TestOperand::Known(value as u32);
            next = if first == 0 && last >= most.into() {
                yes
            } else if first == last {
                self.test(view, TestRelation::Equal, known(first), yes, next)
            } else if first == 0 {
                self.test(view, TestRelation::Greater, known(last), next, yes)
            } else {
                let mut inside = yes;
                if last < most.into() {
                    inside = self.test(view, TestRelation::Greater, known(last), next, yes);
                }
                self.test(view, TestRelation::Greater, known(first - 1), inside, next)
            };
        }
        next
    }

    /// Leads to `yes` if a comparison with a symbol holds, else to `no`.
    fn symbol(&mut self, comparison: &Comparison, yes: LinkId, no: LinkId) -> LinkId {
        let (positive, is_negated) = positive(comparison);
        let (yes, no) = if is_negated { (no, yes) } else { (yes, no) };
        let tests = half_tests(&positive);
        let low = self.half_test(tests.low, yes, no);
        let Some(equal) = tests.high_equal else { return low };
        let equal = self.half_test(equal, low, no);
        match tests.high_greater {
            Some(greater) => self.half_test(greater, yes, equal),
            None => equal,
        }
    }

    fn half_test(&mut self, test: HalfTest, yes: LinkId, no: LinkId) -> LinkId {
        match test {
            HalfTest::Constant(true) => yes,
            HalfTest::Constant(false) => no,
            HalfTest::Holds(WordTest { view, relation, operand }) => {
                self.test(view, relation, operand, yes, no)
            }
            HalfTest::Fails(WordTest { view, relation, operand }) => {
                self.test(view, relation, operand, no, yes)
            }
        }
    }

    /// The steps of the chain that begins with `first`.
    pub(super) fn emit(&self, first: LinkId, graph: &mut StepGraph, endian: Endian) -> StepId {
        // For each link the possible contents of the accumulator, and the step for each.
        let mut reached: Vec<Vec<(Option<View>, StepId)>> = Vec::with_capacity(self.all.len());
        for _ in &self.all {
            reached.push(Vec::new());
        }
        let nowhere = StepId(u32::MAX);
        reached[first.0 as usize].push((None, nowhere));
        for id in (0..self.all.len()).rev() {
            if let (Link::Test { test, yes, no }, false) = (self.all[id], reached[id].is_empty()) {
                for &next in &[yes, no] {
                    let held = self.useful(next, Some(test.view));
                    let reached = &mut reached[next.0 as usize];
                    if !reached.iter().any(|(known, _)| *known == held) {
                        reached.push((held, nowhere));
                    }
                }
            }
        }
        for id in 0..self.all.len() {
            for index in 0..reached[id].len() {
                let held = reached[id][index].0;
                let step = match self.all[id] {
                    Link::Action(action) => graph.add(GraphStep::Return(action)),
                    Link::Test { test: WordTest { view, relation, operand }, yes, no } => {
                        let after = |next: LinkId| {
                            let held = self.useful(next, Some(view));
                            let mut step = nowhere;
                            for &(known, found) in &reached[next.0 as usize] {
                                if known == held {
                                    step = found;
                                }
                            }
                            step
                        };
                        let (yes, no) = (after(yes), after(no));
                        let branch = graph.add(GraphStep::Branch { relation, operand, yes, no });
                        graph.bring(view, held, branch, endian)
                    }
                };
                reached[id][index].1 = step;
            }
        }
        for start in &self.starts {
            for &(_, step) in &reached[start.0 as usize] {
                graph.starts.push(step);
            }
        }
        reached[first.0 as usize][0].1
    }

    /// `held` if it can matter to a link.
    fn useful(&self, link: LinkId, held: Option<View>) -> Option<View> {
        match self.all[link.0 as usize] {
            Link::Action(_) => None,
            Link::Test { test, .. } => held.filter(|held| test.view.follows(*held)),
        }
    }
}

/// The number of tests that decide whether a value of at most `most` is in `ranges`.
fn tests_of(ranges: &[(u64, u64)], most: u32) -> usize {
    let mut tests = 0;
    for &(first, last) in ranges {
        let inner = first != last && first > 0 && last < most.into();
        tests += if inner { 2 } else { 1 };
    }
    tests
}

/// Adds a condition, negated if `negated`, to the alternatives. Nested alternatives are flattened;
/// those on the same subject become one. `subjects` holds the place of each subject.
fn take_apart<'c>(
    condition: &'c Condition,
    negated: bool,
    to: &mut Vec<Alternative<'c>>,
    subjects: &mut Map<SetSubject, usize>,
) {
    match condition {
        Condition::Always if negated => {}
        Condition::Always => to.push(Alternative::Always),
        Condition::Compare(comparison) => {
            let comparison = if negated { negation(comparison) } else { *comparison };
            let Some((subject, mut ranges)) = known_set(&comparison) else {
                to.push(Alternative::Symbol(comparison));
                return;
            };
            let place = *subjects.value_or(&subject, to.len());
            match to.get_mut(place) {
                Some(Alternative::Set(_, known)) => known.append(&mut ranges),
                _ => to.push(Alternative::Set(subject, ranges)),
            }
        }
        Condition::Not(inner) => take_apart(inner, !negated, to, subjects),
        Condition::Any(all) | Condition::All(all) => {
            let alternatives = matches!(condition, Condition::Any(_)) != negated;
            if alternatives || all.len() == 1 {
                for one in all {
                    take_apart(one, negated, to, subjects);
                }
            } else {
                to.push(Alternative::All(all, negated));
            }
        }
    }
}

/// The sort key that puts the tests of one argument together, tests under a mask last, and whatever
/// takes more than one test at the very end.
fn place(alternative: &Alternative<'_>) -> u64 {
    match alternative {
        Alternative::Always => 0,
        Alternative::Set((argument, bits, mask), ranges) => {
            let is_cut = *mask != low_ones(*bits);
            // A test that no bit of a mask is set tests the whole word.
            let by_bits =
                matches!(ranges[..], [(0, 0)]) || ranges.first() == Some(&(1, low_ones(*bits)));
            1 + 4 * *argument as u64 + u64::from(is_cut && !by_bits)
        }
        Alternative::Symbol(comparison) => {
            3 + 4 * comparison.argument as u64 + u64::from(comparison.mask.is_some())
        }
        Alternative::All(..) => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::StepGraph;
    use super::{Links, TestOrder};
    use crate::abi::ArgumentIndex;
    use crate::abi::{Abi, Endian};
    use crate::action::Action;
    use crate::policy::{
        AbiPolicy, Comparison, Condition, Operator, Origin, PolicyAction, Rule, RuleIndex, Value,
        Width,
    };

    fn is(width: Width, mask: Option<u64>, operator: Operator, value: u64) -> Condition {
        let (mask, value) = (mask.map(Value::Known), Value::Known(value));
        Condition::Compare(Comparison {
            argument: ArgumentIndex::A1,
            width,
            signed: false,
            mask,
            operator,
            value,
        })
    }

    /// The number of steps in the chain of a rule with this condition, including its two returns.
    fn length(condition: Condition, order: TestOrder) -> usize {
        let action = PolicyAction::Action(Action::Allow);
        let (numbers, origin) = (vec![16], Origin(0));
        let rule = Rule { numbers, condition, action, hot: false, origin };
        let default = PolicyAction::Action(Action::KillProcess);
        let part = AbiPolicy { abi: Abi::X86_64, rules: vec![rule], unknown: None, default };
        let (links, first) = Links::of_rules(&part, &[RuleIndex(0)], default, order);
        let mut graph = StepGraph::new();
        let first = links.emit(first, &mut graph, Endian::Little);
        graph.use_all(first, &mut Vec::new())
    }

    #[test]
    fn a_chain_has_the_tests_that_are_written() {
        use Operator::{Equal, Greater, GreaterOrEqual, NotEqual};
        let (narrow, wide) = (Width::W32, Width::W64);
        let all = Condition::All;
        let rows = [
            // A load, a test, two returns.
            (is(narrow, None, Equal, 5), 4),
            (is(narrow, Some(0xff00), Equal, 0), 4),
            (is(narrow, Some(0xff00), NotEqual, 0), 4),
            (is(narrow, Some(0x100), Equal, 0x100), 4),
            (is(narrow, Some(0xff00), Equal, 0x5400), 5),
            (is(wide, None, Equal, 5), 6),
            (is(wide, None, Greater, 5), 6),
            (is(wide, None, Greater, 5 << 32), 7),
            (is(wide, Some(0xff), Equal, 5), 5),
            (all(vec![is(narrow, None, GreaterOrEqual, 5), is(narrow, Some(0xf), Equal, 8)]), 6),
            (Condition::Any(vec![is(narrow, None, Equal, 5), is(narrow, None, Equal, 9)]), 5),
        ];
        for (index, (condition, steps)) in rows.into_iter().enumerate() {
            assert_eq!(length(condition, TestOrder::Written), steps, "row {index}");
        }
    }

    #[test]
    fn a_mask_comes_after_the_tests_of_the_whole_word() {
        let any = || {
            Condition::Any(vec![
                is(Width::W32, Some(0xff00), Operator::Equal, 0x6400),
                is(Width::W32, None, Operator::Equal, 0x5401),
            ])
        };
        assert_eq!(length(any(), TestOrder::Written), 7);
        assert_eq!(length(any(), TestOrder::MasksLast), 6);
    }
}
