//! Memory without an allocator: a fixed amount, given out once.
#![allow(unsafe_code)] // Parts of a static that are written to.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

/// `N` values, which `take` gives out in parts that never come back.
pub(crate) struct Arena<T, const N: usize> {
    values: UnsafeCell<[T; N]>,
    used: AtomicUsize,
}

// SAFETY: a value is reached only through the one slice that `take` gave out with it.
unsafe impl<T: Send, const N: usize> Sync for Arena<T, N> {}

impl<T: Copy, const N: usize> Arena<T, N> {
    pub(crate) const fn new(value: T) -> Self {
        Self { values: UnsafeCell::new([value; N]), used: AtomicUsize::new(0) }
    }

    /// The next `length` values, or `None` if there are not as many left.
    #[expect(clippy::mut_from_ref, reason = "each value is given out once")]
    pub(crate) fn take(&'static self, length: usize) -> Option<&'static mut [T]> {
        let next = |used: usize| used.checked_add(length).filter(|used| *used <= N);
        let first = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        let start = self.values.get().cast::<T>().wrapping_add(first);
        // SAFETY: `first + length` is at most `N`, so these are values of the array, which is
        // initialised and never dropped, being part of a static; and `used` has gone past them at
        // once, so no other caller gets them.
        Some(unsafe { core::slice::from_raw_parts_mut(start, length) })
    }
}
