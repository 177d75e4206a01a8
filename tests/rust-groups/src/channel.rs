//! Receives from a channel while another thread is putting a message into it.
//!
//! std's receiver then gives up its time slice until the message is whole. That takes only
//! nanoseconds, so this program stops the sender there: half of the place for the message is not
//! writable, and the handler of the fault holds the sender until the receiver has waited for it.
#![allow(unsafe_code)] // An allocator that tells addresses, sigaction(2), mprotect(2), clocks.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::filter::{Filter, done};

const PAGE_BYTES: usize = 4096;
/// Each place for a message contains whole pages, wherever it begins.
type Message = [u8; 4 * PAGE_BYTES];

/// The time that the receiver must have run within `recv`: longer than it spins, some microseconds,
/// before it gives up its time slice. Not much longer, because on a busy machine that takes long.
const RECEIVING: Duration = Duration::from_micros(300);

/// Set by the handler: the sender is stopped.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// Set by the receiver: it receives next.
static RECEIVES: AtomicBool = AtomicBool::new(false);
/// The clock that measures how long the receiver has run.
static RECEIVER_CLOCK: AtomicI32 = AtomicI32::new(0);
/// The page that may not be written.
static PAGE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
/// The places for messages: the only memory of this program as large as several messages.
static PLACES: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// The system's allocator, which remembers its last very large block.
struct Noting;

#[global_allocator]
static ALLOCATOR: Noting = Noting;

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is what the system's allocator asks.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { System.alloc_zeroed(layout) };
        if layout.size() > 8 * size_of::<Message>() {
            PLACES.store(block, Ordering::SeqCst);
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, bytes) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// A receiver that must wait for a sender.
pub(crate) fn channel(filter: &Filter) -> ExitCode {
    let (sender, receiver) = mpsc::channel::<Message>();
    // The first message makes the channel allocate its places, and takes the first of them.
    sender.send([1; size_of::<Message>()]).expect("there is a receiver");
    receiver.recv().expect("there is a message");
    let second = PLACES.load(Ordering::SeqCst).wrapping_add(size_of::<Message>() + PAGE_BYTES);
    let page = second.wrapping_add(second.align_offset(PAGE_BYTES));
    PAGE.store(page, Ordering::SeqCst);
    RECEIVER_CLOCK.store(clock_of_this_thread(), Ordering::SeqCst);
    handle_faults();
    protect(libc::PROT_NONE);

    filter.install();
    thread::spawn(move || sender.send([2; size_of::<Message>()]).is_ok());
    while !STOPPED.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    RECEIVES.store(true, Ordering::SeqCst);
    done(receiver.recv().is_ok_and(|message| message.iter().all(|byte| *byte == 2)))
}

/// What the sender does when it cannot write.
extern "C" fn wait_for_receiver(_: c_int) {
    STOPPED.store(true, Ordering::SeqCst);
    while !RECEIVES.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    let start = receiver_time();
    while receiver_time() < start + RECEIVING {
        std::hint::spin_loop();
    }
    protect(libc::PROT_READ | libc::PROT_WRITE);
}

fn handle_faults() {
    // SAFETY: `struct sigaction` is numbers and an optional function: zero is a value of each.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = wait_for_receiver as *const () as libc::sighandler_t;
    // SAFETY: sigaction(2) reads one `struct sigaction`. The handler makes system calls and uses
    // atomics, which signal-safety(7) allows.
    let error = unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, std::ptr::null_mut()) };
    assert_eq!(error, 0);
}

fn protect(protection: c_int) {
    let page = PAGE.load(Ordering::SeqCst).cast::<c_void>();
    // SAFETY: mprotect(2) reads and writes no memory. The page is within the second place for a
    // message, so nothing but that message is written there.
    unsafe { libc::mprotect(page, PAGE_BYTES, protection) };
}

fn clock_of_this_thread() -> libc::clockid_t {
    let mut clock = 0;
    // SAFETY: pthread_self(3) takes nothing.
    let this_thread = unsafe { libc::pthread_self() };
    // SAFETY: pthread_getcpuclockid(3) writes one `clockid_t`, to `clock`; the thread is alive.
    let error = unsafe { libc::pthread_getcpuclockid(this_thread, &raw mut clock) };
    assert_eq!(error, 0);
    clock
}

/// The time that the receiver has run.
fn receiver_time() -> Duration {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: clock_gettime(2) writes one `struct timespec`, to `time`.
    unsafe { libc::clock_gettime(RECEIVER_CLOCK.load(Ordering::SeqCst), time.as_mut_ptr()) };
    // SAFETY: it is numbers, and zero is a number if nothing was written.
    let time = unsafe { time.assume_init() };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
