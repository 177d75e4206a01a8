//! Files of other tools give an error or a proven policy, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seccomp_ir::abi::Abi;
use seccomp_load::formats::{Dialect, Format, Options, import};

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let format = Format::ALL[usize::from(first) % Format::ALL.len()];
    let text = String::from_utf8_lossy(rest);
    let dialect = if first < 128 { Dialect::Minijail0 } else { Dialect::Compiler };
    let options =
        Options { dialect: Some(dialect), kernel: Some((6, 1)), ..Options::new(Abi::X86_64) };
    let _ = import(format, "file", &text, &options);
});
