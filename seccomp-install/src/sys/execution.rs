//! Executes another program by a call that no other code can make.
//!
//! A policy for another program is in force before that program is executed, so the policy has to allow execve(2), and
//! the program keeps that right. But a filter sees the addresses that are the arguments of the call. So a launcher puts
//! the path and both lists at places that it draws at random, and allows execve with these three addresses alone. That
//! memory is gone as soon as the program is executed, and with it all traces of the addresses: the kernel gives the
//! program copies of the strings at other places, and a program without privileges cannot read a filter.

use core::ffi::CStr;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _};
use std::vec;
use std::vec::Vec;

use seccomp_bpf::abi::{Abi, Call};

use super::asm::syscall;
use super::signal_calls::set_default_action;
use super::{CALL, CallResult, exit_group, write};
use crate::errno::Errno;

/// The execution of a program, with its arguments at addresses that are drawn at random.
///
/// [`Self::call`] is the call as a filter sees it. A policy that allows this execve(2) and no other one allows the
/// execution of this program alone. Each of the three addresses is drawn from 64 MiB (16 MiB on 32-bit targets), so
/// there are 2^69 (2^66) possible calls, in memory whose place the kernel draws at random too.
#[derive(Debug)]
pub struct Execution {
    /// Mostly zeros, for which the kernel uses no memory until they are written.
    memory: Vec<usize>,
    /// Where the path, the pointers to the arguments and the pointers to the environment begin in it, as indices.
    path: usize,
    arguments: usize,
    environment: usize,
    /// The strings that the pointers point at.
    _strings: [Vec<CString>; 2],
}

/// `include/uapi/asm-generic/signal.h`, Linux 6.12. It has this number on every architecture that this crate serves.
const SIGPIPE: usize = 13;

/// The size of the part of the memory for each of the three, in words.
const PART: usize = (if usize::BITS == 64 { 64 << 20 } else { 16 << 20 }) / size_of::<usize>();

impl Execution {
    /// Prepares the execution of the file `path`, with these arguments, the name of the program first, and this
    /// environment, in the form `NAME=value`.
    ///
    /// # Errors
    ///
    /// An error of reading random bytes from /dev/urandom; [`io::ErrorKind::InvalidInput`] for more arguments than fit;
    /// [`io::ErrorKind::OutOfMemory`] if the process may not have that many addresses (`RLIMIT_AS`).
    pub fn new(
        path: &CStr,
        arguments: Vec<CString>,
        environment: Vec<CString>,
    ) -> io::Result<Self> {
        let path = words(path.to_bytes_with_nul());
        let lists = [pointers(&arguments), pointers(&environment)];
        // Only `vec!` gets zeroed memory without writing to it. But it ends the process if there is no memory, so this
        // asks first.
        Vec::<usize>::new().try_reserve_exact(3 * PART).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut memory = vec![0; 3 * PART];
        let mut random = File::open("/dev/urandom")?;
        let mut place = |part: usize, content: &[usize]| {
            let mut bytes = [0; 8];
            random.read_exact(&mut bytes)?;
            let free = PART.checked_sub(content.len()).ok_or(io::ErrorKind::InvalidInput)?;
            // `free` is below 2^24 and the number has 64 bits, so no place is noticeably more likely than another.
            let start = part * PART + (u64::from_ne_bytes(bytes) % (free as u64 + 1)) as usize;
            memory[start..start + content.len()].copy_from_slice(content);
            Ok::<usize, io::Error>(start)
        };
        let path = place(0, &path)?;
        let [first, second] = [place(1, &lists[0])?, place(2, &lists[1])?];
        let strings = [arguments, environment];
        Ok(Self { memory, path, arguments: first, environment: second, _strings: strings })
    }

    fn addresses(&self) -> [usize; 3] {
        [self.path, self.arguments, self.environment]
            .map(|index| (&raw const self.memory[index]).expose_provenance())
    }

    /// The call of execve(2) that [`Self::run_or_exit`] makes, as a filter sees it.
    #[must_use]
    pub fn call(&self) -> Call {
        let [path, arguments, environment] = self.addresses().map(|address| address as u64);
        Call::new(Abi::NATIVE, CALL.execve, [path, arguments, environment, 0, 0, 0])
    }

    /// Gives SIGPIPE its default action, as [`std::process::Command`] does: Rust's runtime ignores it, and a program
    /// that is executed would inherit that. Call this before a policy is in force.
    pub fn restore_sigpipe(&self) {
        set_default_action(SIGPIPE);
    }

    /// Executes the program in the place of this one. If that fails, it writes a line that begins with `said` to
    /// descriptor 2, and ends the process with the exit status that a shell would have: 127 if there is no such file,
    /// otherwise 126. It makes no other system call, and the policy in force decides about each of these.
    pub fn run_or_exit(&self, said: &str) -> ! {
        let errno = self.run();
        write(said.as_bytes());
        let text: &[u8] = match errno {
            Errno::ENOENT => b"there is no such file, or its interpreter is missing (ENOENT)\n",
            Errno::EACCES => b"no permission to execute it (EACCES)\n",
            Errno::ENOEXEC => b"no format that the kernel can execute (ENOEXEC)\n",
            Errno::E2BIG => b"arguments and environment are too large (E2BIG)\n",
            Errno::EPERM => b"not permitted (EPERM)\n",
            Errno::ENOMEM => b"not enough memory (ENOMEM)\n",
            Errno::ETXTBSY => b"the file is being written (ETXTBSY)\n",
            Errno::ELOOP => b"too many symbolic links or interpreters (ELOOP)\n",
            _ => b"execve(2) failed\n",
        };
        write(text);
        exit_group(if errno == Errno::ENOENT { 127 } else { 126 })
    }

    fn run(&self) -> Errno {
        let [path, arguments, environment] = self.addresses();
        // SAFETY: execve(2) (Linux man-pages 6.03) reads a string that ends with NUL at its first argument, and at the other two
        // arrays of addresses of such strings that end with a null pointer. `new` wrote all of them (`words`, `pointers`),
        // nothing changes them, and `self` owns them. If the call returns, the kernel has written nothing.
        let value = unsafe { syscall(path, arguments, environment, CALL.execve) };
        match CallResult(value).result() {
            Err(errno) => errno,
            // A filter around this program answered in the kernel's place.
            Ok(_) => Errno::EPERM,
        }
    }
}

/// The bytes of a string in words, with zeros after them.
fn words(bytes: &[u8]) -> Vec<usize> {
    let mut words = Vec::new();
    for chunk in bytes.chunks(size_of::<usize>()) {
        let mut word = [0; size_of::<usize>()];
        word[..chunk.len()].copy_from_slice(chunk);
        words.push(usize::from_ne_bytes(word));
    }
    words
}

/// The addresses of the strings, and a null pointer.
fn pointers(strings: &[CString]) -> Vec<usize> {
    let mut pointers = Vec::new();
    for string in strings {
        pointers.push(string.as_ptr().expose_provenance());
    }
    pointers.push(0);
    pointers
}
