//! The subcommands. Each file has the arguments of one subcommand (such as `CheckArgs`) and what it does (`run`).

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod decompile;
pub(crate) mod diff;
pub(crate) mod exec;
pub(crate) mod explain;
pub(crate) mod explain_code;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod import;
pub(crate) mod learn;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod traced;
