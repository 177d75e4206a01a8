use seccomp_runtime::{Policy, seccomp_policy};

const LOG_FD: i32 = 3;

const POLICY: Policy = seccomp_policy! {
    allow write(fd == self::LOG_FT);
    allow read(fd == { LOG_FD + OFFSET });
    allow ioctl(cmd == libc::TIOCGWINZ);
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = (POLICY, LOG_FD);
}
