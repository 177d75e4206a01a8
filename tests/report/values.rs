//! Policies with values of the running program: a report shows the rule as it is written, and the value beside it.

#![allow(unsafe_code)] // System calls that a filter denies.

use std::sync::Barrier;

use seccomp_runtime::{
    Action, Errno, InstallError, InsteadOfKill, PolicyWith, call, sandboxed, seccomp_policy,
};
use seccomp_tests::call as raw;
use seccomp_tests::child::{End, Outcome, child};

use super::lines::without_address;

const FILE: &str = file!();

/// Makes a call with a first argument.
fn call_with(number: libc::c_long, first: i64) -> i64 {
    // SAFETY: each call here is denied, or only asks for a number.
    unsafe { libc::syscall(number, first, 0, 0, 0, 0, 0) }
}

/// Installs a policy in a child and makes a call.
fn denied<const N: usize>(policy: &PolicyWith<N>, number: libc::c_long, first: i64) -> Outcome {
    let outcome = child(|_| {
        if policy.install().is_err() {
            return 1;
        }
        call_with(number, first);
        2
    });
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    outcome
}

/// The line before the line of the policy.
const ABOVE: u32 = line!() + 2;
fn of(fd: u32, sid: i32, errno: u16) -> PolicyWith<6> {
    seccomp_policy! {
        report;
        allow close(fd == $fd);
        kill getsid(pid in {7, $(sid - 1), $sid});
        errno($errno) lseek(offset < run_time(sid)), getpgid(pid == $sid);
        allow @rust-exit, rt_sigreturn;
        default kill
    }
}

fn place(below: u32) -> String {
    format!("{FILE}:{}", ABOVE + below)
}

/// The lines of a report: the place and the call, the rules, and the rule to add.
fn lines(number_of_line: u32, call: &str, rules: &str, allow: &str) -> String {
    let name = call.split('(').next().unwrap();
    format!(
        "seccomp: {} denies {call}\n  rules for {name}: {rules}\n  to allow it: {allow}\n",
        place(number_of_line)
    )
}

#[test]
fn a_rule_has_the_value_beside_its_text() {
    let said = |number, first| without_address(&denied(&of(5, -3, 9), number, first).output);
    let rule = format!("allow close(fd == $fd /* 5 */) ({})", place(2));
    assert_eq!(said(libc::SYS_close, 6), lines(6, "close(fd=6)", &rule, "allow close;"));

    let rule =
        format!("kill getsid(pid in {{7, $(sid - 1) /* -4 */, $sid /* -3 */}}) ({})", place(3));
    let allow = format!("allow getsid; above {}", place(3));
    for (first, call) in [(7, "getsid(pid=7)"), (-4, "getsid(pid=-4)"), (-3, "getsid(pid=-3)")] {
        assert_eq!(said(libc::SYS_getsid, first), lines(3, call, &rule, &allow));
    }

    // `run_time(sid)` is another spelling of `$sid`. A rule with two targets has the values of each target beside
    // that target.
    let rule = format!("errno($errno /* 9 */) lseek(offset < $sid /* -3 */) ({})", place(4));
    let call = "lseek(fd=1, offset=0, whence=SEEK_SET)";
    let allow = "allow lseek(whence == SEEK_SET);";
    assert_eq!(said(libc::SYS_lseek, 1), lines(6, call, &rule, allow));
    let rule = format!("errno($errno /* 9 */) getpgid(pid == $sid /* -3 */) ({})", place(4));
    assert_eq!(said(libc::SYS_getpgid, -2), lines(6, "getpgid(pid=-2)", &rule, "allow getpgid;"));
    // A rule without a value has none beside it.
    assert_eq!(
        said(libc::SYS_getuid, 0),
        lines(6, "getuid()", "none, so `default kill` decides", "allow getuid;")
    );
}

