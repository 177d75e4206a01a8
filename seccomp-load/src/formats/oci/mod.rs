//! Profiles of OCI runtimes: the `seccomp` object of a configuration (`config-linux.md` of runtime-spec 1.3) and the
//! profiles of Docker, containerd and Podman, which add conditions to it (moby/profiles at cd3bed8, `seccomp/seccomp.go` and
//! `seccomp_linux.go`; containers/common 0.50).

mod export;
mod import;
mod profile_names;

pub(super) use export::{OTHER_ABIS, export};
pub(super) use import::import;
