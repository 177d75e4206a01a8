//! A program without std and without a C library that puts itself under policies, checks what the
//! kernel then does, and prints `N passed, N failed`.
//!
//! It runs as any program does, and as `/init`: then it is process 1 of a kernel, and switches the
//! machine off when it is done. Every check runs in a forked child, because a filter cannot be
//! removed.
#![no_std]
#![no_main]

mod arena;
mod call;
mod checks;
mod corpus;
mod entry;
#[path = "../../../examples/no-libc/src/memory.rs"]
mod memory;
mod ptrace;
// On loongarch64 a program cannot make reports.
#[cfg(not(target_arch = "loongarch64"))]
mod report;
#[cfg(not(target_arch = "loongarch64"))]
mod signal;
mod supervised;
#[cfg(not(target_arch = "loongarch64"))]
mod thread;
mod traced;

use call::End;

/// One check: a claim, and a function that runs in a child. The child exits with one status if the
/// claim holds and with another if not, and its end is compared with `expected`.
struct Check {
    claim: &'static str,
    run: fn() -> u8,
    expected: End,
}

/// The exit status of a child whose claim holds.
const HOLDS: u8 = 0;
/// The exit status of a child whose claim does not hold.
const FAILS: u8 = 1;

fn print(text: &str) {
    call::write(1, text.as_bytes());
}

fn print_number(number: u32) {
    if number >= 10 {
        print_number(number / 10);
    }
    call::write(1, &[b'0' + (number % 10) as u8]);
}

/// The number of checks that held.
#[derive(Clone, Copy, Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    fn count(&mut self, holds: bool) {
        if holds {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    fn print(self) {
        print_number(self.passed);
        print(" passed, ");
        print_number(self.failed);
        print(" failed\n");
    }
}

/// Runs every check, and the corpus if there is one. Returns the exit status of the program.
fn main() -> u8 {
    call::no_core_dumps();
    let mut tally = checks();
    #[cfg(not(target_arch = "loongarch64"))]
    {
        tally.add(report::lines::run());
        if call::is_init() {
            tally.add(report::endings::run());
        }
    }
    if let Some(corpus) = corpus::run() {
        print("corpus: ");
        corpus.print();
        tally.add(corpus);
    }
    tally.print();
    if call::is_init() {
        call::power_off();
    }
    u8::from(tally.failed != 0 || tally.passed == 0)
}

fn checks() -> Tally {
    let mut tally = Tally::default();
    #[cfg(not(target_arch = "loongarch64"))]
    let all = checks::ALL.iter().chain(report::ALL).chain(report::places::ALL);
    #[cfg(target_arch = "loongarch64")]
    let all = checks::ALL.iter();
    for check in all {
        let end = call::in_child(check.run);
        tally.count(end == check.expected);
        if end != check.expected {
            print("FAILED: ");
            print(check.claim);
            match end {
                End::Exited(status) => {
                    print(": exited with ");
                    print_number(status.into());
                }
                End::Killed(signal) => {
                    print(": killed by signal ");
                    print_number(signal.into());
                }
            }
            print("\n");
        }
    }
    tally
}
