//! A comparison call by call: each number of an ABI by itself, then all others together.
//!
//! One diagram of all calls holds all conditions at once. The arguments of one call alone need far fewer nodes, and a filter
//! that computes with the number computes with a constant. The calls that are taken one by one are those that either policy
//! names, and all that the tables have for the ABIs of both sides. What remains has no rules.

use super::differences::BothFunctions;
use super::side::{Prepared, Sides};
use super::{CompareError, PolicyComparison};
use crate::abi::Abi;
use crate::diagram::input::{Atoms, InputWord};
use crate::diagram::{Diagrams, Ref, TooLarge};
use crate::policy::diagrams::{PolicyDiagrams, Symbols, leaf};
use crate::policy::{AbiPolicy, Condition, Policy, PolicyAction, Rule};
use crate::table;

/// The most nodes for one part.
const PART_NODES: usize = 1 << 17;

/// The most nodes for all parts.
const ALL_NODES: usize = 1 << 22;

/// Compares both sides, part by part.
pub(super) fn compare_in_parts(sides: &Sides<'_>) -> Result<PolicyComparison, CompareError> {
    let mut found = PolicyComparison::default();
    let mut taken = 0;
    let single = single_calls(sides);
    for &(arch, nr) in &single {
        let too_large = CompareError::TooLarge { call: Some((arch, nr)) };
        if have_same_rules(sides, arch, nr) {
            continue;
        }
        let mut functions = BothFunctions::new(PART_NODES);
        one_call(&mut functions, sides, arch, nr)
            .and_then(|()| functions.find(sides, &mut found))
            .map_err(|TooLarge| too_large)?;
        taken += functions.diagrams.len();
        if taken > ALL_NODES {
            return Err(CompareError::TooLarge { call: None });
        }
    }
    let mut functions = BothFunctions::new(2 * PART_NODES);
    others(&mut functions, sides, &single)
        .and_then(|()| functions.find(sides, &mut found))
        .map_err(|TooLarge| CompareError::TooLarge { call: None })?;
    Ok(found)
}

/// The calls that are compared one by one, as `arch` and `nr`, each once; those that are easiest to read come first.
fn single_calls(sides: &Sides<'_>) -> Vec<(u32, u32)> {
    let mut calls = Vec::new();
    for abi in sides.served() {
        let arch = abi.audit_arch();
        calls.extend(table::calls(abi).map(|(number, _)| (arch, number)));
    }
    for policy in [&sides.left, &sides.right].into_iter().filter_map(policy) {
        for part in &policy.abis {
            let arch = part.abi.audit_arch();
            let of_rules = part.rules.iter().flat_map(|rule| &rule.numbers);
            let known = part.unknown.iter().flat_map(|unknown| &unknown.known);
            calls.extend(of_rules.chain(known).map(|&number| (arch, number)));
            calls.push((arch, Abi::SKIPPED));
        }
    }
    let mut seen = std::collections::HashSet::new();
    calls.retain(|call| seen.insert(*call));
    calls
}

fn policy<'a>(side: &'a Prepared<'_>) -> Option<&'a Policy> {
    match side {
        Prepared::Policy(policy) => Some(policy),
        Prepared::Filter { .. } => None,
    }
}

/// What a policy says about the calls with one number.
struct OneCall<'a> {
    rules: Vec<&'a Rule>,
    otherwise: PolicyAction,
}

impl<'a> OneCall<'a> {
    fn of(policy: &'a Policy, arch: u32, nr: u32) -> Self {
        let Some(part) = policy.abis.iter().find(|part| part.abi.has_call(arch, nr)) else {
            return Self { rules: Vec::new(), otherwise: policy.bad_arch };
        };
        let mut rules = Vec::new();
        for rule in &part.rules {
            if rule.numbers.binary_search(&nr).is_ok() {
                rules.push(rule);
                if rule.condition == Condition::Always {
                    break;
                }
            }
        }
        Self { rules, otherwise: part.unmatched(nr) }
    }

