//! Tries a function on some inputs, to find out whether it may be constant.

use super::condition_functions::Conditions;
use super::function_node::{Function, FunctionNode, FunctionWord};
use super::map::Map;
use crate::policy::PolicyAction;

/// The number of inputs that are tried to find out whether a function may be constant.
const SAMPLES: usize = 256;

impl Conditions {
    /// Whether `function` asks others and gives the same action for many tried inputs. Then it may be
    /// constant although its form does not show it.
    pub(super) fn may_be_constant(&self, function: Function) -> bool {
        if !self.has_asked {
            return false;
        }
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let action = self.sample(function, &mut random);
        for _ in 1..SAMPLES {
            if self.sample(function, &mut random) != action {
                return false;
            }
        }
        true
    }

    /// The action for some input near the values that the conditions name.
    fn sample(&self, function: Function, random: &mut u64) -> Option<PolicyAction> {
        let mut values: Map<FunctionWord, u32> = Map::EMPTY;
        let mut left = function;
        loop {
            left = self.asked(left);
            let FunctionNode::Split { bit, .. } = self.functions.node(left) else {
                return self.action_of(left);
            };
            let word = bit.word();
            let value = match values.get(&word) {
                Some(&value) => value,
                None => {
                    let value = self.value_near(word, random);
                    values.insert(&word, value);
                    value
                }
            };
            left = self.functions.at(left, word, value);
        }
    }

    /// Some value of `word` near the values that the conditions name.
    fn value_near(&self, word: FunctionWord, random: &mut u64) -> u32 {
        // xorshift64 (Marsaglia 2003)
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let marks = self.hints.marks_of(word);
        match *random % 4 {
            0 => (*random >> 32) as u32,
            _ if marks.is_empty() => (*random >> 32) as u32 & 1,
            near => {
                let mark = marks[(*random >> 32) as usize % marks.len()];
                mark.wrapping_add(near as u32).wrapping_sub(2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::budgets::Budgets;
    use super::super::condition_functions::{Alternatives, Conditions, Size};
    use crate::abi::ArgumentIndex;
    use crate::action::Action;
    use crate::policy::{Comparison, Condition, Operator, PolicyAction, Value, Width};

    #[test]
    fn a_value_that_the_conditions_name_is_tried_and_a_constant_has_no_other_action() {
        let mut conditions = Conditions::new(Size::InProportion, Budgets::DEFAULT);
        let condition = Condition::Compare(Comparison {
            argument: ArgumentIndex::A1,
            width: Width::W32,
            signed: false,
            mask: None,
            operator: Operator::Equal,
            value: Value::Known(0x1234_5678),
        });
        let mut alternatives = Alternatives::new();
        assert!(conditions.add(&condition, false, &mut alternatives).is_ok());
        let yes = conditions.action(PolicyAction::Action(Action::Allow));
        let no = conditions.action(PolicyAction::Action(Action::KillProcess));
        let Ok(function) = conditions.any(alternatives, yes, no) else { panic!("room") };
        // The form of a function that asks no other shows whether it is constant.
        assert!(!conditions.may_be_constant(no));
        conditions.has_asked = true;
        assert!(conditions.may_be_constant(no));
        assert!(!conditions.may_be_constant(function));
    }
}
