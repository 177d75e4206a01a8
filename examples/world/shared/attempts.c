/* The attempts of an attacker's code in a program under a policy, on x86_64.
 *
 *   attempts FILTER
 *
 * FILTER is a file of `struct sock_filter`, as `cargo seccomp exec --write-bpf` writes it. Each attempt is made in a process of its own, without the
 * filter and under it. The process opens and prepares everything before the filter is in force, so that the result is that of the call that
 * matters. An attempt can have several ways, and succeeds if one of them does. Prints a line for each attempt: its name, its result without the
 * filter, and its result under the filter: `done`, the name of the errno, or `ended` by SIGSYS. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENDED 255
/* The flags with which the C library starts a thread. */
#define AS_A_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define LENGTH(array) (int)(sizeof(array) / sizeof(*(array)))

static pid_t parent;
static int program, there, listener, listener6, unix_listener, terminal, root_folder, pipe_end, name_space, process;
static struct sockaddr_in address;
static struct sockaddr_un unix_address = {.sun_family = AF_UNIX};
static struct { struct file_handle handle; unsigned char bytes[MAX_HANDLE_SZ]; } handle;
/* The memory to which attempts write, in this process and in the parent. */
static volatile long word;
static char stack[65536] __attribute__((aligned(16)));
static char *page;

/* Ends this process, also under a policy that fails its exit with an errno: a process that went on would make all attempts again. */
static void end(long status) {
    syscall(SYS_exit_group, status);
    __builtin_trap();
}

/* clone(2) whose child ends at once, on `stack` if it has one. */
static long clone_and_end(long flags, void *stack) {
    long result;
    register long zero __asm__("r10") = 0;
    register long also_zero __asm__("r8") = 0;
    __asm__ volatile("syscall\n\ttest %%eax, %%eax\n\tjnz 1f\n\tmov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall\n\tud2\n1:"
                     : "=a"(result) : "0"(SYS_clone), "D"(flags), "S"(stack), "d"(0), "r"(zero), "r"(also_zero) : "rcx", "r11", "memory");
    if (result < 0)
        return errno = -result, -1;
    return result;
}