    fn function(&self, diagrams: &mut Diagrams, atoms: &mut Atoms) -> Result<Ref, TooLarge> {
        let mut functions = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
        let mut function = functions.diagrams.leaf(leaf(self.otherwise))?;
        for rule in self.rules.iter().rev() {
            let condition = functions.condition(&rule.condition)?;
            let action = functions.diagrams.leaf(leaf(rule.action))?;
            function = functions.diagrams.choose(condition, action, function)?;
        }
        Ok(function)
    }

    /// Whether the rules are the same in form, so that no diagram is needed.
    fn is_same(&self, other: &Self) -> bool {
        let same = |(one, other): (&&Rule, &&Rule)| {
            one.condition == other.condition && one.action == other.action
        };
        let is_decided = |rule: &&Rule| rule.condition == Condition::Always;
        self.rules.len() == other.rules.len()
            && self.rules.iter().zip(&other.rules).all(same)
            && (self.otherwise == other.otherwise || self.rules.last().is_some_and(is_decided))
    }
}

fn have_same_rules(sides: &Sides<'_>, arch: u32, nr: u32) -> bool {
    let (Some(left), Some(right)) = (policy(&sides.left), policy(&sides.right)) else {
        return false;
    };
    OneCall::of(left, arch, nr).is_same(&OneCall::of(right, arch, nr))
}

/// Both sides for the calls with one number.
fn one_call(
    functions: &mut BothFunctions,
    sides: &Sides<'_>,
    arch: u32,
    nr: u32,
) -> Result<(), TooLarge> {
    let BothFunctions { diagrams, atoms, left, right, within } = functions;
    let mut words = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
    let number = words.one_of(InputWord::NR, &[nr], 31)?;
    let arch_word = words.one_of(InputWord::ARCH, &[arch], 31)?;
    *within = diagrams.and(arch_word, number)?;
    for (side, function) in [(&sides.left, left), (&sides.right, right)] {
        *function = match side {
            Prepared::Policy(policy) => OneCall::of(policy, arch, nr).function(diagrams, atoms)?,
            Prepared::Filter { .. } => side.function(diagrams, atoms, *within)?,
        };
    }
    Ok(())
}

/// Both sides for the calls that are not in `single`.
fn others(
    functions: &mut BothFunctions,
    sides: &Sides<'_>,
    single: &[(u32, u32)],
) -> Result<(), TooLarge> {
    let BothFunctions { diagrams, atoms, left, right, within } = functions;
    let mut archs: Vec<u32> = single.iter().map(|&(arch, _)| arch).collect();
    archs.sort_unstable();
    archs.dedup();
    *within = Ref::TRUE;
    for &arch in &archs {
        let mut numbers: Vec<u32> =
            single.iter().filter(|(other, _)| *other == arch).map(|&(_, nr)| nr).collect();
        numbers.sort_unstable();
        let mut words = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
        let numbers = words.one_of(InputWord::NR, &numbers, 31)?;
        let of_arch = words.one_of(InputWord::ARCH, &[arch], 31)?;
        let listed = diagrams.and(of_arch, numbers)?;
        *within = diagrams.choose(listed, Ref::FALSE, *within)?;
    }
    for (side, function) in [(&sides.left, left), (&sides.right, right)] {
        *function = match side {
            Prepared::Policy(policy) => {
                let mut parts = policy.clone().into_parts();
                for part in &mut parts.abis {
                    without_rules(part);
                }
                let symbols = Symbols::Ordered(atoms);
                let policy = Policy::new(parts).expect("fewer rules are a policy");
                PolicyDiagrams { diagrams, symbols }.function(&policy)?
            }
            Prepared::Filter { .. } => side.function(diagrams, atoms, *within)?,
        };
    }
    Ok(())
}

/// Every number of a rule is compared by itself.
fn without_rules(part: &mut AbiPolicy) {
    part.rules.clear();
}
