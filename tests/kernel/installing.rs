//! From a policy to an installed filter.

use std::mem::offset_of;

use seccomp_runtime::__private::policy;
use seccomp_runtime::{Abi, Action, Call, InstallError, Policy, SockFilter, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS, PROBE};
use seccomp_tests::child::{End, child};
use seccomp_tests::hand;

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

/// The error of the install of a policy that no macro would make. After the error no filter may be in
/// force.
#[track_caller]
fn refused(filter: &'static [SockFilter]) -> InstallError {
    // A child can report only numbers, so the parent says which error it expects.
    let candidates = [
        InstallError::Length { instructions: filter.len() },
        InstallError::Instruction,
        InstallError::NoRoom,
    ];
    let outcome = child(|notes| {
        let result = policy(filter).install();
        let index = candidates.iter().position(|candidate| result == Err(*candidate));
        notes.put(0, index.map_or(-1, |index| index as i64));
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(1)), (End::Exited(0), ENOSYS));
    candidates[outcome.notes.get(0) as usize]
}

#[test]
fn an_instruction_is_laid_out_as_the_kernel_reads_it() {
    assert_eq!(size_of::<SockFilter>(), size_of::<libc::sock_filter>());
    assert_eq!(align_of::<SockFilter>(), align_of::<libc::sock_filter>());
    assert_eq!(offset_of!(SockFilter, code), offset_of!(libc::sock_filter, code));
    assert_eq!(offset_of!(SockFilter, jt), offset_of!(libc::sock_filter, jt));
    assert_eq!(offset_of!(SockFilter, jf), offset_of!(libc::sock_filter, jf));
    assert_eq!(offset_of!(SockFilter, k), offset_of!(libc::sock_filter, k));
}

#[test]
fn a_policy_is_in_force_from_the_next_call_on() {
    let outcome = child(|notes| {
        notes.put(0, call::bare_probe());
        if SEVEN.install().is_err() {
            return 1;
        }
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, -7]));
}

#[test]
fn every_way_of_installing_puts_the_policy_in_force() {
    let plain = SEVEN.installer();
    for installer in [
        plain,
        plain.log(),
        plain.allow_speculation(),
        plain.this_thread_only(),
        plain.this_thread_only().log().allow_speculation(),
    ] {
        let outcome = child(|notes| {
            installer.install_or_exit("here");
            notes.put(0, call::bare_probe());
            0
        });
        assert_eq!((outcome.end, outcome.notes.get(0)), (End::Exited(0), -7), "{installer:?}");
    }
}

#[test]
fn decide_gives_the_actions_of_the_kernel() {
    const DENIED: Call = Call::new(Abi::NATIVE, PROBE, [0; 6]);
    const ALLOWED: Call = Call::new(Abi::NATIVE, PROBE + 1, [0; 6]);
    const FOREIGN: Call = Call { arch: 0, ..ALLOWED };
    const _: () = assert!(SEVEN.denies(&DENIED) && !SEVEN.allows(&DENIED));
    const _: () = assert!(SEVEN.allows(&ALLOWED) && !SEVEN.denies(&ALLOWED));
    const _: () = assert!(matches!(SEVEN.decide(&DENIED), Action::Errno(7)));
    const _: () = assert!(matches!(SEVEN.decide(&FOREIGN), Action::KillProcess));
    // The tests above see the kernel do the same.
}

#[test]
fn a_call_that_another_process_decides_is_neither_allowed_nor_denied() {
    const ASK: Policy = seccomp_policy! { notify getppid; trace(1) close; default allow };
    for number in [libc::SYS_getppid, libc::SYS_close] {
        let call = Call::new(Abi::NATIVE, number as u32, [0; 6]);
        assert!(!ASK.allows(&call) && !ASK.denies(&call));
    }
}

#[test]
fn a_filter_without_instructions_is_refused() {
    assert_eq!(refused(&[]), InstallError::Length { instructions: 0 });
    assert_eq!(
        policy(&[]).decide(&Call::default()),
        Action::KillProcess,
        "and decides as what cannot be installed should"
    );
}

#[test]
fn a_filter_may_have_4096_instructions_and_no_more() {
    const LONGEST: &[SockFilter] = &hand::long::<4096>();
    let outcome = child(|_| i32::from(policy(LONGEST).install().is_err()));
    assert_eq!(outcome.end, End::Exited(0));
    const TOO_LONG: &[SockFilter] = &hand::long::<4097>();
    assert_eq!(refused(TOO_LONG), InstallError::Length { instructions: 4097 });
}

#[test]
fn a_length_that_wraps_around_16_bits_is_refused_and_not_cut_off() {
    const WRAPS: &[SockFilter] = &hand::long::<0x1_0001>();
    assert_eq!(refused(WRAPS), InstallError::Length { instructions: 0x1_0001 });
}

#[test]
fn an_instruction_that_seccomp_does_not_have_is_refused() {
    // A load beyond `struct seccomp_data`; a filter without a return at its end; a jump out of the
    // filter.
    const BEYOND: &[SockFilter] =
        &[SockFilter::statement(0x20, 64), SockFilter::statement(0x06, hand::ALLOW)];
    const NO_END: &[SockFilter] = &[SockFilter::statement(0x20, 0)];
    const OUT: &[SockFilter] =
        &[SockFilter::jump(0x15, 0, 1, 0), SockFilter::statement(0x06, hand::ALLOW)];
    for filter in [BEYOND, NO_END, OUT] {
        assert_eq!(refused(filter), InstallError::Instruction, "{filter:?}");
    }
}
