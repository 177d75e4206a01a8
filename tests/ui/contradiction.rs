use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(fd == 0, fd == 1);
    allow write(fd > 5 && fd < 3);
    allow openat(flags & O_CREAT == O_EXCL);
    default kill
};

fn main() {
    let _ = [POLICY];
}
