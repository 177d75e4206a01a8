//! The memory of a traced process.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use seccomp_install::{Errno, tracer};

/// The memory of one process, for reading.
pub(crate) struct ProcessMemory(File);

impl ProcessMemory {
    /// The memory of the process with this thread.
    ///
    /// # Errors
    ///
    /// If the process is gone.
    pub(crate) fn of(thread: u32) -> std::io::Result<Self> {
        File::open(format!("/proc/{thread}/mem")).map(Self)
    }

    /// Fills `bytes` from `address` on.
    ///
    /// # Errors
    ///
    /// If a part of the range is not readable memory.
    pub(crate) fn read(&self, address: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        self.0.read_exact_at(bytes, address)
    }

    /// The eight bytes at `address` as a number.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }
}

/// Writes eight bytes into the memory of a stopped thread, even if the thread itself may not write there.
///
/// ptrace(2) can do this. /proc/PID/mem can do it too, unless the kernel is built or booted to refuse it
/// (`proc_mem.force_override`, Linux 6.12).
///
/// # Errors
///
/// If there is no memory at the address.
pub(super) fn write(thread: u32, address: u64, bytes: [u8; 8]) -> Result<(), Errno> {
    const WORD: usize = size_of::<usize>();
    for (index, word) in bytes.chunks_exact(WORD).enumerate() {
        let mut value = [0; WORD];
        value.copy_from_slice(word);
        tracer::write_word(thread, address + (WORD * index) as u64, usize::from_ne_bytes(value))?;
    }
    Ok(())
}
