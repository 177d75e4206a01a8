//! Installs where something around the program answers in the kernel's place: whatever it answers,
//! no install reports success without a policy in force.

use seccomp_runtime::__private::policy;
use seccomp_runtime::{
    Abi, InstallError, Installer, Operation, Policy, SockFilter, sandboxed, seccomp_policy,
};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};
use seccomp_tests::hand::{ALLOW, ERRNO};
use seccomp_tests::signal::{ADDRESS, note_sigsys};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

const RESULT: usize = 0;
const PROBE: usize = 1;
const NO_NEW_PRIVS: usize = 2;
const RAN: usize = 3;

/// The calls that an outer filter answers in the kernel's place.
#[derive(Clone, Copy, Debug)]
enum Faked {
    /// Every call of this number.
    Call(i64),
    /// Only with this value in the low half of an argument.
    If(i64, u32, u32),
    /// Only with another value there.
    Unless(i64, u32, u32),
}

/// `SECCOMP_RET_TRAP` (`include/uapi/linux/seccomp.h`, Linux 6.12).
const TRAP: u32 = 0x0003_0000;

const PR_SET_NO_NEW_PRIVS: u32 = 38;
const PR_GET_NO_NEW_PRIVS: u32 = 39;
const TSYNC: u32 = 1;

/// All ways in which a filter can tell one call of an install from another: by number, operation, flags,
/// and whether there is a pointer to a filter.
const FAKED: [Faked; 11] = [
    Faked::Call(libc::SYS_prctl),
    Faked::If(libc::SYS_prctl, 0, PR_SET_NO_NEW_PRIVS),
    Faked::If(libc::SYS_prctl, 0, PR_GET_NO_NEW_PRIVS),
    Faked::If(libc::SYS_prctl, 1, 1),
    Faked::Call(libc::SYS_seccomp),
    Faked::If(libc::SYS_seccomp, 0, 1),
    Faked::If(libc::SYS_seccomp, 1, TSYNC),
    Faked::If(libc::SYS_seccomp, 1, 0),
    Faked::If(libc::SYS_seccomp, 2, 0),
    Faked::Unless(libc::SYS_seccomp, 2, 0),
    Faked::Unless(libc::SYS_seccomp, 3, 1),
];

/// Each errno with a meaning for the code that installs, the lowest and the highest, and 0, which is success.
const ERRNOS: [u16; 14] = [0, 1, 2, 3, 4, 11, 12, 13, 14, 16, 22, 38, 95, 4095];

/// The filter that answers so, written by hand.
fn faking(faked: Faked, action: u32) -> Policy {
    const LOAD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let low = |argument: u32| 16 + 8 * argument + if cfg!(target_endian = "big") { 4 } else { 0 };
    let (number, argument, value, yes) = match faked {
        // Both outcomes of this test lead to the answer.
        Faked::Call(number) => (number, 0, 0, [0, 0]),
        Faked::If(number, argument, value) => (number, argument, value, [0, 1]),
        Faked::Unless(number, argument, value) => (number, argument, value, [1, 0]),
    };
    let filter = Box::leak(Box::new([
        SockFilter::statement(LOAD, 4),
        SockFilter::jump(JUMP_IF_EQUAL, Abi::NATIVE.audit_arch(), 0, 5),
        SockFilter::statement(LOAD, 0),
        SockFilter::jump(JUMP_IF_EQUAL, number as u32, 0, 3),
        SockFilter::statement(LOAD, low(argument)),
        SockFilter::jump(JUMP_IF_EQUAL, value, yes[0], yes[1]),
        SockFilter::statement(RETURN, action),
        SockFilter::statement(RETURN, ALLOW),
    ]));
    policy(filter)
}

#[sandboxed(SEVEN)]
fn for_all_threads(notes: &'static Notes) {
    notes.put(RAN, call::bare_probe());
}

#[sandboxed(SEVEN.installer().this_thread_only())]
fn for_this_thread(notes: &'static Notes) {
    notes.put(RAN, call::bare_probe());
}

