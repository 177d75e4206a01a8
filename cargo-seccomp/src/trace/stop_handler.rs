//! The loop of the tracer: what happens to threads, and how they go on.
//!
//! Source of the order of stops: ptrace(2), Linux man-pages 6.03.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_install::Errno;
use seccomp_install::tracer::{self, Event, Resume, Signal, Syscall};
use seccomp_ir::table;

use super::install_call::{self, InstallCall};
use super::next_install;
use super::privileges::lost_privileges;
use super::process_memory::{self, ProcessMemory};
use super::registers::{self, Registers};
use super::thread_status::{Status, program_of};
use super::threads::Threads;
use super::traced_filters::{FilterActions, Filters, TracedFilter};
use super::wait::{self, Ended, Happened, What};
use super::{Denied, Mode, TracerAnswer, Watcher, forward_signals, start_command};

/// The results of the tracer.
pub(crate) struct Traced {
    /// All filters that were installed.
    pub(crate) filters: Filters,
    /// How the command ended.
    pub(crate) ended: Ended,
    /// Whether the command could be executed. Otherwise the child of this tool has reported why.
    pub(crate) started: bool,
}

/// Runs a command. Returns when all processes that it started have ended. `options` are the options of this tool with
/// which its child reports why the command cannot be executed. It calls `remind` if processes of the command still run
/// some seconds after its end.
///
/// # Errors
///
/// If the command cannot be traced.
pub(crate) fn trace(
    command: &[OsString],
    options: &[&str],
    mode: Mode,
    watcher: &mut dyn Watcher,
    remind: impl FnOnce() + Send + 'static,
) -> Result<Traced> {
    /// The time after which the tool reports that it waits: a server in the background takes longer, and a child that
    /// needs a moment does not.
    const REMIND_AFTER: Duration = Duration::from_secs(3);

    if !registers::is_served() {
        bail!("programs can be traced on {}, and not on {}", registers::SERVED, Abi::NATIVE);
    }
    let child = start_command::start_command(command, options)?;
    let (has_ended, all_have_ended) = (Arc::new(AtomicBool::new(false)), Arc::default());
    forward_signals::forward_signals(child.id(), Arc::clone(&has_ended))?;
    let mut remind = Some(remind);
    let mut handler = StopHandler {
        mode,
        watcher,
        filters: Filters::default(),
        threads: Threads::default(),
        installing: None,
        waiting: VecDeque::new(),
        warned: HashSet::new(),
        started: false,
    };
    handler.threads.first(child.id());
    let mut end = None;
    while let Some(Happened { thread, what }) = wait::next().context("cannot wait for programs")? {
        if let What::Ended(ended) = what
            && thread == child.id()
        {
            end = Some(ended);
            has_ended.store(true, Ordering::Release);
            if let Some(remind) = remind.take() {
                let all_have_ended: Arc<AtomicBool> = Arc::clone(&all_have_ended);
                thread::spawn(move || {
                    thread::sleep(REMIND_AFTER);
                    if !all_have_ended.load(Ordering::Acquire) {
                        remind();
                    }
                });
            }
        }
        handler.happened(thread, what)?;
    }
    all_have_ended.store(true, Ordering::Release);
    let ended = end.context("the program has ended without a status")?;
    Ok(Traced { filters: handler.filters, ended, started: handler.started })
}

/// `include/uapi/asm-generic/signal.h`, Linux 6.12. The architectures that the tracer serves have this number.
const SIGSYS: u8 = 31;

struct StopHandler<'a> {
    mode: Mode,
    watcher: &'a mut dyn Watcher,
    filters: Filters,
    threads: Threads,
    /// The install that the kernel is making. There is only one at a time, because two threads may install from the
    /// same memory, which is changed meanwhile.
    installing: Option<Install>,
    /// Threads that are stopped at an install that has to wait.
    waiting: VecDeque<(u32, InstallCall)>,
    /// The programs, and the topics about which a warning was shown.
    warned: HashSet<(String, &'static str)>,
    /// Whether a program was executed.
    started: bool,
}

/// An install that the kernel is making.
struct Install {
    thread: u32,
    call: InstallCall,
    filter: TracedFilter,
    /// The previous content of the memory of the program: addresses and bytes.
    before: Vec<(u64, [u8; 8])>,
}

