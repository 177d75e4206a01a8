//! Where two functions differ, and how.

use std::collections::HashMap;

use super::side::Sides;
use super::witness;
use super::{Difference, PolicyComparison};
use crate::abi::Abi;
use crate::action::Action;
use crate::diagram::input::{Atoms, InputWord};
use crate::diagram::{Diagrams, Leaf, Ref, TooLarge, TopNode};
use crate::table;

/// Compares both sides over all calls at once, with at most `nodes` nodes.
pub(super) fn compare_whole(sides: &Sides<'_>, nodes: usize) -> Result<PolicyComparison, TooLarge> {
    let mut functions = BothFunctions::new(nodes);
    let BothFunctions { diagrams, atoms, left, right, within } = &mut functions;
    *left = sides.left.function(diagrams, atoms, *within)?;
    *right = sides.right.function(diagrams, atoms, *within)?;
    let mut found = PolicyComparison::default();
    functions.find(sides, &mut found)?;
    Ok(found)
}

/// Both sides as functions of the calls in a set.
pub(super) struct BothFunctions {
    pub(super) diagrams: Diagrams,
    pub(super) atoms: Atoms,
    pub(super) left: Ref,
    pub(super) right: Ref,
    /// The set. Elsewhere the functions mean nothing.
    pub(super) within: Ref,
}

impl BothFunctions {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            diagrams: Diagrams::new(nodes),
            atoms: Atoms::default(),
            left: Ref::FALSE,
            right: Ref::FALSE,
            within: Ref::TRUE,
        }
    }

    /// Adds to `found` a call for each difference for which it has none, or none that is confirmed.
    pub(super) fn find(
        &mut self,
        sides: &Sides<'_>,
        found: &mut PolicyComparison,
    ) -> Result<(), TooLarge> {
        if self.left == self.right {
            return Ok(());
        }
        let tables = numbers(sides);
        for difference in Difference::ALL {
            let mut search =
                Search { diagrams: &mut self.diagrams, difference, known: HashMap::new() };
            let calls = search.calls(self.left, self.right)?;
            let calls = self.diagrams.and(self.within, calls)?;
            if calls == Ref::FALSE {
                continue;
            }
            for &(abi, number) in &tables {
                if self.has_call(calls, abi, number) {
                    found.calls.push((difference, abi, number));
                }
            }
            let known = found.witness_mut(difference);
            if known.as_ref().is_some_and(|witness| witness.confirmed) {
                continue;
            }
            let witness = witness::find(self, sides, difference, calls);
            if known.is_none() || witness.confirmed {
                *known = Some(witness);
            }
        }
        Ok(())
    }

    /// Whether some call with this number is in the set.
    fn has_call(&self, calls: Ref, abi: Abi, number: u32) -> bool {
        let mut rest = calls;
        for (word, value) in [(InputWord::ARCH, abi.audit_arch()), (InputWord::NR, number)] {
            for bit in (0..32).rev() {
                let (zero, one) = self.diagrams.split(rest, word.level(bit));
                rest = if value >> bit & 1 == 1 { one } else { zero };
            }
        }
        rest != Ref::FALSE
    }
}

/// The calls of the tables on the ABIs that the sides serve.
fn numbers(sides: &Sides<'_>) -> Vec<(Abi, u32)> {
    let served = sides.served();
    let of_abi = |abi| table::calls(abi).map(move |(number, _)| (abi, number));
    served.into_iter().flat_map(of_abi).collect()
}

/// A walk through two functions at once.
struct Search<'a> {
    diagrams: &'a mut Diagrams,
    difference: Difference,
    known: HashMap<(Ref, Ref), Ref>,
}

impl Search<'_> {
    /// The calls for which the two functions have this difference.
    fn calls(&mut self, left: Ref, right: Ref) -> Result<Ref, TooLarge> {
        if left == right {
            return Ok(Ref::FALSE);
        }
        if let (TopNode::Leaf(left), TopNode::Leaf(right)) =
            (self.diagrams.top(left), self.diagrams.top(right))
        {
            return Ok(Ref::constant(difference(left, right) == Some(self.difference)));
        }
        if let Some(&known) = self.known.get(&(left, right)) {
            return Ok(known);
        }
        let level = self.diagrams.level(left).min(self.diagrams.level(right));
        let (left_0, left_1) = self.diagrams.split(left, level);
        let (right_0, right_1) = self.diagrams.split(right, level);
        let low = self.calls(left_0, right_0)?;
        let high = self.calls(left_1, right_1)?;
        let calls = self.diagrams.ask(level, low, high)?;
        self.known.insert((left, right), calls);
        Ok(calls)
    }
}

/// The difference between two actions at the ends of diagrams.
fn difference(left: Leaf, right: Leaf) -> Option<Difference> {
    if left == right {
        return None;
    }
    // Two errnos may differ if one of them is a symbol.
    Difference::between(some_action(left), some_action(right)).or(Some(Difference::Otherwise))
}

/// The action of a leaf, with some number for an errno that is a symbol.
pub(super) fn some_action(leaf: Leaf) -> Action {
    match leaf.kind {
        Leaf::ERRNO_OF => Action::Errno(0),
        _ => Action::from_return_value(leaf.value),
    }
}
