use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read;
    default kill;
    default errno(EPERM);
    bad_arch kill;
    bad_arch errno(ENOSYS);
    unknown errno(ENOSYS);
    unknown kill;
};

fn main() {
    let _ = [POLICY];
}
