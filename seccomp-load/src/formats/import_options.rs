//! The options of an importer, and its result.

use std::fmt;
use std::str::FromStr;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::tree::Tree;

use super::problem::Problem;

/// The format in which another tool writes policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The `seccomp` object of an OCI runtime configuration, or a whole `config.json`, or a profile of Docker,
    /// containerd or Podman.
    Oci,
    /// A `.policy` file of minijail.
    Minijail,
    /// A policy of kafel, as nsjail takes it.
    Kafel,
    /// A unit file or a drop-in of systemd.
    Systemd,
    /// The JSON of the crate seccompiler, as Firecracker has it.
    Seccompiler,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] =
        [Self::Oci, Self::Minijail, Self::Kafel, Self::Systemd, Self::Seccompiler];

    /// The name of the format on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oci => "oci",
            Self::Minijail => "minijail",
            Self::Kafel => "kafel",
            Self::Systemd => "systemd",
            Self::Seccompiler => "seccompiler",
        }
    }

    /// The format of a file, by its name and its content. `None` if several are possible.
    #[must_use]
    pub fn guess(name: &str, text: &str) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name);
        if [".service", ".socket", ".conf", ".mount", ".swap"].iter().any(|end| name.ends_with(end))
        {
            return Some(Self::Systemd);
        }
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            let has = |word| text.contains(word);
            return if has("\"mismatch_action\"") || has("\"default_action\"") {
                Some(Self::Seccompiler)
            } else if has("\"defaultAction\"") || has("\"seccomp\"") {
                Some(Self::Oci)
            } else {
                None
            };
        }
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with("//") || line.starts_with("/*") {
                continue;
            }
            if line.starts_with('[') || line.starts_with("SystemCall") {
                return Some(Self::Systemd);
            }
            let word = line.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').next();
            let word = word.unwrap_or_default();
            if line.starts_with("#include")
                || line.starts_with("#define")
                || ["POLICY", "USE", "DEFAULT", "ALLOW", "KILL", "DENY", "ERRNO", "LOG"]
                    .contains(&word)
            {
                return Some(Self::Kafel);
            }
            if line.starts_with("@default") || line.starts_with("@include") {
                return Some(Self::Minijail);
            }
            if line.starts_with('#') {
                continue;
            }
            // `a::b` is a path of Rust.
            let after = line[word.len()..].trim_start();
            if !word.is_empty() && after.starts_with(':') && !after.starts_with("::") {
                return Some(Self::Minijail);
            }
        }
        name.ends_with(".kafel").then_some(Self::Kafel)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no format `{name}`; the formats are {names}")
        })
    }
}

/// Which of minijail's two readers a `.policy` file is for. They differ about `expression; return errno`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// `minijail0 -S`, which minijail0(5) describes: the expression allows, and every other call gets the errno.
    Minijail0,
    /// `compile_seccomp_policy.py`: calls for which the expression holds get the errno, and every other call gets the
    /// default.
    Compiler,
}

/// Reads included files. It gets the name as it is written and the name of the including file, and returns the name and
/// the text of the included file, or the reason why there is none.
pub type Files<'a> = dyn Fn(&str, &str) -> Result<(String, String), String> + 'a;

/// The facts that an importer must know besides the file.
#[derive(Clone)]
pub struct Options<'a> {
    /// The ABI of the program.
    pub target: Abi,
    /// The ABIs that the policy must serve, instead of those that the file or the tool serves. The first is `target`.
    pub abis: Option<Vec<Abi>>,
    /// OCI: the capabilities of the container's bounding set, such as `CAP_SYS_ADMIN`.
    pub capabilities: Vec<String>,
    /// OCI: the version of the kernel, such as `(6, 1)`.
    pub kernel: Option<(u64, u64)>,
    /// Adds `errno(ENOSYS) @multiplexers`, which closes `socketcall` and `ipc`. The policy is then narrower than the file.
    pub close_multiplexers: bool,
    /// seccompiler: which filter of the file.
    pub filter: Option<String>,
    /// minijail: which of its readers the file is for.
    pub dialect: Option<Dialect>,
    /// minijail: the action for calls that the file does not allow, if the file does not say it.
    pub default: Option<Action>,
    /// How included files are read.
    pub files: &'a Files<'a>,
}

/// A reader that finds no files.
fn no_files(_: &str, _: &str) -> Result<(String, String), String> {
    Err("this policy is read without files".to_owned())
}

impl Options<'_> {
    /// The options for programs of that ABI, without files and capabilities.
    #[must_use]
    pub fn new(target: Abi) -> Self {
        Self {
            target,
            abis: None,
            capabilities: Vec::new(),
            kernel: None,
            close_multiplexers: false,
            filter: None,
            dialect: None,
            default: None,
            files: &no_files,
        }
    }
}

/// A policy of another tool in this language.
pub struct Imported {
    /// The policy.
    pub tree: Tree,
    /// Its text, in canonical form. It compiles, and its filter is proven to mean what the file means.
    pub text: String,
    /// Remarks for the user: names that were skipped, rules without effect.
    pub remarks: Vec<Problem>,
    /// The policy as it was compiled, with its proven filter.
    pub compiled: seccomp_ir::Compiled,
}
