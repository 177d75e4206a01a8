//! The time from the start of a program until its filter is installed, in whole programs.

use std::io::{self, Read as _};
use std::process::{Command, Stdio};

use crate::compilers::NEWEST;
use crate::kernel::{self, ticks};
use crate::stats::{Clock, Series, order};
use crate::workload::Workload;

/// A program that installs a policy, and what that costs in microseconds.
#[derive(Debug)]
pub struct Starter {
    /// Its name in the tables.
    pub name: &'static str,
    program: &'static str,
    argument: &'static str,
    /// The folder of another libseccomp.
    libraries: Option<String>,
    /// From the first statement of `main` until the filter is installed.
    pub from_main: Series,
    /// From the call that starts the process until the filter is installed.
    pub from_spawn: Series,
}

const ROUNDS: usize = 25;

/// The programs that are compared; the first installs nothing.
#[must_use]
pub fn starters() -> Vec<Starter> {
    let mut programs = vec![
        ("no filter", "start_nothing", "", None),
        ("ours: a constant array", "start_ours", "", None),
        ("seccompiler at run time", "start_seccompiler", "", None),
    ];
    if cfg!(feature = "libseccomp") {
        programs.push(("libseccomp at run time, chain", "start_libseccomp", "1", None));
        programs.push(("libseccomp at run time, tree", "start_libseccomp", "2", None));
        if let Ok(newest) = std::env::var(NEWEST) {
            let newest = Some(newest);
            programs.push(("newest libseccomp, chain", "start_libseccomp", "1", newest.clone()));
            programs.push(("newest libseccomp, tree", "start_libseccomp", "2", newest));
        }
    }
    let starter = |(name, program, argument, libraries)| Starter {
        name,
        program,
        argument,
        libraries,
        from_main: Series::default(),
        from_spawn: Series::default(),
    };
    programs.into_iter().map(starter).collect()
}

/// Runs all of `starters` in turn, again and again, each round in another order.
///
/// # Errors
///
/// If a program cannot be run, or does not report.
pub fn run(workload: &Workload, clock: Clock, starters: &mut [Starter]) -> io::Result<()> {
    for round in 0..ROUNDS {
        for index in order(round, starters.len()) {
            starters[index].measure(workload, clock)?;
        }
    }
    Ok(())
}

impl Starter {
    fn measure(&mut self, workload: &Workload, clock: Clock) -> io::Result<()> {
        let path = std::env::current_exe()?.with_file_name(self.program);
        let mut command = Command::new(&path);
        command.args([workload.name, self.argument]).stdout(Stdio::piped());
        if let Some(folder) = &self.libraries {
            command.env("LD_LIBRARY_PATH", folder);
        }
        let start = ticks();
        let mut child = command.spawn()?;
        let mut report = [0; 16];
        let read = child.stdout.take().map(|mut pipe| pipe.read_exact(&mut report));
        child.wait()?;
        let Some(Ok(())) = read else {
            let message = format!("{} {} did not report", path.display(), workload.name);
            return Err(io::Error::other(message));
        };
        let [main, installed] = [&report[..8], &report[8..]]
            .map(|half| half.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)));
        let microseconds = |from| clock.nanoseconds(installed - from) / 1000.0;
        self.from_main.push(microseconds(main));
        self.from_spawn.push(microseconds(start));
        Ok(())
    }
}

/// The body of a start program: calls `install` with the workload and the argument of the command
/// line, and writes to standard output when `main` began and when the install was done. The workload
/// is for the programs that compile at run time.
pub fn main(install: impl FnOnce(&str, &str) -> Result<(), String>) {
    let main = ticks();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let argument = arguments.next().unwrap_or_default();
    if let Err(error) = install(&name, &argument) {
        panic!("{error}");
    }
    let installed = ticks();
    let mut report = [0; 16];
    report[..8].copy_from_slice(&main.to_le_bytes());
    report[8..].copy_from_slice(&installed.to_le_bytes());
    // From here on the program makes only calls that every workload allows: write and exit.
    kernel::write(1, &report);
    kernel::exit()
}
