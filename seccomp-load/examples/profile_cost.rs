//! Measures what it costs to turn an OCI profile into a filter when a program runs: `profile_cost PROFILE TIMES [ABI]`.
//!
//! Imports, compiles and proves the profile TIMES times, and prints the instructions of the filter and the most memory
//! that the process had, in KiB. `bench/profile/run` compares that with libseccomp.

use std::fs;

use seccomp_install::Abi;
use seccomp_load::formats::{Format, Options, import};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(profile), Some(times)) = (arguments.next(), arguments.next()) else {
        return Err("usage: profile_cost PROFILE TIMES [ABI]".into());
    };
    // Some rules of Docker are for newer kernels, so a runtime passes the version of the kernel, and so does this.
    let mut options = Options { kernel: Some((6, 1)), ..Options::new(Abi::X86_64) };
    match arguments.next() {
        Some(name) => options.abis = Some(vec![Abi::from_name(&name).ok_or("no such ABI")?]),
        None => options.close_multiplexers = true,
    }
    let text = fs::read_to_string(&profile)?;
    let mut instructions = 0;
    for _ in 0..times.parse::<u32>()? {
        let imported = import(Format::Oci, &profile, &text, &options)?;
        instructions = imported.compiled.filter.instructions.len();
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().next()).unwrap_or("?");
    println!("{instructions} {peak}");
    Ok(())
}
