//! Each policy of the crate has the right actions, wherever it is written.

use filter::{call, Policy};
use seccomp_tests_renamed as renamed;

fn reads_descriptor_0_only(policy: Policy) {
    assert!(policy.allows(&call!(read(0, 0, 0))));
    assert!(policy.denies(&call!(read(1, 0, 0))));
    assert!(policy.denies(&call!(pread64(0, 0, 0, 0))));
}

#[test]
fn a_policy_is_the_same_in_a_constant_a_static_a_function_a_file_and_under_cfg() {
    reads_descriptor_0_only(renamed::CONSTANT);
    reads_descriptor_0_only(renamed::NAMED);
    reads_descriptor_0_only(renamed::STATIC);
    reads_descriptor_0_only(renamed::in_a_function());
    reads_descriptor_0_only(renamed::CONDITIONAL);
    reads_descriptor_0_only(renamed::FILE);
    reads_descriptor_0_only(renamed::CONDITIONAL_FILE);
    reads_descriptor_0_only(renamed::INCLUDED);
}

#[test]
fn a_value_may_be_a_constant_of_the_surrounding_type() {
    for policy in [renamed::Descriptor::<5>::POLICY, renamed::Descriptor::<5>::RANGE] {
        assert!(policy.allows(&call!(read(5))));
        assert!(policy.allows(&call!(read(fd = 6))));
        assert!(policy.denies(&call!(read(7))));
    }
    assert!(renamed::Descriptor::<7>::POLICY.allows(&call!(read(7))));
}

#[test]
fn items_under_cfg_are_there_only_if_it_holds() {
    assert!(renamed::CONDITIONAL.denies(&call!(write(1, 0, 0))));
    assert!(renamed::CONDITIONAL.allows(&call!(close(1))));
}

#[test]
fn the_depth_limit_of_rustc_limits_neither_conditions_nor_includes() {
    for policy in [renamed::MANY_CONDITIONS, renamed::OF_A_CONDITIONAL_FRAGMENT] {
        reads_descriptor_0_only(policy);
        assert!(policy.allows(&call!(timer_gettime())));
    }
    reads_descriptor_0_only(renamed::MANY_FRAGMENTS);
    assert!(renamed::MANY_FRAGMENTS.allows(&call!(write(2))));
    assert!(renamed::MANY_FRAGMENTS.allows(&call!(socket(AF_INET, SOCK_STREAM, 0))));
    assert!(renamed::MANY_FRAGMENTS.denies(&call!(socket(AF_ALG, SOCK_STREAM, 0))));
}

#[test]
fn fragments_of_another_crate_keep_their_private_constants() {
    assert!(renamed::INCLUDED.allows(&call!(socket(AF_INET, SOCK_STREAM, 0))));
    assert!(renamed::INCLUDED.denies(&call!(socket(AF_ALG, SOCK_STREAM, 0))));
    assert!(renamed::INCLUDED.allows(&call!(ioctl(cmd = { libc::TIOCGWINSZ }))));
    assert!(renamed::INCLUDED.allows(&call!(write(2, 0, 0))));
    assert!(renamed::INCLUDED.denies(&call!(write(1, 0, 0))));
}

#[test]
fn a_macro_of_the_user_passes_groups_on_unchanged() {
    let policy = renamed::PASSED_ON;
    assert!(policy.allows(&call!(write(4, 0, 3))));
    assert!(policy.denies(&call!(write(4, 0, 4))));
    assert!(policy.denies(&call!(write(5, 0, 3))));
    assert!(policy.allows(&call!(write(9, 0, 4))));
    assert!(policy.allows(&call!(close(10))));
    assert!(policy.allows(&call!(lseek(3))));
    assert!(policy.allows(&call!(read(0))));
}
