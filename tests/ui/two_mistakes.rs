use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow raed;
    allow write(fd = 1);
    alow close;
    errno(EPREM) ptrace;
    default kill
};

fn main() {
    let _ = [POLICY];
}
