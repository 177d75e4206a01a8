//! A parent that starts `ls`, which inherits the policy.
//!
//! ```sh
//! spawns-ls FOLDER
//! ```

use std::error::Error;
use std::process::{Command, Stdio};

use seccomp_runtime::{Policy, seccomp_policy};

const PARENT: Policy = seccomp_policy! { default kill };

fn main() -> Result<(), Box<dyn Error>> {
    if !learn_programs::is_plain() {
        PARENT.install()?;
    }
    let folder = std::env::args_os().nth(1).ok_or("usage: spawns-ls FOLDER")?;
    // First `ls` writes to a pipe, and then to standard output of this program.
    let listed = Command::new("ls").arg("-1").arg(&folder).stderr(Stdio::null()).output()?;
    println!("{} lines", String::from_utf8(listed.stdout)?.lines().count());
    let long = Command::new("ls").args(["-l", "--time-style=+"]).arg(&folder).status()?;
    let missing = Command::new("ls").arg("/does/not/exist").stderr(Stdio::null()).status()?;
    println!("{:?}, {:?}", long.code(), missing.code());
    Ok(())
}
