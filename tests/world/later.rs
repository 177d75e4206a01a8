//! Whether one policy lets another be installed after it.

use seccomp_runtime::{Installer, Policy, in_child, seccomp_policy};

#[allow(deprecated)] // `default allow`, and the calls of `@install`
mod policies {
    use super::{Policy, seccomp_policy};

    pub(super) const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
    pub(super) const KILLS: Policy = seccomp_policy! { kill seccomp; default allow };
    pub(super) const DENIES: Policy =
        seccomp_policy! { errno(EPERM) prctl(option == PR_GET_NO_NEW_PRIVS); default allow };
    pub(super) const FAKES: Policy = seccomp_policy! { errno(0) seccomp; default allow };
    pub(super) const ALL_THREADS: Policy = seccomp_policy! {
        allow seccomp(op == SECCOMP_SET_MODE_FILTER, flags == SECCOMP_FILTER_FLAG_TSYNC);
        allow prctl(option in {PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS});
        errno(EPERM) seccomp;
        default allow
    };
    pub(super) const ASKS: Policy = seccomp_policy! { notify syscall(1000); default errno(1) };
    pub(super) const ASKS_BY_DEFAULT: Policy = seccomp_policy! { allow read; default notify };
}
use policies::{ALL_THREADS, ASKS, ASKS_BY_DEFAULT, DENIES, FAKES, KILLS, SEVEN};

const LATER: Installer = SEVEN.installer();

const _: () = assert!(SEVEN.permits_install(&LATER));
const _: () = assert!(!KILLS.permits_install(&LATER) && !FAKES.permits_install(&LATER));
const _: () = assert!(!DENIES.permits_install(&LATER));
const _: () = assert!(DENIES.permits_install(&LATER.keep_privileges()));
const _: () = assert!(ALL_THREADS.permits_install(&LATER));
const _: () = assert!(!ALL_THREADS.permits_install(&LATER.this_thread_only()));
const _: () = assert!(!ALL_THREADS.permits_install(&LATER.log()));

const _: () = assert!(ASKS.notifies() && ASKS_BY_DEFAULT.notifies() && !SEVEN.notifies());

#[test]
fn what_is_said_of_a_later_install_is_what_the_kernel_does() {
    for (first, later) in [
        (SEVEN, LATER),
        (KILLS, LATER),
        (FAKES, LATER),
        (DENIES, LATER),
        (ALL_THREADS, LATER),
        (ALL_THREADS, LATER.this_thread_only()),
        (ALL_THREADS, LATER.log()),
    ] {
        let report = in_child(|| {
            first.install_or_exit("test");
            print!("{}", later.install().is_ok());
        })
        .unwrap();
        assert_eq!(report.status.code(), Some(0));
        assert_eq!(report.stdout, first.permits_install(&later).to_string(), "{later:?}");
    }
}
