//! A value of the running program where no program runs: the value of a constant.

use seccomp_runtime::{Policy, PolicyWith, seccomp_policy};

const LOG: i32 = 3;

const WITHOUT: Policy = seccomp_policy! {
    allow read, exit_group, rt_sigreturn;
    allow write(fd == $LOG);
    default kill
};

const WITH: PolicyWith<1> = seccomp_policy! {
    allow write(fd == $LOG), exit_group, rt_sigreturn;
    default kill
};

fn main() {
    let log = 3;
    const LOCAL: PolicyWith<1> = seccomp_policy! {
        allow write(fd == $log), exit_group, rt_sigreturn;
        default kill
    };
    let _ = (WITHOUT, WITH, LOCAL);
}
