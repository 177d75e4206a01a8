//! Who makes a program of a workload.

#[cfg(feature = "libseccomp")]
pub mod libseccomp;
pub mod ours;
pub mod seccompiler;

use seccomp_ir::bpf::SockFilter;

use crate::workload::Workload;

/// A compiler, in one of its settings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Compiler {
    /// This project, given the widths that the others are given.
    Ours,
    /// This project, given the policy as a user would write it.
    OursTyped,
    /// libseccomp: a chain of comparisons (`SCMP_FLTATR_CTL_OPTIMIZE` 1, its default).
    LibseccompChain,
    /// The same, told by `seccomp_syscall_priority` which calls are frequent.
    LibseccompPriorities,
    /// libseccomp: a tree of comparisons (`SCMP_FLTATR_CTL_OPTIMIZE` 2).
    LibseccompTree,
    /// The seccompiler crate.
    Seccompiler,
}

/// What a compiler made of a workload.
#[derive(Debug)]
pub struct Made {
    /// The program.
    pub filter: Vec<SockFilter>,
    /// Numbers of rules that it cannot express beside the others: they get the default.
    pub left_out: Vec<u32>,
}

impl Compiler {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ours,
        Self::OursTyped,
        Self::LibseccompChain,
        Self::LibseccompPriorities,
        Self::LibseccompTree,
        Self::Seccompiler,
    ];

    /// What the tables call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursTyped => "ours, typed policy",
            Self::LibseccompChain => "libseccomp, chain",
            Self::LibseccompPriorities => "libseccomp, chain with priorities",
            Self::LibseccompTree => "libseccomp, tree",
            Self::Seccompiler => "seccompiler",
        }
    }

    /// Its program for `workload`.
    ///
    /// # Errors
    ///
    /// Why there is none, in a sentence for the report.
    pub fn compile(self, workload: &Workload) -> Result<Made, String> {
        let whole = |filter| Made { filter, left_out: Vec::new() };
        match self {
            Self::Ours => ours::filter(workload, workload.text).map(whole),
            Self::OursTyped => ours::filter(workload, workload.typed).map(whole),
            Self::Seccompiler => seccompiler::made(workload),
            #[cfg(feature = "libseccomp")]
            Self::LibseccompChain | Self::LibseccompPriorities | Self::LibseccompTree => {
                libseccomp::filter(workload, libseccomp::Setting::of(self)).map(whole)
            }
            #[cfg(not(feature = "libseccomp"))]
            Self::LibseccompChain | Self::LibseccompPriorities | Self::LibseccompTree => {
                Err("not measured: libseccomp-dev is not installed".to_owned())
            }
        }
    }
}
