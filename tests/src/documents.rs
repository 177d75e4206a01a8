//! The examples in the project's documents: `cargo test --doc -p seccomp-tests` compiles each, and
//! runs it unless its block says otherwise. `tests/documents.rs` has the other checks of documents.

#[doc = include_str!("../../README.md")]
mod readme {}

#[doc = include_str!("../../DESIGN.md")]
mod design {}

#[doc = include_str!("../../CHANGELOG.md")]
mod changelog {}

#[doc = include_str!("../../CONTRIBUTING.md")]
mod contributing {}

#[doc = include_str!("../../SECURITY.md")]
mod security {}

#[doc = include_str!("../../docs/language.md")]
mod language {}

#[doc = include_str!("../../docs/figures.md")]
mod figures {}

#[doc = include_str!("../../docs/groups.md")]
mod groups {}

#[doc = include_str!("../../docs/assurance.md")]
mod assurance {}

#[doc = include_str!("../../docs/known-holes.md")]
mod known_holes {}

#[doc = include_str!("../../docs/lowering.md")]
mod lowering {}

#[doc = include_str!("../../docs/peers.md")]
mod peers {}

#[doc = include_str!("../../docs/decompiled.md")]
mod decompiled {}

#[doc = include_str!("../../docs/denied.md")]
mod denied {}

#[doc = include_str!("../../docs/warnings.md")]
mod warnings {}

#[doc = include_str!("../../docs/errors.md")]
mod errors {}

#[doc = include_str!("../../docs/note.md")]
mod note {}

#[doc = include_str!("../../docs/formats.md")]
mod formats {}

#[doc = include_str!("../../docs/json.md")]
mod json {}

#[doc = include_str!("../../docs/tool.md")]
mod tool {}

#[doc = include_str!("../../docs/world.md")]
mod world {}
