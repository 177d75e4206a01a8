//! `no_new_privs`, and who may install a filter without it.

use seccomp_runtime::{InstallError, Policy, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, child};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

#[test]
fn installing_sets_no_new_privs_and_needs_no_privileges() {
    let outcome = child(|notes| {
        if !call::give_up_privileges() {
            return 1;
        }
        notes.put(0, call::no_new_privs());
        if SEVEN.install().is_err() {
            return 2;
        }
        notes.put(1, call::no_new_privs());
        notes.put(2, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [0, 1, -7]));
}

#[test]
fn keeping_privileges_without_any_is_refused_in_words() {
    let outcome = child(|notes| {
        if !call::give_up_privileges() {
            return 1;
        }
        let result = SEVEN.installer().keep_privileges().install();
        notes.put(0, i64::from(result == Err(InstallError::Unprivileged)));
        notes.put(1, call::bare_probe());
        notes.put(2, call::no_new_privs());
        SEVEN.installer().keep_privileges().install_or_exit("main");
        2
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(1), [1, ENOSYS, 0]));
    assert_eq!(outcome.output, "seccomp: `main` is not run: errno 13\n");
}

#[test]
fn keeping_privileges_without_any_works_once_no_new_privs_is_set() {
    let outcome = child(|notes| {
        if !call::give_up_privileges() || call::set_no_new_privs() != 0 {
            return 1;
        }
        let installed = SEVEN.installer().keep_privileges().install().is_ok();
        notes.put(0, i64::from(installed));
        notes.put(1, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, -7]));
}

#[test]
fn keeping_privileges_with_cap_sys_admin_leaves_no_new_privs_unset() {
    let outcome = child(|notes| {
        if !call::gain_privileges() {
            return 1;
        }
        let installed = SEVEN.installer().keep_privileges().install().is_ok();
        notes.put(0, i64::from(installed));
        notes.put(1, call::no_new_privs());
        notes.put(2, call::bare_probe());
        0
    });
    assert_ne!(
        outcome.end,
        End::Exited(1),
        "this test needs CAP_SYS_ADMIN: run it as root, or where user namespaces are permitted"
    );
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [1, 0, -7]));
}
