//! The exit codes, which docs/tool.md lists.

use std::process::ExitCode;

/// How a subcommand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, and nothing was found that needs attention.
    Fine,
    /// 1: done, and something was found: a difference, a missing rule, a diagnostic.
    Found,
    /// 2: it could not be done: a wrong command line, a file that cannot be read, a policy with errors.
    Failed,
    /// The exit code of a program that was started. A program that a signal ended gives 128 and the signal's number, as in
    /// a shell.
    Program(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::from(0),
            Exit::Found => Self::from(1),
            Exit::Failed => Self::from(2),
            Exit::Program(code) => Self::from(code),
        }
    }
}
