//! A proof that follows a filter and the rules of a call at once, test by test.
//!
//! A diagram of many rules may have a node for every combination of their conditions. A filter that tests
//! the rules one after the other does not look at combinations, and neither does this proof. The rules become
//! a *plan*: conditions on one argument, each with what comes next where it holds and where it fails. The
//! filter is followed from its first look at the arguments to its ends. With each instruction goes the
//! place in the plan, and the calls that can be there. Where these calls all satisfy the condition at that
//! place, or none does, the plan can go on. At a return the plan must come to the same action.
//!
//! What keeps this small: where the plan has gone on and the filter loads a word, all that was learnt of
//! the calls is forgotten. From there on *every* call must get the action of the plan, which is more than
//! has to be proven. A filter that relies there on an earlier test is refused, although it may be right. So
//! it does not matter for soundness how far the plan goes on where it can, only for success.
//!
//! The order of conditions in the plan is the one in which they are written, or one that puts
//! conditions on the same argument together. A filter in any other order is refused.

use super::filter::{ReachingCalls, Reader, Transition, test};
use super::refusal::Refusal;
use crate::bpf::Opcode;
use crate::diagram::input::{Atoms, InputWord, Left};
use crate::diagram::{Diagrams, Leaf, Ref};
use crate::policy::diagrams::{PolicyDiagrams, Symbols, leaf};
use crate::policy::{AbiPolicy, Comparison, Condition, Operator, PolicyAction, RuleIndex, Value};

/// The most nodes for the rules of one call.
const NODES: usize = 1 << 18;

/// The order in which a plan asks for conditions, where all or one of them must hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanOrder {
    /// As written.
    Written,
    /// Those on the same argument together, those under a mask after those on the whole argument.
    MasksLast,
}

/// The index of a step of a [`Plan`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct PlanIndex(usize);

enum PlanStep<'a> {
    /// This is the action.
    Action(Leaf),
    /// Whether one of these comparisons holds, each negated if the flag is set.
    Decide { any: Vec<(&'a Condition, bool)>, yes: PlanIndex, no: PlanIndex },
}

/// The rules of a call as conditions, one after the other.
pub(super) struct Plan<'a> {
    steps: Vec<PlanStep<'a>>,
    first: PlanIndex,
    order: PlanOrder,
}

/// One of several conditions. One of them must hold.
enum PlanAlternative<'a> {
    Always,
    /// One of these comparisons of the same bits of the same argument.
    Compare {
        subject: Option<Subject>,
        any: Vec<(&'a Condition, bool)>,
        key: u64,
    },
    /// All of these, each negated if the flag is set.
    All(&'a [Condition], bool),
}

/// What is compared: the argument, its width in bits, the mask.
type Subject = (u8, u32, u64);

impl<'a> Plan<'a> {
    /// The plan for these rules of `part`.
    pub(super) fn of(
        part: &'a AbiPolicy,
        rules: &[RuleIndex],
        otherwise: PolicyAction,
        order: PlanOrder,
    ) -> Self {
        let mut plan =
            Self { steps: vec![PlanStep::Action(leaf(otherwise))], first: PlanIndex(0), order };
        for &rule in rules.iter().rev() {
            let rule = part.rule(rule);
            let action = plan.add(PlanStep::Action(leaf(rule.action)));
            plan.first = plan.any(std::slice::from_ref(&rule.condition), false, action, plan.first);
        }
        plan
    }

    fn add(&mut self, step: PlanStep<'a>) -> PlanIndex {
        self.steps.push(step);
        PlanIndex(self.steps.len() - 1)
    }

    /// Leads to `yes` if one of `conditions` holds, each negated if `negated`, else to `no`.
    fn any(
        &mut self,
        conditions: &'a [Condition],
        negated: bool,
        yes: PlanIndex,
        no: PlanIndex,
    ) -> PlanIndex {
        let mut alternatives = Vec::new();
        for condition in conditions {
            take_apart(condition, negated, &mut alternatives);
        }
        let mut order: Vec<(u64, u64)> = Vec::with_capacity(alternatives.len());
        for alternative in &alternatives {
            let key = match (self.order, alternative) {
                (PlanOrder::Written, _) | (_, PlanAlternative::Always) => 0,
                (_, PlanAlternative::Compare { key, .. }) => *key,
                (_, PlanAlternative::All(..)) => u64::MAX,
            };
            order.push((key, order.len() as u64));
        }
        order.sort_unstable();
        let mut next = no;
        for &(_, index) in order.iter().rev() {
            next = match &mut alternatives[index as usize] {
                PlanAlternative::Always => yes,
                PlanAlternative::Compare { any, .. } => {
                    let any = std::mem::take(any);
                    self.add(PlanStep::Decide { any, yes, no: next })
                }
                // All hold unless one fails.
                PlanAlternative::All(all, negated) => self.any(all, !*negated, next, yes),
            };
        }
        next
    }
}

/// Adds a condition, negated if `negated`, to the alternatives.
fn take_apart<'a>(condition: &'a Condition, negated: bool, to: &mut Vec<PlanAlternative<'a>>) {
    match condition {
        Condition::Always if negated => {}
        Condition::Always => to.push(PlanAlternative::Always),
        Condition::Compare(comparison) => {
            let subject = subject(comparison);
            for alternative in to.iter_mut() {
                if let PlanAlternative::Compare { subject: other @ Some(_), any, .. } = alternative
                {
                    if *other == subject {
                        any.push((condition, negated));
                        return;
                    }
                }
            }
            let any = vec![(condition, negated)];
            to.push(PlanAlternative::Compare { subject, any, key: key(comparison) });
        }
        Condition::Not(inner) => take_apart(inner, !negated, to),
        Condition::Any(all) | Condition::All(all) => {
            let alternatives = matches!(condition, Condition::Any(_)) != negated;
            if alternatives || all.len() == 1 {
                for one in all {
                    take_apart(one, negated, to);
                }
            } else {
                to.push(PlanAlternative::All(all, negated));
            }
        }
    }
}

