//! The first stage of the macros: what only rustc can tell apart, the target's ABI.
//!
//! A procedural macro cannot see the target. So one statement for each ABI stands under its
//! `#[cfg]`, and rustc drops all but one before it expands the macro in it: only the ABI being
//! built is compiled. The statements are `let`s around inline constants, and not items, so that a
//! policy may say `Self::X` and name the constant parameters of its surroundings.

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
/// Rules are read from top to bottom, and the first that matches a call decides it. What is wrong
/// with a policy is an error at the token at fault; what is right becomes a program that is proven
/// to say the same, in read-only data. What is legal but has bitten people is a warning with a name, and
/// `#[allow(seccomp::name)]` before an item says that it is meant.
#[macro_export]
macro_rules! seccomp_policy {
    ($($policy:tt)*) => {{
        // A bare name is a constant of Linux: one of the program is `self::NAME` or `{ NAME }`.
        #[allow(unused_qualifications, unused_braces)]
        let __policy = $crate::__for_target!(compile $($policy)*);
        __policy
    }};
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
    ($($call:tt)*) => {{
        // As in a policy.
        #[allow(unused_qualifications, unused_braces)]
        let __call = $crate::__for_target!(call $($call)*);
        __call
    }};
}

/// Hands `$input` to the stage of that name, with the target's ABI.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_target {
    ($stage:ident $($input:tt)*) => {{
        #[cfg(target_arch = "x86")]
        let __value = const { $crate::__private::$stage!(x86 [$crate] $($input)*) };
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
        let __value = const { $crate::__private::$stage!(x86_64 [$crate] $($input)*) };
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "32"))]
        let __value = const { $crate::__private::$stage!(x32 [$crate] $($input)*) };
        #[cfg(target_arch = "arm")]
        let __value = const { $crate::__private::$stage!(arm [$crate] $($input)*) };
        #[cfg(target_arch = "aarch64")]
        let __value = const { $crate::__private::$stage!(aarch64 [$crate] $($input)*) };
        #[cfg(target_arch = "loongarch64")]
        let __value = const { $crate::__private::$stage!(loongarch64 [$crate] $($input)*) };
        #[cfg(target_arch = "powerpc")]
        let __value = const { $crate::__private::$stage!(ppc [$crate] $($input)*) };
        #[cfg(all(target_arch = "powerpc64", target_endian = "big"))]
        let __value = const { $crate::__private::$stage!(ppc64 [$crate] $($input)*) };
        #[cfg(all(target_arch = "powerpc64", target_endian = "little"))]
        let __value = const { $crate::__private::$stage!(ppc64le [$crate] $($input)*) };
        #[cfg(target_arch = "riscv64")]
        let __value = const { $crate::__private::$stage!(riscv64 [$crate] $($input)*) };
        #[cfg(target_arch = "s390x")]
        let __value = const { $crate::__private::$stage!(s390x [$crate] $($input)*) };
        __value
    }};
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
        // The targets of `__for_target`: these are items, and those are expressions.
        #[cfg(target_arch = "x86")]
        $crate::__private::fragment!(x86 [$crate] $($fragment)*);
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
        $crate::__private::fragment!(x86_64 [$crate] $($fragment)*);
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "32"))]
        $crate::__private::fragment!(x32 [$crate] $($fragment)*);
        #[cfg(target_arch = "arm")]
        $crate::__private::fragment!(arm [$crate] $($fragment)*);
        #[cfg(target_arch = "aarch64")]
        $crate::__private::fragment!(aarch64 [$crate] $($fragment)*);
        #[cfg(target_arch = "loongarch64")]
        $crate::__private::fragment!(loongarch64 [$crate] $($fragment)*);
        #[cfg(target_arch = "powerpc")]
        $crate::__private::fragment!(ppc [$crate] $($fragment)*);
        #[cfg(all(target_arch = "powerpc64", target_endian = "big"))]
        $crate::__private::fragment!(ppc64 [$crate] $($fragment)*);
        #[cfg(all(target_arch = "powerpc64", target_endian = "little"))]
        $crate::__private::fragment!(ppc64le [$crate] $($fragment)*);
        #[cfg(target_arch = "riscv64")]
        $crate::__private::fragment!(riscv64 [$crate] $($fragment)*);
        #[cfg(target_arch = "s390x")]
        $crate::__private::fragment!(s390x [$crate] $($fragment)*);
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn fragments_and_policies_have_the_same_targets() {
        let lines = || include_str!("macros.rs").lines().map(str::trim);
        let targets =
            || lines().filter(|line| line.starts_with("#[cfg(") && line.contains("target"));
        assert_eq!(targets().count(), 22);
        for target in targets() {
            assert_eq!(lines().filter(|line| *line == target).count(), 2, "{target}");
        }
    }
}
