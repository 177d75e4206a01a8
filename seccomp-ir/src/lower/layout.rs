//! Writes the decision graph as instructions.
//!
//! BPF jumps only forward, so a filter is laid out from its last instruction to its first: when
//! an instruction is added, everything that it can jump to is already in place. [`FromEnd`] counts
//! from the end and therefore never changes.
//!
//! A conditional jump reaches 255 instructions. A longer jump goes over a bridge next to it: a copy of
//! the `RET` that it should reach, or an unconditional jump. A later jump to the same target
//! uses the bridge if it can reach the bridge.
//!
//! Either side of a test can come right after it. Three rules choose. The kernel converts
//! the filter before it runs it (`bpf_convert_filter`, `net/core/filter.c`, Linux 6.12). A conditional
//! jump costs a second instruction if neither side comes next, and a `JSET` also if its *true* side
//! comes next. So a side that is not yet in place comes next. If both are not, the false side comes
//! next for `JSET`; otherwise the side that seems to need fewer instructions, to keep jumps short.

use super::Lowered;
use super::accumulator::{TestOperand, TestRelation};
use super::graph::{GraphStep, StepGraph, StepId};
use crate::bpf::{InstructionIndex, Opcode, SockFilter};
use crate::filter::{Filter, Relocation, SymbolOperand};
use crate::policy::PolicyAction;
use crate::sort::sort;

/// The position of an instruction, counted from the end of the filter: the last one is at 1. An
/// instruction outside of the filter is at 0.
type FromEnd = u32;

/// The number of no step.
const NONE: u32 = u32::MAX;

/// The farthest that a conditional jump skips.
const REACH: u32 = 255;

/// The filter that starts at `entry`.
pub(super) fn lay_out(graph: &StepGraph, entry: StepId) -> Lowered {
    let mut layout = Layout {
        graph,
        sizes: vec![0; graph.len()],
        falling: vec![NONE; graph.len()],
        places: vec![0; graph.len()],
        bridges: vec![0; graph.len()],
        reversed: Vec::new(),
    };
    layout.measure(entry);
    layout.place_all(entry);
    let length = layout.reversed.len();
    let mut starts = Vec::with_capacity(graph.starts.len());
    for &step in &graph.starts {
        match layout.places[step.0 as usize] {
            0 => {}
            place => starts.push(InstructionIndex(length - place as usize)),
        }
    }
    let mut instructions = Vec::with_capacity(length);
    let mut relocations = Vec::new();
    while let Some((instruction, symbol)) = layout.reversed.pop() {
        let index = InstructionIndex(instructions.len());
        if let Some(operand) = symbol {
            relocations.push(Relocation { index, operand });
        }
        instructions.push(instruction);
    }
    Lowered { filter: Filter { instructions, relocations }, starts }
}

struct Layout<'a> {
    graph: &'a StepGraph,
    /// For each step how many steps it leads to; a step that is reached twice counts twice. 0 if unknown.
    sizes: Vec<u32>,
    /// For each step the one that must come right before it because it does not jump, or [`NONE`].
    falling: Vec<u32>,
    /// For each step its position.
    places: Vec<FromEnd>,
    /// For each step the last bridge to it.
    bridges: Vec<FromEnd>,
    /// The instructions from the last to the first, and which of their operands are symbols.
    reversed: Vec<(SockFilter, Option<SymbolOperand>)>,
}

