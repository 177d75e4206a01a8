use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow chmod(mode == 0644);
    allow mkdir(mode in {0755, 00});
    default kill
};

fn main() {
    let _ = [POLICY];
}
