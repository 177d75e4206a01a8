//! Policies with `report` on the running kernel: what the program says, and how it ends.
//!
//! As in `tests/kernel`, each test forks a child. Results that a report must not change are compared with those of the
//! same policy without `report`.

// Policies under which a test goes on have `default allow`, and its warning is a deprecation.
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
