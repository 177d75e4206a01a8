//! The conformance corpus, `tests/conformance/*.cases`: policies, calls, and what is to happen.
//! Its format is described in `tests/conformance/README.md`.
//!
//! [`Topic::load_all`] reads the files; [`Case::calls`] is what a case says for one target, with every
//! name looked up and every argument filled in; [`kernel`] decides what a kernel can be asked;
//! [`image`] writes that down for the program that asks it.

mod abis;
mod call;
pub mod image;
pub mod kernel;
mod read;
mod values;

use std::fmt;

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;
use seccomp_syntax::{Compiled, compile};

/// One file.
#[derive(Debug)]
pub struct Topic {
    /// The file's name without `.cases`.
    pub name: String,
    /// In the order of the file. Never empty.
    pub cases: Vec<Case>,
}

/// A policy and what it is to do.
#[derive(Debug)]
pub struct Case {
    /// What the case claims.
    pub claim: String,
    /// Where it begins.
    pub place: Place,
    /// The ABIs for which the policy is compiled. Never empty.
    pub targets: Vec<Abi>,
    /// The policy's text.
    pub policy: String,
    /// Never empty.
    lines: Vec<Line>,
}

/// A line of a file.
#[derive(Clone, Debug)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// From 1.
    pub line: usize,
}

/// One expectation.
#[derive(Debug)]
struct Line {
    place: Place,
    text: String,
    /// If a line means several calls: which one this is.
    turn: Option<usize>,
    targets: Vec<Abi>,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    Call { call: call::CallText, action: String },
    Refused { message: String },
}

/// A call of a case and the answer that it is to get.
#[derive(Clone, Debug)]
pub struct ExpectedCall {
    /// Where it is written.
    pub place: Place,
    /// As it is written, and how its free arguments are filled.
    pub text: String,
    /// The name, if it is called by name.
    pub name: Option<String>,
    /// The ABI through which it is made, or `None` for a value of `arch` that is not an ABI's.
    pub abi: Option<Abi>,
    /// What the filter sees.
    pub data: Call,
    /// The answer.
    pub expected: Action,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.cases:{}", self.topic, self.line)
    }
}

impl Topic {
    /// Every topic, by name.
    ///
    /// # Panics
    ///
    /// With the place and the reason if a file is not as the format wants it.
    #[must_use]
    pub fn load_all() -> Vec<Self> {
        Self::names().iter().map(|name| Self::load(name)).collect()
    }

    /// The names of the topics, ascending.
    ///
    /// # Panics
    ///
    /// If the corpus cannot be found.
    #[must_use]
    pub fn names() -> Vec<String> {
        let directory = std::fs::read_dir(directory()).expect("the corpus is beside the tests");
        let mut names: Vec<_> = directory
            .map(|entry| entry.expect("the corpus can be read").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
            .map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// One topic.
    ///
    /// # Panics
    ///
    /// With the place and the reason if the file is not as the format wants it.
    #[must_use]
    pub fn load(name: &str) -> Self {
        let path = directory().join(format!("{name}.cases"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::from_text(name, &text)
    }

    /// A topic in the format of the files.
    ///
    /// # Panics
    ///
    /// With the place and the reason if the text is not as the format wants it.
    #[must_use]
    pub fn from_text(name: &str, text: &str) -> Self {
        let cases = read::cases(name, text);
        assert!(!cases.is_empty(), "{name}: no cases");
        Self { name: name.to_owned(), cases }
    }
}

impl Case {
    /// Compiles the policy for a program built for `target`.
    ///
    /// # Errors
    ///
    /// What the compiler says of it, one mistake a paragraph.
    ///
    /// # Panics
    ///
    /// If the text has unbalanced brackets.
    pub fn compile(&self, target: Abi) -> Result<Compiled, String> {
        let tokens: TokenStream = self
            .policy
            .parse()
            .unwrap_or_else(|error| panic!("{}: not Rust's tokens: {error}", self.place));
        compile(tokens, Span::call_site(), target).map_err(|errors| errors.to_string())
    }

    /// The values of the running program in the policy, and the filter with these values. A case writes each as its number,
    /// `$(-1)`.
    ///
    /// # Errors
    ///
    /// What is wrong with a value, as the install would say it.
    pub fn filled(&self, compiled: &Compiled) -> Result<(Vec<u64>, Vec<SockFilter>), String> {
        values::filled(compiled)
    }

    /// Whether there is anything to compile for `target`, or only a refusal.
    #[must_use]
    pub fn compiles(&self, target: Abi) -> bool {
        self.targets.contains(&target) && self.refusal(target).is_empty()
    }

    /// What the compiler is to say instead of compiling the policy for `target`.
    #[must_use]
    pub fn refusal(&self, target: Abi) -> Vec<&str> {
        let expected = self.lines.iter().filter(|line| line.targets.contains(&target));
        expected
            .filter_map(|line| match &line.expected {
                Expected::Refused { message } => Some(message.as_str()),
                Expected::Call { .. } => None,
            })
            .collect()
    }

    /// The calls of this case for a program built for `target`: for each line one, or one for
    /// each way to fill the arguments that it leaves open; lines made by `for` take turns with these.
    ///
    /// # Panics
    ///
    /// With the place and the reason if a line cannot be understood on that target.
    #[must_use]
    pub fn calls(&self, target: Abi) -> Vec<ExpectedCall> {
        let lines = self.lines.iter().filter(|line| line.targets.contains(&target));
        lines.flat_map(|line| line.calls(target)).collect()
    }
}

impl Line {
    fn calls(&self, target: Abi) -> Vec<ExpectedCall> {
        let Expected::Call { call, action } = &self.expected else { return Vec::new() };
        let on = target.name();
        let calls = call
            .resolve(target, self.turn)
            .unwrap_or_else(|error| panic!("{}: on {on}: {error}: {}", self.place, self.text));
        let expected = call::action(action, target)
            .unwrap_or_else(|error| panic!("{}: on {on}: {error}: {}", self.place, self.text));
        let of = |made: call::Made| ExpectedCall {
            place: self.place.clone(),
            text: format!("{} [{on}{}]", self.text, made.filled),
            name: call.name(),
            abi: made.abi,
            data: made.data,
            expected,
        };
        calls.into_iter().map(of).collect()
    }
}

fn directory() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}
