//! `in_child`, which these tests call as the tests of a user would.

use std::os::unix::process::ExitStatusExt;

use seccomp_runtime::{Policy, in_child, seccomp_policy};

#[allow(deprecated)] // `default allow`
const NO_SOCKETS: Policy = seccomp_policy! {
    kill socket;
    errno(EACCES) mkdirat;
    #[cfg(target_arch = "x86_64")] errno(EACCES) mkdir;
    default allow
};

fn bind() -> std::io::Result<()> {
    std::net::UdpSocket::bind("127.0.0.1:0").map(drop)
}

#[test]
fn a_policy_that_kills_the_child_leaves_the_test_alive() {
    let report = in_child(|| {
        NO_SOCKETS.install_or_exit("test");
        println!("before");
        let _ = bind();
        println!("after");
    })
    .unwrap();
    assert!(report.is_killed_by_policy(), "{report:?}");
    assert_eq!(report.stdout, "before\n");
    assert!(bind().is_ok());
}

#[test]
fn a_child_that_returns_has_status_0_and_its_output_is_here() {
    let report = in_child(|| {
        NO_SOCKETS.install_or_exit("test");
        let error = std::fs::create_dir("/nowhere/at/all").unwrap_err();
        println!("{error}");
        eprint!("to standard error");
    })
    .unwrap();
    assert_eq!(report.status.code(), Some(0));
    assert_eq!(report.stdout, "Permission denied (os error 13)\n");
    assert_eq!(report.stderr, "to standard error");
    assert!(!report.is_killed_by_policy());
}

#[test]
fn a_panic_and_an_exit_and_a_signal_are_told_apart() {
    let report = in_child(|| panic!("at the disco")).unwrap();
    assert_eq!(report.status.code(), Some(101));
    assert!(report.stderr.contains("at the disco"), "{report:?}");
    let report = in_child(|| std::process::exit(7)).unwrap();
    assert_eq!(report.status.code(), Some(7));
    let report = in_child(|| std::process::abort()).unwrap();
    assert_eq!((report.status.code(), report.status.signal()), (None, Some(libc::SIGABRT)));
    assert!(!report.is_killed_by_policy());
}

#[test]
fn each_round_of_a_loop_has_a_child_of_its_own() {
    for round in 0..3 {
        let report = in_child(|| print!("{round}")).unwrap();
        assert_eq!(report.stdout, round.to_string());
    }
}

#[test]
fn a_child_can_have_a_child() {
    let report = in_child(|| {
        let inner = in_child(|| print!("inner")).unwrap();
        print!("outer of {}", inner.stdout);
    })
    .unwrap();
    assert_eq!(report.stdout, "outer of inner");
}

#[test]
fn a_child_that_does_not_reach_the_call_is_an_error_and_no_report() {
    // The child does not have this thread.
    let other = std::thread::Builder::new().name("no_test_of_this_name".to_owned());
    let result = other.spawn(|| in_child(|| print!("here"))).unwrap().join().unwrap();
    let error = result.unwrap_err().to_string();
    assert!(error.contains("did not reach in_child at tests/world/children.rs"), "{error}");
}

#[test]
fn children_that_never_reach_the_call_come_to_an_end() {
    let is_child_of = |parents: &str| parents.split(' ').next().unwrap_or("").parse().unwrap_or(0);
    let processes: u32 = is_child_of(&std::env::var("SECCOMP_IN_CHILD").unwrap_or_default());
    // Each process calls it at another line than its parent.
    let result = if processes.is_multiple_of(2) {
        in_child(|| print!("even"))
    } else {
        in_child(|| print!("odd"))
    };
    let error = result.unwrap_err().to_string();
    assert!(error.contains("did not reach in_child") || processes == 16, "{error}");
}

#[test]
fn a_call_that_came_before_is_not_made_again_in_a_child() {
    let clock = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let first = in_child(|| print!("{:?}", clock())).unwrap();
    let second = in_child(|| print!("{}", first.stdout)).unwrap();
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(second, in_child(|| print!("{}", second.stdout)).unwrap());
}
