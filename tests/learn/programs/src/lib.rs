//! What the programs share.

/// Whether the program must run without its policy: `tests/learn/run` compares the output with that of such a run.
pub fn is_plain() -> bool {
    std::env::var_os("WITHOUT_POLICY").is_some()
}