static long a_program(int way) {
    char *arguments[] = {"attempts", "did", NULL};
    char *none[] = {NULL};
    return way == 0 ? syscall(SYS_execve, "/proc/self/exe", arguments, none) : syscall(SYS_execveat, program, "", arguments, none, AT_EMPTY_PATH);
}
static long clone3_and_end(long flags) {
    struct clone_args arguments = {.flags = flags, .exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0)
        end(0);
    return child;
}
static long a_process(int way) {
    if (way == 0)
        return clone_and_end(CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, NULL);
    if (way == 1)
        return clone_and_end(CLONE_VM | CLONE_VFORK | SIGCHLD, stack + sizeof stack);
    long child = syscall(SYS_fork);
    if (child == 0)
        end(0);
    return child;
}
static long a_process_by_clone3(int way) { (void)way; return clone3_and_end(0); }
static long a_thread(int way) {
    (void)way;
    return clone_and_end(AS_A_THREAD, stack + sizeof stack);
}
static long a_namespace_of_mounts(int way) { return way == 0 ? syscall(SYS_unshare, CLONE_NEWNS) : clone_and_end(CLONE_NEWNS | SIGCHLD, NULL); }
static long a_namespace_of_users(int way) { return way == 0 ? syscall(SYS_unshare, CLONE_NEWUSER) : clone_and_end(CLONE_NEWUSER | SIGCHLD, NULL); }
static long another_namespace(int way) {
    static const int flags[] = {CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP, CLONE_NEWTIME};
    return way < 4 ? syscall(SYS_unshare, (long)flags[way]) : way < 7 ? clone_and_end(flags[way - 4] | SIGCHLD, NULL)
         : clone_and_end(way == 7 ? CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUTS : AS_A_THREAD | CLONE_NEWUTS, stack + sizeof stack);
}
static long a_namespace_by_clone3(int way) { return clone3_and_end((int[]){CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWUTS}[way]); }
static long the_namespace_of_another(int way) { (void)way; return syscall(SYS_setns, name_space, 0); }
static long a_mount(int way) {
    return way == 0 ? syscall(SYS_mount, "none", "folder", "tmpfs", 0, NULL) : syscall(SYS_fsopen, "tmpfs", 0);
}
static long another_root(int way) {
    return way == 0 ? syscall(SYS_chroot, ".") : syscall(SYS_pivot_root, "/", "/") < 0 && errno == EBUSY ? 0 : -1;
}
static long root_again(int way) {
    return way == 0 ? syscall(SYS_setuid, 0) : way == 1 ? syscall(SYS_setresuid, 0, 0, 0) : syscall(SYS_setgid, 0);
}
/* The former number is the result, and there are no errors. */
static long a_user_for_files(int way) { (void)way; return syscall(SYS_setfsuid, 1); }
static long a_group_for_files(int way) { (void)way; return syscall(SYS_setfsgid, 1); }
static long groups(int way) { (void)way; return syscall(SYS_setgroups, 1, (gid_t[]){0}); }
static long two_groups(int way) { (void)way; return syscall(SYS_setgroups, 2, (gid_t[]){0, 1}); }
static long a_signal(int way) {
    siginfo_t info = {.si_code = SI_QUEUE};
    return way == 0 ? syscall(SYS_kill, parent, 0) : way == 1 ? syscall(SYS_tgkill, parent, parent, 0)
         : way == 2 ? syscall(SYS_rt_sigqueueinfo, parent, 0, &info) : syscall(SYS_pidfd_send_signal, process, 0, NULL, 0);
}
static long another_signal(int way) { return way == 0 ? syscall(SYS_kill, parent, SIGCONT) : syscall(SYS_tgkill, parent, parent, SIGCONT); }
static long a_signal_to_a_group(int way) {
    /* A process group that does not exist: the kernel looks for it, and no process gets a signal. */
    return syscall(SYS_kill, -0x7ffffff0L, (int[]){0, SIGTERM, SIGKILL}[way]) == 0 || errno == ESRCH ? 0 : -1;
}
static long a_signal_by_a_descriptor(int way) {
    (void)way;
    return syscall(SYS_fcntl, pipe_end, F_SETOWN, parent);
}
static long another_signal_by_a_descriptor(int way) {
    (void)way;
    return syscall(SYS_fcntl, pipe_end, F_SETSIG, SIGTERM);
}
static long processors_of_a_process(int way) {
    unsigned char all[128];
    (void)way;
    return syscall(SYS_sched_setaffinity, parent, sizeof all, memset(all, 255, sizeof all));
}
static long tracing(int way) { (void)way; return syscall(SYS_ptrace, 0, 0, 0, 0); }
static long memory_of_a_process(int way) {
    long value = 1;
    struct iovec here = {&value, sizeof value}, there = {(void *)&word, sizeof word};
    return way == 0 ? syscall(SYS_process_vm_writev, parent, &here, 1, &there, 1, 0) : syscall(SYS_process_vm_readv, parent, &here, 1, &there, 1, 0);
}
static long descriptor_of_a_process(int way) { (void)way; return syscall(SYS_pidfd_getfd, process, 0, 0); }
static long comparing_processes(int way) { (void)way; return syscall(SYS_kcmp, parent, parent, 0, 0, 0); }
static long where_memory_lies(int way) {
    return way == 0 ? syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) : way == 1 ? syscall(SYS_set_mempolicy, 0, NULL, 0) : syscall(SYS_move_pages, parent, 0, NULL, NULL, NULL, 0);
}
static long written_and_executed(int way) {
    if (way == 0)
        return (long)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (way == 5)
        return (long)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, there, 0);
    if (way == 1)
        return syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
    if (way == 2)
        return syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1);
    if (way == 3) {
        /* Maps shared memory a second time, and writes to the second mapping. */
        long first = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (first == -1)
            return -1;
        long second = syscall(SYS_mremap, first, 0, 4096, MREMAP_MAYMOVE);
        return second == -1 ? -1 : syscall(SYS_mprotect, second, 4096, PROT_READ | PROT_WRITE);
    }
    long memory = syscall(SYS_shmget, IPC_PRIVATE, 4096, 0700);
    if (memory < 0)
        return -1;
    long at = syscall(SYS_shmat, memory, NULL, SHM_EXEC);
    syscall(SYS_shmctl, memory, IPC_RMID, NULL);
    return at;
}
static long broken_pages(int way) { return syscall(SYS_madvise, page, 0, way == 0 ? MADV_HWPOISON : 101 /* MADV_SOFT_OFFLINE */) == 0 || errno == EINVAL ? 0 : -1; }
/* In 32 ways: for writing, or for reading too; with O_NOFOLLOW; with O_CREAT; with other flags; with open(2). */
static long opened(const char *path, int way, int flags, int other) {
    flags |= (way & 1 ? O_RDWR : O_WRONLY) | (way & 2 ? O_NOFOLLOW : 0) | (way & 4 ? O_CREAT : 0) | (way & 8 ? other : 0);
    return way & 16 ? syscall(SYS_open, path, flags, 0600) : syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}
