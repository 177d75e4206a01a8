//! A proof in parts: first the numbers of calls, then the arguments of each call by itself.
//!
//! One diagram of all calls holds all conditions at once. Here it is taken apart, so that each part is
//! small:
//!
//! 1. The filter is read up to where it first loads an argument. That is a function of architecture and
//!    number: to an action, or to the instruction at which the look at the arguments begins. The numbers of
//!    a policy fall into *classes* with the same rules. For each class it is known where the filter leads
//!    its numbers.
//! 2. For each such pair of a class and an instruction, the rules of the class and the filter from that
//!    instruction on are proven equal for all arguments: by diagrams of both, or else step by step
//!    (`steps`).
//!
//! Each pair is proven for *all* arguments, and all numbers are in a class. So all calls get the action of
//! their rules. A proof in parts may fail for a filter that is right, and then says nothing.

use super::filter_diagram::{Direction, Reader, Reading, function_from};
use super::plan::{Plan, PlanOrder};
use super::refusal::Refusal;
use super::steps::follow;
use super::{Goal, Proof};
use crate::abi::Abi;
use crate::action::Action;
use crate::bpf::{self, InstructionIndex};
use crate::diagram::input::{Atoms, InputWord};
use crate::diagram::{Diagrams, Leaf, Ref, TopNode};
use crate::filter::Filter;
use crate::policy::diagrams::{PolicyDiagrams, Symbols, leaf};
use crate::policy::{AbiPolicy, Condition, Policy, PolicyAction, RuleIndex};

/// The most nodes for the tests of the number. An unrelated number takes some 250 of them, so a filter of 4096 instructions
/// fits.
const NUMBER_NODES: usize = 1 << 20;

/// The most nodes for the diagrams of one class in a compile.
pub(super) const CLASS_NODES: usize = 1 << 15;

/// The most nodes for all classes.
const ALL_NODES: usize = 1 << 21;

/// The most calls with arguments that are too large for a proof which are looked for. Each takes about a second.
const MOST_UNPROVEN: usize = 4;

/// Numbers of an ABI that have the same rules: the rules, in order, and the action where none of them matches.
struct NumberClass<'a> {
    part: &'a AbiPolicy,
    /// The lowest of these numbers.
    number: u32,
    rules: Vec<RuleIndex>,
    otherwise: PolicyAction,
}

impl NumberClass<'_> {
    fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.part, other.part)
            && self.rules == other.rules
            && self.otherwise == other.otherwise
    }

    /// The action if it is the same for all arguments, as far as the form of the rules shows that.
    fn action(&self) -> Option<PolicyAction> {
        let Some(&first) = self.rules.first() else { return Some(self.otherwise) };
        let first = self.part.rule(first);
        if matches!(first.condition, Condition::Always) { Some(first.action) } else { None }
    }
}

/// Proves the same as [`prove`](super::prove()), in parts. The diagrams of one class take at most `nodes` nodes; a
/// class for which they do not suffice is followed test by test, with the help of `starts`, as
/// [`Lowered`](crate::lower::Lowered) has them. That says nothing about whether its calls
/// are allowed for all arguments, so the proof says nothing about the kernel's bitmap for them.
///
/// # Errors
///
/// [`Refusal`]: whatever cannot be proven in this way. [`Refusal::TooLarge`] says nothing about whether the two
/// agree.
pub fn prove_in_parts(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
    nodes: usize,
) -> Result<Proof, Refusal> {
    prove_parts(policy, filter, starts, nodes, Goal::Everything)
}

/// The calls (values of `arch` and numbers) whose arguments make the proof of a filter too large, one for each
/// combination of rules. Empty if the arguments are not the cause, if every call is such a call, or if there are more than
/// a few of them.
#[must_use]
pub fn unproven_calls(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
) -> Vec<(u32, u32)> {
    let (nodes, goal) = (CLASS_NODES, Goal::Actions);
    let mut calls = Vec::new();
    let mut pairs = pairs(policy, filter).unwrap_or_default();
    pairs.retain(|(entry, class)| entry.kind == Leaf::ENTERS && class.action().is_none());
    if pairs.len() < 2 {
        return calls;
    }
    for &(entry, ref class) in &pairs {
        let (number, entry) = (class.number, InstructionIndex(entry.value as usize));
        let proof = ClassProof { policy, class, filter, starts, entry, nodes, goal };
        match agree(&proof) {
            Err(Refusal::TooLarge) if calls.len() < MOST_UNPROVEN => {
                calls.push((class.part.abi.audit_arch(), number));
            }
            Err(Refusal::TooLarge) => return Vec::new(),
            // Whatever else the result is, another form of the call does not change it.
            _ => {}
        }
    }
    if calls.len() == pairs.len() { Vec::new() } else { calls }
}

