//! Runs code in a child process, to test it under a policy.
//!
//! The child executes the program again and has to reach the same call of [`in_child`]. The place of a call identifies
//! it: its line, how often the thread has reached that line, and the calls around it. The child does not repeat earlier
//! calls: its parent sends it their reports over standard input.

use std::cell::RefCell;
use std::env;
use std::format;
use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::string::{String, ToString as _};
use std::vec::Vec;

use std::os::unix::process::ExitStatusExt as _;

use crate::sys;

/// How a child ended, and what it wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildReport {
    /// The status: 0 if the function returned, 101 if it panicked, a signal if the child was killed.
    pub status: ExitStatus,
    /// What the function wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error, such as the message of a panic.
    pub stderr: String,
}

impl ChildReport {
    /// Whether a policy killed the child, by the actions `kill`, or `trap` without a handler (the signal `SIGSYS`).
    #[must_use]
    pub fn is_killed_by_policy(&self) -> bool {
        // include/uapi/asm-generic/signal.h, Linux 6.12; it has this number on every architecture that this crate serves.
        const SIGSYS: i32 = 31;
        self.status.signal() == Some(SIGSYS)
    }
}

/// The variable that tells a child which call of [`in_child`] it is for: the number of processes that were started for
/// it, and the place.
const VARIABLE: &str = "SECCOMP_IN_CHILD";

/// The text between a place and a place within it.
const WITHIN: &str = ", within it ";

/// The exit status after a panic, as Rust has it for the first thread.
const PANICKED: u8 = 101;

/// The most processes that start each other. If there are more, none of them reaches its place.
const MOST_PROCESSES: u32 = 16;

std::thread_local! {
    static CALLS: RefCell<Calls> = RefCell::new(Calls::from_parent());
}

/// The calls of a thread.
struct Calls {
    /// The place of the call that this process is for; empty if it is for none.
    wanted: String,
    /// The number of processes from the first one to this one.
    processes: u32,
    /// The places around the next call, with [`WITHIN`] after each.
    around: String,
    /// How often the thread has come to each line.
    reached: Vec<(&'static Location<'static>, u32)>,
    /// The reports so far, with their places.
    reports: Vec<(String, ChildReport)>,
}

impl Calls {
    fn from_parent() -> Self {
        let variable = env::var(VARIABLE).unwrap_or_default();
        let (processes, wanted) = variable.split_once(' ').unwrap_or(("0", ""));
        let mut reports = Vec::new();
        if !wanted.is_empty() {
            let mut written = Vec::new();
            // A parent that wrote nothing has no reports: then the calls are made again.
            let _ = io::stdin().read_to_end(&mut written);
            reports = read_reports(&written);
        }
        Self {
            wanted: wanted.to_string(),
            processes: processes.parse().unwrap_or(MOST_PROCESSES),
            around: String::new(),
            reached: Vec::new(),
            reports,
        }
    }

    /// The place of a call that is made now.
    fn reach(&mut self, location: &'static Location<'static>) -> String {
        let count = match self.reached.iter_mut().find(|(known, _)| *known == location) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.reached.push((location, 1));
                1
            }
        };
        format!("{}{location} ({count})", self.around)
    }
}

/// Runs `body` in a child process, and says how the child ended and what it wrote. So a test can put code under a policy,
/// which can never be removed and may kill.
///
/// The child executes this program again, with the same arguments, up to this call, where it runs `body` and ends. So
/// the child is a whole process, unlike the fork(2) of a program with threads. But the code before this call runs once
/// more, and `body` takes what it captures from that second run. Earlier calls of `in_child` are not repeated. Call it
/// in `main` or in a `#[test]`, which is then the only test that the child runs. The standard input of the child is
/// empty. This function returns when every process that can write to the outputs of the child has ended, including
/// those that `body` starts and leaves behind.
///
/// The policy must allow what `body` does and what ends the process: write(2), for the output that waits in a buffer, and
/// exit_group(2).
///
/// # Errors
///
/// The child cannot be started, or it did not reach this call. (Call this function on the first thread or on the thread
/// of a test: the child does not have other threads.)
#[track_caller]
pub fn in_child(body: impl FnOnce()) -> io::Result<ChildReport> {
    let location = Location::caller();
    let here = CALLS.with_borrow_mut(|calls| calls.reach(location));
    let marker = format!("--- in_child at {here}\n");
    let command = CALLS.with_borrow_mut(|calls| {
        if calls.wanted == here {
            return Err(None);
        }
        if calls.wanted.strip_prefix(&*here).is_some_and(|rest| rest.starts_with(WITHIN)) {
            return Err(Some(format!("{here}{WITHIN}")));
        }
        Ok(calls.reports.iter().find(|(place, _)| *place == here).map(|(_, report)| report.clone()))
    });
    match command {
        Ok(Some(report)) => return Ok(report),
        Ok(None) => {}
        Err(around) => {
            let is_wanted = around.is_none();
            CALLS.with_borrow_mut(|calls| {
                calls.around = around.unwrap_or_else(|| format!("{here}{WITHIN}"));
            });
            run(is_wanted.then_some(&*marker), body);
        }
    }
    let report = report_of(&here, &marker)?;
    CALLS.with_borrow_mut(|calls| calls.reports.push((here, report.clone())));
    Ok(report)
}

