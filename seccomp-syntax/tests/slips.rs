//! Slips that a person makes, in policies for sixty calls that have flags or commands, drawn at random from those of the tables:
//! a warning or an error is at each of them. And what the same calls are really allowed with, which has neither.

use proc_macro2::Span;
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Code;
use seccomp_syntax::Draft;

/// The names of the warnings of these rules, or "error".
fn said(rules: &str) -> Vec<&'static str> {
    let policy = format!("{rules}; allow exit, exit_group, rt_sigreturn; default kill");
    let draft = Draft::written(policy.parse().expect("balanced tokens"));
    let compiled = match seccomp_syntax::compile_draft(&draft, Span::call_site(), Abi::X86_64) {
        Ok(compiled) => compiled,
        Err(errors) => {
            eprintln!("{rules}: {errors}");
            return vec!["error"];
        }
    };
    let mut names = Vec::new();
    for warning in &compiled.warnings {
        if let Code::Warning(lint) = warning.code {
            names.push(lint.name());
        }
    }
    names
}

/// What is a slip in a comparison.
const OF_COMPARISONS: [&str; 6] =
    ["always_true", "any_of_bits", "error", "foreign_constant", "joined_values", "value_as_mask"];

/// (what is written, what is said)
const SLIPS: &[(&str, &str)] = &[
    // A constant of another argument, of another call, or of none.
    ("allow write(count == O_RDONLY)", "foreign_constant"),
    ("allow bpf(cmd == BPF_MAP_TYPE_HASH)", "foreign_constant"),
    ("allow bpf(size == BPF_PROG_LOAD)", "foreign_constant"),
    ("allow clock_getres(which_clock == TIMER_ABSTIME)", "foreign_constant"),
    ("allow clock_getres(which_clock == ITIMER_REAL)", "foreign_constant"),
    ("allow epoll_ctl(op == EPOLLIN)", "foreign_constant"),
    ("allow epoll_ctl(fd == EPOLL_CTL_ADD)", "foreign_constant"),
    ("allow faccessat(mode == S_IRUSR)", "foreign_constant"),
    ("allow faccessat(mode == O_RDWR)", "foreign_constant"),
    ("allow fchownat(flag == AT_SYMLINK_FOLLOW)", "foreign_constant"),
    ("allow fchownat(user == AT_FDCWD)", "foreign_constant"),
    ("allow fcntl(cmd == FD_CLOEXEC)", "foreign_constant"),
    ("allow fcntl(fd == F_GETFL)", "foreign_constant"),
    ("allow fcntl(cmd == F_SETPIPE_SZ, arg == O_NONBLOCK)", "foreign_constant"),
    ("allow file_getattr(at_flags == O_NOFOLLOW)", "foreign_constant"),
    ("allow file_setattr(at_flags == FS_XFLAG_IMMUTABLE)", "foreign_constant"),
    ("allow file_setattr(usize == FS_XFLAG_APPEND)", "foreign_constant"),
    ("allow finit_module(flags == O_CLOEXEC)", "foreign_constant"),
    ("allow fsconfig(cmd == FSOPEN_CLOEXEC)", "foreign_constant"),
    ("allow fsconfig(aux == FSCONFIG_SET_FD)", "foreign_constant"),
    ("allow futex_waitv(flags == FUTEX2_PRIVATE)", "foreign_constant"),
    ("allow futex_waitv(clockid == FUTEX_CLOCK_REALTIME)", "foreign_constant"),
    ("allow futex_waitv(nr_futexes == FUTEX_WAIT)", "foreign_constant"),
    ("allow get_mempolicy(flags == MPOL_BIND)", "foreign_constant"),
    ("allow get_mempolicy(maxnode == MPOL_F_NODE)", "foreign_constant"),
    ("allow getrlimit(resource == RUSAGE_SELF)", "foreign_constant"),
    ("allow getrlimit(resource == RLIM_INFINITY)", "foreign_constant"),
    ("allow getxattrat(at_flags == XATTR_CREATE)", "foreign_constant"),
    ("allow io_uring_enter(flags == IORING_SETUP_SQPOLL)", "foreign_constant"),
    ("allow io_uring_enter(to_submit == IORING_ENTER_GETEVENTS)", "foreign_constant"),
    ("allow ioctl(cmd == KVM_CAP_IRQCHIP)", "foreign_constant"),
    ("allow ioctl(cmd == TCSANOW)", "foreign_constant"),
    ("allow ioctl(fd == TIOCGWINSZ)", "foreign_constant"),
    ("allow ioctl(cmd == TCFLSH, arg == TCSAFLUSH)", "foreign_constant"),
    ("allow kexec_load(flags == KEXEC_FILE_UNLOAD)", "foreign_constant"),
    ("allow keyctl(option == KEY_SPEC_SESSION_KEYRING)", "foreign_constant"),
    ("allow keyctl(option == KEYCTL_READ, arg2 == KEYCTL_SEARCH)", "foreign_constant"),
    (
        "allow keyctl(option == KEYCTL_SET_REQKEY_KEYRING, arg2 == KEY_SPEC_USER_KEYRING)",
        "foreign_constant",
    ),
    ("allow kill(sig == SIG_BLOCK)", "foreign_constant"),
    ("allow kill(sig == SA_RESTART)", "foreign_constant"),
    ("allow kill(pid == SIGKILL)", "foreign_constant"),
    ("allow landlock_add_rule(rule_type == LANDLOCK_ACCESS_FS_EXECUTE)", "foreign_constant"),
    ("allow landlock_add_rule(flags == LANDLOCK_RULE_PATH_BENEATH)", "foreign_constant"),
    ("allow linkat(flags == AT_SYMLINK_NOFOLLOW)", "foreign_constant"),
    ("allow listmount(flags == STATMOUNT_BY_FD)", "foreign_constant"),
    ("allow listmount(nr_mnt_ids == LISTMOUNT_REVERSE)", "foreign_constant"),
    ("allow lseek(whence == O_APPEND)", "foreign_constant"),
    ("allow lseek(offset == SEEK_SET)", "foreign_constant"),
    ("allow lsetxattr(flags == AT_SYMLINK_NOFOLLOW)", "foreign_constant"),
    ("allow lsetxattr(size == XATTR_CREATE)", "foreign_constant"),
    ("allow map_shadow_stack(flags == MAP_ANONYMOUS)", "foreign_constant"),
    ("allow map_shadow_stack(size == SHADOW_STACK_SET_TOKEN)", "foreign_constant"),
    ("allow mknodat(mode == O_CREAT)", "foreign_constant"),
    ("allow mknodat(dev == S_IFBLK)", "foreign_constant"),
    ("allow mmap(prot == MAP_PRIVATE)", "foreign_constant"),
    ("allow mmap(fd == MAP_ANONYMOUS)", "foreign_constant"),
    ("allow mmap(addr == MAP_FIXED)", "foreign_constant"),
    ("allow mmap(off == MAP_SHARED)", "foreign_constant"),
    ("allow mount(flags == MNT_DETACH)", "foreign_constant"),
    ("allow mount(flags & MS_SYNC == 0)", "foreign_constant"),
    ("allow move_mount(flags == MS_MOVE)", "foreign_constant"),
    ("allow move_mount(from_dfd == MOVE_MOUNT_F_EMPTY_PATH)", "foreign_constant"),
    ("allow open_by_handle_at(flags == AT_EMPTY_PATH)", "foreign_constant"),
    ("allow open_tree(flags == MS_BIND)", "foreign_constant"),
    ("allow open_tree_attr(usize == OPEN_TREE_CLONE)", "foreign_constant"),
    ("allow open_tree_attr(flags == MOUNT_ATTR_NOEXEC)", "foreign_constant"),
    ("allow openat(flags == S_IRUSR)", "foreign_constant"),
    ("allow openat(dfd == O_RDONLY)", "foreign_constant"),
    ("allow perf_event_open(pid == PERF_FLAG_PID_CGROUP)", "foreign_constant"),
    ("allow perf_event_open(flags == O_CLOEXEC)", "foreign_constant"),
    ("allow personality(personality == PR_SET_DUMPABLE)", "foreign_constant"),
    ("allow pidfd_getfd(flags == O_CLOEXEC)", "foreign_constant"),
    ("allow pidfd_getfd(pidfd == AT_FDCWD)", "foreign_constant"),
    ("allow pidfd_send_signal(flags == SIGKILL)", "foreign_constant"),
    ("allow pidfd_send_signal(sig == PIDFD_SIGNAL_THREAD)", "foreign_constant"),
    ("allow process_madvise(behavior == MAP_POPULATE)", "foreign_constant"),
    ("allow process_madvise(vlen == MADV_COLD)", "foreign_constant"),
    ("allow recvfrom(flags == O_NONBLOCK)", "foreign_constant"),
    ("allow recvfrom(size == MSG_DONTWAIT)", "foreign_constant"),
    ("allow remap_file_pages(prot == MAP_NONBLOCK)", "foreign_constant"),
    ("allow removexattrat(at_flags == O_NOFOLLOW)", "foreign_constant"),
    ("allow rt_sigaction(sig == SA_SIGINFO)", "foreign_constant"),
    ("allow rt_sigaction(sigsetsize == SIGSEGV)", "foreign_constant"),
    ("allow rt_sigprocmask(how == SIGINT)", "foreign_constant"),
    ("allow rt_sigprocmask(sigsetsize == SIG_BLOCK)", "foreign_constant"),
    ("allow sched_get_priority_max(policy == PRIO_PROCESS)", "foreign_constant"),
    ("allow sched_get_priority_max(policy == SCHED_FLAG_RECLAIM)", "foreign_constant"),
    ("allow semget(semflg == IPC_PRIVATE)", "foreign_constant"),
    ("allow semget(nsems == IPC_CREAT)", "foreign_constant"),
    ("allow semget(semflg == IPC_RMID)", "foreign_constant"),
    ("allow sendmmsg(flags == SOCK_NONBLOCK)", "foreign_constant"),
    ("allow sendmmsg(vlen == MSG_DONTWAIT)", "foreign_constant"),
    ("allow set_mempolicy(mode == MPOL_MF_STRICT)", "foreign_constant"),
    ("allow set_mempolicy(maxnode == MPOL_BIND)", "foreign_constant"),
    ("allow setpriority(which == PRIO_MAX)", "foreign_constant"),
    ("allow setpriority(who == PRIO_USER)", "foreign_constant"),
    ("allow setxattrat(at_flags == XATTR_REPLACE)", "foreign_constant"),
    ("allow shmat(shmflg & PROT_EXEC == 0)", "foreign_constant"),
    ("allow shmat(shmflg == IPC_CREAT)", "foreign_constant"),
    ("allow shmget(shmflg == SHM_RDONLY)", "foreign_constant"),
    ("allow shmget(key == IPC_CREAT)", "foreign_constant"),
    ("allow signalfd4(flags == FD_CLOEXEC)", "foreign_constant"),
    ("allow signalfd4(sizemask == SFD_CLOEXEC)", "foreign_constant"),
    ("allow socketpair(family == SOCK_STREAM)", "foreign_constant"),
    ("allow socketpair(type == AF_UNIX)", "foreign_constant"),
    ("allow socketpair(family == AF_UNIX, protocol == IPPROTO_TCP)", "foreign_constant"),
    ("allow sync_file_range(flags == MS_SYNC)", "foreign_constant"),
    ("allow sync_file_range(nbytes == SYNC_FILE_RANGE_WRITE)", "foreign_constant"),
    ("allow syslog(len == SYSLOG_ACTION_READ)", "foreign_constant"),
    ("allow syslog(type == PR_GET_NAME)", "foreign_constant"),
    ("allow umask(mask == O_CREAT)", "foreign_constant"),
    ("allow unlinkat(flag == AT_SYMLINK_NOFOLLOW)", "foreign_constant"),
    ("allow unlinkat(dfd == AT_REMOVEDIR)", "foreign_constant"),
    ("allow userfaultfd(flags == UFFD_FEATURE_SIGBUS)", "foreign_constant"),
    ("allow utimensat(flags == UTIME_NOW)", "foreign_constant"),
    ("allow vmsplice(flags == MSG_MORE)", "foreign_constant"),
    ("allow vmsplice(nr_segs == SPLICE_F_GIFT)", "foreign_constant"),
    // Beyond the sixty: what was silent elsewhere.
    ("allow exit_group(error_code == EPERM)", "foreign_constant"),
    ("allow eventfd2(count == EFD_CLOEXEC)", "foreign_constant"),
    ("allow listen(backlog == SOCK_STREAM)", "foreign_constant"),
    ("allow read(fd == AT_FDCWD)", "foreign_constant"),
    ("allow socket(type == SOCK_TXREHASH_ENABLED)", "foreign_constant"),
    ("allow setsockopt(level == SOL_SOCKET, optname == SCM_RIGHTS)", "foreign_constant"),
    ("allow setsockopt(level == SOL_TCP, optname == TCP_CA_Loss)", "foreign_constant"),
    ("allow setsockopt(level == SOL_IP, optname == IP_PMTUDISC_DO)", "foreign_constant"),
    ("allow setsockopt(level == SOL_TLS, optname == TCP_ULP)", "foreign_constant"),
    ("allow setsockopt(level == AF_VSOCK, optname == SO_RCVBUF)", "foreign_constant"),
    ("allow setsockopt(optname == SOCK_STREAM)", "foreign_constant"),
    ("allow socket(family == AF_NETLINK, protocol == NETLINK_ADD_MEMBERSHIP)", "foreign_constant"),
    ("allow socket(family == AF_INET, protocol == NETLINK_ROUTE)", "foreign_constant"),
    ("allow prctl(option == PR_SET_SECCOMP, arg2 == SECCOMP_SET_MODE_FILTER)", "foreign_constant"),
    ("allow prctl(option == PR_SET_TIMERSLACK, arg2 == PR_GET_TIMERSLACK)", "foreign_constant"),
    // Paths of the crate libc are the kernel's constants.
    ("allow mmap(prot == libc::MAP_PRIVATE)", "foreign_constant"),
    ("allow write(count == nix::libc::O_RDONLY)", "foreign_constant"),
    ("allow write(fd == libc::STDOUT_FILENO | libc::STDERR_FILENO)", "joined_values"),
    ("allow mmap(prot & (libc::PROT_READ | libc::PROT_WRITE) != 0)", "any_of_bits"),
    // No errno.
    ("errno(SIGKILL) getppid", "foreign_constant"),
    ("errno(O_RDONLY) getppid", "foreign_constant"),
    ("errno(EPOLLIN) getppid", "foreign_constant"),
    // What is one of several values.
    ("allow epoll_ctl(op == EPOLL_CTL_ADD | EPOLL_CTL_MOD)", "joined_values"),
    ("allow getrlimit(resource == RLIMIT_NOFILE | RLIMIT_AS)", "joined_values"),
    ("allow ioctl(cmd == TCGETS | TIOCGWINSZ)", "joined_values"),
    ("allow kill(sig in {SIGTERM | SIGKILL})", "joined_values"),
    ("allow socketpair(type & SOCK_STREAM == SOCK_STREAM)", "value_as_mask"),
    ("allow kill(sig & SIGTERM != 0)", "value_as_mask"),
    ("allow fcntl(cmd & F_GETFD == F_GETFD)", "value_as_mask"),
    ("allow ioctl(cmd & TCGETS == TCGETS)", "value_as_mask"),
    ("allow lseek(whence & SEEK_CUR != 0)", "value_as_mask"),
    ("errno(EPERM) openat(flags & O_WRONLY != 0); allow openat", "value_as_mask"),
    ("allow openat(flags & (O_WRONLY | O_CREAT) == 0)", "value_as_mask"),
    ("allow open_by_handle_at(flags & O_RDWR == 0)", "value_as_mask"),
    // Masks and values without a bit.
    ("allow openat(flags & O_RDONLY == O_RDONLY)", "always_true"),
    ("allow mmap(prot & PROT_NONE == PROT_NONE)", "always_true"),
    ("allow semget(semflg & IPC_PRIVATE == 0)", "foreign_constant"),
];

