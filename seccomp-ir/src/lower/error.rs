//! Why a policy cannot be lowered, and the rule that the error names.

use std::fmt;

use crate::bpf::MAX_INSTRUCTIONS;
use crate::policy::Origin;

/// Why a policy was not compiled.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct LowerError {
    /// The limit that was exceeded.
    pub kind: LowerErrorKind,
    /// The rule with the most comparisons among the rules that caused the error.
    pub rule: Origin,
    /// The lowest call number of that rule.
    pub number: u32,
}

/// The limit that was exceeded.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
#[non_exhaustive]
pub enum LowerErrorKind {
    /// The filter would have this many instructions; the kernel takes 4096.
    TooLong(usize),
    /// The conditions of a call do not reduce to a diagram of bounded size.
    TooComplex,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            LowerErrorKind::TooLong(instructions) => write!(
                f,
                "the filter would have {instructions} instructions, and the kernel takes at most \
                 {MAX_INSTRUCTIONS}: this rule has the most comparisons; write ranges or masks \
                 instead of single values, or fewer comparisons"
            ),
            LowerErrorKind::TooComplex => f.write_str(
                "the conditions on this call depend on each other in too many ways to be decided \
                 by a filter of bounded size: test fewer arguments together, or split the rule",
            ),
        }
    }
}

#[cfg(feature = "debug")]
impl std::error::Error for LowerError {}

#[cfg(test)]
mod tests {
    use super::{LowerError, LowerErrorKind};
    use crate::policy::Origin;

    #[test]
    fn an_error_says_the_limit_and_what_to_write() {
        let text = |kind| LowerError { kind, rule: Origin(0), number: 0 }.to_string();
        let long = text(LowerErrorKind::TooLong(5000));
        for part in ["5000 instructions", "at most 4096", "write ranges or masks"] {
            assert!(long.contains(part), "{long}");
        }
        let complex = text(LowerErrorKind::TooComplex);
        assert!(complex.contains("test fewer arguments together"), "{complex}");
    }
}
