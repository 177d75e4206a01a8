//! Builds and runs the static program without std and without a C library (`tests/no-std`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The result of the program.
#[derive(Debug)]
pub struct Run {
    /// The number of checks that held.
    pub passed: usize,
    /// The number of checks that did not hold.
    pub failed: usize,
    /// Its whole output.
    pub output: String,
}

/// Builds the program for the host as `tests/kernels/build` does for other architectures: with the
/// linker of the toolchain, without any library. Returns its path.
///
/// # Panics
///
/// If it cannot be built: why.
#[must_use]
pub fn build() -> PathBuf {
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
    let printed = output(
        Command::new(env!("CARGO"))
            .current_dir(workspace)
            .args(["build", "--quiet", "--profile=freestanding", "--features=freestanding"])
            .args(["--package=seccomp-no-std", "--target", host, "--target-dir"])
            .arg(&target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
    );
    assert_eq!(printed, "", "what does a quiet build have to say?");
    target_dir.join(host).join("freestanding/no-std")
}

/// Builds the program that lists its policies (`tests/registry`) with the macros that [`build`] needs too. Returns
/// its path.
///
/// # Panics
///
/// If it cannot be built: why.
#[must_use]
pub fn registry() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in it");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output(Command::new(&rustc).arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("has a host");
    let target_dir = workspace.join("target/no-std");
    let printed = output(
        Command::new(env!("CARGO"))
            .current_dir(workspace)
            .args(["build", "--quiet", "--profile=freestanding", "--features=registry"])
            .args(["--package=seccomp-tests-registry", "--target", host, "--target-dir"])
            .arg(&target_dir),
    );
    assert_eq!(printed, "", "what does a quiet build have to say?");
    target_dir.join(host).join("freestanding/registry")
}

/// Builds the example without std and without a C library (`examples/no-libc`) with its own script, for the host if no
/// target is given, and with the macros that [`build`] needs too. Returns its path, which is the same for all
/// features.
///
/// # Panics
///
/// If it cannot be built: why.
#[must_use]
pub fn no_libc(feature: Option<&str>, target: Option<&str>) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in it");
    let mut script = Command::new(workspace.join("examples/no-libc/build"));
    script.env("CARGO", env!("CARGO")).env("CARGO_TARGET_DIR", workspace.join("target/no-std"));
    script.args(feature.map(|feature| format!("--features={feature}"))).args(target);
    let printed = output(&mut script);
    let (_, path) = printed.trim_end().split_once(" bytes: ").expect("a size and a path");
    path.into()
}

/// Whether the toolchain has `core` for this target.
///
/// # Panics
///
/// If rustc cannot be asked.
#[must_use]
pub fn has_core(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let directory =
        Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output();
    let directory = directory.expect("rustc").stdout;
    Path::new(String::from_utf8_lossy(&directory).trim()).is_dir()
}

/// Runs the program with a corpus ([`Image`](crate::corpus::image::Image)) beside it.
///
/// # Panics
///
/// If the program cannot be run, or ends before it reports about the corpus.
#[must_use]
pub fn run(program: &Path, corpus: &[u8]) -> Run {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    let directory = program.with_extension(format!("run.{}.{number}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory beside the program");
    std::fs::write(directory.join("corpus"), corpus).expect("a file beside the program");
    let result = Command::new(program).current_dir(&directory).output();
    std::fs::remove_dir_all(&directory).expect("the directory is this test's own");
    let result = result.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let output = String::from_utf8_lossy(&result.stdout).into_owned();
    let counts = output.lines().find_map(|line| line.strip_prefix("corpus: "));
    let (passed, failed) = counts
        .and_then(|counts| counts.strip_suffix(" failed")?.split_once(" passed, "))
        .and_then(|(passed, failed)| Some((passed.parse().ok()?, failed.parse().ok()?)))
        .unwrap_or_else(|| panic!("{}: {output}", result.status));
    Run { passed, failed, output }
}

/// The output of a command.
///
/// # Panics
///
/// If it fails: with its output.
#[must_use]
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("these programs print text")
}