pub(super) fn prove_parts(
    policy: &Policy,
    filter: &Filter,
    starts: &[InstructionIndex],
    nodes: usize,
    goal: Goal,
) -> Result<Proof, Refusal> {
    bpf::check(&filter.instructions).map_err(Refusal::Load)?;
    let pairs = pairs(policy, filter)?;
    let mut taken = 0;
    for &(entry, ref class) in &pairs {
        match (entry.kind, class.action()) {
            (_, Some(action)) if entry == leaf(action) => {}
            (Leaf::ENTERS, None) => {
                let entry = InstructionIndex(entry.value as usize);
                taken += agree(&ClassProof { policy, class, filter, starts, entry, nodes, goal })?;
                if taken > ALL_NODES {
                    return Err(Refusal::TooLarge);
                }
            }
            (_, None) => taken += is_always(class, entry)?,
            (_, Some(_)) => return Err(Refusal::TooLarge),
        }
    }
    Ok(Proof { nodes: taken })
}

/// For each class where the filter leads its numbers: to an action, or to the first instruction that looks
/// at arguments.
fn pairs<'a>(policy: &'a Policy, filter: &Filter) -> Result<Vec<(Leaf, NumberClass<'a>)>, Refusal> {
    let mut diagrams = Diagrams::new(NUMBER_NODES);
    let reader = Reader::new(filter, policy.endian(), Reading::Numbers)?;
    let mut atoms = Atoms::default();
    let first = InstructionIndex::FIRST;
    let led = function_from(&mut diagrams, &mut atoms, &reader, first, Direction::Forward)?;
    let bad_arch = diagrams.leaf(leaf(policy.bad_arch))?;
    let mut others = led;
    let mut pairs: Vec<(Leaf, NumberClass<'_>)> = Vec::new();
    let mut archs: Vec<u32> = Vec::new();
    for part in &policy.abis {
        let arch = part.abi.audit_arch();
        if archs.contains(&arch) {
            continue;
        }
        archs.push(arch);
        let (mut of_arch, mut is_arch) = (led, Ref::TRUE);
        for bit in 0..32 {
            let level = InputWord::ARCH.level(bit);
            is_arch = if arch >> bit & 1 == 1 {
                diagrams.ask(level, Ref::FALSE, is_arch)?
            } else {
                diagrams.ask(level, is_arch, Ref::FALSE)?
            };
        }
        for bit in (0..32).rev() {
            let (zero, one) = diagrams.split(of_arch, InputWord::ARCH.level(bit));
            of_arch = if arch >> bit & 1 == 1 { one } else { zero };
        }
        others = diagrams.choose(is_arch, bad_arch, others)?;
        let starts = starts(policy, arch);
        for index in 0..starts.len() {
            let first = starts[index];
            let last = starts.get(index + 1).map_or(u32::MAX, |next| next - 1);
            let mut ends =
                NumberLeaves { diagrams: &diagrams, first, last, leaves: Vec::new(), steps: 0 };
            ends.collect(of_arch, 32, 0)?;
            for &end in &ends.leaves {
                match class(policy, arch, first) {
                    Some(class) => {
                        if !pairs
                            .iter()
                            .any(|(known, other)| *known == end && other.is_same(&class))
                        {
                            pairs.push((end, class));
                        }
                    }
                    None if end == leaf(policy.bad_arch) => {}
                    None => return Err(Refusal::TooLarge),
                }
            }
        }
    }
    if others == bad_arch { Ok(pairs) } else { Err(Refusal::TooLarge) }
}

/// The numbers at which a class of `arch` may begin, ascending; the first is 0.
fn starts(policy: &Policy, arch: u32) -> Vec<u32> {
    let mut starts: Vec<u64> = vec![0, u64::from(Abi::SKIPPED), u64::from(Abi::SKIPPED) + 1];
    for part in &policy.abis {
        if part.abi.audit_arch() != arch {
            continue;
        }
        let (first, last) = part.abi.numbers();
        starts.push(first.into());
        starts.push(u64::from(last) + 1);
        let mut add = |numbers: &[u32]| {
            for &number in numbers {
                starts.push(number.into());
                starts.push(u64::from(number) + 1);
            }
        };
        for rule in &part.rules {
            add(&rule.numbers);
        }
        if let Some(unknown) = &part.unknown {
            add(&unknown.known);
        }
    }
    starts.sort_unstable();
    starts.dedup();
    let mut numbers = Vec::with_capacity(starts.len());
    for &start in &starts {
        if start <= u32::MAX.into() {
            numbers.push(start as u32);
        }
    }
    numbers
}

/// The class of a number; none if no ABI of the policy has it.
fn class(policy: &Policy, arch: u32, number: u32) -> Option<NumberClass<'_>> {
    for part in &policy.abis {
        if part.abi.has_call(arch, number) {
            return Some(class_of(part, number));
        }
    }
    None
}

/// The class of a number of the ABI of `part`.
fn class_of(part: &AbiPolicy, number: u32) -> NumberClass<'_> {
    let mut rules = Vec::new();
    for index in 0..part.rules.len() {
        let index = RuleIndex(index as u32);
        let rule = part.rule(index);
        if rule.numbers.binary_search(&number).is_ok() {
            rules.push(index);
            if matches!(rule.condition, Condition::Always) {
                break;
            }
        }
    }
    NumberClass { part, number, rules, otherwise: part.unmatched(number) }
}

