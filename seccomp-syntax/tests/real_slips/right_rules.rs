//! Similar rules without a slip.

use seccomp_ir::abi::Abi;

/// What is right, on its ABI.
pub(crate) const RIGHT: &[(Abi, &str)] = &[
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
