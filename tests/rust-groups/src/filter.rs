//! The filter that a program is under, and its way out.
#![allow(unsafe_code)] // alarm(2), setrlimit(2), close(2) of nothing, exit_group(2).

use std::path::PathBuf;

use seccomp_install::{Policy, SockFilter};

/// How long a program may take, in seconds.
const TIME_LIMIT_S: u32 = 20;

/// A filter that is not yet in force, or none if the program is traced.
pub(crate) struct Filter(Option<Policy>);

impl Filter {
    /// Reads the filter from the command line. Also ensures that a program that hangs dies, and
    /// leaves no core.
    pub(crate) fn new(text: &str) -> Self {
        let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: alarm(2) takes a number.
        unsafe { libc::alarm(TIME_LIMIT_S) };
        // SAFETY: setrlimit(2) reads one `struct rlimit`, which `no_core` is.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core) };
        if text == "none" {
            return Self(None);
        }
        let digits = |digits| u64::from_str_radix(digits, 16).expect("hexadecimal digits");
        let instruction = |at| {
            let bits = digits(&text[at..at + 16]);
            let (code, jt, jf) = ((bits >> 48) as u16, (bits >> 40) as u8, (bits >> 32) as u8);
            SockFilter { code, jt, jf, k: bits as u32 }
        };
        let filter: Vec<_> = (0..text.len()).step_by(16).map(instruction).collect();
        Self(Some(Policy::__from_filter(filter.leak())))
    }

    /// Puts every thread under the filter.
    pub(crate) fn install(&self) {
        match &self.0 {
            Some(policy) => policy.install_or_exit("measured"),
            None => {
                // SAFETY: close(2) (Linux man-pages 6.03) takes a number, and -1 is not a descriptor.
                unsafe { libc::syscall(libc::SYS_close, -1) };
            }
        }
    }
}

/// Ends the process by a system call of its own, so that the end is not measured.
pub(crate) fn done(as_it_should: bool) -> ! {
    loop {
        // SAFETY: exit_group(2) (Linux man-pages 6.03) takes a number.
        unsafe { libc::syscall(libc::SYS_exit_group, libc::c_long::from(!as_it_should)) };
    }
}

/// The directory for the files of a program: `MEASURED_DIRECTORY`, whose owner removes it.
pub(crate) fn directory() -> PathBuf {
    std::env::var_os("MEASURED_DIRECTORY").expect("MEASURED_DIRECTORY is set").into()
}
