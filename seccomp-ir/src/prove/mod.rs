//! The last stage: no filter leaves the compiler unless it does with every call what its policy says.
//!
//! Two functions from all 512 bits of `seccomp_data` to an action are built as diagrams: one from the
//! policy's comparisons on whole arguments, one from the instructions. Diagrams are canonical, so the
//! two functions are equal exactly if they are the same node. That is exact and complete, without
//! listing paths and without a solver. A symbol adds further inputs (`diagram::input`), so the proof
//! holds for all of its values.
//!
//! If the diagrams would be too large, the numbers and the arguments of each call are proven separately
//! (`prove::parts`), and if even one call is too large, its rules are followed test by test (`prove::steps`).
//!
//! The proof shares nothing with the stage that made the filter. It trusts the meaning of the
//! instructions (`prove::filter`), the meaning of a policy (`policy::diagrams`, which tests compare with
//! `policy::meaning`), and the diagrams.

mod filter_diagram;
mod plan;
mod proof_in_parts;
mod refusal;
mod steps;

pub use proof_in_parts::{prove_in_parts, unproven_calls};
pub use refusal::{Assumption, DecidedAction, Decision, Disagreement, Refusal};

use filter_diagram::{Direction, Reading};

use crate::abi::Call;
use crate::action::Action;
use crate::bpf::{self, InstructionIndex};
use crate::diagram::input::{Atoms, InputWord};
use crate::diagram::{Diagrams, Leaf, Level, Pairs, Ref, TopNode};
use crate::filter::Filter;
use crate::policy::Policy;
use crate::policy::diagrams::{PolicyDiagrams, Symbols};

/// The direction in which a filter is read first, with the most nodes that it may take. It suits most
/// filters: Docker's profile takes less than half of it. If it is not enough, a proof in parts is tried.
const FIRST: (Direction, usize) = (Direction::Forward, 1 << 17);

/// The second try, after a proof in parts: it suits long lists.
const SECOND: (Direction, usize) = (Direction::Backward, 3 << 18);

/// The third try, if a pass from the end reads something that no call can reach. It takes about 100 MB.
const THIRD: (Direction, usize) = (Direction::Forward, 1 << 20);

/// The proof that a filter and a policy agree. Only [`prove`] makes one.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Proof {
    nodes: usize,
}

impl Proof {
    /// The number of diagram nodes that it took.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

/// What a proof shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// All that [`prove`] says.
    Everything,
    /// All except what the kernel finds at load time.
    Actions,
}

/// Proves three things: the kernel loads `filter`; for every call and all values of the symbols,
/// `filter` has the action of `policy`; and at load time the kernel finds every call that is allowed
/// for all arguments, whatever its comparisons with symbols give. The third is about speed alone. It is left out for
/// a call if no diagram is small enough to tell whether the call is always allowed.
///
/// # Errors
///
/// [`Refusal`]: whatever cannot be proven, including what is true but too large.
pub fn prove(policy: &Policy, filter: &Filter) -> Result<Proof, Refusal> {
    prove_goal(policy, filter, &[], Goal::Everything)
}

/// Like [`prove`]. It also gets the places where the filter is said to begin to test a condition (`Lowered::starts`),
/// and so finds proofs for more filters.
///
/// # Errors
///
/// The errors of [`prove`].
pub fn prove_with_starts(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
) -> Result<Proof, Refusal> {
    prove_goal(policy, filter, starts, Goal::Everything)
}

/// Like [`prove_with_starts`], but proves nothing about what the kernel finds at load time.
///
/// # Errors
///
/// The errors of [`prove`] except [`Refusal::NotConstant`].
pub fn prove_actions(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
) -> Result<Proof, Refusal> {
    prove_goal(policy, filter, starts, Goal::Actions)
}

fn prove_goal(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
    goal: Goal,
) -> Result<Proof, Refusal> {
    let in_parts =
        || proof_in_parts::prove_parts(policy, filter, starts, proof_in_parts::CLASS_NODES, goal);
    if goal == Goal::Actions {
        // One diagram of all calls either was too large before, or is tried after this.
        if let Ok(proof) = in_parts() {
            return Ok(proof);
        }
    }
    match prove_within(policy, filter, FIRST, goal) {
        Err(Refusal::TooLarge) => {}
        other => return other,
    }
    if goal == Goal::Everything {
        if let Ok(proof) = in_parts() {
            return Ok(proof);
        }
    }
    match prove_within(policy, filter, SECOND, goal) {
        // A pass from the end also reads paths that no call takes.
        Err(Refusal::Instruction { .. }) => prove_within(policy, filter, THIRD, goal),
        other => other,
    }
}

fn prove_within(
    policy: &Policy,
    filter: &Filter,
    (direction, nodes): (Direction, usize),
    goal: Goal,
) -> Result<Proof, Refusal> {
    if let Err(error) = bpf::check(&filter.instructions) {
        return Err(Refusal::Load(error));
    }
    let endian = policy.endian();
    let mut diagrams = Diagrams::new(nodes);
    let mut atoms = Atoms::default();
    let symbols = Symbols::Ordered(&mut atoms);
    let of_policy = PolicyDiagrams { diagrams: &mut diagrams, symbols }.function(policy)?;
    let read = |diagrams: &mut Diagrams, atoms: &mut Atoms, reading| {
        filter_diagram::function(diagrams, atoms, filter, endian, reading, direction)
    };
    let of_filter = read(&mut diagrams, &mut atoms, Reading::Run)?;
    if of_policy != of_filter {
        return Err(disagreement(&mut diagrams, &mut atoms, policy, of_policy, of_filter)?);
    }
    if goal == Goal::Actions {
        return Ok(Proof { nodes: diagrams.len() });
    }
    let found = read(&mut diagrams, &mut atoms, Reading::ConstantAllow)?;
    if overlooked(&diagrams, of_policy, found).is_some() {
        // Some calls are always allowed only because of facts about comparisons with symbols, which no
        // compiler has to find. The others, allowed whatever these comparisons give, remain.
        let mut comparisons = Vec::new();
        let symbols = Symbols::Opaque(&mut comparisons);
        let of_policy = PolicyDiagrams { diagrams: &mut diagrams, symbols }.function(policy)?;
        if let Some((arch, nr)) = overlooked(&diagrams, of_policy, found) {
            return Err(Refusal::NotConstant { arch, nr });
        }
    }
    Ok(Proof { nodes: diagrams.len() })
}

