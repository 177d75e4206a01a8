//! System calls that touch no memory of the caller except what their arguments give them, so that
//! any test can make them.
//!
//! Each function returns the kernel's result, or an errno below zero.
#![allow(unsafe_code)] // System calls.

use std::ffi::{CStr, c_char, c_long};
use std::sync::atomic::{AtomicU8, Ordering};

/// A number that no architecture has given to a call: if the filter allows it, the kernel answers
/// [`ENOSYS`]. So only a filter looks at its six arguments.
pub const PROBE: u32 = 1000;

/// What [`probe`] returns if no filter stops it.
pub const ENOSYS: i64 = -(libc::ENOSYS as i64);

macro_rules! raw {
    ($number:expr $(, $argument:expr)*) => {{
        // SAFETY: the call takes these numbers and no pointer (its page of the Linux man-pages
        // 6.03), or does not exist.
        let value = unsafe { libc::syscall(($number) as c_long $(, $argument as c_long)*) };
        match value {
            -1 => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
            value => i64::from(value),
        }
    }};
}

/// Makes call [`PROBE`].
pub fn probe(a: [u64; 6]) -> i64 {
    raw!(PROBE, a[0], a[1], a[2], a[3], a[4], a[5])
}

/// Makes call [`PROBE`] without arguments.
pub fn bare_probe() -> i64 {
    probe([0; 6])
}

/// Whether this process may send signals to the first thread of `process`: tgkill(2) with signal 0,
/// which is never sent.
pub fn check_signal(process: u32) -> i64 {
    raw!(libc::SYS_tgkill, process, process, 0)
}

/// getppid(2).
pub fn getppid() -> i64 {
    raw!(libc::SYS_getppid)
}

/// getppid(2) with these bits added to its number.
pub fn getppid_with(bits: u32) -> i64 {
    raw!(libc::SYS_getppid | c_long::from(bits as i32))
}

/// Makes a call without arguments as a 32-bit program does.
#[cfg(target_arch = "x86_64")]
pub fn by_interrupt(number: u32) -> i32 {
    let value;
    // SAFETY: the kernel takes six arguments from registers, which are zero, and saves all
    // registers but eax (`entry_INT80_compat`, arch/x86/entry, Linux 6.12); r8 to r11 it may
    // clear. A call without arguments touches no memory. rbx is saved by hand, since `asm!` does
    // not take it.
    unsafe {
        std::arch::asm!(
            "push rbx",
            "xor ebx, ebx",
            "int 0x80",
            "pop rbx",
            inlateout("eax") number => value,
            in("ecx") 0,
            in("edx") 0,
            in("esi") 0,
            in("edi") 0,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
        );
    }
    value
}

/// gettid(2).
pub fn gettid() -> i64 {
    raw!(libc::SYS_gettid)
}

/// sched_yield(2).
pub fn sched_yield() {
    raw!(libc::SYS_sched_yield);
}

/// dup3(2), which closes `to` first.
pub fn dup3(from: i32, to: i32) -> i64 {
    raw!(libc::SYS_dup3, from, to, 0)
}

/// close(2) with all 64 bits of this register.
pub fn close(fd: u64) -> i64 {
    raw!(libc::SYS_close, fd)
}

/// close(2) of a number that is not a descriptor: the result comes from a filter, or is `EBADF`.
pub fn close_nothing() -> i64 {
    raw!(libc::SYS_close, -1)
}

/// write(2) of no bytes to standard output.
pub fn write_nothing() -> i64 {
    raw!(libc::SYS_write, 1, 0, 0)
}

