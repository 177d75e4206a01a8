//! Constants of other arguments, and values that are not what they look like.

use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Lint;
use seccomp_ir::table;

use crate::{ENDINGS, kinds, of_denials, of_rules, warnings};

#[test]
fn a_constant_of_another_argument_is_reported() {
    for slip in [
        "allow openat(mode & !(O_RDONLY | O_WRONLY) == 0)",
        "allow mmap(flags & PROT_EXEC == 0)",
        "allow socket(type == AF_INET)",
        "allow clone(flags & !(CLONE_VM | CLONE_NEWTIME) == 0); errno(ENOSYS) clone3",
        "allow kill(pid == SIGTERM)",
        "allow write(fd == O_RDWR)",
        "allow fcntl(cmd in {F_GETFD, O_CLOEXEC})",
        "allow prctl(a0 == PTRACE_TRACEME)",
        "allow pipe2(flags == FD_CLOEXEC)",
        "allow seccomp(op == SECCOMP_RET_KILL)",
        "allow setuid(uid == SIGTERM)",
        "allow write(fd in 0..=SIGTERM)",
        "allow mmap(len == PROT_READ)",
        "allow lseek(offset == SEEK_END)",
        "allow socket(protocol == SOCK_STREAM)",
        "allow process_madvise(flags == MADV_COLD)",
        // The argument has another domain under this command, in either order.
        "allow fcntl(cmd == F_SETFD, arg == O_CLOEXEC)",
        "allow fcntl(arg & FD_CLOEXEC == 0, cmd == F_SETFL)",
        "allow prctl(option == PR_CAP_AMBIENT, arg2 == CAP_NET_ADMIN)",
        "allow setsockopt(level == SOL_SOCKET, optname in {SO_KEEPALIVE, TCP_NODELAY})",
        "allow ptrace(request == PTRACE_SETOPTIONS, data == SIGTERM)",
    ] {
        let found = warnings(&format!("{slip}; {ENDINGS}"), Abi::X86_64);
        assert!(
            found.iter().any(|warning| warning.0 == Lint::ForeignConstant),
            "{slip}: {found:?}"
        );
    }
    let found = warnings(&format!("allow socket(type == AF_INET); {ENDINGS}"), Abi::X86_64);
    assert!(found[0].1.contains("which has `SOCK_*`") && found[0].1.contains("compare `family`"));
    for right in [
        "allow fcntl(cmd == F_SETFD, arg == FD_CLOEXEC)",
        "allow fcntl(cmd in {F_SETFL, F_SETFD}, arg & O_NONBLOCK == 0)",
        "allow fcntl(cmd == F_ADD_SEALS, arg & F_SEAL_EXEC == 0)",
        "allow prctl(option == PR_CAP_AMBIENT, arg2 == PR_CAP_AMBIENT_RAISE, arg3 == CAP_KILL)",
        "allow setsockopt(level in {SOL_SOCKET, SOL_TCP}, optname in {SO_KEEPALIVE, TCP_NODELAY})",
        "allow setsockopt(level == SOL_TCP, optname == TCP_NODELAY)",
        "allow socket(protocol in {IPPROTO_TCP, NETLINK_ROUTE, ETH_P_ALL})",
        "allow mmap(off == IORING_OFF_SQ_RING)",
        "allow futex(val3 == FUTEX_BITSET_MATCH_ANY)",
        "allow ioctl(cmd in {EPIOCGPARAMS, SEV_ISSUE_CMD})",
        "allow write(fd in STDIN_FILENO..=STDERR_FILENO)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
}

#[test]
fn values_of_a_list_are_not_joined_with_or() {
    for slip in [
        "allow socket(family == AF_INET | AF_INET6)",
        "allow write(fd == STDOUT_FILENO | STDERR_FILENO)",
        "errno(EPERM) kill(sig != SIGTERM | SIGINT)",
        "allow lseek(whence in {SEEK_SET | SEEK_END})",
        "allow fcntl(cmd == F_GETFD | F_SETFD)",
    ] {
        let found = kinds(&format!("{slip}; {ENDINGS}"), Abi::X86_64);
        assert_eq!(found.first(), Some(&Lint::JoinedValues), "{slip}");
    }
    for right in [
        "allow socket(type == SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)",
        "allow futex(op == FUTEX_WAKE | FUTEX_PRIVATE_FLAG)",
        "allow mmap(prot == PROT_READ | PROT_WRITE)",
        "allow flock(cmd == LOCK_EX | LOCK_NB)",
        "allow mbind(mode == MPOL_BIND | MPOL_F_STATIC_NODES)",
    ] {
        let found = kinds(&format!("{right}; {ENDINGS}"), Abi::X86_64);
        assert!(
            !found.contains(&Lint::JoinedValues) || right.contains("whence"),
            "{right}: {found:?}"
        );
    }
}

#[test]
fn any_of_several_bits_allows_what_nobody_thought_of() {
    let expected = [Lint::AnyOfBits];
    assert_eq!(of_rules("allow ioctl(cmd & 0x6400 != 0)"), expected);
    assert_eq!(of_rules("allow mmap(prot & (PROT_READ | PROT_WRITE) != 0)"), expected);
    assert_eq!(of_rules("allow mmap(!(prot & (PROT_READ | PROT_WRITE) == 0))"), expected);
    for right in [
        "allow mmap(prot & PROT_READ != 0)",
        "allow mmap(prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC)",
        "allow mmap(!(prot & (PROT_WRITE | PROT_EXEC) != 0))",
        "errno(EPERM) unshare(flags & (CLONE_NEWUSER | CLONE_NEWNET) != 0)",
        "allow fcntl(arg & 0xff != 0, cmd == F_SETPIPE_SZ)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
}

#[test]
fn an_exact_value_is_reported_where_other_bits_make_the_same_call() {
    let denial = [Lint::ExactDenial];
    assert_eq!(of_rules("errno(EPERM) socket(type == SOCK_RAW); allow socket"), denial);
    assert_eq!(of_rules("allow socket(type != SOCK_RAW)"), denial);
    assert_eq!(of_rules("errno(EPERM) futex(op == FUTEX_WAKE); allow futex"), denial);
    assert_eq!(of_rules("errno(EPERM) unshare(flags == CLONE_NEWUSER); allow unshare"), denial);
    let shmctl = "errno(EPERM) shmctl(cmd == IPC_RMID); allow shmctl";
    assert_eq!(kinds(&format!("{shmctl}; {ENDINGS}"), Abi::Arm), denial);
    assert_eq!(kinds(&format!("{shmctl}; {ENDINGS}"), Abi::X86_64), []);
    let flags = [Lint::ExactFlags];
    assert_eq!(of_rules("allow openat(flags == O_RDONLY)"), flags);
    assert_eq!(of_rules("allow socket(family == AF_UNIX, type == SOCK_STREAM)"), flags);
    assert_eq!(of_rules("allow futex(op in {FUTEX_WAIT, FUTEX_WAKE})"), [flags, flags].concat());
    for right in [
        "errno(EPERM) socket(type & 0xf == SOCK_RAW); allow socket",
        "errno(EPERM) socket(type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == SOCK_RAW); allow socket",
        "errno(EPERM) socket(type == SOCK_RAW); allow socket(type & 0xf == SOCK_STREAM)",
        "errno(EPERM) unshare(flags & CLONE_NEWUSER != 0); allow unshare",
        "allow openat(flags & O_ACCMODE == O_RDONLY)",
        "allow openat(flags == O_RDONLY | O_CLOEXEC)",
        "allow openat(flags & !(O_CLOEXEC | O_LARGEFILE) == O_RDONLY)",
        "allow openat(flags in {O_RDONLY, O_RDONLY | O_CLOEXEC})",
        "allow futex(op == FUTEX_WAIT); allow futex(op == FUTEX_WAIT | FUTEX_PRIVATE_FLAG)",
        "allow futex(op == libc::FUTEX_WAIT)",
        "allow futex(op & 0x7f == FUTEX_WAIT)",
    ] {
        assert_eq!(of_rules(right), [], "{right}");
    }
}

#[test]
fn a_constant_that_is_not_a_command_of_ioctl_is_reported_and_every_command_is_accepted() {
    for wrong in ["AF_INET", "TIOCM_DTR", "KVM_CAP_IRQCHIP", "SYS_SOCKET", "O_RDWR", "SEMOP"] {
        let rule = format!("allow ioctl(cmd == {wrong})");
        assert_eq!(of_rules(&rule), [Lint::ForeignConstant], "{wrong}");
    }
    let quota = "allow quotactl(cmd == Q_SYNC)";
    assert!(of_rules(quota).contains(&Lint::ForeignConstant));
    let mut commands = 0;
    for name in table::constants().filter(|name| table::is_ioctl_command(name)) {
        for &abi in Abi::ALL {
            if let table::ConstantLookup::Value(_) = table::constant(abi, name) {
                let domain = table::domain(abi, "ioctl", "cmd").expect("an argument");
                assert!(domain.has(name), "{name}");
            }
        }
        commands += 1;
    }
    assert!(commands > 3500, "{commands}");
}

#[test]
fn an_exact_denial_of_open_is_reported_for_its_unknown_bits_too() {
    for rule in ["errno(EPERM) openat(flags == O_RDONLY)", "errno(EPERM) open(flags == 0)"] {
        let found = of_denials(rule, Abi::X86_64);
        assert!(found.iter().any(|(lint, _)| *lint == Lint::ExactDenial), "{rule}: {found:?}");
    }
    let masked = of_denials("errno(EPERM) openat(flags & O_ACCMODE == O_RDONLY)", Abi::X86_64);
    assert!(masked.iter().all(|(lint, _)| *lint != Lint::ExactDenial), "{masked:?}");
}
