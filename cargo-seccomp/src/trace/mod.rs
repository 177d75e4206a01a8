//! Runs a command under a tracer that takes over the filters of its programs.
//!
//! Each filter that a program installs is changed on its way to the kernel: where it would deny, it tells the tracer instead
//! (`SECCOMP_RET_TRACE`). So the calls that it allows run at the kernel's speed, and the tracer hears of the others, runs the
//! unchanged filters on them and answers. The program and its files stay as they are, and no privileges are needed.
//!
//! What it does not see: filters that were in force before the command started; and threads that a program starts with
//! `CLONE_UNTRACED`, whose denied calls fail with `ENOSYS`.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `wait` | what happens to traced threads |
//! | `process_memory` | the memory of traced processes |
//! | `thread_status` | what /proc says about threads |
//! | `privileges` | what programs do not get under `no_new_privs` |
//! | `registers` | registers of stopped threads |
//! | `install_call` | the calls that install filters |
//! | `traced_filters` | the filters that were installed, and what they answer |
//! | `next_install` | what the runtime of a program remembers, so that it does not try another install |
//! | `threads` | which filters are in force in which thread |
//! | `start_command` | how a command gets into the hands of the tracer |
//! | `forward_signals` | signals that are meant for the program |
//! | `stop_handler` | the loop |

mod forward_signals;
mod install_call;
mod next_install;
mod privileges;
mod process_memory;
mod registers;
mod start_command;
mod stop_handler;
mod thread_status;
mod threads;
mod traced_filters;
mod wait;

use seccomp_bpf::abi::Call;

pub(crate) use process_memory::ProcessMemory;
pub(crate) use registers::Registers;
pub(crate) use start_command::{CHILD, become_traced};
pub(crate) use stop_handler::{Traced, trace};
pub(crate) use thread_status::{Status, name_of, program_of};
pub(crate) use traced_filters::{FilterAnswers, FilterId, Filters, TracedFilter};
pub(crate) use wait::Ended;

/// What the tracer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// The tracer answers denied calls, kills too. The program lives on.
    Learn,
    /// The program ends as it would without a tracer.
    Watch,
}

/// A call that filters deny. The thread that made it is stopped.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    /// The call.
    pub(crate) call: Call,
    /// The thread.
    pub(crate) thread: u32,
    /// Its process.
    pub(crate) process: u32,
    /// What the filters answer.
    pub(crate) answers: FilterAnswers,
}

/// How the tracer answers a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TracerAnswer {
    /// The call is made.
    Make,
    /// The call is not made, and fails with this error number. With 0 it seems to succeed.
    Fail(u16),
    /// The call is not made, and the handler of the thread gets the signal of a filter that answered `trap` with this data. The
    /// thread must have a handler for `SIGSYS`, and not block it.
    Trap(u16),
}

/// Hears of what a traced command does.
pub(crate) trait Watcher {
    /// A program has installed a filter that was not seen before.
    fn installed(&mut self, id: FilterId, filter: &TracedFilter);

    /// Filters deny a call. In [`Mode::Watch`], the answer counts only for calls that the filters do not answer with a kill
    /// or a signal.
    fn denied(&mut self, filters: &Filters, denied: &Denied) -> TracerAnswer;

    /// A thread has ended, or executes another program.
    fn gone(&mut self, _thread: u32) {}

    /// Something that the user should know.
    fn warn(&mut self, message: String);
}

/// The answer that does what the filters say, where the program is not killed and gets no signal.
pub(crate) fn as_the_filters_say(answers: &FilterAnswers) -> TracerAnswer {
    use seccomp_bpf::action::Action;
    /// The same number on all ABIs that the tracer serves.
    const ENOSYS: u16 = 38;
    match answers.action {
        Action::Errno(errno) => TracerAnswer::Fail(errno),
        // Without a tracer of its own, the program sees this.
        Action::Trace(_) => TracerAnswer::Fail(ENOSYS),
        Action::Log
        | Action::Allow
        | Action::Notify
        | Action::Trap(_)
        | Action::KillThread
        | Action::KillProcess => TracerAnswer::Make,
    }
}
