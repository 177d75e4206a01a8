//! Runs a command under a tracer that takes over the filters of its programs.
//!
//! Each filter that a program installs is changed on its way to the kernel: instead of a denial, it returns
//! `SECCOMP_RET_TRACE`. So allowed calls run at the kernel's speed. The tracer hears of the other calls, runs the
//! unchanged filters on them and answers. The program and its files stay as they are, and no privileges are needed.
//!
//! It does not see filters that were in force before the command started, or threads that a program starts with
//! `CLONE_UNTRACED`, whose denied calls fail with `ENOSYS`.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `wait` | what happens to traced threads |
//! | `process_memory` | the memory of traced processes |
//! | `thread_status` | the status of threads in /proc |
//! | `privileges` | the privileges that programs do not get under `no_new_privs` |
//! | `registers` | registers of stopped threads |
//! | `install_call` | the calls that install filters |
//! | `traced_filters` | the filters that were installed, and the actions that they give |
//! | `next_install` | makes the runtime of a program forget why it must not install again |
//! | `threads` | which filters are in force in which thread |
//! | `start_command` | starts a command so that the tracer has it from its first instruction |
//! | `forward_signals` | signals that are meant for the program |
//! | `stop_handler` | the loop that handles all stops |

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
pub(crate) use traced_filters::{FilterActions, FilterId, Filters, TracedFilter};
pub(crate) use wait::Ended;

/// The purpose of the tracer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// The tracer answers all denied calls, even those that would be killed. The program lives on.
    Learn,
    /// The program ends as it would without a tracer.
    Watch,
}

/// A call that filters deny. The calling thread is stopped.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    /// The call.
    pub(crate) call: Call,
    /// The thread.
    pub(crate) thread: u32,
    /// Its process.
    pub(crate) process: u32,
    /// The actions of the filters.
    pub(crate) actions: FilterActions,
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

/// Learns what a traced command does.
pub(crate) trait Watcher {
    /// A program has installed a filter that was not seen before.
    fn installed(&mut self, id: FilterId, filter: &TracedFilter);

    /// Filters deny a call. In [`Mode::Watch`], the answer counts only for calls that no filter answers with a kill
    /// or a signal.
    fn denied(&mut self, filters: &Filters, denied: &Denied) -> TracerAnswer;

    /// A thread has ended, or executes another program.
    fn gone(&mut self, _thread: u32) {}

    /// There is a warning for the user.
    fn warn(&mut self, message: String);
}

/// The answer that does what the filters say, if they neither kill the program nor send a signal.
pub(crate) fn as_the_filters_say(actions: &FilterActions) -> TracerAnswer {
    use seccomp_bpf::action::Action;
    /// The same number on all ABIs that the tracer serves.
    const ENOSYS: u16 = 38;
    match actions.action {
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
