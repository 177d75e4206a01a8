//! Remembers the policies that this process has installed, as input to later installations.
//!
//! The kernel cannot be asked: a strict policy kills the thread that asks. So a process remembers the policies
//! that it has installed on all of its threads. Policies of one thread are not remembered, because without a
//! system call this code cannot tell threads apart.
//!
//! This memory may only cause a refusal, never a permission: a process without the policy can share it (`CLONE_VM`,
//! clone(2)).

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use seccomp_bpf::abi::{Abi, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::{self, Operation, SockFilter};

use crate::install_error::Feature;
use crate::policy::Filter;
use crate::sys::{self, CallResult};

/// A way to install a policy: the flags of `SECCOMP_SET_MODE_FILTER`, whether `no_new_privs` is set before, and whether
/// there is a listener. Each combination has a bit in [`DeadlyWays`].
#[derive(Clone, Copy)]
pub(crate) struct InstallWay(u32);

impl InstallWay {
    const NO_NEW_PRIVS: u32 = 2 * Feature::Speculation.flag();
    /// With a listener, the flags differ between kernels. All of those calls are one way.
    const LISTENER: u32 = 2 * Self::NO_NEW_PRIVS;

    /// The way without a listener. `flags` has none of the flags for one.
    pub(crate) const fn new(flags: u32, no_new_privs: bool) -> Self {
        Self(if no_new_privs { flags | Self::NO_NEW_PRIVS } else { flags })
    }

    /// The way with a listener and otherwise these flags.
    pub(crate) const fn with_listener(flags: u32, no_new_privs: bool) -> Self {
        Self(Self::new(flags, no_new_privs).0 | Self::LISTENER)
    }
}

/// The ways to install that a policy kills or traps, one bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DeadlyWays(u32);

// There is a bit for each combination.
const _: () = assert!(2 * InstallWay::LISTENER <= u32::BITS);

impl DeadlyWays {
    /// The ways that the policy with this filter kills or traps.
    #[inline]
    pub(crate) const fn of(instructions: &[SockFilter]) -> Self {
        let mut no_new_privs_kills = false;
        let mut prctl = 0;
        while prctl < sys::NO_NEW_PRIVS.len() {
            no_new_privs_kills |= kills(instructions, &sys::NO_NEW_PRIVS[prctl]);
            prctl += 1;
        }
        let mut deadly = 0;
        let mut flags = 0;
        while flags < InstallWay::NO_NEW_PRIVS {
            let by_itself = kills(instructions, &sys::set_filter_call(flags));
            deadly |= (by_itself as u32) << InstallWay::new(flags, false).0;
            deadly |= ((by_itself || no_new_privs_kills) as u32) << InstallWay::new(flags, true).0;
            let [plain, killable] = Feature::listener_flags(flags);
            let listening = kills(instructions, &sys::set_filter_call(Feature::LISTENER_PROBE))
                || kills(instructions, &sys::set_filter_call(plain))
                || kills(instructions, &sys::set_filter_call(killable));
            deadly |= (listening as u32) << InstallWay::with_listener(flags, false).0;
            deadly |= ((listening || no_new_privs_kills) as u32)
                << InstallWay::with_listener(flags, true).0;
            flags += 1;
        }
        Self(deadly)
    }

    /// The bits, to keep them with a filter.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    const fn has(self, way: InstallWay) -> bool {
        self.0 >> way.0 & 1 != 0
    }
}

/// The bits that `remember_deadly` adds for a policy with this filter. For tracers, which may have to undo that.
#[cfg(feature = "tracer")]
#[must_use]
#[inline]
pub const fn __deadly_ways(filter: &[SockFilter]) -> u32 {
    DeadlyWays::of(filter).bits()
}

/// Whether the action of the filter for this call ends the caller.
#[inline]
const fn kills(instructions: &[SockFilter], call: &Call) -> bool {
    match bpf::interpret(instructions, call, Abi::NATIVE.endian()) {
        Ok(value) => Action::from_return_value(value).signals(),
        Err(_) => true,
    }
}

/// Whether the kernel makes this call under the filter.
#[inline]
pub(crate) const fn permits(instructions: &[SockFilter], call: &Call) -> bool {
    match bpf::interpret(instructions, call, Abi::NATIVE.endian()) {
        Ok(value) => Action::from_return_value(value).permits(),
        Err(_) => false,
    }
}

/// Whether the filter has the action [`Action::Notify`] for any call.
#[inline]
pub(crate) const fn notifies(instructions: &[SockFilter]) -> bool {
    let notify = Action::Notify.to_return_value();
    let mut index = 0;
    while index < instructions.len() {
        if let Some(Operation::ReturnConstant(value)) = instructions[index].operation() {
            if Action::from_return_value(value).to_return_value() == notify {
                return true;
            }
        }
        index += 1;
    }
    false
}

/// The ways that any remembered policy kills.
static DEADLY: AtomicU32 = AtomicU32::new(0);

/// The number of policies for which there is always room. (The kernel runs the filters of all of them on each system
/// call.)
const MOST: usize = 64;

/// The number of places where the search for a filter can begin, so that it seldom takes more than one step.
const STARTS: usize = 32;

/// The filters of all remembered policies. Each is in the first place that was free after the start of its
/// search. There are `MOST` places after every possible start. All places are null at first, so they take no
/// bytes in the program's file.
static FILTERS: [AtomicPtr<SockFilter>; MOST + STARTS] =
    [const { AtomicPtr::new(core::ptr::null_mut()) }; MOST + STARTS];

/// Remembers the ways to install that a policy on all threads kills.
#[inline]
pub(crate) fn remember_deadly(filter: &Filter<'_>) {
    DEADLY.fetch_or(filter.instructions.owner_bits(), Ordering::Relaxed);
}

/// Remembers the policy itself, and checks in the same step whether it was there already: if two threads add it at
/// once, one of them finds it there. Returns [`CallResult::DONE`] if it was new, [`CallResult::REPEATED`] if it was
/// there, and [`CallResult::NO_ROOM`] if there are at least [`MOST`] others.
///
/// Policies are never removed, so a free place ends the search. Two policies are the same if their filters in read-only
/// data are at the same address, `policy`. rustc may put the filter of one constant at several addresses, for different
/// functions that name it, but a function that runs repeatedly uses the same address each time. A filter in other
/// memory has no address that identifies it: then `policy` is null, and nothing is remembered.
#[inline]
pub(crate) fn remember_filter(policy: *const SockFilter) -> CallResult {
    let instructions = policy.cast_mut();
    let free = core::ptr::null_mut();
    let mut place = (instructions.addr() >> 4) % STARTS;
    while let Some(known) = FILTERS.get(place) {
        match known.compare_exchange(free, instructions, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return CallResult::DONE,
            Err(known) if known == instructions => return CallResult::REPEATED,
            Err(_) => place += 1,
        }
    }
    CallResult::NO_ROOM
}

/// Whether a remembered policy kills this way of installing another.
#[inline]
pub(crate) fn is_deadly(way: InstallWay) -> bool {
    DeadlyWays(DEADLY.load(Ordering::Relaxed)).has(way)
}
