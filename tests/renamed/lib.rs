//! A crate of edition 2021 that names the runtime `filter` and has no prelude: the expansions of the
//! macros must resolve all names anyway.
#![no_implicit_prelude]
// Policies of one or two rules allow too little or too much. Their warnings are deprecations.
#![expect(deprecated)]
// Lints that a careful user may switch on: they must not report the expansion.
#![deny(clippy::pedantic, unreachable_pub, unused, unused_qualifications)]

use ::filter::{call, sandboxed, seccomp_fragment, seccomp_policy, Policy};

/// A policy in a constant.
pub const CONSTANT: Policy = seccomp_policy! { allow read(fd == 0); default kill };

/// A policy in a static.
pub static STATIC: Policy = seccomp_policy! { allow read(fd == 0); default kill };

/// A policy in the body of a function.
#[must_use]
pub fn in_a_function() -> Policy {
    // The names of the expansion do not clash with these names.
    let (policy, __value, __policy, low, fits) = (1, 2, 3, 4, 5);
    let _ = (policy, __value, __policy, low, fits);
    seccomp_policy! { allow read(fd == 0); default kill }
}

seccomp_policy! {
    /// With the constant inside of the macro.
    pub const NAMED: Policy = {
        #[cfg(feature = "on")] allow read(fd==0);
        include fragments::NOTHING;
        default kill_process
    };

    /// Another policy.
    const UNSEEN: Policy = { default kill }
}
const _: () = ::core::assert!(UNSEEN.denies(&call!(read(0))));

/// Has an associated constant and a constant parameter, which policies use.
pub struct Descriptor<const FD: u32>;

impl<const FD: u32> Descriptor<FD> {
    const LAST: u32 = FD + 1;

    /// Allows reading from descriptors `FD` and `FD + 1`.
    pub const POLICY: Policy =
        seccomp_policy! { allow read(fd in {{ FD }, Self::LAST}); default kill };

    seccomp_policy! {
        /// The same as a range.
        pub const RANGE: Policy = { allow read(fd in { FD }..=Self::LAST); default kill };
    }
}

/// Items with conditions.
pub const CONDITIONAL: Policy = seccomp_policy! {
    #[cfg(feature = "on")] allow read(fd == 0);
    #[cfg(not(feature = "on"))] allow no_such_call;
    #[cfg(feature = "off")] allow write;
    #[cfg(any(feature = "off", debug_assertions))] #[cfg(all())] allow close;
    #[cfg(not(debug_assertions))] allow close;
    #[cfg(not(feature = "off"))] default kill;
    #[cfg(feature = "off")] default allow;
};

/// A fragment of another crate, with constants that are private in that crate.
pub const INCLUDED: Policy = seccomp_policy! {
    include ::seccomp_tests::fragments::SOCKETS;
    include fragments::LOCAL;
    default kill
};

/// A policy of the given items, doubled for each `+`, and of the items that follow.
macro_rules! doubled {
    ([] [$($items:tt)*] $($last:tt)*) => { seccomp_policy! { $($items)* $($last)* } };
    ([+ $($more:tt)*] [$($items:tt)*] $($last:tt)*) => {
        doubled! { [$($more)*] [$($items)* $($items)*] $($last)* }
    };
}

