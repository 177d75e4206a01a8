//! The machine and the versions of a measurement.

use std::fs;
use std::process::Command;

/// Lines with the date, the machine and the versions of the measurement.
#[must_use]
pub fn environment() -> String {
    let kernel = file("/proc/sys/kernel/osrelease");
    let jit = file("/proc/sys/net/core/bpf_jit_enable");
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let lines = [
        ("date", said("date", &["--utc", "+%F %H:%M UTC"])),
        ("kernel", format!("Linux {kernel}, net.core.bpf_jit_enable = {jit}")),
        ("processor", format!("{} ({cpus} to be used)", processor())),
        ("load before", load(cpus)),
        ("rustc", said("rustc", &["--version"])),
        ("libseccomp", libseccomp()),
        ("seccompiler", version_of("seccompiler")),
    ];
    lines.into_iter().map(|(what, value)| format!("- {what}: {value}\n")).collect()
}

#[cfg(feature = "libseccomp")]
fn libseccomp() -> String {
    let version = crate::compilers::libseccomp::version();
    let newest = crate::compilers::libseccomp::newest_version();
    let newest = newest.unwrap_or_else(|error| format!("**{error}**"));
    let bindings = version_of("libseccomp");
    format!("{version} (Debian's libseccomp-dev), newest {newest}, crate {bindings}")
}

#[cfg(not(feature = "libseccomp"))]
fn libseccomp() -> String {
    "**not measured: libseccomp-dev could not be installed**".to_owned()
}

/// The load of the machine. Other work hardly changes times on the kernel, which are the least of
/// many short batches, but it changes times of builds.
fn load(cpus: usize) -> String {
    let text = file("/proc/loadavg");
    let last_minute = text.split(' ').next().unwrap_or_default().to_owned();
    match last_minute.parse::<f64>() {
        Ok(load) if load > 0.5 * cpus as f64 => {
            format!("{last_minute}, **busy**: builds take longer than they would alone")
        }
        _ => last_minute,
    }
}

fn file(path: &str) -> String {
    fs::read_to_string(path).map_or("unknown".to_owned(), |text| text.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or("unknown".to_owned(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

fn processor() -> String {
    let text = file("/proc/cpuinfo");
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':'])).to_owned()
}

/// The version of a crate that this package is built with.
fn version_of(name: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let package = lock
        .split("[[package]]")
        .find(|package| package.lines().any(|line| line == format!("name = {name:?}")));
    let version = package
        .and_then(|package| package.lines().find_map(|line| line.strip_prefix("version = ")));
    version.map_or("unknown", |version| version.trim_matches('"')).to_owned()
}
