use seccomp_runtime::{Policy, seccomp_policy};

// What is equal in pairs makes a function that doubles with each.
const POLICY: Policy = seccomp_policy! {
    allow write(fd in {1, 2}), exit_group;
    allow ioctl(
        cmd & 0x1 != 0 && arg as u64 & 0x1 != 0
            || cmd & 0x2 != 0 && arg as u64 & 0x2 != 0
            || cmd & 0x4 != 0 && arg as u64 & 0x4 != 0
            || cmd & 0x8 != 0 && arg as u64 & 0x8 != 0
            || cmd & 0x10 != 0 && arg as u64 & 0x10 != 0
            || cmd & 0x20 != 0 && arg as u64 & 0x20 != 0
            || cmd & 0x40 != 0 && arg as u64 & 0x40 != 0
            || cmd & 0x80 != 0 && arg as u64 & 0x80 != 0
            || cmd & 0x100 != 0 && arg as u64 & 0x100 != 0
            || cmd & 0x200 != 0 && arg as u64 & 0x200 != 0
            || cmd & 0x400 != 0 && arg as u64 & 0x400 != 0
            || cmd & 0x800 != 0 && arg as u64 & 0x800 != 0
            || cmd & 0x1000 != 0 && arg as u64 & 0x1000 != 0
            || cmd & 0x2000 != 0 && arg as u64 & 0x2000 != 0
            || cmd & 0x4000 != 0 && arg as u64 & 0x4000 != 0
            || cmd & 0x8000 != 0 && arg as u64 & 0x8000 != 0
            || cmd & 0x10000 != 0 && arg as u64 & 0x10000 != 0
            || cmd & 0x20000 != 0 && arg as u64 & 0x20000 != 0
            || cmd & 0x40000 != 0 && arg as u64 & 0x40000 != 0
            || cmd & 0x80000 != 0 && arg as u64 & 0x80000 != 0
            || cmd & 0x100000 != 0 && arg as u64 & 0x100000 != 0
            || cmd & 0x200000 != 0 && arg as u64 & 0x200000 != 0
            || cmd & 0x400000 != 0 && arg as u64 & 0x400000 != 0
            || cmd & 0x800000 != 0 && arg as u64 & 0x800000 != 0
            || cmd & 0x1000000 != 0 && arg as u64 & 0x1000000 != 0
            || cmd & 0x2000000 != 0 && arg as u64 & 0x2000000 != 0
            || cmd & 0x4000000 != 0 && arg as u64 & 0x4000000 != 0
            || cmd & 0x8000000 != 0 && arg as u64 & 0x8000000 != 0
    );
    default kill
};

fn main() {
    let _ = POLICY;
}
