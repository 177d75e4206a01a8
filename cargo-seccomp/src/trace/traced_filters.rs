//! The filters that traced programs have installed: how they are changed for the tracer, and the actions that the
//! unchanged filters give.

use std::rc::Rc;

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, InstructionIndex, Operation, SockFilter};

use super::Mode;

/// The number of a filter, in the order of installs. A filter that is installed again by the same program has the same
/// number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FilterId(pub(crate) usize);

/// A filter as a program installed it.
#[derive(Clone, Debug)]
pub(crate) struct TracedFilter {
    /// Its instructions, unchanged.
    pub(crate) instructions: Vec<SockFilter>,
    /// The program that installed it.
    pub(crate) program: String,
    /// The process that installed it first.
    pub(crate) process: u32,
}

/// All filters that were seen.
#[derive(Default)]
pub(crate) struct Filters(Vec<TracedFilter>);

/// The filters that are in force in a thread, the oldest first. Threads share lists.
pub(super) type InForce = Rc<[FilterId]>;

/// The actions of the filters of a thread for a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FilterActions {
    /// The filters that do not simply allow the call, with the action of each; the newest first.
    pub(crate) denials: Vec<(FilterId, Action)>,
    /// The action of the kernel without a tracer.
    pub(crate) action: Action,
}

impl Filters {
    /// Adds a filter, and returns its number and whether it is new.
    pub(super) fn add(&mut self, filter: TracedFilter) -> (FilterId, bool) {
        let known = self.0.iter().position(|known| {
            known.program == filter.program && known.instructions == filter.instructions
        });
        if let Some(index) = known {
            return (FilterId(index), false);
        }
        self.0.push(filter);
        (FilterId(self.0.len() - 1), true)
    }

    /// The filter with this number.
    pub(crate) fn get(&self, id: FilterId) -> &TracedFilter {
        &self.0[id.0]
    }

    /// All filters, in the order of their numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = (FilterId, &TracedFilter)> {
        self.0.iter().enumerate().map(|(index, filter)| (FilterId(index), filter))
    }

    /// The actions of the filters in force for `call`. The most severe action wins; among equal actions, that of the
    /// newest filter (`seccomp_run_filters`, `kernel/seccomp.c`, Linux 6.12).
    pub(super) fn actions(&self, in_force: &[FilterId], call: &Call) -> FilterActions {
        let mut denials = Vec::new();
        let mut action = Action::Allow;
        for &id in in_force.iter().rev() {
            let own = self.get(id).action(call);
            if own != Action::Allow {
                denials.push((id, own));
            }
            if own.precedence() < action.precedence() {
                action = own;
            }
        }
        FilterActions { denials, action }
    }
}

impl TracedFilter {
    /// The action of the unchanged filter.
    pub(crate) fn action(&self, call: &Call) -> Action {
        match bpf::interpret(&self.instructions, call, Abi::NATIVE.endian()) {
            Ok(value) => Action::from_return_value(value),
            // The kernel does not load such a filter.
            Err(_) => Action::KillProcess,
        }
    }

    /// Whether it returns values that it computes. No filter of a policy does.
    pub(crate) fn computes_actions(&self) -> bool {
        self.instructions.iter().any(|one| one.operation() == Some(Operation::ReturnA))
    }

    /// The instructions to change, so that the tracer hears of the calls that the filter does not simply allow, each
    /// with the new one. `data` is the number that the kernel hands to the tracer.
    pub(super) fn changes(&self, mode: Mode, data: u16) -> Vec<(InstructionIndex, SockFilter)> {
        let to_tracer =
            SockFilter::statement(bpf::Opcode::RET_K, Action::Trace(data).to_return_value());
        let mut changes = Vec::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            let change = match (instruction.operation(), mode) {
                (Some(Operation::ReturnConstant(value)), mode) => {
                    is_heard(Action::from_return_value(value), mode)
                }
                // Its action is known only when it runs. In `Watch` it stays, because the kernel itself has to kill,
                // see below.
                (Some(Operation::ReturnA), Mode::Learn) => true,
                _ => false,
            };
            if change {
                changes.push((InstructionIndex(index), to_tracer));
            }
        }
        changes
    }
}