static long a_new_file(int way) { return opened("new", way, O_CREAT, way & 4 ? O_EXCL : O_TRUNC); }
static long a_file_without_a_name(int way) { return opened(".", way & ~4, O_TMPFILE, 0); }
static long a_file_that_is_there(int way) { return opened("there", way, 0, 0); }
static long a_file_to_read_and_write(int way) { return opened("there", way | 1, 0, 0); }
static long a_file_by_a_link(int way) { return opened("link", way, 0, 0); }
static long a_file_that_is_emptied(int way) { return opened("there", way, O_TRUNC, 0); }
static long written(const char *path, int way, volatile const void *at) {
    long file = opened(path, way, 0, 0);
    return file < 0 || syscall(SYS_lseek, file, at, SEEK_SET) < 0 ? -1 : syscall(SYS_write, file, at, sizeof word);
}
static long own_code_by_proc(int way) { return written("/proc/self/mem", way, (const void *)a_program); }
static long a_process_by_proc(int way) {
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/mem", parent);
    return written(path, way, &word);
}
static long a_file_by_its_handle(int way) { (void)way; return syscall(SYS_open_by_handle_at, root_folder, &handle, O_RDONLY); }
static long a_folder(int way) { return way == 0 ? syscall(SYS_mkdir, "made", 0700) : syscall(SYS_mkdirat, AT_FDCWD, "made", 0700); }
static long a_device(int way) {
    return way == 0 ? syscall(SYS_mknod, "device", S_IFCHR | 0600, 0x103) : syscall(SYS_mknodat, AT_FDCWD, "device", S_IFCHR | 0600, 0x103);
}
static long another_owner(int way) {
    return way == 0 ? syscall(SYS_fchown, there, 1, 1) : way == 1 ? syscall(SYS_chown, "there", 1, 1) : syscall(SYS_fchownat, AT_FDCWD, "there", 1, 1, 0);
}
static long another_mode(int way) {
    return way == 0 ? syscall(SYS_chmod, "there", 04755) : way == 1 ? syscall(SYS_fchmodat, AT_FDCWD, "there", 04755) : syscall(SYS_fchmod, there, 04755);
}
static long a_new_file_with_rights(int way) {
    static const int flags[] = {O_WRONLY | O_CREAT, O_WRONLY | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_NOFOLLOW, O_RDWR | O_CREAT | O_EXCL};
    if (way < 12)
        return way & 1 ? syscall(SYS_open, "new", flags[way / 2], 04755) : syscall(SYS_openat, AT_FDCWD, "new", flags[way / 2], 04755);
    return way == 12 ? syscall(SYS_creat, "new", 04755) : way == 13 ? syscall(SYS_mknod, "new", S_IFREG | 04755, 0)
         : way == 14 ? syscall(SYS_mknodat, AT_FDCWD, "new", S_IFREG | 04755, 0) : syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 04755);
}
static long a_connection(int way) {
    /* TCP and Multipath TCP: connect(2), and data with the first packet. */
    static const struct { int type, protocol, call; } ways[] = {
        {SOCK_STREAM, 0, 0}, {SOCK_STREAM, 0, 1}, {SOCK_STREAM, 0, 2}, {SOCK_STREAM, 0, 3}, {SOCK_STREAM, 262, 0}, {SOCK_STREAM, 262, 1}, {SOCK_STREAM, 262, 2},
        {SOCK_DGRAM, 0, 1}, {SOCK_DGRAM, 0, 2}, {SOCK_DGRAM, 0, 3}, {SOCK_RAW, IPPROTO_UDP, 1},
    };
    int fast = ways[way].type == SOCK_STREAM ? MSG_FASTOPEN : 0;
    long file = syscall(SYS_socket, AF_INET, ways[way].type, ways[way].protocol);
    struct iovec text = {"text", 4};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &text, .msg_iovlen = 1}};
    if (file < 0)
        return -1;
    if (ways[way].call == 0)
        return syscall(SYS_connect, file, &address, sizeof address);
    if (ways[way].call == 1)
        return syscall(SYS_sendto, file, "text", 4, fast, &address, sizeof address);
    return ways[way].call == 2 ? syscall(SYS_sendmsg, file, &message.msg_hdr, fast) : syscall(SYS_sendmmsg, file, &message, 1, fast);
}
static long a_local_connection(int way) {
    long file = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    (void)way;
    return file < 0 ? -1 : syscall(SYS_connect, file, &unix_address, sizeof unix_address);
}
static long a_rare_socket(int way) {
    static const int sockets[][2] = {{AF_PACKET, SOCK_RAW}, {AF_ALG, SOCK_SEQPACKET}, {AF_VSOCK, SOCK_STREAM}};
    return syscall(SYS_socket, sockets[way][0], sockets[way][1], 0);
}
/* TIPC, for which the kernel loads a module; and IPv4, which has no pairs. */
static long a_rare_pair_of_sockets(int way) { int pair[2]; return syscall(SYS_socketpair, way == 0 ? 30 : AF_INET, SOCK_STREAM, 0, pair); }
static long a_raw_socket(int way) { return syscall(SYS_socket, AF_INET, SOCK_RAW, way == 0 ? IPPROTO_ICMP : IPPROTO_UDP); }
static long a_socket_of_the_firewall(int way) { (void)way; return syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 12 /* NETLINK_NETFILTER */); }
static long another_protocol_of_streams(int way) {
    (void)way;
    /* Multipath TCP. */
    return syscall(SYS_socket, AF_INET, SOCK_STREAM, 262);
}
static long a_socket_of_datagrams(int way) { return syscall(SYS_socket, way == 0 ? AF_INET : AF_UNIX, SOCK_DGRAM, 0); }
static long an_option_of_ip(int way) {
    int one = 1;
    return way < 16 ? syscall(SYS_setsockopt, listener, IPPROTO_IP, way, &one, sizeof one) : syscall(SYS_setsockopt, listener6, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
}
static long addresses_of_others(int way) {
    int one = 1;
    (void)way;
    return syscall(SYS_setsockopt, listener, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one);
}
static long a_question_about_ip(int way) {
    int answer;
    socklen_t size = sizeof answer;
    (void)way;
    return syscall(SYS_getsockopt, listener, IPPROTO_IP, IP_TTL, &answer, &size);
}
static long a_program_for_packets(int way) {
    struct sock_filter instruction = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog filter = {1, &instruction};
    (void)way;
    return syscall(SYS_setsockopt, listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
static long another_protocol_above(int way) {
    (void)way;
    /* A name that does not exist: the kernel asks for a module. */
    return syscall(SYS_setsockopt, listener, IPPROTO_TCP, 31 /* TCP_ULP */, "no such", 7) == 0 || errno == ENOENT ? 0 : -1;
}
static long another_filter(int way) {
    struct sock_filter instruction = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog filter = {1, &instruction};
    struct seccomp_notif_sizes sizes;
    return way == 0 ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) : way == 1 ? syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes)
                    : syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}
static long io_uring(int way) {
    char parameters[120] = "";
    (void)way;
    return syscall(SYS_io_uring_setup, 1, parameters);
}
static long typing(int way) {
    return way == 0 ? syscall(SYS_ioctl, terminal, TIOCSTI, "x") : syscall(SYS_ioctl, terminal, TIOCSTI | 1L << 32, "x");
}
static long a_program_in_the_kernel(int way) {
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    (void)way;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}
static long a_module(int way) {
    /* This is not a module, and the kernel says so. */
    return (way == 0 ? syscall(SYS_finit_module, program, "", 0) : syscall(SYS_init_module, page, 4096, "")) < 0 && (errno == ENOEXEC || errno == EINVAL) ? 0 : -1;
}
static long performance(int way) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .exclude_kernel = 1};
    (void)way;
    return syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
}
static long page_faults(int way) { (void)way; return syscall(SYS_userfaultfd, 1 /* of user space only */); }
static long a_key(int way) { return way == 0 ? syscall(SYS_add_key, "user", "world", "x", 1, KEY_SPEC_PROCESS_KEYRING) : syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1); }
static long another_personality(int way) { return syscall(SYS_personality, way == 0 ? 0x0400000L /* READ_IMPLIES_EXEC */ : 0x0040000L /* ADDR_NO_RANDOMIZE */); }
static long a_limit(int way) {
    struct rlimit limit = {64, 64};
    return way == 0 ? syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL) : way == 1 ? syscall(SYS_prlimit64, parent, RLIMIT_NOFILE, NULL, &limit) : syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit);
}
static long the_clock(int way) {
    /* An invalid time, and the kernel says so. */
    struct timespec no_time = {0, 2000000000};
    (void)way;
    return syscall(SYS_clock_settime, CLOCK_REALTIME, &no_time) == 0 || errno == EINVAL ? 0 : -1;
}
static long an_end_of_all(int way) {
    /* Without the numbers that it needs. */
    return (way == 0 ? syscall(SYS_reboot, 0, 0, 0, NULL) : syscall(SYS_swapoff, "folder")) == 0 || errno == EINVAL ? 0 : -1;
}
static long a_setting_of_the_process(int way) {
    return way == 0 ? syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) : way == 1 ? syscall(SYS_prctl, PR_SET_TSC, 1, 0, 0, 0) : syscall(SYS_arch_prctl, 0x1001 /* ARCH_SET_GS */, 0);
}
static long ports(int way) { return way == 0 ? syscall(SYS_ioperm, 0x80, 1, 1) : syscall(SYS_iopl, 3); }
static long the_log_of_the_kernel(int way) { (void)way; return syscall(SYS_syslog, 10, NULL, 0); }
static long a_segment(int way) { (void)way; return syscall(SYS_modify_ldt, 0, page, 16) >= 0 ? 0 : -1; }
static long a_call_of_32_bits(int way) {
    long result;
    /* The number of getpid(2) on x86. */
    (void)way;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(20L) : "r8", "r9", "r10", "r11", "memory");
    return (int)result < 0 ? (errno = -(int)result, -1) : result;
}
static long a_call_of_x32(int way) { return syscall(0x40000000L | (way == 0 ? SYS_getpid : 520 /* execve */), "/", NULL, NULL); }
static long the_number_above_all(int way) { return syscall(way == 0 ? 0xffffffffL : 5000); }

