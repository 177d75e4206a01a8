//! What the stages of the macros say to each other is not a part of the language.
#![deny(deprecated)]

use seccomp_runtime::{Policy, call, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    pub MISTAKEN { __mistaken; allow read; }
    pub ALONE { #[__alone] allow read; }
    pub INCLUDED { #[__included(x)] allow ptrace; }
    pub CONSTANT { allow read(fd in { __constant 0 }, fd in { [0] }); }
    // This one is as it should be.
    pub MEANT { #[allow(seccomp::powerful_call)] allow ptrace; allow read; }
    pub MEANT_TOO { #[allow(seccomp::no_exit)] include crate::MEANT; }
}

const FIRST: Policy = seccomp_policy! {
    __mistaken;
    allow read;
    default kill
};

const SECOND: Policy = seccomp_policy! {
    #[__included(x)] allow ptrace;
    #[__alone] default kill;
};

const THIRD: Policy = seccomp_policy! {
    #[cfg(all())] allow read;
    mistaken;
    (x) [allow ptrace];
    include MEANT_TOO;
    default kill
};

fn main() {
    let _ = [FIRST, SECOND, THIRD];
    let _ = call!(__mistaken());
}
