//! `decompile`: the policy of any filter, whoever made it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use seccomp_bpf::abi::Abi;
use seccomp_decompile::{
    DecompileError, Decompiled, EqualFor, Options, Unsaid, decompile, decompile_for_kernel,
    from_bytes,
};
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::errors::Errors;
use serde::Serialize;

use crate::exit::Exit;
use crate::output::Output;
use crate::process_filters::filters_of;
use crate::text_file;

/// The most bytes of a file: a listing of the most instructions that the kernel loads, with long lines.
const MOST_BYTES: u64 = 1 << 20;

/// Turn any seccomp filter into a policy that is proven equal to it.
///
/// FILE has the instructions as bytes in either byte order, in the form that `bwrap --seccomp`, `seccomp_export_bpf`
/// and the kernel use; or as text, one instruction a line: code, jt, jf and k.
///
/// The policy says what the filter does with every input: all values of `arch`, numbers and arguments. A policy cannot
/// say what some filters do with calls that no kernel makes. `--kernel` leaves those calls out.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp decompile filter.bpf                    the filter in a file
  cargo seccomp decompile --kernel x86_64 filter.bpf    for the calls of an x86_64 kernel: x86_64, x32 and x86
  bwrap_filter | cargo seccomp decompile -              the filter from standard input
  sudo cargo seccomp decompile --pid 4711               all filters of a process, the oldest first")]
pub(crate) struct DecompileArgs {
    /// A file with a filter, or - for standard input.
    #[arg(value_name = "FILE", required_unless_present = "pid", conflicts_with = "pid")]
    file: Option<PathBuf>,

    /// The filters that are in force for this process or thread. Only root may read them. Calls that this machine's
    /// kernel never makes are left out, with a warning, if a policy cannot say what a filter does with them.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,

    /// Only the filter with this number: 1 is the oldest of the process.
    #[arg(long, value_name = "NUMBER", requires = "pid")]
    index: Option<usize>,

    /// Only the calls that a kernel for this ABI makes, such as x86_64.
    #[arg(long, value_name = "ABI")]
    kernel: Option<Abi>,
}

/// A decompiled filter as JSON.
#[derive(Serialize)]
struct DecompiledPolicy<'a> {
    from: &'a str,
    /// The policy.
    text: &'a str,
    /// The ABI for which the policy is compiled.
    abi: &'a str,
    /// The ABIs for whose calls the policy is equal to the filter; none if it is equal for every input.
    equal_for: Option<Vec<&'a str>>,
    /// The length of the filter, and of the filter that is compiled from the policy.
    instructions: usize,
    compiled_again: Option<usize>,
    /// `code`, `jt`, `jf`, `k` of each instruction.
    filter: Vec<(u16, u8, u8, u32)>,
}

pub(crate) fn run(args: DecompileArgs, output: &Output) -> Result<Exit> {
    if let Some(pid) = args.pid {
        return of_process(pid, &args, output);
    }
    let Some(file) = &args.file else { bail!("name a file, or a process with --pid") };
    let name = file.display().to_string();
    let bytes = read(file)?;
    let (filter, _) = from_bytes(&bytes).with_context(|| format!("{name} is not a filter"))?;
    let policies = match args.kernel {
        Some(kernel) => decompile_for_kernel(&filter, kernel),
        None => decompile(&filter, &Options::default()).map(|decompiled| vec![decompiled]),
    };
    let policies = policies.map_err(|error| explained(&error, &name))?;
    show(&name, &filter, &policies, output);
    Ok(Exit::Fine)
}

/// All filters of a process, or one of them. A filter that no policy can express is an error, after the others are
/// shown.
fn of_process(pid: u32, args: &DecompileArgs, output: &Output) -> Result<Exit> {
    let filters = filters_of(pid)?;
    let mut failed = Vec::new();
    let chosen = match args.index {
        None => 0..filters.len(),
        Some(index) if (1..=filters.len()).contains(&index) => index - 1..index,
        Some(_) => bail!(
            "process {pid} is under {0} filters: --index is a number from 1 to {0}",
            filters.len()
        ),
    };
    for index in chosen {
        let name = format!("process {pid}, filter {} of {}", index + 1, filters.len());
        let filter = &filters[index];
        let result = match args.kernel {
            Some(kernel) => decompile_for_kernel(filter, kernel),
            None => match decompile(filter, &Options::default()) {
                Err(error) if is_about_no_call(&error) => decompile_for_kernel(filter, Abi::NATIVE),
                result => result.map(|decompiled| vec![decompiled]),
            },
        };
        match result {
            Ok(policies) => show(&name, filter, &policies, output),
            Err(error) => failed.push(explained(&error, &name).to_string()),
        }
    }
    if failed.is_empty() { Ok(Exit::Fine) } else { bail!("{}", failed.join("\n")) }
}

/// Whether the error is about calls that no kernel makes, so that a policy for one kernel may be possible.
fn is_about_no_call(error: &DecompileError) -> bool {
    matches!(
        error,
        DecompileError::Unsaid(
            Unsaid::OtherArchs | Unsaid::NumbersOfNoAbi { .. } | Unsaid::AbisDiffer { .. },
        ) | DecompileError::ByteOrder
    )
}

/// The error with the option that may help.
fn explained(error: &DecompileError, name: &str) -> anyhow::Error {
    let help =
        if is_about_no_call(error) { "; to do that, name the kernel: --kernel x86_64" } else { "" };
    anyhow!("cannot decompile {name}: {error}{help}")
}

fn show(name: &str, filter: &[SockFilter], policies: &[Decompiled], output: &Output) {
    for decompiled in policies {
        show_one(name, filter, decompiled, output);
    }
}

fn show_one(name: &str, filter: &[SockFilter], decompiled: &Decompiled, output: &Output) {
    let compiled = seccomp_ir::compile(decompiled.tree(), Errors::new(), decompiled.target());
    let compiled_again = compiled.ok().map(|compiled| compiled.filter.instructions.len());
    let instructions = filter.len();
    let abis: Option<Vec<&str>> = match decompiled.equal_for() {
        EqualFor::Every => None,
        EqualFor::Abis(abis) => Some(abis.iter().map(|abi| abi.name()).collect()),
    };
    let proven = match &abis {
        None => "every input".to_owned(),
        Some(abis) => format!("the calls of {}, and of no other ABI", abis.join(", ")),
    };
    let again = compiled_again.map_or_else(String::new, |length| {
        format!("\n// Compiled again it has {length} instructions.")
    });
    let text = decompiled.text();
    let shown = DecompiledPolicy {
        from: name,
        text: &text,
        abi: decompiled.target().name(),
        equal_for: abis,
        instructions,
        compiled_again,
        filter: filter.iter().map(|of| (of.code, of.jt, of.jf, of.k)).collect(),
    };
    let human = format!(
        "// {name}: {instructions} instructions. This policy is proven equal for {proven}.{again}\n{text}"
    );
    output.result(human, "decompiled", shown);
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let cannot = || format!("cannot read {name}");
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(cannot)?;
    } else {
        let file = text_file::open(path).with_context(cannot)?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(cannot)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{name} is not a filter: it has more than {MOST_BYTES} bytes");
    }
    Ok(bytes)
}
