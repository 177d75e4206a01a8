//! What several tests and the fuzz target share: policies made from arbitrary bytes, the calls on
//! which they change their mind, and what must hold of their programs.
#![allow(dead_code)] // Each user needs another part.

pub(crate) mod calls;
pub(crate) mod compare;
pub(crate) mod policies;
