//! Strict mode, and questions about the kernel.

use seccomp_runtime::{
    Action, InstallError, Mode, Policy, enter_strict_mode, is_available, seccomp_policy,
};
use seccomp_tests::call;
use seccomp_tests::child::{End, Notes, child};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

#[test]
fn strict_mode_leaves_writing_and_ending_the_thread() {
    let outcome = child(|notes| {
        if enter_strict_mode().is_err() {
            return 1;
        }
        notes.put(0, call::write_nothing());
        call::exit(3)
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(3), 0));
}

#[test]
fn strict_mode_kills_for_any_other_call() {
    let outcome = child(|notes| {
        if enter_strict_mode().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Killed(libc::SIGKILL), Notes::NOTHING));
}

#[test]
fn strict_mode_kills_for_a_question_about_the_mode() {
    let outcome = child(|_| {
        if enter_strict_mode().is_err() {
            return 1;
        }
        i32::from(Mode::current().is_err())
    });
    assert_eq!(outcome.end, End::Killed(libc::SIGKILL));
}

#[test]
fn strict_mode_kills_for_installing_a_policy() {
    let outcome = child(|_| {
        if enter_strict_mode().is_err() {
            return 1;
        }
        i32::from(SEVEN.install().is_err())
    });
    assert_eq!(outcome.end, End::Killed(libc::SIGKILL));
}

#[test]
fn a_thread_under_a_policy_cannot_go_on_to_strict_mode() {
    let outcome = child(|notes| {
        if SEVEN.install().is_err() {
            return 1;
        }
        let result = enter_strict_mode();
        notes.put(0, i64::from(result == Err(InstallError::ModeIsFixed)));
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
}

#[test]
fn the_mode_is_that_of_proc_before_and_under_a_policy() {
    let outcome = child(|notes| {
        notes.put(0, i64::from(Mode::current() == Ok(Mode::Disabled)));
        notes.put(1, call::seccomp_mode());
        if SEVEN.install().is_err() {
            return 1;
        }
        notes.put(2, i64::from(Mode::current() == Ok(Mode::Filter)));
        notes.put(3, call::seccomp_mode());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 0, 1, 2]));
}

#[test]
fn every_action_is_available_whatever_its_data() {
    let outcome = child(|_| {
        let all = [
            Action::KillProcess,
            Action::KillThread,
            Action::Trap(3),
            Action::Errno(3),
            Action::Notify,
            Action::Trace(3),
            Action::Log,
            Action::Allow,
        ];
        i32::from(!all.iter().all(|action| is_available(*action) == Ok(true)))
    });
    assert_eq!(outcome.end, End::Exited(0));
}

#[test]
fn on_a_kernel_that_lacks_an_action_it_is_not_available_and_older_ones_cannot_say() {
    const LACKS_LOG: Policy = seccomp_policy! { errno(EOPNOTSUPP) seccomp(op == 2); default allow };
    const CANNOT_SAY: Policy = seccomp_policy! { errno(EINVAL) seccomp(op == 2); default allow };
    let outcome = child(|notes| {
        if LACKS_LOG.install().is_err() {
            return 1;
        }
        notes.put(0, i64::from(is_available(Action::Log) == Ok(false)));
        if CANNOT_SAY.install().is_err() {
            return 2;
        }
        let result = is_available(Action::Log);
        notes.put(1, result.map_or_else(|errno| errno.raw_os_error().into(), |_| Notes::NOTHING));
        0
    });
    assert_eq!(
        (outcome.end, outcome.notes.first()),
        (End::Exited(0), [1, i64::from(libc::EINVAL)])
    );
}
