//! Installs a compiled policy: the part of `seccomp-runtime` that a running program contains.
//!
//! Use it through `seccomp-runtime`, which adds the macros. It is a separate crate because
//! `seccomp-runtime` has to wait for the macros to be built, and this crate is built in parallel with
//! them.
#![no_std]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod assembled;
mod blanks;
#[cfg(feature = "std")]
mod child;
mod errno;
mod exit;
mod in_force;
mod install_error;
mod installer;
mod instead_of_kill;
mod listener;
mod native;
mod number;
mod policy;
mod policy_with;
mod query;
#[cfg(any(
    all(target_arch = "x86_64", target_pointer_width = "64"),
    target_arch = "x86",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "s390x",
))]
mod report;
// The compiler refuses `report` for other targets: `seccomp-ir/src/resolve/report.rs`.
#[cfg(not(any(
    all(target_arch = "x86_64", target_pointer_width = "64"),
    target_arch = "x86",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "s390x",
)))]
#[path = "no_report.rs"]
mod report;
#[cfg(feature = "std")]
mod sandboxed_thread;
mod sys;
#[cfg(feature = "tracer")]
pub mod tracer;

#[cfg(feature = "std")]
pub use child::{ChildReport, in_child};
pub use errno::Errno;
#[cfg(feature = "tracer")]
#[doc(hidden)]
pub use in_force::__deadly_ways;
pub use install_error::{Feature, InstallError, Operation};
pub use installer::Installer;
pub use instead_of_kill::InsteadOfKill;
pub use listener::{
    AddFd, Deferred, Listener, ListenerError, ListenerFeature, Notification, Response,
};
#[doc(hidden)]
pub use number::{Integer as __Integer, Number as __Number, number as __number};
pub use policy::Policy;
pub use policy_with::PolicyWith;
pub use query::{Mode, enter_strict_mode, is_available};
#[cfg(feature = "std")]
pub use sandboxed_thread::{SandboxedThread, ThreadEnd, ThreadPolicy, sandboxed_thread};
pub use seccomp_bpf::abi::{Abi, Call};
pub use seccomp_bpf::action::Action;
pub use seccomp_bpf::bpf::SockFilter;
#[doc(hidden)]
pub use seccomp_bpf::{abi::Half as __Half, fit as __fit, note as __note};
#[doc(hidden)]
#[cfg(feature = "std")]
pub use sys::execution::Execution;
/// The parts with which expansions of the macros put values into filters.
#[doc(hidden)]
pub mod __blanks {
    pub use crate::blanks::{
        Blanks, Demand, DemandNumber, OpenRange, Operand, Term, contradiction, fill, fitting,
    };
    pub use crate::policy_with::Template;
    // Without reports there is nothing in it.
    #[allow(unused_imports, unreachable_pub)]
    pub use crate::report::expansion::*;
}
#[doc(hidden)]
pub use {
    assembled::Assembled, installer::Plan, policy::Filter, policy_with::OpenFilter, report::Report,
};