/// Installs policies and runs functions under `outer`, and checks that every policy whose install
/// reports success is in force.
#[track_caller]
fn never_says_so_falsely(outer: Policy, what: &str) {
    let plain = SEVEN.installer();
    for installer in [plain, plain.this_thread_only(), plain.keep_privileges(), plain.log()] {
        let outcome = child(|notes| {
            if !is_around(outer) {
                return 1;
            }
            notes.put(RESULT, i64::from(installer.install().is_ok()));
            notes.put(PROBE, call::bare_probe());
            notes.put(NO_NEW_PRIVS, i64::from(call::has_no_new_privs()));
            0
        });
        assert_eq!(outcome.end, End::Exited(0), "{what}, {installer:?}");
        let says_so = outcome.notes.get(RESULT) == 1;
        let in_force = outcome.notes.get(PROBE) == -7;
        assert_eq!(says_so, in_force, "{what}, {installer:?}");
        if says_so && installer != plain.keep_privileges() {
            assert_eq!(outcome.notes.get(NO_NEW_PRIVS), 1, "{what}, {installer:?}");
        }
    }
    for function in [for_all_threads, for_this_thread] {
        let outcome = child(|notes| {
            if !is_around(outer) {
                return 100;
            }
            function(notes);
            0
        });
        let ran = outcome.notes.get(RAN);
        match outcome.end {
            End::Exited(0) => assert_eq!(ran, -7, "{what}"),
            end => assert_eq!((end, ran), (End::Exited(1), Notes::NOTHING), "{what}"),
        }
    }
}

/// Installs only `outer`. With `no_new_privs` set, a filter could no longer fake that bit.
fn is_around(outer: Policy) -> bool {
    call::gain_privileges() && outer.installer().keep_privileges().install().is_ok()
}

#[test]
fn no_answer_of_an_outer_filter_to_either_call_makes_a_policy_seem_to_be_in_force() {
    for faked in FAKED {
        for errno in ERRNOS {
            never_says_so_falsely(
                faking(faked, ERRNO | u32::from(errno)),
                &format!("{faked:?} gets errno {errno}"),
            );
        }
    }
}

#[test]
fn neither_does_an_action_that_needs_a_missing_tracer_or_supervisor() {
    // Without a tracer and a supervisor, both actions are ENOSYS.
    const TRACE: u32 = 0x7ff0_0000;
    const NOTIFY: u32 = 0x7fc0_0000;
    const LOG: u32 = 0x7ffc_0000;
    for faked in FAKED {
        for action in [TRACE, NOTIFY, LOG] {
            never_says_so_falsely(faking(faked, action), &format!("{faked:?} gets {action:#x}"));
        }
    }
}

#[test]
fn a_step_that_is_faked_is_named() {
    for (faked, operation) in [
        (FAKED[0], Operation::SetNoNewPrivs),
        (FAKED[1], Operation::SetNoNewPrivs),
        (FAKED[2], Operation::SetNoNewPrivs),
        (FAKED[4], Operation::SetFilter),
        (FAKED[6], Operation::SetFilter),
    ] {
        let outer = faking(faked, ERRNO);
        let outcome = child(|notes| {
            if !is_around(outer) {
                return 1;
            }
            let result = SEVEN.install();
            notes.put(RESULT, i64::from(result == Err(InstallError::Faked { operation })));
            notes.put(PROBE, call::bare_probe());
            SEVEN.install_or_exit("main");
            2
        });
        assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(1), [1, ENOSYS]));
        assert_eq!(
            outcome.output,
            "seccomp: `main` is not run: a filter denies prctl or seccomp: errno 0\n"
        );
    }
}

#[test]
fn an_outer_filter_that_allows_both_calls_does_no_harm() {
    const AROUND: Policy = seccomp_policy! { errno(EPERM) mount; default allow };
    let install = |installer: Installer| {
        let outcome = child(|notes| {
            if AROUND.install().is_err() {
                return 1;
            }
            notes.put(RESULT, i64::from(installer.install().is_ok()));
            notes.put(PROBE, call::bare_probe());
            0
        });
        assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
    };
    install(SEVEN.installer());
    install(SEVEN.installer().this_thread_only());
}

#[test]
fn a_filter_sees_one_address_and_no_leftovers_in_the_six_registers() {
    // The registers of a call that a filter trapped.
    let address = |number: i64| {
        let outer = faking(Faked::Call(number), TRAP);
        let outcome = child(|notes| {
            note_sigsys(notes);
            if outer.install_on_thread().is_err() {
                return 1;
            }
            let inner = SEVEN.installer();
            let inner = if number == libc::SYS_seccomp { inner.keep_privileges() } else { inner };
            notes.put(RESULT, i64::from(inner.install().is_ok()));
            0
        });
        assert_eq!((outcome.end, outcome.notes.get(RESULT)), (End::Exited(0), 0));
        outcome.notes.get(ADDRESS)
    };
    assert_eq!(address(libc::SYS_prctl), address(libc::SYS_seccomp));
    for number in [libc::SYS_prctl, libc::SYS_seccomp] {
        for argument in [3, 4, 5] {
            let outer = faking(Faked::Unless(number, argument, 0), ERRNO | 99);
            let outcome = child(|notes| {
                if outer.installer().install().is_err() {
                    return 1;
                }
                notes.put(RESULT, i64::from(SEVEN.install().is_ok()));
                notes.put(PROBE, call::bare_probe());
                0
            });
            assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
        }
    }
}
