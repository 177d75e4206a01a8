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
# Columns: call; the kernel's name of the argument; what it is; the constants that belong to it, with "*" at the end for
# all that begin so, "!" before one that does not all the same, "*" alone for any, or "ioctl" for the commands that
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
    "user": ("user", "*", "-", "-"),
    "address": ("address", "*", "-", "-"),
    "size": ("size", "*", "-", "-"),
    "count": ("count", "*", "-", "-"),
    "opaque": ("opaque", "*", "-", "-"),
    "any-flags": ("flags", "*", "-", "-"),
    "any-list": ("list", "*", "-", "-"),
    "open": ("flags", "O_*", "0x80000000", "O_CLOEXEC O_LARGEFILE"),
    "ioctl": ("list", "ioctl", "-", "-"),
    "o-flags": ("flags", "O_* FD_CLOEXEC UFFD_*", "-", "-"),
    "mode": ("flags", "S_*", "-", "-"),
    "access": ("flags", "R_OK W_OK X_OK F_OK", "-", "-"),
    "policy": ("list", "MPOL_*", "MPOL_F_STATIC_NODES MPOL_F_RELATIVE_NODES MPOL_F_NUMA_BALANCING", "-"),
    "clone": ("flags", "CLONE_* SIG* CSIGNAL !CLONE_NEWTIME", "-", "-"),
    "family": ("list", "AF_* PF_*", "-", "-"),
    "socket-type": ("list", "SOCK_*", "SOCK_CLOEXEC SOCK_NONBLOCK", "SOCK_CLOEXEC"),
    "level": ("list", "SOL_* IPPROTO_*", "-", "-"),
    "lock": ("list", "LOCK_*", "LOCK_NB", "-"),
    "ipc-command": ("list", "IPC_* MSG_* SHM_* SEM_* GET* SET*", "IPC_64@", "-"),
    "signal": ("list", "SIG*", "-", "-"),
    "wait": ("flags", "WNOHANG WUNTRACED WSTOPPED WEXITED WCONTINUED WNOWAIT __W*", "-", "-"),
    "scheduler": ("list", "SCHED_*", "SCHED_RESET_ON_FORK", "-"),
    "futex": ("list", "FUTEX_*", "FUTEX_PRIVATE_FLAG FUTEX_CLOCK_REALTIME", "FUTEX_PRIVATE_FLAG"),
    "futex2": ("flags", "FUTEX2_* FUTEX_*", "-", "-"),
    "personality": ("flags", "PER_* ADDR_* READ_IMPLIES_EXEC MMAP_PAGE_ZERO STICKY_TIMEOUTS WHOLE_SECONDS SHORT_INODE", "-", "-"),
    "register": ("list", "IORING_*", "IORING_REGISTER_USE_REGISTERED_RING", "-"),
    "ipc-get": ("flags", "IPC_* SHM_* S_*", "-", "-"),
    "ipc-flags": ("flags", "IPC_* SHM_* MSG_*", "-", "-"),
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
open: open.flags openat.flags
o-flags: mq_open.oflag open_by_handle_at.flags pipe2.flags dup3.flags userfaultfd.flags memfd_secret.flags delete_module.flags
o-flags: fanotify_init.event_f_flags
mode: mode umask.mask
access: access.mode faccessat.mode faccessat2.mode
policy: mbind.mode set_mempolicy.mode
clone: clone.clone_flags
family: family
socket-type: socket.type socketpair.type
level: getsockopt.level setsockopt.level
lock: flock.cmd
ipc-command: msgctl.cmd semctl.cmd shmctl.cmd
signal: sig signal.sig
opaque: rseq.sig
wait: wait4.options waitid.options waitpid.options
scheduler: sched_setscheduler.policy sched_get_priority_max.policy sched_get_priority_min.policy
futex: futex.op futex_time64.op
futex2: futex_wait.flags futex_wake.flags futex_requeue.flags
personality: personality
register: io_uring_register.opcode
ipc-get: shmget.shmflg msgget.msgflg semget.semflg
ipc-flags: shmat.shmflg msgsnd.msgflg msgrcv.msgflg
ioctl: ioctl.cmd
any-list: sysmips.cmd vm86.cmd
any-list: sysfs.option modify_ldt.func syslog.type pciconfig_iobase.which s390_sthyi.function_code
any-list: s390_guarded_storage.command s390_runtime_instr.command cachectl.op cacheflush.op cacheflush.scope cacheflush.cache
"""

# The rest of the flags and lists: their constants, and whose they are.
CONSTANTS = """
list SYS_*: socketcall.call
list SEMOP SEMGET SEMCTL SEMTIMEDOP MSGSND MSGRCV MSGGET MSGCTL SHMAT SHMDT SHMGET SHMCTL: ipc.call
list SUBCMDMASK USRQUOTA GRPQUOTA PRJQUOTA: quotactl.cmd quotactl_fd.cmd
flags FALLOC_FL_*: fallocate.mode
flags PROT_*: prot
flags MAP_*: mmap.flags mmap2.flags remap_file_pages.flags
flags CLONE_*: unshare.unshare_flags setns.flags
flags SOCK_*: accept4.flags
flags MSG_*: recv.flags recvfrom.flags recvmsg.flags recvmmsg.flags recvmmsg_time64.flags send.flags sendto.flags sendmsg.flags sendmmsg.flags
list SHUT_*: shutdown.how
list F_*: fcntl.cmd fcntl64.cmd
list BPF_*: bpf.cmd
list FSCONFIG_*: fsconfig.cmd
list MEMBARRIER_*: membarrier.cmd
flags MEMBARRIER_*: membarrier.flags
list LINUX_REBOOT_CMD_*: reboot.cmd
list LINUX_REBOOT_MAGIC*: reboot.magic1 reboot.magic2
list PR_*: prctl.option
list ARCH_*: arch_prctl.option
list KEYCTL_*: keyctl.option
list PTRACE_*: ptrace.request
list SEEK_*: lseek.whence _llseek.whence
list MADV_*: madvise.behavior process_madvise.behavior
list POSIX_FADV_*: fadvise64.advice fadvise64.advise fadvise64_64.advice arm_fadvise64_64.advice
list EPOLL_CTL_*: epoll_ctl.op
flags EPOLL_CLOEXEC O_CLOEXEC: epoll_create1.flags
flags EFD_*: eventfd2.flags
flags SFD_*: signalfd4.flags
flags IN_*: inotify_init1.flags inotify_add_watch.mask
flags TFD_*: timerfd_create.flags timerfd_settime.flags timerfd_settime64.flags
flags MFD_*: memfd_create.flags
flags GRND_*: getrandom.flags
flags CLOSE_RANGE_*: close_range.flags
flags AT_*: execveat.flags faccessat2.flags fchmodat2.flags linkat.flags statx.flags utimensat.flags utimensat_time64.flags
flags AT_*: fchownat.flag newfstatat.flag fstatat64.flag name_to_handle_at.flag unlinkat.flag at_flags mount_setattr.flags
flags STATX_*: statx.mask
flags OPEN_TREE_* AT_* O_CLOEXEC: open_tree.flags open_tree_attr.flags
flags MS_*: mount.flags msync.flags
flags MNT_* UMOUNT_*: umount2.flags
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
list P_*: waitid.which
flags XATTR_*: setxattr.flags lsetxattr.flags fsetxattr.flags
flags FAN_*: fanotify_init.flags fanotify_mark.flags fanotify_mark.mask
list CLOCK_*: which_clock clockid
flags TIMER_ABSTIME: clock_nanosleep.flags clock_nanosleep_time64.flags timer_settime.flags timer_settime64.flags
list ITIMER_*: getitimer.which setitimer.which
list PRIO_*: getpriority.which setpriority.which
list IOPRIO_*: ioprio_get.which ioprio_set.which
list RUSAGE_*: getrusage.who
list RLIMIT_*: resource
list KCMP_*: kcmp.type
list SECCOMP_*: seccomp.op
flags SECCOMP_*: seccomp.flags
flags PERF_FLAG_*: perf_event_open.flags
flags PIDFD_* O_*: pidfd_open.flags pidfd_send_signal.flags
list SIG_*: rt_sigprocmask.how sigprocmask.how
flags IORING_*: io_uring_enter.flags
flags LANDLOCK_*: landlock_create_ruleset.flags landlock_restrict_self.flags landlock_add_rule.flags
list LANDLOCK_RULE_*: landlock_add_rule.rule_type
flags KEXEC_*: kexec_load.flags kexec_file_load.flags
flags MODULE_INIT_*: finit_module.flags
flags MPOL_*: mbind.flags move_pages.flags get_mempolicy.flags
flags PKEY_*: pkey_alloc.init_val
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
    for call, name in sorted(arguments):
        key = (call, name) if (call, name) in said else (None, name)
        used.add(key)
        kind, patterns, away, added = said.get(key, DOMAINS["opaque"])
        if away == "IPC_64@":
            away = f"IPC_64@{old_ipc[call]}" if old_ipc[call] else "-"
        lines.append("\t".join([call, name, kind, patterns, away, added]))
    for key in sorted(set(said) - used, key=str):
        print(f"no call has an argument {key}", file=sys.stderr)
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    sys.exit(tsv.write("domains.tsv", text(OLD_IPC), options.check))
