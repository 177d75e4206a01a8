//! What this process has installed, as far as it matters to whatever it installs next.
//!
//! The kernel cannot be asked: under a policy that allows little, asking is deadly. So a program
//! remembers the policies that it has put in force for all of its threads. Those of one thread alone are
//! not remembered, because nothing here can tell one thread from another without a system call.
//!
//! Nothing is ever *allowed* because of what is remembered: memory can be shared with a process that is
//! not under the policy (`CLONE_VM`, clone(2)), so it only serves to refuse.

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, SockFilter};

use crate::error::Feature;
use crate::policy::Filter;
use crate::sys::{self, Answer};

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
        Ok(value) => Action::from_return_value(value).signals(),
        Err(_) => true,
    }
}

/// What all policies that are remembered kill together.
static DEADLY: AtomicU32 = AtomicU32::new(0);

/// As many policies can be remembered at least. The kernel runs the filters of all of them on each system call.
const MOST: usize = 64;

/// At as many places the search for a program begins, so that it seldom takes more than a step.
const STARTS: usize = 32;

/// The programs of all policies that are remembered: each in the first place that was free from where the
/// search for it begins, so there are `MOST` places for it wherever that is. All are null at first, and so no
/// bytes of the program's file.
static PROGRAMS: [AtomicPtr<SockFilter>; MOST + STARTS] =
    [const { AtomicPtr::new(core::ptr::null_mut()) }; MOST + STARTS];

/// Remembers what a policy that is in force for all threads kills.
#[inline]
pub(crate) fn remember_deadly(filter: &Filter) {
    DEADLY.fetch_or(filter.deadly.0, Ordering::Relaxed);
}

/// Remembers the policy itself, in one step with the question whether it is remembered already: of two threads
/// that ask at once, one is told that it is. [`Answer::DONE`] if it was not, [`Answer::REPEATED`] if it was, and
/// [`Answer::NO_ROOM`] if there are [`MOST`] others or more.
///
/// Nothing is ever taken out, so a free place ends the search. Policies are the same if they share a program in
/// memory. rustc may put that of one constant at several addresses, for different functions that name it: a
/// function that runs again and again has the same ones each time.
#[inline]
pub(crate) fn remember_program(filter: &Filter) -> Answer {
    let program = filter.program.instructions().as_ptr().cast_mut();
    let free = core::ptr::null_mut();
    let mut place = (program.addr() >> 4) % STARTS;
    while let Some(known) = PROGRAMS.get(place) {
        match known.compare_exchange(free, program, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Answer::DONE,
            Err(known) if known == program => return Answer::REPEATED,
            Err(_) => place += 1,
        }
    }
    Answer::NO_ROOM
}

/// Whether a policy that is remembered kills this way of installing another.
#[inline]
pub(crate) fn is_deadly(way: Way) -> bool {
    Deadly(DEADLY.load(Ordering::Relaxed)).has(way)
}
