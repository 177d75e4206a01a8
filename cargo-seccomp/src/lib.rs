//! The tool `cargo seccomp`. It is a library so that its readers of foreign files can be tested and fuzzed; it promises
//! nothing to other crates.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `seeds` | the seeds of random tests, only in tests |
//! | `exit` | the exit codes |
//! | `output` | text for people, JSON for programs |
//! | `text_file` | texts that people write, of limited length |
//! | `condition_holds` | whether a condition of a policy holds for a call |
//! | `learn` | from denied calls to the rules that allow them |
//! | `register_layout` | where the registers of each architecture are |
//! | [`elf`] | policies in ELF files and in processes, from their notes |
//! | [`dump`] | core files |
//! | `foreign_policy` | policies in the formats of other tools |
//! | `input_policy` | the policies that a command line names, in programs and in texts |
//! | `policy_file` | a policy in a file, for a command that the tool starts under it |
//! | `process_filters` | the filters and policies in force in a process |
//! | `sources` | policies in Rust sources and in files |
//! | `stack` | stacks of other programs: return addresses, functions, lines |
//! | `decision` | which part of a policy decides a call, and why |
//! | [`explain`] | what happened to a call: cores, audit log, calls as text |
//! | `rustc_values` | the numbers that rustc gave the values of a policy |
//! | `comparison` | how two policies differ, as data and for people |
//! | `policy_pairing` | which policies of two sides belong together |
//! | `lock` | the file seccomp.lock, and the built policies |
//! | `cargo_build` | the programs that cargo builds |
//! | `lint` | errors and warnings of policies in files and sources |
//! | `trace` | runs a command whose filters a tracer takes over |
//! | `recording` | the calls that a traced command was denied, by policy, thread and line |
//! | `cmd` | the subcommands, a file each |
//! | `cli` | the command line |

mod cargo_build;
mod cli;
mod cmd;
mod comparison;
mod condition_holds;
mod decision;
pub mod dump;
pub mod elf;
mod exit;
pub mod explain;
mod foreign_policy;
#[cfg(test)]
mod help_tests;
mod input_policy;
mod learn;
mod lint;
mod lock;
mod output;
mod policy_file;
mod policy_pairing;
mod process_filters;
mod recording;
mod register_layout;
mod rustc_values;
// A symbolic link to the file of seccomp-test-support: that crate is not published, but the tests here are.
#[cfg(test)]
#[expect(dead_code, unreachable_pub, reason = "it is written for the tests of all crates")]
mod seeds;
mod sources;
mod stack;
mod text_file;
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use exit::Exit;
use output::{MessageFormat, Output};

/// Runs the tool with a command line, whose first word is the name of the program. Cargo starts `cargo-seccomp seccomp …`
/// for `cargo seccomp …`; both are the same here.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|word| word == "seccomp") {
        arguments.remove(1);
    }
    let wants_json = wants_json(&arguments);
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are "errors" of clap that go to standard output.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Fine.into();
            }
            if wants_json {
                Output::new(MessageFormat::Json).wrong_command_line(&error);
            } else {
                let _ = error.print();
            }
            return Exit::Failed.into();
        }
    };
    let output = cli.output();
    let exit = cli.run(&output).unwrap_or_else(|error| {
        output.failed(&error);
        Exit::Failed
    });
    match exit {
        // A program that the tool started has its own exit code.
        Exit::Fine | Exit::Found if output.has_lost_results() => Exit::Failed.into(),
        Exit::Fine | Exit::Found | Exit::Failed | Exit::Program(_) => exit.into(),
    }
}

/// Whether a command line that cannot be read asks for JSON, so that its reader gets the error in that form too. The
/// words after `--` are the command line of another program.
fn wants_json(arguments: &[OsString]) -> bool {
    let own: Vec<&OsString> = arguments.iter().take_while(|word| *word != "--").collect();
    own.iter().any(|word| *word == "--message-format=json")
        || own.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json")
}