/// 1024 conditions, which must not become nested expansions: rustc would stop at 128.
pub const MANY_CONDITIONS: Policy = doubled! {
    [+ + + + + + + + +]
    [#[cfg(feature = "off")] allow no_such_call; #[cfg(feature = "on")] #[cfg(all())] allow @timer;]
    #[cfg(all())] allow read(fd == 0);
    default kill;
};

/// 256 fragments. Each includes another.
pub const MANY_FRAGMENTS: Policy = doubled! {
    [+ + + + + + +]
    [include ::seccomp_tests::fragments::NETWORK; include fragments::LOCAL;]
    default kill;
};

/// A fragment with 1024 conditions.
macro_rules! conditional_fragment {
    ([] $($rules:tt)*) => { seccomp_fragment! { pub(crate) CONDITIONS { $($rules)* } } };
    ([+ $($more:tt)*] $($rules:tt)*) => {
        conditional_fragment! { [$($more)*] $($rules)* $($rules)* }
    };
}
conditional_fragment! {
    [+ + + + + + + + +]
    #[cfg(feature = "off")] allow no_such_call;
    #[cfg(feature = "on")] allow @timer;
}

/// The same conditions in a fragment.
pub const OF_A_CONDITIONAL_FRAGMENT: Policy = seccomp_policy! {
    include CONDITIONS;
    allow read(fd == 0);
    default kill
};

/// A file beside this crate's Cargo.toml.
pub const FILE: Policy = seccomp_policy! { include "read.policy"; default kill };

/// Conditions in a file that is included under a condition.
pub const CONDITIONAL_FILE: Policy = seccomp_policy! {
    #[cfg(feature = "on")] include "conditional.policy";
    #[cfg(feature = "off")] include "no-such.policy";
    default kill
};

/// Fragments of this crate.
pub mod fragments {
    ::filter::seccomp_fragment! {
        pub(crate) NOTHING { #[cfg(feature = "off")] allow read; }
        pub(crate) LOCAL { allow write(fd == 2); include crate::READ; }
    }
}

seccomp_fragment! {
    /// Reading.
    pub READ { allow read(fd == 0) }
}

seccomp_fragment! {
    /// There is no such call, and there is no such fragment either.
    #[cfg(feature = "off")]
    pub ABSENT { allow no_such_call; }
    #[cfg(not(feature = "off"))]
    pub(crate) PRESENT { #[cfg(feature = "off")] allow no_such_call; #[cfg(feature = "on")] allow close; }
}

/// A fragment with a condition.
pub const PRESENT_ONLY: Policy = seccomp_policy! {
    #[cfg(feature = "off")] include ABSENT;
    #[cfg(not(feature = "off"))] include PRESENT;
    default kill
};

const _: () = ::core::assert!(PRESENT_ONLY.allows(&call!(close(0))));

/// Modules that a repetition makes, each with a fragment of the same name, which comes from one token of the
/// source.
macro_rules! modules {
    ($($module:ident $fd:literal)*) => { $(
        /// A module.
        pub mod $module {
            ::filter::seccomp_fragment! {
                /// Writing.
                pub WRITE { allow write(fd == $fd); }
            }
            /// A policy of that fragment.
            pub const POLICY: ::filter::Policy =
                ::filter::seccomp_policy! { include self::WRITE; default kill };
        }
    )* };
}

modules! { first 1 second 2 }

const _: () = ::core::assert!(first::POLICY.allows(&call!(write(1))));
const _: () = ::core::assert!(first::POLICY.denies(&call!(write(2))));
const _: () = ::core::assert!(second::POLICY.allows(&call!(write(2))));
const _: () = ::core::assert!(second::POLICY.denies(&call!(write(1))));

const OWN: u32 = 9;

// A private fragment, with values of rustc.
seccomp_fragment! {
    OWN_ONLY { allow write(fd == self::OWN), close(fd in { OWN + 1 }..{ OWN + 3 }, fd in {{ OWN + 1 }, 12}); }
}

/// Passes tokens through a macro of the user, in groups that rustc keeps whole.
macro_rules! passed_on {
    ($fd:literal, $bits:expr, $value:expr, $call:ident, $fragment:path, $file:literal, $condition:meta, $($rest:tt)*) => {
        seccomp_policy! {
            allow $call(fd == $fd, count & !$bits == 0);
            allow lseek(fd == { $value });
            include $fragment;
            #[cfg($condition)] include $file;
            #[cfg(not($condition))] allow no_such_call;
            $($rest)*
        }
    };
}

/// A policy of all these groups.
pub const PASSED_ON: Policy =
    passed_on!(4, 1 | 2, 2 + 1, write, self::OWN_ONLY, "read.policy", all(), default kill);

/// A function that runs only under a policy.
#[sandboxed(::filter::seccomp_policy! { default allow })]
#[must_use]
pub fn sandboxed_function(value: u32) -> u32 {
    value + 1
}

const _: () = ::core::assert!(CONSTANT.allows(&call!(read(0, 0, 0))));
