//! Copies of the filters of a policy with `report` and with values of the running program.
//!
//! The handler runs the filter of a policy on the denied call. A filter with values is on the stack only while it is
//! installed, so a copy of it stays here, with its values, in memory that takes no bytes in the file. The kernel has
//! its own copy: this one decides only what the report says.
#![allow(unsafe_code)] // Each copy is written once, by the thread that took its slot.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU8, Ordering};

use seccomp_bpf::abi::{ArgumentIndex, Call};
use seccomp_bpf::action::Action;
use seccomp_bpf::bpf::SockFilter;

use super::report_message::Message;
use super::run_filter;
use super::text_buffer::Base;
use crate::number::Number;

/// The most sets of values with which one policy with `report` is installed in a process.
const MOST: usize = 64;

/// The copies of one policy, for the number of instructions of its filter and for the number of its values.
#[doc(hidden)]
pub struct FilledFilters<const INSTRUCTIONS: usize, const VALUES: usize> {
    slots: [FilterSlot<INSTRUCTIONS, VALUES>; MOST],
}

/// Where one policy has its copies: a type that the expansion of the policy makes.
#[doc(hidden)]
pub trait Keeper<const INSTRUCTIONS: usize, const VALUES: usize> {
    /// The copies.
    fn filters() -> &'static FilledFilters<INSTRUCTIONS, VALUES>;
}

/// A slot for one copy.
struct FilterSlot<const INSTRUCTIONS: usize, const VALUES: usize> {
    /// [`FREE`], then [`TAKEN`], then [`KEPT`].
    state: AtomicU8,
    copy: UnsafeCell<FilledFilter<INSTRUCTIONS, VALUES>>,
}

/// A slot is empty.
const FREE: u8 = 0;
/// A thread writes there.
const TAKEN: u8 = 1;
/// The copy is there for ever.
const KEPT: u8 = 2;

/// A filter, and the values that are in it.
struct FilledFilter<const INSTRUCTIONS: usize, const VALUES: usize> {
    filter: [SockFilter; INSTRUCTIONS],
    values: [Number; VALUES],
}

// SAFETY: `state` is atomic. `copy` is written by one thread only, the one that changed the state from FREE to TAKEN (`keep`),
// before it stores KEPT with Release. All others read it only after they loaded KEPT with Acquire (`kept`), and nothing
// writes to it after that. Its content is plain numbers, which any thread may read.
unsafe impl<const INSTRUCTIONS: usize, const VALUES: usize> Sync
    for FilterSlot<INSTRUCTIONS, VALUES>
{
}

impl<const INSTRUCTIONS: usize, const VALUES: usize> FilterSlot<INSTRUCTIONS, VALUES> {
    #[inline]
    const fn new() -> Self {
        let filter = [SockFilter::statement(0, 0); INSTRUCTIONS];
        let copy = UnsafeCell::new(FilledFilter { filter, values: [0; VALUES] });
        Self { state: AtomicU8::new(FREE), copy }
    }

    /// The copy, if it is there.
    #[inline]
    fn kept(&self) -> Option<&FilledFilter<INSTRUCTIONS, VALUES>> {
        if self.state.load(Ordering::Acquire) != KEPT {
            return None;
        }
        // SAFETY: the state is KEPT, so the copy has been written, which this load sees (Acquire, after the Release of
        // `keep`), and no thread writes to it any more: only FREE becomes TAKEN.
        Some(unsafe { &*self.copy.get() })
    }
}

