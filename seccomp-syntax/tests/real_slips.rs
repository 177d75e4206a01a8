//! Slips of the kinds that filters of Docker, systemd, Flatpak, snapd, Nix, OpenSSH, Tor and others had, in policies for several
//! ABIs: each gets a warning or an error. Similar policies that are right get neither.

use seccomp_ir::abi::Abi;
use seccomp_syntax::PolicyText;

/// The names of the warnings of these rules, or "error". Rules that end in `REST` allow all other calls.
fn reported(abi: Abi, rules: &str) -> Vec<String> {
    let text = match rules.strip_suffix("REST") {
        Some(denials) => format!("{denials} #[allow(seccomp::default_allow)] default allow"),
        None => format!("{rules}; default kill"),
    };
    let text = format!("allow exit, exit_group, rt_sigreturn; {text}");
    match PolicyText::new("slip.policy", &text, abi).compile() {
        Ok(compiled) => {
            let report = compiled.report.to_string();
            let name =
                |line: &str| line.strip_prefix("warning[")?.split(']').next().map(str::to_owned);
            report.lines().filter_map(name).collect()
        }
        Err(errors) => {
            eprintln!("{rules}: {errors}");
            vec!["error".to_owned()]
        }
    }
}

/// (ABI, the rules, the reports)
const SLIPS: &[(Abi, &str, &str)] = &[
    // Allow-lists that lack the 32-bit sibling.
    (Abi::Arm, "errno(EPERM) clock_settime; REST", "sibling_allowed"),
    (Abi::X86, "errno(EPERM) utimensat, utime, utimes, futimesat; REST", "sibling_allowed"),
    // Clone flags.
    (Abi::X86_64, "errno(EPERM) clone(flags & CLONE_NEWUSER != 0); REST", "clone3_allowed"),
    (
        Abi::X86_64,
        "errno(EPERM) clone(flags & CLONE_NEWUSER != 0), unshare(flags & CLONE_NEWUSER != 0); errno(ENOSYS) clone3; REST",
        "sibling_allowed",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) unshare(flags == CLONE_NEWUSER); errno(ENOSYS) clone3; REST",
        "exact_denial",
    ),
    (
        Abi::X86_64,
        "allow clone(flags & CLONE_NEWUSER == CLONE_NEWNS); errno(ENOSYS) clone3",
        "error",
    ),
    (Abi::S390x, "allow clone(a0 & CLONE_NEWUSER == 0); errno(ENOSYS) clone3", "foreign_constant"),
    (Abi::X86_64, "allow clone(flags & CLONE_THREAD == 1); errno(ENOSYS) clone3", "error"),
    (Abi::X86_64, "allow clone(flags & CSIGNAL == CLONE_VM); errno(ENOSYS) clone3", "error"),
    (Abi::X86_64, "errno(EPERM) setns(nstype & CLONE_NEWUSER != 0); allow setns", "exact_denial"),
    (Abi::X86_64, "errno(EPERM) setns(nstype == CLONE_NEWUSER); allow setns", "exact_denial"),
    // Ioctl.
    (Abi::X86_64, "errno(EPERM) ioctl(cmd as u64 == TIOCSTI); allow ioctl", "wide_cast"),
    (Abi::X86_64, "errno(EPERM) ioctl(cmd & 0xff == 0x12); allow ioctl", "tioclinux_allowed"),
    (Abi::X86_64, "allow ioctl(cmd != TIOCSTI || cmd != TIOCLINUX)", "always_true"),
    (
        Abi::X86_64,
        "errno(EPERM) ioctl(cmd in TIOCSTI..TIOCLINUX); allow ioctl",
        "tioclinux_allowed",
    ),
    (Abi::X86_64, "errno(EPERM) ioctl(arg == TIOCSTI); allow ioctl", "open_command"),
    (Abi::X86_64, "allow ioctl(request == KVM_RUN | KVM_GET_REGS)", "joined_values"),
    (Abi::X86_64, "allow ioctl(cmd >= 0x5400 || cmd <= 0x54ff)", "always_true"),
    (Abi::X86_64, "allow ioctl(cmd & 0xff00 == 0x54)", "error"),
    // Prctl.
    (Abi::X86_64, "allow prctl(arg2 == PR_SET_NAME)", "open_command"),
    (Abi::X86_64, "errno(EPERM) prctl(option & PR_SET_SECCOMP != 0); allow prctl", "value_as_mask"),
    (
        Abi::X86_64,
        "errno(EPERM) prctl(option == PR_SET_MM | PR_SET_PTRACER); allow prctl",
        "joined_values",
    ),
    (Abi::X86_64, "allow prctl(option == PR_CAPBSET_DROP, arg2 == CAP_TO_MASK)", "error"),
    (Abi::X86_64, "allow prctl(option == PR_SET_DUMPABLE, arg2 == SUID_DUMP_USER)", "error"),
    (
        Abi::X86_64,
        "allow prctl(option == PR_SET_KEEPCAPS, arg2 == SECBIT_KEEP_CAPS)",
        "foreign_constant",
    ),
    (
        Abi::X86_64,
        "allow prctl(option == PR_SET_TSC, arg2 == PR_TSC_ENABLE | PR_TSC_SIGSEGV)",
        "joined_values",
    ),
    (Abi::X86_64, "allow prctl(option == PR_SET_VMA_ANON_NAME)", "foreign_constant"),
    // Socketcall and ipc.
    (Abi::X86, "errno(EPERM) socket(family == AF_NETLINK); REST", "error"),
    (Abi::X86, "allow socket(family == AF_UNIX); allow socketcall", "error"),
    (Abi::S390x, "errno(EPERM) shmat; REST", "error"),
    (Abi::X86, "allow socketcall(call == AF_UNIX)", "foreign_constant"),
    (Abi::X86, "allow socketcall(call in {SYS_SOCKET | SYS_CONNECT})", "joined_values"),
    (Abi::X86, "allow ipc(call == IPC_CREAT)", "foreign_constant"),
    // Open.
    (
        Abi::X86_64,
        "errno(EPERM) openat(flags & O_CREAT != 0); allow openat, openat2",
        "sibling_allowed",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) open(flags & O_ACCMODE != O_RDONLY), openat(flags & O_ACCMODE != O_RDONLY); REST",
        "sibling_allowed",
    ),
    (Abi::X86_64, "errno(EACCES) openat(flags & (O_WRONLY & O_RDWR) != 0); allow openat", "error"),
    (
        Abi::X86_64,
        "errno(EACCES) openat(flags & O_ACCMODE == O_WRONLY); allow openat",
        "exact_denial",
    ),
    (Abi::X86_64, "allow openat(flags & O_RDWR == O_RDWR)", "value_as_mask"),
    (Abi::X86_64, "allow openat(flags & O_ACCMODE == O_CREAT)", "error"),
    (Abi::X86_64, "allow openat(flags & O_TMPFILE != 0)", "any_of_bits"),
    (Abi::X86_64, "allow openat(flags & O_DIRECTORY == O_TMPFILE)", "error"),
    (Abi::X86_64, "allow openat(dirfd == -100, flags == O_RDONLY)", "exact_flags"),
    (
        Abi::X86_64,
        "allow openat(dirfd as u64 == AT_FDCWD, flags == O_RDONLY | O_CLOEXEC)",
        "wide_cast",
    ),
    // Chmod, suid.
    (
        Abi::X86_64,
        "errno(EPERM) chmod(mode & S_ISUID != 0), fchmod(mode & S_ISUID != 0), fchmodat(mode & S_ISUID != 0); allow chmod, fchmod, fchmodat, fchmodat2",
        "sibling_allowed",
    ),
    (Abi::X86_64, "errno(EPERM) mknod(mode & S_IFBLK != 0); allow mknod", "value_as_mask"),
    (
        Abi::X86_64,
        "errno(EPERM) mknodat(mode & S_IFCHR == S_IFCHR); allow mknodat",
        "value_as_mask",
    ),
    (Abi::X86_64, "allow mknodat(mode & S_IFREG != 0)", "value_as_mask"),
    // Kill.
    (Abi::X86_64, "allow kill(sig == -SIGTERM)", "error"),
    (
        Abi::X86_64,
        "errno(EPERM) kill(sig == SIGKILL); allow kill, tgkill, tkill",
        "sibling_allowed",
    ),
    (Abi::X86_64, "allow kill(pid == 0xffffffff_ffffffff)", "error"),
    (Abi::X86_64, "allow tgkill(sig & (SIGTERM | SIGKILL) == 0)", "value_as_mask"),
    // Personality.
    (
        Abi::X86_64,
        "errno(EPERM) personality(personality == READ_IMPLIES_EXEC); allow personality",
        "exact_denial",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) personality(personality == ADDR_NO_RANDOMIZE); allow personality",
        "exact_denial",
    ),
    (Abi::X86_64, "allow personality(personality == PER_LINUX | PER_LINUX32)", "joined_values"),
    (Abi::X86_64, "allow personality(personality & PER_LINUX32 == 0)", "value_as_mask"),
    (Abi::X86_64, "allow personality(personality & PER_MASK == ADDR_NO_RANDOMIZE)", "error"),
    // Mmap and mprotect.
    (
        Abi::X86_64,
        "errno(EPERM) mmap(prot == PROT_WRITE | PROT_EXEC), mprotect(prot == PROT_WRITE | PROT_EXEC); allow mmap, mprotect",
        "exact_denial",
    ),
    (Abi::X86_64, "errno(EPERM) mprotect(prot == PROT_EXEC); allow mprotect", "exact_denial"),
    (Abi::X86_64, "errno(EPERM) mmap(flags == PROT_EXEC); allow mmap", "foreign_constant"),
    (Abi::X86_64, "errno(EPERM) mmap(prot & PROT_EXEC == 1); allow mmap", "error"),
    (Abi::X86_64, "errno(EPERM) mmap(prot & PROT_EXEC == PROT_READ); allow mmap", "error"),
    (Abi::X86_64, "allow mmap(flags & MAP_PRIVATE != 0)", "value_as_mask"),
    (
        Abi::X86_64,
        "errno(EPERM) mremap(flags & MREMAP_DONTUNMAP == MREMAP_FIXED); allow mremap",
        "error",
    ),
    (Abi::X86_64, "allow mmap(fd == -1 && flags & MAP_ANONYMOUS == MAP_SHARED)", "error"),
    (
        Abi::X86,
        "errno(EPERM) mmap2(prot & PROT_EXEC != 0), mprotect(prot & PROT_EXEC != 0), shmat, pkey_mprotect; REST",
        "error",
    ),
    // Socket.
    (Abi::X86_64, "errno(EPERM) socket(family & AF_INET != 0); allow socket", "value_as_mask"),
    (
        Abi::X86_64,
        "errno(EPERM) socket(type == SOCK_RAW | SOCK_CLOEXEC); allow socket",
        "exact_denial",
    ),
    (Abi::X86_64, "allow socket(family == AF_INET, type & SOCK_NONBLOCK == SOCK_STREAM)", "error"),
    (Abi::X86_64, "allow socket(family == AF_UNIX, type == SOCK_STREAM & SOCK_CLOEXEC)", "error"),
    (
        Abi::X86_64,
        "allow socket(family == AF_INET, type & 0xf == SOCK_STREAM, protocol == AF_INET)",
        "foreign_constant",
    ),
    (
        Abi::X86_64,
        "allow setsockopt(level == SOL_SOCKET, optname == SO_BINDTODEVICE | SO_MARK)",
        "joined_values",
    ),
    (Abi::X86_64, "allow setsockopt(level == SOL_SOCKET, optlen == SO_LINGER)", "foreign_constant"),
    // Bpf, keyctl, ptrace, perf.
    (Abi::X86_64, "errno(EPERM) ptrace(request == PTRACE_ATTACH); allow ptrace", "powerful_call"),
    (Abi::X86_64, "allow ptrace(request & PTRACE_TRACEME == 0)", "always_true"),
    (Abi::X86_64, "allow ptrace(request == PTRACE_O_TRACECLONE)", "foreign_constant"),
    (
        Abi::X86_64,
        "errno(EPERM) keyctl(option & KEYCTL_JOIN_SESSION_KEYRING != 0); allow keyctl",
        "value_as_mask",
    ),
    (Abi::X86_64, "errno(EPERM) bpf(cmd == BPF_PROG_TYPE_KPROBE); allow bpf", "foreign_constant"),
    (
        Abi::X86_64,
        "errno(EPERM) process_vm_writev; allow process_vm_readv, pidfd_getfd, ptrace(request == PTRACE_POKEDATA)",
        "sibling_allowed",
    ),
    (
        Abi::X86_64,
        "allow prlimit64(pid == 0, resource == RLIMIT_NOFILE, new_rlim == RLIM_INFINITY)",
        "error",
    ),
    (Abi::X86_64, "allow fcntl(cmd == F_SETOWN, arg as u32 == -1)", "error"),
    (Abi::X86_64, "allow fcntl(cmd == F_DUPFD, arg as u64 >= 3)", "wide_cast"),
    (Abi::X86_64, "allow futex(op == FUTEX_WAIT, val == FUTEX_PRIVATE_FLAG)", "foreign_constant"),
    (Abi::X86_64, "allow futex(op & FUTEX_CMD_MASK == FUTEX_WAIT_PRIVATE)", "error"),
    (Abi::X86_64, "allow madvise(advice & MADV_DONTNEED == MADV_DONTNEED)", "value_as_mask"),
    (Abi::X86_64, "allow wait4(options == WNOHANG | P_ALL)", "foreign_constant"),
    (Abi::X86_64, "allow sched_setscheduler(policy == SCHED_FIFO | SCHED_RR)", "joined_values"),
    (
        Abi::X86_64,
        "errno(EPERM) sched_setscheduler(policy == SCHED_FIFO); allow sched_setscheduler",
        "exact_denial",
    ),
    (Abi::X86_64, "allow clock_adjtime(which_clock == ADJ_OFFSET)", "foreign_constant"),
    (Abi::X86_64, "allow mount(flags & MS_RDONLY == MS_NOSUID)", "error"),
    (Abi::X86_64, "errno(EPERM) mount(flags == MS_REMOUNT); allow mount", "exact_denial"),
    (Abi::X86_64, "errno(EPERM) umount2(flags == MNT_DETACH); allow umount2", "exact_denial"),
    (Abi::X86_64, "allow statx(mask == STATX_ALL | AT_STATX_DONT_SYNC)", "foreign_constant"),
    (Abi::X86_64, "allow getrandom(flags == GRND_NONBLOCK | O_NONBLOCK)", "foreign_constant"),
    (Abi::X86_64, "allow memfd_create(flags == MFD_CLOEXEC | F_SEAL_WRITE)", "foreign_constant"),
    (Abi::X86_64, "errno(EPERM) execve; allow execveat", "sibling_allowed"),
    (Abi::X86_64, "errno(EPERM) connect; allow @network-io", "sibling_allowed"),
    (Abi::X86_64, "allow dup2(newfd > 2 || newfd < 0)", "always_true"),
    (Abi::X86_64, "allow write(fd > 0 && fd < 0)", "error"),
    (Abi::X86_64, "allow write(fd == 1, fd == 2)", "error"),
    (Abi::X86_64, "allow read(fd == -1)", "error"),
    (Abi::X86_64, "allow umask(mask == 077)", "error"),
    (Abi::X86_64, "allow kill(signal == SIGTERM)", "error"),
    (Abi::X86_64, "kill uname; errno(SIGSYS) getppid", "foreign_constant"),
    (Abi::X86_64, "errno(-EPERM) getppid", "error"),
    (Abi::X86_64, "errno(-1) getppid", "error"),
    (Abi::X86_64, "trace(SECCOMP_RET_TRACE) getppid", "error"),
    (Abi::X86_64, "allow futex(op & FUTEX_PRIVATE_FLAG == FUTEX_WAIT)", "value_as_mask"),
    // What decides nothing beside what decides something.
    (Abi::X86_64, "allow write(fd >= 0, count <= 100)", "always_true"),
    (Abi::X86_64, "allow write(fd < 0 || count <= 100)", "always_true"),
    (Abi::X86_64, "allow write(!(fd < 0), count <= 100)", "always_true"),
    (Abi::X86_64, "allow write(fd in 0.., count <= 100)", "always_true"),
    (Abi::X86_64, "allow openat(flags & O_RDONLY == O_RDONLY, mode == 0)", "always_true"),
    (
        Abi::X86_64,
        "allow socket(family in {AF_UNIX, AF_INET}, type & 0xf in {1, 2, 0x20})",
        "always_true",
    ),
    (Abi::X86_64, "allow ioctl(cmd == TCGETS || cmd & 0xff00 == 0x54)", "always_true"),
    (Abi::X86_64, "allow ioctl(fd <= 2, cmd & 0xff00 != 0x54)", "always_true"),
    // What the kernel finds elsewhere, or takes for the same.
    (
        Abi::X86_64,
        "errno(EPERM) socket(family == AF_INET, protocol == IPPROTO_TCP); allow socket",
        "exact_denial",
    ),
    (Abi::X86_64, "allow socket(family == AF_INET, protocol != IPPROTO_UDP)", "exact_denial"),
    (Abi::X86_64, "allow setns(nstype & CLONE_NEWUSER == 0)", "exact_denial"),
    (
        Abi::X86_64,
        "errno(EPERM) socket(type in {SOCK_RAW, SOCK_RAW | SOCK_CLOEXEC}); allow socket",
        "exact_denial",
    ),
    (Abi::X86_64, "errno(EPERM) futex(op == FUTEX_LOCK_PI_PRIVATE); allow futex", "exact_denial"),
    (Abi::X86_64, "errno(EPERM) readlink; allow readlinkat", "sibling_allowed"),
    (
        Abi::X86_64,
        "errno(EPERM) mknod(mode & (S_IFCHR | S_IFBLK) != 0); allow mknod",
        "value_as_mask",
    ),
    (Abi::X86_64, "allow clone(flags & SIGCHLD == SIGCHLD); errno(ENOSYS) clone3", "value_as_mask"),
    (Abi::X86_64, "allow socket(type & (SOCK_STREAM | SOCK_DGRAM) == 0)", "value_as_mask"),
];

