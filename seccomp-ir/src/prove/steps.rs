//! A proof that follows a filter and the rules of a call at once, test by test.
//!
//! A diagram of many rules may have a node for every combination of their conditions. A filter that tests
//! the rules one after the other does not look at combinations, and neither does this proof. The rules are a
//! plan (`plan`): one condition after the other. The proof proves *claims*. A claim says that every call that comes to a
//! certain instruction, with a certain content of the accumulator, gets the action of the plan from a certain place on. The first claim
//! is about the first look at the arguments. A claim is proven by following the filter until its tests have
//! decided the condition at the place. For each way on there is a further claim, about a later instruction. At a
//! return the plan must have come to that action.
//!
//! A claim is about *every* call, whatever earlier tests have found. That is more than has to be proven, and it keeps the
//! proof small: claims are proven separately, each with small diagrams, and there are few. A filter
//! that relies on a test of an earlier condition is refused, although it may be right. So is one that tests the
//! conditions in another order than the plan.

use super::filter_diagram::{Reader, Transition, test};
use super::plan::{Plan, PlanIndex, PlanStep};
use super::refusal::Refusal;
use crate::bpf::InstructionIndex;
use crate::diagram::input::{Atoms, LeftOperand};
use crate::diagram::{Diagrams, Leaf, Ref};
use crate::policy::Condition;
use crate::policy::diagrams::{PolicyDiagrams, Symbols};

/// The most nodes for one claim about a small condition.
const CLAIM_NODES: usize = 1 << 17;

/// A claim may take this many times the nodes with which it begins. A list of single values takes some three
/// times those of its condition.
const GROWTH: usize = 4;

/// The most nodes for any claim. Single values of 64 bits take some 80 for each instruction, so any list of
/// them that fits into a filter fits here.
const STORE_NODES: usize = 3 << 17;

/// After this many nodes a new claim begins with a store of its own.
const RENEWED_NODES: usize = 1 << 15;

/// After this many comparisons with symbols a new claim begins with a store of its own.
const RENEWED_ATOMS: usize = 256;

/// The most nodes for the rules of one call.
const ALL_NODES: usize = 1 << 20;

/// How often instructions may be followed.
const MAX_STATES: usize = 1 << 18;

/// Proves that the filter of `reader` from `entry` on gives every call the action of the plan. The result is
/// the number of nodes. `Refusal::TooLarge` says that this proof does not succeed.
///
/// `starts` are instructions at which the filter is said to begin to test a condition. Even if they are wrong, no
/// wrong filter gets a proof: they only choose which claims are tried.
pub(super) fn follow(
    plan: &Plan<'_>,
    reader: &Reader<'_>,
    entry: InstructionIndex,
    starts: &[InstructionIndex],
) -> Result<usize, Refusal> {
    let mut is_start = vec![false; reader.len()];
    for &start in starts {
        if let Some(is_start) = is_start.get_mut(start.0) {
            *is_start = true;
        }
    }
    let mut follower = Follower {
        plan,
        reader,
        is_start,
        store: Store::new(),
        earlier_nodes: 0,
        states: 0,
        decisive: Vec::with_capacity(plan.steps.len()),
        claims: Vec::with_capacity(reader.len()),
    };
    for _ in 0..reader.len() {
        follower.claims.push(Vec::new());
    }
    follower.find_decisive()?;
    let first = follower.decisive[plan.first.0];
    follower.claim(entry, entry, LeftOperand::constant(0), first)?;
    for at in entry.0..reader.len() {
        // A claim leads only to claims at later instructions.
        for (accumulator, place) in std::mem::take(&mut follower.claims[at]) {
            follower.prove(InstructionIndex(at), accumulator, place)?;
        }
    }
    Ok(follower.nodes())
}

/// The diagrams of a few claims.
struct Store {
    diagrams: Diagrams,
    atoms: Atoms,
    /// Places, and where their conditions hold.
    conditions: Vec<(PlanIndex, Ref)>,
}

impl Store {
    fn new() -> Self {
        Self {
            diagrams: Diagrams::new(STORE_NODES),
            atoms: Atoms::default(),
            conditions: Vec::new(),
        }
    }

    /// The condition that one of the comparisons at `place` holds.
    fn condition(&mut self, place: PlanIndex, any: &[(&Condition, bool)]) -> Result<Ref, Refusal> {
        for &(known, condition) in &self.conditions {
            if known == place {
                return Ok(condition);
            }
        }
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
        self.conditions.push((place, holds));
        Ok(holds)
    }
}

