//! Builds a cargo project, and asks cargo where its programs are.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The cargo that started this tool, or the one of the search path.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The folder of the workspace around the current folder; `None` if that is in no cargo project.
///
/// # Errors
///
/// If cargo cannot be started.
pub(crate) fn workspace_root() -> Result<Option<PathBuf>> {
    let output = cargo()
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .stderr(Stdio::null())
        .output()
        .context("cannot start cargo")?;
    let manifest = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(output.status.success().then(|| manifest.parent().map(PathBuf::from)).flatten())
}

/// Builds with `cargo build ARGUMENTS`, and returns the programs and shared libraries that cargo names, whether or not
/// they were up to date.
///
/// # Errors
///
/// If cargo cannot be started, or if the build fails; cargo has said why.
pub(crate) fn programs(arguments: &[String]) -> Result<Vec<PathBuf>> {
    let mut child = cargo()
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let stdout = child.stdout.take().context("cargo has no standard output")?;
    let mut programs = Vec::new();
    for line in BufReader::new(stdout).lines() {
        // A line that is not JSON comes from something else that cargo started.
        if let Ok(message) = serde_json::from_str::<Value>(&line.context("cannot read from cargo")?)
        {
            programs.extend(of_message(&message));
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() {
        bail!("`cargo build` failed: {status}");
    }
    programs.sort();
    programs.dedup();
    Ok(programs)
}

/// The programs in a message of cargo ("External tools" in the Cargo Book): files that users run or load, and no build
/// scripts or macros.
fn of_message(message: &Value) -> Vec<PathBuf> {
    let is = |kind: &str| {
        message["target"]["kind"].as_array().is_some_and(|kinds| kinds.contains(&kind.into()))
    };
    if message["reason"] != "compiler-artifact" {
        return Vec::new();
    }
    let executable = message["executable"].as_str().map(PathBuf::from);
    if is("bin") || is("example") {
        return executable.into_iter().collect();
    }
    if is("cdylib") || is("dylib") {
        let names = message["filenames"].as_array().into_iter().flatten();
        let paths = names.filter_map(Value::as_str).map(PathBuf::from);
        return paths.filter(|path| path.extension().is_some_and(|end| end == "so")).collect();
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn programs_and_shared_libraries_are_named_and_build_scripts_and_macros_are_not() {
        let message = |kind: &str, executable: Value, names: &[&str]| {
            of_message(&json!({
                "reason": "compiler-artifact",
                "target": { "kind": [kind] },
                "executable": executable,
                "filenames": names,
            }))
        };
        assert_eq!(message("bin", json!("/t/app"), &["/t/app"]), [PathBuf::from("/t/app")]);
        assert_eq!(
            message("cdylib", Value::Null, &["/t/liba.so", "/t/liba.a"]),
            [PathBuf::from("/t/liba.so")]
        );
        for kind in ["lib", "proc-macro", "custom-build"] {
            assert!(message(kind, Value::Null, &["/t/liba.so"]).is_empty(), "{kind}");
        }
        assert!(of_message(&json!({ "reason": "build-finished" })).is_empty());
    }
}
