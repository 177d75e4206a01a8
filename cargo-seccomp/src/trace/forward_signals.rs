//! Signals that are meant for the program but reach the tool.

use std::thread;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

/// Sends the signals that this tool gets on to `program`. `SIGINT` and `SIGQUIT` come from the terminal, and reach the program
/// without that, as it is in the same process group; the tool goes on, to see how the program takes them.
///
/// # Errors
///
/// If no handler can be set.
pub(super) fn forward_signals(program: u32) -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])
        .context("cannot set handlers of signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let pid = i32::try_from(program).ok().and_then(Pid::from_raw);
            let number = Signal::from_named_raw(signal);
            if let (Some(pid), Some(number)) = (pid, number)
                && ![SIGINT, SIGQUIT].contains(&signal)
            {
                let _ = kill_process(pid, number);
            }
        }
    });
    Ok(())
}
