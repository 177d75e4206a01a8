//! The guide, a page for each module.
//!
//! | page | content |
//! |---|---|
//! | [`language`] | the language of policies: every construct, with examples |
//! | [`groups`] | the groups of calls that std and C libraries need, with the reason for each member |
//! | [`denied`] | what to do when a program was denied a call |
//! | [`warnings`] | what is legal but has caused trouble in practice |
//! | [`errors`] | every error that a policy can have, and how to fix it |
//! | [`note`] | what a policy leaves in the program's file, and how tools read it |
//! | [`known_holes`] | how other policies were bypassed, and what closes each hole here |
//! | [`assurance`] | what is proven, tested and trusted, and what no filter can do |
//!
//! The pages are in `docs/` of the project. The files that they name are in the project's source.

/// [faked]: crate::guide::known_holes#an-install-that-believes-an-answer
/// [denied]: crate::guide::denied
/// [errors]: crate::guide::errors
/// [groups]: crate::guide::groups
/// [multiplexed]: crate::guide::warnings#not-a-warning-calls-that-another-call-makes
/// [ignored_argument]: crate::guide::warnings#ignored_argument
/// [open_command]: crate::guide::warnings#open_command
/// [redundant_rule]: crate::guide::warnings#redundant_rule
/// [warnings]: crate::guide::warnings
///
#[doc = include_str!("../docs/language.md")]
pub mod language {}

/// [clone3_allowed]: crate::guide::warnings#clone3_allowed
///
#[doc = include_str!("../docs/groups.md")]
pub mod groups {}

/// [groups]: crate::guide::groups
/// [run_time]: crate::guide::language#values-of-the-running-program
///
#[doc = include_str!("../docs/denied.md")]
pub mod denied {}

#[doc = include_str!("../docs/warnings.md")]
pub mod warnings {}

/// [run_time]: crate::guide::language#values-of-the-running-program
/// [text]: crate::guide::language#text
/// [warnings]: crate::guide::warnings
///
#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/note.md")]
pub mod note {}

/// [tioclinux_allowed]: crate::guide::warnings#tioclinux_allowed
///
#[doc = include_str!("../docs/known-holes.md")]
pub mod known_holes {}

/// [known-holes]: crate::guide::known_holes
///
#[doc = include_str!("../docs/assurance.md")]
pub mod assurance {}
