//! A policy with its tests beside it. rustc checks the assertions while the program compiles, and
//! they add no code to it. If one fails, the program does not compile.
//!
//! ```text
//! cargo run --example tested
//! ```

use seccomp_runtime::{Action, Call, Policy, call, seccomp_policy};

/// A client for IP services that cannot talk to other programs on this machine through local
/// sockets.
const CLIENT: Policy = seccomp_policy! {
    allow socket(family in {AF_INET, AF_INET6}, type & 0xf == SOCK_STREAM);
    errno(EAFNOSUPPORT) socket;
    errno(EPERM) ioctl(cmd in {TIOCSTI, TIOCLINUX});
    allow connect, sendto, recvfrom, shutdown, close, ioctl, read, write;
    allow exit_group, rt_sigreturn;
    default kill
};

const _: () = {
    assert!(CLIENT.allows(&call!(socket(AF_INET6, SOCK_STREAM, 0))));
    // A flag beside the type does not change the type.
    assert!(CLIENT.allows(&call!(socket(AF_INET, { libc::SOCK_STREAM | libc::SOCK_CLOEXEC }, 0))));
    assert!(CLIENT.denies(&call!(socket(AF_ALG, SOCK_SEQPACKET, 0))));
    assert!(CLIENT.denies(&call!(ioctl(fd = 0, cmd = TIOCSTI))));
    assert!(CLIENT.allows(&call!(ioctl(fd = 0, cmd = TIOCGWINSZ))));
    // A test can also check the action, and use call numbers without a name.
    assert!(matches!(CLIENT.decide(&call!(ptrace())), Action::KillProcess));
    assert!(matches!(CLIENT.decide(&call!(syscall(9999)())), Action::KillProcess));
};

fn main() {
    // `decide` also works at run time: it runs the filter, without a kernel.
    let calls: [(&str, Call); 4] = [
        ("socket(AF_INET, SOCK_STREAM)", call!(socket(AF_INET, SOCK_STREAM, 0))),
        ("socket(AF_UNIX, SOCK_STREAM)", call!(socket(AF_UNIX, SOCK_STREAM, 0))),
        ("ioctl(0, TIOCSTI)", call!(ioctl(0, TIOCSTI))),
        ("ptrace()", call!(ptrace())),
    ];
    for (name, call) in calls {
        println!("{name:30} {}", CLIENT.decide(&call));
    }
}
