//! `#[sandboxed]` on functions of every kind.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use seccomp_runtime::__private::policy;
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS};
use seccomp_tests::child::{End, Notes, child};

const SEVEN: Policy = seccomp_policy! { errno(7) syscall(1000); default allow };
/// A policy that cannot be installed.
const BROKEN: Policy = policy(&[]);

#[sandboxed(SEVEN)]
fn plain() -> i64 {
    call::bare_probe()
}

#[sandboxed(SEVEN)]
fn with_arguments<T, const N: usize>(_: &[T; N], notes: &'static Notes) -> Option<i64>
where
    T: Copy + Into<i64>,
{
    #![allow(clippy::unnecessary_wraps)]
    notes.put(1, 1);
    Some(call::bare_probe())
}

#[sandboxed(if strictly { SEVEN } else { seccomp_policy! { default allow } })]
fn by_parameter(strictly: bool) -> i64 {
    call::bare_probe()
}

#[sandboxed(SEVEN.installer().this_thread_only().log())]
extern "C" fn by_installer() -> i64 {
    call::bare_probe()
}

#[sandboxed(SEVEN)]
async fn in_future(result: i64) -> i64 {
    result + call::bare_probe()
}

struct Worker;

trait Work {
    fn work(&self) -> i64;
}

impl Work for Worker {
    #[inline(never)]
    #[sandboxed(Self::POLICY)]
    fn work(&self) -> i64 {
        call::bare_probe()
    }
}

impl Worker {
    const POLICY: Policy = SEVEN;

    #[allow(unsafe_code)] // To see that one can be sandboxed.
    #[sandboxed(super::sandboxed::SEVEN)]
    unsafe fn consume(self) -> i64 {
        call::bare_probe()
    }
}

macro_rules! passed_on {
    ($visibility:vis fn $name:ident() -> $result:ty $body:block) => {
        #[sandboxed(SEVEN)]
        $visibility fn $name() -> $result $body
    };
}

passed_on! { fn by_macro() -> i64 { call::bare_probe() } }

/// The items of a body are visible in all of the body, and not in the attribute.
#[sandboxed(SEVEN)]
fn with_a_policy_of_its_own() -> i64 {
    const SEVEN: Policy = seccomp_policy! { default allow };
    assert!(SEVEN.allows(&seccomp_runtime::call!(getppid())));
    call::bare_probe()
}

#[no_implicit_prelude]
mod bare {
    #[::seccomp_runtime::sandboxed(super::SEVEN)]
    pub(super) fn without_prelude() -> i64 {
        ::seccomp_tests::call::bare_probe()
    }
}

#[track_caller]
fn seven_inside(body: impl FnOnce() -> i64) {
    let outcome = child(|notes| {
        notes.put(0, call::bare_probe());
        notes.put(1, body());
        notes.put(2, call::bare_probe());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, -7, -7]));
}

#[test]
#[allow(unsafe_code)] // To call an `unsafe fn`.
fn a_function_of_any_kind_runs_under_its_policy() {
    seven_inside(plain);
    seven_inside(|| by_parameter(true));
    seven_inside(|| by_installer());
    seven_inside(|| Worker.work());
    // SAFETY: the function is `unsafe` in name only.
    seven_inside(|| unsafe { Worker.consume() });
    seven_inside(by_macro);
    seven_inside(with_a_policy_of_its_own);
    seven_inside(bare::without_prelude);
}

#[test]
fn arguments_and_result_go_through() {
    let outcome = child(|notes| {
        notes.put(0, with_arguments(&[1_i32, 2], notes).unwrap_or(0));
        notes.put(2, by_parameter(false));
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, 1, -7]));
}

#[test]
fn an_async_function_is_under_its_policy_once_it_is_polled() {
    let outcome = child(|notes| {
        let mut future = pin!(in_future(100));
        notes.put(0, call::bare_probe());
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            notes.put(1, result);
        }
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [ENOSYS, 93]));
}

struct Loud(&'static Notes);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.put(1, 1);
    }
}

#[sandboxed(BROKEN)]
fn never(loud: &Loud) {
    loud.0.put(0, 1);
}

#[test]
fn a_body_whose_policy_cannot_be_installed_never_runs_and_nothing_after_it() {
    let outcome = child(|notes| {
        let loud = Loud(notes);
        never(&loud);
        notes.put(2, 1);
        0
    });
    assert_eq!(outcome.end, End::Exited(1));
    assert_eq!(outcome.notes.first(), [Notes::NOTHING; 3]);
    assert_eq!(outcome.output, "seccomp: `never` is not run: errno 22\n");
}
