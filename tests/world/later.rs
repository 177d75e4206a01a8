//! Whether one policy permits the install of another after it.

use seccomp_runtime::{Installer, Policy, PolicyWith, call, in_child, seccomp_policy};

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
    pub(super) const INSTALL: Policy = seccomp_policy! {
        allow @install, @rust-heap, write, exit_group;
        default kill
    };
    pub(super) const NO_INSTALL: Policy = seccomp_policy! { errno(EPERM) @install; default allow };
    pub(super) const ASKS: Policy = seccomp_policy! { notify syscall(1000); default errno(1) };
    pub(super) const ASKS_BY_DEFAULT: Policy = seccomp_policy! { allow read; default notify };
}
use policies::{
    ALL_THREADS, ASKS, ASKS_BY_DEFAULT, DENIES, FAKES, INSTALL, KILLS, NO_INSTALL, SEVEN,
};

const LATER: Installer = SEVEN.installer();

const _: () = assert!(SEVEN.permits_install(&LATER));
const _: () = assert!(!KILLS.permits_install(&LATER) && !FAKES.permits_install(&LATER));
const _: () = assert!(!DENIES.permits_install(&LATER));
const _: () = assert!(DENIES.permits_install(&LATER.keep_privileges()));
const _: () = assert!(ALL_THREADS.permits_install(&LATER));
const _: () = assert!(!ALL_THREADS.permits_install(&LATER.this_thread_only()));
const _: () = assert!(!ALL_THREADS.permits_install(&LATER.log()));

/// Every way to install.
const WAYS: [Installer; 16] = {
    let mut ways = [LATER; 16];
    let mut way = 0;
    while way < ways.len() {
        let mut installer = LATER;
        if way & 1 != 0 {
            installer = installer.this_thread_only();
        }
        if way & 2 != 0 {
            installer = installer.log();
        }
        if way & 4 != 0 {
            installer = installer.allow_speculation();
        }
        if way & 8 != 0 {
            installer = installer.keep_privileges();
        }
        assert!(INSTALL.permits_install(&installer) && !NO_INSTALL.permits_install(&installer));
        ways[way] = installer;
        way += 1;
    }
    ways
};

// The group permits nothing else of these calls.
const _: () = assert!(INSTALL.denies(&call!(prctl(PR_SET_SECCOMP, 2, 0))));
const _: () = assert!(INSTALL.denies(&call!(prctl(PR_SET_DUMPABLE, 1))));
const _: () = assert!(INSTALL.denies(&call!(seccomp(SECCOMP_SET_MODE_STRICT))));
const _: () = assert!(INSTALL.denies(&call!(seccomp(SECCOMP_GET_NOTIF_SIZES))));
const _: () = assert!(NO_INSTALL.allows(&call!(prctl(PR_SET_NAME))));

const _: () = assert!(ASKS.notifies() && ASKS_BY_DEFAULT.notifies() && !SEVEN.notifies());

#[test]
fn permits_install_says_what_the_kernel_does() {
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

/// A policy with values. The value `operation` decides whether another policy can be installed.
fn with_values(operation: u32, error: u16) -> PolicyWith<2> {
    seccomp_policy! {
        #[allow(seccomp::powerful_call)]
        allow seccomp(op == $operation);
        errno($error) seccomp;
        notify syscall(1000);
        #[allow(seccomp::default_allow)]
        default allow
    }
}

#[test]
fn of_a_policy_with_values_the_values_decide_about_a_later_install() {
    const SET_FILTER: u32 = 1;
    assert!(with_values(SET_FILTER, 1).notifies());
    let above_the_last_errno = 4096;
    for (operation, error) in [(SET_FILTER, 1), (2, 1), (SET_FILTER, above_the_last_errno)] {
        let policy = with_values(operation, error);
        let report = in_child(|| {
            print!("{}", policy.install().and_then(|()| LATER.install()).is_ok());
        })
        .unwrap();
        let permitted = policy.permits_install(&LATER);
        assert_eq!(report.stdout, permitted.to_string(), "{operation} {error}: {report:?}");
        assert_eq!(permitted, (operation, error) == (SET_FILTER, 1));
    }
    let policy = with_values(SET_FILTER, 1);
    assert!(SEVEN.permits_install(&policy.installer()));
    assert!(!KILLS.permits_install(&policy.installer()));
}

#[test]
fn the_group_install_is_enough_for_every_install() {
    for way in WAYS {
        let report = in_child(|| {
            INSTALL.install_or_exit("test");
            print!("{:?}", way.install());
        })
        .unwrap();
        assert_eq!(
            (report.status.code(), &*report.stdout),
            (Some(0), "Ok(())"),
            "{way:?}: {report:?}"
        );
        let listener = in_child(|| {
            INSTALL.install_or_exit("test");
            let listener = way.install_with_listener();
            print!("{}", listener.is_ok());
            // Closing it is not part of the install.
            listener.map(seccomp_runtime::Listener::into_raw).unwrap();
        })
        .unwrap();
        assert_eq!(listener.stdout, "true", "{way:?}: {listener:?}");
    }
}
