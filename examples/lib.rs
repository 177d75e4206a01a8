//! Examples of `seccomp-runtime`: see the programs in this folder.
