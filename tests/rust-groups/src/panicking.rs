//! Panics, and other ways to die.
#![allow(unsafe_code)] // To fault, one must read what may not be read.

use std::hint::black_box;
use std::panic::{catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::thread;

use crate::filter::{Filter, done};

/// A function that a backtrace must name.
#[inline(never)]
fn function_that_panics() {
    panic!("the message");
}

/// A panic that is caught. Its message is on standard error.
pub(crate) fn catch(filter: &Filter) -> ExitCode {
    filter.install();
    done(catch_unwind(function_that_panics).is_err())
}

/// Unwinding without a message.
pub(crate) fn catch_quietly(filter: &Filter) -> ExitCode {
    filter.install();
    done(catch_unwind(|| resume_unwind(Box::new(7))).is_err())
}

/// A panic whose message needs much memory.
pub(crate) fn catch_long(filter: &Filter) -> ExitCode {
    filter.install();
    done(catch_unwind(|| panic!("{0:>60000}{0:>60000}{0:>60000}", "the message")).is_err())
}

/// A panic that ends a thread.
pub(crate) fn panic_in_thread(filter: &Filter) -> ExitCode {
    filter.install();
    done(thread::spawn(function_that_panics).join().is_err())
}

/// A panic while another one unwinds: it prints a backtrace whatever the value of `RUST_BACKTRACE`,
/// and ends the process.
pub(crate) fn panic_twice(filter: &Filter) -> ExitCode {
    struct PanicInDrop;
    impl Drop for PanicInDrop {
        fn drop(&mut self) {
            function_that_panics();
        }
    }
    filter.install();
    let _twice = PanicInDrop;
    panic!("the first");
}

/// A panic that nobody catches.
pub(crate) fn panic_in_main(filter: &Filter) -> ExitCode {
    filter.install();
    function_that_panics();
    ExitCode::FAILURE
}

/// abort(3), which is how a panic ends that may not unwind.
pub(crate) fn abort(filter: &Filter) -> ExitCode {
    filter.install();
    std::process::abort()
}

/// A stack overflow.
pub(crate) fn overflow(filter: &Filter) -> ExitCode {
    fn recurse(depth: u64) -> u64 {
        let frame = black_box([depth; 64]);
        if black_box(false) { 0 } else { recurse(depth + 1) + frame[3] }
    }
    filter.install();
    done(recurse(0) == 0)
}

/// A read of memory that may not be read, while the stack has room for more than the signal.
pub(crate) fn fault(filter: &Filter) -> ExitCode {
    // SAFETY: a new anonymous mapping (mmap(2), Linux man-pages 6.03) aliases nothing.
    let page = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        libc::mmap(std::ptr::null_mut(), 1, libc::PROT_NONE, flags, -1, 0)
    };
    filter.install();
    // SAFETY: the address is mapped and belongs to nothing else, and a byte may have any value. That
    // it may not be read ends the process.
    let byte = unsafe { page.cast::<u8>().read_volatile() };
    done(byte > 0)
}
