//! The program that the tests of `tests/suite.rs` start: counts words of standard input or of files, with a thread for each file.
//!
//! ```sh
//! wordcount [FILE...]
//! ```

use std::error::Error;
use std::io::Read as _;
use std::process::ExitCode;
use std::thread;

use seccomp_runtime::{Policy, seccomp_policy};

const WORDCOUNT: Policy = seccomp_policy! { default kill };

fn main() -> ExitCode {
    if !learn_programs::is_plain() {
        WORDCOUNT.install_or_exit("wordcount");
    }
    match count() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wordcount: {error}");
            ExitCode::from(3)
        }
    }
}

fn count() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        println!("{}", words(&text));
        return Ok(());
    }
    let threads: Vec<_> = files
        .into_iter()
        .map(|file| {
            thread::spawn(move || {
                std::fs::read_to_string(&file).map(|text| format!("{} {file}", words(&text)))
            })
        })
        .collect();
    for thread in threads {
        println!("{}", thread.join().map_err(|_| "a thread panicked")??);
    }
    Ok(())
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
