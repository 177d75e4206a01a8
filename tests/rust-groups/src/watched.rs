//! A thread that another one sees fall asleep: what makes a program wait when it must.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// A thread.
pub(crate) struct Watched(File);

impl Watched {
    /// The calling thread. It is never forgotten, since to close its file would be a call.
    pub(crate) fn this_thread() -> &'static Self {
        let file = File::open("/proc/thread-self/stat").expect("/proc is mounted");
        Box::leak(Box::new(Self(file)))
    }

    /// Waits until the thread waits for something: state `S` of proc(5), Linux man-pages 6.03. Makes
    /// no call but pread64.
    pub(crate) fn wait_until_asleep(&self) {
        let mut line = [0; 256];
        loop {
            let length = self.0.read_at(&mut line, 0).unwrap_or(0);
            // The state comes after the name, which is in parentheses and may contain some.
            let name_end = line[..length].iter().rposition(|byte| *byte == b')');
            if name_end.and_then(|at| line.get(at + 2)) == Some(&b'S') {
                return;
            }
            std::hint::spin_loop();
        }
    }
}
