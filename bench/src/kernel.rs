//! One filter on the running kernel, in a process of its own.
#![expect(unsafe_code, reason = "fork(2), shared memory and raw system calls are what is measured")]

use std::io;
use std::ptr;
use std::time::Duration;

use seccomp_ir::abi::Call;
use seccomp_ir::bpf::SockFilter;

/// A call to be timed.
#[derive(Clone, Copy, Debug)]
pub struct RawCall {
    /// Its number.
    pub number: i64,
    /// Its arguments.
    pub args: [u64; 6],
}

impl From<&Call> for RawCall {
    fn from(data: &Call) -> Self {
        Self { number: data.nr.into(), args: data.args }
    }
}

/// The results of a child. Times are in ticks of the processor's time stamp counter.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// The result of seccomp(2).
    pub installed: i64,
    /// The time of seccomp(2).
    pub install: u64,
    /// The number of calls that failed with `EPERM`.
    pub refused: u64,
    /// The shortest time of one batch of [`BATCH`] calls.
    pub batch: u64,
    /// 1 once all other fields are written.
    done: u64,
}

/// The number of calls that are timed together: about a tenth of a millisecond, so that most
/// batches are not interrupted.
pub const BATCH: u64 = 512;
const BATCHES: u64 = 24;

/// The processor's time stamp counter, which needs no system call to be read.
#[must_use]
pub fn ticks() -> u64 {
    // SAFETY: RDTSC is part of every x86_64 processor; Linux lets programs use it unless
    // prctl(2) PR_SET_TSC forbids it, which this package never calls.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Keeps this process and its children on one processor, so that batches are comparable.
///
/// # Errors
///
/// The error of sched_setaffinity(2).
pub fn pin() -> io::Result<()> {
    // SAFETY: `cpu_set_t` is an array of bits, for which zero is a value.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: sched_getaffinity(2), Linux man-pages 6.03, writes at most `size` bytes to the set,
    // which is that large.
    result(unsafe { libc::sched_getaffinity(0, size, &mut set) }.into())?;
    let allowed = |cpu: &usize| {
        // SAFETY: CPU_ISSET(3) reads the bit of a processor below CPU_SETSIZE.
        unsafe { libc::CPU_ISSET(*cpu, &set) }
    };
    let last = (0..libc::CPU_SETSIZE as usize).rev().find(allowed).unwrap_or(0);
    // SAFETY: as above.
    let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: CPU_SET(3) writes the bit of a processor below CPU_SETSIZE.
    unsafe { libc::CPU_SET(last, &mut one) };
    // SAFETY: sched_setaffinity(2) reads `size` bytes of the set, which is that large.
    result(unsafe { libc::sched_setaffinity(0, size, &one) }.into()).map(drop)
}

/// The processor time of all children that have ended and been waited for.
///
/// # Errors
///
/// The error of getrusage(2).
pub fn children_time() -> io::Result<Duration> {
    // SAFETY: `rusage` is made of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: getrusage(2), Linux man-pages 6.03, writes one `rusage`.
    result(unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage) }.into())?;
    let duration = |time: libc::timeval| {
        Duration::new(time.tv_sec as u64, 0) + Duration::from_micros(time.tv_usec as u64)
    };
    Ok(duration(usage.ru_utime) + duration(usage.ru_stime))
}

/// Switches off core dumps of children that a filter kills: writing them would take most of the
/// time.
///
/// # Errors
///
/// The error of setrlimit(2).
pub fn no_core_dumps() -> io::Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: setrlimit(2), Linux man-pages 6.03, reads one `rlimit`.
    result(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) }.into()).map(drop)
}

/// Installs `filter`, if there is one, in a new process, which then makes each of `calls` once and
/// then in batches, in turn.
///
/// # Errors
///
/// If no process can be made, or if it dies before it is done.
pub fn measure(filter: Option<&[SockFilter]>, calls: &[RawCall]) -> io::Result<Outcome> {
    let shared = Shared::new()?;
    // SAFETY: fork(2): this program has one thread, so that the child may do whatever it could.
    match result(unsafe { libc::fork() }.into())? {
        0 => child(filter, calls, &shared),
        child => wait(child as libc::pid_t)?,
    }
    let outcome = shared.read();
    if outcome.done != 1 {
        return Err(io::Error::other("the process died under its filter"));
    }
    if outcome.installed != 0 {
        return Err(io::Error::from_raw_os_error(-outcome.installed as i32));
    }
    Ok(outcome)
}