#[test]
fn every_value_that_an_argument_can_have_is_shown_with_its_sign() {
    // `shown` is the value as the report writes it.
    let seeks = |install: &dyn Fn() -> bool, offset: i64, shown: String| {
        let outcome = child(|_| {
            if !install() {
                return 1;
            }
            // SAFETY: the policy denies the call.
            unsafe { libc::syscall(libc::SYS_lseek, 0, offset, 0) };
            2
        });
        assert_eq!(outcome.end, End::SIGSYS, "{shown}: {}", outcome.output);
        let expected = format!("== $value /* {shown} */)");
        assert!(outcome.output.contains(&expected), "{expected}: {}", outcome.output);
    };
    let unsigned = |value: u64| {
        let policy = seccomp_policy! {
            report numbers;
            kill lseek(offset as u64 == $value);
            default allow
        };
        seeks(&|| policy.install().is_ok(), value as i64, value.to_string());
    };
    let signed = |value: i64| {
        let policy = seccomp_policy! {
            report numbers;
            kill lseek(offset == $value);
            default allow
        };
        seeks(&|| policy.install().is_ok(), value, value.to_string());
    };
    for value in [0, 1, 9, u64::from(u32::MAX), 1 << 32, i64::MAX as u64] {
        unsigned(value);
        signed(value as i64);
    }
    for value in [-1, i64::from(i32::MIN), i64::MIN] {
        unsigned(value as u64);
        signed(value);
    }
}

/// The policy of a thread with another value than that of the process.
#[test]
fn a_value_is_shown_only_if_it_is_clear_which_one_it_is() {
    let said = |of_thread: u32, closes: i64| {
        let outcome = child(|_| {
            let policy = |fd: u32| {
                let policy = seccomp_policy! { report; kill close(fd >= $fd); default allow };
                policy.installer().this_thread_only().install().is_ok()
            };
            let (first, second) = (Barrier::new(2), Barrier::new(2));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    if !policy(of_thread) {
                        raw::exit_group(1);
                    }
                    first.wait();
                    second.wait();
                });
                first.wait();
                if !policy(1000) {
                    raw::exit_group(2);
                }
                call_with(libc::SYS_close, closes);
                second.wait();
            });
            3
        });
        assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
        outcome.output
    };
    // The policy of the thread allows this call.
    assert!(said(2000, 1500).contains("kill close(fd >= $fd /* 1000 */) ("));
    // It denies this call, and the values are the same.
    assert!(said(1000, 1500).contains("kill close(fd >= $fd /* 1000 */) ("));
    // It denies this call too, because of another value.
    assert!(said(1200, 1500).contains("kill close(fd >= $fd) ("));
}

#[test]
fn a_report_with_values_is_told_from_one_without() {
    let outcome = child(|_| {
        let five = 5_u32;
        let with = seccomp_policy! { report; kill getsid(pid == $five); default allow };
        let without = const {
            seccomp_policy! { report; kill getsid(pid == 6); default allow }
        };
        if with.install().is_err() || without.install().is_err() {
            return 1;
        }
        call_with(libc::SYS_getsid, 5);
        2
    });
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    assert!(outcome.output.contains("kill getsid(pid == $five /* 5 */) ("), "{}", outcome.output);
}

#[test]
fn a_policy_with_report_takes_64_sets_of_values_any_number_of_times() {
    let outcome = child(|notes| {
        let mut refused = 0;
        for round in 0..3 {
            for fd in 0..66_u32 {
                let policy = seccomp_policy! { report numbers; kill close(fd == $(1000 + fd)); default allow };
                match policy.installer().this_thread_only().install() {
                    Ok(()) if fd < 64 => {}
                    Err(InstallError::TooManyReports) if fd >= 64 => refused += 1,
                    Ok(()) | Err(_) => return 1,
                }
            }
            notes.put(round, refused);
        }
        // The refused policies are not in force, and the last one that was installed is.
        notes.put(3, call_with(libc::SYS_close, 1064));
        call_with(libc::SYS_close, 1063);
        2
    });
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    assert_eq!(outcome.notes.first(), [2, 4, 6, -1]);
    assert!(outcome.output.contains("$(1000 + fd) /* 1063 */"), "{}", outcome.output);
}

