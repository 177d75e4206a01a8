//! Tests that the tool takes the command lines of the examples in the help of every subcommand.

use clap::{Command, CommandFactory as _, Parser as _};

use crate::cli::Cli;

/// The commands in a text: lines that begin with two spaces, without the text beside them.
fn examples(help: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in help.lines() {
        let Some(line) = line.strip_prefix("  ") else { continue };
        let begins = line.find("cargo seccomp").or_else(|| line.find("cargo-seccomp"));
        let Some(begins) = begins else { continue };
        let command = &line[begins..];
        let end =
            ["  ", " > ", " < ", " | ", " 2>"].iter().filter_map(|end| command.find(end)).min();
        found.push(&command[..end.unwrap_or(command.len())]);
    }
    found
}

/// The words of a command line. A word may be in quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote, mut begun) = (vec![String::new()], None, false);
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => (quote, begun) = (Some(c), true),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => {
                if begun {
                    words.push(String::new());
                }
                begun = false;
            }
            (c, _) => {
                words.last_mut().expect("there is one").push(c);
                begun = true;
            }
        }
    }
    words
}

#[test]
fn every_example_of_the_help_is_a_command_line_that_the_tool_takes() {
    let mut count = 0;
    let mut all: Vec<Command> = vec![Cli::command()];
    all.extend(Cli::command().get_subcommands().filter(|command| !command.is_hide_set()).cloned());
    for command in &all {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = examples(&help);
        for example in examples {
            let mut words = words(example);
            if words[0] == "cargo" {
                words.remove(1);
            }
            let taken = Cli::try_parse_from(&words);
            assert!(
                taken.is_ok(),
                "the help of `{name}`: {example}\n{}",
                taken.err().expect("an error")
            );
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}
