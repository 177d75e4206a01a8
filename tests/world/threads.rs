//! `sandboxed_thread`: a value, or how the thread ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use seccomp_runtime::{
    InstallError, InsteadOfKill, Policy, ThreadEnd, in_child, sandboxed_thread, seccomp_policy,
};
use seccomp_tests::call::{self, PROBE};

#[allow(deprecated)] // `default allow`
mod policies {
    use super::{Policy, seccomp_policy};

    pub(super) const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
    pub(super) const DEADLY: Policy = seccomp_policy! { kill_thread syscall(1000); default allow };
    pub(super) const STRICT: Policy = seccomp_policy! { allow exit; default kill_thread };
    pub(super) const NO_INSTALL: Policy = seccomp_policy! { errno(EPERM) seccomp; default allow };
}
use policies::{DEADLY, NO_INSTALL, SEVEN, STRICT};

#[test]
fn the_value_of_the_function_comes_back_and_the_policy_was_in_force_there_alone() {
    let text = "moved in".to_owned();
    let thread = sandboxed_thread(SEVEN, move || (text.len(), call::bare_probe())).unwrap();
    assert_eq!(thread.join().unwrap(), (8, -7));
    assert_eq!(call::bare_probe(), call::ENOSYS);
}

#[test]
fn an_installer_for_all_threads_restricts_only_the_new_thread() {
    let thread = sandboxed_thread(SEVEN.installer().log(), call::bare_probe).unwrap();
    assert_eq!(thread.join().unwrap(), -7);
    assert_eq!(call::bare_probe(), call::ENOSYS);
}

#[test]
fn values_of_the_running_program_and_another_answer_than_kill_reach_the_thread() {
    #[allow(deprecated)] // `default allow`
    let with_value = {
        let number = std::process::id() % 100 + 1;
        (seccomp_policy! { errno($number) syscall(1000); default allow }, number)
    };
    let thread = sandboxed_thread(with_value.0, call::bare_probe).unwrap();
    assert_eq!(thread.join().unwrap(), -i64::from(with_value.1));
    let instead =
        DEADLY.installer().instead_of_kill(InsteadOfKill::Errno(seccomp_runtime::Errno::EXDEV));
    assert_eq!(sandboxed_thread(instead, call::bare_probe).unwrap().join().unwrap(), -18);
    assert_eq!(call::bare_probe(), call::ENOSYS);
}

#[test]
fn join_does_not_wait_for_ever_for_a_thread_that_the_policy_kills() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    for _ in 0..20 {
        let value = Dropped(dropped.clone());
        let thread = sandboxed_thread(DEADLY, move || {
            let _value = value;
            call::bare_probe()
        });
        let end = thread.unwrap().join().unwrap_err();
        assert!(matches!(end, ThreadEnd::Killed), "{end:?}");
        assert!(end.to_string().contains("kill_thread"), "{end}");
    }
    assert!(!dropped.load(Ordering::SeqCst), "no destructor runs in a thread that is killed");
}

#[test]
fn a_thread_that_is_killed_before_join_is_finished() {
    let thread = sandboxed_thread(DEADLY, call::bare_probe).unwrap();
    while !thread.is_finished() {
        std::thread::yield_now();
    }
    // Another thread may have its id by now.
    for _ in 0..10 {
        std::thread::spawn(|| ()).join().unwrap();
    }
    assert!(matches!(thread.join(), Err(ThreadEnd::Killed)));
}

#[test]
fn join_gives_the_value_even_if_the_policy_kills_the_thread_at_its_end() {
    let thread = sandboxed_thread(STRICT, || 40 + 2).unwrap();
    assert_eq!(thread.join().unwrap(), 42);
}

#[test]
fn a_panic_is_told_with_its_message() {
    let thread = sandboxed_thread(SEVEN, || {
        std::panic::resume_unwind(Box::new("the input is odd"));
    });
    let end = thread.unwrap().join().unwrap_err();
    assert_eq!(end.to_string(), "the thread panicked: the input is odd");
    assert!(matches!(end, ThreadEnd::Panicked(_)));
}

#[test]
fn a_policy_that_cannot_be_installed_runs_nothing() {
    let report = in_child(|| {
        NO_INSTALL.install_or_exit("test");
        let thread = sandboxed_thread(SEVEN, || print!("ran")).unwrap();
        match thread.join() {
            Err(ThreadEnd::NotInstalled(error @ InstallError::NotPermitted { .. })) => {
                print!("{error}");
            }
            other => print!("{other:?}"),
        }
    })
    .unwrap();
    assert!(
        report.stdout.starts_with("seccomp(SECCOMP_SET_MODE_FILTER) is not permitted"),
        "{report:?}"
    );
}

#[test]
fn a_system_without_proc_starts_no_thread() {
    #[allow(deprecated)] // `default allow`
    const NO_FILES: Policy = seccomp_policy! {
        errno(ENOENT) openat;
        #[cfg(target_arch = "x86_64")] errno(ENOENT) open;
        default allow
    };
    let report = in_child(|| {
        NO_FILES.install_or_exit("test");
        print!(
            "{:?}",
            sandboxed_thread(SEVEN, || print!("ran")).map(drop).map_err(|error| error.kind())
        );
    })
    .unwrap();
    assert_eq!(report.stdout, "Err(NotFound)");
}

#[test]
fn a_policy_that_kills_the_process_ends_it_without_a_result() {
    #[allow(deprecated)] // `default allow`
    const KILLS: Policy = seccomp_policy! { kill syscall(1000); default allow };
    let report = in_child(|| {
        let _ = sandboxed_thread(KILLS, call::bare_probe).unwrap().join();
        print!("still here");
    })
    .unwrap();
    assert!(report.is_killed_by_policy() && report.stdout.is_empty(), "{report:?}");
    assert_eq!(PROBE, 1000);
}
