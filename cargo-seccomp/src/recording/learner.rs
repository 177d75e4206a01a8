//! Records the calls that filters deny, while the kernel makes them nevertheless.

use std::collections::HashMap;
use std::ffi::OsString;

use anyhow::Result;
use seccomp_bpf::abi::{ArgumentIndex, Call};
use seccomp_bpf::action::Action;

use super::call_essence::CallEssences;
use super::callers::Callers;
use super::filter_policies::FilterPolicies;
use super::reminder;
use crate::elf::ProgramPolicy;
use crate::learn::{Caller, ObservedCall};
use crate::output::Output;
use crate::trace::{
    Denied, Ended, FilterId, Filters, Mode, Status, Traced, TracedFilter, TracerAnswer, Watcher,
    name_of, program_of, trace,
};

/// The most different calls of one policy that are recorded. Further calls are counted with the last one of their kind.
const MOST: usize = 100_000;

/// The most different calls with one number, for each policy, whose stacks are read. Further calls have no line:
/// reading a stack takes time, and the first ones show where such calls come from.
const MOST_STACKS: usize = 1000;

/// The record of a command.
pub(crate) struct Recording {
    /// The policies that its programs installed, in the order of installs.
    pub(crate) policies: Vec<RecordedPolicy>,
    /// How the command ended.
    pub(crate) ended: Ended,
    /// Whether the command could be executed. Otherwise that was reported.
    pub(crate) started: bool,
}

/// An installed policy, and the calls that it denied.
pub(crate) struct RecordedPolicy {
    /// The place of its source, or the number of the filter and the program.
    pub(crate) name: String,
    /// The filter.
    pub(crate) filter: TracedFilter,
    /// Its note; `None` if another compiler made the filter, or the note was removed.
    pub(crate) note: Option<ProgramPolicy>,
    /// The calls that it denied and that were made.
    pub(crate) denied: Vec<ObservedCall>,
    /// The calls that it failed on purpose, as it does without a tracer, and the error.
    pub(crate) answered: Vec<(ObservedCall, Action)>,
}

/// Runs a command whose filters deny nothing, except calls that they fail on purpose. If the command is one that this
/// tool starts under a policy, `launched` is that policy.
///
/// # Errors
///
/// If the command cannot be traced.
pub(crate) fn record(
    command: &[OsString],
    launched: Option<ProgramPolicy>,
    output: Output,
) -> Result<Recording> {
    let mut learner = Learner {
        output,
        policies: FilterPolicies::new(launched),
        callers: Callers::new(),
        compared: HashMap::new(),
        calls: HashMap::new(),
        of_threads: HashMap::new(),
        essences: CallEssences::default(),
        forms: HashMap::new(),
        order: Vec::new(),
    };
    let Traced { filters, ended, started } =
        trace(command, &output.options(), Mode::Learn, &mut learner, reminder(output))?;
    Ok(Recording { policies: learner.into_policies(&filters), ended, started })
}

/// Denied calls with the same key are one call for people.
#[derive(Clone, PartialEq, Eq, Hash)]
struct DeniedCallKey {
    filter: FilterId,
    action: Action,
    call: Call,
    thread: String,
    program: String,
}

/// A denied call, and how it was answered.
struct DeniedCall {
    filter: FilterId,
    action: Action,
    observed: ObservedCall,
    on_purpose: bool,
}

struct Learner {
    output: Output,
    policies: FilterPolicies,
    callers: Callers,
    /// The arguments that the rules of a policy compare, for each kind of call that it denied: its `arch` and number.
    compared: HashMap<(FilterId, u32, u32), Vec<ArgumentIndex>>,
    /// The index of each call in `order`.
    calls: HashMap<DeniedCallKey, usize>,
    /// The same index, for calls of a thread that still lives and has not executed another program, so that its name
    /// and its program are known.
    of_threads: HashMap<u32, HashMap<(FilterId, Action, Call), usize>>,
    essences: CallEssences,
    /// How many different calls with one number a policy has denied.
    forms: HashMap<(FilterId, u32), usize>,
    order: Vec<DeniedCall>,
}

impl Watcher for Learner {
    fn installed(&mut self, id: FilterId, filter: &TracedFilter) {
        self.policies.look_for(id, filter);
        self.say_messages();
    }

