//! Builds of hello worlds, from nothing and after a change.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use super::{Cost, Size, cargo, project, write};
use crate::compilers::ours;

/// A hello world: what it costs to build, and how large it is.
#[derive(Debug)]
pub struct Hello {
    /// Its name in the tables.
    pub name: &'static str,
    directory: PathBuf,
    source: fn(Text) -> String,
    /// The time of a release build when nothing is built yet.
    pub cold: Cost,
    /// The time of a release build after a change of the policy, or of the greeting if there is no
    /// policy.
    pub warm: Cost,
    /// The size of its stripped program.
    pub size: Option<Size>,
}

/// The part of the source that differs between two builds of one program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    First,
    Second,
}

const COLD_ROUNDS: usize = 3;
const WARM_ROUNDS: usize = 5;

/// The policy of a hello world: writing, and what the start and the end of a Rust program need.
const CALLS: [&str; 12] = [
    "write",
    "rt_sigreturn",
    "exit",
    "exit_group",
    "sigaltstack",
    "munmap",
    "mmap",
    "brk",
    "futex",
    "rt_sigaction",
    "rt_sigprocmask",
    "clock_gettime",
];

/// The bytes of the array of the policy's instructions.
pub(super) fn array_bytes() -> Result<u64, String> {
    ours::compile(&policy(Text::First)).map(|program| 8 * program.len() as u64)
}

fn calls(text: Text) -> impl Iterator<Item = &'static str> {
    CALLS.into_iter().chain((text == Text::Second).then_some("getpid"))
}

fn policy(text: Text) -> String {
    let calls: Vec<_> = calls(text).collect();
    format!("allow {};\ndefault errno(1);\n", calls.join(", "))
}

fn greeting(text: Text) -> &'static str {
    match text {
        Text::First => "Hello, world!",
        Text::Second => "Hello, World!",
    }
}

fn plain(text: Text) -> String {
    format!("fn main() {{\n    println!({:?});\n}}\n", greeting(text))
}

fn with_policy(text: Text) -> String {
    format!(
        "use seccomp_runtime::{{Policy, sandboxed, seccomp_policy}};\n\n\
         const POLICY: Policy = seccomp_policy! {{\n{}}};\n\n\
         #[sandboxed(POLICY)]\n{}",
        policy(text),
        plain(Text::First)
    )
}

fn with_syn(text: Text) -> String {
    plain(text).replace("{\n    println!(", "{\n    with_syn::nothing!();\n    println!(")
}

const SYN_MACRO: &str = "
#[proc_macro]
pub fn nothing(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    syn::parse_macro_input!(input as syn::parse::Nothing);
    proc_macro::TokenStream::new()
}
";

fn with_seccompiler(text: Text) -> String {
    let rules: String =
        calls(text).map(|call| format!("        (libc::SYS_{call}, vec![]),\n")).collect();
    format!(
        "use seccompiler::{{BpfProgram, SeccompAction, SeccompFilter, TargetArch}};\n\n\
         fn main() {{\n    let rules = [\n{rules}    ].into();\n\
         \x20   let filter = SeccompFilter::new(rules, SeccompAction::Errno(1), SeccompAction::Allow, TargetArch::x86_64);\n\
         \x20   let program: BpfProgram = filter.unwrap().try_into().unwrap();\n\
         \x20   seccompiler::apply_filter(&program).unwrap();\n\
         \x20   println!({:?});\n}}\n",
        greeting(Text::First)
    )
}

fn with_libseccomp(text: Text) -> String {
    let calls: Vec<_> = calls(text).collect();
    format!(
        "use libseccomp::{{ScmpAction, ScmpFilterContext, ScmpSyscall}};\n\n\
         fn main() {{\n    let mut filter = ScmpFilterContext::new(ScmpAction::Errno(1)).unwrap();\n\
         \x20   for call in {calls:?} {{\n\
         \x20       let call = ScmpSyscall::from_name(call).unwrap();\n\
         \x20       filter.add_rule(ScmpAction::Allow, call).unwrap();\n    }}\n\
         \x20   filter.load().unwrap();\n\
         \x20   println!({:?});\n}}\n",
        greeting(Text::First)
    )
}

