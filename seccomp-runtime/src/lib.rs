// The front page is the README. In Markdown the first definition of a link counts, so these definitions lead to
// the pages of this documentation, and those in the README are for readers elsewhere.
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
//! [denied]: crate::guide::denied
//! [note]: crate::guide::note
//! [known-holes]: crate::guide::known_holes
//! [assurance]: crate::guide::assurance
//!
#![doc = include_str!("../README.md")]
#![no_std]

mod macros;
#[cfg(feature = "registry")]
mod registry;

// Its examples are tested with the documents of the project, where the crates that they need are available.
#[cfg(all(doc, not(doctest)))]
pub mod guide;

#[cfg(feature = "std")]
#[doc(inline)]
pub use seccomp_install::{
    ChildReport, SandboxedThread, ThreadEnd, ThreadPolicy, in_child, sandboxed_thread,
};

/// Options for installing a policy. The methods can be chained.
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
/// A compiled policy, which can be installed on a program and tested.
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
/// // Assertions about a policy can be beside it, for calls by name or by number.
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
    Abi, Action, Call, Errno, Feature, InstallError, InsteadOfKill, Mode, Operation, PolicyWith,
    SockFilter, enter_strict_mode, is_available,
};
#[doc(inline)]
pub use seccomp_install::{
    AddFd, Deferred, Listener, ListenerError, ListenerFeature, Notification, Response,
};
/// Runs a function under a policy: installs the policy before the body of the function runs, or ends the
/// process.
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
/// The argument is any expression of the type [`Policy`], [`PolicyWith`] or [`Installer`] that is in scope at the start of the
/// body, where parameters are too: `#[sandboxed(STDIO.installer().this_thread_only())]`.
///
/// The function may be any `fn` with a body except a `const fn`: it may have arguments, a result or generics,
/// and may be a method, `unsafe` or `extern`. For an `async fn`, the policy is installed when its future is
/// first polled. Another attribute may start a runtime (`#[tokio::main]`). Below that attribute, this one
/// installs the policy before the runtime starts, so it applies to all threads of the runtime; above it, the
/// policy is installed inside the runtime.
///
/// A function with a policy for all threads may run only once in a process: the policy stays installed, and
/// another run would add one more filter. With an installer for [one thread](Installer::this_thread_only) it may
/// run once on each thread.
///
/// There is no listener here, so a policy with the action `notify` is not installed: the process ends as below.
/// [`Installer::install_with_listener`] makes a listener.
///
/// If the policy cannot be installed, the body does not run: one line on standard error gives the reason, and
/// the process ends with exit status 1 ([`Installer::install_or_exit`]). Code that runs before the body, such as
/// the evaluation of the arguments, has run by then.
pub use seccomp_macros::sandboxed;

#[cfg(feature = "registry")]
pub use registry::{RegisteredPolicy, policies};

#[doc(hidden)]
#[path = "expansion.rs"]
pub mod __private;
