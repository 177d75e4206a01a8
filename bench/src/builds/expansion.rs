//! What a policy adds to a user's debug build, where the compiler of policies is not optimised: the
//! difference between builds of programs that are otherwise the same.

use std::io;
use std::path::Path;

use super::{Cost, cargo, project, write};
use crate::stats::order;
use crate::workload::Workload;

/// A debug build after a change.
#[derive(Debug)]
pub struct Expansion {
    /// The policy, or `none`.
    pub policy: &'static str,
    /// The program's name.
    package: &'static str,
    text: &'static str,
    /// `cargo build`.
    pub build: Cost,
    /// `cargo check`.
    pub check: Cost,
}

const ROUNDS: usize = 15;

/// The first program has no policy, the others have W1 and W2.
pub(super) fn measure(directory: &Path) -> io::Result<Vec<Expansion>> {
    let directory = directory.join("expansion");
    let text = |name| {
        let none = || io::Error::other(format!("no workload {name}"));
        Workload::named(name).map(|workload| workload.text).ok_or_else(none)
    };
    let expansion = |policy, package, text| Expansion {
        policy,
        package,
        text,
        build: Cost::default(),
        check: Cost::default(),
    };
    let mut expansions = [
        expansion("none", "none", ""),
        expansion("W1", "one", text("W1")?),
        expansion("W2", "two", text("W2")?),
    ];
    write(
        &directory.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"none\", \"one\", \"two\"]\n",
    )?;
    let runtime = project().join("seccomp-runtime");
    for expansion in &expansions {
        let manifest = format!(
            "[package]\nname = {:?}\nedition = \"2024\"\n\n[dependencies]\nseccomp-runtime = {{ path = {runtime:?} }}\n",
            expansion.package
        );
        write(&directory.join(expansion.package).join("Cargo.toml"), &manifest)?;
        expansion.write(&directory, 0)?;
    }
    cargo::fetch(&directory)?;
    // Builds the dependencies, which a user builds once.
    let mut not_counted = Cost::default();
    cargo::timed(&directory, &["build", "--workspace"], &mut not_counted)?;
    cargo::timed(&directory, &["check", "--workspace"], &mut not_counted)?;
    for round in 1..=ROUNDS {
        for index in order(round, expansions.len()) {
            let expansion = &mut expansions[index];
            expansion.write(&directory, round)?;
            let package = expansion.package;
            let check = ["check", "--package", package];
            cargo::timed(&directory, &check, &mut expansion.check)?;
            let build = ["build", "--package", package];
            cargo::timed(&directory, &build, &mut expansion.build)?;
        }
    }
    Ok(expansions.into())
}

impl Expansion {
    /// Writes the program, a different one in each `round`, so that cargo has something to do. All
    /// programs print a number, those with a policy the length of its filter, so that they differ
    /// only in the policy.
    fn write(&self, directory: &Path, round: usize) -> io::Result<()> {
        let (policy, length) = match self.text {
            "" => ("use seccomp_runtime as _;\n".to_owned(), format!("{round}_usize")),
            text => (
                format!(
                    "use seccomp_runtime::{{Policy, seccomp_policy}};\n\n\
                     const POLICY: Policy = seccomp_policy! {{\n{text}}};\n"
                ),
                "POLICY.filter().len()".to_owned(),
            ),
        };
        let main = format!("fn main() {{\n    println!(\"{round} {{}}\", {length});\n}}\n");
        write(&directory.join(self.package).join("src/main.rs"), &format!("{policy}\n{main}"))
    }
}
