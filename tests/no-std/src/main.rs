//! A program with neither std nor a C library that puts itself under policies, checks what the
//! kernel then does, and prints `N passed, N failed`.
//!
//! It runs as any program does, and as `/init`: then it is process 1 of a kernel, and switches the
//! machine off when it is done. Every check runs in a forked child, since a filter stays.
#![no_std]
#![no_main]

mod call;
mod checks;
mod entry;

use call::End;

/// One check: what it claims, and a closure's worth of code to run in a child. The child exits
/// with 0 if the claim holds, with any other status if not, and is judged by `expected`.
struct Check {
    claim: &'static str,
    run: fn() -> u8,
    expected: End,
}

/// What a child exits with if its claim holds.
const HOLDS: u8 = 0;
/// What it exits with if not.
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

/// Runs every check; the exit status of the program.
fn main() -> u8 {
    let (mut passed, mut failed) = (0, 0);
    for check in checks::ALL {
        let end = call::in_child(check.run);
        if end == check.expected {
            passed += 1;
        } else {
            failed += 1;
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
    print_number(passed);
    print(" passed, ");
    print_number(failed);
    print(" failed\n");
    if call::is_init() {
        call::power_off();
    }
    u8::from(failed != 0 || passed == 0)
}
