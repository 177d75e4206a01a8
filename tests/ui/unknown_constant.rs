use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow ioctl(cmd == TIOCSTY);
    allow socket(family == AF_INTE, type == MY_TYPE);
    errno(EPREM) ptrace;
    default kill
};

fn main() {
    let _ = [POLICY];
}
