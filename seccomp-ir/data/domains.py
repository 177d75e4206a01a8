#!/usr/bin/env python3
"""Writes domains.tsv: what each argument of each call is, and which constants belong to it.

    domains.py [--check]

Made of signatures.tsv and the tables below. With --check nothing is written: the exit code
says whether the file is what it would be.
"""

import argparse
import sys

import tsv

HEADER = """\
# What each argument that is no pointer is, and which constants belong to it.
#
# Columns: call; the kernel's name of the argument, and for what it is under values of another argument "@", that
# argument, "=" and these values, separated by commas; what it is; the constants that belong to it, with "*" at the end
# for all that begin so, "*" at the beginning for all that end so, "!" before what does not all the same, "*" alone for any, or
# "ioctl" for the commands that constants.tsv marks; bits that the kernel takes away before it compares the rest, as
# constants or numbers, after "@" the ABIs where it does; bits that C libraries or Rust always add, as constants. "-" if
# there is none.
#   flags       bits, each with a meaning of its own
#   list        one of several values; bits that the kernel takes away first may be added
#   descriptor  of a file, a process, a queue
#   process     a process, a thread or a group of processes
#   user        a user or a group of users
#   key         a key or a keyring
#   address, size, count, opaque   whatever number; the constants are those that are meant as such a number
#
# Sources: man pages of the calls (Linux man-pages 6.9.1), include/uapi of Linux 7.3. What is taken away: net/socket.c
# (__sys_socket), kernel/futex/syscalls.c (futex_to_flags, do_futex), mm/mempolicy.c (sanitize_mpol_flags), fs/locks.c
# (sys_flock), kernel/sched/syscalls.c (_sched_setscheduler), io_uring/register.c (sys_io_uring_register), ipc/util.c
# (ipc_parse_version), fs/open.c (build_open_how: what is not in VALID_OPEN_FLAGS, of which 0x80000000 stands for all),
# Linux 7.3. What is always added: Rust's std 1.95 (sys/fs/unix.rs, sys/net/connection), musl 1.2.6
# (src/fcntl/open.c).
#
# Written by domains.py; do not edit.
"""

# domain -> kind, constants, taken away, added
STANDARD = "STDIN_FILENO STDOUT_FILENO STDERR_FILENO"
SIGNALS = "SIG* !SIG_* !SIGEV_*"
# What a mode is made of, without the types of files, which mknod(2) takes.
PERMISSIONS = "S_* !S_IF*"
IPC_COMMANDS = "IPC_RMID IPC_SET IPC_STAT IPC_INFO IPC_64"
PROTOCOLS = ("NETLINK_ROUTE NETLINK_UNUSED NETLINK_USERSOCK NETLINK_FIREWALL NETLINK_SOCK_DIAG NETLINK_INET_DIAG NETLINK_NFLOG "
             "NETLINK_XFRM NETLINK_SELINUX NETLINK_ISCSI NETLINK_AUDIT NETLINK_FIB_LOOKUP NETLINK_CONNECTOR NETLINK_NETFILTER "
             "NETLINK_IP6_FW NETLINK_DNRTMSG NETLINK_KOBJECT_UEVENT NETLINK_GENERIC NETLINK_SCSITRANSPORT NETLINK_ECRYPTFS "
             "NETLINK_RDMA NETLINK_CRYPTO NETLINK_SMC")

CAN = "CAN_RAW CAN_BCM CAN_TP16 CAN_TP20 CAN_MCNET CAN_ISOTP CAN_J1939"

