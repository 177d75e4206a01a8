//! Compiles a policy file in the build script of a program.
//!
//! A program that can read the policy with `include "file";` in `seccomp_policy!` does not need this module. It is
//! for policies that a build script generates or chooses, and for crates that do not want a procedural macro to
//! compile them.
//!
//! In `Cargo.toml`, beside `seccomp-runtime` in `[dependencies]`:
//!
//! ```toml
//! [build-dependencies]
//! seccomp-syntax = "0.1"
//! ```
//!
//! In the `main` of `build.rs`:
//!
//! ```no_run
//! seccomp_syntax::build_script::compile("policies/worker.policy");
//! ```
//!
//! In the program:
//!
//! ```ignore
//! const WORKER: Policy = include!(concat!(env!("OUT_DIR"), "/worker.policy.rs"));
//! ```
//!
//! cargo tells the build script which `#[cfg(…)]` hold for the package (`CARGO_CFG_…`), including its features and, since
//! cargo 1.95, `debug_assertions`. cargo writes the names in upper case; this module reads them as lower case.

use std::cell::RefCell;
use std::path::Path;

use seccomp_ir::abi::Abi;

use crate::from_text::PolicyText;
use crate::report::Report;

/// Compiles the policy in `file` and writes it to `OUT_DIR` as the Rust file `NAME.rs`, where `NAME` is the name
/// of the file. The path is relative to the directory of `Cargo.toml`, and so are the paths of the files that the
/// policy includes. Prints the warnings for cargo, and tells cargo to run the build script again when one of the
/// files changes.
///
/// If the policy has errors, or a file cannot be read or written, this function prints the reason on standard
/// error and ends the build script with exit status 1.
pub fn compile(file: &str) {
    let environment = Environment::of_cargo();
    let compiled = environment.as_ref().map_err(Clone::clone).and_then(|cargo| cargo.compile(file));
    match compiled {
        Ok(lines) => print!("{lines}"),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(1);
        }
    }
}

/// What cargo tells a build script.
struct Environment {
    manifest: String,
    out: String,
    target: Abi,
    /// Names and values of the `cfg` options.
    cfg: Vec<(String, String)>,
}

impl Environment {
    fn of_cargo() -> Result<Self, String> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| {
                format!("{name} is not set: cargo sets it where it runs build scripts")
            })
        };
        let cfg = |name: &str| variable(name);
        let target = target(
            &cfg("CARGO_CFG_TARGET_ARCH")?,
            &cfg("CARGO_CFG_TARGET_ENDIAN")?,
            &cfg("CARGO_CFG_TARGET_POINTER_WIDTH")?,
        )?;
        let mut known = Vec::new();
        for (name, values) in std::env::vars() {
            let Some(name) = name.strip_prefix("CARGO_CFG_") else { continue };
            known.push((name.to_lowercase(), values));
        }
        if !known.iter().any(|(name, _)| name == "feature") {
            known.append(&mut features(std::env::vars().map(|(name, _)| name)));
        }
        Ok(Self {
            manifest: variable("CARGO_MANIFEST_DIR")?,
            out: variable("OUT_DIR")?,
            target,
            cfg: known,
        })
    }

    /// Compiles a file and returns the lines to print for cargo.
    fn compile(&self, file: &str) -> Result<String, String> {
        let path = Path::new(&self.manifest).join(file);
        let text = std::fs::read_to_string(&path).map_err(|why| {
            format!("cannot read {file:?}, which is looked for beside Cargo.toml: {why}")
        })?;
        let read = RefCell::new(vec![file.to_owned()]);
        let files = |name: &str| {
            let text = std::fs::read_to_string(Path::new(&self.manifest).join(name));
            read.borrow_mut().push(name.to_owned());
            text.map_err(|why| format!("it is looked for beside Cargo.toml: {why}"))
        };
        let mut policy = PolicyText::new(file, &text, self.target).files(&files);
        for (name, values) in &self.cfg {
            // A name without a value holds; but `target_env = ""` is a name with an empty value.
            if values.is_empty() && !name.starts_with("target_") {
                policy = policy.cfg(name);
                continue;
            }
            for value in values.split(',') {
                policy = policy.cfg_value(name, value);
            }
        }
        let compiled = policy.compile().map_err(|report| report.to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let out = Path::new(&self.out).join(format!("{name}.rs"));
        std::fs::write(&out, compiled.to_rust("::seccomp_runtime"))
            .map_err(|why| format!("cannot write {}: {why}", out.display()))?;
        let mut lines = String::new();
        for name in read.borrow().iter() {
            let path = Path::new(&self.manifest).join(name);
            lines += &format!("cargo::rerun-if-changed={}\n", path.display());
        }
        for line in warnings(&compiled.report) {
            lines += &format!("cargo::warning={line}\n");
        }
        Ok(lines)
    }
}

