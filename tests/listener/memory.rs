//! The memory of a target, which may change or go away while its supervisor reads it.
#![allow(unsafe_code)] // Targets map and unmap memory.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use seccomp_runtime::{ListenerError, Notification, Policy, Response, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::End;
use seccomp_tests::thread::spawn;

use seccomp_tests::target::supervised;

const ASK: Policy = seccomp_policy! { notify syscall(1000); default allow };

const PAGE: usize = 4096;

/// Maps two pages in a row.
fn two_pages() -> *mut u8 {
    // SAFETY: a new anonymous mapping aliases nothing (mmap(2), Linux man-pages 6.03).
    let pages = unsafe {
        libc::mmap(
            null_mut(),
            2 * PAGE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(pages, libc::MAP_FAILED);
    pages.cast()
}

/// Maps two pages, and unmaps the second one, so that readable memory ends with the first.
fn page_at_an_end() -> *mut u8 {
    let pages = two_pages();
    unmap(pages.wrapping_add(PAGE));
    pages
}

/// Unmaps a page that `two_pages` mapped.
fn unmap(page: *mut u8) {
    // SAFETY: the page is of a mapping of this test, and no reference leads into it.
    assert_eq!(unsafe { libc::munmap(page.cast(), PAGE) }, 0);
}

/// Writes `text` at `offset` of a page.
fn write(page: *mut u8, offset: usize, text: &[u8]) {
    assert!(offset + text.len() <= PAGE);
    // SAFETY: the page is mapped and writable, and `text` fits after `offset`, as asserted.
    unsafe { page.wrapping_add(offset).copy_from_nonoverlapping(text.as_ptr(), text.len()) };
}

/// Reads the string at the first argument, and returns it with the result.
fn string(notification: &Notification<'_>, longest: usize) -> Result<Vec<u8>, ListenerError> {
    let mut buffer = vec![0xff; longest];
    let read = notification.read_string(notification.call().args[0], &mut buffer);
    let read = read.map(|text| text.to_bytes().to_vec());
    if read.is_err() {
        assert!(buffer.iter().all(|&byte| byte == 0), "something is left of what failed");
    }
    read
}

#[test]
fn strings_are_read_up_to_the_end_of_the_memory_and_not_beyond() {
    let (child, listener) = supervised(ASK.installer(), |_| {
        let page = page_at_an_end();
        for text in [&b"/end\0"[..], b"/no end", b"\0"] {
            let at = PAGE - text.len();
            write(page, at, text);
            call::probe([page as u64 + at as u64, 0, 0, 0, 0, 0]);
        }
        call::probe([0; 6]);
        call::probe([u64::MAX - 1, 0, 0, 0, 0, 0]);
        // A string over the border of two pages.
        let at = two_pages();
        write(at, PAGE - 3, b"/ov");
        write(at.wrapping_add(PAGE), 0, b"er\0");
        call::probe([at as u64 + PAGE as u64 - 3, 0, 0, 0, 0, 0]);
        0
    });
    let expected: [(usize, Result<&[u8], ListenerError>); 6] = [
        (PAGE, Ok(b"/end")),
        (PAGE, Err(ListenerError::Unreadable)),
        (PAGE, Ok(b"")),
        (PAGE, Err(ListenerError::Unreadable)),
        (PAGE, Err(ListenerError::Unreadable)),
        (PAGE, Ok(b"/over")),
    ];
    for (longest, expected) in expected {
        let notification = listener.receive().unwrap().unwrap();
        assert_eq!(string(&notification, longest), expected.map(<[u8]>::to_vec));
        notification.respond(Response::Value(0)).unwrap();
    }
    assert_eq!(child.wait().end, End::Exited(0));
}

#[test]
fn a_string_that_is_longer_than_the_buffer_is_not_cut_off() {
    static TEXT: &[u8; 6] = b"12345\0";
    let (child, listener) = supervised(ASK.installer(), |_| {
        call::probe([TEXT.as_ptr() as u64; 6]);
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    for longest in 0..6 {
        assert_eq!(string(&notification, longest), Err(ListenerError::NoEnd), "{longest}");
    }
    assert_eq!(string(&notification, 6).unwrap(), b"12345");
    notification.respond(Response::Value(0)).unwrap();
    assert_eq!(child.wait().end, End::Exited(0));
}

#[test]
fn memory_that_is_only_partly_mapped_is_not_read() {
    let (child, listener) = supervised(ASK.installer(), |_| {
        let page = page_at_an_end();
        write(page, PAGE - 4, b"last");
        call::probe([page as u64 + PAGE as u64 - 4; 6]);
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let at = notification.call().args[0];
    let mut whole = [0; 4];
    assert_eq!(notification.read_memory(at, &mut whole), Ok(()));
    assert_eq!(&whole, b"last");
    let mut beyond = [1; 5];
    assert_eq!(notification.read_memory(at, &mut beyond), Err(ListenerError::Unreadable));
    assert_eq!(beyond, [0; 5]);
    notification.respond(Response::Value(0)).unwrap();
    assert_eq!(child.wait().end, End::Exited(0));
}

const GO: usize = 1;
const DONE: usize = 2;

/// The page that a thread of a target unmaps or changes.
static SHARED: AtomicU64 = AtomicU64::new(0);

#[test]
fn memory_that_the_target_unmaps_meanwhile_is_an_error() {
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let page = page_at_an_end();
        write(page, 0, b"here\0");
        SHARED.store(page as u64, Ordering::SeqCst);
        let Some(thread) = spawn(notes, |notes| {
            notes.wait(GO);
            unmap(SHARED.load(Ordering::SeqCst) as *mut u8);
            notes.put(DONE, 1);
        }) else {
            return 1;
        };
        notes.put(0, call::probe([page as u64; 6]));
        thread.join();
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    assert_eq!(string(&notification, 64).unwrap(), b"here");
    child.notes.put(GO, 1);
    child.notes.wait(DONE);
    assert_eq!(string(&notification, 64), Err(ListenerError::Unreadable));
    notification.respond(Response::Value(3)).unwrap();
    let outcome = child.wait();
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 3));
}

/// A thread of the target changes a page all the time. Each byte that the supervisor reads is one
/// that the thread wrote.
#[test]
fn memory_that_the_target_changes_meanwhile_is_read_once() {
    static CHANGING: [AtomicU8; 64] = [const { AtomicU8::new(b'a') }; 64];
    let (child, listener) = supervised(ASK.installer(), |notes| {
        let Some(thread) = spawn(notes, |notes| {
            while notes.get(GO) != 1 {
                for value in [b'a', b'b'] {
                    for byte in &CHANGING {
                        byte.store(value, Ordering::Relaxed);
                    }
                }
            }
        }) else {
            return 1;
        };
        notes.put(0, call::probe([CHANGING.as_ptr() as u64; 6]));
        thread.join();
        0
    });
    let notification = listener.receive().unwrap().unwrap();
    let mut copy = [0; 64];
    for _ in 0..1000 {
        notification.read_memory(notification.call().args[0], &mut copy).unwrap();
        assert!(copy.iter().all(|byte| b"ab".contains(byte)), "{copy:?}");
    }
    child.notes.put(GO, 1);
    notification.respond(Response::Value(0)).unwrap();
    assert_eq!(child.wait().end, End::Exited(0));
}
