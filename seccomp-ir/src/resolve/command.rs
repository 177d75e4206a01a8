//! The commands that a condition permits, for calls with arguments that depend on a command.

use crate::abi::Abi;
use crate::policy::Operator;
use crate::table::{self, ConstantLookup};

use super::Resolver;
use super::argument::Call;
use crate::tree::{ConditionExpr, Element, Relation, ValueExpr, ValueKind};

impl Resolver<'_> {
    /// Enters a condition. If it fixes the command of the call, all its parts have that command. Returns the
    /// commands before, which the caller restores after the condition.
    pub(super) fn enter(&mut self, condition: &ConditionExpr, call: &Call) -> Option<Vec<u64>> {
        let selector = table::selector(&call.name)?;
        let is_command = |written: &str| call.is_argument(written, selector.argument);
        let fixed = fixed(condition, &is_command, call.abi)?;
        Some(std::mem::replace(&mut self.commands, fixed))
    }
}

/// The commands with which a condition can hold; `None` if they are open or unknown here. `is_command` says whether
/// an argument, as written, is the command.
pub(crate) fn fixed(
    condition: &ConditionExpr,
    is_command: &dyn Fn(&str) -> bool,
    abi: Abi,
) -> Option<Vec<u64>> {
    match condition {
        ConditionExpr::All(parts) => {
            for part in parts {
                if let Some(commands) = fixed(part, is_command, abi) {
                    return Some(commands);
                }
            }
            None
        }
        ConditionExpr::Any(parts) => {
            let mut commands = Vec::new();
            for part in parts {
                commands.append(&mut fixed(part, is_command, abi)?);
            }
            Some(commands)
        }
        ConditionExpr::Not(_) => None,
        ConditionExpr::Compare(comparison) => {
            let subject = &comparison.subject;
            if subject.mask.is_some() || !is_command(&subject.argument.text) {
                return None;
            }
            match &comparison.relation {
                Relation::Operator(Operator::Equal, value) => Some(vec![known(value, abi)?]),
                Relation::Operator(..) => None,
                Relation::In(elements) => {
                    let mut commands = Vec::new();
                    for element in elements {
                        let Element::Value(value) = element else { return None };
                        commands.push(known(value, abi)?);
                    }
                    Some(commands)
                }
            }
        }
    }
}

/// A value that is known here. Its errors are reported where it is compared.
fn known(value: &ValueExpr, abi: Abi) -> Option<u64> {
    match &value.kind {
        ValueKind::Integer(integer) => Some(integer.number as u64),
        ValueKind::Constant(name) => match table::constant(abi, &name.text) {
            ConstantLookup::Value(constant) => Some(constant.value),
            _ => None,
        },
        ValueKind::Or(parts) => {
            let mut bits = 0;
            for part in parts {
                bits |= known(part, abi)?;
            }
            Some(bits)
        }
        ValueKind::Expression(_) | ValueKind::Not(_) => None,
    }
}
