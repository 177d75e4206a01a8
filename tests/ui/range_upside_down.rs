use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(fd in 5..=3);
    allow write(fd in {1, 9..2});
    allow close(fd in 3..3);
    allow dup(fildes in {5, ..0});
    default kill
};

fn main() {
    let _ = [POLICY];
}