#[test]
fn a_value_that_does_not_fit_leaves_no_handler_behind() {
    let outcome = child(|notes| {
        let handler = || {
            // SAFETY: the structure is plain numbers, which sigaction(2) writes.
            let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: sigaction(2) writes to the structure only.
            unsafe { libc::sigaction(libc::SIGSYS, std::ptr::null(), &raw mut now) };
            now.sa_sigaction
        };
        let policy = |errno: i64| seccomp_policy! { report; errno($errno) getppid; kill getpgid; default allow };
        for errno in [-1, 4096, i64::MIN, i64::MAX] {
            if !matches!(policy(errno).install(), Err(InstallError::Value { .. })) {
                return 1;
            }
        }
        notes.put(0, i64::from(handler() == libc::SIG_DFL));
        if policy(4095).install().is_err() {
            return 2;
        }
        notes.put(1, i64::from(handler() == libc::SIG_DFL));
        notes.put(2, raw::getppid());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 0, -4095]));
}

#[test]
fn another_answer_takes_the_place_of_the_report() {
    let six = 6_u32;
    let policy = seccomp_policy! { report; kill getsid(pid == $six); default allow };
    assert!(matches!(policy.decide(&call!(getsid(6))), Action::Trap(_)));
    assert!(policy.allows(&call!(getsid(5))) && policy.denies(&call!(getsid(6))));
    let installer = policy.installer().instead_of_kill(InsteadOfKill::Errno(Errno::EACCES));
    assert_eq!(installer.decide(&call!(getsid(6))), Action::Errno(13));
    let outcome = child(|notes| {
        if installer.install().is_err() {
            return 1;
        }
        notes.put(0, call_with(libc::SYS_getsid, 6));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -1));
    assert_eq!(outcome.output, "");
}

#[sandboxed({ let six = 6_u32; seccomp_policy! { report; kill getsid(pid == $six); default allow } })]
fn under_six() {
    call_with(libc::SYS_getsid, 6);
}

#[sandboxed({ let none = 4096_u32; seccomp_policy! { report; errno($none) getsid; default allow } })]
fn under_nothing() {}

#[test]
fn sandboxed_and_install_or_exit_report_too() {
    let outcome = child(|_| {
        under_six();
        1
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert!(outcome.output.contains("kill getsid(pid == $six /* 6 */) ("), "{}", outcome.output);
    let outcome = child(|_| {
        of(5, 1, 9).install_or_exit("f");
        call_with(libc::SYS_close, 6);
        1
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert!(outcome.output.contains("allow close(fd == $fd /* 5 */) ("), "{}", outcome.output);
    let outcome = child(|_| {
        under_nothing();
        0
    });
    assert_eq!(outcome.end, End::Exited(1));
    let line = "seccomp: `under_nothing` is not run: `$none`: ";
    assert!(outcome.output.starts_with(line), "{}", outcome.output);
}

#[test]
fn a_policy_with_values_a_report_and_a_listener_has_all_three() {
    let outcome = child(|_| {
        let six = 6_u32;
        let policy =
            seccomp_policy! { report; kill getsid(pid == $six); notify getppid; default allow };
        let Ok(_listener) = policy.installer().install_with_listener() else { return 1 };
        call_with(libc::SYS_getsid, 6);
        2
    });
    assert_eq!(outcome.end, End::SIGSYS);
    assert!(outcome.output.contains("kill getsid(pid == $six /* 6 */) ("), "{}", outcome.output);
}

/// A report of a function with a type parameter, and with constants that depend on it.
#[test]
fn generic_functions_report_too() {
    trait Limit {
        const FD: u32;
    }
    struct Hundred;
    impl Limit for Hundred {
        const FD: u32 = 100;
    }
    fn close_under<T: Limit>(fd: u32) -> Outcome {
        child(|_| {
            let policy =
                seccomp_policy! { report; kill close(fd in {{ T::FD }, $fd}); default allow };
            if policy.install().is_err() {
                return 1;
            }
            call_with(libc::SYS_close, 100);
            2
        })
    }
    let outcome = close_under::<Hundred>(200);
    assert_eq!(outcome.end, End::SIGSYS);
    assert!(outcome.output.contains("$fd /* 200 */})"), "{}", outcome.output);
}
