use seccomp_runtime::{Policy, seccomp_policy};

const SHIFT: u64 = 33;

const FIRST: Policy = seccomp_policy! {
    allow ioctl(cmd == { 1u64 << SHIFT });
    #[allow(seccomp::default_allow)] default log
};

const SECOND: Policy = seccomp_policy! {
    allow lseek(offset > self::MINIMUM, whence == libc::SEEK_SET);
    allow dup(fildes > { -1 });
    #[allow(seccomp::default_allow)] default log
};

const THIRD: Policy = seccomp_policy! {
    errno({ 4000 + 96 }) reboot;
    #[allow(seccomp::default_allow)] default log
};

const MINIMUM: i64 = -5;

fn main() {
    let _ = [FIRST, SECOND, THIRD];
}
