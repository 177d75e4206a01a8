//! The JSON of the crate seccompiler (0.5.0: `docs/json_format.md`, `src/frontend/json.rs`, `src/backend/filter.rs`).

mod export;
mod import;

pub(super) use export::{OTHER_ABIS, export};
pub(super) use import::import;
