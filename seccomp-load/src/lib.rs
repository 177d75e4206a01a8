//! Policies that a program gets when it runs.
//!
//! A container runtime, a sandbox or a service manager gets its policies as text, or as a file of another tool, after
//! it was compiled. [`Loader`] compiles such a policy in the running program, proves that the filter is equal to it,
//! and gives a [`LoadedPolicy`], which can be installed. There is no other way to make one: for a policy with an error,
//! or without a proof, the result is a [`Report`] with all errors, each with its line, and nothing is installed.
//!
//! ```
//! use seccomp_load::{Abi, Call, Loader};
//!
//! let text = "
//!     allow write(fd == $log);
//!     allow exit_group;
//!     default kill;
//! ";
//! let policy = Loader::text("worker.policy", text).value("log", 3).load();
//! let policy = policy.unwrap_or_else(|report| panic!("{report}"));
//! // The number of write(2) on x86_64 is 1.
//! # #[cfg(target_arch = "x86_64")]
//! assert!(policy.allows(&Call::new(Abi::NATIVE, 1, [3, 0, 0, 0, 0, 0])));
//! # #[cfg(target_arch = "x86_64")]
//! assert!(policy.denies(&Call::new(Abi::NATIVE, 1, [2, 0, 0, 0, 0, 0])));
//! // policy.install()? puts it in force for all threads of this process.
//!
//! let report = Loader::text("worker.policy", text).value("logs", 3).load();
//! let report = report.err().expect("there is no value for `$log`");
//! assert_eq!(report.to_string(), "\
//! error[E0306]: `$log` has no value
//!   --> worker.policy:2:23
//!   |
//! 2 |     allow write(fd == $log);
//!   |                       ^
//!   = help: give a value for `log`; values are given for `logs`
//! ");
//! ```
//!
//! A program whose policies are known when it is compiled needs none of this: `seccomp_policy!` of `seccomp-runtime` compiles
//! them with the program, which then carries nothing but the filter.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `origin` | where a policy comes from |
//! | `loaded` | a proven policy and how it is installed |
//! | `loader` | from a text or a tree to a proven policy |
//! | `launch` | other programs under a policy |
//! | [`formats`] | policies of other tools |

#[cfg(feature = "formats")]
pub mod formats;
mod launch;
mod loaded;
mod loader;
mod origin;

pub use launch::Launch;
pub use loaded::LoadedPolicy;
pub use loader::Loader;
pub use origin::Origin;
#[doc(no_inline)]
pub use seccomp_install::{
    Abi, Action, Call, Errno, InstallError, Installer, InsteadOfKill, Listener, SockFilter,
};
#[doc(no_inline)]
pub use seccomp_syntax::report::Report;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
