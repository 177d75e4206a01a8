//! A value of the running program in a fragment, which several policies share.

use seccomp_runtime::{PolicyWith, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    pub LOG {
        allow write(fd == $log), tgkill(tgid == $(std::process::id()));
        errno($error) dup;
    }
}

fn policy(log: i32) -> PolicyWith<1> {
    seccomp_policy! {
        include LOG;
        allow read(fd == $log), exit_group, rt_sigreturn;
        default kill
    }
}

fn main() {
    let _ = policy(3);
}
