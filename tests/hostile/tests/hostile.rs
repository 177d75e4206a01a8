//! Each policy of the crate has the right actions, and each function runs under its own policy.

use filter::{Abi, Action, Call, Policy, call};
use seccomp_tests::call::{ENOSYS, bare_probe};
use seccomp_tests::child::{End, child};
use seccomp_tests_hostile::{forbidden, shadowed};

#[test]
fn values_are_what_they_are_whatever_the_names_of_types_mean() {
    for policy in [shadowed::VALUES, forbidden::VALUES] {
        assert!(policy.allows(&call!(read(3))) && policy.denies(&call!(read(4))));
        assert!(policy.allows(&call!(write(7, 0, 3))) && policy.denies(&call!(write(7, 0, 4))));
        assert!(policy.allows(&call!(close(9))) && policy.denies(&call!(close(10))));
        assert!(policy.allows(&call!(lseek(0, 4))) && policy.denies(&call!(lseek(0, 3))));
        assert_eq!(policy.decide(&call!(dup())), Action::Errno(3));
    }
}

#[test]
fn combined_values_are_what_they_are_in_comparisons() {
    for policy in [shadowed::COMPARED, forbidden::COMPARED] {
        assert!(policy.allows(&call!(lseek(0, !3, 3))) && policy.allows(&call!(lseek(0, 2, 7))));
        assert!(policy.denies(&call!(lseek(0, 3, 3))) && policy.denies(&call!(lseek(0, 2, 2))));
        assert!(policy.allows(&call!(read(2, 0, 0xf))) && policy.allows(&call!(read(11))));
        assert!(policy.denies(&call!(read(3))) && policy.denies(&call!(read(2, 0, 0x10))));
        assert!(policy.allows(&call!(write(7, 0, 8))) && policy.denies(&call!(write(7, 0, 7))));
        assert!(policy.denies(&call!(write(3, 0, 8))) && policy.denies(&call!(write(8, 0, 8))));
        assert!(policy.allows(&call!(fchmod(0, 10))) && policy.denies(&call!(fchmod(0, 11))));
        assert_eq!(policy.decide(&call!(dup())), Action::Errno(11));
        assert_eq!(policy.decide(&call!(dup3(0, 0, !3))), Action::Errno(11));
        assert_eq!(policy.decide(&call!(dup3(0, 0, 3))), Action::Errno(7));
        assert_eq!(policy.decide(&Call::new(Abi::NATIVE, 5000, [0; 6])), Action::Errno(3));
    }
}

#[test]
fn values_of_the_running_program_are_what_they_are() {
    for policy in [shadowed::with_values(3, 4), forbidden::with_values(3, 4)] {
        assert_eq!(policy.check(), Ok(()));
        assert!(policy.allows(&call!(read(3))) && policy.denies(&call!(read(4))));
        for fd in [3, 4, 5, 7] {
            assert!(policy.allows(&Call { args: [fd, 0, 3, 0, 0, 0], ..call!(write()) }), "{fd}");
        }
        assert!(policy.denies(&call!(write(6))) && policy.denies(&call!(write(7, 0, 4))));
        assert!(policy.allows(&call!(close(3))) && policy.allows(&call!(close(5))));
        assert!(policy.denies(&call!(close(4))));
        assert_eq!(policy.decide(&call!(dup())), Action::Errno(11));
        assert_eq!(policy.decide(&call!(dup3(0, 0, !3))), Action::Errno(3));
        assert_eq!(policy.decide(&Call::new(Abi::NATIVE, 5000, [0; 6])), Action::Errno(3));
    }
}

#[test]
fn a_name_of_the_program_is_what_the_program_says_it_is() {
    let policy = shadowed::NAMES;
    assert!(policy.allows(&call!(read(3))) && policy.denies(&call!(read(4))));
    assert!(policy.allows(&call!(write(3))) && policy.denies(&call!(write(4))));
    assert_eq!(policy.decide(&call!(dup())), Action::Errno(3));
}

#[test]
fn a_call_has_values_of_the_program() {
    for (call, named) in [(shadowed::CALL, shadowed::NAMED), (forbidden::CALL, forbidden::NAMED)] {
        assert_eq!(call, call!(write(3, 0, 7)));
        assert_eq!(named, call!(lseek(offset = !3, whence = 3)));
    }
}

#[test]
fn a_value_of_a_policy_may_contain_a_policy_with_conditions() {
    for policy in [shadowed::NESTED, forbidden::NESTED] {
        assert!(policy.allows(&call!(read(3))) && policy.denies(&call!(read(4))));
    }
}

#[test]
fn fragments_and_files_are_found() {
    for policy in [shadowed::INCLUDED, forbidden::INCLUDED] {
        assert!(policy.allows(&call!(read(3))) && policy.denies(&call!(read(4))));
        assert!(policy.allows(&call!(write(3))) && policy.denies(&call!(write(4))));
        assert!(policy.allows(&call!(lseek(0, 1))) && policy.denies(&call!(lseek(0, 2))));
        assert!(policy.allows(&call!(close(5))) && policy.denies(&call!(close(4))));
        assert!(policy.allows(&call!(fchmod(0, 10))) && policy.denies(&call!(fchmod(0, 11))));
        assert!(policy.allows(&call!(dup3(0, 0, 3))) && policy.denies(&call!(dup3(0, 0, 4))));
        assert_eq!(policy.decide(&call!(dup())), Action::Errno(11));
    }
    for policy in [shadowed::MANY, forbidden::MANY] {
        assert!(policy.allows(&call!(write(3))) && policy.denies(&call!(write(4))));
        assert!(policy.allows(&call!(close(3))) && policy.denies(&call!(close(4))));
    }
}

#[test]
fn a_policy_in_a_function_may_use_the_generic_parameters_around_it() {
    fn reads_five(policy: Policy) {
        assert!(policy.allows(&call!(read(5))) && policy.denies(&call!(read(6))));
    }
    reads_five(shadowed::in_a_function::<5>());
    reads_five(forbidden::in_a_function::<5>());
}

#[test]
fn no_trait_method_replaces_the_method_that_installs() {
    static SEVEN: Policy = shadowed::SEVEN;
    let runs: [fn() -> i64; 9] = [
        || shadowed::by_value(6, bare_probe),
        || forbidden::by_value(6, bare_probe),
        || shadowed::by_name(bare_probe),
        || shadowed::by_reference(&&SEVEN, bare_probe),
        || shadowed::by_argument(&&SEVEN, bare_probe),
        || shadowed::by_installer(bare_probe),
        || shadowed::Generic(1).method(bare_probe),
        || forbidden::by_name(bare_probe),
        || forbidden::by_installer(bare_probe),
    ];
    for (index, run) in runs.into_iter().enumerate() {
        let outcome = child(|notes| {
            notes.put(0, bare_probe());
            notes.put(1, run());
            0
        });
        assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, -7]), "{index}");
    }
}