static const struct { const char *name; long (*run)(int way); int ways; } attempts[] = {
    {"a program", a_program, 2}, {"a process", a_process, 3}, {"a process by clone3", a_process_by_clone3, 1}, {"a thread", a_thread, 1}, {"a namespace of users", a_namespace_of_users, 2},
    {"a namespace of mounts", a_namespace_of_mounts, 2}, {"another namespace", another_namespace, 9}, {"a namespace by clone3", a_namespace_by_clone3, 3},
    {"the namespace of another", the_namespace_of_another, 1}, {"a mount", a_mount, 2},
    {"another root", another_root, 2}, {"root's id", root_again, 3}, {"a user for files", a_user_for_files, 1}, {"a group for files", a_group_for_files, 1},
    {"root's group in a list", groups, 1}, {"two groups", two_groups, 1}, {"another limit", a_limit, 3}, {"another personality", another_personality, 2},
    {"a signal", a_signal, 4}, {"another signal", another_signal, 2}, {"a signal to a group", a_signal_to_a_group, 3},
    {"a signal by a descriptor", a_signal_by_a_descriptor, 1}, {"another signal by a descriptor", another_signal_by_a_descriptor, 1},
    {"processors of a process", processors_of_a_process, 1},
    {"tracing", tracing, 1}, {"memory of a process", memory_of_a_process, 2}, {"memory of a process by /proc", a_process_by_proc, 32},
    {"a descriptor of a process", descriptor_of_a_process, 1}, {"comparing processes", comparing_processes, 1},
    {"memory that is written and executed", written_and_executed, 6}, {"own code by /proc", own_code_by_proc, 32}, {"where memory lies", where_memory_lies, 3}, {"broken pages", broken_pages, 2},
    {"a segment", a_segment, 1}, {"page faults", page_faults, 1},
    {"a new file", a_new_file, 32}, {"a file without a name", a_file_without_a_name, 32}, {"a file that is there", a_file_that_is_there, 32},
    {"a file to read and write", a_file_to_read_and_write, 32}, {"a file by a link", a_file_by_a_link, 32}, {"a file that is emptied", a_file_that_is_emptied, 32},
    {"a file by its handle", a_file_by_its_handle, 1}, {"a folder", a_folder, 2}, {"a device", a_device, 2}, {"another owner", another_owner, 3}, {"another mode", another_mode, 3}, {"a new file with rights", a_new_file_with_rights, 16},
    {"a connection", a_connection, 11}, {"a local connection", a_local_connection, 1}, {"a rare socket", a_rare_socket, 3}, {"a rare pair of sockets", a_rare_pair_of_sockets, 2}, {"a raw socket", a_raw_socket, 2},
    {"a socket of the firewall", a_socket_of_the_firewall, 1},
    {"Multipath TCP", another_protocol_of_streams, 1},
    {"a socket of datagrams", a_socket_of_datagrams, 2}, {"an option of IP", an_option_of_ip, 17}, {"addresses of others", addresses_of_others, 1},
    {"a question about IP", a_question_about_ip, 1},
    {"a filter for packets", a_program_for_packets, 1}, {"a protocol above TCP", another_protocol_above, 1},
    {"another filter", another_filter, 3}, {"io_uring", io_uring, 1}, {"typing into the terminal", typing, 2}, {"a program in the kernel", a_program_in_the_kernel, 1},
    {"a module of the kernel", a_module, 2}, {"performance counters", performance, 1}, {"a key", a_key, 2}, {"ports", ports, 2},
    {"the clock", the_clock, 1}, {"a restart, swapping", an_end_of_all, 2}, {"a setting of the process", a_setting_of_the_process, 3},
    {"the kernel's log", the_log_of_the_kernel, 1}, {"a call of 32 bits", a_call_of_32_bits, 1}, {"a call of x32", a_call_of_x32, 2},
    {"an unknown call", the_number_above_all, 2},
};

