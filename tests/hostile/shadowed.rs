//! A scope in which types, modules, constants, macros and traits have every name that the expansion could
//! use.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_imports, unused_macros)]

use ::filter::{Policy as Real, call, sandboxed, seccomp_fragment, seccomp_policy};

macro_rules! types {
    ($($name:ident)*) => { $(
        /// A type that is not what its name says.
        pub struct $name;

        impl $name {
            /// A number of the program.
            pub const NUMBER: ::std::primitive::i32 = 3;
        }
    )* };
}

// Primitive types are not keywords.
types! { bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize }

types! {
    Action Call Copy Err Filter Holding Installer Instructions Integer None Ok Option Plan Policy Result SockFilter
    Some __I __O __Holding0 __Holding1 Range Bounds Demand Fulfilled Misfit Number Operand Side ValuePurpose
}

macro_rules! modules {
    ($($name:ident)*) => { $(
        /// A module that is not the crate of that name.
        pub mod $name {}
    )* };
}
modules! { core alloc std filter seccomp_runtime seccomp_install __private }

macro_rules! constants {
    ($($name:ident)*) => { $(
        /// A pattern with this name means this constant.
        pub const $name: () = ();
    )* };
}
constants! { __policy __call __value policy value fits low high integer not_empty linked number track return_errno __0 __1 what said }

macro_rules! macros {
    ($d:tt $($name:ident)*) => { $(
        macro_rules! $name { ($d($d any:tt)*) => { ::std::compile_error! { "a macro of the user" } }; }
    )* };
}
macros! { $
    answers assert call_for compile compile_error concat const_assert decided decided_fragment derive
    for_target fragment include_bytes included line matches panic stringify __for_target
    __Holding0 __Holding1 __included_0_0
}

/// A trait that every type has, with the methods that the expansion could call. They do nothing.
pub trait Everything: ::std::marker::Sized {
    /// Does nothing.
    fn install(self) {}
    /// Does nothing.
    fn install_or_exit(self, _: &'static ::std::primitive::str) {}
    /// Does nothing.
    fn installer(self) -> Self {
        self
    }
    /// Does nothing.
    fn __install_or_exit(self, _: &'static ::std::primitive::str) {}
    /// Does nothing.
    fn __policy_or_installer(self) -> Self {
        self
    }
}
impl<T> Everything for T {}

/// The same, for references.
pub trait EveryReference {
    /// Does nothing.
    fn install_or_exit(&self, _: &::std::primitive::str) {}
    /// Does nothing.
    fn __install_or_exit(&self, _: &::std::primitive::str) {}
}
impl<T: ?::std::marker::Sized> EveryReference for &T {}

::std::include! { "policies.rs" }

/// Values with the names that the expansion gives, or gave, to its own items.
pub const NAMES: Real = seccomp_policy! {
    allow read(fd == __I::NUMBER), write(fd in {{ __O::NUMBER }, Number::NUMBER}), exit_group;
    errno({ __I::NUMBER }) dup;
    allow rt_sigreturn;
    default kill
};

/// A function whose attribute has the name of a policy.
#[sandboxed(SEVEN)]
pub fn by_name(probe: fn() -> ::std::primitive::i64) -> ::std::primitive::i64 {
    probe()
}

/// A function whose attribute has a reference to a reference to a policy.
#[sandboxed(*by)]
pub fn by_reference(
    by: &&'static Real,
    probe: fn() -> ::std::primitive::i64,
) -> ::std::primitive::i64 {
    probe()
}

/// The same, where the attribute does not dereference it.
#[sandboxed(by)]
pub fn by_argument(
    by: &&'static Real,
    probe: fn() -> ::std::primitive::i64,
) -> ::std::primitive::i64 {
    probe()
}

/// A function whose attribute has an installer.
#[sandboxed(Real::installer(&SEVEN).this_thread_only())]
pub fn by_installer(probe: fn() -> ::std::primitive::i64) -> ::std::primitive::i64 {
    probe()
}

/// A method whose attribute has the policy of a generic type.
pub struct Generic<T>(pub T);

impl<T: ::std::marker::Copy> Generic<T> {
    const POLICY: Real = SEVEN;

    /// Runs under that policy.
    #[sandboxed(Self::POLICY)]
    pub fn method(&self, probe: fn() -> ::std::primitive::i64) -> ::std::primitive::i64 {
        probe()
    }
}