/// What is compared; none if a symbol has a part in it.
fn subject(comparison: &Comparison) -> Option<Subject> {
    let (Value::Known(_), Value::Known(mask)) =
        (comparison.value, comparison.mask.unwrap_or(Value::Known(u64::MAX)))
    else {
        return None;
    };
    Some((comparison.argument, comparison.width.bits(), mask & comparison.width.ones()))
}

/// The place of a comparison in [`PlanOrder::MasksLast`].
fn key(comparison: &Comparison) -> u64 {
    let argument = 4 * u64::from(comparison.argument);
    let is_cut = match subject(comparison) {
        Some((_, _, mask)) => mask != comparison.width.ones(),
        None => return 3 + argument + u64::from(comparison.mask.is_some()),
    };
    // Whether no bit of a mask is set is a test of the whole word.
    let is_equality = matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    let is_of_bits = is_equality && comparison.value == Value::Known(0);
    1 + argument + u64::from(is_cut && !is_of_bits)
}

/// Where the proof is: the place in the plan, and whether the filter has made a test since the plan came
/// there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Progress {
    place: PlanIndex,
    tested: bool,
}

/// Proves that the filter of `reader` from `entry` on gives every call the action of the plan. The result is
/// the number of nodes. `Refusal::TooLarge` says that this proof does not succeed.
pub(super) fn follow(plan: &Plan<'_>, reader: &Reader<'_>, entry: usize) -> Result<usize, Refusal> {
    let mut follower = Follower {
        plan,
        diagrams: Diagrams::new(NODES),
        atoms: Atoms::default(),
        conditions: Vec::with_capacity(plan.steps.len()),
        decisive: Vec::with_capacity(plan.steps.len()),
    };
    follower.find_decisive()?;
    follower.all(reader, entry)?;
    Ok(follower.diagrams.len())
}

struct Follower<'a> {
    plan: &'a Plan<'a>,
    diagrams: Diagrams,
    atoms: Atoms,
    /// For each place where its condition holds.
    conditions: Vec<Ref>,
    /// For each place the first one from it on whose condition makes a difference, or the action.
    decisive: Vec<PlanIndex>,
}

