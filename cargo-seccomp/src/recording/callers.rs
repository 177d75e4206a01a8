//! Finds who made a call, and where: program, thread, test, line.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use seccomp_bpf::abi::Abi;

use crate::learn::Caller;
use crate::stack::{FileSections, Frame, Mapping, Symbols, Unwinder, of_thread};
use crate::trace::{Denied, ProcessMemory, Registers, name_of, program_of};

/// Looks at stopped threads.
pub(super) struct Callers {
    symbols: Symbols,
    files: FileSections,
    /// The mapped files of each process, and its unwinder.
    processes: HashMap<u32, (Vec<Mapping>, Unwinder)>,
    /// The C libraries of files, by path.
    c_libraries: HashMap<String, Option<String>>,
    here: PathBuf,
}

impl Callers {
    pub(super) fn new() -> Self {
        Self {
            symbols: Symbols::default(),
            files: FileSections::default(),
            processes: HashMap::new(),
            c_libraries: HashMap::new(),
            here: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// The stack of the thread that made a call, the innermost function first.
    pub(super) fn stack(&mut self, denied: &Denied) -> Vec<Frame> {
        let ip = denied.call.instruction_pointer;
        let mappings = of_thread(denied.thread);
        let same = |known: &[Mapping]| {
            known.len() == mappings.len() && known.iter().zip(&mappings).all(|(a, b)| a.is_same(b))
        };
        if let Some((known, _)) = self.processes.get_mut(&denied.process)
            && same(known)
        {
            // The paths to the files lead through this thread, which is stopped. Another thread may be gone.
            *known = mappings;
        } else {
            // An x32 program has the registers and the files of x86_64; framehop reads its 64-bit words.
            let abi = Abi::of_call(denied.call.arch, 0).unwrap_or(Abi::NATIVE);
            let unwinder = Unwinder::new(abi, &mappings, &mut self.files);
            self.processes.insert(denied.process, (mappings, unwinder));
        }
        let Some((mappings, unwinder)) = self.processes.get_mut(&denied.process) else {
            return Vec::new();
        };
        let addresses = match (Registers::of(denied.thread), ProcessMemory::of(denied.thread)) {
            (Ok(registers), Ok(memory)) if registers.is_wide() => {
                unwinder.addresses(registers.stack_start(ip), |address| memory.word(address))
            }
            _ => vec![ip],
        };
        let mut frames = Vec::new();
        for (index, address) in addresses.into_iter().enumerate() {
            // The kernel gives the address of the next instruction, which may belong to another line.
            let address = if index == 0 { address.saturating_sub(1) } else { address };
            match unwinder.place(address) {
                Some(mut place) => {
                    if let Some(mapped) = mappings.iter().find(|one| one.name == place.name) {
                        place.path.clone_from(&mapped.path);
                    }
                    frames.extend(self.symbols.frames(&place));
                }
                None => frames.push(Frame { address, ..Frame::default() }),
            }
        }
        for frame in &mut frames {
            if let Ok(within) = PathBuf::from(&frame.file).strip_prefix(&self.here) {
                frame.file = within.display().to_string();
            }
        }
        // The frames below are the same in each program: they call `main`, or the function of a thread.
        let entry = frames.iter().position(|frame| {
            frame.function.starts_with("std::sys::backtrace::__rust_begin_short_backtrace")
        });
        frames.truncate(entry.unwrap_or(frames.len()));
        frames
    }

    /// The origin of a call with this stack.
    pub(super) fn seen(&mut self, denied: &Denied, stack: &[Frame]) -> Caller {
        let (thread, program) = (name_of(denied.thread), from_here(program_of(denied.thread)));
        let test = test(stack, &thread, &program, denied.thread == denied.process);
        let place = own_place(stack).unwrap_or_default();
        let c_library = self.c_library(denied).unwrap_or_default();
        Caller { thread, program, c_library, test, place }
    }

    /// The C library of the process that made a call: `glibc 2.36`, `musl`.
    fn c_library(&mut self, denied: &Denied) -> Option<String> {
        let (mappings, _) = self.processes.get(&denied.process)?;
        let program = PathBuf::from(format!("/proc/{}/exe", denied.thread));
        let name_of = |one: &Mapping| one.name.rsplit('/').next().unwrap_or_default().to_owned();
        let is_library = |one: &&Mapping| {
            let name = name_of(one);
            name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("ld-musl")
        };
        // A static program contains it.
        let file = mappings
            .iter()
            .find(is_library)
            .or_else(|| mappings.iter().find(|one| one.path == program))?;
        if let Some(known) = self.c_libraries.get(&file.name) {
            return known.clone();
        }
        let found = if name_of(file).starts_with("ld-musl") {
            Some("musl".to_owned())
        } else {
            fs::read(&file.path).ok().and_then(|bytes| glibc_version(&bytes))
        };
        self.c_libraries.insert(file.name.clone(), found.clone());
        found
    }
}

/// The version of the GNU C Library in a file that contains it, from its banner (`csu/version.c`, glibc 2.36): `glibc
/// 2.36`.
fn glibc_version(bytes: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = b"stable release version ";
    let at = bytes.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    let rest = &bytes[at..];
    let version: Vec<u8> = rest
        .iter()
        .copied()
        .take(16)
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .collect();
    let version = String::from_utf8(version).ok()?;
    Some(format!("glibc {}", version.trim_end_matches('.')))
}

/// The path of a program as the user would write it: relative, if it is below the current folder. It goes into comments
/// in sources, which other people have in other folders.
fn from_here(program: String) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = Path::new(&program).strip_prefix(here);
    path.map(|path| path.display().to_string()).unwrap_or(program)
}

/// The innermost line of the program's own code, which is not in Rust's libraries or in a package from elsewhere.
fn own_place(stack: &[Frame]) -> Option<String> {
    // The runtime of the policies is such a package too, even where it is not from a registry.
    let own = |frame: &&Frame| {
        !frame.file.is_empty()
            && !is_foreign(&frame.file)
            && !frame.function.trim_start_matches('<').starts_with("seccomp_install::")
    };
    // A relative path is within the current folder.
    let nearest = stack.iter().filter(own).find(|frame| !frame.file.starts_with('/'));
    nearest.or_else(|| stack.iter().find(own))?.place()
}

/// Whether a source file belongs to Rust itself or to a package that cargo has fetched.
fn is_foreign(file: &str) -> bool {
    [
        "/rustc/",
        "/registry/src/",
        "/git/checkouts/",
        "/rustlib/src/",
        "/library/std/",
        "/library/core/",
    ]
    .iter()
    .any(|part| file.contains(part))
}

/// The test that made a call: the function that the test harness of Rust called. Threads that a test has started do not
/// have it on their stack; the threads of the harness have the name of the test, cut after 15 bytes.
fn test(stack: &[Frame], thread: &str, program: &str, is_first_thread: bool) -> String {
    let harness = stack.iter().rposition(|frame| {
        frame.function.starts_with("test::__rust_begin_short_backtrace")
            || frame.function.starts_with("test::run_test")
    });
    let own = |frame: &&Frame| {
        let function = frame.function.as_str();
        !function.is_empty()
            && !["core::", "std::", "alloc::", "test::", "<"]
                .iter()
                .any(|one| function.starts_with(one))
    };
    let called = harness.and_then(|at| stack[..at].iter().rev().find(own));
    if let Some(frame) = called {
        let function = frame.function.split("::{{closure}}").next().unwrap_or_default();
        // Without the hash of older symbols and the name of the crate, which the harness does not print.
        let path = function.split_once("::").map_or(function, |(_, path)| path);
        let is_hash = |last: &str| last.len() == 17 && last.starts_with('h');
        return match path.rsplit_once("::") {
            Some((path, last)) if is_hash(last) => path.to_owned(),
            _ => path.to_owned(),
        };
    }
    if !is_first_thread && is_test_program(program) { thread.to_owned() } else { String::new() }
}

/// Whether cargo has built a program as a test: `target/debug/deps/name-0123456789abcdef`.
fn is_test_program(program: &str) -> bool {
    let Some((directory, file)) = program.rsplit_once('/') else { return false };
    let hash = file.rsplit_once('-').map_or("", |(_, hash)| hash);
    directory.ends_with("/deps") && hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(functions: &[(&str, &str)]) -> Vec<Frame> {
        let frame = |(function, file): &(&str, &str)| Frame {
            function: (*function).to_owned(),
            file: (*file).to_owned(),
            line: 7,
            ..Frame::default()
        };
        functions.iter().map(frame).collect()
    }

    #[test]
    fn the_place_is_the_innermost_line_of_the_programs_own_code() {
        let stack = frames(&[
            ("getpid", ""),
            ("std::process::id", "/rustc/abc/library/std/src/process.rs"),
            ("tokio::x", "/home/u/.cargo/registry/src/index/tokio-1/src/x.rs"),
            ("seccomp_install::sys::asm::raw", "path/to/seccomp-install/src/sys/asm.rs"),
            ("<seccomp_install::policy::Policy>::install", "path/to/seccomp-install/src/policy.rs"),
            ("shop::serve", "src/serve.rs"),
            ("shop::main", "src/main.rs"),
        ]);
        assert_eq!(own_place(&stack).as_deref(), Some("src/serve.rs:7"));
        assert_eq!(own_place(&stack[..5]), None);
    }

    #[test]
    fn the_test_is_the_function_that_the_harness_called() {
        let stack = frames(&[
            ("getpid", ""),
            ("shop::tests::sells", "src/main.rs"),
            ("shop::tests::sells::{{closure}}", "src/main.rs"),
            ("core::ops::function::FnOnce::call_once", ""),
            ("test::__rust_begin_short_backtrace", ""),
        ]);
        assert_eq!(
            test(&stack, "tests::sells", "/t/deps/shop-0123456789abcdef", false),
            "tests::sells"
        );
    }

    #[test]
    fn a_program_below_the_current_folder_has_a_path_from_there() {
        let here = std::env::current_dir().unwrap();
        let below = here.join("target/debug/server").display().to_string();
        assert_eq!(from_here(below), "target/debug/server");
        assert_eq!(from_here("/usr/bin/ls".to_owned()), "/usr/bin/ls");
    }

    #[test]
    fn without_a_stack_the_thread_of_a_test_program_has_the_name_of_the_test() {
        let program = "/t/debug/deps/shop-0123456789abcdef";
        assert_eq!(test(&[], "tests::a_long_n", program, false), "tests::a_long_n");
        assert_eq!(test(&[], "shop-0123456789", program, true), "");
        assert_eq!(test(&[], "worker", "/t/debug/shop", false), "");
    }

    #[test]
    fn glibc_says_its_version() {
        let banner =
            b"\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright";
        assert_eq!(glibc_version(banner).as_deref(), Some("glibc 2.36"));
        assert_eq!(glibc_version(b"nothing"), None);
    }
}
