//! Policies of minijail: minijail0(5), `syscall_filter.c`, and `tools/parser.py` of google/minijail at 8d20993.
//!
//! minijail has two readers of these files. They agree about most lines and mean opposite things by `arg0 == 0; return
//! EPERM`: `minijail0 -S` allows the calls for which the expression holds, and gives all others the errno;
//! `compile_seccomp_policy.py` gives the errno to the calls for which it holds.

mod export;
mod import;
mod line;

pub(super) use export::{OTHER_ABIS, export};
pub(super) use import::import;
