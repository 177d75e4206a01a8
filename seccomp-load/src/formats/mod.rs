//! Policies of other tools, read and written.
//!
//! [`import`] turns a policy of another tool into a policy of this language. [`export`] goes the other way. What the
//! other side cannot say is an error with its place, and never left out silently: `docs/formats.md` has the meaning of
//! each format and what it cannot say.
//!
//! Both directions are proven. An importer works out what the file means, call by call. That meaning is written in the
//! language, the text is compiled, and its filter is proven equal to the meaning. An exporter's file is imported again,
//! and the filter is proven equal to the policy.
//!
//! | module | what it knows |
//! |---|---|
//! | `problem` | what is wrong, and where |
//! | `condition`, `cubes`, `draft` | the meaning of a policy, call by call |
//! | `several_filters` | several filters at once |
//! | `intervals`, `named_conditions`, `tree_of_draft` | a draft in the language |
//! | `import_options` | what an importer may ask, and what it gives back |
//! | `prove_import` | the end of every import: compiled and proven |
//! | `json`, `tokens` | files as values or tokens with places |
//! | `constants` | the values of names in other tools' policies |
//! | `lost_bits` | what other tools drop of a number without a word |
//! | `libseccomp` | how libseccomp joins rules, for the formats that it carries out |
//! | `draft_of_policy`, `alternatives` | a policy as a draft, and conditions as lists, for exporters |
//! | `export` | the frame of every export |
//! | a module for each format | how its files are written and what they mean |

mod alternatives;
mod condition;
mod constants;
mod cubes;
mod draft;
mod draft_of_policy;
mod export;
mod import_options;
mod intervals;
mod json;
mod kafel;
mod libseccomp;
mod lost_bits;
mod minijail;
mod named_conditions;
mod oci;
mod problem;
mod prove_import;
mod seccompiler;
mod several_filters;
mod systemd;
mod tokens;
mod tree_of_draft;

pub use export::{ExportOptions, Exported, export};
pub use import_options::{Dialect, Files, Format, Imported, Options};
pub use problem::{Problem, ProblemPlace, Problems};

use problem::Findings;

/// Reads a policy of another tool.
///
/// `name` is the name of the file for messages, `text` its content.
///
/// # Errors
///
/// All errors of the file, and all that the language cannot say.
pub fn import(
    format: Format,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Imported, Problems> {
    let mut findings = Findings::new(name);
    let draft = match format {
        Format::Oci => oci::import(text, options, &mut findings),
        Format::Seccompiler => seccompiler::import(text, options, &mut findings),
        Format::Minijail => Some(minijail::import(name, text, options, &mut findings)),
        Format::Kafel => kafel::import(name, text, options, &mut findings),
        Format::Systemd => systemd::import(text, options, &mut findings),
    };
    prove_import::finish(draft, findings, options)
}
