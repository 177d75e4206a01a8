//! A thread that another thread can see fall asleep, so that a program waits at the right moment.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// A thread.
pub(crate) struct Watched(File);

impl Watched {
    /// The calling thread. Its file is never closed, because that would be a call.
    pub(crate) fn this_thread() -> &'static Self {
        let file = File::open("/proc/thread-self/stat").expect("/proc is mounted");
        Box::leak(Box::new(Self(file)))
    }

    /// Waits until the thread sleeps: state `S` of proc(5), Linux man-pages 6.03. Makes only the
    /// call pread64.
    pub(crate) fn wait_until_asleep(&self) {
        let mut line = [0; 256];
        loop {
            let length = self.0.read_at(&mut line, 0).unwrap_or(0);
            // The state comes after the name, which is in parentheses and may contain parentheses.
            let name_end = line[..length].iter().rposition(|byte| *byte == b')');
            if name_end.and_then(|at| line.get(at + 2)) == Some(&b'S') {
                return;
            }
            std::hint::spin_loop();
        }
    }
}
