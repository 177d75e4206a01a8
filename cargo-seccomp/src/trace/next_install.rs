//! Lets a program install a policy on top of one that kills whoever installs another.
//!
//! A program that has installed such a policy never tries another install: its runtime remembers that this would kill
//! it, and returns `InstallError::Deadly` without a call (`seccomp-install/src/in_force.rs`). But under `learn` nothing
//! kills the program. So after the install, the tracer runs the thread instruction by instruction, up to the
//! instruction that stores the reason in the memory of the runtime, and removes the reason again. Then the program
//! makes the calls of the next install, and the filter in force decides about them, with or without a tracer: the
//! memory of the runtime only ever causes a refusal, never a permission.
//!
//! The program needs no symbols for this: the instruction is the first one that changes static memory of the file that
//! installs, and the bits that it adds are known, because they depend only on the filter. If they do not appear within
//! [`MOST_INSTRUCTIONS`], nothing is changed: the program has another version of the runtime, or none, or the tool
//! makes no steps on the architecture (any but x86_64 and aarch64), or the code has an atomic sequence that no step may
//! interrupt (aarch64 before version 8.1).

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result};
use seccomp_bpf::abi::Abi;
use seccomp_bpf::bpf::SockFilter;
use seccomp_install::Errno;
use seccomp_install::tracer::{self, Resume, Signal};

use super::install_call::InstallCall;
use super::process_memory::ProcessMemory;
use super::wait::{self, Happened, What};

/// Without optimisation the runtime runs some hundred instructions before it remembers a filter.
const MOST_INSTRUCTIONS: usize = 2000;

/// The most bytes of static memory that are looked at. They are read after each instruction.
const MOST_BYTES: u64 = 4 << 20;

/// The thread has just installed `filter` for all threads, and is stopped after the call. Makes its runtime forget that this filter
/// kills whoever installs another one.
///
/// Returns what happened to the thread meanwhile, if that was not a step. Otherwise the thread is stopped, and goes on
/// when it is resumed.
///
/// # Errors
///
/// If the thread cannot be waited for.
pub(super) fn allow(
    thread: u32,
    call: InstallCall,
    filter: &[SockFilter],
) -> Result<Option<Happened>> {
    // The bits are for calls of the program's own ABI only.
    let deadly = seccomp_install::__deadly_ways(filter);
    if deadly == 0 || call.abi != Abi::NATIVE {
        return Ok(None);
    }
    let Some(mut memory) = StaticMemory::of(thread) else { return Ok(None) };
    for _ in 0..MOST_INSTRUCTIONS {
        if is_at_system_call(thread, &memory.process) {
            break;
        }
        match tracer::resume(thread, Resume::OneInstruction, 0) {
            Ok(()) => {}
            // The thread is gone, which the next stop reports; or there are no steps.
            Err(Errno::ESRCH | Errno::EIO) => break,
            Err(errno) => {
                return Err(errno).context("cannot let a thread go on by one instruction");
            }
        }
        let Some(happened) = wait::next_of(thread).context("cannot wait for a program")? else {
            break;
        };
        let is_step = matches!(happened.what, What::Signal(SIGTRAP))
            && tracer::signal(thread).is_ok_and(|signal| signal.code == Signal::STEPPED);
        if !is_step {
            return Ok(Some(happened));
        }
        if let Some((address, before, now)) = memory.changed_word() {
            if now == before | deadly {
                forget(thread, address, before);
            }
            break;
        }
    }
    Ok(None)
}

/// `include/uapi/asm-generic/signal.h`, Linux 6.12.
const SIGTRAP: u8 = 5;

/// Writes the four bytes of `word`, and no others: another thread may write beside them.
fn forget(thread: u32, address: u64, word: u32) {
    let memory = OpenOptions::new().write(true).open(format!("/proc/{thread}/mem"));
    // If this fails, the program behaves as it does without the tracer.
    let _ = memory.and_then(|memory| memory.write_all_at(&word.to_ne_bytes(), address));
}

/// Whether the next instruction is a system call: the thread may wait in it for another thread, which waits for this
/// tracer.
fn is_at_system_call(thread: u32, process: &ProcessMemory) -> bool {
    let Ok(stop) = tracer::state(thread) else { return true };
    let mut bytes = [0; 4];
    if process.read(stop.instruction_pointer, &mut bytes).is_err() {
        return true;
    }
    // Intel's manual, volume 2: SYSCALL, INT 80H, SYSENTER. Arm's manual (DDI 0487), C6: SVC #0.
    match Abi::NATIVE {
        Abi::X86_64 => matches!(bytes[..2], [0x0f, 0x05] | [0xcd, 0x80] | [0x0f, 0x34]),
        Abi::Aarch64 => bytes == 0xd400_0001_u32.to_le_bytes(),
        // Whatever else: no step is made.
        _ => true,
    }
}

/// The memory of a process in which its program file, or the library that makes a call, has its variables.
struct StaticMemory {
    process: ProcessMemory,
    /// The first address of each part, and its bytes.
    parts: Vec<(u64, Vec<u8>)>,
    /// The bytes as they are now.
    now: Vec<u8>,
}

