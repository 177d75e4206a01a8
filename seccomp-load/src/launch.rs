//! Other programs under a policy.

use std::ffi::{CStr, CString};
use std::io;

use seccomp_install::{Abi, Action, Assembled, Call, Execution, InstallError, Installer};
use seccomp_syntax::report::Report;

use crate::loaded::LoadedPolicy;
use crate::loader::Loader;

/// Executes another program in the place of this one, under a policy that need not allow that program to execute others.
///
/// A policy has to be in force before the program is executed, so it must allow that one call of execve(2). With a rule
/// `allow execve`, the program would keep that right. Instead, the launch adds a rule for the three addresses in the
/// arguments of the call, which it draws at random (2^69 possible calls, 2^66 on 32-bit targets). They are in the
/// memory of this process, which is gone as soon as the program runs. The rule is part of the policy: it is compiled
/// and proven with it.
///
/// ```no_run
/// use seccomp_load::{Launch, Loader};
///
/// let policy = Loader::text("true.policy", "allow exit_group; default log").load()?;
/// let arguments = vec![c"true".to_owned()];
/// let environment = Vec::new();
/// let launch = Launch::new(c"/usr/bin/true", arguments, environment)?;
/// let launched = launch.under(&policy)?;
/// let failed = launch.execute(launched.installer(), "true: ");
/// Err::<(), _>(failed)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Launch {
    execution: Execution,
}

impl Launch {
    /// Prepares the execution of the file at `path`, with these arguments, the name of the program first, and
    /// this environment, in the form `NAME=value`. It does not search `PATH`.
    ///
    /// # Errors
    ///
    /// An error of reading random bytes from /dev/urandom; [`io::ErrorKind::InvalidInput`] for more arguments than fit into
    /// 64 MiB (16 MiB on 32-bit targets); [`io::ErrorKind::OutOfMemory`] if the process may not have three times as many
    /// addresses.
    pub fn new(
        path: &CStr,
        arguments: Vec<CString>,
        environment: Vec<CString>,
    ) -> io::Result<Self> {
        Ok(Self { execution: Execution::new(path, arguments, environment)? })
    }

    /// The call of execve(2) that the launch will make, as a filter sees it.
    #[must_use]
    pub fn call(&self) -> Call {
        self.execution.call()
    }

    /// The policy, with a first rule that allows the call of this launch unless the policy itself allows it.
    ///
    /// # Errors
    ///
    /// The filter with this rule is longer than the kernel accepts, or too large to be proven.
    pub fn under(&self, policy: &LoadedPolicy) -> Result<LoadedPolicy, Report> {
        match policy.decide(&self.call()) {
            Action::Allow => return Ok(policy.clone()),
            Action::Log
            | Action::Errno(_)
            | Action::Trap(_)
            | Action::Trace(_)
            | Action::Notify
            | Action::KillThread
            | Action::KillProcess => {}
        }
        let [path, arguments, environment, ..] = self.call().args;
        let only_here = if policy.abis().len() > 1 {
            format!("#[arch({})] ", Abi::NATIVE.name())
        } else {
            String::new()
        };
        let rule = format!(
            "{only_here}allow execve(filename as u64 == {path:#x}, argv as u64 == {arguments:#x}, \
             envp as u64 == {environment:#x});\n"
        );
        let launched = Loader::text(policy.origin().name(), rule + policy.text()).load()?;
        Ok(launched.in_the_name_of(policy))
    }

    /// Installs the policy, and executes the program in the place of this one, with the default action for SIGPIPE, as
    /// [`std::process::Command`] does. It returns only if the policy cannot be installed. If the program cannot be
    /// executed, the policy is in force already, so this writes a line that begins with `said` to descriptor 2, and
    /// ends the process with the exit status that a shell would have: 127 if there is no such file, otherwise 126. The
    /// policy decides about these system calls as well, and may kill.
    pub fn execute(&self, installer: Installer<Assembled<'_>>, said: &str) -> InstallError {
        self.execution.restore_sigpipe();
        match installer.install() {
            Ok(()) => self.execution.run_or_exit(said),
            Err(error) => error,
        }
    }
}