/// The filter may kill for every call that the policy does not allow, so nothing is allocated or
/// printed after the install.
fn child(filter: Option<&[SockFilter]>, calls: &[RawCall], shared: &Shared) -> ! {
    // So calls on descriptors fail early and change nothing.
    for descriptor in 0..3 {
        // SAFETY: close(2) takes any number.
        unsafe { libc::close(descriptor) };
    }
    let mut outcome = Outcome::default();
    if let Some(filter) = filter {
        (outcome.installed, outcome.install) = install(filter);
    }
    const EPERM: i64 = -(libc::EPERM as i64);
    outcome.refused = calls.iter().filter(|call| make(call) == EPERM).count() as u64;
    outcome.batch = u64::MAX;
    for _ in 0..if calls.is_empty() { 0 } else { BATCHES } {
        let mut next = calls.iter().cycle();
        let start = ticks();
        for _ in 0..BATCH {
            if let Some(call) = next.next() {
                make(call);
            }
        }
        outcome.batch = outcome.batch.min(ticks() - start);
    }
    shared.write(Outcome { done: 1, ..outcome });
    exit()
}

/// Writes to a descriptor as write(2) does. If that writes less, the rest is lost, and the reader
/// notices.
pub fn write(descriptor: u64, bytes: &[u8]) {
    let args = [descriptor, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0];
    make(&RawCall { number: libc::SYS_write, args });
}

/// Ends this thread by exit(2), the one way out that every workload allows.
pub fn exit() -> ! {
    loop {
        make(&RawCall { number: libc::SYS_exit, args: [0; 6] });
    }
}

/// Installs `filter` for this thread. Returns the result of seccomp(2) and its time.
fn install(filter: &[SockFilter]) -> (i64, u64) {
    let privileges = [libc::PR_SET_NO_NEW_PRIVS as u64, 1, 0, 0, 0, 0];
    let result = make(&RawCall { number: libc::SYS_prctl, args: privileges });
    if result != 0 {
        return (result, 0);
    }
    let fprog = libc::sock_fprog {
        len: u16::try_from(filter.len()).unwrap_or(0),
        filter: filter.as_ptr().cast::<libc::sock_filter>().cast_mut(),
    };
    let operation = u64::from(libc::SECCOMP_SET_MODE_FILTER);
    let args = [operation, 0, &raw const fprog as u64, 0, 0, 0];
    let call = RawCall { number: libc::SYS_seccomp, args };
    let start = ticks();
    let result = make(&call);
    (result, ticks() - start)
}

/// Makes a call, and returns the kernel's result.
fn make(call: &RawCall) -> i64 {
    let [a, b, c, d, e, f] = call.args;
    let result;
    // SAFETY: the calling convention of x86_64 (syscall(2), Linux man-pages 6.03): the kernel keeps
    // all registers but rax, rcx and r11. The calls made here are prctl, seccomp and write with memory
    // that lives longer than the call and is only read, exit, and those to be timed, none of which
    // has a valid address among its arguments: they cannot touch memory.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") call.number => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

fn wait(child: libc::pid_t) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: waitpid(2) writes one int to `status`.
    result(unsafe { libc::waitpid(child, &mut status, 0) }.into()).map(drop)
}

fn result(value: i64) -> io::Result<i64> {
    if value == -1 { Err(io::Error::last_os_error()) } else { Ok(value) }
}

/// Memory in which a child leaves its results.
struct Shared(ptr::NonNull<Outcome>);

impl Shared {
    fn new() -> io::Result<Self> {
        let (access, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: mmap(2) without an address to prefer makes a new mapping, which nothing else uses.
        let page =
            unsafe { libc::mmap(ptr::null_mut(), size_of::<Outcome>(), access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        ptr::NonNull::new(page.cast()).map(Self).ok_or_else(|| io::Error::other("mapped at 0"))
    }

    fn read(&self) -> Outcome {
        // SAFETY: the mapping is aligned to a page, as large as an `Outcome` and all zeroes until
        // written, which is an `Outcome`; the child that writes has ended.
        unsafe { self.0.as_ptr().read_volatile() }
    }

    fn write(&self, outcome: Outcome) {
        // SAFETY: as in `read`; the parent reads only after this process has ended.
        unsafe { self.0.as_ptr().write_volatile(outcome) };
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's own and not used after.
        unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<Outcome>()) };
    }
}
