//! The runtime needs neither std nor a C library: a program without both links, and works.

use std::path::{Path, PathBuf};
use std::process::Command;

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("these programs print text")
}

/// Builds `tests/no-std` for the host as `tests/kernels/build` does for other architectures: with
/// the linker of the toolchain, which is told of no library.
fn build() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in it");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output(Command::new(&rustc).arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("has a host");
    let sysroot = output(Command::new(&rustc).args(["--print", "sysroot"]));
    let linker = format!("{}/lib/rustlib/{host}/bin/rust-lld", sysroot.trim());
    let target_dir = workspace.join("target/no-std");
    let flags = [
        &format!("-Clinker={linker}"),
        "-Clinker-flavor=ld.lld",
        "-Clink-arg=-static",
        "-Crelocation-model=static",
        "-Ctarget-feature=+crt-static",
        "-Cdefault-linker-libraries=no",
    ];
    output(
        Command::new(env!("CARGO"))
            .current_dir(workspace)
            .args(["build", "--quiet", "--profile=freestanding", "--features=freestanding"])
            .args(["--package=seccomp-no-std", "--target", host, "--target-dir"])
            .arg(&target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
    );
    target_dir.join(host).join("freestanding/no-std")
}

#[test]
fn a_static_program_without_std_and_libc_puts_itself_under_policies() {
    let program = build();
    let printed = output(&mut Command::new(&program));
    let summary = printed.lines().last().unwrap_or_default();
    let passed = summary.strip_suffix(" passed, 0 failed").and_then(|count| count.parse().ok());
    assert!(passed.is_some_and(|count: u32| count >= 10), "{printed}");
}
