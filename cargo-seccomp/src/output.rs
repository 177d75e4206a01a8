//! The output of the tool: text for people, JSON for programs.
//!
//! Results go to standard output. Errors, warnings and progress go to standard error. With `--message-format json` each
//! result and each message is one JSON object on a line of standard output, which begins with the version of the format and
//! the kind of message.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use seccomp_syntax::report::Report;
use serde::Serialize;

/// The version of the JSON format. A reader for this version can read all later output with the same number, which may
/// have more fields and more kinds of messages.
pub(crate) const JSON_VERSION: u32 = 1;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MessageFormat {
    /// Text for people.
    Human,
    /// A JSON object per line.
    Json,
}

/// Writes output in the chosen form.
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
struct PlainMessage<'a> {
    message: &'a str,
}

/// The errors and warnings of a policy.
#[derive(Serialize)]
struct Diagnostics<'a> {
    diagnostics: &'a serde_json::Value,
}

impl Output {
    pub(crate) const fn new(format: MessageFormat) -> Self {
        Self { format }
    }

    /// The options of the command line for the same output, for a child that is this tool too.
    pub(crate) fn options(self) -> [&'static str; 4] {
        let format = match self.format {
            MessageFormat::Human => "human",
            MessageFormat::Json => "json",
        };
        let color = match anstream::ColorChoice::global() {
            anstream::ColorChoice::Auto => "auto",
            anstream::ColorChoice::AlwaysAnsi | anstream::ColorChoice::Always => "always",
            anstream::ColorChoice::Never => "never",
        };
        ["--message-format", format, "--color", color]
    }

    /// Whether a program reads the output.
    pub(crate) fn is_json(self) -> bool {
        self.format == MessageFormat::Json
    }

    /// Writes a result: `text` for people, or `content` as JSON with its kind. It is not an error if standard output is
    /// closed early, for example by `head`.
    pub(crate) fn result(self, text: impl Display, kind: &str, content: impl Serialize) {
        match self.format {
            MessageFormat::Human => {
                // Output that goes to a program may be the content of a file, and is not changed.
                let shown = std::io::stdout().is_terminal()
                    || anstream::AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
                let text = text.to_string();
                let text = if shown { without_commands(&text) } else { text.into() };
                note_loss(&write!(anstream::stdout().lock(), "{text}"));
            }
            MessageFormat::Json => Self::json(kind, content),
        }
    }

    /// Reports what happens while a program of the user runs and writes to standard output: `text` goes to standard
    /// error.
    pub(crate) fn tell(self, text: impl Display, kind: &str, content: impl Serialize) {
        match self.format {
            MessageFormat::Human => {
                let mut stderr = anstream::stderr().lock();
                let _ = write!(stderr, "{}", without_commands(&text.to_string()));
            }
            MessageFormat::Json => Self::json(kind, content),
        }
    }

    /// Reports why the tool cannot go on.
    pub(crate) fn failed(self, error: &anyhow::Error) {
        self.say("error", AnsiColor::Red, &format!("{error:#}"));
    }

    /// Reports what is wrong with the command line, in JSON; clap reports it to people.
    pub(crate) fn wrong_command_line(self, error: &clap::Error) {
        let text = error.to_string();
        self.say("error", AnsiColor::Red, text.trim_start_matches("error: ").trim_end());
    }

    /// Reports a warning; the tool goes on.
    pub(crate) fn warn(self, message: impl Display) {
        self.say("warning", AnsiColor::Yellow, &message.to_string());
    }

    /// Reports the errors and warnings of a policy; writes nothing if there are none. The JSON has the field
    /// `diagnostics` of docs/errors.md.
    pub(crate) fn report(self, report: &Report) {
        if report.diagnostics.is_empty() {
            return;
        }
        match self.format {
            MessageFormat::Human => {
                let mut stderr = anstream::stderr().lock();
                let _ = write!(stderr, "{}", without_commands(&report.to_string()));
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
                let message = without_commands(message);
                let _ = writeln!(stderr, "{style}{kind}{style:#}: {message}");
            }
            MessageFormat::Json => Self::json(kind, PlainMessage { message }),
        }
    }

    fn json(kind: &str, content: impl Serialize) {
        let message = Message { version: JSON_VERSION, kind, content };
        let line =
            serde_json::to_string(&message).expect("content is made of structs with string keys");
        note_loss(&writeln!(std::io::stdout().lock(), "{line}"));
    }

    /// Whether a part of the results could not be written, for example because the disk is full. The first call reports
    /// that.
    pub(crate) fn has_lost_results(self) -> bool {
        note_loss(&std::io::stdout().flush());
        let lost = LOST.load(Ordering::Relaxed);
        if lost {
            self.say(
                "error",
                AnsiColor::Red,
                "standard output could not be written: a part of the results is lost",
            );
        }
        lost
    }
}

/// Whether results could not be written. A traced program may still be running, so the tool goes on, and fails at its
/// end.
static LOST: AtomicBool = AtomicBool::new(false);

/// Notes that results could not be written. A reader that closes the pipe early, such as `head`, loses nothing.
fn note_loss(written: &std::io::Result<()>) {
    if written.as_ref().is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// The text for a terminal. The names in programs, cores, logs and policies are chosen by others, and a terminal obeys
/// commands in them. So control characters, and those that turn the direction of a line, are shown as escapes. The
/// colors of this tool stay.
fn without_commands(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_command) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let color = COLORS.iter().find(|color| rest.starts_with(**color));
        let taken = match color {
            Some(color) => {
                plain += color;
                color.len()
            }
            None if rest.starts_with("\r\n") => {
                plain += "\r\n";
                2
            }
            None if is_command(next) => {
                plain.extend(next.escape_unicode());
                next.len_utf8()
            }
            None => {
                plain.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    plain.into()
}

/// The sequences of anstyle for bold, red, green and yellow text, and for its end.
const COLORS: [&str; 5] = ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"];

/// Whether a terminal obeys a character instead of showing it. The second part has the characters of bidirectional text
/// of Unicode 16, 23.2.
fn is_command(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_a_terminal_are_shown_and_not_obeyed() {
        for (text, shown) in [
            ("a\tb\nc\r\n", "a\tb\nc\r\n"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("old\rnew", "old\\u{d}new"),
            ("\u{9b}8m", "\\u{9b}8m"),
            ("\x1b[8mhidden", "\\u{1b}[8mhidden"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("é\0", "é\\u{0}"),
        ] {
            assert_eq!(without_commands(text), shown);
        }
    }

    #[test]
    fn the_colors_of_this_tool_stay() {
        use anstyle::AnsiColor::{Green, Red, Yellow};
        for color in [Green, Red, Yellow] {
            let style = Style::new().fg_color(Some(color.into())).bold();
            let text = format!("{style}a{style:#}");
            assert_eq!(without_commands(&text), text);
        }
    }
}