#[cfg(test)]
mod tests;

/// A call that `of_policy` allows for all arguments and `found` does not: `arch` and `nr`. `of_policy` depends
/// on all inputs, `found` only on these two words, which come first.
fn overlooked(diagrams: &Diagrams, of_policy: Ref, found: Ref) -> Option<(u32, u32)> {
    let mut search = OverlookedSearch { diagrams, seen: Pairs::new(), ones: Path::new() };
    if search.ends_at_one_overlooked(of_policy, found) {
        let call = call_of(&search.ones);
        return Some((call.arch, call.nr));
    }
    None
}

/// A walk through two functions at once.
struct OverlookedSearch<'a> {
    diagrams: &'a Diagrams,
    seen: Pairs,
    /// The path to the present place.
    ones: Path,
}

impl OverlookedSearch<'_> {
    /// Whether the search ends, from here on, at a call that `of_policy` allows for all arguments and `found`
    /// does not.
    fn ends_at_one_overlooked(&mut self, of_policy: Ref, found: Ref) -> bool {
        if !self.seen.insert(of_policy, found) {
            return false;
        }
        let level = self.diagrams.level(of_policy).min(self.diagrams.level(found));
        if level > InputWord::NR.level(0) {
            let value = Action::Allow.to_return_value();
            let allow = TopNode::Leaf(Leaf { kind: Leaf::RETURN, value });
            return self.diagrams.top(of_policy) == allow && self.diagrams.top(found) != allow;
        }
        let (policy_0, policy_1) = self.diagrams.split(of_policy, level);
        let (found_0, found_1) = self.diagrams.split(found, level);
        self.ones.push(level);
        if self.ends_at_one_overlooked(policy_1, found_1) {
            return true;
        }
        self.ones.pop();
        self.ends_at_one_overlooked(policy_0, found_0)
    }
}

/// Inputs that are 1; all others are 0.
type Path = Vec<Level>;

/// A call for which `of_policy` and `of_filter` differ, described.
fn disagreement(
    diagrams: &mut Diagrams,
    atoms: &mut Atoms,
    policy: &Policy,
    of_policy: Ref,
    of_filter: Ref,
) -> Result<Refusal, Refusal> {
    let (mut policy_at, mut filter_at) = (of_policy, of_filter);
    let mut ones = Path::new();
    let mut assumptions = Vec::new();
    let (policy_action, filter_action) = loop {
        if let (TopNode::Leaf(a), TopNode::Leaf(b)) =
            (diagrams.top(policy_at), diagrams.top(filter_at))
        {
            break (DecidedAction::of(a), DecidedAction::of(b));
        }
        let level = diagrams.level(policy_at).min(diagrams.level(filter_at));
        let (policy_0, policy_1) = diagrams.split(policy_at, level);
        let (filter_0, filter_1) = diagrams.split(filter_at, level);
        // Two different functions differ in at least one of their halves.
        let holds = policy_0 == filter_0;
        (policy_at, filter_at) = if holds { (policy_1, filter_1) } else { (policy_0, filter_0) };
        if holds {
            ones.push(level);
        }
        if let Some(atom) = atoms.at(level) {
            assumptions.push(Assumption { atom, holds });
        }
    };
    // This adds nothing: every rule is already in the store.
    let functions = PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) };
    let decided_by = decision(functions, policy, &ones)?;
    Ok(Refusal::Disagreement(Box::new(Disagreement {
        call: call_of(&ones),
        assumptions,
        policy: policy_action,
        decided_by,
        filter: filter_action,
    })))
}

/// The part of `policy` that decides the call whose inputs `ones` are 1, all others 0.
fn decision(
    mut functions: PolicyDiagrams<'_>,
    policy: &Policy,
    ones: &[Level],
) -> Result<Decision, Refusal> {
    let input = |level: Level| ones.contains(&level);
    for part in &policy.abis {
        let served = functions.served(part)?;
        if !functions.diagrams.holds(served, &input) {
            continue;
        }
        for rule in &part.rules {
            let matched = functions.matched(rule)?;
            if functions.diagrams.holds(matched, &input) {
                return Ok(Decision::Rule(rule.origin));
            }
        }
        if let Some(unknown) = &part.unknown {
            let unknown = functions.unknown(unknown)?;
            if functions.diagrams.holds(unknown, &input) {
                return Ok(Decision::Unknown);
            }
        }
        return Ok(Decision::Default);
    }
    Ok(Decision::BadArch)
}

/// The call whose inputs `ones` are 1, all others 0.
fn call_of(ones: &[Level]) -> Call {
    let mut call = Call::default();
    for &level in ones {
        if let Some((word, bit)) = InputWord::at(level) {
            word.set(&mut call, bit);
        }
    }
    call
}