DOMAINS = {
    "descriptor": ("descriptor", STANDARD, "-", "-"),
    # Of a directory, for the name after it.
    "directory": ("descriptor", STANDARD + " AT_FDCWD", "-", "-"),
    # Of a process.
    "pidfd": ("descriptor", STANDARD + " PIDFD_SELF*", "-", "-"),
    "process": ("process", "-", "-", "-"),
    "user": ("user", "-", "-", "-"),
    "key": ("key", "KEY_SPEC_*", "-", "-"),
    "address": ("address", "-", "-", "-"),
    "size": ("size", "*_SIZE *_LEN *_MAX *_BUF *_VER0 *_VER1 *_VER2 *_VER3 *_VER4 *_VER5 *_VER6 *_VER7", "-", "-"),
    # The places in a file at which drivers have memory of different kinds.
    "place": ("size", "IORING_OFF_* SNDRV_PCM_MMAP_OFFSET_* XDP_PGOFF_* XDP_UMEM_PGOFF_*", "-", "-"),
    "count": ("count", "*_MAX *_MIN *_MAXIOV *_FASTIOV SOMAXCONN", "-", "-"),
    "opaque": ("opaque", "-", "-", "-"),
    # What an argument before it says; under values that are not in COMMANDS below, any.
    "open": ("opaque", "*", "-", "-"),
    # The kernel refuses every bit.
    "no-flags": ("flags", "-", "-", "-"),
    # No header that users see has names for them.
    "no-list": ("list", "-", "-", "-"),
    "open-flags": ("flags", "O_*", "0x80000000", "O_CLOEXEC O_LARGEFILE"),
    "ioctl": ("list", "ioctl", "-", "-"),
    "o-flags": ("flags", "O_*", "-", "-"),
    "mode": ("flags", PERMISSIONS, "-", "-"),
    "file-type": ("flags", "S_*", "-", "-"),
    "access": ("flags", "R_OK W_OK X_OK F_OK", "-", "-"),
    "policy": ("list", "MPOL_* !MPOL_MF_* !MPOL_F_ADDR !MPOL_F_MEMS_ALLOWED !MPOL_F_MOF !MPOL_F_MORON !MPOL_F_NODE !MPOL_F_SHARED",
               "MPOL_F_STATIC_NODES MPOL_F_RELATIVE_NODES MPOL_F_NUMA_BALANCING", "-"),
    # The others that begin so have more than 32 bits, and are for clone3(2).
    "clone": ("flags", "CLONE_* SIG* CSIGNAL !CLONE_NEWTIME !CLONE_ARGS_* !CLONE_AUTOREAP !CLONE_CLEAR_SIGHAND "
              "!CLONE_EMPTY_MNTNS !CLONE_INTO_CGROUP !CLONE_NNP !CLONE_PIDFD_AUTOKILL !SIG_* !SIGEV_*", "-", "-"),
    "family": ("list", "AF_* PF_* !AF_VSOCK_* !PF_AUTOBOOT !PF_AUTOSEARCH !PF_KEY_V2 !PF_R !PF_W !PF_X !PF_TIMER !PF_VECTOR",
               "-", "-"),
    "socket-type": ("list", "SOCK_* !SOCK_TXREHASH_* !SOCK_BUF_LOCK_MASK !SOCK_DESTROY !SOCK_DIAG_BY_FAMILY !SOCK_IOC_TYPE "
                    "!SOCK_RCVBUF_LOCK !SOCK_SNDBUF_LOCK", "SOCK_CLOEXEC SOCK_NONBLOCK", "SOCK_CLOEXEC"),
    "level": ("list", "SOL_* IPPROTO_* AF_VSOCK !SOL_CAN_BASE", "-", "-"),
    "lock": ("list", "LOCK_*", "LOCK_NB", "-"),
    "msg-command": ("list", IPC_COMMANDS + " MSG_STAT MSG_STAT_ANY MSG_INFO", "IPC_64@", "-"),
    "sem-command": ("list", IPC_COMMANDS + " SEM_STAT SEM_STAT_ANY SEM_INFO GETALL GETNCNT GETPID GETVAL GETZCNT SETALL SETVAL",
                    "IPC_64@", "-"),
    "shm-command": ("list", IPC_COMMANDS + " SHM_LOCK SHM_UNLOCK SHM_STAT SHM_STAT_ANY SHM_INFO", "IPC_64@", "-"),
    "ipc-key": ("opaque", "IPC_PRIVATE", "-", "-"),
    "signal": ("list", SIGNALS, "-", "-"),
    "wait": ("flags", "WNOHANG WUNTRACED WSTOPPED WCONTINUED __W*", "-", "-"),
    "waitid": ("flags", "WNOHANG WUNTRACED WSTOPPED WEXITED WCONTINUED WNOWAIT __W*", "-", "-"),
    "scheduler": ("list", "SCHED_* !SCHED_FLAG_* !SCHED_ATTR_* !SCHED_GETATTR_*", "SCHED_RESET_ON_FORK", "-"),
    "futex": ("list", "FUTEX_* !FUTEX_OP_* !FUTEX_WAITERS !FUTEX_OWNER_DIED !FUTEX_TID_MASK !FUTEX_BITSET_MATCH_ANY !FUTEX_32 "
              "!FUTEX_NO_NODE !FUTEX_ROBUST_MOD_* !FUTEX_WAITV_MAX",
              "FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME", "FUTEX_PRIVATE_FLAG"),
    "futex2": ("flags", "FUTEX2_* FUTEX_32", "-", "-"),
    "futex-word": ("opaque", "FUTEX_BITSET_MATCH_ANY FUTEX_OP_* !*_SHIFT FUTEX_WAITERS FUTEX_OWNER_DIED FUTEX_TID_MASK", "-", "-"),
    "personality": ("flags", "PER_* ADDR_* READ_IMPLIES_EXEC MMAP_PAGE_ZERO STICKY_TIMEOUTS WHOLE_SECONDS SHORT_INODE UNAME26 "
                    "FDPIC_FUNCPTRS", "-", "-"),
    "register": ("list", "IORING_REGISTER_* IORING_UNREGISTER_* !IORING_REGISTER_FILES_SKIP !IORING_REGISTER_SRC_* "
                 "!IORING_REGISTER_DST_* !IORING_REGISTER_LAST", "IORING_REGISTER_USE_REGISTERED_RING", "-"),
    "ipc-get": ("flags", "IPC_CREAT IPC_EXCL " + PERMISSIONS, "-", "-"),
    # Under a level that is not in COMMANDS below.
    "socket-option": ("opaque", "* !SOL_* !IPPROTO_* !O_* !AF_* !SOCK_* !MSG_* !PROT_* !MAP_* !CLONE_* !SIG*", "-", "-"),
    # Under a family that is not in COMMANDS below.
    "protocol": ("opaque", f"IPPROTO_* ETH_P_* {CAN} PF_KEY_V2 {PROTOCOLS}", "-", "-"),
}

# Arguments by name, and after a "." only of one call; what is named later and more exactly counts.
ARGUMENTS = """
descriptor: epfd fanotify_fd fd fd_in fd_out fdin fdout fildes fs_fd group_fd in_fd initrd_fd kernel_fd
descriptor: max_fd mqdes neighbor_fd newfd oldfd out_fd ruleset_fd ufd
descriptor: kcmp.idx1 kcmp.idx2
directory: dfd from_dfd to_dfd newdfd olddfd mountdirfd execveat.fd quotactl_fd.fd fsconfig.aux
pidfd: pidfd
process: pid upid tgid pgid pid1 pid2
user: uid gid euid egid ruid rgid suid sgid user group quotactl.id quotactl_fd.id
key: add_key.ringid request_key.destringid
address: addr brk newsp tls start end new_addr entry tp mmio_addr
size: size len length len_in count usize sigsetsize sizemask bufsize bufsiz msgsz msg_len argsz cpusetsize bytecount bytes
size: old_len new_len ctx_size cmdline_len nbytes sz plen rseq_len optlen addrlen addr_len
size: offset pos pos_l pos_h offset_low offset_high
place: off off_4k pgoff mmap.offset
count: maxevents maxnode min_nr nr nfds n vlen liovcnt riovcnt nr_segs nr_segments nr_pages nsops nsems nr_events entries
count: to_submit min_complete nr_args backlog gidsetsize pair_count nr_futexes nr_wake nr_requeue nr_mnt_ids nr_ns_ids
count: num seconds timeout timeout_msecs increment niceval msg_prio
open: arch_prctl.arg2 fcntl.arg fcntl64.arg ioctl.arg ipc.first ipc.second ipc.third ipc.fifth keyctl.arg2 keyctl.arg3
open: keyctl.arg4 keyctl.arg5 prctl.arg2 prctl.arg3 prctl.arg4 prctl.arg5 ptrace.addr ptrace.data sysfs.arg1 sysfs.arg2
open: sysmips.arg1 sysmips.arg2 vm86.arg
no-flags: cacheflush.flags cachestat.flags copy_file_range.flags fchroot.flags futex_waitv.flags listns.flags
no-flags: lsm_list_modules.flags lsm_set_self_attr.flags mseal.flags pidfd_getfd.flags pkey_alloc.flags process_madvise.flags
no-flags: process_mrelease.flags process_vm_readv.flags process_vm_writev.flags riscv_flush_icache.flags s390_sthyi.flags
no-flags: sched_setattr.flags set_mempolicy_home_node.flags spu_create.flags
open-flags: open.flags openat.flags
o-flags: mq_open.oflag open_by_handle_at.flags fanotify_init.event_f_flags
mode: mode umask.mask
file-type: mknod.mode mknodat.mode
access: access.mode faccessat.mode faccessat2.mode
policy: mbind.mode set_mempolicy.mode
clone: clone.clone_flags
family: family
socket-type: socket.type socketpair.type
level: getsockopt.level setsockopt.level
lock: flock.cmd
msg-command: msgctl.cmd
sem-command: semctl.cmd
shm-command: shmctl.cmd
ipc-key: msgget.key semget.key shmget.key
signal: sig signal.sig s390_runtime_instr.signum
opaque: bus cpu cpu_id ctx ctx_id d3 d4 d5 dev devfn dfn from getpriority.who home_node level msgtyp msqid ndbg newmask newval
opaque: oldval pkey rseq.sig semctl.arg semid semnum set_tls.val setpriority.who ioprio_get.who ioprio_set.who shmid
opaque: sigsuspend.mask timer_id turn_on unused1 unused2 wd
wait: wait4.options waitpid.options
waitid: waitid.options
scheduler: sched_setscheduler.policy sched_get_priority_max.policy sched_get_priority_min.policy
futex: futex.op futex_time64.op
futex2: futex_wait.flags futex_wake.flags futex_requeue.flags
futex-word: futex.val futex.val3 futex_time64.val futex_time64.val3 futex_wait.val futex_wait.mask futex_wake.mask
personality: personality
register: io_uring_register.opcode
ipc-get: msgget.msgflg semget.semflg
protocol: socket.protocol socketpair.protocol
ioctl: ioctl.cmd
socket-option: getsockopt.optname setsockopt.optname
no-list: sysfs.option modify_ldt.func pciconfig_iobase.which cachectl.op
"""

