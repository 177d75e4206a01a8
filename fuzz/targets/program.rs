//! Any bytes as a program with notes, as a core, and as a line of the audit log give a result or an
//! error.
#![no_main]

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::sync::{LazyLock, Mutex};

use cargo_seccomp::dump::Dump;
use cargo_seccomp::elf::policies_of_bytes;
use cargo_seccomp::explain::audit_line::AuditLine;
use libfuzzer_sys::fuzz_target;

/// The file in memory from which the core is read, because the tool reads a core from a file.
static CORE: LazyLock<Mutex<File>> = LazyLock::new(|| {
    let path = format!("/dev/shm/seccomp-fuzz-{}", std::process::id());
    let file = File::options().read(true).write(true).create_new(true).open(&path);
    let file = file.expect("a file in /dev/shm");
    std::fs::remove_file(path).expect("it was just made");
    Mutex::new(file)
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policies) = policies_of_bytes(bytes, "x") {
        for policy in policies {
            assert!(policy.has_filter(&policy.filter));
        }
    }
    core(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = AuditLine::read(text);
    }
});

fn core(bytes: &[u8]) {
    let mut file = CORE.lock().expect("one thread");
    file.set_len(0).and_then(|()| file.rewind()).expect("a file in memory");
    file.write_all(bytes).expect("a file in memory");
    let Ok(dump) = Dump::of_file(file.try_clone().expect("a descriptor")) else { return };
    for thread in &dump.threads {
        if let Some(abi) = dump.abi {
            let _ = thread.arguments(abi, abi);
            let start = thread.stack_start(abi);
            let _ = start.and_then(|start| dump.word_at(start.stack));
        }
    }
}
