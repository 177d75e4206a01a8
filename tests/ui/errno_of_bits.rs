use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    errno(!EPERM) ptrace;
    errno(EPERM | 0x1000) reboot;
    errno(-1 | 2) mount;
    errno(0x1_0000_0001) umount2;
    default kill
};

fn main() {
    let _ = [POLICY];
}