/// What is right, on its ABI.
const RIGHT: &[(Abi, &str)] = &[
    (
        Abi::Arm,
        "allow clock_gettime, clock_gettime64, futex, futex_time64, nanosleep, clock_nanosleep_time64, ppoll, ppoll_time64",
    ),
    (
        Abi::X86,
        "allow clock_gettime(which_clock == CLOCK_MONOTONIC), clock_gettime64(which_clock == CLOCK_MONOTONIC)",
    ),
    (Abi::X86_64, "allow munmap(len & 0xffffffff00000000 == 0)"),
    (Abi::S390x, "allow munmap(len & 0xffffffff00000000 == 0x100000000)"),
    (Abi::S390x, "allow clone(flags & CLONE_NEWUSER == 0); errno(ENOSYS) clone3"),
    (Abi::S390x, "allow clone(a1 & (CLONE_NEWUSER | CLONE_NEWNS) == 0); errno(ENOSYS) clone3"),
    (Abi::X86_64, "allow clone(flags & 0x7e020000 == 0); errno(ENOSYS) clone3"),
    (
        Abi::X86_64,
        "allow clone(flags == CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD); errno(ENOSYS) clone3",
    ),
    (Abi::X86_64, "allow clone(flags & CSIGNAL == SIGCHLD); errno(ENOSYS) clone3"),
    (
        Abi::X86_64,
        "allow clone(flags & (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD) == CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD); errno(ENOSYS) clone3",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) setns(nstype in {0, CLONE_NEWUSER}); allow setns(nstype in {CLONE_NEWNET, CLONE_NEWNS})",
    ),
    (Abi::X86_64, "errno(ENOTTY) ioctl(cmd in {TIOCSTI, TIOCLINUX, TIOCSETD}); allow ioctl"),
    (Abi::X86_64, "allow ioctl(cmd in 0x5401..=0x5413, cmd != TIOCSTI)"),
    (Abi::X86_64, "allow ioctl(cmd & 0xff00 == 0xae00), ioctl(cmd & 0xff00 == 0xaf00)"),
    (Abi::X86_64, "allow ioctl(fd <= 2, cmd in {TCGETS, TIOCGWINSZ, TIOCGPGRP})"),
    (
        Abi::X86_64,
        "allow ioctl(cmd == FIONREAD), ioctl(cmd == FIOASYNC), ioctl(cmd == SIOCGIFNAME), ioctl(cmd == TUNGETFEATURES)",
    ),
    (Abi::X86_64, "allow ioctl(cmd & 0xc000ff00 == 0x80006400)"),
    (
        Abi::X86_64,
        "allow prctl(option == PR_SET_NO_NEW_PRIVS, arg2 == 1, arg3 == 0, arg4 == 0, arg5 == 0)",
    ),
    (
        Abi::X86_64,
        "allow prctl(option == PR_CAP_AMBIENT, arg2 in {PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_LOWER})",
    ),
    (
        Abi::X86_64,
        "allow prctl(option == PR_SET_NAME), prctl(option == PR_SET_THP_DISABLE), prctl(option == PR_SET_CHILD_SUBREAPER), prctl(option == PR_GET_TID_ADDRESS)",
    ),
    (Abi::X86_64, "allow prctl(option == PR_SET_PTRACER, arg2 == 0)"),
    (
        Abi::X86_64,
        "errno(EINVAL) prctl(option in {PR_SET_MM, PR_SET_SECCOMP, PR_SET_PTRACER}); allow prctl",
    ),
    (Abi::X86_64, "allow prctl(option == PR_SET_TSC, arg2 == PR_TSC_SIGSEGV)"),
    (Abi::X86_64, "allow prctl(option == PR_SET_DUMPABLE, arg2 == 0)"),
    (Abi::X86_64, "allow prctl(option == PR_SCHED_CORE, arg2 == PR_SCHED_CORE_CREATE)"),
    (Abi::X86_64, "allow prctl(option == PR_SET_MDWE, arg2 == PR_MDWE_REFUSE_EXEC_GAIN)"),
    (
        Abi::X86,
        "errno(ENOSYS) @multiplexers; allow socket(family == AF_UNIX), socketpair(family == AF_UNIX)",
    ),
    (
        Abi::X86,
        "allow socketcall(call in {SYS_SOCKETPAIR, SYS_SENDMSG, SYS_RECVMSG, SYS_SHUTDOWN})",
    ),
    (Abi::X86, "allow mmap2(prot & PROT_EXEC == 0), mprotect(prot & PROT_EXEC == 0)"),
    (
        Abi::X86_64,
        "errno(EACCES) openat(flags & O_ACCMODE != O_RDONLY), open(flags & O_ACCMODE != O_RDONLY), creat; errno(ENOSYS) openat2, open_by_handle_at, io_uring_setup; allow open, openat",
    ),
    (Abi::X86_64, "errno(EACCES) openat(flags & O_ACCMODE in {O_WRONLY, O_RDWR}); allow openat"),
    (
        Abi::X86_64,
        "allow openat(dirfd == AT_FDCWD, flags & !(O_CLOEXEC | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_PATH) == O_RDONLY)",
    ),
    (
        Abi::X86_64,
        "allow openat(flags & (O_CREAT | O_EXCL) == O_CREAT | O_EXCL, flags & O_TRUNC == 0)",
    ),
    (Abi::X86_64, "allow openat(flags & O_TMPFILE == O_TMPFILE)"),
    (Abi::X86_64, "allow openat(flags & O_TMPFILE != O_TMPFILE)"),
    (
        Abi::X86_64,
        "errno(EPERM) chmod(mode & 0o6000 != 0), fchmod(mode & 0o6000 != 0), fchmodat(mode & 0o6000 != 0), fchmodat2(mode & 0o6000 != 0); allow chmod, fchmod, fchmodat, fchmodat2",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) mknod(mode & S_IFMT in {S_IFBLK, S_IFCHR}), mknodat(mode & S_IFMT in {S_IFBLK, S_IFCHR}); allow mknod, mknodat",
    ),
    (Abi::X86_64, "allow mknodat(mode & S_IFMT in {0, S_IFREG}, dev == 0)"),
    (Abi::X86_64, "allow kill(pid > 0, sig in {0, SIGTERM, SIGKILL, SIGSTOP, SIGCONT})"),
    (Abi::X86_64, "allow kill(pid < -1), kill(pid == -1, sig == 0)"),
    (
        Abi::X86_64,
        "allow personality(personality in {PER_LINUX, PER_LINUX32, ADDR_NO_RANDOMIZE, 0xffffffff})",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) personality(personality & READ_IMPLIES_EXEC != 0, personality != 0xffffffff); allow personality",
    ),
    (Abi::X86_64, "allow personality(personality & PER_MASK == PER_LINUX32)"),
    (
        Abi::X86_64,
        "errno(EPERM) mmap(prot & PROT_WRITE != 0, prot & PROT_EXEC != 0), mprotect(prot & PROT_EXEC != 0), pkey_mprotect(prot & PROT_EXEC != 0), shmat(shmflg & SHM_EXEC != 0), personality(personality & READ_IMPLIES_EXEC != 0); allow mmap, mprotect, pkey_mprotect, shmat, personality",
    ),
    (
        Abi::X86_64,
        "allow mmap(prot == PROT_READ | PROT_WRITE, flags & MAP_ANONYMOUS != 0), mmap(prot == PROT_NONE), mmap(flags & MAP_TYPE == MAP_SHARED, prot == PROT_READ)",
    ),
    (
        Abi::X86_64,
        "allow mmap(addr == 0, length <= 0x1000_0000, flags & MAP_FIXED == 0, fd == -1, offset == 0)",
    ),
    (Abi::X86_64, "allow mremap(flags & !(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) == 0)"),
    (
        Abi::X86_64,
        "allow madvise(advice in {MADV_DONTNEED, MADV_FREE, MADV_DONTFORK, MADV_NOHUGEPAGE, MADV_COLLAPSE, MADV_GUARD_INSTALL})",
    ),
    (
        Abi::X86_64,
        "errno(EAFNOSUPPORT) socket(family in {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG}); allow socket(family in {AF_UNIX, AF_INET, AF_INET6}, type & 0xf in {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET})",
    ),
    (
        Abi::X86_64,
        "allow socket(family == AF_INET, type & SOCK_TYPE_MASK == SOCK_DGRAM, protocol in {IPPROTO_IP, IPPROTO_ICMP})",
    ),
    (
        Abi::X86_64,
        "allow socketpair(family == AF_UNIX, type in {SOCK_STREAM, SOCK_STREAM | SOCK_CLOEXEC, SOCK_SEQPACKET | SOCK_CLOEXEC})",
    ),
    (
        Abi::X86_64,
        "allow setsockopt(level == SOL_SOCKET, optname in {SO_INCOMING_CPU, SO_BUSY_POLL, SO_ZEROCOPY}, optlen == 4), getsockopt(level == IPPROTO_TCP, optname == TCP_INFO)",
    ),
    (Abi::X86_64, "allow setsockopt(level == IPPROTO_UDP, optname in {UDP_SEGMENT, UDP_GRO})"),
    (
        Abi::X86_64,
        "allow setsockopt(level == SOL_NETLINK, optname in {NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK})",
    ),
    (
        Abi::X86_64,
        "allow shutdown(how == SHUT_RDWR), recvmsg(flags & !(MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_WAITALL | MSG_ERRQUEUE | MSG_TRUNC) == 0)",
    ),
    (
        Abi::X86_64,
        "allow ptrace(request in {PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN, PTRACE_GETREGSET, PTRACE_GET_SYSCALL_INFO})",
    ),
    (
        Abi::X86_64,
        "allow keyctl(option in {KEYCTL_GET_KEYRING_ID, KEYCTL_JOIN_SESSION_KEYRING, KEYCTL_UPDATE, KEYCTL_REVOKE, KEYCTL_SETPERM})",
    ),
    (
        Abi::X86_64,
        "allow bpf(cmd in {BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_OBJ_GET}), perf_event_open(pid == -1, flags == 0)",
    ),
    (
        Abi::X86_64,
        "allow fcntl(cmd in {F_DUPFD, F_DUPFD_CLOEXEC}, arg >= 3), fcntl(cmd == F_SETFL, arg & O_ASYNC == 0), fcntl(cmd == F_SETLEASE, arg == F_RDLCK)",
    ),
    (
        Abi::X86_64,
        "allow fcntl(cmd == F_SETOWN, arg > 0), fcntl(cmd == F_NOTIFY, arg & DN_MULTISHOT == 0), fcntl(cmd == F_SET_RW_HINT), fcntl(cmd == F_OFD_SETLK)",
    ),
    (
        Abi::X86_64,
        "allow futex(op & FUTEX_CMD_MASK in {FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET}), futex(op in {FUTEX_UNLOCK_PI_PRIVATE, FUTEX_LOCK_PI_PRIVATE})",
    ),
    (
        Abi::X86_64,
        "allow futex(op == FUTEX_WAIT_BITSET_PRIVATE, val3 == 0xffff_ffff), futex_wait(flags == FUTEX2_SIZE_U32 | FUTEX2_PRIVATE, mask == 0xffff_ffff)",
    ),
    (
        Abi::X86_64,
        "allow clock_nanosleep(which_clock == CLOCK_REALTIME, flags in {0, TIMER_ABSTIME}), timer_settime(flags & !TIMER_ABSTIME == 0), timerfd_settime(flags == TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)",
    ),
    (
        Abi::X86_64,
        "allow mount(flags & MS_BIND != 0), mount(flags & (MS_REMOUNT | MS_BIND | MS_RDONLY) == MS_REMOUNT | MS_BIND | MS_RDONLY), umount2(flags == MNT_DETACH | UMOUNT_NOFOLLOW)",
    ),
    (
        Abi::X86_64,
        "allow statx(flags & AT_EMPTY_PATH != 0, mask & !(STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID) == 0), statx(mask == STATX_TYPE | STATX_MODE)",
    ),
    (
        Abi::X86_64,
        "allow getrandom(buflen <= 256, flags == 0), memfd_create(flags == MFD_CLOEXEC | MFD_ALLOW_SEALING), memfd_create(flags == MFD_CLOEXEC | MFD_NOEXEC_SEAL), pidfd_open(flags == PIDFD_THREAD)",
    ),
    (
        Abi::X86_64,
        "errno(ENOSYS) io_uring_setup, io_uring_enter, io_uring_register; allow @network-io",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) kill(sig == SIGKILL), tkill(sig == SIGKILL), tgkill(sig == SIGKILL), rt_sigqueueinfo(sig == SIGKILL), rt_tgsigqueueinfo(sig == SIGKILL), pidfd_send_signal(sig == SIGKILL); allow kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal",
    ),
    (
        Abi::X86_64,
        "allow renameat2(flags & RENAME_WHITEOUT == 0), unlinkat(dfd == AT_FDCWD, flag == AT_REMOVEDIR), linkat(flags & !(AT_EMPTY_PATH | AT_SYMLINK_FOLLOW) == 0), faccessat2(mode & !(R_OK | W_OK | X_OK) == 0)",
    ),
    (
        Abi::X86_64,
        "allow landlock_create_ruleset(flags == LANDLOCK_CREATE_RULESET_VERSION, size == 0), landlock_restrict_self(flags & LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON != 0)",
    ),
    (
        Abi::X86_64,
        "allow sysinfo, syslog(type == SYSLOG_ACTION_SIZE_UNREAD), sysfs(option == 1), quotactl(cmd & 0xffffff00 == 0x80000700)",
    ),
    (
        Abi::X86_64,
        "allow io_uring_register(opcode in {IORING_REGISTER_BUFFERS, IORING_REGISTER_FILES, IORING_REGISTER_RESTRICTIONS, IORING_REGISTER_ENABLE_RINGS}); #[allow(seccomp::powerful_call)] allow io_uring_setup",
    ),
    (
        Abi::X86_64,
        "allow lseek(offset == 0, whence in {SEEK_DATA, SEEK_HOLE}), fallocate(mode == FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE), copy_file_range(flags == 0), sync_file_range(flags == SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE)",
    ),
    (
        Abi::X86_64,
        "allow waitid(which == P_PIDFD, options == WEXITED | WNOHANG), wait4(upid > 0, options & !(WNOHANG | __WCLONE) == 0)",
    ),
    (
        Abi::X86_64,
        "allow shmget(key == IPC_PRIVATE, shmflg == IPC_CREAT | 0o600), shmat(shmflg == SHM_RDONLY), shmctl(cmd in {IPC_RMID, IPC_STAT}), semop(nsops <= 2), msgget(msgflg & IPC_CREAT == 0)",
    ),
    (
        Abi::X86_64,
        "allow userfaultfd(flags & !(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY) == 0), membarrier(cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED, flags == 0), rseq(flags == RSEQ_FLAG_UNREGISTER)",
    ),
    // Near the reports of this file.
    (
        Abi::X86_64,
        "errno(EPERM) futex(op in {FUTEX_LOCK_PI, FUTEX_LOCK_PI_PRIVATE, FUTEX_LOCK_PI2, FUTEX_LOCK_PI2_PRIVATE, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, FUTEX_LOCK_PI2_PRIVATE | FUTEX_CLOCK_REALTIME}); allow futex",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) socket(type in {SOCK_RAW, SOCK_RAW | SOCK_CLOEXEC, SOCK_RAW | SOCK_NONBLOCK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK}); allow socket",
    ),
    (
        Abi::X86_64,
        "errno(EPERM) setns(nstype == 0), setns(nstype & CLONE_NEWUSER != 0); allow setns",
    ),
    (Abi::X86_64, "allow setns(nstype == 0)"),
    (Abi::X86_64, "allow setns(nstype in {0, CLONE_NEWNET})"),
    (
        Abi::X86_64,
        "allow socket(family == AF_UNIX), socket(family == AF_INET, protocol == IPPROTO_UDP)",
    ),
    (Abi::X86_64, "allow socket(family in {AF_INET, AF_INET6}, protocol in {0, IPPROTO_UDP})"),
    (Abi::X86_64, "allow socket(family == AF_NETLINK, protocol != NETLINK_XFRM)"),
    (Abi::X86_64, "allow socket(family == AF_NETLINK, protocol == NETLINK_ROUTE)"),
    (
        Abi::X86_64,
        "errno(EPERM) connect, sendto(flags & MSG_FASTOPEN != 0), sendmsg(flags & MSG_FASTOPEN != 0), sendmmsg(flags & MSG_FASTOPEN != 0); allow sendto, sendmsg, sendmmsg",
    ),
    (Abi::X86_64, "errno(EPERM) connect; allow sendto(addr == 0)"),
    (
        Abi::X86_64,
        "allow mmap(flags & MAP_SHARED == 0), mmap(flags & MAP_SHARED != 0, prot & PROT_WRITE == 0)",
    ),
    (Abi::X86_64, "allow mknodat(mode & S_IFIFO != 0), mknodat(mode & S_IFMT == S_IFREG)"),
    (
        Abi::X86_64,
        "errno(EACCES) openat(flags & O_ACCMODE == O_WRONLY), openat(flags & O_ACCMODE == O_RDWR); allow openat",
    ),
    (Abi::X86_64, "errno(EACCES) openat(flags & O_ACCMODE != O_RDONLY); allow openat"),
    (
        Abi::X86_64,
        "allow setpriority(niceval >= 0, which == PRIO_PROCESS), lseek(offset >= 0, whence == SEEK_SET)",
    ),
    (Abi::X86_64, "allow write(fd > 0, count <= 100), ioctl(cmd & 0xff00 in {0x5400, 0x6400})"),
    (Abi::X86_64, "allow personality(personality == PER_LINUX | ADDR_NO_RANDOMIZE)"),
];

#[test]
fn no_slip_of_real_filters_is_silent() {
    let mut silent = Vec::new();
    for (abi, slip, expected) in SLIPS {
        let found = reported(*abi, slip);
        if !found.iter().any(|one| one == expected) {
            silent.push(format!("{}: {slip}: {found:?}, and not {expected}", abi.name()));
        }
    }
    assert!(silent.is_empty(), "{} of {}:\n{}", silent.len(), SLIPS.len(), silent.join("\n"));
}

#[test]
fn right_policies_that_are_like_them_are_not_reported() {
    let mut loud = Vec::new();
    for (abi, right) in RIGHT {
        let mut found = reported(*abi, right);
        // What is about calls as a whole is not about these slips.
        found.retain(|one| !["redundant_rule", "powerful_call"].contains(&one.as_str()));
        if !found.is_empty() {
            loud.push(format!("{}: {right}: {found:?}", abi.name()));
        }
    }
    assert!(loud.is_empty(), "{} of {}:\n{}", loud.len(), RIGHT.len(), loud.join("\n"));
}