/// prctl(2) with `PR_GET_NO_NEW_PRIVS`: 0 or 1.
pub fn no_new_privs() -> i64 {
    raw!(libc::SYS_prctl, libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
}

/// Whether /proc says that the calling thread has its `no_new_privs` bit, for tests in which a filter
/// answers prctl(2). Makes open(2) and read(2), and uses only its own memory.
pub fn has_no_new_privs() -> bool {
    let mut status = [0; 4096];
    // SAFETY: open(2) reads a string with its end, which the literal is.
    let fd = unsafe { libc::open(c"/proc/thread-self/status".as_ptr(), libc::O_RDONLY) };
    // SAFETY: read(2) writes at most as many bytes as `status` has, to it.
    let length = unsafe { libc::read(fd, status.as_mut_ptr().cast(), status.len()) };
    close(fd as u64);
    let read = status.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default();
    read.windows(14).any(|window| window == b"NoNewPrivs:\t1\n")
}

/// prctl(2) with `PR_SET_NO_NEW_PRIVS`.
pub fn set_no_new_privs() -> i64 {
    raw!(libc::SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

/// prctl(2) with `PR_GET_SECCOMP`.
pub fn seccomp_mode() -> i64 {
    raw!(libc::SYS_prctl, libc::PR_GET_SECCOMP, 0, 0, 0, 0)
}

/// Executes another program, with these arguments and no environment. Returns only if that fails.
pub fn exec(program: &CStr, argument: &CStr) -> i64 {
    let arguments = [program.as_ptr(), argument.as_ptr(), std::ptr::null()];
    let environment: [*const c_char; 1] = [std::ptr::null()];
    // SAFETY: execve(2) reads strings and lists of strings with their ends, which these are.
    let value = unsafe {
        libc::syscall(libc::SYS_execve, program.as_ptr(), arguments.as_ptr(), environment.as_ptr())
    };
    debug_assert_eq!(value, -1);
    -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// fork(2) in a child of the tests: returns 0 in the new process, and its id in the old one.
pub fn fork() -> i64 {
    // SAFETY: the caller is a child with one thread (see [`crate::child`]).
    unsafe { libc::fork() }.into()
}

/// Sleeps for this number of milliseconds. Returns 0, or an errno below zero.
pub fn sleep_ms(ms: i64) -> i64 {
    let time = libc::timespec { tv_sec: 0, tv_nsec: ms as c_long * 1_000_000 };
    // SAFETY: nanosleep(2) reads one `struct timespec`, which `time` is, and writes nothing where
    // there is no second pointer.
    match unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) } {
        0 => 0,
        _ => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
    }
}

/// Sends a signal to a child.
pub fn kill(pid: libc::pid_t, signal: i32) -> i64 {
    raw!(libc::SYS_kill, pid, signal)
}

/// exit(2): ends the calling thread.
pub fn exit(status: i32) -> ! {
    loop {
        raw!(libc::SYS_exit, status);
    }
}

/// exit_group(2): ends the process without the work of `exit(3)`.
pub fn exit_group(status: i32) -> ! {
    loop {
        raw!(libc::SYS_exit_group, status);
    }
}

/// tgkill(2): sends a signal to a thread of a process.
pub fn tgkill(pid: libc::pid_t, thread: u32, signal: i32) -> i64 {
    raw!(libc::SYS_tgkill, pid, thread, signal)
}

/// pidfd_open(2) of a child.
pub fn pidfd_open(pid: libc::pid_t) -> i64 {
    raw!(libc::SYS_pidfd_open, pid, 0)
}

/// pidfd_getfd(2): a copy of a descriptor of another process.
pub fn pidfd_getfd(pidfd: i64, number: i32) -> i64 {
    raw!(libc::SYS_pidfd_getfd, pidfd, number, 0)
}

/// fcntl(2) with `F_GETFD`: the flags of a descriptor.
pub fn descriptor_flags(fd: i32) -> i64 {
    raw!(libc::SYS_fcntl, fd, libc::F_GETFD)
}

/// openat(2), for reading, of a path that other threads may change.
pub fn openat_shared(path: &[AtomicU8; 16]) -> i64 {
    assert_eq!(path[15].load(Ordering::SeqCst), 0);
    // SAFETY: openat(2) reads a string at its second argument, which has its end in the last byte at the latest. All
    // bytes are atomics.
    let fd = unsafe {
        libc::openat(libc::AT_FDCWD, path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC)
    };
    match fd {
        -1 => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        fd => i64::from(fd),
    }
}

/// Reads one byte from a descriptor, or returns an errno below zero. 0 is the end of the file.
pub fn read_byte(fd: i64) -> i64 {
    let mut byte = [0_u8];
    // SAFETY: read(2) writes at most one byte, as its third argument says, to `byte`.
    match unsafe { libc::syscall(libc::SYS_read, fd, byte.as_mut_ptr(), 1) } {
        1 => byte[0].into(),
        0 => 0,
        _ => -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
    }
}

/// The sizes of the structures of a listener, from seccomp(2): `struct seccomp_notif`, `struct
/// seccomp_notif_resp` and `struct seccomp_data`.
pub fn notification_sizes() -> [u16; 3] {
    const SECCOMP_GET_NOTIF_SIZES: c_long = 3;
    let mut sizes = [0_u16; 3];
    // SAFETY: the kernel writes three numbers of 16 bits (seccomp(2), Linux man-pages 6.03), to `sizes`.
    let error =
        unsafe { libc::syscall(libc::SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &raw mut sizes) };
    assert_eq!(error, 0);
    sizes
}

/// Lowers the number of descriptors that this process can have.
pub fn limit_descriptors(most: u64) -> bool {
    let limit = libc::rlimit { rlim_cur: most as libc::rlim_t, rlim_max: most as libc::rlim_t };
    // SAFETY: setrlimit(2) reads one `struct rlimit`, which `limit` is.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == 0 }
}

/// Gives up `CAP_SYS_ADMIN` and every other capability: if this is root, it becomes the user `nobody`.
/// Returns whether the capability is gone.
pub fn give_up_privileges() -> bool {
    const NOBODY: u32 = 65534;
    if raw!(libc::SYS_geteuid) == 0 {
        return raw!(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0;
    }
    // Another user with capabilities would be odd; this detects it.
    raw!(libc::SYS_setresuid, 0, 0, 0) != 0
}

/// Gets `CAP_SYS_ADMIN`, in a user namespace if necessary. Returns whether this process has it.
pub fn gain_privileges() -> bool {
    raw!(libc::SYS_geteuid) == 0 || raw!(libc::SYS_unshare, libc::CLONE_NEWUSER) == 0
}
