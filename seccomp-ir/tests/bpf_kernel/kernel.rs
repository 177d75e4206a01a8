//! The running kernel: whether it loads a filter, and what it does with calls. All `unsafe` is here.

use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

use seccomp_ir::abi::Call;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;

/// The effect of a call that its caller sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// The caller died of `SIGSYS`.
    Killed,
    /// The caller got `SIGSYS`, with this `si_errno`.
    Trapped(i64),
    /// The call returned this value, or minus this errno.
    Returned(i64),
    /// The call returned something above 0.
    ReturnedPositive,
}

/// The most calls that one [`outcomes`] takes.
const MOST: usize = 256;

/// The report of a child to its parent, in memory that both share.
struct Report {
    done: AtomicUsize,
    trapped: [AtomicI64; MOST],
    returned: [AtomicI64; MOST],
    /// The call's address that the last trap reported.
    call_address: AtomicU64,
    /// Why a child could not start.
    error: AtomicI32,
}

const NOT_TRAPPED: i64 = -1;

/// Installs `filter` for the calling thread.
///
/// # Errors
///
/// The errno.
pub(crate) fn install(filter: &[SockFilter], flags: u64) -> Result<i64, i32> {
    let fprog = libc::sock_fprog {
        len: u16::try_from(filter.len()).expect("a length that fits the kernel's field"),
        filter: filter.as_ptr().cast_mut().cast(),
    };
    // SAFETY: seccomp(2): the kernel reads one `sock_fprog` and `len` instructions at its `filter`,
    // which `filter` borrows for the whole call; `SockFilter` has the layout of `sock_filter`.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            ptr::from_ref(&fprog),
        )
    };
    if result < 0 { Err(errno()) } else { Ok(result) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Gives up new privileges for the calling thread, so that it may install filters.
pub(crate) fn no_new_privs() {
    // SAFETY: prctl(2): this operation takes numbers only.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0, "no_new_privs: errno {}", errno());
}

/// Runs `work` on a thread of its own, for filters that only that thread should have.
pub(crate) fn on_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Asks the kernel whether it would load a filter, without installing it. The thread already has a
/// listener, and the kernel refuses a second one only after it has accepted the filter
/// (`seccomp_set_mode_filter`, `kernel/seccomp.c`, Linux 5.0 to 6.12).
pub(crate) struct Judge(());

impl Judge {
    /// Prepares the calling thread, so that it can ask.
    pub(crate) fn on_this_thread() -> Self {
        no_new_privs();
        let allow = [SockFilter::statement(0x06, Action::Allow.to_return_value())];
        install(&allow, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER).expect("a first listener");
        Self(())
    }

    /// Whether the kernel loads `filter`.
    ///
    /// # Errors
    ///
    /// Any errno except `EBUSY` and `EINVAL`.
    pub(crate) fn loads(&self, filter: &[SockFilter]) -> Result<bool, i32> {
        match install(filter, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER) {
            Err(libc::EBUSY) => Ok(true),
            Err(libc::EINVAL) => Ok(false),
            Err(other) => Err(other),
            Ok(_) => panic!("the kernel gave one thread two listeners"),
        }
    }
}

/// The effects of `calls` that a process under `filter` sees. After a call that kills it, another
/// process continues with the next call.
pub(crate) fn outcomes(filter: &[SockFilter], calls: &[Call]) -> Vec<Outcome> {
    let report = Shared::new();
    let mut first = 0;
    let mut outcomes = Vec::with_capacity(calls.len());
    while outcomes.len() < calls.len() {
        let killed = in_child(filter, &calls[first..], &report);
        let done = report.done.load(Relaxed);
        for index in 0..done {
            let trapped = report.trapped[index].load(Relaxed);
            outcomes.push(match report.returned[index].load(Relaxed) {
                _ if trapped != NOT_TRAPPED => Outcome::Trapped(trapped),
                returned if returned > 0 => Outcome::ReturnedPositive,
                returned => Outcome::Returned(returned),
            });
        }
        if killed {
            outcomes.push(Outcome::Killed);
        }
        first += done + usize::from(killed);
    }
    outcomes
}

/// The address from which calls made here come, for the kernel.
pub(crate) fn instruction_pointer() -> u64 {
    let filter = [
        SockFilter::statement(0x20, Call::NR),
        SockFilter::jump(0x15, libc::SYS_getpid as u32, 0, 1),
        SockFilter::statement(0x06, Action::Trap(7).to_return_value()),
        SockFilter::statement(0x06, Action::Allow.to_return_value()),
    ];
    let call = Call { nr: libc::SYS_getpid as u32, ..Call::default() };
    let report = Shared::new();
    assert!(!in_child(&filter, &[call], &report));
    assert_eq!(report.trapped[0].load(Relaxed), 7);
    report.call_address.load(Relaxed)
}

/// A [`Report`] in memory that children share.
struct Shared(*mut Report);

impl Shared {
    fn new() -> Self {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        let size = size_of::<Report>();
        // SAFETY: mmap(2): a new mapping where the kernel likes touches nothing that exists.
        let memory = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
        assert_ne!(memory, libc::MAP_FAILED, "errno {}", errno());
        Self(memory.cast())
    }
}

impl std::ops::Deref for Shared {
    type Target = Report;

    fn deref(&self) -> &Report {
        // SAFETY: the mapping has the size of a `Report` and the alignment of a page, lives as long
        // as `self`, and is zeros or what atomics stored, and all of these are values of `Report`.
        unsafe { &*self.0 }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: munmap(2): exactly the mapping that `new` made, and no borrow outlives `self`.
        unsafe { libc::munmap(self.0.cast(), size_of::<Report>()) };
    }
}

/// Makes `calls` in a child under `filter`. Returns whether the call after the `done` ones killed it.
fn in_child(filter: &[SockFilter], calls: &[Call], report: &Report) -> bool {
    assert!(calls.len() <= MOST);
    report.done.store(0, Relaxed);
    report.error.store(0, Relaxed);
    // SAFETY: fork(2): the child calls only what may be called after the fork of a process with
    // threads: `child` neither allocates nor locks nor panics.
    let child_id = unsafe { libc::fork() };
    assert!(child_id >= 0, "fork: errno {}", errno());
    if child_id == 0 {
        child(filter, calls, report);
    }
    let mut status = 0;
    // SAFETY: waitpid(2): writes one `int`, at `status`.
    let waited = unsafe { libc::waitpid(child_id, &raw mut status, 0) };
    assert_eq!(waited, child_id, "waitpid: errno {}", errno());
    if libc::WIFSIGNALED(status) {
        assert_eq!(libc::WTERMSIG(status), libc::SIGSYS, "the child died of something else");
        return true;
    }
    let error = report.error.load(Relaxed);
    assert_eq!(error, 0, "the child could not begin: errno {error}");
    assert_eq!(report.done.load(Relaxed), calls.len());
    false
}

static TRAPPED: AtomicI64 = AtomicI64::new(NOT_TRAPPED);
static CALL_ADDRESS: AtomicU64 = AtomicU64::new(0);

extern "C" fn on_trap(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: sigaction(2): with SA_SIGINFO the kernel hands over a valid `siginfo_t`.
    let info = unsafe { &*info };
    TRAPPED.store(info.si_errno.into(), Relaxed);
    // SAFETY: the accessor reads the first pointer of the union, and for SIGSYS that is
    // `_call_addr` (`include/uapi/asm-generic/siginfo.h`, Linux 6.12).
    let address = unsafe { info.si_addr() };
    CALL_ADDRESS.store(address as u64, Relaxed);
}

fn child(filter: &[SockFilter], calls: &[Call], report: &Report) -> ! {
    if let Err(error) = prepare(filter) {
        report.error.store(error, Relaxed);
        exit();
    }
    for ((data, trapped), returned) in calls.iter().zip(&report.trapped).zip(&report.returned) {
        TRAPPED.store(NOT_TRAPPED, Relaxed);
        let [a0, a1, a2, a3, a4, a5] = data.args;
        // SAFETY: the calls made here take no arguments or do not exist.
        let result = unsafe { libc::syscall(data.nr as libc::c_long, a0, a1, a2, a3, a4, a5) };
        returned.store(if result == -1 { -i64::from(errno()) } else { result }, Relaxed);
        trapped.store(TRAPPED.load(Relaxed), Relaxed);
        report.call_address.store(CALL_ADDRESS.load(Relaxed), Relaxed);
        report.done.fetch_add(1, Relaxed);
    }
    exit();
}

fn exit() -> ! {
    // SAFETY: _exit(2) may be called at any time.
    unsafe { libc::_exit(0) }
}

/// Prepares this process: no core dump, a handler for traps, and `filter` installed.
fn prepare(filter: &[SockFilter]) -> Result<(), i32> {
    // SAFETY: prctl(2): both operations take numbers only.
    let result = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    if result != 0 {
        return Err(errno());
    }
    // SAFETY: as above.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    if result != 0 {
        return Err(errno());
    }
    // SAFETY: all zeros is a valid `sigaction`: an empty mask, no flags, no restorer.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_trap as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: sigaction(2): reads one `sigaction`; `on_trap` has the type that SA_SIGINFO asks for
    // and touches only atomics.
    let result = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut()) };
    if result != 0 {
        return Err(errno());
    }
    install(filter, 0).map(drop)
}