/// The leaves of a function of the number that some numbers from `first` to `last` lead to.
struct NumberLeaves<'a> {
    diagrams: &'a Diagrams,
    first: u32,
    last: u32,
    leaves: Vec<Leaf>,
    steps: usize,
}

impl NumberLeaves<'_> {
    /// Collects the leaves for numbers that begin with `prefix` and have `left` more bits.
    fn collect(&mut self, function: Ref, left: u32, prefix: u32) -> Result<(), Refusal> {
        let below = if left == 0 { 0 } else { u32::MAX >> (32 - left) };
        if prefix > self.last || prefix | below < self.first {
            return Ok(());
        }
        if let TopNode::Leaf(leaf) = self.diagrams.top(function) {
            if !self.leaves.contains(&leaf) {
                self.leaves.push(leaf);
            }
            return Ok(());
        }
        self.steps += 1;
        if self.steps > NUMBER_NODES || left == 0 {
            return Err(Refusal::TooLarge);
        }
        let place = left - 1;
        let (zero, one) = self.diagrams.split(function, InputWord::NR.level(place));
        self.collect(zero, place, prefix)?;
        self.collect(one, place, prefix | 1 << place)
    }
}

/// The action of the rules of a class as a diagram.
fn function_of_class(
    mut functions: PolicyDiagrams<'_>,
    class: &NumberClass<'_>,
) -> Result<Ref, Refusal> {
    let part = class.part;
    let mut function = functions.diagrams.leaf(leaf(class.otherwise))?;
    for &rule in class.rules.iter().rev() {
        let rule = part.rule(rule);
        let condition = functions.condition(&rule.condition)?;
        let action = functions.diagrams.leaf(leaf(rule.action))?;
        function = functions.diagrams.choose(condition, action, function)?;
    }
    Ok(function)
}

/// Proves that the rules of a class always have the action `action`.
fn is_always(class: &NumberClass<'_>, action: Leaf) -> Result<usize, Refusal> {
    let (mut diagrams, mut atoms) = (Diagrams::new(CLASS_NODES), Atoms::default());
    let symbols = Symbols::Ordered(&mut atoms);
    let of_class = function_of_class(PolicyDiagrams { diagrams: &mut diagrams, symbols }, class)?;
    let is_always = diagrams.top(of_class) == TopNode::Leaf(action);
    if is_always { Ok(diagrams.len()) } else { Err(Refusal::TooLarge) }
}

/// The claim that the rules of a class and the filter from instruction `entry` on agree.
struct ClassProof<'a> {
    policy: &'a Policy,
    class: &'a NumberClass<'a>,
    filter: &'a Filter,
    starts: &'a [InstructionIndex],
    entry: InstructionIndex,
    /// The most nodes.
    nodes: usize,
    goal: Goal,
}

/// Proves that both agree. For [`Goal::Everything`], a proof by diagrams also shows that the class is not allowed for all
/// arguments. The result is the number of nodes.
fn agree(proof: &ClassProof<'_>) -> Result<usize, Refusal> {
    for &direction in &[Direction::Forward, Direction::Backward] {
        match agree_by_diagrams(proof, direction) {
            Ok(nodes) => return Ok(nodes),
            Err(Refusal::TooLarge) => {}
            Err(Refusal::Instruction { .. }) if direction == Direction::Backward => {}
            Err(other) => return Err(other),
        }
    }
    let &ClassProof { policy, class, filter, starts, entry, .. } = proof;
    let reader = Reader::new(filter, policy.endian(), Reading::Run)?;
    for &order in &[PlanOrder::Written, PlanOrder::MasksLast] {
        let plan = Plan::of(class.part, &class.rules, class.otherwise, order);
        match follow(&plan, &reader, entry, starts) {
            Err(Refusal::TooLarge) => {}
            other => return other,
        }
    }
    Err(Refusal::TooLarge)
}

fn agree_by_diagrams(proof: &ClassProof<'_>, direction: Direction) -> Result<usize, Refusal> {
    let &ClassProof { policy, class, filter, entry, nodes, goal, .. } = proof;
    let (mut diagrams, mut atoms) = (Diagrams::new(nodes), Atoms::default());
    let symbols = Symbols::Ordered(&mut atoms);
    let of_class = function_of_class(PolicyDiagrams { diagrams: &mut diagrams, symbols }, class)?;
    let reader = Reader::new(filter, policy.endian(), Reading::Run)?;
    let of_filter = function_from(&mut diagrams, &mut atoms, &reader, entry, direction)?;
    if of_class != of_filter {
        return Err(Refusal::TooLarge);
    }
    if goal == Goal::Actions {
        return Ok(diagrams.len());
    }
    let mut comparisons = Vec::new();
    let symbols = Symbols::Opaque(&mut comparisons);
    let of_class = function_of_class(PolicyDiagrams { diagrams: &mut diagrams, symbols }, class)?;
    let allow = leaf(PolicyAction::Action(Action::Allow));
    let is_overlooked = diagrams.top(of_class) == TopNode::Leaf(allow);
    if is_overlooked { Err(Refusal::TooLarge) } else { Ok(diagrams.len()) }
}
