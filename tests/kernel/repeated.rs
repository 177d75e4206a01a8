//! A function that runs twice under its policy, and policies that are installed under another
//! policy.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};

use seccomp_runtime::{InstallError, Installer, Policy, sandboxed, seccomp_policy};
use seccomp_tests::call;
use seccomp_tests::child::{End, Notes, child, wait};
use seccomp_tests::thread;

const BEFORE: usize = 0;
const RUNS: usize = 1;
const AFTER: usize = 2;

/// Like most policies, it does not allow the install of another policy.
const ALLOW_LIST: Policy = seccomp_policy! {
    allow write(fd in {1, 2}), exit_group;
    default kill
};

/// The same, but denied calls fail.
const MILD: Policy = seccomp_policy! {
    allow write(fd in {1, 2}), exit_group;
    default errno(EPERM)
};

const DENY_LIST: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };

const OTHER_DENY_LIST: Policy = seccomp_policy! { errno(8) syscall(1001); default allow };

/// Runs `body` twice in one process, which may end between them.
fn twice(body: fn(&'static Notes)) -> (End, String, i64) {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        body(notes);
        body(notes);
        0
    });
    (outcome.end, outcome.output, outcome.notes.get(RUNS))
}

fn run(notes: &Notes) {
    notes.put(RUNS, notes.get(RUNS) + 1);
}

#[sandboxed(ALLOW_LIST)]
fn under_an_allow_list(notes: &'static Notes) {
    run(notes);
}

#[sandboxed(MILD)]
fn under_a_mild_allow_list(notes: &'static Notes) {
    run(notes);
}

#[sandboxed(DENY_LIST)]
fn under_a_deny_list(notes: &'static Notes) {
    run(notes);
}

#[test]
fn a_function_runs_once_under_a_policy_for_all_threads_and_says_so_the_second_time() {
    for (name, body) in [
        ("under_an_allow_list", under_an_allow_list as fn(&'static Notes)),
        ("under_a_mild_allow_list", under_a_mild_allow_list),
        ("under_a_deny_list", under_a_deny_list),
    ] {
        let line = format!("seccomp: `{name}` is not run: it installed its policy before\n");
        assert_eq!(twice(body), (End::Exited(1), line, 1));
    }
}

#[sandboxed(OTHER_DENY_LIST)]
fn under_another_deny_list(notes: &'static Notes) {
    run(notes);
}

#[test]
fn a_function_recognises_that_it_runs_again_whatever_ran_in_between() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        loop {
            under_a_deny_list(notes);
            under_another_deny_list(notes);
        }
    });
    let line = "seccomp: `under_a_deny_list` is not run: it installed its policy before\n";
    let ours = (outcome.end, outcome.notes.get(RUNS));
    assert_eq!((ours, outcome.output.as_str()), ((End::Exited(1), 2), line));
}

/// A policy for each number.
struct Of<const ERRNO: u16>;

impl<const ERRNO: u16> Of<ERRNO> {
    const POLICY: Policy = seccomp_policy! { errno({ ERRNO }) syscall(1000); default allow };

    #[sandboxed(Self::POLICY)]
    fn method(&self, notes: &Notes) {
        run(notes);
    }
}

#[sandboxed(Of::<1>::POLICY)]
async fn asynchronous(notes: &Notes) {
    run(notes);
}

#[test]
fn a_method_of_a_generic_type_and_an_async_function_recognise_it_too() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(asynchronous(notes)).poll(&mut context).is_ready());
        Of::<2>.method(notes);
        Of::<3>.method(notes);
        Of::<2>.method(notes);
        0
    });
    let line = "seccomp: `method` is not run: it installed its policy before\n";
    let ours = (outcome.end, outcome.notes.get(RUNS));
    assert_eq!((ours, outcome.output.as_str()), ((End::Exited(1), 3), line));
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            Of::<2>.method(notes);
            assert!(pin!(asynchronous(notes)).poll(&mut context).is_ready());
            Of::<4>.install_twice(notes);
            assert!(pin!(asynchronous(notes)).poll(&mut context).is_ready());
        }
    });
    let line = "seccomp: `asynchronous` is not run: it installed its policy before\n";
    let ours = (outcome.end, outcome.notes.get(RUNS));
    assert_eq!((ours, outcome.output.as_str()), ((End::Exited(1), 4), line));
}

impl<const ERRNO: u16> Of<ERRNO> {
    /// Nothing prevents that.
    fn install_twice(&self, notes: &Notes) {
        for _ in 0..2 {
            Self::POLICY.install().unwrap();
            run(notes);
        }
    }
}

#[sandboxed(policy)]
fn under(policy: Policy, notes: &Notes) {
    run(notes);
}

macro_rules! policies {
    ($($tens:literal)*) => { [$(
        Of::<{ $tens + 1 }>::POLICY, Of::<{ $tens + 2 }>::POLICY, Of::<{ $tens + 3 }>::POLICY,
        Of::<{ $tens + 4 }>::POLICY, Of::<{ $tens + 5 }>::POLICY, Of::<{ $tens + 6 }>::POLICY,
        Of::<{ $tens + 7 }>::POLICY, Of::<{ $tens + 8 }>::POLICY, Of::<{ $tens + 9 }>::POLICY,
        Of::<{ $tens + 10 }>::POLICY,
    )*] };
}

/// More policies than a process can remember, wherever they are in memory.
static MANY: [Policy; 100] = policies! { 0 10 20 30 40 50 60 70 80 90 };

