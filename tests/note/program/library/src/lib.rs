//! Policies of a library.
#![no_std]
#![forbid(unsafe_code)]

use seccomp_runtime::{InstallError, Policy, seccomp_policy};

/// Used by the program.
pub const USED: Policy = seccomp_policy! {
    errno(EPERM) ptrace;
    #[allow(seccomp::default_allow)]
    default allow
};

/// Used by no one.
pub const UNUSED: Policy = seccomp_policy! {
    errno(EPERM) reboot;
    #[allow(seccomp::default_allow)]
    default allow
};

mod inner {
    pub(super) const PRIVATE: super::Policy = super::seccomp_policy! {
        errno(EPERM) bpf;
        #[allow(seccomp::default_allow)]
        default allow
    };
}

/// Installs a policy of this library.
///
/// # Errors
///
/// If the kernel refuses it.
pub fn install() -> Result<(), InstallError> {
    inner::PRIVATE.install()
}
