//! Conditions as alternatives of comparisons that hold together, for formats that have no other form.

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::policy::{Comparison, Condition, Operator, Width};

use super::condition::{known, masked};
use super::cubes::{Cube, TooMany, cubes, subtract};
use super::draft::Step;

/// Comparisons that hold together.
pub(super) type Conjunction = Vec<Comparison>;

/// The most alternatives of one call: more would be a list that nobody reads.
pub(super) const MOST: usize = 512;

/// The condition as alternatives, each a list of comparisons. `None` if there are too many.
pub(super) fn alternatives(condition: &Condition) -> Option<Vec<Conjunction>> {
    const FEW: usize = 64;
    match condition {
        Condition::Always => Some(vec![Vec::new()]),
        Condition::Compare(comparison) => Some(vec![vec![*comparison]]),
        Condition::Any(parts) => {
            let mut any = Vec::new();
            for part in parts {
                any.extend(alternatives(part)?);
            }
            (any.len() <= FEW).then_some(any)
        }
        Condition::All(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let part = alternatives(part)?;
                if all.len() * part.len() > FEW {
                    return None;
                }
                let mut next = Vec::new();
                for one in &all {
                    for other in &part {
                        next.push(one.iter().chain(other).copied().collect());
                    }
                }
                all = next;
            }
            Some(all)
        }
        Condition::Not(inner) => alternatives(&negated(inner)),
    }
}

/// The condition that holds exactly when this one does not.
fn negated(condition: &Condition) -> Condition {
    let all = |parts: &[Condition]| parts.iter().map(negated).collect();
    match condition {
        Condition::Always => Condition::Any(Vec::new()),
        Condition::Compare(comparison) => {
            let operator = comparison.operator.negated();
            Condition::Compare(Comparison { operator, ..*comparison })
        }
        Condition::All(parts) => Condition::Any(all(parts)),
        Condition::Any(parts) => Condition::All(all(parts)),
        Condition::Not(inner) => (**inner).clone(),
    }
}

/// The condition under which `step` decides a call: its own, and that of no `earlier` step with another action.
pub(super) fn deciding_condition(earlier: &[Step], step: &Step) -> Condition {
    let mut all = vec![step.condition.clone()];
    for before in earlier.iter().filter(|before| before.action != step.action) {
        all.push(Condition::Not(Box::new(before.condition.clone())));
    }
    if all.len() == 1 { all.remove(0) } else { Condition::All(all) }
}

/// The same condition as cubes.
///
/// # Errors
///
/// There are too many.
pub(super) fn deciding_cubes(earlier: &[Step], step: &Step) -> Result<Vec<Cube>, TooMany> {
    let mut found = cubes(&step.condition)?;
    for before in earlier.iter().filter(|before| before.action != step.action) {
        found = subtract(found, &cubes(&before.condition)?)?;
    }
    if found.len() > MOST { Err(TooMany) } else { Ok(found) }
}

/// A cube as comparisons `argument & mask == value`, in 32 bits where that is enough.
pub(super) fn of_cube(cube: &Cube) -> Conjunction {
    let mut all = Vec::new();
    for (argument, (&mask, &value)) in
        ArgumentIndex::ALL.into_iter().zip(cube.mask.iter().zip(&cube.value))
    {
        if mask == 0 {
            continue;
        }
        let width = if mask >> 32 == 0 { Width::W32 } else { Width::W64 };
        let mask = (mask != width.ones()).then_some(mask);
        if let Condition::Compare(comparison) =
            masked(argument, width, mask, Operator::Equal, value)
        {
            all.push(comparison);
        }
    }
    all
}

/// The mask of a comparison, within its width.
pub(super) fn mask_of(comparison: &Comparison) -> u64 {
    let ones = comparison.width.ones();
    comparison.mask.map_or(ones, |mask| known(mask) & ones)
}