#[test]
fn a_process_remembers_at_least_sixty_four_policies_and_refuses_what_it_cannot_remember() {
    // In order and in reverse order, so that the refused policy depends on the order alone.
    for reversed in [false, true] {
        let outcome = child(move |notes| {
            notes.put(RUNS, 0);
            for number in 0..MANY.len() {
                let number = if reversed { MANY.len() - 1 - number } else { number };
                under(MANY[number], notes);
            }
            0
        });
        let runs = outcome.notes.get(RUNS);
        assert!((64..=96).contains(&runs), "{runs}");
        let line = format!("seccomp: `under` is not run: errno {}\n", libc::ENOMEM);
        assert_eq!((outcome.end, outcome.output), (End::Exited(1), line));
    }
    for again in [0, 31, 63] {
        let outcome = child(move |notes| {
            notes.put(RUNS, 0);
            for policy in &MANY[..64] {
                under(*policy, notes);
            }
            under(MANY[again], notes);
            0
        });
        let line = "seccomp: `under` is not run: it installed its policy before\n";
        let ours = (outcome.end, outcome.notes.get(RUNS));
        assert_eq!((ours, outcome.output.as_str()), ((End::Exited(1), 64), line));
    }
}

#[sandboxed(DENY_LIST.installer().this_thread_only())]
fn on_one_thread(notes: &'static Notes) {
    run(notes);
    notes.put(AFTER, call::bare_probe());
}

#[test]
fn on_one_thread_it_runs_as_often_as_the_kernel_takes_one_more_filter() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        loop {
            on_one_thread(notes);
        }
    });
    assert_eq!(outcome.end, End::Exited(1));
    assert!(outcome.notes.get(RUNS) > 100, "{}", outcome.notes.get(RUNS));
    let line = format!("seccomp: `on_one_thread` is not run: errno {}\n", libc::ENOMEM);
    assert_eq!(outcome.output, line);
}

#[test]
fn every_thread_gets_a_policy_for_one_thread() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        for _ in 0..3 {
            let Some(thread) = thread::spawn(notes, on_one_thread) else { return 1 };
            thread.join();
            if notes.get(AFTER) != -7 {
                return 2;
            }
        }
        notes.put(AFTER, call::bare_probe());
        0
    });
    let ours = [outcome.notes.get(RUNS), outcome.notes.get(AFTER)];
    assert_eq!((outcome.end, ours), (End::Exited(0), [3, call::ENOSYS]));
}

#[test]
fn a_child_process_is_under_the_policy_of_its_parent_and_says_so() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        under_a_deny_list(notes);
        match call::fork() {
            0 => {
                under_a_deny_list(notes);
                0
            }
            pid => i32::from(wait(pid as libc::pid_t) != End::Exited(1)),
        }
    });
    assert_eq!((outcome.end, outcome.notes.get(RUNS)), (End::Exited(0), 1));
}

#[sandboxed(DENY_LIST)]
fn inside(notes: &'static Notes) {
    run(notes);
}

#[test]
fn an_install_that_a_policy_in_force_would_kill_for_is_an_error_without_a_try() {
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        under_an_allow_list(notes);
        inside(notes);
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(RUNS)), (End::Exited(1), 1));
    let denied = "seccomp: `inside` is not run: a filter denies prctl or seccomp: errno 1\n";
    assert_eq!(outcome.output, denied);
    // If the policy lets the kernel answer, the error is that of the kernel.
    let outcome = child(|notes| {
        notes.put(RUNS, 0);
        under_a_mild_allow_list(notes);
        inside(notes);
        0
    });
    assert_eq!((outcome.end, outcome.notes.get(RUNS)), (End::Exited(1), 1));
    assert_eq!(outcome.output, denied);
}

/// Whether an install as `inner` says is refused under `outer`, because `outer` would kill for it. An
/// install that is not refused is tried, in a process of its own.
#[track_caller]
fn is_refused_under(outer: Policy, inner: Installer, refused: bool) {
    let outcome = child(|notes| {
        if outer.install().is_err() {
            return 1;
        }
        notes.put(BEFORE, 0);
        let result = inner.install();
        notes.put(AFTER, i64::from(result == Err(InstallError::Deadly)));
        0
    });
    let after = [outcome.notes.get(BEFORE), outcome.notes.get(AFTER)];
    assert_eq!((outcome.end, after), (End::Exited(0), [0, i64::from(refused)]), "{inner:?}");
}

#[test]
fn a_second_policy_is_refused_only_if_the_first_would_kill_for_its_install() {
    const ON_ONE_THREAD: Policy = seccomp_policy! {
        allow prctl(option in {PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS}), seccomp(flags == 0);
        kill seccomp, prctl;
        default allow
    };
    const NO_PRCTL: Policy = seccomp_policy! { trap prctl; default allow };
    const NOT_READ_BACK: Policy = seccomp_policy! {
        kill_thread prctl(option == PR_GET_NO_NEW_PRIVS);
        default allow
    };
    let all = DENY_LIST.installer();
    let one = all.this_thread_only();
    is_refused_under(ALLOW_LIST_OF_NOTES, all, true);
    is_refused_under(ALLOW_LIST_OF_NOTES, one.keep_privileges(), true);
    is_refused_under(ON_ONE_THREAD, all, true);
    is_refused_under(ON_ONE_THREAD, one.log(), true);
    is_refused_under(ON_ONE_THREAD, one, false);
    for no_prctl in [NO_PRCTL, NOT_READ_BACK] {
        is_refused_under(no_prctl, one, true);
        is_refused_under(no_prctl, all.log().allow_speculation(), true);
        is_refused_under(no_prctl, all.keep_privileges(), false);
    }
}

/// A list of allowed calls under which a child of the tests can end.
const ALLOW_LIST_OF_NOTES: Policy = seccomp_policy! {
    allow write, exit_group;
    default kill
};
