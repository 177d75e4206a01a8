//! A parser of untrusted pictures, in two forms: in a thread of its own, which gets the bytes, and in a process of its own,
//! for which a supervisor opens files. The policy of both allows memory and the end, and nothing else.
//!
//! ```text
//! parser thread FILE          prints size and sum of the pixels
//! parser process FILE         the same; the supervisor opens files in the folder of FILE, for reading
//! parser thread|process FILE --attacked [OTHER]
//!                             as if the picture ran code in the parser, which starts a program, or opens OTHER
//! ```

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use seccomp_runtime::{
    AddFd, Errno, Listener, ListenerError, Notification, Policy, Response, ThreadEnd, call,
    sandboxed_thread, seccomp_policy,
};

/// The calls that a parser needs. `kill_thread` ends only the thread, and the program goes on.
const PARSE: Policy = seccomp_policy! {
    allow @rust-heap, @rust-unwind, exit, sigaltstack;
    default kill_thread
};

/// The same for a process that cannot open files: the supervisor gets each openat, and the process can read the files
/// that the supervisor opens.
const PARSE_FILES: Policy = seccomp_policy! {
    notify openat;
    allow read, lseek, close, statx, newfstatat?, fstat?, write(fd in {1, 2});
    allow @rust-exit, @rust-unwind;
    default kill
};

/// The size of a picture, and the sum of its bytes.
fn parse(picture: impl Read + Seek) -> Result<String, png::DecodingError> {
    let mut reader = png::Decoder::new(std::io::BufReader::new(picture)).read_info()?;
    let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels)?;
    let sum: u64 = pixels[..frame.buffer_size()].iter().map(|&byte| u64::from(byte)).sum();
    Ok(format!("{} x {}, {sum}", frame.width, frame.height))
}

/// What code of an attacker in the parser tries.
fn attack(other: Option<&str>) -> String {
    match other {
        Some(path) => match std::fs::read(path) {
            Ok(_) => format!("read {path}"),
            Err(error) => format!("{path}: {error}"),
        },
        None => match Command::new("/bin/sh").args(["-c", "touch escaped"]).status() {
            Ok(_) => "started a shell".to_owned(),
            Err(error) => format!("no shell: {error}"),
        },
    }
}

fn in_thread(path: &Path, attacked: bool, other: Option<String>) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let thread = sandboxed_thread(PARSE, move || {
        if attacked {
            Ok(attack(other.as_deref()))
        } else {
            parse(Cursor::new(bytes)).map_err(|error| error.to_string())
        }
    });
    match thread.map_err(|error| error.to_string())?.join() {
        Ok(parsed) => parsed,
        Err(ThreadEnd::Killed) => Err("the policy ended the parser".to_owned()),
        Err(end) => Err(end.to_string()),
    }
}

/// The role of the process that parses: its standard input is a socket to its supervisor.
fn target(path: &Path, attacked: bool, other: Option<&str>) -> Result<String, String> {
    PARSE_FILES
        .installer()
        .install_and_send(std::io::stdin())
        .map_err(|error| error.to_string())?;
    if attacked {
        return Ok(attack(other));
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    parse(BufReader::new(file)).map_err(|error| error.to_string())
}

fn in_process(path: &Path, arguments: &[String]) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let folder =
        path.canonicalize().map_err(|e| text(&e))?.parent().map(Path::to_owned).unwrap_or_default();
    let (ours, theirs) = UnixStream::pair().map_err(|e| text(&e))?;
    let mut child = Command::new(std::env::current_exe().map_err(|e| text(&e))?)
        .arg("target")
        .args(arguments)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(|e| text(&e))?;
    let listener = Listener::receive_from(&ours).map_err(|e| text(&e))?;
    while let Ok(Some(notification)) = listener.receive() {
        // A process that has ended needs no answer.
        let _ = answer(notification, &folder);
    }
    let status = child.wait().map_err(|e| text(&e))?;
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(String::new()),
        (_, Some(31)) => Err("the policy ended the parser".to_owned()),
        _ => Err(format!("the parser ended: {status}")),
    }
}

/// Opens the file itself, only for reading and only in the folder, whatever the process has asked for. It reads the memory
/// of the process once, and opens the path that it has compared.
fn answer(notification: Notification<'_>, folder: &Path) -> Result<(), ListenerError> {
    let [_, address, ..] = notification.call().args;
    let open = call!(openat());
    if (notification.call().nr, notification.call().arch) != (open.nr, open.arch) {
        return notification.respond(Response::Errno(Errno::ENOSYS));
    }
    let mut bytes = [0; 4096];
    let path = match notification.read_string(address, &mut bytes) {
        Ok(path) => Path::new(OsStr::from_bytes(path.to_bytes())).canonicalize(),
        Err(ListenerError::Gone) => return Err(ListenerError::Gone),
        Err(_) => return notification.respond(Response::Errno(Errno::EFAULT)),
    };
    match path {
        Ok(path) if path.parent() == Some(folder) => match File::open(path) {
            Ok(file) => notification
                .respond_with_fd(&file, AddFd { at: None, close_on_exec: true })
                .map(drop),
            Err(_) => notification.respond(Response::Errno(Errno::EACCES)),
        },
        Ok(_) | Err(_) => notification.respond(Response::Errno(Errno::EACCES)),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(role), Some(path)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("parser thread|process FILE [--attacked [OTHER]]");
        return ExitCode::FAILURE;
    };
    let attacked = arguments.get(2).is_some_and(|word| word == "--attacked");
    let other = arguments.get(3).cloned();
    let parsed = match role.as_str() {
        "thread" => in_thread(path.as_ref(), attacked, other),
        "process" => in_process(path.as_ref(), &arguments[1..]),
        "target" => target(path.as_ref(), attacked, other.as_deref()),
        _ => Err("the role is thread or process".to_owned()),
    };
    match parsed {
        Ok(parsed) if parsed.is_empty() => ExitCode::SUCCESS,
        Ok(parsed) => {
            println!("{parsed}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