impl StopHandler<'_> {
    /// Handles something that happened to a thread. It is not an error if the thread is killed meanwhile: its end is
    /// reported next.
    fn happened(&mut self, thread: u32, what: What) -> Result<()> {
        match what {
            What::Ended(_) => self.ended(thread),
            What::Event(Event::Seccomp, _) => self.at_seccomp(thread),
            What::Event(Event::Started, _) => {
                let child = message(thread);
                if self.threads.started(thread, child) {
                    resume(child, Resume::Freely, 0)?;
                }
                resume(thread, Resume::Freely, 0)
            }
            What::Event(Event::Executed, _) => {
                self.started = true;
                let former = message(thread);
                self.watcher.gone(thread);
                self.watcher.gone(former);
                self.warn_of_privileges(thread);
                for orphan in self.threads.executed(thread, former) {
                    resume(orphan, Resume::Freely, 0)?;
                }
                resume(thread, Resume::Freely, 0)
            }
            What::Event(Event::Ends, _) => {
                self.at_end(thread);
                resume(thread, Resume::Freely, 0)
            }
            What::Event(Event::Stopped, signal) => self.stopped(thread, signal),
            What::Syscall => self.at_exit_of_syscall(thread),
            What::Signal(signal) => {
                self.at_signal(thread, signal);
                resume(thread, Resume::Freely, signal)
            }
        }
    }

    /// Handles a thread that is stopped by job control, is new, or has been continued.
    fn stopped(&mut self, thread: u32, signal: u8) -> Result<()> {
        /// `SIGSTOP`, `SIGTSTP`, `SIGTTIN`, `SIGTTOU`: `include/uapi/asm-generic/signal.h`, Linux 6.12. The architectures that
        /// the tracer serves have these numbers.
        const STOPS: [u8; 4] = [19, 20, 21, 22];
        if !self.threads.appeared(thread) {
            return Ok(());
        }
        let how = if STOPS.contains(&signal) { Resume::Stopped } else { Resume::Freely };
        resume(thread, how, 0)
    }

    fn ended(&mut self, thread: u32) -> Result<()> {
        self.watcher.gone(thread);
        for orphan in self.threads.ended(thread) {
            resume(orphan, Resume::Freely, 0)?;
        }
        self.waiting.retain(|(waiting, _)| *waiting != thread);
        if self.installing.as_ref().is_some_and(|install| install.thread == thread) {
            self.installing = None;
            self.next_install()?;
        }
        Ok(())
    }

    /// Handles a call to which a filter answered `trace`.
    fn at_seccomp(&mut self, thread: u32) -> Result<()> {
        let Some(call) = call_of(thread) else {
            // The thread was killed meanwhile.
            return resume(thread, Resume::Freely, 0);
        };
        let Some(actions) = self.actions(thread, &call) else {
            return resume(thread, Resume::Freely, 0);
        };
        if actions.denials.is_empty() {
            return self.make(thread, &call);
        }
        let (answered, how) = match self.denied(thread, &call, actions) {
            TracerAnswer::Make => return self.make(thread, &call),
            TracerAnswer::Fail(errno) => {
                let result = -i64::from(errno);
                (Registers::of(thread).and_then(|own| own.answer(result)), Resume::Freely)
            }
            TracerAnswer::Trap(data) => {
                if let Some(known) = self.threads.get(thread) {
                    known.trapping = Some((call, data));
                }
                // At the end of the call, a signal can be sent.
                (Registers::of(thread).and_then(|own| own.skip_for_trap(&call)), Resume::ToSyscall)
            }
        };
        if answered.is_err() && Status::of(thread).is_some() {
            return answered;
        }
        resume(thread, how, 0)
    }

    /// Lets a thread make the call at whose start it is stopped.
    fn make(&mut self, thread: u32, call: &Call) -> Result<()> {
        if let Some(install) = InstallCall::of(call) {
            return self.install(thread, install);
        }
        if Abi::of_call(call.arch, call.nr).and_then(|abi| table::name(abi, call.nr))
            == Some("ptrace")
        {
            self.warn_once(thread, "ptrace", |program, thread| {
                format!(
                    "{program} (thread {thread}) calls ptrace(2): a process has one tracer, which is this tool, so debuggers \
                     and tracers do not work inside of it"
                )
            });
        }
        resume(thread, Resume::Freely, 0)
    }

    fn actions(&mut self, thread: u32, call: &Call) -> Option<FilterActions> {
        let in_force = self.threads.get(thread)?.filters.clone();
        Some(self.filters.actions(&in_force, call))
    }

    fn denied(&mut self, thread: u32, call: &Call, actions: FilterActions) -> TracerAnswer {
        let process = self.threads.get(thread).map_or(thread, |known| known.process);
        let denied = Denied { call: *call, thread, process, actions };
        self.watcher.denied(&self.filters, &denied)
    }

    fn warn_once(&mut self, thread: u32, topic: &'static str, text: impl Fn(&str, u32) -> String) {
        let program = program_of(thread);
        let message = text(&program, thread);
        if self.warned.insert((program, topic)) {
            self.watcher.warn(message);
        }
    }

    /// Changes the filter that a thread is about to install, and lets it be installed.
    fn install(&mut self, thread: u32, call: InstallCall) -> Result<()> {
        if self.installing.is_some() {
            self.waiting.push_back((thread, call));
            return Ok(());
        }
        let program = ProcessMemory::of(thread).ok().and_then(|memory| call.program(&memory));
        let Some(program) = program else {
            // The kernel refuses it too.
            return resume(thread, Resume::Freely, 0);
        };
        let filter = TracedFilter {
            instructions: program.instructions,
            program: program_of(thread),
            process: self.threads.get(thread).map_or(thread, |known| known.process),
        };
        self.warn_of_limits(thread, &filter);
        // This number helps people who look at the program with other tools.
        let number = u16::try_from(self.filters.all().count() + 1).unwrap_or(u16::MAX);
        let mut before = Vec::new();
        for (index, new) in filter.changes(self.mode, number) {
            let address = program.address + 8 * index.0 as u64;
            before.push((address, install_call::bytes(filter.instructions[index.0])));
            if let Err(errno) = process_memory::write(thread, address, install_call::bytes(new)) {
                if errno == Errno::ESRCH {
                    break;
                }
                // Going on would lose denials silently.
                restore(thread, &before);
                return Err(errno).context("cannot change the filter in the memory of the program");
            }
        }
        self.installing = Some(Install { thread, call, filter, before });
        resume(thread, Resume::ToSyscall, 0)
    }

    /// Warns if a program would have other privileges without the tracer.
    fn warn_of_privileges(&mut self, thread: u32) {
        let Some(kind) = lost_privileges(thread) else { return };
        self.warn_once(thread, "privileges", |program, _| {
            format!(
                "{program} is {kind}, and gets no privileges here, because this tool sets `no_new_privs`: run the tool as the \
                 user whose privileges the program needs"
            )
        });
    }

    /// Warns of things that the tracer cannot do with a filter.
    fn warn_of_limits(&mut self, thread: u32, filter: &TracedFilter) {
        if filter.computes_actions() {
            let what = match self.mode {
                Mode::Learn => {
                    "each call that reaches such an instruction stops for the tracer, which takes time"
                }
                Mode::Watch => "calls that it fails in this way are not reported",
            };
            self.warn_once(thread, "computed", |program, _| {
                format!("{program} installs a filter that computes its actions (`RET A`): {what}")
            });
        }
        let is_notify = |filter: &TracedFilter| {
            let mut changes = filter.instructions.iter().filter_map(|one| one.operation());
            changes.any(|operation| match operation {
                seccomp_bpf::bpf::Operation::ReturnConstant(value) => {
                    Action::from_return_value(value) == Action::Notify
                }
                _ => false,
            })
        };
        let others = self.threads.get(thread).map(|known| known.filters.clone());
        let others = others.unwrap_or_else(|| [].into());
        let mixed = !others.is_empty()
            && (is_notify(filter) || others.iter().any(|id| is_notify(self.filters.get(*id))));
        if mixed {
            self.warn_once(thread, "notify", |program, _| {
                format!(
                    "{program} has several filters, and one of them asks a supervisor: while the tool traces it, the \
                     supervisor may get a call that another filter denies"
                )
            });
        }
    }

    /// Starts the next install that waits.
    fn next_install(&mut self) -> Result<()> {
        match self.waiting.pop_front() {
            Some((thread, call)) => self.install(thread, call),
            None => Ok(()),
        }
    }

    /// Handles the end of a call that installs a filter.
    fn at_exit_of_syscall(&mut self, thread: u32) -> Result<()> {
        let result = tracer::state(thread).map(|stop| stop.syscall);
        let Some(install) = self.installing.take_if(|install| install.thread == thread) else {
            let traps = self.threads.get(thread).is_some_and(|known| known.trapping.is_some());
            return resume(thread, Resume::Freely, if traps { SIGSYS } else { 0 });
        };
        restore(thread, &install.before);
        let mut next = None;
        if let Ok(Syscall::Exit(result)) = result
            && install.call.is_success(result)
        {
            if self.mode == Mode::Learn && install.call.is_for_all_threads() {
                next = next_install::allow(thread, install.call, &install.filter.instructions)?;
            }
            let (id, is_new) = self.filters.add(install.filter);
            self.threads.installed(thread, id, install.call.is_for_all_threads());
            if is_new {
                self.watcher.installed(id, self.filters.get(id));
            }
        }
        match next {
            Some(Happened { what, .. }) => self.happened(thread, what)?,
            None => resume(thread, Resume::Freely, 0)?,
        }
        self.next_install()
    }

    /// Handles a thread that is about to end: a filter may have killed it.
    fn at_end(&mut self, thread: u32) {
        if let Some(install) = self.installing.as_ref().filter(|install| install.thread == thread) {
            restore(thread, &install.before);
        }
        if self.mode == Mode::Watch
            && Status::of(thread).is_some_and(|status| status.seccomp == Status::DEAD)
            && let Some(call) = denied_call(thread)
        {
            self.killed(thread, &call);
        }
    }

    /// Handles a signal that a thread is about to get: it may come from a filter.
    fn at_signal(&mut self, thread: u32, signal: u8) {
        if signal == SIGSYS
            && let Some((call, data)) =
                self.threads.get(thread).and_then(|known| known.trapping.take())
        {
            // A thread that is gone needs no signal.
            let _ = tracer::set_trap(thread, &call, data);
        }
        let by_filter = || tracer::signal(thread).is_ok_and(|info| info.code == Signal::BY_SECCOMP);
        if self.mode != Mode::Watch || signal != SIGSYS || !by_filter() {
            return;
        }
        let Some(call) = denied_call(thread) else { return };
        // A handler of `report` makes the same call once more, to end as it would without a handler.
        let caught =
            Status::of(thread).is_some_and(|status| status.caught >> (SIGSYS - 1) & 1 != 0);
        let before = self.threads.get(thread).and_then(|known| known.trapped.replace(call));
        if caught || before != Some(call) {
            self.killed(thread, &call);
        }
    }

    fn killed(&mut self, thread: u32, call: &Call) {
        if let Some(actions) = self.actions(thread, call)
            && !actions.denials.is_empty()
        {
            self.denied(thread, call, actions);
        }
    }
}

/// Lets a thread go on. It is not an error if the thread is gone.
fn resume(thread: u32, how: Resume, signal: u8) -> Result<()> {
    match tracer::resume(thread, how, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno).context("cannot let a thread go on"),
    }
}

/// The message of an event whose message is the id of a thread.
fn message(thread: u32) -> u32 {
    tracer::event_message(thread).map_or(0, |message| message as u32)
}

/// The call at whose start a thread is stopped by a filter.
fn call_of(thread: u32) -> Option<Call> {
    match tracer::state(thread).ok()?.syscall {
        Syscall::Seccomp(call, _) => Some(call),
        Syscall::Entry(_) | Syscall::Exit(_) | Syscall::None => None,
    }
}

/// The call that a filter has denied to a thread that is stopped after it.
fn denied_call(thread: u32) -> Option<Call> {
    let stop = tracer::state(thread).ok()?;
    Some(Registers::of(thread).ok()?.call(stop.arch, stop.instruction_pointer))
}

/// Puts memory back as it was.
fn restore(thread: u32, before: &[(u64, [u8; 8])]) {
    for &(address, bytes) in before {
        // If the thread is gone, its memory is gone too, or belongs to others, which do not install this filter again.
        let _ = process_memory::write(thread, address, bytes);
    }
}