impl StaticMemory {
    /// The static memory of the file whose code a stopped thread runs.
    fn of(thread: u32) -> Option<Self> {
        let here = tracer::state(thread).ok()?.instruction_pointer;
        let maps = fs::read_to_string(format!("/proc/{thread}/maps")).ok()?;
        let process = ProcessMemory::of(thread).ok()?;
        let mut parts = Vec::new();
        for (start, end) in variables(&maps, here) {
            let mut bytes = vec![0; usize::try_from(end - start).ok()?];
            process.read(start, &mut bytes).ok()?;
            parts.push((start, bytes));
        }
        (!parts.is_empty()).then_some(Self { process, parts, now: Vec::new() })
    }

    /// The first word of four bytes that has changed: its address, its old value and its new value.
    fn changed_word(&mut self) -> Option<(u64, u32, u32)> {
        for (start, before) in &mut self.parts {
            self.now.resize(before.len(), 0);
            self.process.read(*start, &mut self.now).ok()?;
            if *before == self.now {
                continue;
            }
            let at = before.iter().zip(&self.now).position(|(one, other)| one != other)? & !3;
            let word = |bytes: &[u8]| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
            return Some((*start + at as u64, word(before)?, word(&self.now)?));
        }
        None
    }
}

/// The addresses of the variables of the file with the code at `here`: its writable parts, and behind each the memory
/// without a file, which begins as zeros. (proc_pid_maps(5), Linux man-pages 6.9.1.)
fn variables(maps: &str, here: u64) -> Vec<(u64, u64)> {
    struct MapsLine<'a> {
        range: (u64, u64),
        can_be_written: bool,
        file: &'a str,
    }
    let mut lines = Vec::new();
    for text in maps.lines() {
        // address, permissions, offset, device, inode, path
        let mut words = text.splitn(6, ' ');
        let (Some(range), Some(permissions)) = (words.next(), words.next()) else { continue };
        let Some((start, end)) = range.split_once('-') else { continue };
        let number = |text| u64::from_str_radix(text, 16).ok();
        let (Some(start), Some(end)) = (number(start), number(end)) else { continue };
        let file = words.nth(3).unwrap_or_default().trim_start();
        lines.push(MapsLine {
            range: (start, end),
            can_be_written: permissions.contains('w'),
            file,
        });
    }
    let Some(code) = lines.iter().find(|line| line.range.0 <= here && here < line.range.1) else {
        return Vec::new();
    };
    let (mut found, mut total) = (Vec::new(), 0);
    let mut end_of_file = None;
    for line in &lines {
        let is_of_file = line.file == code.file && !line.file.is_empty();
        let is_behind = line.file.is_empty() && Some(line.range.0) == end_of_file;
        if line.can_be_written && (is_of_file || is_behind) {
            total += line.range.1 - line.range.0;
            found.push(line.range);
        }
        end_of_file = is_of_file.then_some(line.range.1);
    }
    if total > MOST_BYTES { Vec::new() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
5000-6000 r-xp 00000000 fe:01 12     /bin/a
6000-7000 r--p 00001000 fe:01 12     /bin/a
7000-8000 rw-p 00002000 fe:01 12     /bin/a
8000-9000 rw-p 00000000 00:00 0
9000-a000 rw-p 00000000 00:00 0      [heap]
b000-c000 r-xp 00000000 fe:01 13     /lib/b
c000-d000 rw-p 00001000 fe:01 13     /lib/b
e000-f000 rw-p 00000000 00:00 0
";

    #[test]
    fn the_variables_of_a_file_are_its_writable_parts_and_the_zeros_behind_them() {
        assert_eq!(variables(MAPS, 0x5010), [(0x7000, 0x8000), (0x8000, 0x9000)]);
        assert_eq!(variables(MAPS, 0xb010), [(0xc000, 0xd000)]);
        assert_eq!(variables(MAPS, 0xe010), []);
        assert_eq!(variables(MAPS, 0xf010), []);
    }

    #[test]
    fn too_much_memory_is_not_looked_at() {
        let maps = "5000-6000 r-xp 0 fe:01 12 /bin/a\n7000-800000 rw-p 0 fe:01 12 /bin/a\n";
        assert_eq!(variables(maps, 0x5010), []);
    }

    #[test]
    fn the_first_changed_word_is_found() {
        let mut values = [7_u32, 8, 9];
        let mut memory = StaticMemory {
            process: ProcessMemory::of(std::process::id()).unwrap(),
            parts: vec![(
                values.as_ptr() as u64,
                values.iter().flat_map(|v| v.to_ne_bytes()).collect(),
            )],
            now: Vec::new(),
        };
        assert_eq!(memory.changed_word(), None);
        std::hint::black_box(&mut values)[1] = 8 | 0x10;
        let at = values.as_ptr() as u64 + 4;
        assert_eq!(memory.changed_word(), Some((at, 8, 0x18)));
    }
}
