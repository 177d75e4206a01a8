use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    deny ptrace;
    permit read;
    SCMP_ACT_ALLOW write;
    block @mount;
    default allow
};

fn main() {
    let _ = [POLICY];
}