impl Layout<'_> {
    /// Fills in [`Self::sizes`]. A step points only to lower ones, so ascending order suffices.
    fn measure(&mut self, entry: StepId) {
        for id in 0..=entry.0 {
            let mut size = 1_u32;
            self.graph.step(StepId(id)).each_next(&mut |next| {
                size = size.saturating_add(self.sizes[next.0 as usize]);
            });
            self.sizes[id as usize] = size;
        }
    }

    /// Places `entry` and all steps that it leads to. Uses a list of its own instead of recursion: a
    /// graph may be thousands of steps deep.
    fn place_all(&mut self, entry: StepId) {
        let mut open = vec![entry.0];
        let uses = self.graph.uses(entry);
        self.find_falling(&uses);
        self.add_returns(&uses, &mut open);
        while let Some(&id) = open.last() {
            let id = StepId(id);
            if self.place_of(id) > 0 {
                open.pop();
                continue;
            }
            let ready = open.len();
            let mut need = |id: StepId| {
                if self.places[id.0 as usize] == 0 {
                    open.push(id.0);
                }
            };
            match self.graph.step(id) {
                GraphStep::Branch { relation, yes, no, .. } => {
                    // The first one pushed is placed last, so it comes right after the test.
                    let size = |id: StepId| self.sizes[id.0 as usize];
                    let no_is_next = relation == TestRelation::AnyBit || size(no) <= size(yes);
                    let (next, far) = if no_is_next { (no, yes) } else { (yes, no) };
                    need(next);
                    need(far);
                }
                step => step.each_next(&mut need),
            }
            if open.len() == ready {
                open.pop();
                // The steps that fall into a test are placed with it; otherwise they would need a copy of it.
                let mut next = Some(id);
                while let Some(id) = next {
                    let place = self.place(id);
                    self.places[id.0 as usize] = place;
                    let before = self.falling[id.0 as usize];
                    let is_open = before != NONE && self.place_of(StepId(before)) == 0;
                    next = if is_open { Some(StepId(before)) } else { None };
                }
            }
        }
    }

    /// Fills in [`Self::falling`]; `uses` is the number of uses of each step.
    fn find_falling(&mut self, uses: &[u64]) {
        for (id, &uses) in uses.iter().enumerate() {
            match self.graph.step(StepId(id as u32)) {
                GraphStep::Load { next, .. }
                | GraphStep::And { next, .. }
                | GraphStep::Xor { next, .. }
                    if uses > 0 =>
                {
                    self.falling[next.0 as usize] = id as u32;
                }
                _ => {}
            }
        }
    }

    /// Adds the used returns. The most used one comes last: it is placed first, and ends the filter.
    fn add_returns(&self, uses: &[u64], open: &mut Vec<u32>) {
        let mut by_uses: Vec<(u64, u64)> = Vec::new();
        for (id, &uses) in uses.iter().enumerate() {
            if uses > 0 && matches!(self.graph.step(StepId(id as u32)), GraphStep::Return(_)) {
                by_uses.push((uses, id as u64));
            }
        }
        sort(&mut by_uses);
        for &(_, id) in &by_uses {
            open.push(id as u32);
        }
    }

    fn push(&mut self, code: u16, jt: u32, jf: u32, operand: TestOperand) -> FromEnd {
        let (k, symbol) = match operand {
            TestOperand::Known(k) => (k, None),
            TestOperand::Symbol(symbol) => (0, Some(symbol)),
        };
        let instruction = SockFilter::jump(code, k, jt as u8, jf as u8);
        self.reversed.push((instruction, symbol));
        self.reversed.len() as u32
    }

    /// The number of instructions between `target` and the next one to be added.
    fn distance(&self, target: FromEnd) -> u32 {
        self.reversed.len() as u32 - target
    }

    /// Adds the instruction of a step whose followers are all in place.
    fn place(&mut self, id: StepId) -> FromEnd {
        match self.graph.step(id) {
            GraphStep::Return(action) => self.push_return(action),
            GraphStep::Load { offset, next } => {
                self.fall_into(next);
                self.push(Opcode::LD_W_ABS, 0, 0, TestOperand::Known(offset))
            }
            GraphStep::And { operand, next } => {
                self.fall_into(next);
                self.push(Opcode::AND_K, 0, 0, operand)
            }
            GraphStep::Xor { bits, next } => {
                self.fall_into(next);
                self.push(Opcode::XOR_K, 0, 0, TestOperand::Known(bits))
            }
            GraphStep::Branch { relation, operand, yes, no } => {
                // A bridge for one side moves the other farther away, so repeat until both are in reach.
                loop {
                    let (jt, jf) = (self.nearest(yes), self.nearest(no));
                    if jt > REACH {
                        self.bridge(yes);
                    } else if jf > REACH {
                        self.bridge(no);
                    } else {
                        let code = match relation {
                            TestRelation::Equal => Opcode::JEQ_K,
                            TestRelation::Greater => Opcode::JGT_K,
                            TestRelation::GreaterOrEqual => Opcode::JGE_K,
                            TestRelation::AnyBit => Opcode::JSET_K,
                        };
                        return self.push(code, jt, jf, operand);
                    }
                }
            }
        }
    }

    fn push_return(&mut self, action: PolicyAction) -> FromEnd {
        let operand = match action {
            PolicyAction::Action(action) => TestOperand::Known(action.to_return_value()),
            PolicyAction::ErrnoOf(symbol) => {
                TestOperand::Symbol(SymbolOperand::ReturnErrno(symbol))
            }
        };
        self.push(Opcode::RET_K, 0, 0, operand)
    }

    fn place_of(&self, id: StepId) -> FromEnd {
        self.places[id.0 as usize]
    }

    /// The distance to a step or to the bridge that leads there, whichever is shorter.
    fn nearest(&self, id: StepId) -> u32 {
        self.distance(self.place_of(id).max(self.bridges[id.0 as usize]))
    }

    fn bridge(&mut self, id: StepId) {
        let bridge = match self.graph.step(id) {
            GraphStep::Return(action) => self.push_return(action),
            _ => {
                let distance = self.distance(self.place_of(id));
                self.push(Opcode::JA, 0, 0, TestOperand::Known(distance))
            }
        };
        self.bridges[id.0 as usize] = bridge;
    }

    /// Makes sure that `next` comes right after the instruction that is added next. A test is
    /// copied instead of jumped to: the length is the same, and a step is saved.
    fn fall_into(&mut self, next: StepId) {
        if self.distance(self.place_of(next)) > 0 {
            match self.graph.step(next) {
                GraphStep::Branch { .. } => {
                    self.place(next);
                }
                _ => self.bridge(next),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::accumulator::{TestOperand, TestRelation};
    use super::super::graph::{GraphStep, StepGraph, StepId};
    use super::super::test_support;
    use super::lay_out;
    use crate::abi::{Call, Endian};
    use crate::action::Action;
    use crate::bpf;
    use crate::filter::SymbolOperand;
    use crate::policy::{PolicyAction, Symbol};

    /// A graph of this many random steps whose targets may be far away, and its first step.
    fn random(rng: &mut fastrand::Rng, steps: usize) -> (StepGraph, StepId) {
        let mut graph = StepGraph::new();
        let mut all: Vec<StepId> = [Action::Allow, Action::Errno(7), Action::KillProcess]
            .map(|action| graph.add(GraphStep::Return(PolicyAction::Action(action))))
            .into();
        all.push(graph.add(GraphStep::Return(PolicyAction::ErrnoOf(Symbol(0)))));
        use TestRelation::{AnyBit, Equal, Greater, GreaterOrEqual};
        for _ in 0..steps {
            let near = |rng: &mut fastrand::Rng| all[all.len() - 1 - rng.usize(..all.len().min(4))];
            let (yes, no) = (near(rng), all[rng.usize(..all.len())]);
            let operand = if rng.u32(..9) == 0 {
                let (symbol, half, keep) = (Symbol(rng.u32(..4)), crate::abi::Half::Low, u32::MAX);
                TestOperand::Symbol(SymbolOperand::Word { symbol, half, keep, flip: 0 })
            } else {
                TestOperand::Known(rng.u32(..16))
            };
            let step = match rng.u32(..8) {
                0 => GraphStep::Load { offset: 16 + 8 * rng.u32(..6), next: yes },
                1 => GraphStep::And { operand, next: yes },
                2 => GraphStep::Xor { bits: 3, next: yes },
                _ => {
                    let relation = [Equal, Greater, GreaterOrEqual, AnyBit][rng.usize(..4)];
                    let (yes, no) = if rng.bool() { (yes, no) } else { (no, yes) };
                    GraphStep::Branch { relation, operand, yes, no }
                }
            };
            all.push(graph.add(step));
        }
        let next = all[all.len() - 1];
        let first = graph.add(GraphStep::Load { offset: 16, next });
        (graph, first)
    }

    #[test]
    fn the_instructions_do_what_the_steps_do() {
        let mut rng = test_support::rng(16);
        let mut bridges = 0;
        for steps in [1, 5, 40, 300, 900, 1500] {
            for _ in 0..12 {
                let (graph, first) = random(&mut rng, steps);
                let filter = lay_out(&graph, first).filter;
                let used = graph.use_all(first, &mut Vec::new());
                bridges += filter.instructions.len() - used;
                let instructions = filter.resolve(&test_support::value_of);
                assert_eq!(bpf::check(&instructions), Ok(()));
                for _ in 0..40 {
                    let mut call = Call::default();
                    call.args.fill_with(|| rng.u64(..16));
                    let expected = match test_support::run(&graph, first, &call, Endian::Little, 0)
                    {
                        PolicyAction::Action(action) => action,
                        PolicyAction::ErrnoOf(of) => {
                            Action::Errno(test_support::value_of(of) as u16)
                        }
                    };
                    let found = bpf::interpret(&instructions, &call, Endian::Little);
                    assert_eq!(found, Ok(expected.to_return_value()), "{call:x?}");
                }
            }
        }
        assert!(bridges > 100, "only {bridges} long jumps were made");
    }
}
