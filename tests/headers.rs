//! The commands of `ioctl` in the tables, compared with the user headers of this machine, which are of another
//! version of the kernel, and which this machine's compiler reads. Takes three seconds of processor time.
//!
//! If python3, gcc or the headers are missing, the test says so and compares nothing.

use std::path::Path;
use std::process::Command;

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{self, ConstantLookup};

/// The requirements that this machine lacks.
fn missing() -> Option<&'static str> {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
        Some("the script evaluates headers for x86_64 alone")
    } else if !has("python3") {
        Some("python3 cannot be run")
    } else if !has("gcc") {
        Some("gcc cannot be run")
    } else if !Path::new("/usr/include/linux/ioctl.h").exists() {
        Some("the kernel's user headers are not in /usr/include (Debian package linux-libc-dev)")
    } else {
        None
    }
}

/// The part of a command that identifies it. The rest is the size of its structure, which grows with newer kernels.
fn identity(command: u64) -> u64 {
    command & 0xffff
}

#[test]
fn every_command_of_the_installed_headers_has_its_value_in_the_tables() {
    if let Some(why) = missing() {
        eprintln!("NOT RUN: the commands of ioctl are not compared with headers: {why}");
        return;
    }
    let done = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/headers/evaluate.py"))
        .output()
        .expect("python3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (mut compared, mut absent, mut grown, mut wrong) = (0, Vec::new(), Vec::new(), Vec::new());
    for line in String::from_utf8(done.stdout).expect("text").lines() {
        let mut words = line.split(' ');
        let name = words.next().expect("a name").to_owned();
        let values = words.map(|word| word.parse::<u64>().expect("a number"));
        let values = values.collect::<Vec<_>>();
        let ConstantLookup::Value(ours) = table::constant(Abi::X86_64, &name) else {
            absent.push(name);
            continue;
        };
        compared += 1;
        assert!(table::is_ioctl_command(&name), "{name} is not marked as a command");
        if values.contains(&ours.value) {
            continue;
        }
        if values.iter().any(|theirs| identity(*theirs) == identity(ours.value)) {
            grown.push(name);
        } else {
            wrong.push((name, values, ours.value));
        }
    }
    println!("{compared} compared; other sizes: {grown:?}; not in the tables: {absent:?}");
    assert!(wrong.is_empty(), "{wrong:x?}");
    assert!(compared > 2000, "{compared} commands compared");
    // Another version of the kernel has a few commands more or less.
    assert!(absent.len() * 20 < compared, "{absent:?}");
    assert!(grown.len() * 50 < compared, "{grown:?}");
}
