//! The first stage of the macros adds the ABI of the target, through `__for_target`, and the path of
//! this crate.
//!
//! The results are evaluated in inline constants and not in items, so that a policy may contain
//! `Self::X` and constant parameters of the code around it. The last stage of `seccomp_policy!` writes that inline
//! constant, because a policy with values of the running program has a part outside of it.

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
/// A value that is known only when the program runs is written `$name` or `$(expression)`. The result is then a
/// [`PolicyWith`](crate::PolicyWith), and the macro belongs in a function.
///
/// ```
/// use seccomp_runtime::{PolicyWith, seccomp_policy};
///
/// fn policy(log: i32) -> PolicyWith<1> {
///     seccomp_policy! {
///         allow write(fd in {1, 2, $log}), rt_sigreturn, exit_group;
///         default kill
///     }
/// }
/// # let _ = policy(3);
/// ```
///
/// Rules are read from top to bottom, and the first rule that matches a call decides its action. An error in a policy
/// is reported at the token at fault. A policy without errors becomes a filter in read-only data that is proven to mean
/// the same. What is legal but has caused trouble in practice gets a warning with a name; `#[allow(seccomp::name)]`
/// before an item says that it is intended.
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
        $crate::__private::for_target!($crate compile $($policy)*)
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

/// The note of a policy: see [`note`](seccomp_install::__note). The `static` takes no bytes; it makes the linker
/// take the object file with the note from a library.
#[cfg(feature = "note")]
#[doc(hidden)]
#[macro_export]
macro_rules! __note {
    ($before:literal $after:literal) => {
        const _: () = {
            #[used]
            static NOTE: () = ();
            mod assembly {
                const FILE: $crate::__private::FileWords =
                    $crate::__private::file_words($crate::__private::core::file!());
                $crate::__private::core::arch::global_asm!(
                    $before,
                    ".4byte {line}, {column}",
                    ".4byte {f0}, {f1}, {f2}, {f3}, {f4}, {f5}, {f6}, {f7}",
                    ".4byte {f8}, {f9}, {f10}, {f11}, {f12}, {f13}, {f14}, {f15}",
                    ".4byte {f16}, {f17}, {f18}, {f19}, {f20}, {f21}, {f22}, {f23}",
                    ".4byte {f24}, {f25}, {f26}, {f27}, {f28}, {f29}, {f30}, {f31}",
                    $after,
                    line = const $crate::__private::core::line!(),
                    column = const $crate::__private::core::column!(),
                    f0 = const FILE[0], f1 = const FILE[1], f2 = const FILE[2], f3 = const FILE[3],
                    f4 = const FILE[4], f5 = const FILE[5], f6 = const FILE[6], f7 = const FILE[7],
                    f8 = const FILE[8], f9 = const FILE[9], f10 = const FILE[10], f11 = const FILE[11],
                    f12 = const FILE[12], f13 = const FILE[13], f14 = const FILE[14], f15 = const FILE[15],
                    f16 = const FILE[16], f17 = const FILE[17], f18 = const FILE[18], f19 = const FILE[19],
                    f20 = const FILE[20], f21 = const FILE[21], f22 = const FILE[22], f23 = const FILE[23],
                    f24 = const FILE[24], f25 = const FILE[25], f26 = const FILE[26], f27 = const FILE[27],
                    f28 = const FILE[28], f29 = const FILE[29], f30 = const FILE[30], f31 = const FILE[31],
                );
            }
        };
    };
}

/// No note.
#[cfg(not(feature = "note"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_note {
    ($before:literal $after:literal) => {};
}

/// An entry of the registry.
#[cfg(feature = "registry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($text:literal $filter:literal) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::POLICIES)]
            #[linkme(crate = $crate::__private::linkme)]
            static POLICY: $crate::RegisteredPolicy = $crate::RegisteredPolicy::__new(
                (
                    $crate::__private::core::file!(),
                    $crate::__private::core::line!(),
                    $crate::__private::core::column!(),
                ),
                $text,
                {
                    static FILTER: [$crate::SockFilter; $crate::__private::length($filter)] =
                        $crate::__private::instructions($filter);
                    &FILTER
                },
            );
        };
    };
}

/// No registry.
#[cfg(not(feature = "registry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_registry {
    ($text:literal $filter:literal) => {};
}
