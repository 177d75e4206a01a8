//! The conformance corpus, `tests/conformance/*.cases`: policies, calls, and their expected
//! actions. `tests/conformance/README.md` describes its format.
//!
//! [`Topic::load_all`] reads the files. [`Case::calls`] gives the calls of a case for one target, with
//! every name looked up and every argument filled in. [`kernel`] decides which calls a program can
//! make, and [`image`] writes these down for the program that makes them.

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
    /// The cases, in the order of the file. Never empty.
    pub cases: Vec<Case>,
}

/// A policy and the expected actions.
#[derive(Debug)]
pub struct Case {
    /// The claim of the case.
    pub claim: String,
    /// The line where it begins.
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
    /// The line number, from 1.
    pub line: usize,
}

/// One expectation.
#[derive(Debug)]
struct Line {
    place: Place,
    text: String,
    /// Which one of several calls this is, if the line means several.
    turn: Option<usize>,
    targets: Vec<Abi>,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    Call { call: call::CallText, action: String },
    Refused { message: String },
}

/// A call of a case and its expected action.
#[derive(Clone, Debug)]
pub struct ExpectedCall {
    /// Where it is written.
    pub place: Place,
    /// The call as it is written, and the values of its open arguments.
    pub text: String,
    /// The name of the call, if the line has one.
    pub name: Option<String>,
    /// The ABI through which it is made, or `None` for a value of `arch` that no ABI has.
    pub abi: Option<Abi>,
    /// The input of the filter.
    pub data: Call,
    /// The expected action.
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
    /// If a file does not have the right format: with the place and the reason.
    #[must_use]
    pub fn load_all() -> Vec<Self> {
        Self::names().iter().map(|name| Self::load(name)).collect()
    }

    /// The names of the topics, ascending.
    ///
    /// # Panics
    ///
    /// If there is no corpus.
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
    /// If the file does not have the right format: with the place and the reason.
    #[must_use]
    pub fn load(name: &str) -> Self {
        let path = directory().join(format!("{name}.cases"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::from_text(name, &text)
    }

    /// Reads a topic in the format of the files.
    ///
    /// # Panics
    ///
    /// If the text does not have the right format: with the place and the reason.
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
    /// The errors of the compiler, one in each paragraph.
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
    /// What is wrong with a value, in the words of the install.
    pub fn filled(&self, compiled: &Compiled) -> Result<(Vec<u64>, Vec<SockFilter>), String> {
        values::filled(compiled)
    }

    /// Whether the case expects a filter for `target`, or only a refusal.
    #[must_use]
    pub fn compiles(&self, target: Abi) -> bool {
        self.targets.contains(&target) && self.refusal(target).is_empty()
    }

    /// The message with which the compiler must refuse the policy for `target`.
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

    /// The calls of this case for a program built for `target`: one for each line, or one for each
    /// value of the arguments that the line leaves open. Of these values, lines made by `for` take
    /// turns.
    ///
    /// # Panics
    ///
    /// If a line makes no sense on that target: with the place and the reason.
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