/// What libraries and programs pass to these calls, as their policies say it.
const RIGHT: &[&str] = &[
    "allow bpf(cmd in {BPF_MAP_CREATE, BPF_PROG_LOAD})",
    "allow clock_getres(which_clock in {CLOCK_MONOTONIC, CLOCK_REALTIME})",
    "allow epoll_ctl(op in {EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD})",
    "allow faccessat(dfd == AT_FDCWD, mode in {F_OK, R_OK | X_OK})",
    "allow fchownat(dfd == AT_FDCWD, flag & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0)",
    "allow fcntl(cmd == F_SETPIPE_SZ, arg == 0x10_0000)",
    "allow fcntl(cmd == F_DUPFD_CLOEXEC, arg == 3), fcntl(cmd == F_SETFL, arg & !(O_RDWR | O_NONBLOCK) == 0)",
    "allow file_getattr(at_flags == AT_SYMLINK_NOFOLLOW)",
    "allow finit_module(flags & MODULE_INIT_COMPRESSED_FILE != 0)",
    "allow fsconfig(cmd == FSCONFIG_CMD_CREATE, aux == 0), fsconfig(cmd == FSCONFIG_SET_PATH, aux == AT_FDCWD)",
    "allow futex_waitv(flags == 0, clockid == CLOCK_MONOTONIC), futex_waitv(nr_futexes <= FUTEX_WAITV_MAX)",
    "allow get_mempolicy(flags == MPOL_F_MEMS_ALLOWED)",
    "allow getrlimit(resource in {RLIMIT_NOFILE, RLIMIT_STACK})",
    "allow io_uring_enter(flags == IORING_ENTER_GETEVENTS)",
    "allow ioctl(cmd in {FIONBIO, FIOCLEX, TCGETS, TIOCGWINSZ, FS_IOC_GETFLAGS}), ioctl(cmd == TCFLSH, arg == TCIFLUSH)",
    "allow ioctl(cmd == KVM_CHECK_EXTENSION, arg as u64 == KVM_CAP_IRQCHIP), ioctl(cmd & 0xff00 == 0xae00)",
    "allow kexec_load(flags & KEXEC_ARCH_MASK == KEXEC_ARCH_DEFAULT)",
    "allow keyctl(option == KEYCTL_READ, arg2 == KEY_SPEC_SESSION_KEYRING), keyctl(option == KEYCTL_JOIN_SESSION_KEYRING)",
    "allow kill(sig in {0, SIGTERM}), kill(pid == -1, sig == SIGHUP)",
    "allow landlock_add_rule(rule_type == LANDLOCK_RULE_PATH_BENEATH, flags == 0)",
    "allow linkat(flags == AT_SYMLINK_FOLLOW), listmount(flags == LISTMOUNT_REVERSE)",
    "allow lseek(whence in {SEEK_SET, SEEK_CUR, SEEK_END}), lseek(offset == 0)",
    "allow lsetxattr(flags == XATTR_CREATE, size <= XATTR_SIZE_MAX)",
    "allow map_shadow_stack(flags == SHADOW_STACK_SET_TOKEN)",
    "allow mknodat(mode & S_IFMT == S_IFIFO), mknodat(mode & !0o777 == S_IFREG)",
    "allow mmap(prot & PROT_EXEC == 0, flags & MAP_TYPE == MAP_PRIVATE), mmap(flags & MAP_ANONYMOUS != 0, fd == -1)",
    "allow mmap(off in {IORING_OFF_SQ_RING, IORING_OFF_SQES}), mmap(len <= 0x1000)",
    "allow mount(flags & (MS_BIND | MS_REC) == MS_BIND | MS_REC), mount(flags == MS_REMOUNT | MS_RDONLY)",
    "allow move_mount(flags == MOVE_MOUNT_F_EMPTY_PATH, to_dfd == AT_FDCWD)",
    "allow open_tree(dfd == AT_FDCWD, flags == OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)",
    "allow openat(flags & (O_WRONLY | O_RDWR) == 0), openat(flags & O_ACCMODE != O_RDONLY, mode & !0o777 == 0)",
    "errno(EACCES) openat(flags & O_WRONLY != 0), openat(flags & O_RDWR != 0); allow openat",
    "allow openat(flags & !(O_WRONLY | O_CREAT | O_CLOEXEC) == 0)",
    "allow perf_event_open(flags == PERF_FLAG_FD_CLOEXEC, pid == 0)",
    "allow personality(personality in {PER_LINUX, 0xffff_ffff}), personality(personality & ADDR_NO_RANDOMIZE != 0)",
    "allow pidfd_getfd(flags == 0), pidfd_send_signal(pidfd == PIDFD_SELF, sig == SIGTERM, flags == 0)",
    "allow process_madvise(behavior == MADV_COLD)",
    "allow recvfrom(flags & !(MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL) == 0), sendmmsg(flags == MSG_NOSIGNAL)",
    "allow rt_sigaction(sig != SIGSYS, sigsetsize == 8), rt_sigprocmask(how == SIG_SETMASK)",
    "allow sched_get_priority_max(policy == SCHED_FIFO)",
    "allow semget(key == IPC_PRIVATE, semflg == IPC_CREAT | 0o600), shmget(key == IPC_PRIVATE, shmflg & SHM_HUGETLB == 0)",
    "allow set_mempolicy(mode & !(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING) == MPOL_BIND)",
    "allow setpriority(which == PRIO_PROCESS, who == 0, niceval <= PRIO_MAX)",
    "allow shmat(shmflg & SHM_EXEC == 0)",
    // The kernel's headers define one by the other.
    "allow signalfd4(flags == O_CLOEXEC), eventfd2(flags & !(O_CLOEXEC | O_NONBLOCK) == 0), accept4(flags == O_CLOEXEC)",
    "allow socketpair(family == AF_UNIX, type & SOCK_TYPE_MASK == SOCK_STREAM, protocol == 0)",
    "allow socket(family == AF_NETLINK, protocol in {NETLINK_ROUTE, NETLINK_GENERIC}), socket(family == AF_UNIX, protocol == PF_UNIX)",
    "allow setsockopt(level == AF_VSOCK, optname == SO_VM_SOCKETS_BUFFER_SIZE), setsockopt(level == SOL_TLS, optname == TLS_TX)",
    "allow setsockopt(level == SOL_ALG, optname == ALG_SET_KEY), getsockopt(level == SOL_SOCKET, optname in {SO_ERROR, SO_PEERCRED})",
    "allow sync_file_range(flags == SYNC_FILE_RANGE_WRITE), syslog(type == SYSLOG_ACTION_READ_ALL)",
    "allow umask(mask == 0o22), unlinkat(flag == AT_REMOVEDIR), utimensat(flags == AT_SYMLINK_NOFOLLOW)",
    "allow userfaultfd(flags == O_CLOEXEC | UFFD_USER_MODE_ONLY), vmsplice(flags == SPLICE_F_GIFT)",
    "allow readlinkat(bufsiz <= PATH_MAX), writev(vlen <= UIO_MAXIOV), listen(backlog <= SOMAXCONN)",
    "allow unshare(flags & !(CLONE_NEWNS | CLONE_FS | CLONE_FILES) == 0)",
    "allow mmap(prot == libc::PROT_READ), fcntl(cmd == libc::F_SETFD, arg == libc::FD_CLOEXEC)",
    "allow write(count == self::O_RDONLY), write(fd == crate::libc_like::O_RDWR)",
    "errno(EAGAIN) getppid; errno(EOPNOTSUPP) getuid; errno(libc::ENOSYS) getgid; errno(ENOTSUP) geteuid",
    "allow exit_group(error_code in {EXIT_SUCCESS, EXIT_FAILURE})",
    "allow flock(cmd & LOCK_NB != 0), futex(op & FUTEX_PRIVATE_FLAG != 0), futex(op & FUTEX_CMD_MASK == FUTEX_WAIT)",
    "allow membarrier(cmd & MEMBARRIER_CMD_GLOBAL != 0)",
];

#[test]
fn no_slip_is_silent() {
    let mut silent = Vec::new();
    for (slip, expected) in SLIPS {
        let found = said(slip);
        if !found.iter().any(|one| one == expected) {
            silent.push(format!("{slip}: {found:?}, and not {expected}"));
        }
    }
    assert!(silent.is_empty(), "{} of {}:\n{}", silent.len(), SLIPS.len(), silent.join("\n"));
}

#[test]
fn what_is_right_is_not_reported() {
    let mut loud = Vec::new();
    for right in RIGHT {
        let found = said(right);
        if found.iter().any(|one| OF_COMPARISONS.contains(one)) {
            loud.push(format!("{right}: {found:?}"));
        }
    }
    assert!(loud.is_empty(), "{} of {}:\n{}", loud.len(), RIGHT.len(), loud.join("\n"));
}
