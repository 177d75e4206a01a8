#!/usr/bin/env python3
"""Writes domains.tsv: what each argument of each call is, and which constants belong to it.

    domains.py [--check]

Made of signatures.tsv and the two tables below. With --check nothing is written: the exit code
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
# for all that begin so, "!" before what does not all the same, "*" alone for any, or "ioctl" for the commands that
# constants.tsv marks; bits that the kernel takes away before it compares the rest, as constants or numbers, after "@"
# the ABIs where it does; bits that C libraries or Rust always add, as constants. "-" if there is none.
#   flags       bits, each with a meaning of its own
#   list        one of several values; bits that the kernel takes away first may be added
#   descriptor  of a file, a process, a queue
#   process     a process, a thread or a group of processes
#   user        a user or a group of users
#   address, size, count, opaque   whatever number
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
DOMAINS = {
    "descriptor": ("descriptor", "STDIN_FILENO STDOUT_FILENO STDERR_FILENO AT_FDCWD FAN_NOFD PIDFD_SELF*", "-", "-"),
    "process": ("process", "-", "-", "-"),
    "user": ("user", "-", "-", "-"),
    "address": ("address", "*", "-", "-"),
    "size": ("size", "*", "-", "-"),
    "count": ("count", "*", "-", "-"),
    "opaque": ("opaque", "*", "-", "-"),
    "any-flags": ("flags", "*", "-", "-"),
    # The kernel refuses every bit.
    "no-flags": ("flags", "-", "-", "-"),
    "any-list": ("list", "*", "-", "-"),
    "open": ("flags", "O_*", "0x80000000", "O_CLOEXEC O_LARGEFILE"),
    "ioctl": ("list", "ioctl", "-", "-"),
    "o-flags": ("flags", "O_*", "-", "-"),
    "mode": ("flags", "S_*", "-", "-"),
    "access": ("flags", "R_OK W_OK X_OK F_OK", "-", "-"),
    "policy": ("list", "MPOL_* !MPOL_MF_*", "MPOL_F_STATIC_NODES MPOL_F_RELATIVE_NODES MPOL_F_NUMA_BALANCING", "-"),
    "clone": ("flags", "CLONE_* SIG* CSIGNAL !CLONE_NEWTIME !SIG_* !SIGEV_*", "-", "-"),
    "family": ("list", "AF_* PF_*", "-", "-"),
    "socket-type": ("list", "SOCK_*", "SOCK_CLOEXEC SOCK_NONBLOCK", "SOCK_CLOEXEC"),
    "level": ("list", "SOL_* IPPROTO_*", "-", "-"),
    "lock": ("list", "LOCK_*", "LOCK_NB", "-"),
    "msg-command": ("list", "IPC_* MSG_STAT MSG_STAT_ANY MSG_INFO", "IPC_64@", "-"),
    "sem-command": ("list", "IPC_* SEM_* GETALL GETNCNT GETPID GETVAL GETZCNT SETALL SETVAL", "IPC_64@", "-"),
    "shm-command": ("list", "IPC_* SHM_LOCK SHM_UNLOCK SHM_STAT SHM_STAT_ANY SHM_INFO", "IPC_64@", "-"),
    "signal": ("list", "SIG* !SIG_* !SIGEV_*", "-", "-"),
    "wait": ("flags", "WNOHANG WUNTRACED WSTOPPED WEXITED WCONTINUED WNOWAIT __W*", "-", "-"),
    "scheduler": ("list", "SCHED_* !SCHED_FLAG_* !SCHED_ATTR_* !SCHED_GETATTR_*", "SCHED_RESET_ON_FORK", "-"),
    "futex": ("list", "FUTEX_* !FUTEX_OP_* !FUTEX_WAITERS !FUTEX_OWNER_DIED !FUTEX_TID_MASK !FUTEX_BITSET_MATCH_ANY", "FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME", "FUTEX_PRIVATE_FLAG"),
    "futex2": ("flags", "FUTEX2_* FUTEX_*", "-", "-"),
    "personality": ("flags", "PER_* ADDR_* READ_IMPLIES_EXEC MMAP_PAGE_ZERO STICKY_TIMEOUTS WHOLE_SECONDS SHORT_INODE", "-", "-"),
    "register": ("list", "IORING_REGISTER_* IORING_UNREGISTER_*", "IORING_REGISTER_USE_REGISTERED_RING", "-"),
    "ipc-get": ("flags", "IPC_CREAT IPC_EXCL S_*", "-", "-"),
    "option": ("opaque", "* !SOL_* !IPPROTO_*", "-", "-"),
    # Of a socket; the numbers of netlink and of raw sockets have names too.
    "protocol": ("opaque", "* !AF_* !PF_* !SOCK_*", "-", "-"),
}

# Arguments by name, and after a "." only of one call; what is named later and more exactly counts.
ARGUMENTS = """
descriptor: dfd epfd fanotify_fd fd fd_in fd_out fdin fdout fildes from_dfd fs_fd group_fd in_fd initrd_fd kernel_fd
descriptor: max_fd mountdirfd mqdes neighbor_fd newdfd newfd olddfd oldfd out_fd pidfd ruleset_fd to_dfd ufd
process: pid upid tgid pgid pid1 pid2
user: uid gid euid egid ruid rgid suid sgid user group
address: addr brk newsp tls start end new_addr entry tp mmio_addr
size: size len length len_in count usize sigsetsize sizemask bufsize bufsiz msgsz msg_len argsz cpusetsize bytecount bytes
size: old_len new_len ctx_size cmdline_len nbytes sz plen rseq_len optlen addrlen addr_len
size: offset off off_4k pgoff pos pos_l pos_h offset_low offset_high
count: maxevents maxnode min_nr nr nfds n vlen liovcnt riovcnt nr_segs nr_segments nr_pages nsops nsems nr_events entries
count: to_submit min_complete nr_args backlog gidsetsize pair_count nr_futexes nr_wake nr_requeue nr_mnt_ids nr_ns_ids
count: num seconds timeout timeout_msecs increment niceval msg_prio
any-flags: flags
no-flags: cachestat.flags copy_file_range.flags futex_waitv.flags lsm_list_modules.flags lsm_set_self_attr.flags
no-flags: mseal.flags pidfd_getfd.flags pkey_alloc.flags process_madvise.flags process_mrelease.flags
no-flags: process_vm_readv.flags process_vm_writev.flags s390_sthyi.flags sched_setattr.flags
no-flags: set_mempolicy_home_node.flags
open: open.flags openat.flags
o-flags: mq_open.oflag open_by_handle_at.flags pipe2.flags dup3.flags memfd_secret.flags delete_module.flags
o-flags: fanotify_init.event_f_flags
mode: mode umask.mask
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
signal: sig signal.sig
opaque: rseq.sig
wait: wait4.options waitid.options waitpid.options
scheduler: sched_setscheduler.policy sched_get_priority_max.policy sched_get_priority_min.policy
futex: futex.op futex_time64.op
futex2: futex_wait.flags futex_wake.flags futex_requeue.flags
personality: personality
register: io_uring_register.opcode
ipc-get: msgget.msgflg semget.semflg
protocol: socket.protocol socketpair.protocol
ioctl: ioctl.cmd
option: getsockopt.optname setsockopt.optname
any-list: sysfs.option modify_ldt.func pciconfig_iobase.which cachectl.op
"""

# The rest of the flags and lists: their constants, and whose they are.
CONSTANTS = """
list SYS_*: socketcall.call
list SEMOP SEMGET SEMCTL SEMTIMEDOP MSGSND MSGRCV MSGGET MSGCTL SHMAT SHMDT SHMGET SHMCTL: ipc.call
list SUBCMDMASK USRQUOTA GRPQUOTA PRJQUOTA: quotactl.cmd quotactl_fd.cmd
flags FALLOC_FL_*: fallocate.mode
flags PROT_*: prot
flags MAP_*: mmap.flags mmap2.flags remap_file_pages.flags
flags CLONE_*: unshare.unshare_flags
flags CLONE_NEW*: setns.flags
flags SOCK_CLOEXEC SOCK_NONBLOCK: accept4.flags
flags MSG_*: recv.flags recvfrom.flags recvmsg.flags recvmmsg.flags recvmmsg_time64.flags send.flags sendto.flags sendmsg.flags sendmmsg.flags
list SHUT_*: shutdown.how
list F_* !F_OK !F_RDLCK !F_WRLCK !F_UNLCK !F_EXLCK !F_SHLCK !F_SEAL_* !F_OWNER_*: fcntl.cmd fcntl64.cmd
list BPF_MAP_* BPF_PROG_* BPF_OBJ_* BPF_BTF_* BPF_LINK_* BPF_RAW_TRACEPOINT_OPEN BPF_TASK_FD_QUERY BPF_ENABLE_STATS BPF_ITER_CREATE BPF_TOKEN_CREATE !BPF_MAP_TYPE_* !BPF_PROG_TYPE_* !BPF_LINK_TYPE_*: bpf.cmd
list FSCONFIG_*: fsconfig.cmd
list MEMBARRIER_CMD_* !MEMBARRIER_CMD_FLAG_*: membarrier.cmd
flags MEMBARRIER_CMD_FLAG_*: membarrier.flags
list LINUX_REBOOT_CMD_*: reboot.cmd
list LINUX_REBOOT_MAGIC*: reboot.magic1 reboot.magic2
list PR_SET_* PR_GET_* PR_CAPBSET_* PR_CAP_AMBIENT PR_MCE_KILL PR_MCE_KILL_GET PR_SCHED_CORE PR_TASK_PERF_EVENTS_* PR_MPX_* PR_PAC_RESET_KEYS PR_PAC_SET_ENABLED_KEYS PR_PAC_GET_ENABLED_KEYS PR_SVE_SET_VL PR_SVE_GET_VL PR_SME_SET_VL PR_SME_GET_VL PR_RISCV_V_SET_CONTROL PR_RISCV_V_GET_CONTROL PR_RISCV_SET_ICACHE_FLUSH_CTX PR_PPC_GET_DEXCR PR_PPC_SET_DEXCR PR_LOCK_SHADOW_STACK_STATUS PR_TIMER_CREATE_RESTORE_IDS PR_FUTEX_HASH PR_RSEQ_SLICE_EXTENSION !PR_SET_MM_* !PR_SET_PTRACER_ANY !PR_SET_VMA_ANON_NAME: prctl.option
list ARCH_* !ARCH_SHSTK_SHSTK !ARCH_SHSTK_WRSS: arch_prctl.option
list KEYCTL_* !KEYCTL_CAPS0_* !KEYCTL_CAPS1_* !KEYCTL_SUPPORTS_* !KEYCTL_MOVE_EXCL: keyctl.option
list PTRACE_* !PTRACE_O_* !PTRACE_EVENT_* !PTRACE_EVENTMSG_* !PTRACE_CFI_*: ptrace.request
list SEEK_*: lseek.whence _llseek.whence
list MADV_*: madvise.behavior process_madvise.behavior
list POSIX_FADV_*: fadvise64.advice fadvise64.advise fadvise64_64.advice arm_fadvise64_64.advice
list EPOLL_CTL_*: epoll_ctl.op
flags EPOLL_CLOEXEC O_CLOEXEC: epoll_create1.flags
flags EFD_*: eventfd2.flags
flags SFD_*: signalfd4.flags
flags IN_CLOEXEC IN_NONBLOCK: inotify_init1.flags
flags IN_* !IN_CLOEXEC !IN_NONBLOCK: inotify_add_watch.mask
flags TFD_CLOEXEC TFD_NONBLOCK: timerfd_create.flags
flags TFD_TIMER_*: timerfd_settime.flags timerfd_settime64.flags
flags MFD_*: memfd_create.flags
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
flags STATX_* !STATX_ATTR_*: statx.mask
flags OPEN_TREE_* AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_NO_AUTOMOUNT AT_RECURSIVE O_CLOEXEC: open_tree.flags open_tree_attr.flags
flags MS_* !MS_ASYNC !MS_SYNC !MS_INVALIDATE: mount.flags
flags MS_ASYNC MS_SYNC MS_INVALIDATE: msync.flags
flags MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW: umount2.flags
flags MOVE_MOUNT_*: move_mount.flags
flags FSOPEN_*: fsopen.flags
flags FSPICK_*: fspick.flags
flags FSMOUNT_*: fsmount.flags
flags MOUNT_ATTR_*: fsmount.attr_flags
flags MREMAP_*: mremap.flags
flags MCL_*: mlockall.flags
flags MLOCK_*: mlock2.flags
flags RENAME_*: renameat2.flags
flags RWF_*: preadv2.flags pwritev2.flags
flags SPLICE_F_*: splice.flags tee.flags vmsplice.flags
flags SYNC_FILE_RANGE_*: sync_file_range.flags sync_file_range2.flags arm_sync_file_range.flags
flags SWAP_FLAG_*: swapon.swap_flags
list P_ALL P_PID P_PGID P_PIDFD: waitid.which
flags XATTR_CREATE XATTR_REPLACE: setxattr.flags lsetxattr.flags fsetxattr.flags
flags FAN_CLASS_* FAN_CLOEXEC FAN_NONBLOCK FAN_UNLIMITED_* FAN_REPORT_* FAN_ENABLE_AUDIT FAN_ALL_CLASS_BITS FAN_ALL_INIT_FLAGS: fanotify_init.flags
flags FAN_MARK_* FAN_ALL_MARK_FLAGS: fanotify_mark.flags
flags FAN_* !FAN_MARK_* !FAN_CLASS_* !FAN_CLOEXEC !FAN_NONBLOCK !FAN_UNLIMITED_* !FAN_REPORT_*: fanotify_mark.mask
list CLOCK_*: which_clock clockid
flags TIMER_ABSTIME: clock_nanosleep.flags clock_nanosleep_time64.flags timer_settime.flags timer_settime64.flags
list ITIMER_*: getitimer.which setitimer.which
list PRIO_*: getpriority.which setpriority.which
list IOPRIO_*: ioprio_get.which ioprio_set.which
list RUSAGE_*: getrusage.who
list RLIMIT_*: resource
list KCMP_*: kcmp.type
list SECCOMP_SET_MODE_* SECCOMP_GET_*: seccomp.op
flags SECCOMP_FILTER_FLAG_*: seccomp.flags
flags PERF_FLAG_*: perf_event_open.flags
flags PIDFD_NONBLOCK PIDFD_THREAD O_*: pidfd_open.flags
flags PIDFD_SIGNAL_*: pidfd_send_signal.flags
list SIG_BLOCK SIG_UNBLOCK SIG_SETMASK: rt_sigprocmask.how sigprocmask.how
flags IORING_ENTER_*: io_uring_enter.flags
flags LANDLOCK_CREATE_RULESET_*: landlock_create_ruleset.flags
flags LANDLOCK_RESTRICT_SELF_*: landlock_restrict_self.flags
flags LANDLOCK_ADD_RULE_*: landlock_add_rule.flags
list LANDLOCK_RULE_*: landlock_add_rule.rule_type
flags KEXEC_* !KEXEC_FILE_*: kexec_load.flags
flags KEXEC_FILE_*: kexec_file_load.flags
flags MODULE_INIT_*: finit_module.flags
flags MPOL_MF_*: mbind.flags move_pages.flags
flags MPOL_F_*: get_mempolicy.flags
flags PKEY_DISABLE_*: pkey_alloc.init_val
flags O_* UFFD_USER_MODE_ONLY: userfaultfd.flags
flags IPC_CREAT IPC_EXCL SHM_* S_*: shmget.shmflg
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
# "=" its values. Where the rule does not fix them, or fixes one that is not here, any constant is taken.
COMMANDS = """
flags FD_CLOEXEC: fcntl.arg@cmd=F_SETFD
flags O_*: fcntl.arg@cmd=F_SETFL
descriptor STDIN_FILENO STDOUT_FILENO STDERR_FILENO: fcntl.arg@cmd=F_DUPFD,F_DUPFD_CLOEXEC,F_DUPFD_QUERY
process -: fcntl.arg@cmd=F_SETOWN
list SIG* !SIG_* !SIGEV_*: fcntl.arg@cmd=F_SETSIG
list F_RDLCK F_WRLCK F_UNLCK: fcntl.arg@cmd=F_SETLEASE
flags DN_*: fcntl.arg@cmd=F_NOTIFY
flags F_SEAL_*: fcntl.arg@cmd=F_ADD_SEALS
list SIG* !SIG_* !SIGEV_*: prctl.arg2@option=PR_SET_PDEATHSIG
list SECCOMP_MODE_*: prctl.arg2@option=PR_SET_SECCOMP
flags SECBIT_*: prctl.arg2@option=PR_SET_SECUREBITS
list CAP_*: prctl.arg2@option=PR_CAPBSET_READ,PR_CAPBSET_DROP prctl.arg3@option=PR_CAP_AMBIENT
list PR_CAP_AMBIENT_*: prctl.arg2@option=PR_CAP_AMBIENT
list PR_SET_MM_*: prctl.arg2@option=PR_SET_MM
list PR_SET_VMA_ANON_NAME: prctl.arg2@option=PR_SET_VMA
list PR_TIMING_*: prctl.arg2@option=PR_SET_TIMING
list PR_SCHED_CORE_*: prctl.arg2@option=PR_SCHED_CORE
list PR_SPEC_*: prctl.arg2@option=PR_SET_SPECULATION_CTRL,PR_GET_SPECULATION_CTRL prctl.arg3@option=PR_SET_SPECULATION_CTRL
process PR_SET_PTRACER_ANY: prctl.arg2@option=PR_SET_PTRACER
flags PR_MDWE_*: prctl.arg2@option=PR_SET_MDWE
list PR_MCE_KILL_SET PR_MCE_KILL_CLEAR: prctl.arg2@option=PR_MCE_KILL
list PR_TSC_*: prctl.arg2@option=PR_SET_TSC
list -: prctl.arg2@option=PR_SET_DUMPABLE,PR_SET_KEEPCAPS,PR_SET_NO_NEW_PRIVS,PR_SET_CHILD_SUBREAPER,PR_SET_IO_FLUSHER
flags PTRACE_O_*: ptrace.data@request=PTRACE_SETOPTIONS,PTRACE_SEIZE
list SIG* !SIG_* !SIGEV_*: ptrace.data@request=PTRACE_CONT,PTRACE_SYSCALL,PTRACE_SINGLESTEP,PTRACE_DETACH
list NT_*: ptrace.addr@request=PTRACE_GETREGSET,PTRACE_SETREGSET
list TCIFLUSH TCOFLUSH TCIOFLUSH: ioctl.arg@cmd=TCFLSH
list TCOOFF TCOON TCIOFF TCION: ioctl.arg@cmd=TCXONC
list SO_* SCM_*: setsockopt.optname@level=SOL_SOCKET getsockopt.optname@level=SOL_SOCKET
list IP_* MCAST_* MRT_* IPT_* ARPT_* EBT_* SO_ORIGINAL_DST SO_IP_SET IP_VS_*: setsockopt.optname@level=IPPROTO_IP getsockopt.optname@level=IPPROTO_IP
list IPV6_* MCAST_* MRT6_* IP6T_*: setsockopt.optname@level=IPPROTO_IPV6 getsockopt.optname@level=IPPROTO_IPV6
list TCP_*: setsockopt.optname@level=IPPROTO_TCP getsockopt.optname@level=IPPROTO_TCP
list UDP_*: setsockopt.optname@level=IPPROTO_UDP getsockopt.optname@level=IPPROTO_UDP
list PACKET_*: setsockopt.optname@level=SOL_PACKET getsockopt.optname@level=SOL_PACKET
list NETLINK_*: setsockopt.optname@level=SOL_NETLINK getsockopt.optname@level=SOL_NETLINK
list SCTP_*: setsockopt.optname@level=IPPROTO_SCTP getsockopt.optname@level=IPPROTO_SCTP
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
    for line in COMMANDS.strip().split("\n"):
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
        kind, patterns, away, added = said.get(key, DOMAINS["opaque"])
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
