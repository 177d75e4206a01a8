//! Runs a command with the filters of its programs in the hands of a tracer.
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
//! | `memory` | the memory of traced processes |
//! | `status` | what /proc says about threads |
//! | `registers` | registers of stopped threads |
//! | `install` | the calls that install filters |
//! | `filters` | the filters that were installed, and what they answer |
//! | `threads` | which filters are in force in which thread |
//! | `start` | how a command gets into the hands of the tracer |
//! | `forward` | signals that are meant for the program |
//! | `engine` | the loop |

mod engine;
mod filters;
mod forward;
mod install;
mod memory;
mod registers;
mod start;
mod status;
mod threads;
mod wait;

use seccomp_bpf::abi::Call;

pub(crate) use engine::{Traced, trace};
pub(crate) use filters::{Answers, FilterId, Filters, TracedFilter, rank};
pub(crate) use memory::Memory;
pub(crate) use registers::Registers;
pub(crate) use start::{CHILD, become_traced};
pub(crate) use status::{Status, name_of, program_of};
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
    pub(crate) answers: Answers,
}

/// How the tracer answers a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The call is made.
    Make,
    /// The call is not made, and fails with this error number. With 0 it seems to succeed.
    Fail(u16),
}

/// Hears of what a traced command does.
pub(crate) trait Watcher {
    /// A program has installed a filter that was not seen before.
    fn installed(&mut self, id: FilterId, filter: &TracedFilter);

    /// Filters deny a call. In [`Mode::Watch`], the verdict counts only for calls that the filters do not answer with a kill
    /// or a signal.
    fn denied(&mut self, filters: &Filters, denied: &Denied) -> Verdict;

    /// Something that the user should know.
    fn warn(&mut self, message: String);
}

/// The verdict that does what the filters say, where the program is not killed and gets no signal.
pub(crate) fn as_the_filters_say(answers: &Answers) -> Verdict {
    use seccomp_bpf::action::Action;
    /// The same number on all ABIs that the tracer serves.
    const ENOSYS: u16 = 38;
    match answers.action {
        Action::Errno(errno) => Verdict::Fail(errno),
        // Without a tracer of its own, the program sees this.
        Action::Trace(_) => Verdict::Fail(ENOSYS),
        Action::Log
        | Action::Allow
        | Action::Notify
        | Action::Trap(_)
        | Action::KillThread
        | Action::KillProcess => Verdict::Make,
    }
}
