//! The problems of a policy of another tool, and the things that a format cannot say, each with its place.

use std::cell::Cell;
use std::fmt;

/// The place of a problem in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemPlace {
    /// A line and a column, both from 1.
    Line {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A path in JSON, such as `syscalls[3].args[0].op`. Empty for the whole file.
    Path(String),
    /// The text of a rule of a policy in this project's language.
    Rule(String),
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the file.
    pub file: String,
    /// Where in the file.
    pub place: ProblemPlace,
    /// The problem, and the reason.
    pub message: String,
    /// What to do instead, if the message does not say it.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, help } = self;
        match place {
            ProblemPlace::Line { line, column } => write!(f, "{file}:{line}:{column}: {message}")?,
            ProblemPlace::Path(path) if path.is_empty() => write!(f, "{file}: {message}")?,
            ProblemPlace::Path(path) => write!(f, "{file}: {path}: {message}")?,
            ProblemPlace::Rule(rule) => write!(f, "{file}: `{rule}`: {message}")?,
        }
        match help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// The most problems of one file that are kept. More do not help a reader.
const MOST: usize = 100;

/// All problems of a file, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The first hundred problems.
    pub problems: Vec<Problem>,
    /// The number of further ones.
    pub more: usize,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problems {
    /// Adds a problem.
    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.contains(&problem) {
            // It is the same problem for another ABI.
        } else if self.problems.len() < MOST {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }
}

/// The most bytes of all files of a policy.
const MOST_BYTES: usize = 4 << 20;

/// Collects what is wrong, and what a user should know, while one file is read or written.
pub(super) struct Findings {
    /// The file that is read.
    pub(super) file: String,
    /// The errors.
    pub(super) problems: Problems,
    /// Remarks: what was understood, but may surprise.
    pub(super) remarks: Vec<Problem>,
    /// How often the nearest name was searched.
    searches: Cell<usize>,
}

impl Findings {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            problems: Problems::default(),
            remarks: Vec::new(),
            searches: Cell::new(0),
        }
    }

    /// Begins an included file, or the policy itself: from now on errors are in that file. Adds its length to `bytes`,
    /// the length of all files. Returns the previous file, or adds an error and returns `None` if the policy is too
    /// long.
    pub(super) fn begin_file(
        &mut self,
        name: &str,
        text: &str,
        bytes: &mut usize,
    ) -> Option<String> {
        *bytes += text.len();
        if *bytes > MOST_BYTES {
            let message = format!("the policy has more than {MOST_BYTES} bytes with its files");
            self.error(ProblemPlace::Path(String::new()), message);
            return None;
        }
        Some(std::mem::replace(&mut self.file, name.to_owned()))
    }

    /// Whether another search for the nearest name may be made. A search takes long, and nobody reads the hundredth
    /// error.
    pub(super) fn may_search(&self) -> bool {
        self.searches.set(self.searches.get() + 1);
        self.searches.get() <= MOST
    }

    fn problem(&self, place: ProblemPlace, message: String) -> Problem {
        Problem { file: self.file.clone(), place, message, help: None }
    }

    /// Adds an error.
    pub(super) fn error(&mut self, place: ProblemPlace, message: impl Into<String>) {
        let problem = self.problem(place, message.into());
        self.problems.add(problem);
    }

    /// Adds an error, with what to do.
    pub(super) fn error_with_help(
        &mut self,
        place: ProblemPlace,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut problem = self.problem(place, message.into());
        problem.help = Some(help.into());
        self.problems.add(problem);
    }

    /// Adds a remark, unless there are too many.
    pub(super) fn remark(&mut self, place: ProblemPlace, message: impl Into<String>) {
        if self.remarks.len() < MOST {
            let remark = self.problem(place, message.into());
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
    }
}
