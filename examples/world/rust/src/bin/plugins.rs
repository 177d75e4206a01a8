//! A host of plugins. It starts each plugin in a process of its own, under a policy that is narrower than the host's: the
//! plugin can read its input and write its output. `cargo seccomp diff` shows that the policy is narrower, for every call.
//!
//! ```text
//! plugins TEXT              prints what each plugin makes of the text
//! plugins TEXT --attacked   two plugins try what the host may do and a plugin may not
//! plugins TEXT --hold       as without, and each plugin gets its text when the standard input of the host has ended
//! ```

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};

use seccomp_runtime::{Installer, Policy, seccomp_policy};

/// The host starts processes and may use the network.
const HOST: Policy = seccomp_policy! {
    errno(ENOSYS) clone3;
    allow @install, @rust-exit, @rust-thread, @rust-panic, @rust-process, @rust-net;
    // The loader of the plugin's program, which runs under this policy: `cargo seccomp learn -- plugins text` found these. It maps
    // libraries to be executed, and never memory that it can write too.
    allow pread64, access?(mode == R_OK), faccessat(mode == R_OK), arch_prctl?(option == ARCH_SET_FS);
    allow mmap(prot & (PROT_EXEC | PROT_WRITE) == PROT_EXEC, flags & MAP_PRIVATE != 0);
    default kill
};

/// A plugin can read one descriptor and write another.
const PLUGIN: Policy = seccomp_policy! {
    allow read(fd == 0), write(fd in {1, 2}), close;
    allow @rust-exit, @rust-heap, @rust-unwind;
    default kill
};

const INSTALLER: Installer = PLUGIN.installer();
const _: () = assert!(HOST.permits_install(&INSTALLER));

const PLUGINS: [&str; 3] = ["count", "reverse", "upper"];

fn plugin(name: &str, text: &str) -> String {
    match name {
        "count" => format!("{} words", text.split_whitespace().count()),
        "reverse" => text.chars().rev().collect(),
        "upper" => text.to_uppercase(),
        "network" => match std::net::UdpSocket::bind("127.0.0.1:0") {
            Ok(_) => "has a socket".to_owned(),
            Err(error) => format!("no socket: {error}"),
        },
        "program" => match Command::new("/bin/sh").args(["-c", "touch escaped"]).status() {
            Ok(_) => "started a shell".to_owned(),
            Err(error) => format!("no shell: {error}"),
        },
        _ => "no such plugin".to_owned(),
    }
}

fn run_plugin(name: &str) -> Result<(), Box<dyn std::error::Error>> {
    INSTALLER.install()?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    std::io::stdout().write_all(plugin(name, &text).as_bytes())?;
    Ok(())
}

fn host(text: &str, names: &[&str], hold: bool) -> Result<(), Box<dyn std::error::Error>> {
    HOST.install()?;
    let mut plugins = Vec::new();
    for name in names {
        let child = Command::new(std::env::args_os().next().ok_or("no name of the program")?)
            .args(["plugin", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        plugins.push((name, child));
    }
    if hold {
        std::io::stdin().read_to_end(&mut Vec::new())?;
    }
    for (name, mut child) in plugins {
        child.stdin.take().ok_or("no pipe")?.write_all(text.as_bytes())?;
        let output = child.wait_with_output()?;
        match output.status.signal() {
            Some(signal) => println!("{name}: ended by signal {signal}"),
            None => println!("{name}: {}", String::from_utf8_lossy(&output.stdout)),
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["plugin", name] => run_plugin(name),
        [text] => host(text, &PLUGINS, false),
        [text, "--hold"] => host(text, &PLUGINS, true),
        [text, "--attacked"] => host(text, &["network", "program"], false),
        ["--host", name] => {
            HOST.install().map_err(Into::into).map(|()| println!("{}", plugin(name, "")))
        }
        _ => Err("plugins TEXT [--attacked|--hold]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
