use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow libc::SYS_read;
    write: 1;
    allow @file-system - @mount;
    ALLOW { futex }
};

const CONDITIONS: Policy = seccomp_policy! {
    allow socket(AF_INET, SOCK_STREAM);
    allow ioctl if cmd == TCGETS;
    default SCMP_ACT_KILL
};

fn main() {
    let _ = [POLICY, CONDITIONS];
}
