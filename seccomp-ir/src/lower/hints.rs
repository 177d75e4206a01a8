//! What the conditions as written say beyond what they compute. It helps to choose tests.

use super::accumulator::TestRelation;
use super::candidates::MaskTest;
use super::condition_functions::{Conditions, argument_word};
use super::function_node::FunctionWord;
use super::intervals::SetSubject;
use super::map::Map;
use crate::abi::Half;
use crate::policy::{Comparison, Operator, Value};
use crate::sort::sort_once;

/// Sets of more ranges than this are not separated by masks.
const MOST_RANGES_OF_TESTS: usize = 24;

/// The hints of the conditions of a check.
pub(super) struct Hints {
    /// Masks under which known values of a word are compared.
    masks: Map<FunctionWord, Vec<u32>>,
    /// The tests of a word to which comparisons with known values reduce.
    tests: Map<FunctionWord, Vec<MaskTest>>,
    /// Values of a word next to which the result of a comparison changes.
    marks: Map<FunctionWord, Vec<u32>>,
}

impl Hints {
    /// No hints.
    pub(super) const NONE: Self = Self { masks: Map::EMPTY, tests: Map::EMPTY, marks: Map::EMPTY };

    /// The masks of `word`.
    pub(super) fn masks_of(&self, word: FunctionWord) -> &[u32] {
        self.masks.get(&word).map_or(&[], Vec::as_slice)
    }

    /// The tests of `word` that the policy makes.
    pub(super) fn tests_of(&self, word: FunctionWord) -> &[MaskTest] {
        self.tests.get(&word).map_or(&[], Vec::as_slice)
    }

    /// The marks of `word`.
    pub(super) fn marks_of(&self, word: FunctionWord) -> &[u32] {
        self.marks.get(&word).map_or(&[], Vec::as_slice)
    }

    /// Notes the values next to which the result of a comparison changes.
    pub(super) fn mark(&mut self, (argument, bits, _): SetSubject, comparison: &Comparison) {
        let Value::Known(value) = comparison.value else { return };
        let (first, second) = match comparison.operator {
            Operator::Equal | Operator::NotEqual => (value, value),
            Operator::Less | Operator::GreaterOrEqual => (value.wrapping_sub(1), value),
            Operator::LessOrEqual | Operator::Greater => (value, value.wrapping_add(1)),
        };
        let ones = comparison.width.ones();
        for &half in &[Half::High, Half::Low] {
            if half == Half::Low || bits == 64 {
                let word = argument_word(argument, half);
                let marks = self.marks.value_or(&word, Vec::new());
                marks.push(half.of(first & ones));
                marks.push(half.of(second & ones));
            }
        }
    }

    /// Notes that values of `word` are compared under `mask`.
    pub(super) fn note_mask(&mut self, word: FunctionWord, mask: u32) {
        self.masks.value_or(&word, Vec::new()).push(mask);
    }

    /// Notes the tests of `word` under `mask` that decide whether it is in `ranges`.
    pub(super) fn note_tests(&mut self, word: FunctionWord, mask: u32, ranges: &[(u64, u64)]) {
        if ranges.len() > MOST_RANGES_OF_TESTS {
            return;
        }
        let tests = self.tests.value_or(&word, Vec::new());
        let mut note = |relation, value| {
            // A value is greater than 0 if it does not equal 0.
            let relation = if value == 0 { TestRelation::Equal } else { relation };
            tests.push(MaskTest { mask, relation, value });
        };
        // The end of the last range, unless that range has been noted completely.
        let mut end = None;
        for &(first, last) in ranges {
            let (first, last) = (first as u32, last as u32);
            match (end, first.checked_sub(1)) {
                // All values except one.
                (Some(end), Some(left_out)) if end + 1 == left_out => {
                    note(TestRelation::Equal, left_out);
                }
                (end, below) => {
                    for &bound in &[end, below] {
                        if let Some(bound) = bound {
                            note(TestRelation::Greater, bound);
                        }
                    }
                }
            }
            end = if first == last { None } else { Some(last) };
            if first == last {
                note(TestRelation::Equal, first);
            }
        }
        if let Some(end) = end {
            note(TestRelation::Greater, end);
        }
    }
}

impl Conditions {
    /// Takes the hints noted since the last time, sorted.
    pub(super) fn take_hints(&mut self) -> Hints {
        self.begin();
        self.has_asked = false;
        let mut hints = std::mem::replace(&mut self.hints, Hints::NONE);
        for masks in hints.masks.values_mut() {
            sort_once(masks);
        }
        for marks in hints.marks.values_mut() {
            sort_once(marks);
        }
        hints
    }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::condition_functions::{Alternatives, Conditions, Size, argument_word};
    use super::super::test_support;
    use crate::abi::Half;
    use crate::action::Action;
    use crate::policy::{Condition, PolicyAction, Value};

    #[test]
    fn hints_name_the_values_and_masks_of_the_conditions() {
        let mut conditions = Conditions::new(Size::InProportion, Budgets::DEFAULT);
        let mut rng = test_support::rng(6);
        let comparison = loop {
            let comparison = test_support::comparison(&mut rng, false);
            if comparison.mask.is_some() && comparison.width.bits() == 32 {
                break comparison;
            }
        };
        let mut alternatives = Alternatives::new();
        let condition = Condition::Compare(comparison);
        assert!(conditions.add(&condition, false, &mut alternatives).is_ok());
        let yes = conditions.action(PolicyAction::Action(Action::Allow));
        let no = conditions.action(PolicyAction::Action(Action::KillProcess));
        assert!(conditions.any(alternatives, yes, no).is_ok());
        let hints = conditions.take_hints();
        let word = argument_word(comparison.argument, Half::Low);
        let Value::Known(value) = comparison.value else { panic!("no symbol") };
        assert_eq!(hints.masks_of(word).len(), 1);
        let near = |mark: &u32| mark.abs_diff(value as u32) <= 1 || *mark == u32::MAX;
        assert!(!hints.marks_of(word).is_empty() && hints.marks_of(word).iter().all(near));
        assert!(conditions.take_hints().marks_of(word).is_empty());
    }
}
