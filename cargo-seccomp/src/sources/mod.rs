//! Policies in Rust sources: where they are, their canonical form, and changes that leave everything else as it is.
//!
//! A module imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `attributes` | the attributes of items that matter for policies |
//! | `find_macros` | the macros with policies in a source, by its tokens |
//! | `indentation` | how canonical text fits into a macro |
//! | `rewrite` | a source or a policy file in canonical format |
//! | `source_files` | the files that a command line names |
//! | `module_files` | the attributes around modules that are files |
//! | `write_rules` | writes learned rules into the files of their policies |

mod attributes;
mod find_macros;
mod indentation;
mod module_files;
mod rewrite;
mod source_files;
mod write_rules;

pub(crate) use attributes::Attributes;
pub(crate) use find_macros::{FoundMacro, MacroKind, NotRust, find_macros};
pub(crate) use module_files::ModuleFiles;
pub(crate) use rewrite::{Rewritten, formatted, formatted_policy, in_source, shifted};
#[cfg(test)]
pub(crate) use source_files::kind_of;
pub(crate) use source_files::{FileKind, SourceFile, collect, package_root, read_text};
pub(crate) use write_rules::{Addition, write_rules};
