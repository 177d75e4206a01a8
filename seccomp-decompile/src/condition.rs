//! Conditions on the arguments of a call, with the names and the types of the arguments.

use std::collections::HashMap;
use std::rc::Rc;

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::explore::{CallFunction, CallFunctions, Unexplored};
use seccomp_ir::policy::Operator;
use seccomp_ir::table::{self, Argument, Signature};
use seccomp_ir::tree::{ConditionExpr, Element};

use crate::cubes::{ArgumentSet, Cube};
use crate::set_search::Sets;
use crate::tree_parts;
use crate::value_set::{IntegerType, Set};
use crate::value_text::Values;

/// The cost of reading a cast.
const CAST: usize = 2;

/// What the conditions of an ABI needed before: ways to write sets of values, and the names of values.
#[derive(Default)]
pub(crate) struct ConditionCache {
    sets: HashMap<(CallFunction, IntegerType, usize), Option<Set>>,
    /// The names of values, by call and argument.
    values: HashMap<(&'static str, ArgumentIndex), Rc<Values>>,
}

/// A call on an ABI.
pub(crate) struct Call {
    abi: Abi,
    name: &'static str,
    signature: Option<Signature>,
}

/// How one argument can be compared.
struct ComparedArgument {
    name: String,
    /// The type without a cast, if the argument can be compared without one.
    plain: Option<IntegerType>,
    pointer: bool,
    values: Rc<Values>,
}

/// A condition on one argument.
struct ArgumentCondition {
    set: Set,
    ty: IntegerType,
    cast: Option<&'static str>,
    cost: usize,
    /// The values for which it holds.
    values: CallFunction,
}

/// The condition of a product, as it is written.
pub(crate) struct Product {
    pub(crate) condition: ConditionExpr,
    /// The cost of reading it.
    pub(crate) cost: usize,
    /// The calls for which it holds.
    pub(crate) holds: CallFunction,
}

impl Call {
    pub(crate) fn new(abi: Abi, nr: u32) -> Self {
        let name = table::name(abi, nr).unwrap_or_default();
        let signature = table::signature(abi, name).filter(Signature::is_known);
        Self { abi, name, signature }
    }

    /// How an argument can be compared if the command of the call is one of `commands`.
    fn subject(
        &self,
        known: &mut ConditionCache,
        index: ArgumentIndex,
        commands: Option<&[u64]>,
    ) -> ComparedArgument {
        let positional = format!("a{index}");
        let Some(signature) = &self.signature else {
            let plain = Some(IntegerType { bits: self.abi.register_bits(), signed: false });
            let values = Rc::new(Values::unknown());
            return ComparedArgument { name: positional, plain, pointer: false, values };
        };
        let Some(argument) = signature.argument(index) else {
            // A register that is not an argument can only be compared with a cast.
            let values = Rc::new(Values::unknown());
            return ComparedArgument { name: positional, plain: None, pointer: false, values };
        };
        let ty = self.ty(argument, commands);
        let values = known.values.entry((self.name, index));
        let values = values.or_insert_with(|| Rc::new(Values::of(self.abi, self.name, argument)));
        let is_whole = argument.half.is_none() && !argument.skipped && !argument.name.is_empty();
        ComparedArgument {
            name: if is_whole { argument.name.to_owned() } else { positional },
            plain: Some(IntegerType { bits: ty.bits, signed: ty.signed }),
            pointer: ty.pointer,
            values: Rc::clone(values),
        }
    }

    /// The type in which the argument is compared without a cast, by the rule of the language.
    fn ty(&self, argument: &Argument, commands: Option<&[u64]>) -> table::Type {
        if !table::depends_on_command(self.name, argument.name) {
            return argument.ty;
        }
        let mut under = None;
        for command in commands.unwrap_or_default() {
            match table::type_under(self.abi, self.name, argument, *command) {
                Some(ty) if under.is_none_or(|known| known == ty) => under = Some(ty),
                Some(_) | None => return argument.ty,
            }
        }
        under.unwrap_or(argument.ty)
    }

