//! Policies with `report` on the running kernel: what the program says, and how it ends.
//!
//! As in `tests/kernel`, each test forks a child. What a report must not change is compared with the same policy without
//! `report`.

// Policies that let a test go on say `default allow`: that is warned of as something deprecated.
#![expect(deprecated)]

mod changed;
mod endings;
mod handlers;
mod hostile;
mod lines;
mod places;
mod policies;
mod proposed;
mod values;
