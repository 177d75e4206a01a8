//! The crate `linux-raw-sys`, read as text. It is bindgen's output for each architecture, so its numbers
//! and constants came from the kernel's headers in another way than the tables. It can be compiled for
//! only one architecture at a time; its source has them all.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use seccomp_ir::abi::Abi;

/// The ABIs that the crate and the tables share, and the crate's name for each.
pub(crate) const SHARED: [(Abi, &str); 13] = [
    (Abi::X86, "x86"),
    (Abi::X86_64, "x86_64"),
    (Abi::X32, "x32"),
    (Abi::Arm, "arm"),
    (Abi::Aarch64, "aarch64"),
    (Abi::Loongarch64, "loongarch64"),
    (Abi::M68k, "m68k"),
    (Abi::Mips, "mips"),
    (Abi::Mips64, "mips64"),
    (Abi::Ppc, "powerpc"),
    (Abi::Ppc64, "powerpc64"),
    (Abi::Riscv64, "riscv64"),
    (Abi::S390x, "s390x"),
];

/// Where cargo keeps the source of the crate.
fn source() -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("tests are run by cargo");
    // Without a platform, cargo wants packages that only other systems need.
    let platform = "--filter-platform=x86_64-unknown-linux-gnu";
    let arguments = ["metadata", "--format-version=1", "--offline", "--locked", platform];
    let output = Command::new(cargo).args(arguments).output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    let metadata = serde_json::from_slice::<serde_json::Value>(&output.stdout);
    let metadata = metadata.expect("cargo speaks JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == "linux-raw-sys");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.expect("linux-raw-sys is a dependency of the tests");
    PathBuf::from(manifest).parent().expect("a manifest is in a folder").join("src")
}

/// Every integer constant of one architecture, by name; a negative one in two's complement.
pub(crate) fn values(architecture: &str) -> BTreeMap<String, u64> {
    let folder = source().join(architecture);
    let mut values = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).expect("the architecture has a folder") {
        let path = entry.expect("the folder can be read").path();
        let text = std::fs::read_to_string(path).expect("a module is text");
        for item in text.split("pub const ").skip(1) {
            let Some((name, rest)) = item.split_once(':') else { continue };
            let Some((_, rest)) = rest.split_once('=') else { continue };
            let Some((value, _)) = rest.split_once(';') else { continue };
            let value = value.trim();
            let unsigned = value.parse::<u64>().ok();
            let signed = value.parse::<i64>().ok().map(|value| value as u64);
            if let Some(value) = unsigned.or(signed) {
                // Enumerators have a path of their own in the crate; clashes of names are not checked here.
                values.entry(name.trim().to_owned()).or_insert(value);
            }
        }
    }
    assert!(values.len() > 1000, "{}: {} constants", folder.display(), values.len());
    values
}
