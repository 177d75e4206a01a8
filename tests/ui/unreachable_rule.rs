use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read;
    errno(EPERM) read(fd == 0);
    allow write(fd in {1, 2});
    log write(fd == 1);
    allow ioctl(cmd < 10), ioctl(cmd >= 10);
    kill ioctl(cmd == TIOCSTI);
    default kill
};

fn main() {
    let _ = [POLICY];
}
