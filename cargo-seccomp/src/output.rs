//! What the tool says: text for people, JSON for programs.
//!
//! Results go to standard output. Errors, warnings and progress go to standard error. With `--message-format json` each
//! result and each message is one JSON object on a line of standard output, which begins with the version of the format and
//! the kind of message.

use std::fmt::Display;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use seccomp_syntax::report::Report;
use serde::Serialize;

/// The version of the JSON format. A reader for this version can read all later output with the same number, which may
/// have more fields and more kinds of messages.
pub(crate) const JSON_VERSION: u32 = 1;

/// The form of what the tool says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MessageFormat {
    /// Text for people.
    Human,
    /// A JSON object per line.
    Json,
}

/// Says things in the chosen form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: MessageFormat,
}

/// One line of JSON.
#[derive(Serialize)]
struct Message<'a, T: Serialize> {
    version: u32,
    kind: &'a str,
    #[serde(flatten)]
    content: T,
}

/// The content of a message that is only text.
#[derive(Serialize)]
struct Text<'a> {
    message: &'a str,
}

/// The errors and warnings of a policy.
#[derive(Serialize)]
struct Diagnostics<'a> {
    diagnostics: &'a serde_json::Value,
}

#[allow(dead_code, reason = "until the subcommands use all")]
impl Output {
    pub(crate) const fn new(format: MessageFormat) -> Self {
        Self { format }
    }

    /// Whether a program reads the output.
    pub(crate) fn is_json(self) -> bool {
        self.format == MessageFormat::Json
    }

    /// Writes a result: `text` for people, or `content` as JSON with its kind. Standard output that is closed early, as by
    /// `head`, is no error.
    pub(crate) fn result(self, text: impl Display, kind: &str, content: impl Serialize) {
        match self.format {
            MessageFormat::Human => {
                let mut stdout = anstream::stdout().lock();
                let _ = write!(stdout, "{text}");
            }
            MessageFormat::Json => Self::json(kind, content),
        }
    }

    /// Tells of something that happens while a program of the user runs and writes to standard output: `text` goes to
    /// standard error.
    pub(crate) fn tell(self, text: impl Display, kind: &str, content: impl Serialize) {
        match self.format {
            MessageFormat::Human => {
                let mut stderr = anstream::stderr().lock();
                let _ = write!(stderr, "{text}");
            }
            MessageFormat::Json => Self::json(kind, content),
        }
    }

    /// Says why the tool cannot go on.
    pub(crate) fn failed(self, error: &anyhow::Error) {
        self.say("error", AnsiColor::Red, &format!("{error:#}"));
    }

    /// Says what the user should know, although the tool goes on.
    pub(crate) fn warn(self, message: impl Display) {
        self.say("warning", AnsiColor::Yellow, &message.to_string());
    }

    /// Says the errors and warnings of a policy; nothing if there are none. The JSON has the field `diagnostics` of
    /// docs/errors.md.
    pub(crate) fn report(self, report: &Report) {
        if report.diagnostics.is_empty() {
            return;
        }
        match self.format {
            MessageFormat::Human => {
                let mut stderr = anstream::stderr().lock();
                let _ = write!(stderr, "{report}");
            }
            MessageFormat::Json => {
                let json: serde_json::Value =
                    serde_json::from_str(&report.to_json()).expect("a report is JSON");
                Self::json("diagnostics", Diagnostics { diagnostics: &json["diagnostics"] });
            }
        }
    }

    fn say(self, kind: &str, color: AnsiColor, message: &str) {
        match self.format {
            MessageFormat::Human => {
                let style = Style::new().fg_color(Some(color.into())).bold();
                let mut stderr = anstream::stderr().lock();
                let _ = writeln!(stderr, "{style}{kind}{style:#}: {message}");
            }
            MessageFormat::Json => Self::json(kind, Text { message }),
        }
    }

    fn json(kind: &str, content: impl Serialize) {
        let message = Message { version: JSON_VERSION, kind, content };
        let line =
            serde_json::to_string(&message).expect("content is made of structs with string keys");
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{line}");
    }
}
