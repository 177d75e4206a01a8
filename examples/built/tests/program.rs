//! The program runs and prints what it should.

use std::process::Command;

#[test]
fn it_has_the_policy_that_its_build_script_compiled() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_seccomp-examples-built")).output().expect("the program");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", output.status);
    let expected = [
        "read(0)                        allow",
        "read(3)                        errno(38)",
        "socket(AF_INET, SOCK_STREAM)   allow",
        "socket(AF_UNIX, SOCK_STREAM)   errno(97)",
        "a writer to 7: write(7)        allow",
        "a writer to 7: write(8)        errno(1)",
        "under its policy",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{errors}");
}