    fn denied(&mut self, filters: &Filters, denied: &Denied) -> TracerAnswer {
        let mut answer = (Action::Allow.precedence(), TracerAnswer::Make);
        let mut who = None;
        for (index, &(id, action)) in denied.actions.denials.iter().enumerate() {
            // One filter may be in force several times.
            if denied.actions.denials[..index].contains(&(id, action)) {
                continue;
            }
            let filter = filters.get(id);
            let purpose = match without_a_kill(action) {
                Some(answer @ TracerAnswer::Fail(_))
                    if self.policies.is_on_purpose(id, filter, &denied.call) =>
                {
                    Some(answer)
                }
                // The program has a handler for a filter without a note: the handler replaces the call.
                Some(answer @ TracerAnswer::Trap(_))
                    if self.policies.get(id).is_none()
                        && Status::of(denied.thread)
                            .is_some_and(|status| status.handles_traps()) =>
                {
                    Some(answer)
                }
                Some(_) | None => None,
            };
            if let Some(purpose) = purpose
                && action.precedence() < answer.0
            {
                answer = (action.precedence(), purpose);
            }
            let on_purpose = purpose.is_some();
            // Calls that a supervisor decides are not denied.
            if action != Action::Notify {
                self.record(id, action, denied, on_purpose, &mut who);
            }
        }
        self.say_messages();
        answer.1
    }

    fn gone(&mut self, thread: u32) {
        self.of_threads.remove(&thread);
    }

    fn warn(&mut self, message: String) {
        self.output.warn(message);
    }
}

/// The answer that the program would get from an action without a tracer, if it lives on and the call is not made.
fn without_a_kill(action: Action) -> Option<TracerAnswer> {
    /// The same number on all ABIs that the tracer serves.
    const ENOSYS: u16 = 38;
    match action {
        Action::Errno(errno) => Some(TracerAnswer::Fail(errno)),
        Action::Trace(_) => Some(TracerAnswer::Fail(ENOSYS)),
        Action::Trap(data) => Some(TracerAnswer::Trap(data)),
        Action::KillProcess | Action::KillThread | Action::Notify | Action::Log | Action::Allow => {
            None
        }
    }
}

impl Learner {
    fn say_messages(&mut self) {
        for message in self.policies.take_messages() {
            self.output.warn(message);
        }
    }

    /// Counts a denied call, and adds it if it is new. `who` is known after the first filter.
    fn record(
        &mut self,
        filter: FilterId,
        action: Action,
        denied: &Denied,
        on_purpose: bool,
        who: &mut Option<(Caller, Status)>,
    ) {
        let kind = (filter, denied.call.arch, denied.call.nr);
        let compared = self
            .compared
            .entry(kind)
            .or_insert_with(|| self.policies.compared(filter, &denied.call));
        let call = self.essences.of(&denied.call, Some(filter), compared);
        let of_thread = self.of_threads.entry(denied.thread).or_default();
        if let Some(&known) = of_thread.get(&(filter, action, call)) {
            self.order[known].observed.count += 1;
            return;
        }
        let key = DeniedCallKey {
            filter,
            action,
            call,
            thread: name_of(denied.thread),
            program: program_of(denied.thread),
        };
        if let Some(&known) = self.calls.get(&key) {
            of_thread.insert((filter, action, call), known);
            self.order[known].observed.count += 1;
            return;
        }
        if self.order.len() >= MOST {
            let like = |one: &&mut DeniedCall| {
                one.filter == filter && one.observed.call.nr == denied.call.nr
            };
            if let Some(last) = self.order.iter_mut().rev().find(like) {
                last.observed.count += 1;
                return;
            }
        }
        let forms = self.forms.entry((filter, denied.call.nr)).or_default();
        *forms += 1;
        let with_stack = *forms <= MOST_STACKS;
        let (seen, status) = who.get_or_insert_with(|| {
            let stack = if with_stack { self.callers.stack(denied) } else { Vec::new() };
            let seen = self.callers.seen(denied, &stack);
            (seen, Status::of(denied.thread).unwrap_or_default())
        });
        let (thread, process) = status.inner;
        let observed =
            ObservedCall { call: denied.call, count: 1, process, thread, seen: seen.clone() };
        self.calls.insert(key, self.order.len());
        let of_thread = self.of_threads.entry(denied.thread).or_default();
        of_thread.insert((filter, action, call), self.order.len());
        self.order.push(DeniedCall { filter, action, observed, on_purpose });
    }

    fn into_policies(self, filters: &Filters) -> Vec<RecordedPolicy> {
        let mut all: Vec<RecordedPolicy> = filters
            .all()
            .map(|(id, filter)| RecordedPolicy {
                name: self.policies.name(id, filter),
                filter: filter.clone(),
                note: self.policies.get(id).map(|known| known.note.clone()),
                denied: Vec::new(),
                answered: Vec::new(),
            })
            .collect();
        for one in self.order {
            let policy = &mut all[one.filter.0];
            if one.on_purpose {
                policy.answered.push((one.observed, one.action));
            } else {
                policy.denied.push(one.observed);
            }
        }
        all
    }
}
