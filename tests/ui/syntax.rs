use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow read(fd === 0);
    allow write fd == 1;
    allow close(0 == fd);
    allow dup(fildes);
    allow ioctl(cmd & 5);
    allow ioctl(cmd & 4 | 8 == 0);
    allow read(fd == 1 | fd == 2);
    allow read(fd in [1, 2]);
    allow read(fd in {});
    allow read();
    allow @basic-io(fd == 1);
    allow read(fd == 1u32);
    allow read(count == 1 << 3);
    allow read(fd as u8 == 1);
    allow;
    default;
    errno ptrace;
    errno() ptrace;
    kill(3) ptrace;
    read;
    allow read(!fd == 1);
    "allow" read;
    #[cold] allow read;
    allow syscall(x);
    default kill kill;
};

fn main() {
    let _ = [POLICY];
}
