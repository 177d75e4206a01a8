//! Forwards signals that are meant for the program but reach the tool.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::gettid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use super::thread_status::Status;

/// Forwards the signals that this tool gets to `program`. `SIGINT` and `SIGQUIT` come from the terminal, and reach the
/// program anyway, because it is in the same process group; the tool goes on, to see how the program handles them.
///
/// Once `has_ended` is true, the signals go to the processes that the program has left behind, which the terminal may
/// not reach: to all processes that the calling thread traces. A second signal that ends programs kills them. Without
/// that, only `SIGKILL` would end the tool, and its records would be lost.
///
/// # Errors
///
/// If no handler can be set.
pub(super) fn forward_signals(program: u32, has_ended: Arc<AtomicBool>) -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])
        .context("cannot set handlers of signals")?;
    let tracer = gettid().as_raw_nonzero().get().cast_unsigned();
    thread::spawn(move || {
        let mut asked_to_end = false;
        for signal in signals.forever() {
            let Some(number) = Signal::from_named_raw(signal) else { continue };
            if !has_ended.load(Ordering::Acquire) {
                if ![SIGINT, SIGQUIT].contains(&signal) {
                    send(program, number);
                }
                continue;
            }
            let ends = ![SIGUSR1, SIGUSR2].contains(&signal);
            let number = if ends && asked_to_end { Signal::KILL } else { number };
            asked_to_end |= ends;
            for process in traced_by(tracer) {
                send(process, number);
            }
        }
    });
    Ok(())
}

fn send(process: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// The processes that a thread traces.
fn traced_by(tracer: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes
        .filter(|process| Status::of(*process).is_some_and(|status| status.tracer == tracer))
        .collect()
}
