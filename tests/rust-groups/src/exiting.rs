//! The end of the process.
#![allow(unsafe_code)] // atexit(3).

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::LEFT_MAIN;
use crate::filter::Filter;
use crate::watched::Watched;

/// Leaves `main`.
pub(crate) fn leave_main(filter: &Filter) -> ExitCode {
    filter.install();
    ExitCode::from(LEFT_MAIN)
}

/// Does not leave `main`.
pub(crate) fn exit(filter: &Filter) -> ExitCode {
    filter.install();
    std::process::exit(LEFT_MAIN.into())
}

/// Leaves `main` with text in standard output's buffer.
pub(crate) fn unflushed(filter: &Filter) -> ExitCode {
    filter.install();
    print!("not a whole line");
    ExitCode::from(LEFT_MAIN)
}

/// Another thread calls `exit` while `main` returns. That thread has to wait, and the process does
/// not end until it waits.
pub(crate) fn exit_twice(filter: &Filter) -> ExitCode {
    static SECOND: OnceLock<&Watched> = OnceLock::new();
    static MAIN_LEFT: AtomicBool = AtomicBool::new(false);
    extern "C" fn hold_up() {
        MAIN_LEFT.store(true, Ordering::SeqCst);
        if let Some(second) = SECOND.get() {
            second.wait_until_asleep();
        }
    }
    // SAFETY: atexit(3) (Linux man-pages 6.03) keeps the address of a function, which lives forever;
    // it does not unwind.
    let error = unsafe { libc::atexit(hold_up) };
    assert_eq!(error, 0);
    thread::spawn(|| {
        SECOND.get_or_init(Watched::this_thread);
        while !MAIN_LEFT.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
        std::process::exit(1)
    });
    while SECOND.get().is_none() {
        std::hint::spin_loop();
    }
    filter.install();
    ExitCode::from(LEFT_MAIN)
}

/// Everything in one program: threads that share work, a panic in one of them, and a normal end.
pub(crate) fn service(filter: &Filter) -> ExitCode {
    filter.install();
    let (results, collected) = mpsc::channel();
    let workers: Vec<_> = (0..4_u8)
        .map(|number| {
            let results = results.clone();
            let worker = thread::Builder::new().name(format!("worker {number}"));
            worker.spawn(move || {
                assert_ne!(number, 3, "the message");
                results.send((number, vec![number; 200_000])).ok();
            })
        })
        .collect();
    drop(results);
    let collected: HashMap<_, _> = collected.iter().collect();
    let failed = workers
        .into_iter()
        .filter_map(Result::ok)
        .map(thread::JoinHandle::join)
        .filter(Result::is_err)
        .count();
    let whole = collected.len() == 3 && failed == 1;
    ExitCode::from(if whole { LEFT_MAIN } else { 1 })
}