impl Follower<'_> {
    /// Fills in the conditions and the decisive places. A place leads only to lower ones.
    fn find_decisive(&mut self) -> Result<(), Refusal> {
        let mut actions: Vec<(Leaf, PlanIndex)> = Vec::new();
        for (index, step) in self.plan.steps.iter().enumerate() {
            let place = PlanIndex(index);
            let (mut condition, mut decisive) = (Ref::FALSE, place);
            match step {
                PlanStep::Action(action) => match actions.iter().find(|(known, _)| known == action)
                {
                    Some(&(_, known)) => decisive = known,
                    None => actions.push((*action, place)),
                },
                PlanStep::Decide { any, yes, no } => {
                    condition = self.condition(any)?;
                    let (yes, no) = (self.decisive[yes.0], self.decisive[no.0]);
                    if condition == Ref::TRUE || yes == no {
                        decisive = yes;
                    } else if condition == Ref::FALSE {
                        decisive = no;
                    }
                }
            }
            self.conditions.push(condition);
            self.decisive.push(decisive);
        }
        Ok(())
    }

    /// Where one of the comparisons holds.
    fn condition(&mut self, any: &[(&Condition, bool)]) -> Result<Ref, Refusal> {
        let mut holds = Ref::FALSE;
        for &(condition, negated) in any {
            let symbols = Symbols::Ordered(&mut self.atoms);
            let mut functions = PolicyDiagrams { diagrams: &mut self.diagrams, symbols };
            let mut one = functions.condition(condition)?;
            if negated {
                one = self.diagrams.not(one)?;
            }
            holds = self.diagrams.or(one, holds)?;
        }
        Ok(holds)
    }

    fn all(&mut self, reader: &Reader<'_>, entry: usize) -> Result<(), Refusal> {
        let mut calls: ReachingCalls<Progress> = ReachingCalls::new(reader.len());
        let first = Progress { place: self.decisive[self.plan.first.0], tested: false };
        let start = Left::constant(0);
        calls.send(&mut self.diagrams, entry, entry, start, first, Ref::TRUE)?;
        for at in entry..reader.len() {
            for &(accumulator, mut progress, mut reached) in &calls.take(at) {
                match reader.step(at, accumulator)? {
                    Transition::Next(next) if reader.code(at) == Opcode::LD_W_ABS => {
                        progress = self.before_load(next, progress, reached)?;
                        if !progress.tested && self.is_open(progress.place) {
                            reached = Ref::TRUE;
                        }
                        calls.send(&mut self.diagrams, at, at + 1, next, progress, reached)?;
                    }
                    Transition::Next(next) => {
                        calls.send(&mut self.diagrams, at, at + 1, next, progress, reached)?;
                    }
                    Transition::Jump(to) => {
                        calls.send(&mut self.diagrams, at, to, accumulator, progress, reached)?;
                    }
                    Transition::Test { code, operand, yes, no } => {
                        let diagrams = &mut self.diagrams;
                        let test = test(diagrams, &mut self.atoms, code, accumulator, operand)?;
                        let Some(test) = test else { return Err(reader.refused(at)) };
                        let passed = diagrams.and(test, reached)?;
                        let failed = diagrams.choose(test, Ref::FALSE, reached)?;
                        let tells = passed != Ref::FALSE && failed != Ref::FALSE;
                        if tells {
                            progress.place = self.undecided(progress.place, reached)?;
                        }
                        for &(to, reached) in &[(yes, passed), (no, failed)] {
                            let mut after = Progress { tested: true, ..progress };
                            if let (true, Some(next)) = (tells, self.next(after.place, reached)?) {
                                after = Progress { place: next, tested: false };
                            }
                            calls.send(&mut self.diagrams, at, to, accumulator, after, reached)?;
                        }
                    }
                    Transition::Return(done) => {
                        let place = self.undecided(progress.place, reached)?;
                        match self.plan.steps[place.0] {
                            PlanStep::Action(said) if said == done => {}
                            _ => return Err(Refusal::TooLarge),
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether there is a condition at `place`.
    fn is_open(&self, place: PlanIndex) -> bool {
        matches!(self.plan.steps[place.0], PlanStep::Decide { .. })
    }

    /// Where the plan goes on from `place` if all calls in `reached` satisfy its condition, or none does.
    fn next(&mut self, place: PlanIndex, reached: Ref) -> Result<Option<PlanIndex>, Refusal> {
        let PlanStep::Decide { yes, no, .. } = self.plan.steps[place.0] else { return Ok(None) };
        let condition = self.conditions[place.0];
        Ok(if self.diagrams.and(condition, reached)? == Ref::FALSE {
            Some(self.decisive[no.0])
        } else if self.diagrams.choose(condition, Ref::FALSE, reached)? == Ref::FALSE {
            Some(self.decisive[yes.0])
        } else {
            None
        })
    }

    /// The first place from `place` on whose condition tells calls in `reached` apart, or the action.
    fn undecided(&mut self, mut place: PlanIndex, reached: Ref) -> Result<PlanIndex, Refusal> {
        while let Some(next) = self.next(place, reached)? {
            place = next;
        }
        Ok(place)
    }

    /// The progress where a word is loaded. What is known of the calls may also decide conditions that the
    /// filter is about to test: the plan waits at such a condition if it looks at the loaded argument.
    fn before_load(
        &mut self,
        loaded: Left,
        mut progress: Progress,
        reached: Ref,
    ) -> Result<Progress, Refusal> {
        while let Some(next) = self.next(progress.place, reached)? {
            if !progress.tested && self.looks_at(progress.place, loaded) {
                break;
            }
            progress = Progress { place: next, tested: false };
        }
        Ok(progress)
    }

    /// Whether the condition at `place` is about the argument that has the word `loaded`.
    fn looks_at(&self, place: PlanIndex, loaded: Left) -> bool {
        let PlanStep::Decide { any, .. } = &self.plan.steps[place.0] else { return false };
        let argument = loaded.input().and_then(InputWord::argument_of);
        any.iter().any(|(condition, _)| match condition {
            Condition::Compare(comparison) => Some(comparison.argument) == argument,
            _ => false,
        })
    }
}
