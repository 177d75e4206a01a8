//! The cases and their messages are in `tests/ui`, and the test is `tests/ui.rs`.
