//! Conditions on several arguments, as few products of conditions that are each on one argument.
//!
//! This is the method of Minato for covers of decision diagrams, with the values of an argument instead of the two
//! values of a bit: an argument divides a function into classes of values that leave the same rest of the function.

use std::collections::{HashMap, HashSet};

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::explore::{CallFunction, CallFunctions, FunctionView, InputBit, Unexplored};

use crate::runs::argument_of;

/// With more products, or more classes of values of an argument, the search ends without a result.
const MOST_CUBES: usize = 512;
const MOST_CLASSES: usize = 512;

/// A product: sets of values of some arguments, all of which must hold.
#[derive(Clone, Debug)]
pub(crate) struct Cube {
    /// The arguments ascend.
    pub(crate) arguments: Vec<ArgumentSet>,
}

/// A set of values of an argument. Any set between `least` and `most` will do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgumentSet {
    pub(crate) argument: ArgumentIndex,
    pub(crate) least: CallFunction,
    pub(crate) most: CallFunction,
}

/// An equivalence class of values of an argument: they leave the same rest of both functions.
struct ValueClass {
    values: CallFunction,
    /// The part that is not yet covered.
    least: CallFunction,
    most: CallFunction,
}

/// Products that together hold wherever `least` holds and only where `most` holds; `None` if they are too many. The
/// functions ask for bits of arguments only.
pub(crate) fn cover(
    functions: &mut CallFunctions,
    least: CallFunction,
    most: CallFunction,
) -> Result<Option<Vec<Cube>>, Unexplored> {
    let mut budget = MOST_CUBES;
    cover_within(functions, least, most, &mut budget)
}

fn cover_within(
    f: &mut CallFunctions,
    least: CallFunction,
    most: CallFunction,
    budget: &mut usize,
) -> Result<Option<Vec<Cube>>, Unexplored> {
    if least == CallFunction::NEVER {
        return Ok(Some(Vec::new()));
    }
    if most == CallFunction::ALWAYS {
        if *budget == 0 {
            return Ok(None);
        }
        *budget -= 1;
        return Ok(Some(vec![Cube { arguments: Vec::new() }]));
    }
    let Some(argument) = argument_of(f, least).into_iter().chain(argument_of(f, most)).min() else {
        return Ok(None);
    };
    let Some(mut classes) = classes(f, argument, least, most)? else { return Ok(None) };
    let mut cubes = Vec::new();
    for at in order(f, &classes)? {
        let inner = cover_within(f, classes[at].least, classes[at].most, budget)?;
        let Some(inner) = inner else { return Ok(None) };
        for mut cube in inner {
            // Which set between `least` and `most` is written is not yet decided.
            let (surely, perhaps) = products(f, &cube)?;
            let (mut needed, mut allowed) = (CallFunction::NEVER, CallFunction::NEVER);
            for class in &mut classes {
                let beyond = f.choose(class.most, CallFunction::NEVER, perhaps)?;
                if beyond != CallFunction::NEVER {
                    continue;
                }
                allowed = f.or(allowed, class.values)?;
                if f.and(class.least, surely)? != CallFunction::NEVER {
                    needed = f.or(needed, class.values)?;
                    class.least = f.choose(surely, CallFunction::NEVER, class.least)?;
                }
            }
            if needed == CallFunction::NEVER {
                continue;
            }
            if allowed != CallFunction::ALWAYS {
                let set = ArgumentSet { argument, least: needed, most: allowed };
                cube.arguments.insert(0, set);
            }
            cubes.push(cube);
        }
    }
    Ok(Some(cubes))
}

/// The calls for which a product holds, if each set is as small as it may be, and if each is as large as it may be.
fn products(
    f: &mut CallFunctions,
    cube: &Cube,
) -> Result<(CallFunction, CallFunction), Unexplored> {
    let (mut surely, mut perhaps) = (CallFunction::ALWAYS, CallFunction::ALWAYS);
    for set in cube.arguments.iter().rev() {
        surely = f.and(set.least, surely)?;
        perhaps = f.and(set.most, perhaps)?;
    }
    Ok((surely, perhaps))
}

/// The order in which classes are covered: those with the strictest bound first, because their products may cover
/// others too.
fn order(f: &mut CallFunctions, classes: &[ValueClass]) -> Result<Vec<usize>, Unexplored> {
    let mut order: Vec<usize> = Vec::with_capacity(classes.len());
    for at in 0..classes.len() {
        let mut place = order.len();
        for (before, &other) in order.iter().enumerate() {
            let beyond = f.choose(classes[other].most, CallFunction::NEVER, classes[at].most)?;
            if beyond == CallFunction::NEVER {
                place = before;
                break;
            }
        }
        order.insert(place, at);
    }
    Ok(order)
}

/// The classes of values of `argument`. `None` if they are too many.
fn classes(
    f: &mut CallFunctions,
    argument: ArgumentIndex,
    least: CallFunction,
    most: CallFunction,
) -> Result<Option<Vec<ValueClass>>, Unexplored> {
    let mut ends: Vec<(CallFunction, CallFunction)> = Vec::new();
    let (mut seen, mut open) = (HashSet::new(), vec![(least, most)]);
    while let Some(pair) = open.pop() {
        if !seen.insert(pair) {
            continue;
        }
        match halves(f, argument, pair) {
            Some((_, zero, one)) => open.extend([one, zero]),
            None if ends.len() == MOST_CLASSES => return Ok(None),
            None => ends.push(pair),
        }
    }
    let mut classes = Vec::with_capacity(ends.len());
    for end in ends {
        let mut known = HashMap::new();
        let values = leading_to(f, argument, (least, most), end, &mut known)?;
        classes.push(ValueClass { values, least: end.0, most: end.1 });
    }
    Ok(Some(classes))
}

/// The next bit of the argument that one of the functions asks for, and both functions for its two values.
type Pair = (CallFunction, CallFunction);
fn halves(
    f: &CallFunctions,
    argument: ArgumentIndex,
    pair: Pair,
) -> Option<(InputBit, Pair, Pair)> {
    let asked = |function| match f.view(function) {
        FunctionView::Asks { bit: InputBit::Argument(index, bit), zero, one }
            if index == argument =>
        {
            Some((bit, zero, one))
        }
        FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => None,
    };
    let (a, b) = (asked(pair.0), asked(pair.1));
    let bit = a.iter().chain(b.iter()).map(|(bit, ..)| *bit).max()?;
    let split = |view: Option<(u32, CallFunction, CallFunction)>, whole| match view {
        Some((asked, zero, one)) if asked == bit => (zero, one),
        _ => (whole, whole),
    };
    let ((a_0, a_1), (b_0, b_1)) = (split(a, pair.0), split(b, pair.1));
    Some((InputBit::Argument(argument, bit), (a_0, b_0), (a_1, b_1)))
}

/// The values of `argument` with which `pair` becomes `end`.
fn leading_to(
    f: &mut CallFunctions,
    argument: ArgumentIndex,
    pair: Pair,
    end: Pair,
    known: &mut HashMap<Pair, CallFunction>,
) -> Result<CallFunction, Unexplored> {
    if let Some(known) = known.get(&pair) {
        return Ok(*known);
    }
    let values = match halves(f, argument, pair) {
        None if pair == end => CallFunction::ALWAYS,
        None => CallFunction::NEVER,
        Some((bit, zero, one)) => {
            let zero = leading_to(f, argument, zero, end, known)?;
            let one = leading_to(f, argument, one, end, known)?;
            f.ask(bit, zero, one)?
        }
    };
    known.insert(pair, values);
    Ok(values)
}
