//! The first stage of the macros adds the ABI of the target, through `__for_target`, and the path of
//! this crate.
//!
//! The results are evaluated in inline constants and not in items, so that a policy may contain
//! `Self::X` and constant parameters of the code around it.

/// Compiles a policy while the program compiles. The result is an expression of the type
/// [`Policy`](crate::Policy), for a `const`, a `static` or a function.
///
/// ```
/// use seccomp_runtime::{Policy, seccomp_policy};
///
/// /// The calls that this program needs after it has opened its files.
/// const STDIO: Policy = seccomp_policy! {
///     allow read(fd == 0);
///     allow write(fd in {1, 2});
///     allow rt_sigreturn, exit, exit_group;
///     errno(ENOSYS) clone3;
///     default kill
/// };
/// # let _ = STDIO;
/// ```
///
/// Around a whole constant, it also shows the rules in the documentation of the constant (`cargo doc`):
///
/// ```
/// use seccomp_runtime::{Policy, seccomp_policy};
///
/// seccomp_policy! {
///     /// The calls that this program needs after it has opened its files.
///     pub const STDIO: Policy = {
///         allow read(fd == 0);
///         allow write(fd in {1, 2});
///         allow rt_sigreturn, exit, exit_group;
///         errno(ENOSYS) clone3;
///         default kill
///     };
/// }
/// # let _ = STDIO;
/// ```
///
/// Rules are read from top to bottom, and the first rule that matches a call decides its action. An
/// error in a policy is reported at the token at fault. A policy without errors becomes a filter in
/// read-only data that is proven to mean the same. What is legal but has caused trouble in practice is a
/// warning with a name; `#[allow(seccomp::name)]` before an item says that it is intended.
#[macro_export]
macro_rules! seccomp_policy {
    ($($(#$attribute:tt)* $visibility:vis const $name:ident: $type:ty = { $($policy:tt)* } $(;)?)+) => {
        $(
            $(#$attribute)*
            #[cfg_attr(doc, doc = $crate::__private::rules!($($policy)*))]
            $visibility const $name: $type = $crate::seccomp_policy! { $($policy)* };
        )+
    };
    ($($policy:tt)*) => {
        const { $crate::__private::for_target!($crate compile $($policy)*) }
    };
}

/// A system call of the target, to test a policy with: an expression of the type [`Call`](crate::Call).
///
/// Its arguments are given by position or by name, as numbers and constants as in a policy; arguments
/// that are not given are 0.
///
/// ```
/// use seccomp_runtime::{Policy, call, seccomp_policy};
///
/// const P: Policy = seccomp_policy! {
///     allow socket(family in {AF_INET, AF_INET6});
///     default errno(EPERM)
/// };
/// const _: () = assert!(P.allows(&call!(socket(AF_INET, SOCK_STREAM, 0))));
/// const _: () = assert!(P.denies(&call!(socket(family = AF_ALG))));
/// ```
#[macro_export]
macro_rules! call {
    ($($call:tt)*) => {
        const { $crate::__private::for_target!($crate call $($call)*) }
    };
}

/// Defines a fragment: rules with a name that policies of this crate and of others can include.
///
/// ```
/// use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};
///
/// seccomp_fragment! {
///     /// What a client of IP services needs.
///     pub NET {
///         allow socket(family in {AF_INET, AF_INET6});
///         allow connect, sendto, recvfrom;
///     }
/// }
///
/// const CLIENT: Policy = seccomp_policy! {
///     include NET;
///     allow read, write, close, exit_group, rt_sigreturn;
///     default kill
/// };
/// # let _ = CLIENT;
/// ```
///
/// `include` takes any path that names the fragment, which rustc finds like any other item. Values of
/// rustc in the fragment are evaluated where it is defined, so they may be private constants. An
/// `include` inside a fragment starts with `crate::`.
#[macro_export]
macro_rules! seccomp_fragment {
    ($($fragment:tt)*) => {
        $crate::__private::for_target!($crate fragment $($fragment)*);
    };
}
