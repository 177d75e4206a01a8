//! Mistakes in fragments are reported where they are made, and not again where they are included.
#![deny(deprecated)]

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    pub NAMES {
        allow raed, write(fdd == 1), kill(sig == SIGKIL);
        #[cfg(all())] allow @basic_io;
        allow exit, exit_group, rt_sigreturn;
    }
    pub SYNTAX { allow read(fd = 1); }
    pub MEANING { include crate::NAMES; allow close(fd == 1, fd == 2); }
    pub HERE { allow fstat64; }
    #[cfg(any())]
    pub ABSENT { allow raed; }
}

const FIRST: Policy = seccomp_policy! {
    include NAMES;
    include SYNTAX;
    include MEANING;
    include HERE;
    default kill
};

const SECOND: Policy = seccomp_policy! {
    include MEANING;
    allow wirte;
    default kill
};

fn main() {
    let _ = [FIRST, SECOND];
}