/* Makes an attempt in one way, in a new process. Returns 0 if it succeeds, ENDED, or the errno. */
static int outcome(int attempt, int way, const struct sock_fprog *filter) {
    int status;
    unlink("new");
    unlink("device");
    rmdir("made");
    pid_t child = fork();
    if (child == 0) {
        if (filter && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter)))
            end(254);
        long result = attempts[attempt].run(way);
        end(result >= 0 || result < -4095 ? 0 : errno);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? (WTERMSIG(status) == SIGSYS ? ENDED : 253) : WEXITSTATUS(status);
}

/* The best result of all ways: done, otherwise an errno, otherwise the end. */
static const char *best(int attempt, const struct sock_fprog *filter) {
    int best = ENDED;
    for (int way = 0; way < attempts[attempt].ways; way++) {
        int now = outcome(attempt, way, filter);
        if (now >= 253 && now != ENDED)
            return "failed";
        if (now == 0 || best == ENDED)
            best = now;
        if (best == 0)
            break;
    }
    return best == 0 ? "done" : best == ENDED ? "ended" : strerrorname_np(best);
}

int main(int count, char **arguments) {
    static struct sock_filter instructions[4096];
    if (count == 2 && !strcmp(arguments[1], "did"))
        return 0;
    int file = count == 2 ? open(arguments[1], O_RDONLY) : -1;
    ssize_t length = file < 0 ? -1 : read(file, instructions, sizeof instructions);
    if (length <= 0)
        return fprintf(stderr, "attempts: no filter\n"), 2;
    struct sock_fprog filter = {length / sizeof *instructions, instructions};
    /* Mounts and names that an attempt makes vanish with this process. */
    if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) == 0)
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    parent = getpid();
    int ends[2], mount_number;
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(unix_address.sun_path + 1, 40, "world-%d", parent);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    listener6 = socket(AF_INET6, SOCK_STREAM, 0);
    unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);
    handle.handle.handle_bytes = MAX_HANDLE_SZ;
    if ((mkdir("folder", 0700) && errno != EEXIST) || (symlink("there", "link") && errno != EEXIST))
        return perror("attempts: a folder and a link"), 2;
    if (pipe(ends) || (there = open("there", O_CREAT | O_RDWR, 0600)) < 0 || bind(listener, (void *)&address, sizeof address) || listen(listener, 1000) ||
        getsockname(listener, (void *)&address, &size) || bind(unix_listener, (void *)&unix_address, sizeof unix_address) || listen(unix_listener, 1000))
        return perror("attempts"), 2;
    pipe_end = ends[0];
    program = open("/proc/self/exe", O_RDONLY);
    name_space = open("/proc/self/ns/uts", O_RDONLY);
    root_folder = open(".", O_RDONLY);
    name_to_handle_at(AT_FDCWD, "there", &handle.handle, &mount_number, 0);
    process = syscall(SYS_pidfd_open, parent, 0);
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
        terminal = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int attempt = 0; attempt < LENGTH(attempts); attempt++) {
        const char *without = best(attempt, NULL);
        printf("%s\t%s\t%s\n", attempts[attempt].name, without, best(attempt, &filter));
    }
    return 0;
}
