//! Put a Rust program under a system-call filter that is checked, compiled and proven while the
//! program compiles.
//!
//! This is the crate that a program names. It is `no_std`, allocates nothing and needs no C
//! library: a [`Policy`] is an array in read-only data, and putting it in force is two system
//! calls, made here by inline assembly. It does not compile policies; that is done by the time
//! the program runs.
//!
//! | to | use |
//! |---|---|
//! | put a program, or any function, under a policy | [`sandboxed`] |
//! | put the whole process under it | [`Policy::install`] |
//! | put one thread under it | [`Policy::install_on_thread`] |
//! | choose how | [`Policy::installer`] |
//! | know what it answers, without a kernel | [`Policy::decide`] |
//! | know what the kernel can do | [`is_available`], [`mode`] |
#![no_std]

mod macros;

#[doc(inline)]
pub use seccomp_install::{
    Abi, Action, Call, Errno, Feature, InstallError, Installer, Mode, NATIVE, Operation, Policy,
    SockFilter, enter_strict_mode, is_available, mode,
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
/// If the policy cannot be installed, the body does not run: one line on standard error says
/// why, and the process ends with exit status 1 ([`Installer::install_or_exit`]). What was built
/// before the body is entered, as the arguments are, has run by then.
pub use seccomp_macros::sandboxed;

#[doc(hidden)]
#[path = "expansion.rs"]
pub mod __private;
