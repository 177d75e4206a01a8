//! Where a policy comes from.

use std::fmt;

/// Where a [`LoadedPolicy`](crate::LoadedPolicy) comes from, for messages and logs. It says nothing about trust: every loaded
/// policy is compiled and proven in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A text in the language of this project.
    Text {
        /// Its name; for a file, its path.
        name: String,
    },
    /// A file of another tool.
    Imported {
        /// The name of its format, such as `OCI`.
        format: String,
        /// Its name; for a file, its path.
        name: String,
    },
}

impl Origin {
    /// The name of the text or of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Text { name } | Self::Imported { name, .. } => name,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { name } => f.write_str(name),
            Self::Imported { format, name } => write!(f, "{name} ({format})"),
        }
    }
}