# The rest of the flags and lists: their constants, and whose they are. Of those that begin with MSG_ some are flags of msgrcv(2)
# (include/uapi/linux/msg.h), commands of msgctl(2), or the kernel's own (include/linux/socket.h).
CONSTANTS = """
opaque EXIT_SUCCESS EXIT_FAILURE: exit.error_code exit_group.error_code
opaque IOPRIO_* !IOPRIO_WHO_* !*_SHIFT: ioprio_set.ioprio
list SYS_ACCEPT SYS_ACCEPT4 SYS_BIND SYS_CONNECT SYS_GETPEERNAME SYS_GETSOCKNAME SYS_GETSOCKOPT SYS_LISTEN SYS_RECV SYS_RECVFROM SYS_RECVMMSG SYS_RECVMSG SYS_SEND SYS_SENDMMSG SYS_SENDMSG SYS_SENDTO SYS_SETSOCKOPT SYS_SHUTDOWN SYS_SOCKET SYS_SOCKETPAIR: socketcall.call
list SEMOP SEMGET SEMCTL SEMTIMEDOP MSGSND MSGRCV MSGGET MSGCTL SHMAT SHMDT SHMGET SHMCTL: ipc.call
list SUBCMDMASK USRQUOTA GRPQUOTA PRJQUOTA: quotactl.cmd quotactl_fd.cmd
flags FALLOC_FL_*: fallocate.mode
flags PROT_*: prot
flags MAP_* !MAP_HUGE_SHIFT: mmap.flags mmap2.flags remap_file_pages.flags
flags CLONE_NEW* CLONE_FILES CLONE_FS CLONE_SIGHAND CLONE_SYSVSEM CLONE_THREAD CLONE_VM UNSHARE_EMPTY_MNTNS: unshare.unshare_flags
flags CLONE_NEW*: setns.flags
flags SOCK_CLOEXEC SOCK_NONBLOCK: accept4.flags
flags MSG_* !MSG_BATCH !MSG_CMSG_COMPAT !MSG_COPY !MSG_EXCEPT !MSG_INFO !MSG_NOERROR !MSG_NOTIFICATION !MSG_STAT*: recv.flags recvfrom.flags recvmsg.flags recvmmsg.flags recvmmsg_time64.flags send.flags sendto.flags sendmsg.flags sendmmsg.flags
list SHUT_*: shutdown.how
list F_* !F_OK !F_RDLCK !F_WRLCK !F_UNLCK !F_EXLCK !F_SHLCK !F_SEAL_* !F_OWNER_* !F_LINUX_SPECIFIC_BASE: fcntl.cmd fcntl64.cmd
list BPF_MAP_* BPF_PROG_* BPF_OBJ_* BPF_BTF_* BPF_LINK_* BPF_RAW_TRACEPOINT_OPEN BPF_TASK_FD_QUERY BPF_ENABLE_STATS BPF_ITER_CREATE BPF_TOKEN_CREATE !BPF_MAP_TYPE_* !BPF_PROG_TYPE_* !BPF_LINK_TYPE_* !BPF_OBJ_NAME_LEN: bpf.cmd
list FSCONFIG_*: fsconfig.cmd
list MEMBARRIER_CMD_* !MEMBARRIER_CMD_FLAG_*: membarrier.cmd
flags MEMBARRIER_CMD_FLAG_*: membarrier.flags
list LINUX_REBOOT_CMD_* RB_AUTOBOOT RB_HALT_SYSTEM RB_ENABLE_CAD RB_DISABLE_CAD RB_POWER_OFF RB_SW_SUSPEND RB_KEXEC: reboot.cmd
list LINUX_REBOOT_MAGIC*: reboot.magic1 reboot.magic2
list PR_SET_* PR_GET_* PR_CAPBSET_* PR_CAP_AMBIENT PR_MCE_KILL PR_MCE_KILL_GET PR_SCHED_CORE PR_TASK_PERF_EVENTS_* PR_MPX_* PR_PAC_RESET_KEYS PR_PAC_SET_ENABLED_KEYS PR_PAC_GET_ENABLED_KEYS PR_SVE_SET_VL PR_SVE_GET_VL PR_SME_SET_VL PR_SME_GET_VL PR_RISCV_V_SET_CONTROL PR_RISCV_V_GET_CONTROL PR_RISCV_SET_ICACHE_FLUSH_CTX PR_PPC_GET_DEXCR PR_PPC_SET_DEXCR PR_LOCK_SHADOW_STACK_STATUS PR_TIMER_CREATE_RESTORE_IDS PR_FUTEX_HASH PR_RSEQ_SLICE_EXTENSION !PR_SET_MM_* !PR_SET_PTRACER_ANY !PR_SET_VMA_ANON_NAME: prctl.option
list ARCH_* !ARCH_SHSTK_SHSTK !ARCH_SHSTK_WRSS !ARCH_XCOMP_*: arch_prctl.option
list KEYCTL_* !KEYCTL_CAPS0_* !KEYCTL_CAPS1_* !KEYCTL_SUPPORTS_* !KEYCTL_MOVE_EXCL: keyctl.option
list PTRACE_* !PTRACE_O_* !PTRACE_EVENT_* !PTRACE_EVENTMSG_* !PTRACE_CFI_* !PTRACE_SYSCALL_INFO_* !PTRACE_PEEKSIGINFO_SHARED: ptrace.request
list SEEK_*: lseek.whence _llseek.whence
list MADV_*: madvise.behavior process_madvise.behavior
list POSIX_FADV_*: fadvise64.advice fadvise64.advise fadvise64_64.advice arm_fadvise64_64.advice
list EPOLL_CTL_*: epoll_ctl.op
flags EPOLL_CLOEXEC O_CLOEXEC: epoll_create1.flags
flags EFD_*: eventfd2.flags
flags SFD_*: signalfd4.flags
flags IN_CLOEXEC IN_NONBLOCK: inotify_init1.flags
flags IN_* !IN_CLOEXEC !IN_NONBLOCK !IN_CLASS* !IN_LOOPBACKNET !IN_MULTICAST_NET: inotify_add_watch.mask
flags TFD_CLOEXEC TFD_NONBLOCK: timerfd_create.flags
flags TFD_TIMER_*: timerfd_settime.flags timerfd_settime64.flags
flags MFD_* !MFD_HUGE_SHIFT: memfd_create.flags
flags GRND_*: getrandom.flags
flags CLOSE_RANGE_*: close_range.flags
flags AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_EXECVE_CHECK: execveat.flags
flags AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_EACCESS: faccessat2.flags
flags AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH: fchmodat2.flags fchownat.flag utimensat.flags utimensat_time64.flags at_flags
flags AT_SYMLINK_FOLLOW AT_EMPTY_PATH: linkat.flags
flags AT_SYMLINK_FOLLOW AT_EMPTY_PATH AT_HANDLE_*: name_to_handle_at.flag
flags AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_NO_AUTOMOUNT AT_STATX_*: newfstatat.flag fstatat64.flag statx.flags
flags AT_REMOVEDIR: unlinkat.flag
flags AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_NO_AUTOMOUNT AT_RECURSIVE: mount_setattr.flags
flags STATX_* !STATX_ATTR_* !STATX__RESERVED: statx.mask
flags OPEN_TREE_* AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_NO_AUTOMOUNT AT_RECURSIVE O_CLOEXEC: open_tree.flags open_tree_attr.flags
flags MS_* !MS_ASYNC !MS_SYNC !MS_INVALIDATE: mount.flags
flags MS_ASYNC MS_SYNC MS_INVALIDATE: msync.flags
flags MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW: umount2.flags
flags MOVE_MOUNT_*: move_mount.flags
flags FSOPEN_*: fsopen.flags
flags FSPICK_*: fspick.flags
flags FSMOUNT_*: fsmount.flags
flags MOUNT_ATTR_* !MOUNT_ATTR_SIZE_*: fsmount.attr_flags
flags MREMAP_*: mremap.flags
flags MCL_*: mlockall.flags
flags MLOCK_ONFAULT: mlock2.flags
flags O_CLOEXEC O_NONBLOCK O_NDELAY O_DIRECT O_NOTIFICATION_PIPE O_EXCL: pipe2.flags
flags O_CLOEXEC: dup3.flags memfd_secret.flags
flags O_NONBLOCK O_NDELAY O_TRUNC: delete_module.flags
flags RENAME_*: renameat2.flags
flags RWF_*: preadv2.flags pwritev2.flags
flags SPLICE_F_* !SPLICE_F_FD_IN_FIXED: splice.flags tee.flags vmsplice.flags
flags SYNC_FILE_RANGE_*: sync_file_range.flags sync_file_range2.flags arm_sync_file_range.flags
flags SWAP_FLAG_* !SWAP_FLAG_PRIO_SHIFT: swapon.swap_flags
list P_ALL P_PID P_PGID P_PIDFD: waitid.which
flags XATTR_CREATE XATTR_REPLACE: setxattr.flags lsetxattr.flags fsetxattr.flags
flags FAN_CLASS_* FAN_CLOEXEC FAN_NONBLOCK FAN_UNLIMITED_* FAN_REPORT_* FAN_ENABLE_AUDIT FAN_ALL_CLASS_BITS FAN_ALL_INIT_FLAGS: fanotify_init.flags
flags FAN_MARK_* FAN_ALL_MARK_FLAGS: fanotify_mark.flags
flags FAN_* !FAN_MARK_* !FAN_CLASS_* !FAN_CLOEXEC !FAN_NONBLOCK !FAN_UNLIMITED_* !FAN_REPORT_* !FAN_ALLOW !FAN_DENY !FAN_AUDIT !FAN_INFO !FAN_EVENT_INFO_* !FAN_EVENT_METADATA_LEN !FAN_NOFD !FAN_NOPIDFD !FAN_EPIDFD !FAN_ERRNO_* !FAN_RESPONSE_* !FAN_ENABLE_AUDIT !FAN_ALL_CLASS_BITS !FAN_ALL_INIT_FLAGS !FAN_ALL_MARK_FLAGS: fanotify_mark.mask
list CLOCK_* !CLOCK_AUX_LAST !CLOCK_DEFAULT !CLOCK_EXT !CLOCK_INT !CLOCK_TXFROMRX !CLOCK_TXINT: which_clock clockid
flags TIMER_ABSTIME: clock_nanosleep.flags clock_nanosleep_time64.flags timer_settime.flags timer_settime64.flags
list ITIMER_*: getitimer.which setitimer.which
list PRIO_PROCESS PRIO_PGRP PRIO_USER: getpriority.which setpriority.which
list IOPRIO_WHO_*: ioprio_get.which ioprio_set.which
list RUSAGE_*: getrusage.who
list RLIMIT_*: resource
list KCMP_* !KCMP_TYPES: kcmp.type
list SECCOMP_SET_MODE_* SECCOMP_GET_*: seccomp.op
flags SECCOMP_FILTER_FLAG_*: seccomp.flags
flags PERF_FLAG_*: perf_event_open.flags
flags PIDFD_NONBLOCK PIDFD_THREAD O_NONBLOCK O_EXCL: pidfd_open.flags
flags PIDFD_SIGNAL_*: pidfd_send_signal.flags
list SIG_BLOCK SIG_UNBLOCK SIG_SETMASK: rt_sigprocmask.how sigprocmask.how
flags IORING_ENTER_*: io_uring_enter.flags
flags LANDLOCK_CREATE_RULESET_*: landlock_create_ruleset.flags
flags LANDLOCK_RESTRICT_SELF_*: landlock_restrict_self.flags
flags LANDLOCK_ADD_RULE_*: landlock_add_rule.flags
list LANDLOCK_RULE_*: landlock_add_rule.rule_type
flags KEXEC_* !KEXEC_FILE_* !KEXEC_SEGMENT_MAX: kexec_load.flags
flags KEXEC_FILE_*: kexec_file_load.flags
flags MODULE_INIT_*: finit_module.flags
flags MPOL_MF_* !MPOL_MF_INTERNAL: mbind.flags move_pages.flags
flags MPOL_F_NODE MPOL_F_ADDR MPOL_F_MEMS_ALLOWED: get_mempolicy.flags
flags PKEY_DISABLE_*: pkey_alloc.init_val
flags O_CLOEXEC O_NONBLOCK O_NDELAY UFFD_USER_MODE_ONLY: userfaultfd.flags
flags IPC_CREAT IPC_EXCL SHM_HUGETLB SHM_HUGE_* SHM_NORESERVE SHM_R SHM_W S_* !SHM_HUGE_SHIFT !S_IF*: shmget.shmflg
flags SHM_RDONLY SHM_REMAP SHM_RND SHM_EXEC: shmat.shmflg
flags IPC_NOWAIT: msgsnd.msgflg
flags IPC_NOWAIT MSG_EXCEPT MSG_NOERROR MSG_COPY: msgrcv.msgflg
list SYSLOG_ACTION_*: syslog.type
flags LISTMOUNT_*: listmount.flags
flags STATMOUNT_BY_FD: statmount.flags
flags LSM_FLAG_*: lsm_get_self_attr.flags
list LSM_ATTR_*: lsm_get_self_attr.attr lsm_set_self_attr.attr
flags SHADOW_STACK_*: map_shadow_stack.flags
flags RSEQ_FLAG_*: rseq.flags
flags RISCV_HWPROBE_WHICH_CPUS: riscv_hwprobe.flags
flags SCHED_GETATTR_FLAG_*: sched_getattr.flags
list FLUSH_SCOPE_*: cacheflush.scope
flags ICACHE DCACHE BCACHE FLUSH_CACHE_*: cacheflush.cache
flags CACHEFLUSH_* ICACHE DCACHE BCACHE: cacheflush.op
list FLUSH_CACHE MIPS_*: sysmips.cmd
list VM86_*: vm86.cmd
list GS_*: s390_guarded_storage.command
list S390_RUNTIME_INSTR_*: s390_runtime_instr.command
list STHYI_*: s390_sthyi.function_code
"""

