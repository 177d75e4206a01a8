//! The compilers that make a filter of a workload.

#[cfg(feature = "libseccomp")]
pub mod libseccomp;
pub mod ours;
pub mod seccompiler;

use seccomp_ir::bpf::SockFilter;

use crate::workload::Workload;

/// A compiler, in one of its settings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Compiler {
    /// This project, with the widths that the others get.
    Ours,
    /// This project, with the policy as a user would write it.
    OursTyped,
    /// libseccomp.
    Libseccomp(Release, Search),
    /// The seccompiler crate.
    Seccompiler,
}

/// The version of libseccomp.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Release {
    /// The installed version.
    Installed,
    /// Debian's newest version, in the folder that [`NEWEST`] names.
    Newest,
}

/// The environment variable that names the folder of the newest libseccomp.
pub const NEWEST: &str = "NEWEST_LIBSECCOMP";

/// How a filter of libseccomp searches for the number of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Search {
    /// A chain of comparisons (`SCMP_FLTATR_CTL_OPTIMIZE` 1, its default).
    Chain,
    /// The same, where `seccomp_syscall_priority` gives the frequent calls.
    Priorities,
    /// A tree of comparisons (`SCMP_FLTATR_CTL_OPTIMIZE` 2).
    Tree,
}

/// The filter that a compiler made of a workload.
#[derive(Debug)]
pub struct Made {
    /// The instructions.
    pub filter: Vec<SockFilter>,
    /// Numbers whose rules the compiler cannot express beside the others: these calls get the
    /// default.
    pub left_out: Vec<u32>,
}

impl Compiler {
    /// All compilers.
    pub const ALL: [Self; 9] = [
        Self::Ours,
        Self::OursTyped,
        Self::Libseccomp(Release::Installed, Search::Chain),
        Self::Libseccomp(Release::Installed, Search::Priorities),
        Self::Libseccomp(Release::Installed, Search::Tree),
        Self::Libseccomp(Release::Newest, Search::Chain),
        Self::Libseccomp(Release::Newest, Search::Priorities),
        Self::Libseccomp(Release::Newest, Search::Tree),
        Self::Seccompiler,
    ];

    /// Its name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursTyped => "ours, typed policy",
            Self::Libseccomp(Release::Installed, Search::Chain) => "libseccomp, chain",
            Self::Libseccomp(Release::Installed, Search::Priorities) => {
                "libseccomp, chain with priorities"
            }
            Self::Libseccomp(Release::Installed, Search::Tree) => "libseccomp, tree",
            Self::Libseccomp(Release::Newest, Search::Chain) => "newest libseccomp, chain",
            Self::Libseccomp(Release::Newest, Search::Priorities) => {
                "newest libseccomp, chain with priorities"
            }
            Self::Libseccomp(Release::Newest, Search::Tree) => "newest libseccomp, tree",
            Self::Seccompiler => "seccompiler",
        }
    }

    /// Its filter for `workload`.
    ///
    /// # Errors
    ///
    /// The reason why there is none, in a sentence for the report.
    pub fn compile(self, workload: &Workload) -> Result<Made, String> {
        let whole = |filter| Made { filter, left_out: Vec::new() };
        match self {
            Self::Ours => ours::filter(workload, workload.text).map(whole),
            Self::OursTyped => ours::filter(workload, workload.typed).map(whole),
            Self::Seccompiler => seccompiler::made(workload),
            #[cfg(feature = "libseccomp")]
            Self::Libseccomp(release, search) => {
                libseccomp::filter(workload, release, search).map(whole)
            }
            #[cfg(not(feature = "libseccomp"))]
            Self::Libseccomp(..) => Err("not measured: libseccomp-dev is not installed".to_owned()),
        }
    }
}
