//! The end of a process whose policy cannot be installed, and the line that says why.

use crate::installer::Installer;
use crate::sys::{self, CallResult};

/// The beginning of the last line of a program whose policy cannot be installed. It says which function does not run.
#[derive(Clone, Copy)]
pub(crate) enum Beginning<'a> {
    /// The text, as the macros make it.
    Said(&'a str),
    /// The name of the function.
    Function(&'a str),
}

impl Beginning<'_> {
    #[inline(always)] // Little code remains where the variant is known.
    pub(crate) fn write(self) {
        match self {
            Self::Said(said) => sys::write(said.as_bytes()),
            Self::Function(what) => write_not_run(what),
        }
    }
}

#[inline(never)]
fn write_not_run(what: &str) {
    sys::write(b"seccomp: `");
    sys::write(what.as_bytes());
    sys::write(b"` is not run: ");
}

/// Ends the process after a line that begins with `said`, because no supervisor would answer the calls with the action
/// `notify`: only [`Installer::install_with_listener`] makes a listener.
#[cold]
pub(crate) fn exit_without_listener(said: &str) -> ! {
    sys::write(said.as_bytes());
    sys::write(b"its policy has `notify`, which needs Installer::install_with_listener\n");
    sys::exit_group(Installer::EXIT_STATUS)
}

/// Ends the process after a line that begins with `said` and says why.
#[cold]
pub(crate) fn exit_because(said: Beginning<'_>, why: &str) -> ! {
    said.write();
    sys::write(why.as_bytes());
    sys::write(b"\n");
    sys::exit_group(Installer::EXIT_STATUS)
}

/// Reports why something does not run, and ends the process.
///
/// Every program with a `#[sandboxed]` contains this function, so it must stay within a few hundred bytes, text
/// included: no `core::fmt`, no text for each errno, and no more system calls to find the cause.
#[cold]
pub(crate) fn exit(returned: CallResult) -> ! {
    sys::write(cause(returned));
    if returned != CallResult::REPEATED {
        sys::write(with_number(&mut [b'\n'; 8], returned.number()));
    }
    sys::exit_group(Installer::EXIT_STATUS)
}

/// The text for a result, which comes before its number.
fn cause(returned: CallResult) -> &'static [u8] {
    const DENIED: &[u8] = b"a filter denies prctl or seccomp: errno ";
    // The end of the same bytes, so that the program has them only once.
    const OTHER: &[u8] = DENIED.split_at(DENIED.len() - b"errno ".len()).1;
    if returned.0 > 0 {
        b"another filter is on thread "
    } else if returned == CallResult::REPEATED {
        b"it installed its policy before\n"
    } else if returned.is_denial() {
        DENIED
    } else {
        OTHER
    }
}

/// Writes `number` in decimal before the last byte of `line`, and returns the digits and that byte. An errno has
/// at most four digits, and the id of a thread seven (`PID_MAX_LIMIT`, include/linux/threads.h, Linux 6.12).
fn with_number(line: &mut [u8; 8], mut number: u32) -> &[u8] {
    // The mask shows the bound to the compiler, so that it adds no bounds check.
    let mut start = 7;
    loop {
        start = (start - 1) & 7;
        line[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &line[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::{CallResult, cause, with_number};

    #[test]
    fn every_number_is_written_as_core_writes_it() {
        for number in [0, 1, 9, 10, 99, 100, 4095, 4_194_303] {
            let line = number.to_string() + "\n";
            assert_eq!(with_number(&mut [b'\n'; 8], number), line.as_bytes());
        }
    }

    #[test]
    fn denials_threads_and_other_errors_have_different_texts() {
        const DENIED: &[u8] = b"a filter denies prctl or seccomp: errno ";
        for (returned, text, number) in [
            (CallResult(-1), DENIED, 1),
            (CallResult::DEADLY, DENIED, 1),
            (CallResult::FAKED, DENIED, 0),
            (CallResult(-2), b"errno ", 2),
            (CallResult(-4095), b"errno ", 4095),
            (CallResult::NO_ROOM, b"errno ", 12),
            (CallResult(1), b"another filter is on thread ", 1),
            (CallResult(4_194_303), b"another filter is on thread ", 4_194_303),
        ] {
            assert_eq!((cause(returned), returned.number()), (text, number));
        }
    }
}