/// Starts the child for the call at `here`, and waits for its end.
fn report_of(here: &str, marker: &str) -> io::Result<ChildReport> {
    let (processes, reports) =
        CALLS.with_borrow(|calls| (calls.processes, write_reports(&calls.reports)));
    if processes >= MOST_PROCESSES {
        return Err(io::Error::other(
            "each child called in_child at another place, so none of them reached the call that was meant",
        ));
    }
    let mut command = Command::new(env::current_exe()?);
    match std::thread::current().name() {
        // The harness of tests names each thread by its test.
        Some(test) if test != "main" => {
            command.args([test, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"]);
        }
        _ => {
            command.args(env::args_os().skip(1));
        }
    }
    command.env(VARIABLE, format!("{} {here}", processes + 1));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    // Another thread writes the reports, because the child may write before it reads. A child that ends before it has
    // read them does not reach its place, which is reported below.
    let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&reports)));
    let Output { status, stdout, stderr } = child.wait_with_output()?;
    let _ = writer.join();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    match (stdout.split_once(marker), stderr.split_once(marker)) {
        (Some((_, stdout)), Some((_, stderr))) => {
            Ok(ChildReport { status, stdout: stdout.to_string(), stderr: stderr.to_string() })
        }
        _ => Err(io::Error::other(format!(
            "the child did not reach in_child at {here}, and ended with {status}; it wrote:\n{stdout}{stderr}"
        ))),
    }
}

/// Runs `body` in the child and ends the process. Without a marker, the parent wants a call within `body`, and notices
/// if `body` does not make it.
fn run(marker: Option<&str>, body: impl FnOnce()) -> ! {
    if let Some(marker) = marker {
        // `print!` would write to the buffer of a test.
        let written = io::stdout().write_all(marker.as_bytes());
        let written = written.and_then(|()| io::stdout().flush());
        if written.and_then(|()| io::stderr().write_all(marker.as_bytes())).is_err() {
            // The parent does not find the marker, and returns an error.
            sys::exit_group(PANICKED);
        }
    }
    let panicked = catch_unwind(AssertUnwindSafe(body)).is_err();
    // A policy may deny the write; then nothing can report that.
    let _ = io::stdout().flush();
    sys::exit_group(if panicked { PANICKED } else { 0 });
}

/// Writes each report as a line with the status and the lengths of three texts, and then the texts: the place and the
/// two outputs.
fn write_reports(reports: &[(String, ChildReport)]) -> Vec<u8> {
    let mut written = Vec::new();
    for (place, ChildReport { status, stdout, stderr }) in reports {
        let texts = [place, stdout, stderr];
        let [a, b, c] = texts.map(String::len);
        written.extend(format!("{} {a} {b} {c}\n", status.into_raw()).bytes());
        for text in texts {
            written.extend(text.bytes());
        }
    }
    written
}

/// Reads what [`write_reports`] wrote, up to the first bytes that it cannot have written.
fn read_reports(written: &[u8]) -> Vec<(String, ChildReport)> {
    let mut reports = Vec::new();
    let mut rest = written;
    while let Some((report, after)) = read_report(rest) {
        reports.push(report);
        rest = after;
    }
    reports
}

fn read_report(written: &[u8]) -> Option<((String, ChildReport), &[u8])> {
    let end = written.iter().position(|&byte| byte == b'\n')?;
    let mut numbers = std::str::from_utf8(&written[..end]).ok()?.split(' ');
    let status = ExitStatus::from_raw(numbers.next()?.parse().ok()?);
    let mut rest = &written[end + 1..];
    let mut text = || {
        let (text, after) = rest.split_at_checked(numbers.next()?.parse().ok()?)?;
        rest = after;
        String::from_utf8(text.to_vec()).ok()
    };
    let (place, stdout, stderr) = (text()?, text()?, text()?);
    Some(((place, ChildReport { status, stdout, stderr }), rest))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;
    use std::string::ToString as _;
    use std::vec;

    use super::{ChildReport, read_reports, write_reports};

    #[test]
    fn reports_are_read_as_they_were_written() {
        let report = |status, text: &str| {
            let [stdout, stderr] = [format!("{text}\n1 2 3\n"), text.to_string()];
            ChildReport { status: ExitStatus::from_raw(status), stdout, stderr }
        };
        let reports = vec![
            ("src/lib.rs:1:2 (1)".to_string(), report(0, "")),
            ("src/lib.rs:1:2 (2)".to_string(), report(31, "ä")),
            ("a, within it b".to_string(), report(101 << 8, "x\n")),
        ];
        let written = write_reports(&reports);
        assert_eq!(read_reports(&written), reports);
        // A text that is cut off has the reports before the cut.
        for end in 0..written.len() {
            assert!(reports.starts_with(&read_reports(&written[..end])), "{end}");
        }
        assert!(read_reports(b"no report\n").is_empty());
    }
}
