//! `show`: a policy as rules, as instructions, or as a picture.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use seccomp_bpf::abi::Abi;
use seccomp_ir::bpf::{self, SockFilter};
use seccomp_syntax::CompiledText;
use serde::Serialize;

use crate::elf::Selector;
use crate::exit::Exit;
use crate::input_policy::{InputPolicy, input_policies};
use crate::output::Output;

/// Show a policy of a program: its rules, its filter, its graph.
///
/// POLICY is the number that `list` shows, or the place of the policy in its source: `src/net.rs:12`, `net.rs:12` or
/// `net.rs`. The default is all policies of the file.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo seccomp show target/release/server             the rules of all its policies
  cargo seccomp show target/release/server:net.rs      those in the source file net.rs
  cargo seccomp show --filter 4711:1                   the instructions of the first policy of a process
  cargo seccomp show --svg server.policy > server.svg  a picture of the filter of a policy file")]
pub(crate) struct ShowArgs {
    /// A program, an archive, the number of a process, or the text of a policy.
    #[arg(value_name = "FILE[:POLICY]")]
    policy: Selector,

    /// The instructions, each with its meaning.
    #[arg(long, group = "form")]
    filter: bool,

    /// The filter as a graph of decisions, in the language of Graphviz.
    #[arg(long, group = "form")]
    dot: bool,

    /// The graph as a picture. This needs Graphviz.
    #[arg(long, group = "form")]
    svg: bool,

    /// The ABI of the program that a policy text is for, such as aarch64. The default is the ABI of this machine.
    #[arg(long, value_name = "ABI")]
    arch: Option<Abi>,
}

/// A policy as JSON.
#[derive(Serialize)]
struct ShownPolicy<'a> {
    policy: &'a str,
    from: Option<&'a str>,
    build_id: Option<&'a str>,
    abi: &'a str,
    text: &'a str,
    /// `code`, `jt`, `jf`, `k` of each instruction.
    filter: Vec<(u16, u8, u8, u32)>,
    /// The indices of the instructions with a value of rustc.
    values_of_rustc: Vec<usize>,
    /// The filter as text, with names.
    disassembly: String,
}

pub(crate) fn run(args: ShowArgs, output: &Output) -> Result<Exit> {
    let policies = input_policies(&args.policy, args.arch)?;
    if (args.dot || args.svg) && policies.len() > 1 {
        // The error lists the policies to choose from.
        args.policy.policy()?;
    }
    for remark in policies.iter().flat_map(|policy| &policy.remarks) {
        output.warn(remark);
    }
    for (index, policy) in policies.iter().enumerate() {
        if output.is_json() {
            json(policy, output)?;
            continue;
        }
        let head = if index > 0 { "\n" } else { "" };
        let text = if args.filter {
            let shown = Filter::of(policy)?;
            format!("{head}{}{}", heading(policy, &shown.instructions, "; "), shown.disassembly())
        } else if args.dot || args.svg {
            let dot = Filter::of(policy)?.dot();
            if args.svg { svg(&dot)? } else { dot }
        } else {
            rules(policy, head)?
        };
        output.result(text, "policy", ());
    }
    Ok(Exit::Fine)
}

/// The policy in canonical text, below a comment that says where it comes from.
fn rules(policy: &InputPolicy, head: &str) -> Result<String> {
    let Some(note) = &policy.note else {
        // Files are inserted, as in a note.
        let compiled = policy.compile()?;
        let text = seccomp_ir::tree::print(&compiled.tree);
        return Ok(heading(policy, &compiled.compiled.filter.instructions, "// ") + &text);
    };
    let mut text = format!("{head}{}", heading(policy, &note.filter, "// "));
    text += &note.text;
    Ok(text)
}

/// `src/main.rs:12 in target/release/server, for x86_64, 67 instructions`
fn heading(policy: &InputPolicy, filter: &[SockFilter], comment: &str) -> String {
    let mut text = format!("{comment}{policy}, for {}", policy.abi);
    let count = filter.len();
    let _ = write!(text, ", {count} {}", if count == 1 { "instruction" } else { "instructions" });
    text.push('\n');
    text
}

/// A filter with names for its numbers.
struct Filter {
    instructions: Vec<SockFilter>,
    compiled: CompiledText,
    names: seccomp_ir::TableNames,
    abi: Abi,
}

impl Filter {
    /// The filter in the note, or the one that the text is compiled to.
    fn of(policy: &InputPolicy) -> Result<Self> {
        let compiled = policy.compile()?;
        let names = policy.names(&compiled);
        let instructions = match &policy.note {
            Some(note) => note.filter.clone(),
            None => compiled.compiled.filter.instructions.clone(),
        };
        Ok(Self { instructions, compiled, names, abi: policy.abi })
    }

    fn disassembly(&self) -> String {
        bpf::disassemble(&self.instructions, self.abi.endian(), &self.names).to_string()
    }

    fn dot(&self) -> String {
        bpf::dot(&self.instructions, self.abi.endian(), &self.names).to_string()
    }
}

fn json(policy: &InputPolicy, output: &Output) -> Result<()> {
    let filter = Filter::of(policy)?;
    let text = match &policy.note {
        Some(note) => note.text.clone(),
        None => seccomp_ir::tree::print(&filter.compiled.tree),
    };
    let instructions = filter.instructions.iter().map(|at| (at.code, at.jt, at.jf, at.k));
    let shown = ShownPolicy {
        policy: &policy.name,
        from: policy.note.as_ref().map(|note| note.from.as_str()),
        build_id: policy.note.as_ref().and_then(|note| note.build_id.as_deref()),
        abi: policy.abi.name(),
        text: &text,
        filter: instructions.collect(),
        values_of_rustc: filter.names.operands.iter().map(|(index, _)| index.0).collect(),
        disassembly: filter.disassembly(),
    };
    output.result("", "policy", shown);
    Ok(())
}

/// The picture that Graphviz draws.
fn svg(dot: &str) -> Result<String> {
    let child = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "--svg needs Graphviz: there is no program `dot`. Install it (Debian: apt-get install graphviz), or write \
             the graph with --dot and draw it elsewhere"
        ),
        Err(error) => return Err(error).context("cannot start `dot` of Graphviz"),
    };
    // A thread writes, because `dot` may write before it has read everything.
    let mut stdin = child.stdin.take().context("the input of `dot`")?;
    let written = dot.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(written.as_bytes()));
    let result = child.wait_with_output().context("cannot read from `dot`")?;
    let written = writer.join().map_err(|_| anyhow::anyhow!("cannot write to `dot`"))?;
    if !result.status.success() {
        bail!("`dot` failed: {}", String::from_utf8_lossy(&result.stderr).trim());
    }
    written.context("cannot write to `dot`")?;
    String::from_utf8(result.stdout).context("the picture of `dot` is not UTF-8")
}