/// The features of a package, from the names of variables: older cargos do not give them in another way. There a `-` has
/// become `_`, so each feature counts with both spellings.
fn features(variables: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let mut features = Vec::new();
    for name in variables {
        if let Some(name) = name.strip_prefix("CARGO_FEATURE_") {
            let name = name.to_lowercase();
            features.push(("feature".to_owned(), name.replace('_', "-")));
            features.push(("feature".to_owned(), name));
        }
    }
    features
}

/// The warnings, each line of the report by itself, because cargo shows one line at a time.
fn warnings(report: &Report) -> Vec<String> {
    report.to_string().lines().map(str::to_owned).collect()
}

/// The ABI of a Rust target, by the same rules as in `seccomp-install`. The parts are the values of rustc's `target_arch`,
/// `target_endian` and `target_pointer_width`.
///
/// # Errors
///
/// A sentence: `seccomp-runtime` does not serve the target.
pub fn target(arch: &str, endian: &str, pointer_width: &str) -> Result<Abi, String> {
    let abi = match (arch, endian, pointer_width) {
        ("x86", ..) => Abi::X86,
        ("x86_64", _, "64") => Abi::X86_64,
        ("x86_64", _, "32") => Abi::X32,
        ("arm", "little", _) => Abi::Arm,
        ("aarch64", "little", "64") => Abi::Aarch64,
        ("loongarch64", ..) => Abi::Loongarch64,
        ("powerpc", ..) => Abi::Ppc,
        ("powerpc64", "big", _) => Abi::Ppc64,
        ("powerpc64", "little", _) => Abi::Ppc64le,
        ("riscv64", ..) => Abi::Riscv64,
        ("s390x", ..) => Abi::S390x,
        _ => {
            return Err(format!(
                "seccomp-runtime does not serve this target: {arch}, {endian}-endian, {pointer_width} bits"
            ));
        }
    };
    Ok(abi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_rust_and_cargo_gets_the_files_that_it_was_made_from() {
        let folder =
            std::env::temp_dir().join(format!("seccomp-build-script-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let write =
            |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        write("net.policy", "allow socket(family == AF_INET), ptrace;");
        write(
            "a.policy",
            "#[cfg(feature = \"net\")] include \"net.policy\"; #[cfg(unix)] allow exit, rt_sigreturn;
             #[cfg(target_env)] allow frob; #[cfg(target_env = \"\")] allow read; default kill;",
        );
        let path = folder.to_string_lossy().into_owned();
        let mut cfg =
            features(["CARGO_FEATURE_NET".to_owned(), "CARGO_FEATURES".to_owned()].into_iter());
        cfg.push(("unix".to_owned(), String::new()));
        cfg.push(("target_env".to_owned(), String::new()));
        let cargo = Environment { manifest: path.clone(), out: path, target: Abi::X86_64, cfg };
        let lines = cargo.compile("a.policy").expect("compiles");
        for name in ["a.policy", "net.policy"] {
            let changed = format!("cargo::rerun-if-changed={}\n", folder.join(name).display());
            assert!(lines.contains(&changed), "{lines}");
        }
        assert!(lines.contains("cargo::warning=warning[powerful_call]: `ptrace` "), "{lines}");
        let rust = std::fs::read_to_string(folder.join("a.policy.rs")).expect("it is written");
        assert!(rust.contains("seccomp_runtime :: __private :: policy"), "{rust}");
        write("a.policy", "allow raed; default kill");
        let error = cargo.compile("a.policy").expect_err("an error");
        assert!(error.contains("--> a.policy:1:7"), "{error}");
        let missing = cargo.compile("b.policy").expect_err("no file");
        assert!(missing.contains("cannot read \"b.policy\""), "{missing}");
        std::fs::remove_dir_all(&folder).expect("it is there");
    }

    #[test]
    fn each_target_that_the_runtime_serves_has_its_abi() {
        for (arch, endian, width, abi) in [
            ("x86_64", "little", "64", Abi::X86_64),
            ("x86_64", "little", "32", Abi::X32),
            ("aarch64", "little", "64", Abi::Aarch64),
            ("powerpc64", "big", "64", Abi::Ppc64),
            ("powerpc64", "little", "64", Abi::Ppc64le),
            ("s390x", "big", "64", Abi::S390x),
        ] {
            assert_eq!(target(arch, endian, width), Ok(abi), "{arch}");
        }
        for (arch, endian, width) in [
            ("aarch64", "big", "64"),
            ("aarch64", "little", "32"),
            ("mips", "big", "32"),
            ("arm", "big", "32"),
        ] {
            assert!(target(arch, endian, width).is_err(), "{arch}");
        }
    }
}