/// The hello worlds, written and with their dependencies downloaded.
pub(super) fn hellos(directory: &Path) -> io::Result<Vec<Hello>> {
    let runtime = format!("seccomp-runtime = {{ path = {:?} }}", project().join("seccomp-runtime"));
    let with_syn_macro = r#"with-syn = { path = "with-syn" }"#;
    type Kind = (&'static str, &'static str, fn(Text) -> String);
    let mut kinds: Vec<(Kind, &str)> = vec![
        (("plain", "plain", plain), ""),
        (("with a policy of ours", "ours", with_policy), &runtime),
        ((crate::report::WITH_SYN, "syn", with_syn), with_syn_macro),
        (
            ("with seccompiler", "seccompiler", with_seccompiler),
            "libc = \"0.2\"\nseccompiler = \"0.5\"",
        ),
    ];
    if cfg!(feature = "libseccomp") {
        let kind: Kind = ("with the libseccomp crate", "libseccomp", with_libseccomp);
        kinds.push((kind, "libseccomp = \"0.4\""));
    }
    let hello = |((name, short, source), dependencies): (Kind, &str)| {
        let directory = directory.join(short);
        write(&directory.join("Cargo.toml"), &manifest(dependencies))?;
        if short == "syn" {
            let (syn, ours) = (directory.join("with-syn"), syn_dependency()?);
            let manifest = format!(
                "[package]\nname = \"with-syn\"\nedition = \"2024\"\n\n[lib]\nproc-macro = true\n\n\
                 [dependencies]\nproc-macro2 = \"1\"\nquote = \"1\"\n{ours}\n"
            );
            write(&syn.join("Cargo.toml"), &manifest)?;
            write(&syn.join("src/lib.rs"), SYN_MACRO)?;
        }
        let hello = Hello {
            name,
            directory,
            source,
            cold: Cost::default(),
            warm: Cost::default(),
            size: None,
        };
        hello.write(Text::First)?;
        cargo::fetch(&hello.directory)?;
        Ok(hello)
    };
    kinds.into_iter().map(hello).collect()
}

fn manifest(dependencies: &str) -> String {
    format!(
        "[package]\nname = \"hello\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n\
         [profile.release]\nstrip = true\n\n[workspace]\n"
    )
}

/// syn, in the version and with the features that this project's macros use.
fn syn_dependency() -> io::Result<String> {
    let workspace = fs::read_to_string(project().join("Cargo.toml"))?;
    let line = workspace.lines().find(|line| line.starts_with("syn ="));
    let line = line.ok_or_else(|| io::Error::other("the workspace does not name syn"))?;
    Ok(line.replace("\"parsing\"", "\"parsing\", \"proc-macro\", \"printing\""))
}

/// Builds all of `hellos` in turn, again and again.
pub(super) fn measure(hellos: &mut [Hello]) -> io::Result<()> {
    for round in 0..COLD_ROUNDS {
        for hello in &mut *hellos {
            hello.write(Text::First)?;
            let target = hello.directory.join("target");
            match fs::remove_dir_all(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            cargo::timed(&hello.directory, &["build", "--release"], &mut hello.cold)?;
            if round == 0 {
                hello.run()?;
                hello.size = Some(Size::of(&hello.program())?);
            }
        }
    }
    for round in 0..WARM_ROUNDS {
        let text = if round % 2 == 0 { Text::Second } else { Text::First };
        for hello in &mut *hellos {
            hello.write(text)?;
            cargo::timed(&hello.directory, &["build", "--release"], &mut hello.warm)?;
        }
    }
    Ok(())
}

/// Where our hello world is.
pub(super) fn directory_of_ours(hellos: &[Hello]) -> &Path {
    &hellos[1].directory
}

impl Hello {
    fn write(&self, text: Text) -> io::Result<()> {
        write(&self.directory.join("src/main.rs"), &(self.source)(text))
    }

    fn program(&self) -> PathBuf {
        self.directory.join("target/release/hello")
    }

    fn run(&self) -> io::Result<()> {
        let output = Command::new(self.program()).output()?;
        if output.status.success() && output.stdout.starts_with(b"Hello") {
            return Ok(());
        }
        let program = self.program();
        Err(io::Error::other(format!("{} does not greet: {output:?}", program.display())))
    }
}
