//! What this process has installed, as far as it matters to whatever it installs next.
//!
//! The kernel cannot be asked: under a policy that allows little, asking is deadly. So a program
//! remembers the policies that it has put in force for all of its threads. Those of one thread alone are
//! not remembered, because nothing here can tell one thread from another without a system call.
//!
//! Nothing is ever *allowed* because of what is remembered: memory can be shared with a process that is
//! not under the policy (`CLONE_VM`, clone(2)), so it only serves to refuse.

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use seccomp_bpf::abi::{Abi, SeccompData as Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, SockFilter};

use crate::error::Feature;
use crate::policy::Filter;
use crate::sys;

/// A way of installing a policy: the flags of `SECCOMP_SET_MODE_FILTER`, and whether `no_new_privs` is
/// set before. Each is a bit of [`Deadly`].
#[derive(Clone, Copy)]
pub(crate) struct Way(u32);

impl Way {
    /// What there is of them.
    const COUNT: u32 = 2 * Self::NO_NEW_PRIVS;
    const NO_NEW_PRIVS: u32 = 2 * Feature::Speculation.flag();

    pub(crate) const fn new(flags: u32, no_new_privs: bool) -> Self {
        Self(if no_new_privs { flags | Self::NO_NEW_PRIVS } else { flags })
    }
}

/// The ways of installing that a policy answers with a kill or a trap, one bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Deadly(u32);

const _: () = assert!(Way::COUNT <= u32::BITS);

impl Deadly {
    /// Those of the policy whose program this is.
    pub(crate) const fn of(program: &[SockFilter]) -> Self {
        let mut no_new_privs_kills = false;
        let mut prctl = 0;
        while prctl < sys::NO_NEW_PRIVS.len() {
            no_new_privs_kills |= kills(program, &sys::NO_NEW_PRIVS[prctl]);
            prctl += 1;
        }
        let mut deadly = 0;
        let mut flags = 0;
        while flags < Way::NO_NEW_PRIVS {
            let kills = kills(program, &sys::set_filter_call(flags));
            deadly |= (kills as u32) << Way::new(flags, false).0;
            deadly |= ((kills || no_new_privs_kills) as u32) << Way::new(flags, true).0;
            flags += 1;
        }
        Self(deadly)
    }

    const fn has(self, way: Way) -> bool {
        self.0 >> way.0 & 1 != 0
    }
}

/// Whether the program ends whoever makes this call, instead of giving an answer.
const fn kills(program: &[SockFilter], call: &Call) -> bool {
    match bpf::interpret(program, call, Abi::NATIVE.endian()) {
        Ok(value) => matches!(
            Action::from_return_value(value),
            Action::KillProcess | Action::KillThread | Action::Trap(_)
        ),
        Err(_) => true,
    }
}

/// What all policies that are remembered kill together.
static DEADLY: AtomicU32 = AtomicU32::new(0);

/// The program of the last policy.
static LAST: AtomicPtr<SockFilter> = AtomicPtr::new(core::ptr::null_mut());

/// Remembers that a policy is in force for all threads.
#[inline]
pub(crate) fn remember(filter: &Filter) {
    DEADLY.fetch_or(filter.deadly.0, Ordering::Relaxed);
    LAST.store(filter.program.instructions().as_ptr().cast_mut(), Ordering::Relaxed);
}

/// Whether a policy that is remembered kills this way of installing another.
#[inline]
pub(crate) fn is_deadly(way: Way) -> bool {
    Deadly(DEADLY.load(Ordering::Relaxed)).has(way)
}

/// Whether this is the last policy.
#[inline]
pub(crate) fn is_last(filter: &Filter) -> bool {
    core::ptr::eq(LAST.load(Ordering::Relaxed), filter.program.instructions().as_ptr())
}
