//! A compiled policy: what it decides, and how it comes into force.

use core::fmt;

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, SockFilter};

use crate::error::InstallError;
use crate::in_force::Deadly;
use crate::installer::{Installer, Plan};

use crate::sys::Program;

/// A policy for system calls, checked, compiled and proven: a seccomp BPF program in read-only
/// data.
///
/// Made by `seccomp_policy!` of `seccomp-runtime`, in a `const`.
///
/// A policy in force cannot be taken back. Another one can be installed on top of it; then a call
/// gets the more severe of both answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For `#[sandboxed]`. A field and a reference to it are what nothing in the scope of a user can take
    /// the place of; a method of [`Policy`] itself could be that of a trait.
    #[doc(hidden)]
    pub __policy_or_installer: Filter,
}

/// A program, and what is known of it. All of it is worked out where the policy is compiled, so that no
/// program carries the code for it.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter {
    pub(crate) program: Program,
    /// Which ways of installing another policy this one kills.
    pub(crate) deadly: Deadly,
}

impl Filter {
    /// Puts the filter in force for every thread, or ends the process after the line that `said` begins.
    pub fn __install_or_exit(&self, said: &str) {
        Plan::new(*self).or_exit([said.as_bytes()]);
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("program", &self.program()).finish()
    }
}

impl Policy {
    /// The policy whose program this is. Only a program that the macros of `seccomp-runtime` compiled
    /// keeps the promises of this type, so they alone make policies.
    #[doc(hidden)]
    #[must_use]
    pub const fn __from_program(program: &'static [SockFilter]) -> Self {
        let deadly = Deadly::of(program);
        Self { __policy_or_installer: Filter { program: Program::new(program), deadly } }
    }

    /// Puts the policy in force for every thread of the process, those that run now and those to
    /// come, and for every program that they execute.
    ///
    /// Sets `no_new_privs` first, so that it works without privileges: from then on, executing a
    /// set-user-ID program gives none. [`Self::installer`] has the other ways.
    ///
    /// # Errors
    ///
    /// [`InstallError`] says why; then no thread has the filter.
    pub fn install(&self) -> Result<(), InstallError> {
        self.installer().install()
    }

    /// Puts the policy in force for the calling thread, the threads that it starts from now on,
    /// and the programs that it executes. Other threads go on as they were; a process whose
    /// threads share memory is not safer than its least restricted thread.
    ///
    /// # Errors
    ///
    /// [`InstallError`] says why; then the thread does not have the filter.
    pub fn install_on_thread(&self) -> Result<(), InstallError> {
        self.installer().this_thread_only().install()
    }

    /// Everything that can be chosen about installing.
    pub const fn installer(&self) -> Installer {
        Installer::new(self.__policy_or_installer)
    }

    /// Puts the policy in force as [`Self::install`] does, or ends the process: see
    /// [`Installer::install_or_exit`].
    pub fn install_or_exit(&self, what: &str) {
        self.installer().install_or_exit(what);
    }

    /// The program: what the kernel runs on each call.
    #[must_use]
    pub const fn program(&self) -> &'static [SockFilter] {
        self.__policy_or_installer.program.instructions()
    }

    /// What this policy answers to `call`, worked out without a kernel: by running the program,
    /// in the byte order of the target.
    ///
    /// It is a `const fn`, so that a policy can carry its own tests.
    ///
    /// A program that the kernel would refuse to load, which no macro of this crate makes,
    /// answers [`Action::KillProcess`].
    #[inline]
    #[must_use]
    pub const fn decide(&self, call: &Call) -> Action {
        match bpf::interpret(self.program(), call, Abi::NATIVE.endian()) {
            Ok(value) => Action::from_return_value(value),
            Err(_) => Action::KillProcess,
        }
    }

    /// Whether the kernel makes this call: [`Action::Allow`] or [`Action::Log`].
    #[inline]
    #[must_use]
    pub const fn allows(&self, call: &Call) -> bool {
        self.decide(call).permits()
    }

    /// Whether this call is never made: it is killed, trapped, or answered with an errno. Neither
    /// this nor [`Self::allows`] holds where a tracer or a supervisor has the last word
    /// ([`Action::Trace`], [`Action::Notify`]).
    #[inline]
    #[must_use]
    pub const fn denies(&self, call: &Call) -> bool {
        self.decide(call).forbids()
    }

    /// The program as C code takes it, for prctl(2), seccomp(2) or a library.
    ///
    /// The pointer is to read-only data that lives as long as the program: nobody may write
    /// there, whatever its type says.
    #[cfg(feature = "libc")]
    #[must_use]
    pub const fn as_sock_fprog(&self) -> libc::sock_fprog {
        // No macro makes a program that is longer than the kernel takes. If somebody does, then
        // the kernel must get one that it refuses, not the beginning of this.
        let len = self.program().len();
        libc::sock_fprog {
            len: if len <= bpf::MAX_INSTRUCTIONS { len as u16 } else { 0 },
            filter: self.program().as_ptr().cast::<libc::sock_filter>().cast_mut(),
        }
    }
}

// `as_sock_fprog` casts a pointer from the one type to the other.
#[cfg(feature = "libc")]
const _: () = assert!(size_of::<libc::sock_filter>() == size_of::<SockFilter>());
#[cfg(feature = "libc")]
const _: () = assert!(align_of::<libc::sock_filter>() == align_of::<SockFilter>());

#[cfg(all(test, feature = "libc"))]
mod tests {
    use super::{Policy, SockFilter};

    #[test]
    fn c_code_gets_the_whole_program() {
        const PROGRAM: &[SockFilter] = &[SockFilter::statement(0x06, 0x7fff_0000); 3];
        let fprog = Policy::__from_program(PROGRAM).as_sock_fprog();
        assert_eq!((fprog.len, fprog.filter.cast_const().cast()), (3, PROGRAM.as_ptr()));
    }

    #[test]
    fn c_code_gets_nothing_of_a_program_that_is_too_long() {
        const PROGRAM: &[SockFilter] = &[SockFilter::statement(0x06, 0x7fff_0000); 0x1_0001];
        assert_eq!(Policy::__from_program(PROGRAM).as_sock_fprog().len, 0);
    }
}
