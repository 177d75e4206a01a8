//! Searches the files of a folder for a text: a command-line tool, linked statically with musl. Its policy lets it open
//! files for reading, list folders and print. So a file that takes over the tool cannot send what it finds.
//!
//! ```text
//! search TEXT FOLDER                  prints each line that has the text, with its file and number
//! search TEXT FOLDER --no-policy      the same without a policy
//! search TEXT FOLDER --attacked WHAT  as if a file ran code in the tool: WHAT is write, network or program
//! ```
//!
//! The exit status is that of grep(1): 0 if a line was found, 1 if no line was found, and 2 for an
//! error.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use seccomp_runtime::{Policy, seccomp_policy};

/// The tool may read every file, but what it reads can leave it only by its output.
const POLICY: Policy = seccomp_policy! {
    #[cfg(debug_assertions)] report;
    allow openat(flags & (O_ACCMODE | O_CREAT | O_TRUNC) == O_RDONLY);
    allow open?(flags & (O_ACCMODE | O_CREAT | O_TRUNC) == O_RDONLY);
    allow read, readv, getdents64, lseek, close, statx, fstat?, newfstatat?, fcntl(cmd in {F_SETFD, F_GETFD});
    allow write(fd in {1, 2}), writev(fd in {1, 2});
    allow @rust-exit, @rust-heap, @rust-unwind;
    default kill
};

/// Prints the lines of a file that have the text, and returns their number. It also searches files that are not text.
fn search_file(text: &[u8], path: &Path, output: &mut impl Write) -> std::io::Result<u64> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut line, mut number, mut found) = (Vec::new(), 0_u64, 0);
    while reader.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if line.windows(text.len()).any(|part| part == text) {
            found += 1;
            write!(output, "{}:{number}:", path.display())?;
            output.write_all(line.strip_suffix(b"\n").unwrap_or(&line))?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    Ok(found)
}

/// The same for all files of a folder, in the order of their names. It does not follow links.
fn search_folder(text: &[u8], folder: &Path, output: &mut impl Write) -> std::io::Result<u64> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut found = 0;
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            found += search_folder(text, &entry.path(), output)?;
        } else if kind.is_file() {
            found += search_file(text, &entry.path(), output)?;
        }
    }
    Ok(found)
}

/// What code of an attacker in the tool tries. Returns what it has done.
fn attack(what: &str) -> std::io::Result<&'static str> {
    match what {
        "write" => std::fs::write("escaped", "").map(|()| "wrote a file"),
        "network" => std::net::UdpSocket::bind("127.0.0.1:0").map(|_| "has a socket"),
        "program" => Command::new("/bin/sh")
            .args(["-c", "touch escaped"])
            .status()
            .map(|_| "started a shell"),
        _ => Err(std::io::Error::other("the attacks are write, network and program")),
    }
}

fn run(arguments: &[&str]) -> Result<u64, Box<dyn std::error::Error>> {
    let (text, folder, attacked) = match arguments {
        [text, folder] => (text, folder, None),
        [text, folder, "--no-policy"] => (text, folder, None),
        [text, folder, "--attacked", what] => (text, folder, Some(*what)),
        [text, folder, "--no-policy", "--attacked", what] => (text, folder, Some(*what)),
        _ => {
            return Err(
                "search TEXT FOLDER [--no-policy] [--attacked write|network|program]".into()
            );
        }
    };
    if text.is_empty() {
        return Err("the text is empty".into());
    }
    if !arguments.contains(&"--no-policy") {
        POLICY.install()?;
    }
    if let Some(what) = attacked {
        println!("{}", attack(what)?);
        return Ok(1);
    }
    let mut output = BufWriter::new(std::io::stdout());
    let found = search_folder(text.as_bytes(), Path::new(folder), &mut output)?;
    output.flush()?;
    Ok(found)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(0) => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("search: {error}");
            ExitCode::from(2)
        }
    }
}
