//! Tests that start the program, several at once, as the tests of a command-line tool do.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

type Tested = Result<(), Box<dyn Error>>;

fn wordcount(arguments: &[&str], input: &str) -> Result<Output, Box<dyn Error>> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wordcount"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(input.as_bytes())?;
    Ok(child.wait_with_output()?)
}

#[test]
fn standard_input_is_counted() -> Tested {
    let output = wordcount(&[], "one two\nthree")?;
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"3\n"[..]));
    Ok(())
}

#[test]
fn files_are_counted_in_threads() -> Tested {
    let folder = std::env::temp_dir().join(format!("wordcount-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut names = Vec::new();
    for count in 1..=4 {
        let name = folder.join(format!("{count}.txt"));
        fs::write(&name, "word ".repeat(count))?;
        names.push(name.display().to_string());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let output = wordcount(&names, "")?;
    fs::remove_dir_all(&folder)?;
    let text = String::from_utf8(output.stdout)?;
    let counts: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((output.status.code(), &counts[..]), (Some(0), &["1", "2", "3", "4"][..]));
    Ok(())
}

#[test]
fn a_file_that_is_missing_is_an_error() -> Tested {
    let output = wordcount(&["/does/not/exist"], "")?;
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr)?.contains("No such file"));
    Ok(())
}

#[test]
fn much_input_is_counted() -> Tested {
    let output = wordcount(&[], &"many words ".repeat(500_000))?;
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"1000000\n"[..]));
    Ok(())
}
