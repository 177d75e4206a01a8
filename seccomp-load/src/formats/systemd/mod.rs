//! Unit files of systemd: systemd.exec(5), and `src/core/load-fragment.c`, `src/core/execute.c` and
//! `src/shared/seccomp-util.c` of systemd 252.39, with the order of installs of `src/core/exec-invoke.c` of a later version.
//!
//! Each directive makes a filter of its own. All of them are in force, so the kernel takes the strictest of their
//! actions.

mod export;
mod import;
mod layers;
mod list;
mod unit;

pub(super) use export::{OTHER_ABIS, export, fit_unknown};
pub(super) use import::import;
