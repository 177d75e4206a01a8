//! A program that tests execute: it makes the probe, and exits with the errno that it gets. With
//! the argument `privileges` it exits with its `no_new_privs` bit instead.

use seccomp_tests::call;

fn main() {
    let result = match std::env::args().nth(1).as_deref() {
        Some("privileges") => call::no_new_privs(),
        _ => -call::bare_probe(),
    };
    call::exit_group(result as i32);
}