/// Whether the tracer takes over an action.
///
/// A supervisor keeps its calls. A program that is only watched is killed, and gets its signals, by the kernel itself,
/// so that its status, its core and its registers are the same as without a tracer.
fn is_heard(action: Action, mode: Mode) -> bool {
    match action {
        Action::KillProcess | Action::KillThread | Action::Trap(_) => mode == Mode::Learn,
        Action::Errno(_) | Action::Trace(_) | Action::Log => true,
        Action::Notify | Action::Allow => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(returns: &[u32]) -> TracedFilter {
        // JEQ on the call number selects one of the returns; the last one is for all others.
        let mut instructions = vec![SockFilter::statement(0x20, 0)];
        for (nr, value) in (0..).zip(returns) {
            instructions.push(SockFilter::jump(0x15, nr, 0, 1));
            instructions.push(SockFilter::statement(6, *value));
        }
        instructions.push(SockFilter::statement(6, 0x7fff_0000));
        TracedFilter { instructions, program: String::new(), process: 1 }
    }

    fn call(nr: u32) -> Call {
        Call::new(Abi::NATIVE, nr, [0; 6])
    }

    #[test]
    fn the_most_severe_action_wins_and_among_equal_actions_the_newest() {
        let mut filters = Filters::default();
        let (old, _) = filters.add(filter(&[0x0005_0001, 0x0005_0001, 0x7ffc_0000]));
        let (new, _) = filters.add(filter(&[0x0005_0002, 0x8000_0000]));
        let in_force = [old, new];
        let actions = |nr| filters.actions(&in_force, &call(nr));
        assert_eq!(actions(0).action, Action::Errno(2));
        assert_eq!(actions(0).denials, [(new, Action::Errno(2)), (old, Action::Errno(1))]);
        assert_eq!(actions(1).action, Action::KillProcess);
        assert_eq!(actions(2).action, Action::Log);
        assert_eq!(actions(3), FilterActions { denials: vec![], action: Action::Allow });
    }

    #[test]
    fn a_filter_that_a_program_installs_again_keeps_its_number() {
        let mut filters = Filters::default();
        let (first, is_new) = filters.add(filter(&[0]));
        assert!(is_new);
        assert_eq!(filters.add(filter(&[0])), (first, false));
        let other = TracedFilter { program: "other".to_owned(), ..filter(&[0]) };
        assert!(filters.add(other).1);
    }

    #[test]
    fn only_denials_are_changed_and_a_supervisor_keeps_its_calls() {
        let filter = filter(&[
            0,
            0x8000_0000,
            0x0003_0007,
            0x0005_0001,
            0x7ff0_0000,
            0x7ffc_0000,
            0x7fc0_0000,
        ]);
        let changed = |mode| {
            let changes = filter.changes(mode, 9);
            assert!(changes.iter().all(|(_, new)| new.k == 0x7ff0_0009 && new.code == 6));
            changes.iter().map(|(index, _)| (index.0 - 2) / 2).collect::<Vec<_>>()
        };
        assert_eq!(changed(Mode::Learn), [0, 1, 2, 3, 4, 5]);
        assert_eq!(changed(Mode::Watch), [3, 4, 5]);
    }

    #[test]
    fn a_computed_action_is_heard_when_learning() {
        let mut computed = filter(&[]);
        computed.instructions.push(SockFilter::statement(0x16, 0));
        assert!(computed.computes_actions());
        let last = InstructionIndex(computed.instructions.len() - 1);
        assert_eq!(
            computed.changes(Mode::Learn, 1),
            [(last, SockFilter::statement(6, 0x7ff0_0001))]
        );
        assert_eq!(computed.changes(Mode::Watch, 1), []);
    }
}
