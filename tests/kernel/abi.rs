//! Calls through another ABI than the program's own.
#![cfg(target_arch = "x86_64")]

use seccomp_runtime::__private::policy;
use seccomp_runtime::{Abi, Policy, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::{End, Notes, child};
use seccomp_tests::hand;

/// getppid(2) on 32-bit x86.
const X86_GETPPID: u32 = 64;

/// Runs a child that makes getppid(2) as 32-bit x86 does, and returns what the child wrote down.
fn by_interrupt(policy: Policy) -> (End, i64) {
    let outcome = child(|notes| {
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::by_interrupt(X86_GETPPID).into());
        0
    });
    (outcome.end, outcome.notes.get(0))
}

fn by_x32(policy: Policy) -> (End, i64) {
    let outcome = child(|notes| {
        if policy.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid_with(Abi::X32_BIT));
        0
    });
    (outcome.end, outcome.notes.get(0))
}

#[test]
fn without_a_policy_the_kernel_serves_32_bit_calls() {
    const ALL: Policy = policy(&hand::always(hand::ALLOW));
    assert_eq!(
        by_interrupt(ALL),
        (End::Exited(0), std::process::id().into()),
        "the tests of this module need a kernel with CONFIG_IA32_EMULATION"
    );
}

#[test]
fn a_32_bit_call_is_killed_even_if_the_policy_allows_everything() {
    const P: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
    assert_eq!(by_interrupt(P), (End::SIGSYS, Notes::NOTHING));
}

#[test]
fn bad_arch_decides_a_32_bit_call() {
    const P: Policy = seccomp_policy! { bad_arch errno(9); default allow };
    assert_eq!(by_interrupt(P), (End::Exited(0), -9));
}

#[test]
fn an_x32_number_is_killed_even_if_the_policy_allows_everything() {
    const P: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
    assert_eq!(by_x32(P), (End::SIGSYS, Notes::NOTHING));
}

#[test]
fn bad_arch_decides_an_x32_number() {
    const P: Policy = seccomp_policy! { bad_arch errno(9); default allow };
    assert_eq!(by_x32(P), (End::Exited(0), -9));
}

#[test]
fn a_policy_for_both_abis_finds_a_call_under_both_numbers() {
    const P: Policy =
        seccomp_policy! { arch x86_64, x86; errno(7) getppid; allow exit_group; default kill };
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        notes.put(0, call::getppid());
        notes.put(1, call::by_interrupt(X86_GETPPID).into());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, -7]));
}

#[test]
fn a_number_means_what_its_abi_says() {
    // 64 is getppid on 32-bit x86 and semget on x86_64; 110 is iopl there and getppid here.
    const P: Policy = seccomp_policy! {
        arch x86_64, x86;
        errno(7) semget;
        errno(ENOSYS) ipc;
        errno(8) iopl;
        default allow
    };
    assert_eq!(by_interrupt(P), (End::Exited(0), std::process::id().into()));
}