struct Follower<'a> {
    plan: &'a Plan<'a>,
    reader: &'a Reader<'a>,
    /// Whether the filter is said to begin a condition at an instruction.
    is_start: Vec<bool>,
    store: Store,
    /// The nodes of earlier stores.
    earlier_nodes: usize,
    /// How often an instruction was followed.
    states: usize,
    /// For each place the first one from it on whose condition makes a difference, or the action.
    decisive: Vec<PlanIndex>,
    /// For each instruction the claims about it: what the accumulator holds, and the place in the plan.
    claims: Vec<Vec<(LeftOperand, PlanIndex)>>,
}

impl Follower<'_> {
    fn nodes(&self) -> usize {
        self.earlier_nodes + self.store.diagrams.len()
    }

    /// Begins a new store if this one has many nodes. No function of the old one may be used after that.
    fn renew_store(&mut self) -> Result<(), Refusal> {
        let Store { diagrams, atoms, .. } = &self.store;
        if diagrams.len() > RENEWED_NODES || atoms.len() > RENEWED_ATOMS {
            self.earlier_nodes += self.store.diagrams.len();
            self.store = Store::new();
        }
        if self.nodes() > ALL_NODES { Err(Refusal::TooLarge) } else { Ok(()) }
    }

    /// Fills in the decisive places. A place leads only to lower ones.
    fn find_decisive(&mut self) -> Result<(), Refusal> {
        let mut actions: Vec<(Leaf, PlanIndex)> = Vec::new();
        let plan = self.plan;
        for (index, step) in plan.steps.iter().enumerate() {
            let place = PlanIndex(index);
            let mut decisive = place;
            match step {
                PlanStep::Action(action) => match actions.iter().find(|(known, _)| known == action)
                {
                    Some(&(_, known)) => decisive = known,
                    None => actions.push((*action, place)),
                },
                PlanStep::Decide { any, yes, no } => {
                    self.renew_store()?;
                    let condition = self.store.condition(place, any)?;
                    let (yes, no) = (self.decisive[yes.0], self.decisive[no.0]);
                    if condition == Ref::TRUE || yes == no {
                        decisive = yes;
                    } else if condition == Ref::FALSE {
                        decisive = no;
                    }
                }
            }
            self.decisive.push(decisive);
        }
        Ok(())
    }

    /// Claims that every call that comes from one instruction to a later one, with this in the accumulator,
    /// gets the action of the plan from `place` on.
    fn claim(
        &mut self,
        from: InstructionIndex,
        to: InstructionIndex,
        accumulator: LeftOperand,
        place: PlanIndex,
    ) -> Result<(), Refusal> {
        let Some(claims) = self.claims.get_mut(to.0) else {
            return Err(Refusal::LeavesFilter { index: from });
        };
        if !claims.contains(&(accumulator, place)) {
            claims.push((accumulator, place));
        }
        Ok(())
    }

    fn prove(
        &mut self,
        at: InstructionIndex,
        accumulator: LeftOperand,
        place: PlanIndex,
    ) -> Result<(), Refusal> {
        match &self.plan.steps[place.0] {
            PlanStep::Action(action) => self.prove_action(at, accumulator, place, *action),
            PlanStep::Decide { any, yes, no } => {
                let (yes, no) = (self.decisive[yes.0], self.decisive[no.0]);
                self.renew_store()?;
                let condition = self.store.condition(place, any)?;
                let diagrams = &mut self.store.diagrams;
                diagrams.set_limit(STORE_NODES.min(CLAIM_NODES.max(GROWTH * diagrams.len())));
                self.prove_condition(at, accumulator, &PlanCondition { condition, yes, no })?;
                self.store.diagrams.set_limit(STORE_NODES);
                Ok(())
            }
        }
    }

    /// Proves a claim where the plan has come to an action.
    fn prove_action(
        &mut self,
        at: InstructionIndex,
        accumulator: LeftOperand,
        place: PlanIndex,
        action: Leaf,
    ) -> Result<(), Refusal> {
        match self.reader.step(at, accumulator)? {
            Transition::Next(next) => self.claim(at, at.next(), next, place),
            Transition::Jump(to) => self.claim(at, to, accumulator, place),
            Transition::Test { yes, no, .. } => {
                self.claim(at, yes, accumulator, place)?;
                self.claim(at, no, accumulator, place)
            }
            Transition::Return(done) if done == action => Ok(()),
            Transition::Return(_) => Err(Refusal::TooLarge),
        }
    }

    /// Proves a claim where a condition decides how the plan goes on. The filter is followed until its
    /// tests have decided that condition and it begins to test another one; for each way on there is a
    /// further claim.
    fn prove_condition(
        &mut self,
        at: InstructionIndex,
        accumulator: LeftOperand,
        decision: &PlanCondition,
    ) -> Result<(), Refusal> {
        let mut open = vec![ArrivedCalls { at, accumulator, decided: None, calls: Ref::TRUE }];
        while let Some(now) = take_first(&mut open) {
            let ArrivedCalls { at, accumulator, decided, calls } = now;
            self.states += 1;
            if self.states > MAX_STATES {
                return Err(Refusal::TooLarge);
            }
            if at.0 >= self.reader.len() {
                return Err(Refusal::LeavesFilter { index: InstructionIndex(at.0 - 1) });
            }
            if let (Some(place), true) = (decided, self.is_start[at.0]) {
                self.claim(at, at, accumulator, place)?;
                continue;
            }
            let Store { diagrams, atoms, .. } = &mut self.store;
            match self.reader.step(at, accumulator)? {
                Transition::Next(next) => {
                    let next = ArrivedCalls { at: at.next(), accumulator: next, ..now };
                    send(diagrams, &mut open, next)?;
                }
                Transition::Jump(to) => send(diagrams, &mut open, ArrivedCalls { at: to, ..now })?,
                Transition::Test { code, operand, yes, no } => {
                    let test = test(diagrams, atoms, code, accumulator, operand)?;
                    let Some(test) = test else { return Err(self.reader.refused(at)) };
                    let passed = diagrams.and(test, calls)?;
                    let failed = diagrams.choose(test, Ref::FALSE, calls)?;
                    for &(to, calls) in &[(yes, passed), (no, failed)] {
                        if calls == Ref::FALSE {
                            continue;
                        }
                        let decided = match decided {
                            None => decision.place(diagrams, calls)?,
                            known => known,
                        };
                        send(
                            diagrams,
                            &mut open,
                            ArrivedCalls { at: to, accumulator, decided, calls },
                        )?;
                    }
                }
                Transition::Return(done) => match decided.map(|place| &self.plan.steps[place.0]) {
                    Some(PlanStep::Action(action)) if *action == done => {}
                    _ => return Err(Refusal::TooLarge),
                },
            }
        }
        Ok(())
    }
}