# What an argument is under values of another one: what it is, its constants; the call, the argument "@" the other one
# "=" its values. Where the rule does not fix them, or fixes one that is not here, what the table above says counts.
COMMANDS = f"""
flags FD_CLOEXEC: fcntl.arg@cmd=F_SETFD
flags O_*: fcntl.arg@cmd=F_SETFL
descriptor {STANDARD}: fcntl.arg@cmd=F_DUPFD,F_DUPFD_CLOEXEC,F_DUPFD_QUERY
process -: fcntl.arg@cmd=F_SETOWN
list {SIGNALS}: fcntl.arg@cmd=F_SETSIG
list F_RDLCK F_WRLCK F_UNLCK: fcntl.arg@cmd=F_SETLEASE
flags DN_*: fcntl.arg@cmd=F_NOTIFY
flags F_SEAL_*: fcntl.arg@cmd=F_ADD_SEALS
size *_SIZE *_LEN *_MAX *_BUF: fcntl.arg@cmd=F_SETPIPE_SZ
opaque -: fcntl.arg@cmd=F_GETFD,F_GETFL,F_GETOWN,F_GETSIG,F_GETLEASE,F_GETPIPE_SZ,F_GET_SEALS,F_CREATED_QUERY
list {SIGNALS}: prctl.arg2@option=PR_SET_PDEATHSIG
list SECCOMP_MODE_*: prctl.arg2@option=PR_SET_SECCOMP
flags SECBIT_* SECURE_ALL_BITS SECURE_ALL_LOCKS SECURE_ALL_UNPRIVILEGED: prctl.arg2@option=PR_SET_SECUREBITS
list CAP_* !CAP_LAST_CAP: prctl.arg2@option=PR_CAPBSET_READ,PR_CAPBSET_DROP prctl.arg3@option=PR_CAP_AMBIENT
list PR_CAP_AMBIENT_*: prctl.arg2@option=PR_CAP_AMBIENT
list PR_SET_MM_*: prctl.arg2@option=PR_SET_MM
list PR_SET_VMA_ANON_NAME: prctl.arg2@option=PR_SET_VMA
list PR_TIMING_*: prctl.arg2@option=PR_SET_TIMING
list PR_SCHED_CORE_* !PR_SCHED_CORE_SCOPE_* !PR_SCHED_CORE_MAX: prctl.arg2@option=PR_SCHED_CORE
process -: prctl.arg3@option=PR_SCHED_CORE
list PR_SCHED_CORE_SCOPE_*: prctl.arg4@option=PR_SCHED_CORE
list PR_SPEC_STORE_BYPASS PR_SPEC_INDIRECT_BRANCH PR_SPEC_L1D_FLUSH: prctl.arg2@option=PR_SET_SPECULATION_CTRL,PR_GET_SPECULATION_CTRL
flags PR_SPEC_ENABLE PR_SPEC_DISABLE PR_SPEC_FORCE_DISABLE PR_SPEC_DISABLE_NOEXEC: prctl.arg3@option=PR_SET_SPECULATION_CTRL
process PR_SET_PTRACER_ANY: prctl.arg2@option=PR_SET_PTRACER
flags PR_MDWE_*: prctl.arg2@option=PR_SET_MDWE
list PR_MCE_KILL_SET PR_MCE_KILL_CLEAR: prctl.arg2@option=PR_MCE_KILL
list PR_MCE_KILL_EARLY PR_MCE_KILL_LATE PR_MCE_KILL_DEFAULT: prctl.arg3@option=PR_MCE_KILL
list PR_TSC_*: prctl.arg2@option=PR_SET_TSC
list PR_ENDIAN_*: prctl.arg2@option=PR_SET_ENDIAN
flags PR_FPEMU_*: prctl.arg2@option=PR_SET_FPEMU
flags PR_FP_EXC_*: prctl.arg2@option=PR_SET_FPEXC
flags PR_FP_MODE_*: prctl.arg2@option=PR_SET_FP_MODE
flags PR_UNALIGN_*: prctl.arg2@option=PR_SET_UNALIGN
flags PR_TAGGED_* PR_MTE_* PR_PMLEN_* !*_SHIFT: prctl.arg2@option=PR_SET_TAGGED_ADDR_CTRL
flags PR_SVE_* !PR_SVE_GET_VL !PR_SVE_SET_VL: prctl.arg2@option=PR_SVE_SET_VL
flags PR_SME_* !PR_SME_GET_VL !PR_SME_SET_VL: prctl.arg2@option=PR_SME_SET_VL
flags PR_PAC_AP*: prctl.arg2@option=PR_PAC_RESET_KEYS,PR_PAC_SET_ENABLED_KEYS prctl.arg3@option=PR_PAC_SET_ENABLED_KEYS
list PR_SYS_DISPATCH_*: prctl.arg2@option=PR_SET_SYSCALL_USER_DISPATCH
list PR_PPC_DEXCR_* !PR_PPC_DEXCR_CTRL_*: prctl.arg2@option=PR_PPC_SET_DEXCR,PR_PPC_GET_DEXCR
flags PR_PPC_DEXCR_CTRL_*: prctl.arg3@option=PR_PPC_SET_DEXCR
flags PR_RISCV_V_VSTATE_*: prctl.arg2@option=PR_RISCV_V_SET_CONTROL
list PR_RISCV_CTX_*: prctl.arg2@option=PR_RISCV_SET_ICACHE_FLUSH_CTX
list PR_RISCV_SCOPE_*: prctl.arg3@option=PR_RISCV_SET_ICACHE_FLUSH_CTX
flags PR_SHADOW_STACK_*: prctl.arg2@option=PR_SET_SHADOW_STACK_STATUS,PR_LOCK_SHADOW_STACK_STATUS
list PR_TIMER_CREATE_RESTORE_IDS_*: prctl.arg2@option=PR_TIMER_CREATE_RESTORE_IDS
list PR_FUTEX_HASH_*: prctl.arg2@option=PR_FUTEX_HASH
list PR_RSEQ_SLICE_EXTENSION_*: prctl.arg2@option=PR_RSEQ_SLICE_EXTENSION
flags PR_RSEQ_SLICE_EXT_ENABLE: prctl.arg3@option=PR_RSEQ_SLICE_EXTENSION
count -: prctl.arg2@option=PR_SET_TIMERSLACK
list -: prctl.arg2@option=PR_SET_DUMPABLE,PR_SET_KEEPCAPS,PR_SET_NO_NEW_PRIVS,PR_SET_CHILD_SUBREAPER,PR_SET_IO_FLUSHER,PR_SET_THP_DISABLE,PR_SET_MEMORY_MERGE
list ARCH_SHSTK_SHSTK ARCH_SHSTK_WRSS: arch_prctl.arg2@option=ARCH_SHSTK_ENABLE,ARCH_SHSTK_DISABLE,ARCH_SHSTK_LOCK,ARCH_SHSTK_UNLOCK
list ARCH_XCOMP_*: arch_prctl.arg2@option=ARCH_REQ_XCOMP_PERM,ARCH_REQ_XCOMP_GUEST_PERM
key KEY_SPEC_*: keyctl.arg2@option=KEYCTL_GET_KEYRING_ID,KEYCTL_UPDATE,KEYCTL_REVOKE,KEYCTL_CHOWN,KEYCTL_SETPERM,KEYCTL_DESCRIBE,KEYCTL_CLEAR,KEYCTL_LINK,KEYCTL_UNLINK,KEYCTL_SEARCH,KEYCTL_READ,KEYCTL_SET_TIMEOUT,KEYCTL_GET_SECURITY,KEYCTL_INVALIDATE,KEYCTL_RESTRICT_KEYRING,KEYCTL_MOVE,KEYCTL_WATCH_KEY
key KEY_SPEC_*: keyctl.arg3@option=KEYCTL_LINK,KEYCTL_UNLINK,KEYCTL_MOVE,KEYCTL_GET_PERSISTENT keyctl.arg4@option=KEYCTL_MOVE,KEYCTL_NEGATE keyctl.arg5@option=KEYCTL_SEARCH,KEYCTL_INSTANTIATE,KEYCTL_INSTANTIATE_IOV,KEYCTL_REJECT
user -: keyctl.arg3@option=KEYCTL_CHOWN keyctl.arg4@option=KEYCTL_CHOWN keyctl.arg2@option=KEYCTL_GET_PERSISTENT
flags KEYCTL_MOVE_EXCL: keyctl.arg5@option=KEYCTL_MOVE
list KEY_REQKEY_DEFL_*: keyctl.arg2@option=KEYCTL_SET_REQKEY_KEYRING
flags PTRACE_O_*: ptrace.data@request=PTRACE_SETOPTIONS,PTRACE_SEIZE
list {SIGNALS}: ptrace.data@request=PTRACE_CONT,PTRACE_SYSCALL,PTRACE_SINGLESTEP,PTRACE_SINGLEBLOCK,PTRACE_SYSEMU,PTRACE_SYSEMU_SINGLESTEP,PTRACE_DETACH
list NT_*: ptrace.addr@request=PTRACE_GETREGSET,PTRACE_SETREGSET
list TCIFLUSH TCOFLUSH TCIOFLUSH: ioctl.arg@cmd=TCFLSH
list TCOOFF TCOON TCIOFF TCION: ioctl.arg@cmd=TCXONC
list KD_TEXT KD_GRAPHICS: ioctl.arg@cmd=KDSETMODE
list KVM_CAP_*: ioctl.arg@cmd=KVM_CHECK_EXTENSION
flags KVM_VM_*: ioctl.arg@cmd=KVM_CREATE_VM
opaque -: ioctl.arg@cmd=KVM_RUN,KVM_GET_API_VERSION,KVM_GET_VCPU_MMAP_SIZE,FIOCLEX,FIONCLEX,TIOCEXCL,TIOCNXCL,TIOCNOTTY,TIOCSBRK,TIOCCBRK
descriptor {STANDARD}: ioctl.arg@cmd=LOOP_SET_FD,LOOP_CHANGE_FD,FICLONE,BTRFS_IOC_CLONE,PERF_EVENT_IOC_SET_OUTPUT,PERF_EVENT_IOC_SET_BPF,NBD_SET_SOCK
opaque IPPROTO_* !IPPROTO_MAX: socket.protocol@family=AF_INET,AF_INET6 socketpair.protocol@family=AF_INET,AF_INET6
opaque {PROTOCOLS}: socket.protocol@family=AF_NETLINK socketpair.protocol@family=AF_NETLINK
opaque ETH_P_*: socket.protocol@family=AF_PACKET
opaque {CAN}: socket.protocol@family=AF_CAN
opaque PF_KEY_V2: socket.protocol@family=AF_KEY
opaque PF_UNIX PF_LOCAL AF_UNIX AF_LOCAL: socket.protocol@family=AF_UNIX socketpair.protocol@family=AF_UNIX
opaque -: socket.protocol@family=AF_ALG,AF_VSOCK,AF_XDP,AF_TIPC,AF_QIPCRTR,AF_MCTP
"""

