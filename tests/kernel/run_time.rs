//! Policies with values of the running program: their filters, and the values for which nothing is
//! installed.

use std::os::fd::AsRawFd as _;

use seccomp_runtime::{InstallError, InsteadOfKill, Mode, PolicyWith, sandboxed, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};

/// A policy that answers the probe with 7 if its argument has this value.
fn seven_for(value: u64) -> PolicyWith<1> {
    seccomp_policy! { errno(7) syscall(1000)(a0 == $value); default allow }
}

#[test]
fn a_value_is_compared_in_all_of_its_bits() {
    for value in [0, 1, 0x7fff_ffff, 0x8000_0000, 0x1_0000_0000, 1 << 63, u64::MAX] {
        let outcome = child(|notes| {
            if seven_for(value).install().is_err() {
                return 1;
            }
            notes.put(0, call::probe([value, 0, 0, 0, 0, 0]));
            notes.put(1, call::probe([value ^ 1, 0, 0, 0, 0, 0]));
            notes.put(2, call::probe([value ^ 1 << 32, 0, 0, 0, 0, 0]));
            notes.put(3, call::probe([value ^ 1 << 63, 0, 0, 0, 0, 0]));
            0
        });
        let expected = [-7, ENOSYS, ENOSYS, ENOSYS];
        assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), expected), "{value:#x}");
    }
}

#[test]
#[allow(unsafe_code)] // System calls.
fn a_descriptor_that_was_opened_before_can_be_written_to_and_no_other() {
    let outcome = child(|notes| {
        let Ok(log) = std::fs::File::options().write(true).open("/dev/null") else { return 1 };
        let Ok(other) = log.try_clone() else { return 2 };
        let (log, other) = (log.as_raw_fd(), other.as_raw_fd());
        let policy = seccomp_policy! { allow write(fd == $log); errno(7) write; default allow };
        if policy.install().is_err() {
            return 3;
        }
        // SAFETY: write(2) reads as many bytes as its last argument says, which the literal has.
        notes.put(0, unsafe { libc::write(log, c"ab".as_ptr().cast(), 2) } as i64);
        // SAFETY: as above.
        let refused = unsafe { libc::write(other, c"ab".as_ptr().cast(), 2) } == -1;
        notes.put(1, i64::from(refused));
        notes.put(2, std::io::Error::last_os_error().raw_os_error().unwrap_or(0).into());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [2, 1, 7]));
}

#[test]
fn a_program_may_signal_its_own_threads_and_no_other_process() {
    let parent = std::process::id();
    let outcome = child(|notes| {
        let own = std::process::id();
        let policy = seccomp_policy! {
            allow tgkill(tgid == $own);
            errno(7) tgkill;
            default allow
        };
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::check_signal(own));
        notes.put(1, call::check_signal(parent));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [0, -7]));
}

#[test]
fn a_value_that_does_not_fit_installs_nothing_and_makes_no_call() {
    let outcome = child(|notes| {
        let (fd, error) = (-1, 4096);
        let of_fd = seccomp_policy! { errno(7) syscall(1000), write(fd == $fd); default allow };
        let of_errno = seccomp_policy! { errno($error) syscall(1000); default allow };
        let refused = |result| matches!(result, Err(InstallError::Value { .. }));
        notes.put(0, i64::from(refused(of_fd.install())));
        notes.put(1, i64::from(refused(of_fd.install_on_thread())));
        notes.put(2, i64::from(refused(of_errno.installer().log().install())));
        let audit = of_errno.installer().instead_of_kill(InsteadOfKill::Log);
        notes.put(3, i64::from(refused(audit.install())));
        notes.put(4, call::bare_probe());
        notes.put(5, i64::from(Mode::current() == Ok(Mode::Disabled)));
        notes.put(6, call::no_new_privs());
        0
    });
    let expected = [1, 1, 1, 1, ENOSYS, 1, 0];
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), expected));
}

#[sandboxed(seven_for(value))]
fn under_a_value(value: u64, notes: &Notes) -> i64 {
    notes.put(0, 1);
    call::probe([value, 0, 0, 0, 0, 0])
}

#[sandboxed(seccomp_policy! { errno(7) syscall(1000), write(fd == $fd); default allow })]
fn under_a_descriptor(fd: i32, notes: &Notes) -> i64 {
    notes.put(0, 1);
    call::bare_probe() + i64::from(fd)
}

#[test]
fn a_function_runs_under_a_policy_with_values_or_not_at_all() {
    let outcome = child(|notes| {
        notes.put(1, under_a_value(1 << 40, notes));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
    let outcome = child(|notes| {
        notes.put(1, under_a_descriptor(2, notes));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -5]));
    let outcome = child(|notes| {
        notes.put(1, under_a_descriptor(-2, notes));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(1), [Notes::NOTHING; 2]));
    assert_eq!(
        outcome.output,
        "seccomp: `under_a_descriptor` is not run: `$fd`: this value is negative and does not fit `unsigned int fd` of \
         `write`: it is unsigned; write `$(fd as u32)` for its 32 bits\n"
    );
}

#[test]
fn a_function_that_runs_again_with_another_value_is_recognised() {
    let outcome = child(|notes| {
        notes.put(1, under_a_value(1, notes));
        notes.put(2, under_a_value(2, notes));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(1), [1, -7, Notes::NOTHING]));
    assert_eq!(
        outcome.output,
        "seccomp: `under_a_value` is not run: it installed its policy before\n"
    );
}

#[test]
fn the_process_remembers_what_a_policy_with_values_kills_for() {
    let outcome = child(|notes| {
        let option = libc::PR_SET_NAME;
        let policy = seccomp_policy! {
            allow prctl(option == $option), exit_group, write;
            default kill
        };
        if policy.install().is_err() {
            return 1;
        }
        let second = seven_for(1).install();
        notes.put(0, i64::from(second == Err(InstallError::Deadly)));
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), 1));
}

#[test]
fn a_filter_with_many_values_is_installed() {
    let outcome = child(|notes| {
        let v = 1_u64 << 40;
        let policy = long(v);
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::probe([v, 0, 0, 0, 0, 0]));
        notes.put(1, call::probe([v + 99 * 3, 0, 0, 0, 0, 0]));
        notes.put(2, call::probe([v + 1, 0, 0, 0, 0, 0]));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, -7, ENOSYS]));
}

/// A policy with a hundred values: more than the smaller buffer on the stack can hold.
fn long(v: u64) -> PolicyWith<100> {
    macro_rules! hundred {
        ($($tens:literal)*) => {
            seccomp_policy! {
                errno(7) syscall(1000)(a0 in {$(
                    run_time(v + $tens), run_time(v + $tens + 3), run_time(v + $tens + 6), run_time(v + $tens + 9),
                    run_time(v + $tens + 12), run_time(v + $tens + 15), run_time(v + $tens + 18),
                    run_time(v + $tens + 21), run_time(v + $tens + 24), run_time(v + $tens + 27),
                )*});
                default allow
            }
        };
    }
    hundred!(0 30 60 90 120 150 180 210 240 270)
}
