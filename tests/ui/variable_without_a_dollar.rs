use seccomp_runtime::{PolicyWith, seccomp_policy};

macro_rules! writes_to {
    ($fd:expr) => {
        seccomp_policy! {
            allow write(fd == $fd), exit_group, rt_sigreturn;
            default kill
        }
    };
}

fn policy(log: u32) -> PolicyWith<1> {
    seccomp_policy! {
        allow write(fd == log), exit_group, rt_sigreturn;
        default kill
    }
}

fn main() {
    let out = 3;
    let _ = writes_to!(out);
    let _ = policy(out);
}
