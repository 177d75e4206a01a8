use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow openat(filename == 0x1234);
    allow read(buf & 1 == 0, count < 10);
    allow write(buf == 0);
    allow execve(filename in {1, 2});
    default kill
};

fn main() {
    let _ = [POLICY];
}
