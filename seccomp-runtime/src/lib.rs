// The front page is the README. In Markdown the first definition of a link counts, so these lead to the pages of
// this documentation, and those in the README serve whoever reads it elsewhere.
//! [seccomp_policy]: crate::seccomp_policy!
//! [seccomp_fragment]: crate::seccomp_fragment!
//! [call]: crate::call!
//! [sandboxed]: macro@crate::sandboxed
//! [`Policy`]: crate::Policy
//! [install]: crate::Policy::install
//! [install_on_thread]: crate::Policy::install_on_thread
//! [installer]: crate::Policy::installer
//! [decide]: crate::Policy::decide
//! [is_available]: crate::is_available
//! [current]: crate::Mode::current
//! [language]: crate::guide::language
//! [groups]: crate::guide::groups
//! [warnings]: crate::guide::warnings
//! [errors]: crate::guide::errors
//! [known-holes]: crate::guide::known_holes
//! [assurance]: crate::guide::assurance
//!
#![doc = include_str!("../README.md")]
#![no_std]

mod macros;

// Its examples are tested with the project's documents, beside the crates that they need.
#[cfg(all(doc, not(doctest)))]
pub mod guide;

/// Installs a policy as its methods say, which may be chained.
///
/// ```
/// use seccomp_runtime::{InstallError, Installer, Policy, seccomp_policy};
///
/// const NO_KEYS: Policy = seccomp_policy! {
///     errno(EPERM) @keyring;
///     #[allow(seccomp::default_allow)]
///     default allow
/// };
/// const HOW: Installer = NO_KEYS.installer().log().this_thread_only();
/// # fn main() -> Result<(), InstallError> {
/// HOW.install()?;
/// # Ok(())
/// # }
/// ```
#[doc(inline)]
pub use seccomp_install::Installer;
/// What a program is put under, and what it can be asked.
///
/// ```
/// use seccomp_runtime::{Abi, Call, Policy, call, seccomp_policy};
///
/// const NO_DEBUGGING: Policy = seccomp_policy! {
///     errno(EPERM) ptrace, process_vm_readv, process_vm_writev;
///     #[allow(seccomp::default_allow)]
///     default allow
/// };
///
/// // A policy carries its own tests, of calls by name or by number.
/// const _: () = assert!(NO_DEBUGGING.denies(&call!(ptrace())));
/// const _: () = assert!(NO_DEBUGGING.allows(&Call::new(Abi::NATIVE, 5000, [0; 6])));
///
/// # fn main() -> Result<(), seccomp_runtime::InstallError> {
/// NO_DEBUGGING.install()?;
/// # Ok(())
/// # }
/// ```
#[doc(inline)]
pub use seccomp_install::Policy;
#[doc(inline)]
pub use seccomp_install::{
    Abi, Action, Call, Errno, Feature, InstallError, Mode, Operation, SockFilter,
    enter_strict_mode, is_available,
};
/// Runs a function under a policy: installs it where the function begins, or ends the process.
///
/// ```
/// use seccomp_runtime::{Policy, sandboxed, seccomp_policy};
///
/// const NO_DEBUGGING: Policy = seccomp_policy! {
///     errno(EPERM) ptrace, process_vm_readv, process_vm_writev;
///     #[allow(seccomp::default_allow)]
///     default allow
/// };
///
/// #[sandboxed(NO_DEBUGGING)]
/// fn main() {
///     println!("sandboxed");
/// }
/// ```
///
/// The argument is any expression of the type [`Policy`] or [`Installer`] that is in scope at the
/// head of the body, parameters included: `#[sandboxed(STDIO.installer().this_thread_only())]`.
///
/// The function may be any `fn` with a body, but no `const fn`: it may have arguments, a result,
/// generics, be a method, or `unsafe`, or `extern`. An `async fn` is put under the policy when
/// its future is first polled. Below another attribute that starts a runtime
/// (`#[tokio::main]`), this one comes into force before the runtime, with all its threads under
/// it; above, inside it.
///
/// A function under a policy for all threads runs once in a process: the policy stays in force, and a second
/// time would add one more filter. Under an installer for [one thread](Installer::this_thread_only) it may run
/// once on each.
///
/// If the policy cannot be installed, the body does not run: one line on standard error says
/// why, and the process ends with exit status 1 ([`Installer::install_or_exit`]). What was built
/// before the body is entered, as the arguments are, has run by then.
pub use seccomp_macros::sandboxed;

#[doc(hidden)]
#[path = "expansion.rs"]
pub mod __private;
