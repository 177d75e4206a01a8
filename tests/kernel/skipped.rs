//! A call that a tracer skips: its number is -1 when the filter sees it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_tests::child::{End, Notes, Outcome, Running, start};
use seccomp_tests::{call, tracer};

const GO: usize = 1;

const BY_DEFAULT: Policy = seccomp_policy! { errno(ENOSYS) clone3; default allow };
const ERRNO: Policy = seccomp_policy! { allow getppid, exit, exit_group; default errno(EPERM) };
const NAMED: Policy =
    seccomp_policy! { allow getppid, exit, exit_group; allow syscall(-1); default kill };
const KILLED: Policy = seccomp_policy! { kill syscall(-1); default allow };

/// A child that waits for a signal of the parent, installs `policy`, and makes getppid(2).
fn asks_parent(policy: Policy) -> Running {
    start(|notes| {
        notes.wait(GO);
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        0
    })
}

fn skipped(policy: Policy) -> Outcome {
    let child = asks_parent(policy);
    let notes = child.notes;
    tracer::skip(child.pid, libc::SYS_getppid, 42, || notes.put(GO, 1));
    child.wait()
}

#[test]
fn a_call_that_a_tracer_skips_gets_the_default() {
    for policy in [BY_DEFAULT, ERRNO] {
        let outcome = skipped(policy);
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 42));
    }
}

#[test]
fn a_rule_can_name_a_call_that_a_tracer_skips() {
    let outcome = skipped(NAMED);
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 42));
    let outcome = skipped(KILLED);
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::SIGSYS, Notes::NOTHING));
}

#[test]
fn strace_injects_answers_under_a_policy() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        // This bypasses the harness, which hides the output of passed tests.
        let line = "NOT RUN: strace is not installed, so no test of `strace -e inject` was made\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    for policy in [BY_DEFAULT, ERRNO] {
        let child = asks_parent(policy);
        let mut strace = Command::new("strace")
            .args(["-q", "-e", "trace=getppid", "-e", "inject=getppid:retval=42", "-p"])
            .arg(child.pid.to_string())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.pid);
        let traced = || {
            let status = std::fs::read_to_string(&status).unwrap();
            !status.contains("TracerPid:\t0\n")
        };
        while !traced() {
            assert_eq!(strace.try_wait().unwrap(), None, "strace ended");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.notes.put(GO, 1);
        strace.wait().unwrap();
        let outcome = child.wait();
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 42));
    }
}
