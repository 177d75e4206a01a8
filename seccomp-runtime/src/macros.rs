//! The first stage of the macros: the target's ABI, which `__for_target` adds, and this crate's path.
//!
//! What they make is evaluated in inline constants, and not in items, so that a policy may say
//! `Self::X` and name the constant parameters of its surroundings.

/// Compiles a policy while the program compiles: an expression of type [`Policy`](crate::Policy),
/// in a `const`, a `static` or a function.
///
/// ```
/// use seccomp_runtime::{Policy, seccomp_policy};
///
/// /// What is left to this program once it has opened its files.
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
///     /// What is left to this program once it has opened its files.
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
/// Rules are read from top to bottom, and the first that matches a call decides it. What is wrong
/// with a policy is an error at the token at fault; what is right becomes a program that is proven
/// to say the same, in read-only data. What is legal but has bitten people is a warning with a name, and
/// `#[allow(seccomp::name)]` before an item says that it is meant.
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

/// A call of the target, to ask a policy about: an expression of type [`Call`](crate::Call).
///
/// Its arguments are given by position or by name, in numbers and constants as in a policy; what is
/// not given is 0.
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

/// Names rules, to be included in policies of this crate and of others.
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
/// `include` takes any path that names the fragment: it is found as every item of Rust is.
/// Values of the fragment that are left to rustc are evaluated where it is defined, so that it may
/// name private constants; an `include` inside a fragment starts with `crate::`.
#[macro_export]
macro_rules! seccomp_fragment {
    ($($fragment:tt)*) => {
        $crate::__private::for_target!($crate fragment $($fragment)*);
    };
}
