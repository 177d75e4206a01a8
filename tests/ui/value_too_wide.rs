use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow ioctl(cmd == 0x1_0000_5412);
    allow dup2(oldfd == 4294967296, newfd == -1);
    allow kill(sig > 0x8000_0000);
    allow chmod(mode == 0x1_0000);
    allow openat(flags & 0x1_0000_0000 == 0);
    allow lseek(offset == 0x1_0000_0000_0000_0000);
    default kill
};

fn main() {
    let _ = [POLICY];
}