    /// Whether the argument is the command of the call.
    fn is_command(&self, index: ArgumentIndex) -> bool {
        let (Some(signature), Some(selector)) = (&self.signature, table::selector(self.name))
        else {
            return false;
        };
        signature.argument(index).is_some_and(|argument| argument.name == selector.argument)
    }
}

/// The condition of a product. `None` if it cannot be written.
pub(crate) fn condition(
    functions: &mut CallFunctions,
    known: &mut ConditionCache,
    call: &Call,
    cube: &Cube,
) -> Result<Option<Product>, Unexplored> {
    // The command first, because it decides the types of the others.
    let mut commands = None;
    for set in &cube.arguments {
        if call.is_command(set.argument) {
            let subject = call.subject(known, set.argument, None);
            let Some(written) = write(functions, known, &subject, call.abi, *set)? else {
                return Ok(None);
            };
            commands = commands_of(&written.set);
        }
    }
    let (mut conditions, mut cost, mut holds) = (Vec::new(), 1, CallFunction::ALWAYS);
    for set in &cube.arguments {
        let is_command = call.is_command(set.argument);
        let under = if is_command { None } else { commands.as_deref() };
        let subject = call.subject(known, set.argument, under);
        let Some(written) = write(functions, known, &subject, call.abi, *set)? else {
            return Ok(None);
        };
        cost += written.cost;
        holds = functions.and(written.values, holds)?;
        conditions.push(expression(&written, &written.set, &subject));
    }
    Ok(Some(Product { condition: tree_parts::all(conditions), cost, holds }))
}

/// The values that the resolver takes as the commands if `set` is the condition on the command.
fn commands_of(set: &Set) -> Option<Vec<u64>> {
    match set {
        Set::In { mask: None, runs, negated: false } => {
            runs.iter().map(|(first, last)| (first == last).then_some(*first)).collect()
        }
        Set::In { .. } => None,
        Set::All(all) => all.iter().find_map(commands_of),
        Set::Any(any) => {
            let mut commands = Vec::new();
            for set in any {
                commands.append(&mut commands_of(set)?);
            }
            Some(commands)
        }
    }
}

/// The shortest way to compare an argument.
fn write(
    functions: &mut CallFunctions,
    known: &mut ConditionCache,
    subject: &ComparedArgument,
    abi: Abi,
    wanted: ArgumentSet,
) -> Result<Option<ArgumentCondition>, Unexplored> {
    let mut types: Vec<(Option<&'static str>, IntegerType)> = Vec::new();
    types.extend(subject.plain.map(|ty| (None, ty)));
    let (u32, u64) =
        (IntegerType { bits: 32, signed: false }, IntegerType { bits: 64, signed: false });
    types.push((Some("u32"), u32));
    types.push((Some("i32"), IntegerType { signed: true, ..u32 }));
    if abi.register_bits() == 64 {
        types.push((Some("u64"), u64));
        types.push((Some("i64"), IntegerType { signed: true, ..u64 }));
    }
    let mut sets = Sets { functions, known: &mut known.sets };
    let mut best: Option<ArgumentCondition> = None;
    for values in [wanted.least, wanted.most] {
        let support = sets.support(values);
        for &(cast, ty) in &types {
            if support & !ty.ones() != 0 {
                continue;
            }
            let Some(set) = sets.best(values, ty)? else { continue };
            if cast.is_none() && subject.pointer && !is_null_test(&set) {
                continue;
            }
            let cost = set.cost() + if cast.is_some() { CAST } else { 0 };
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(ArgumentCondition { set, ty, cast, cost, values });
            }
        }
    }
    Ok(best)
}

/// Whether the set compares the whole argument with 0, which is the only comparison that a pointer may have.
fn is_null_test(set: &Set) -> bool {
    matches!(set, Set::In { mask: None, runs, .. } if runs[..] == [(0, 0)])
}

/// The condition that says that the argument is in `set`.
fn expression(written: &ArgumentCondition, set: &Set, subject: &ComparedArgument) -> ConditionExpr {
    match set {
        Set::All(all) => {
            tree_parts::all(all.iter().map(|set| expression(written, set, subject)).collect())
        }
        Set::Any(any) => {
            tree_parts::any(any.iter().map(|set| expression(written, set, subject)).collect())
        }
        Set::In { mask, runs, negated } => {
            let ty = written.ty;
            let kept = mask.filter(|mask| *mask != ty.ones());
            let bits = kept.map(|mask| subject.values.mask(mask, ty));
            let left = tree_parts::subject(&subject.name, written.cast, bits);
            // Under a mask there are no negative numbers, and the numbers end with the mask.
            let (low, high) = kept.map_or(ty.extremes(), |mask| (0, mask));
            let spelled = IntegerType { signed: ty.signed && kept.is_none(), ..ty };
            let value = |bits, ordered| match kept {
                Some(mask) => subject.values.masked(bits, mask, spelled, ordered),
                None => subject.values.value(bits, spelled, ordered),
            };
            // One bit, set or not.
            if let (Some(mask), [(bit, _)]) =
                (kept.filter(|mask| mask.is_power_of_two()), &runs[..])
            {
                let is_set = (*bit == mask) != *negated;
                let operator = if is_set { Operator::NotEqual } else { Operator::Equal };
                return tree_parts::compare(left, operator, value(0, true));
            }
            let one_by_one = |first, last| match kept {
                Some(_) => None,
                None => subject.values.one_by_one(first, last, spelled),
            };
            if let [(first, last)] = runs[..] {
                if first != last {
                    if let Some(values) = one_by_one(first, last) {
                        let values = values.into_iter().map(Element::Value).collect();
                        return negate(tree_parts::within(left, values), *negated);
                    }
                }
                let (operator, bound) = if first == last {
                    (Operator::Equal, value(first, false))
                } else if first == low {
                    (Operator::LessOrEqual, value(last, true))
                } else if last == high {
                    (Operator::GreaterOrEqual, value(first, true))
                } else {
                    let range =
                        tree_parts::range(Some(value(first, true)), Some(value(last, true)));
                    return negate(tree_parts::within(left, vec![range]), *negated);
                };
                let operator = if *negated { operator.negated() } else { operator };
                return tree_parts::compare(left, operator, bound);
            }
            let mut elements = Vec::new();
            for &(first, last) in runs {
                if let Some(values) = (first != last).then(|| one_by_one(first, last)).flatten() {
                    elements.extend(values.into_iter().map(Element::Value));
                    continue;
                }
                elements.push(if first == last {
                    Element::Value(value(first, false))
                } else {
                    let first = (first != low).then(|| value(first, true));
                    tree_parts::range(first, (last != high).then(|| value(last, true)))
                });
            }
            negate(tree_parts::within(left, elements), *negated)
        }
    }
}

fn negate(condition: ConditionExpr, negated: bool) -> ConditionExpr {
    if negated { ConditionExpr::Not(Box::new(condition)) } else { condition }
}
