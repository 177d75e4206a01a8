//! A program with policies, for the tests of `run` and `learn`. Its argument says what it does.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

// Not rustix's `getpgid` and `getsid`: they panic on 0, and the kernel answers 0 where the leader is outside of the PID
// namespace, as in containers.
use nix::unistd::{getpgid, getsid};
use rustix::process::{Signal, getpid, getppid, kill_process, umask};
use seccomp_runtime::{Policy, SockFilter, seccomp_fragment, seccomp_policy};
use signal_hook::consts::SIGSYS;

seccomp_fragment! {
    /// The calls that every case needs.
    BASE {
        errno(ENOSYS) clone3;
        allow @rust-exit, @rust-thread, @rust-unwind, @install;
        allow write(fd in {1, 2});
    }
}

/// Kills for all calls that it does not name.
const KILLS: Policy = seccomp_policy! { include BASE; default kill };
/// Fails one call on purpose.
const FAILS: Policy = seccomp_policy! { include BASE; errno(EACCES) getsid; default kill };
/// Fails everything else.
const FAILS_ALL: Policy = seccomp_policy! { include BASE; default errno(EPERM) };
/// Another policy, which allows `getsid`, and otherwise no more than the first.
const SECOND: Policy = seccomp_policy! { include BASE; allow getsid; default kill_thread };
/// Kills whoever installs another policy.
const LAST: Policy = seccomp_policy! {
    errno(ENOSYS) clone3;
    allow @rust-exit, @rust-thread, @rust-unwind;
    allow write(fd in {1, 2});
    default kill
};
/// Answers with a signal.
const TRAPS: Policy = seccomp_policy! { include BASE; default trap };
/// For a program with a handler.
const KILLS_WITH_HANDLER: Policy = seccomp_policy! {
    include BASE;
    allow getppid;
    default kill
};
/// Allows and logs every call.
const LOGS: Policy = seccomp_policy! { include BASE; #[allow(seccomp::default_allow)] default log };
/// For a program that starts another one.
const PARENT: Policy = seccomp_policy! {
    include BASE;
    allow @rust-process, @rust-fs, arch_prctl?, access?, mmap;
    default kill
};
/// A filter without a note: fails `getsid` (124 on x86_64, 156 on aarch64 and riscv64) with 13, allows the rest.
const FOREIGN: Policy = Policy::__from_filter(FOREIGN_FILTER);
const FOREIGN_FILTER: &[SockFilter] = &answers_getsid(0x0005_000d);
/// A filter without a note: fails `getsid` and all calls with greater numbers with 13, also those that do not exist. A program can still
/// write and end.
const FOREIGN_DENIES: Policy = Policy::__from_filter(FOREIGN_DENIES_FILTER);
const FOREIGN_DENIES_FILTER: &[SockFilter] = &[
    SockFilter::statement(0x20, 0),
    SockFilter::jump(0x15, 231, 1, 0),
    SockFilter::jump(0x35, if cfg!(target_arch = "x86_64") { 124 } else { 156 }, 1, 0),
    SockFilter::statement(0x06, 0x7fff_0000),
    SockFilter::statement(0x06, 0x0005_000d),
];
/// As `FOREIGN`, but traps, with the data 7.
const FOREIGN_TRAPS: Policy = Policy::__from_filter(FOREIGN_TRAPS_FILTER);
const FOREIGN_TRAPS_FILTER: &[SockFilter] = &answers_getsid(0x0003_0007);

const fn answers_getsid(value: u32) -> [SockFilter; 4] {
    [
        SockFilter::statement(0x20, 0),
        SockFilter::jump(0x15, if cfg!(target_arch = "x86_64") { 124 } else { 156 }, 0, 1),
        SockFilter::statement(0x06, value),
        SockFilter::statement(0x06, 0x7fff_0000),
    ]
}

fn parent() -> bool {
    getppid().is_some()
}

fn install(policy: &Policy) {
    policy.install().expect("installs");
}

/// Starts four threads. When all run, the first one installs for all, and then each is denied its own call.
fn threads() {
    let barrier = Arc::new(Barrier::new(5));
    let mut started = Vec::new();
    for number in 0..4 {
        let barrier = barrier.clone();
        let thread = thread::Builder::new().name(format!("worker {number}"));
        let work = move || {
            barrier.wait();
            barrier.wait();
            match number {
                0 => drop(umask(rustix::fs::Mode::empty())),
                1 => drop(getpgid(None)),
                2 => drop(getsid(None)),
                _ => drop(parent()),
            }
        };
        started.push(thread.spawn(work).expect("starts"));
    }
    barrier.wait();
    install(&KILLS);
    barrier.wait();
    for one in started {
        one.join().expect("joins");
    }
    println!("joined");
}

fn main() {
    let case = std::env::args().nth(1).expect("a case");
    match case.as_str() {
        "kill" => {
            install(&KILLS);
            println!("{}", parent());
        }
        "fail" => {
            install(&FAILS);
            for _ in 0..3 {
                println!("{:?}", getsid(None));
            }
        }
        "fail-all" => {
            install(&FAILS_ALL);
            println!("{:?}", getpgid(None).is_ok());
        }
        "threads" => threads(),
        "one-thread" => {
            let under = thread::spawn(|| {
                KILLS.install_on_thread().expect("installs");
                let _ = getpgid(None);
            });
            drop(under.join());
            println!("{}", getsid(None).is_ok());
        }
        "two" => {
            install(&KILLS);
            install(&SECOND);
            let _ = getsid(None);
            let _ = parent();
            println!("done");
        }
        // Nothing is called between the two.
        "after-the-last" => {
            install(&LAST);
            match SECOND.install() {
                Ok(()) => println!("{}", getsid(None).is_ok() && parent()),
                Err(error) => println!("{error}"),
            }
        }
        "trap" => {
            install(&TRAPS);
            let _ = getsid(None);
            println!("not reached under enforcement");
        }
        "log" => {
            install(&LOGS);
            println!("{}", getsid(None).is_ok());
        }
        "foreign" => {
            install(&FOREIGN);
            println!("{:?}", getsid(None));
        }
        "foreign-denies" => {
            install(&FOREIGN_DENIES);
            println!("{:?}", getsid(None));
        }
        // A sandbox like those of browsers: a handler does something else instead of a call, in several threads at
        // once.
        "trap-handler" => {
            install(&KILLS_WITH_HANDLER);
            let handled = Arc::new(AtomicUsize::new(0));
            signal_hook::flag::register_usize(SIGSYS, handled.clone(), 1).expect("has a handler");
            install(&FOREIGN_TRAPS);
            let work = || {
                for _ in 0..100 {
                    // The handler leaves the registers as they are, so the result is the previous value of its
                    // register.
                    println!("{:?}", getsid(None));
                    let _ = getppid();
                }
            };
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(work);
                }
            });
            println!("handled: {}", handled.load(Ordering::SeqCst));
        }
        "trap-without-handler" => {
            install(&FOREIGN_TRAPS);
            println!("{}", getsid(None).is_ok());
        }
        "tree" => {
            install(&PARENT);
            let own = std::env::current_exe().expect("a program");
            let status = Command::new(own).arg("leaf").status().expect("starts");
            println!("{status}");
        }
        "thread-executes" => {
            let executes = thread::spawn(|| {
                PARENT.install_on_thread().expect("installs");
                let own = std::env::current_exe().expect("a program");
                panic!("{}", Command::new(own).arg("leaf").exec());
            });
            drop(executes.join());
        }
        // Ten processes with twenty threads. Each thread installs its own policy from the same memory as the others.
        "crowd" => {
            let own = std::env::current_exe().expect("a program");
            let start = || Command::new(&own).arg("crowd-of-threads").spawn().expect("starts");
            let processes: Vec<_> = (0..10).map(|_| start()).collect();
            for mut process in processes {
                assert!(process.wait().expect("ends").success());
            }
        }
        "crowd-of-threads" => thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    KILLS.install_on_thread().expect("installs");
                    let _ = getsid(None);
                });
            }
        }),
        "leaf" => drop(getsid(None)),
        "stop" => {
            // Another process continues this one after it has stopped.
            let own = getpid().as_raw_nonzero().get();
            let script = format!(
                "until grep -q '^State:.[tT]' /proc/{own}/status; do sleep 0.01; done; kill -CONT {own}"
            );
            let mut waker = Command::new("sh").args(["-c", &script]).spawn().expect("starts");
            kill_process(getpid(), Signal::STOP).expect("stops");
            println!("continued, {}", waker.wait().expect("ends"));
        }
        "wait" => {
            println!("waiting");
            loop {
                thread::park();
            }
        }
        "allowed" => {
            install(&KILLS);
            for _ in 0..1_000_000 {
                let _ = getpid();
            }
        }
        "nothing" => {}
        "leaves-behind" => {
            let mut shell = Command::new("sh");
            shell.args(["-c", "trap '' TERM; echo waiting; read line"]).process_group(0);
            drop(shell.spawn().expect("starts"));
        }
        "as-nobody" => {
            let program = std::env::args().nth(2).expect("a program");
            let mut command = Command::new(program);
            let ended = command.arg("nothing").uid(65534).gid(65534).status();
            assert!(ended.expect("starts").success());
        }
        _ => panic!("no such case"),
    }
}