/// The condition at a place of the plan, and the decisive places after it.
struct PlanCondition {
    condition: Ref,
    yes: PlanIndex,
    no: PlanIndex,
}

impl PlanCondition {
    /// Where the plan goes on if all of these calls satisfy the condition, or none does.
    fn place(&self, diagrams: &Diagrams, calls: Ref) -> Result<Option<PlanIndex>, Refusal> {
        Ok(if diagrams.is_always(self.condition, false, calls)? {
            Some(self.no)
        } else if diagrams.is_always(self.condition, true, calls)? {
            Some(self.yes)
        } else {
            None
        })
    }
}

/// Calls that come to an instruction with this in the accumulator.
#[derive(Clone, Copy)]
struct ArrivedCalls {
    at: InstructionIndex,
    accumulator: LeftOperand,
    /// Where the plan goes on for them, if that is known.
    decided: Option<PlanIndex>,
    calls: Ref,
}

/// Adds calls to those that come to the same instruction.
fn send(
    diagrams: &mut Diagrams,
    open: &mut Vec<ArrivedCalls>,
    new: ArrivedCalls,
) -> Result<(), Refusal> {
    for known in open.iter_mut() {
        let is_same = known.at == new.at && known.accumulator == new.accumulator;
        if is_same && known.decided == new.decided {
            known.calls = diagrams.or(new.calls, known.calls)?;
            return Ok(());
        }
    }
    open.push(new);
    Ok(())
}

/// Takes out calls at the first instruction: all that come to it have come.
fn take_first(open: &mut Vec<ArrivedCalls>) -> Option<ArrivedCalls> {
    let mut first = 0;
    for index in 0..open.len() {
        if open[index].at.0 < open[first].at.0 {
            first = index;
        }
    }
    if open.is_empty() { None } else { Some(open.swap_remove(first)) }
}
