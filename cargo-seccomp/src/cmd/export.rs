//! `export`: a policy in the format of another tool.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::abi::Abi;
use seccomp_load::formats::{self, Dialect, ExportOptions, Format};

use super::import::{Reader, say_problems};
use crate::elf::Selector;
use crate::exit::Exit;
use crate::input_policy::input_policies;
use crate::output::Output;

/// Turn a policy into a policy of another tool.
///
/// Before the file is written, it is read again and proven to mean what the policy means. If the format cannot express
/// a rule, the error names the rule.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
cargo seccomp export server.policy --to oci -o profile.json\n  \
cargo seccomp export target/release/server:1 --to systemd -o /etc/systemd/system/server.service.d/seccomp.conf\n  \
cargo seccomp export server.policy --to minijail --dialect minijail0")]
pub(crate) struct ExportArgs {
    /// The text of a policy, or a program.
    #[arg(value_name = "FILE[:POLICY]")]
    policy: Selector,

    /// The format.
    #[arg(long, value_name = "FORMAT", value_parser = ["oci", "minijail", "kafel", "systemd", "seccompiler"])]
    to: String,

    /// Where to write the file, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The ABI of the program that a policy text is for, such as aarch64. The default is the ABI of this machine.
    #[arg(long, value_name = "ABI")]
    arch: Option<Abi>,

    /// minijail: the reader that the file is for. The default is compile_seccomp_policy.py, and minijail0 too if all
    /// lines mean the same to both.
    #[arg(long, value_enum, value_name = "READER")]
    dialect: Option<Reader>,

    /// seccompiler: the name of the filter (default main).
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

pub(crate) fn run(args: ExportArgs, output: &Output) -> Result<Exit> {
    let format: Format = args.to.parse().map_err(|why: String| anyhow!(why))?;
    let policies = input_policies(&args.policy, args.arch)?;
    let [policy] = &policies[..] else {
        let name = args.policy.source_name();
        bail!("{name} has {} policies; choose one, as `{name}:1`", policies.len());
    };
    let compiled = policy.compile()?;
    let options = ExportOptions { dialect: args.dialect.map(Dialect::from), filter: args.filter };
    let name = policy.name.clone();
    let exported = match formats::export(format, &name, &compiled, &options) {
        Ok(exported) => exported,
        Err(problems) => {
            say_problems(&name, &problems, output);
            return Ok(Exit::Failed);
        }
    };
    for remark in &exported.remarks {
        output.warn(remark);
    }
    match &args.output {
        Some(file) => {
            fs::write(file, &exported.text)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        None => output.result(
            &exported.text,
            "exported",
            serde_json::json!({ "to": format.name(), "file": exported.text }),
        ),
    }
    Ok(Exit::Fine)
}