# The options of sockets, by level.
# Sources: the headers of include/uapi/linux that define them, Linux 7.3: in.h, in6.h, tcp.h, udp.h, if_packet.h, netlink.h, sctp.h,
# if_alg.h, tls.h, vm_sockets.h, if_xdp.h, can/, tipc.h, mptcp.h, rds.h, dccp.h (6.12), llc.h, if_pppol2tp.h, caif/caif_socket.h, nfc.h,
# phonet.h, netfilter*/, mroute.h, mroute6.h.
OPTIONS = """
SOL_SOCKET: SO_* !SO_EE_* !SO_ORIGINAL_DST !SO_IP_SET !SO_J1939_* !SO_RDS_* !SO_VM_SOCKETS_*
IPPROTO_IP: IP_* MCAST_* MRT_* IPT_SO_* ARPT_SO_* EBT_SO_* IP_VS_SO_* SO_ORIGINAL_DST SO_IP_SET !IP_CHECKSUM !IP_CT_* !IP_DEFAULT_* !IP_PMTUDISC_* !IP_SET_OP_* !IP_TUNNEL_* !IP_USER_FLOW !IP_VS_BASE_CTL !IP_VS_CONN_* !IP_VS_IFNAME_* !IP_VS_PE* !IP_VS_SCHED* !IP_VS_STATE_* !IP_VS_SVC_* !IP_VS_TUNNEL_* !IP_VS_VERSION_CODE !MCAST_INCLUDE !MCAST_EXCLUDE !MRT_BASE !MRT_MAX !MRT_FLUSH_* !IPT_SO_GET_MAX !IPT_SO_SET_MAX !ARPT_SO_GET_MAX !ARPT_SO_SET_MAX !EBT_SO_GET_MAX !EBT_SO_SET_MAX !IP_VS_SO_GET_MAX !IP_VS_SO_SET_MAX
IPPROTO_IPV6: IPV6_* MCAST_* MRT6_* IP6T_SO_* !IPV6_DEFAULT_* !IPV6_FLOW !IPV6_FLOWINFO_* !IPV6_FL_* !IPV6_MIN_MTU !IPV6_OPT_* !IPV6_PMTUDISC_* !IPV6_PREFER_* !IPV6_PRIORITY_* !IPV6_SRCRT_* !IPV6_TLV_* !IPV6_USER_FLOW !MCAST_INCLUDE !MCAST_EXCLUDE !MRT6_BASE !MRT6_MAX !MRT6_FLUSH_* !IP6T_SO_GET_MAX !IP6T_SO_SET_MAX
IPPROTO_TCP: TCP_* !TCP_ACCECN_* !TCP_AO_KEYF_* !TCP_AO_MAXKEYLEN !TCP_BPF_* !TCP_CA_* !TCP_CONNTRACK_* !TCP_DATA_OFFSET !TCP_ENCAP_* !TCP_FLAG_* !TCP_MD5SIG_FLAG_* !TCP_MD5SIG_MAXKEYLEN !TCP_METRIC* !TCP_MIB_* !TCP_MSS_* !TCP_NLA_* !TCP_NO_QUEUE !TCP_QUEUES_NR !TCP_RECEIVE_* !TCP_RECV_QUEUE !TCP_REPAIR_OFF* !TCP_REPAIR_ON !TCP_RESERVED_BITS !TCP_SEND_QUEUE !TCP_V4_FLOW !TCP_V6_FLOW
IPPROTO_UDP: UDP_* !UDP_ENCAP_* !UDP_MIB_* !UDP_V4_FLOW !UDP_V6_FLOW
SOL_PACKET: PACKET_ADD_MEMBERSHIP PACKET_DROP_MEMBERSHIP PACKET_RECV_OUTPUT PACKET_RX_RING PACKET_STATISTICS PACKET_COPY_THRESH PACKET_AUXDATA PACKET_ORIGDEV PACKET_VERSION PACKET_HDRLEN PACKET_RESERVE PACKET_TX_RING PACKET_LOSS PACKET_VNET_HDR PACKET_TX_TIMESTAMP PACKET_TIMESTAMP PACKET_FANOUT PACKET_TX_HAS_OFF PACKET_QDISC_BYPASS PACKET_ROLLOVER_STATS PACKET_FANOUT_DATA PACKET_IGNORE_OUTGOING PACKET_VNET_HDR_SZ
SOL_NETLINK: NETLINK_ADD_MEMBERSHIP NETLINK_DROP_MEMBERSHIP NETLINK_PKTINFO NETLINK_BROADCAST_ERROR NETLINK_NO_ENOBUFS NETLINK_RX_RING NETLINK_TX_RING NETLINK_LISTEN_ALL_NSID NETLINK_LIST_MEMBERSHIPS NETLINK_CAP_ACK NETLINK_EXT_ACK NETLINK_GET_STRICT_CHK
IPPROTO_SCTP: SCTP_RTOINFO SCTP_ASSOCINFO SCTP_INITMSG SCTP_NODELAY SCTP_AUTOCLOSE SCTP_SET_PEER_PRIMARY_ADDR SCTP_PRIMARY_ADDR SCTP_ADAPTATION_LAYER SCTP_DISABLE_FRAGMENTS SCTP_PEER_ADDR_PARAMS SCTP_DEFAULT_SEND_PARAM SCTP_EVENTS SCTP_I_WANT_MAPPED_V4_ADDR SCTP_MAXSEG SCTP_STATUS SCTP_GET_PEER_ADDR_INFO SCTP_DELAYED_ACK_TIME SCTP_DELAYED_ACK SCTP_DELAYED_SACK SCTP_CONTEXT SCTP_FRAGMENT_INTERLEAVE SCTP_PARTIAL_DELIVERY_POINT SCTP_MAX_BURST SCTP_AUTH_CHUNK SCTP_HMAC_IDENT SCTP_AUTH_KEY SCTP_AUTH_ACTIVE_KEY SCTP_AUTH_DELETE_KEY SCTP_PEER_AUTH_CHUNKS SCTP_LOCAL_AUTH_CHUNKS SCTP_GET_ASSOC_NUMBER SCTP_GET_ASSOC_ID_LIST SCTP_AUTO_ASCONF SCTP_PEER_ADDR_THLDS SCTP_RECVRCVINFO SCTP_RECVNXTINFO SCTP_DEFAULT_SNDINFO SCTP_AUTH_DEACTIVATE_KEY SCTP_REUSE_PORT SCTP_PEER_ADDR_THLDS_V2 SCTP_SOCKOPT_* SCTP_GET_PEER_ADDRS SCTP_GET_LOCAL_ADDRS SCTP_GET_ASSOC_STATS SCTP_PR_SUPPORTED SCTP_DEFAULT_PRINFO SCTP_PR_ASSOC_STATUS SCTP_PR_STREAM_STATUS SCTP_RECONFIG_SUPPORTED SCTP_ENABLE_STREAM_RESET SCTP_RESET_STREAMS SCTP_RESET_ASSOC SCTP_ADD_STREAMS SCTP_STREAM_SCHEDULER SCTP_STREAM_SCHEDULER_VALUE SCTP_INTERLEAVING_SUPPORTED SCTP_SENDMSG_CONNECT SCTP_EVENT SCTP_ASCONF_SUPPORTED SCTP_AUTH_SUPPORTED SCTP_ECN_SUPPORTED SCTP_EXPOSE_POTENTIALLY_FAILED_STATE SCTP_EXPOSE_PF_STATE SCTP_REMOTE_UDP_ENCAPS_PORT SCTP_PLPMTUD_PROBE_INTERVAL
SOL_ALG: ALG_SET_*
SOL_TLS: TLS_TX TLS_RX TLS_TX_* TLS_RX_*
AF_VSOCK: SO_VM_SOCKETS_* VSOCK_RECVERR
SOL_XDP: XDP_MMAP_OFFSETS XDP_RX_RING XDP_TX_RING XDP_UMEM_REG XDP_UMEM_FILL_RING XDP_UMEM_COMPLETION_RING XDP_STATISTICS XDP_OPTIONS XDP_MAX_TX_SKB_BUDGET
SOL_CAN_RAW: CAN_RAW_* !CAN_RAW_FILTER_MAX
SOL_CAN_ISOTP: CAN_ISOTP_OPTS CAN_ISOTP_RECV_FC CAN_ISOTP_TX_STMIN CAN_ISOTP_RX_STMIN CAN_ISOTP_LL_OPTS
SOL_CAN_J1939: SO_J1939_*
SOL_TIPC: TIPC_IMPORTANCE TIPC_SRC_DROPPABLE TIPC_DEST_DROPPABLE TIPC_CONN_TIMEOUT TIPC_NODE_RECVQ_DEPTH TIPC_SOCK_RECVQ_DEPTH TIPC_SOCK_RECVQ_USED TIPC_MCAST_BROADCAST TIPC_MCAST_REPLICAST TIPC_GROUP_JOIN TIPC_GROUP_LEAVE TIPC_NODELAY
SOL_MPTCP: MPTCP_INFO MPTCP_TCPINFO MPTCP_SUBFLOW_ADDRS MPTCP_FULL_INFO
SOL_RDS: RDS_CANCEL_SENT_TO RDS_GET_MR RDS_FREE_MR RDS_RECVERR RDS_CONG_MONITOR RDS_GET_MR_FOR_DEST RDS_INFO_* SO_RDS_* !RDS_INFO_LAST
SOL_DCCP: DCCP_SOCKOPT_*
SOL_LLC: LLC_OPT_* !LLC_OPT_MAX*
SOL_PPPOL2TP: PPPOL2TP_SO_*
SOL_CAIF: CAIFSO_*
SOL_NFC: NFC_LLCP_* !NFC_LLCP_MAX_*
SOL_PNPIPE: PNPIPE_*
"""

