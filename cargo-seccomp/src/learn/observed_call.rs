//! The calls that a policy denied in a run.

use std::collections::BTreeSet;

use seccomp_bpf::abi::Call;
use serde::Serialize;

/// A call that a policy denied, and who made it. One value can stand for equal calls of one thread at one place; it has
/// their count.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ObservedCall {
    /// The call, as the filter saw it.
    pub(crate) call: Call,
    /// How often it was made, at least once.
    pub(crate) count: u64,
    /// The id of the process that made it (the id of its thread group), as the process itself sees it.
    pub(crate) process: u32,
    /// The id of the thread that made it, as the process itself sees it.
    pub(crate) thread: u32,
    /// Who made it, and where.
    pub(crate) seen: Caller,
}

/// Who made a call, and where. An unknown text is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub(crate) struct Caller {
    /// The name of the thread.
    pub(crate) thread: String,
    /// The path of the program.
    pub(crate) program: String,
    /// The C library of the program, such as `glibc 2.36` or `musl`.
    pub(crate) c_library: String,
    /// The test that ran, under `cargo test`.
    pub(crate) test: String,
    /// The line of the program's own source that led to the call, such as `src/main.rs:12`.
    pub(crate) place: String,
}

/// The different texts, in order, without the empty one.
pub(crate) fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    texts.filter(|text| !text.is_empty()).collect()
}
