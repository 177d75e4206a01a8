//! Threads of a forked child.
//!
//! They are started by pthread_create(3), and not by `std::thread`, which allocates. glibc and musl
//! make their own locks safe across fork(2), so a child may start threads.
#![allow(unsafe_code)] // pthread_create(3) and the pointer it passes on.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use crate::child::Notes;

/// A running thread.
#[derive(Debug)]
pub struct Thread(libc::pthread_t);

struct Start {
    body: fn(&'static Notes),
    notes: &'static Notes,
}

/// Starts a thread, or returns `None` if the system does not let it.
#[must_use]
pub fn spawn(notes: &'static Notes, body: fn(&'static Notes)) -> Option<Thread> {
    extern "C" fn run(start: *mut c_void) -> *mut c_void {
        // SAFETY: the pointer is to a `Start` that `spawn` keeps alive until this has been read,
        // for which it waits.
        let Start { body, notes } = unsafe { start.cast::<Start>().read() };
        notes.put(STARTED, 1);
        body(notes);
        std::ptr::null_mut()
    }
    notes.put(STARTED, Notes::NOTHING);
    let mut start = Start { body, notes };
    let mut thread = MaybeUninit::uninit();
    // SAFETY: pthread_create(3) (Linux man-pages 6.03) writes the id to `thread`, and passes the
    // pointer on to `run`, which is done with it when `STARTED` is set.
    let error = unsafe {
        libc::pthread_create(
            thread.as_mut_ptr(),
            std::ptr::null(),
            run,
            (&raw mut start).cast::<c_void>(),
        )
    };
    if error != 0 {
        return None;
    }
    notes.wait(STARTED);
    // SAFETY: pthread_create wrote it, having returned 0.
    Some(Thread(unsafe { thread.assume_init() }))
}

impl Thread {
    /// Waits until the thread has ended, even if a filter killed it: the kernel wakes the waiting
    /// thread (`CLONE_CHILD_CLEARTID`, clone(2), Linux man-pages 6.03).
    pub fn join(self) {
        // SAFETY: the thread is joinable, and joined once since this consumes it.
        unsafe { libc::pthread_join(self.0, std::ptr::null_mut()) };
    }
}

/// The note that a thread writes when it has begun.
const STARTED: usize = Notes::LEN - 1;