impl<const INSTRUCTIONS: usize, const VALUES: usize> FilledFilters<INSTRUCTIONS, VALUES> {
    /// No copies.
    #[expect(clippy::new_without_default, reason = "it is for one static of an expansion")]
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { slots: [const { FilterSlot::new() }; MOST] }
    }

    /// Keeps a copy, unless there is one with these values. Returns `false` if there are [`MOST`] others, or if it is not a
    /// filter of this policy.
    #[inline]
    fn keep(&self, filter: &[SockFilter], values: &[Number]) -> bool {
        let (Ok(&filter), Ok(&values)) = (
            <&[SockFilter; INSTRUCTIONS]>::try_from(filter),
            <&[Number; VALUES]>::try_from(values),
        ) else {
            return false;
        };
        for slot in &self.slots {
            match slot.kept() {
                Some(known) if known.values == values => return true,
                Some(_) => continue,
                None => {}
            }
            let taken =
                slot.state.compare_exchange(FREE, TAKEN, Ordering::Relaxed, Ordering::Relaxed);
            if taken.is_ok() {
                // SAFETY: this thread changed the state from FREE to TAKEN, which happens once, so no other thread writes.
                // None reads before the state is KEPT (`kept`). The address is that of the cell's content.
                unsafe { slot.copy.get().write(FilledFilter { filter, values }) };
                slot.state.store(KEPT, Ordering::Release);
                return true;
            }
        }
        false
    }

    /// Whether `is_it` holds for a copy.
    #[inline]
    fn any(&self, is_it: &mut dyn FnMut(&[SockFilter], &[Number]) -> bool) -> bool {
        self.slots.iter().filter_map(FilterSlot::kept).any(|copy| is_it(&copy.filter, &copy.values))
    }
}

/// The functions of a report whose policy has values. They are behind pointers, so that a program without such a policy
/// does not contain the code.
#[derive(Clone, Copy)]
pub(super) struct FilledReport {
    /// Keeps a filter and its values; `false` if there is no room.
    pub(super) keep: fn(&[SockFilter], &[Number]) -> bool,
    /// Whether a filter of the policy returns this value for a call.
    pub(super) returns: fn(&Call, u32) -> bool,
    /// Takes one byte of the index of a value (see `super::tables`). After the last byte it writes the value, if all
    /// filters in question have the same one.
    pub(super) value: fn(&mut Message<'_>, u8),
}

impl FilledReport {
    /// The pointers for the policy whose copies `K` has.
    #[inline]
    pub(super) const fn of<const INSTRUCTIONS: usize, const VALUES: usize, K>() -> &'static Self
    where
        K: Keeper<INSTRUCTIONS, VALUES>,
    {
        const {
            &Self {
                keep: |filter, values| K::filters().keep(filter, values),
                returns: |call, value| {
                    K::filters().any(&mut |filter, _| run_filter::run(filter, call) == value)
                },
                value: |message, byte| {
                    if let Some(index) = message.next_index(byte) {
                        let number = the_number(K::filters(), message, index);
                        if let Some(number) = number {
                            write(message, number);
                        }
                    }
                },
            }
        }
    }
}

/// The value with that index, if it is the same in all copies that deny the call as reported.
#[inline]
fn the_number<const INSTRUCTIONS: usize, const VALUES: usize>(
    copies: &FilledFilters<INSTRUCTIONS, VALUES>,
    message: &Message<'_>,
    index: usize,
) -> Option<Number> {
    let mut found = None;
    let differs = copies.any(&mut |filter, values| {
        let returned = Action::from_return_value(run_filter::run(filter, &message.denied.call));
        let denies = match returned {
            Action::Trap(data) => message.is_of(data),
            // Whatever else: it is not a denial of a policy with `report`.
            _ => false,
        };
        if message.denied.is_known(ArgumentIndex::A0) && !denies {
            return false;
        }
        let number = values.get(index).copied();
        let known = *found.get_or_insert(number);
        known != number
    });
    if differs { None } else { found.flatten() }
}

/// Writes a value as a comment of the language.
#[inline]
fn write(message: &mut Message<'_>, number: Number) {
    message.text.add(b" /* ");
    if number < 0 {
        message.text.add(b"-");
    }
    // A value that was installed has 64 bits at most.
    message.text.number(number.unsigned_abs() as u64, Base::Decimal);
    message.text.add(b" */");
}