# Where msgctl, semctl and shmctl take IPC_64 out of the command: where their entry points are sys_old_* in the call
# tables of Linux 6.12 and 7.3.
OLD_IPC = dict.fromkeys(("msgctl", "semctl", "shmctl"), "arm,mips64,mips64n32")


def spec():
    """(call or None, argument) -> domain"""
    said = {}
    for line in ARGUMENTS.strip().split("\n"):
        domain, names = line.split(": ")
        for name in names.split():
            call, _, argument = name.rpartition(".")
            said[call or None, argument] = DOMAINS[domain]
    for line in CONSTANTS.strip().split("\n"):
        domain, names = line.split(": ")
        kind, constants = domain.split(" ", 1)
        for name in names.split():
            call, _, argument = name.rpartition(".")
            said[call or None, argument] = (kind, constants, "-", "-")
    return said


def text(old_ipc):
    types, said, used = tsv.types(), spec(), set()
    arguments = set()
    for call, _, _, *cells in tsv.read("signatures.tsv"):
        for cell in cells:
            if " " not in cell:
                continue
            spelling, name = cell.split("|")[0].rsplit(" ", 1)
            if ":" not in name and types.kind(spelling) != "ptr":
                arguments.add((call, name))
    lines = []
    options = [f"list {constants}: setsockopt.optname@level={level} getsockopt.optname@level={level}"
               for level, constants in (line.split(": ") for line in OPTIONS.strip().split("\n"))]
    for line in COMMANDS.strip().split("\n") + options:
        domain, names = line.split(": ")
        kind, constants = domain.split(" ", 1)
        for name in names.split():
            call, argument = name.split(".", 1)
            for call in ("fcntl", "fcntl64") if call == "fcntl" else (call,):
                if (call, argument.split("@")[0]) not in arguments:
                    print(f"no call has an argument {call}.{argument}", file=sys.stderr)
                lines.append("\t".join([call, argument, kind, constants, "-", "-"]))
    for call, name in sorted(arguments):
        key = (call, name) if (call, name) in said else (None, name)
        used.add(key)
        if key not in said:
            raise SystemExit(f"what is {name} of {call}? Say it in ARGUMENTS or CONSTANTS")
        kind, patterns, away, added = said[key]
        if away == "IPC_64@":
            away = f"IPC_64@{old_ipc[call]}" if old_ipc[call] else "-"
        lines.append("\t".join([call, name, kind, patterns, away, added]))
    lines.sort()
    for key in sorted(set(said) - used, key=str):
        print(f"no call has an argument {key}", file=sys.stderr)
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    sys.exit(tsv.write("domains.tsv", text(OLD_IPC), options.check))
