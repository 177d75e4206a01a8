// The form with 64-bit times falls to the default, although C libraries make it first on x86.
#![deny(deprecated)]
use seccomp_runtime::{Policy, seccomp_policy};

const P: Policy = seccomp_policy! {
    arch x86_64, x86;
    allow clock_gettime, timerfd_gettime(ufd == 3);
    allow recvmmsg, recvmmsg_time64?;
    errno(ENOSYS) timer_settime64?;
    allow timer_settime;
    #[allow(seccomp::time64_denied)]
    allow clock_getres;
    allow exit, exit_group, rt_sigreturn;
    default kill
};

// ABIs with 64-bit times have no other form.
const Q: Policy = seccomp_policy! {
    allow clock_gettime, exit, exit_group, rt_sigreturn;
    default kill
};

fn main() {
    let _ = (P, Q);
}
