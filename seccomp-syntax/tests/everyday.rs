//! Policies as people write them every day, of one to four rules, beside the straight chain that a person would
//! write for each: none of the filters is longer by more than an instruction, and none is deeper.

use fastrand::Rng;
use seccomp_ir::abi::Abi;
use seccomp_ir::prove::{Refusal, prove};
use seccomp_syntax::PolicyText;
use seccomp_test_support::chain::chain;
use seccomp_test_support::distribution::Distribution;

const ABIS: [Abi; 5] = [Abi::X86_64, Abi::X86, Abi::S390x, Abi::Arm, Abi::Aarch64];

/// How many policies are drawn.
const COUNT: u64 = 300;

/// One kind of rules. A policy has at most one kind about the same calls, because the rules would decide each other's calls.
struct Shape {
    about: &'static str,
    rules: fn(&mut Rng, Abi) -> Vec<String>,
}

const SHAPES: &[Shape] = &[
    Shape { about: "ioctl", rules: deny_in_a_group },
    Shape { about: "ioctl", rules: commands_of_a_driver },
    Shape { about: "ioctl", rules: commands_by_direction },
    Shape { about: "ioctl", rules: commands_by_size },
    Shape { about: "ioctl", rules: listed_commands },
    Shape { about: "socket", rules: socket_types },
    Shape { about: "socket", rules: packet_sockets },
    Shape { about: "accept4", rules: accept_flags },
    Shape { about: "uid", rules: uid_range },
    Shape { about: "uid", rules: uid_under_a_mask },
    Shape { about: "chown", rules: owners },
    Shape { about: "fcntl", rules: fcntl_commands },
    Shape { about: "fcntl", rules: fcntl_flags },
    Shape { about: "prctl", rules: prctl_options },
    Shape { about: "prctl", rules: prctl_with_arguments },
    Shape { about: "mmap", rules: anonymous_memory },
    Shape { about: "mmap", rules: never_writable_and_executable },
    Shape { about: "mprotect", rules: protection },
    Shape { about: "clone", rules: threads },
    Shape { about: "clone", rules: no_namespaces },
    Shape { about: "unshare", rules: unshare },
    Shape { about: "futex", rules: futex_operations },
    Shape { about: "futex", rules: futex_by_command },
    Shape { about: "openat", rules: read_only },
    Shape { about: "openat", rules: no_creation },
    Shape { about: "fchmodat", rules: modes },
    Shape { about: "kill", rules: signals },
    Shape { about: "tgkill", rules: signals_of_threads },
    Shape { about: "rt_sigaction", rules: handlers },
    Shape { about: "write", rules: short_writes },
    Shape { about: "write", rules: standard_output },
    Shape { about: "getrandom", rules: random_bytes },
    Shape { about: "ftruncate", rules: file_sizes },
    Shape { about: "lseek", rules: offsets },
    Shape { about: "madvise", rules: advice },
    Shape { about: "setsockopt", rules: socket_options },
    Shape { about: "prlimit64", rules: limits },
    Shape { about: "clock_gettime", rules: clocks },
    Shape { about: "personality", rules: personalities },
    Shape { about: "memfd_create", rules: memory_files },
    Shape { about: "dup3", rules: descriptors },
    Shape { about: "ptrace", rules: tracing },
];

/// Some of these, in order.
fn some(rng: &mut Rng, of: &[&str], most: usize) -> Vec<String> {
    let count = rng.usize(1..=most.min(of.len()));
    let mut chosen: Vec<usize> = (0..of.len()).collect();
    rng.shuffle(&mut chosen);
    chosen.truncate(count);
    chosen.sort_unstable();
    chosen.into_iter().map(|index| of[index].to_owned()).collect()
}

fn list(rng: &mut Rng, of: &[&str], most: usize) -> String {
    some(rng, of, most).join(", ")
}

fn flags(rng: &mut Rng, of: &[&str], most: usize) -> String {
    some(rng, of, most).join(" | ")
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// An action of a rule above the one that allows.
fn denial(rng: &mut Rng) -> &'static str {
    one(rng, &["errno(EPERM)", "errno(EACCES)", "kill", "log", "trap"])
}

fn deny_in_a_group(rng: &mut Rng, _: Abi) -> Vec<String> {
    let (deny, what) =
        (denial(rng), list(rng, &["TIOCSTI", "TIOCLINUX", "TIOCSCTTY", "TIOCSETD"], 4));
    let group = one(
        rng,
        &["cmd & 0xff00 == 0x5400", "cmd & 0xffffff00 == 0x5400", "cmd in 0x5400..=0x54ff"],
    );
    vec![format!("{deny} ioctl(cmd in {{{what}}})"), format!("allow ioctl({group})")]
}

fn commands_of_a_driver(rng: &mut Rng, _: Abi) -> Vec<String> {
    let kind = one(rng, &["0x64", "0x45", "0xae", "0x56", "0x89", "0x4e"]);
    let first = rng.u32(..8) * 16;
    let last = first + rng.u32(1..64);
    let other = one(rng, &["TCGETS", "FIONREAD", "FIONBIO", "TIOCGWINSZ"]);
    match rng.u8(..3) {
        0 => vec![format!("allow ioctl(cmd & 0xff00 == {kind}00 || cmd == {other})")],
        1 => vec![format!("allow ioctl(cmd & 0xff00 == {kind}00, cmd & 0xff in {first}..={last})")],
        _ => vec![
            format!("allow ioctl(cmd == {other})"),
            format!("allow ioctl(cmd & 0xff00 == {kind}00, cmd & 0xff <= {last})"),
        ],
    }
}

fn commands_by_direction(rng: &mut Rng, _: Abi) -> Vec<String> {
    let kind = one(rng, &["0x6400", "0x5600", "0xae00", "0x4800"]);
    let direction = one(rng, &["== 0", "== 0x80000000", "== 0x40000000", "!= 0", "!= 0xc0000000"]);
    vec![format!("allow ioctl(cmd & 0xff00 == {kind}, cmd & 0xc0000000 {direction})")]
}

fn commands_by_size(rng: &mut Rng, _: Abi) -> Vec<String> {
    let size = one(rng, &["<= 0x400000", "== 0x80000", "!= 0", "< 0x10000000"]);
    let kind = one(rng, &["0x6400", "0x5600", "0xae00"]);
    let mut rules = vec![format!("allow ioctl(cmd & 0xff00 == {kind}, cmd & 0x3fff0000 {size})")];
    if rng.bool() {
        rules.push(format!("{} ioctl(cmd & 0xff00 == {kind})", denial(rng)));
    }
    rules
}

fn listed_commands(rng: &mut Rng, _: Abi) -> Vec<String> {
    let commands = [
        "TCGETS",
        "TCSETS",
        "TCSETSW",
        "TIOCGWINSZ",
        "TIOCSWINSZ",
        "TIOCGPGRP",
        "TIOCSPGRP",
        "FIONREAD",
        "FIONBIO",
        "FIOCLEX",
        "FIONCLEX",
        "TIOCGSID",
    ];
    let fd = if rng.bool() { ", fd <= 2" } else { "" };
    vec![format!("allow ioctl(cmd in {{{}}}{fd})", list(rng, &commands, 12))]
}

fn socket_types(rng: &mut Rng, _: Abi) -> Vec<String> {
    let families = list(rng, &["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"], 4);
    match rng.u8(..4) {
        0 => vec![format!("allow socket(family in {{{families}}}, type & 0xf == SOCK_STREAM)")],
        1 => vec![format!("allow socket(family in {{{families}}}, type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) in {{SOCK_STREAM, SOCK_DGRAM}})")],
        2 => vec![format!("allow socket(family in {{{families}}}, type & 0xf in {{SOCK_STREAM, SOCK_DGRAM}}, protocol in {{0, IPPROTO_TCP, IPPROTO_UDP}})")],
        _ => vec![
            "allow socket(family == AF_UNIX)".to_owned(),
            "allow socket(family in {AF_INET, AF_INET6}, type & 0xf == SOCK_STREAM, type & SOCK_CLOEXEC != 0)".to_owned(),
        ],
    }
}

fn packet_sockets(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![
        format!("{} socket(type & 0xf in {{SOCK_RAW, SOCK_PACKET}})", denial(rng)),
        format!("allow socket(family <= {})", one(rng, &["AF_INET", "AF_INET6", "AF_PACKET"])),
    ]
}

fn accept_flags(rng: &mut Rng, _: Abi) -> Vec<String> {
    let exact = [
        "flags == SOCK_CLOEXEC",
        "flags & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == 0",
        "flags & SOCK_CLOEXEC != 0",
    ];
    vec![format!("allow accept4({})", one(rng, &exact))]
}

/// The call that sets user ids of 32 bits.
fn setuid(abi: Abi) -> &'static str {
    if matches!(abi, Abi::X86 | Abi::Arm) { "setuid32" } else { "setuid" }
}

fn uid_range(rng: &mut Rng, abi: Abi) -> Vec<String> {
    let (call, first) = (setuid(abi), 1000 * rng.u32(1..70));
    let last = first + rng.u32(1..70_000);
    match rng.u8(..3) {
        0 => vec![format!("allow {call}(uid in {first}..={last})")],
        1 => vec![
            format!("{} {call}(uid == {})", denial(rng), first + 1),
            format!("allow {call}(uid >= {first})"),
        ],
        _ => vec![format!("allow {call}(uid in {{65534, {first}..={last}}})")],
    }
}

fn uid_under_a_mask(rng: &mut Rng, abi: Abi) -> Vec<String> {
    let (call, first) = (setuid(abi), 65_536 * rng.u32(1..30));
    let below = [1000, 1 << 12, 500][rng.usize(..3)];
    let mut rules = vec![format!("allow {call}(uid >= {first}, uid & 0xffff < {below})")];
    if rng.bool() {
        rules.insert(0, format!("{} {call}(uid & 0xffff == 0)", denial(rng)));
    }
    rules
}

fn owners(rng: &mut Rng, _: Abi) -> Vec<String> {
    let id = 1000 + rng.u32(..50);
    match rng.u8(..3) {
        0 => vec![format!("allow fchownat(user == {id}, group == {id})")],
        1 => vec![format!(
            "allow fchownat(user in {{{id}, 0xffffffff}}, group in {{{id}, 0xffffffff}})"
        )],
        _ => vec![format!(
            "allow fchownat(user >= 1000, group >= 1000, flag & !AT_SYMLINK_NOFOLLOW == 0)"
        )],
    }
}

const FCNTL: [&str; 12] = [
    "F_DUPFD",
    "F_GETFD",
    "F_SETFD",
    "F_GETFL",
    "F_SETFL",
    "F_GETLK",
    "F_SETLK",
    "F_SETLKW",
    "F_DUPFD_CLOEXEC",
    "F_GETPIPE_SZ",
    "F_ADD_SEALS",
    "F_GET_SEALS",
];

fn fcntl_commands(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow fcntl(cmd in {{{}}})", list(rng, &FCNTL, 12))]
}

fn fcntl_flags(rng: &mut Rng, _: Abi) -> Vec<String> {
    let mut rules = vec![
        "allow fcntl(cmd == F_SETFD, arg == FD_CLOEXEC)".to_owned(),
        "allow fcntl(cmd == F_SETFL, arg & !(O_NONBLOCK | O_APPEND) == 0)".to_owned(),
        format!(
            "allow fcntl(cmd in {{{}}})",
            list(rng, &["F_GETFD", "F_GETFL", "F_GETLK", "F_GETOWN"], 4)
        ),
    ];
    rules.remove(rng.usize(..3));
    rules
}

const PRCTL: [&str; 10] = [
    "PR_SET_NAME",
    "PR_GET_NAME",
    "PR_SET_PDEATHSIG",
    "PR_GET_DUMPABLE",
    "PR_SET_DUMPABLE",
    "PR_SET_NO_NEW_PRIVS",
    "PR_SET_TIMERSLACK",
    "PR_SET_VMA",
    "PR_CAPBSET_READ",
    "PR_GET_SECCOMP",
];

fn prctl_options(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow prctl(option in {{{}}})", list(rng, &PRCTL, 10))]
}

fn prctl_with_arguments(rng: &mut Rng, _: Abi) -> Vec<String> {
    let mut rules = vec![
        "allow prctl(option == PR_SET_VMA, arg2 == 0)".to_owned(),
        "allow prctl(option == PR_SET_DUMPABLE, arg2 in {0, 1})".to_owned(),
        format!(
            "allow prctl(option in {{{}}})",
            list(rng, &["PR_SET_NAME", "PR_GET_NAME", "PR_CAPBSET_READ"], 3)
        ),
    ];
    rules.remove(rng.usize(..3));
    rules
}

/// The call that maps memory and takes its arguments in registers; none on s390x.
fn mmap(abi: Abi) -> Option<&'static str> {
    match abi {
        Abi::X86 | Abi::Arm => Some("mmap2"),
        Abi::S390x => None,
        _ => Some("mmap"),
    }
}

fn anonymous_memory(rng: &mut Rng, abi: Abi) -> Vec<String> {
    let Some(call) = mmap(abi) else { return protection(rng, abi) };
    match rng.u8(..4) {
        0 => vec![format!("allow {call}(prot & PROT_EXEC == 0, fd == -1)")],
        1 => vec![format!(
            "allow {call}(prot in {{PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE}}, flags & MAP_ANONYMOUS != 0, fd == -1)"
        )],
        2 => vec![format!(
            "allow {call}(length <= 0x{:x}, prot & !(PROT_READ | PROT_WRITE) == 0, flags & !(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) == 0)",
            1_u64 << rng.u32(12..31)
        )],
        _ => vec![format!(
            "allow {call}(addr == 0, prot == PROT_READ | PROT_WRITE, flags == MAP_PRIVATE | MAP_ANONYMOUS, fd == -1)"
        )],
    }
}

fn never_writable_and_executable(rng: &mut Rng, abi: Abi) -> Vec<String> {
    let Some(call) = mmap(abi) else { return protection(rng, abi) };
    let deny = denial(rng);
    let both = one(
        rng,
        &[
            "prot & PROT_EXEC != 0, prot & PROT_WRITE != 0",
            "prot & (PROT_EXEC | PROT_WRITE) == PROT_EXEC | PROT_WRITE",
        ],
    );
    vec![format!("{deny} {call}({both})"), format!("allow {call}")]
}

fn protection(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..3) {
        0 => vec!["allow mprotect(prot & PROT_EXEC == 0)".to_owned()],
        1 => vec![
            "allow mprotect(prot in {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE})".to_owned(),
        ],
        _ => vec![
            format!(
                "{} mprotect(prot & (PROT_WRITE | PROT_EXEC) == PROT_WRITE | PROT_EXEC)",
                denial(rng)
            ),
            format!("allow mprotect(len <= 0x{:x})", 1_u64 << rng.u32(12..31)),
        ],
    }
}

const THREAD: &str =
    "CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM";

const NAMESPACES: [&str; 7] = [
    "CLONE_NEWNS",
    "CLONE_NEWCGROUP",
    "CLONE_NEWUTS",
    "CLONE_NEWIPC",
    "CLONE_NEWUSER",
    "CLONE_NEWPID",
    "CLONE_NEWNET",
];

fn threads(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..3) {
        0 => vec![format!("allow clone(flags & ({THREAD}) == {THREAD})")],
        1 => vec![format!(
            "allow clone(flags == {THREAD} | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)"
        )],
        _ => vec![
            "allow clone(flags & CLONE_THREAD != 0)".to_owned(),
            "errno(EPERM) clone(flags & 0xff == SIGCHLD)".to_owned(),
        ],
    }
}

fn no_namespaces(rng: &mut Rng, _: Abi) -> Vec<String> {
    let named = flags(rng, &NAMESPACES, 7);
    if rng.bool() {
        vec![format!("allow clone(flags & ({named}) == 0)")]
    } else {
        vec![format!("{} clone(flags & ({named}) != 0)", denial(rng)), "allow clone".to_owned()]
    }
}

fn unshare(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow unshare(flags & !({}) == 0)", flags(rng, &NAMESPACES, 7))]
}

fn futex_operations(rng: &mut Rng, _: Abi) -> Vec<String> {
    let operations = [
        "FUTEX_WAIT | FUTEX_PRIVATE_FLAG",
        "FUTEX_WAKE | FUTEX_PRIVATE_FLAG",
        "FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG",
        "FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | FUTEX_PRIVATE_FLAG",
        "FUTEX_WAIT",
        "FUTEX_WAKE",
        "FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG",
    ];
    vec![format!("allow futex(op in {{{}}})", list(rng, &operations, 7))]
}

fn futex_by_command(rng: &mut Rng, _: Abi) -> Vec<String> {
    let commands = [
        "FUTEX_WAIT",
        "FUTEX_WAKE",
        "FUTEX_REQUEUE",
        "FUTEX_CMP_REQUEUE",
        "FUTEX_WAKE_OP",
        "FUTEX_WAIT_BITSET",
        "FUTEX_WAKE_BITSET",
    ];
    let commands = list(rng, &commands, 7);
    match rng.u8(..3) {
        0 => vec![format!(
            "allow futex(op & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME) in {{{commands}}})"
        )],
        1 => {
            vec![format!("allow futex(op & FUTEX_PRIVATE_FLAG != 0, op & 0x7f in {{{commands}}})")]
        }
        _ => vec![
            "errno(ENOSYS) futex(op & 0x7f in {FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI})"
                .to_owned(),
            format!("allow futex(op & 0x7f in {{{commands}}}, val <= 1)"),
        ],
    }
}

fn read_only(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..4) {
        0 => vec!["allow openat(flags & O_ACCMODE == O_RDONLY)".to_owned()],
        1 => vec!["allow openat(flags & !(O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY) == 0)".to_owned()],
        2 => vec!["allow openat(dfd == AT_FDCWD, flags & O_ACCMODE == O_RDONLY, flags & (O_CREAT | O_TRUNC) == 0)".to_owned()],
        _ => vec!["errno(EROFS) openat(flags & O_ACCMODE in {O_WRONLY, O_RDWR})".to_owned(), "allow openat".to_owned()],
    }
}

fn no_creation(rng: &mut Rng, _: Abi) -> Vec<String> {
    let mut rules = vec![
        format!(
            "{} openat(flags & O_CREAT != 0, mode & 0o{} != 0)",
            denial(rng),
            one(rng, &["22", "77", "111", "7000"])
        ),
        "allow openat(flags & (O_CREAT | O_EXCL) != O_CREAT)".to_owned(),
    ];
    if rng.bool() {
        rules.remove(rng.usize(..2));
    }
    if rules.len() == 1 && !rules[0].starts_with("allow") {
        rules.push("allow openat".to_owned());
    }
    rules
}

fn modes(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..3) {
        0 => vec!["allow fchmodat(mode & 0o6000 == 0)".to_owned()],
        1 => vec!["allow fchmodat(mode in {0o600, 0o640, 0o644, 0o755})".to_owned()],
        _ => vec![
            "errno(EPERM) fchmodat(mode & (S_ISUID | S_ISGID) != 0)".to_owned(),
            "allow fchmodat(mode & 0o2 == 0)".to_owned(),
        ],
    }
}

const SIGNALS: [&str; 9] = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGCHLD", "SIGCONT",
];

fn signals(rng: &mut Rng, _: Abi) -> Vec<String> {
    let pid = 100 + rng.u32(..30_000);
    match rng.u8(..3) {
        0 => vec![format!("allow kill(sig in {{0, {}}})", list(rng, &SIGNALS, 9))],
        1 => vec![format!("allow kill(pid == {pid}, sig in {{{}}})", list(rng, &SIGNALS, 9))],
        _ => vec![
            format!("{} kill(sig in {{SIGKILL, SIGSTOP}})", denial(rng)),
            "allow kill(pid > 1)".to_owned(),
        ],
    }
}

fn signals_of_threads(rng: &mut Rng, _: Abi) -> Vec<String> {
    let pid = 100 + rng.u32(..30_000);
    vec![format!("allow tgkill(tgid == {pid}, sig in {{{}}})", list(rng, &SIGNALS, 4))]
}

fn handlers(rng: &mut Rng, _: Abi) -> Vec<String> {
    if rng.bool() {
        vec![
            format!("{} rt_sigaction(sig == SIGSYS)", denial(rng)),
            "allow rt_sigaction(sigsetsize == 8)".to_owned(),
        ]
    } else {
        vec![format!("allow rt_sigaction(sig in {{{}}})", list(rng, &SIGNALS, 9))]
    }
}

fn short_writes(rng: &mut Rng, _: Abi) -> Vec<String> {
    let count = 1_u64 << rng.u32(8..31);
    match rng.u8(..3) {
        0 => vec![format!("allow write(count <= {count})")],
        1 => vec![format!("allow write(fd in {{1, 2}}, count <= {count})")],
        _ => vec![
            format!("allow write(fd == 2)"),
            format!("allow write(fd > 2, count in 1..{count})"),
        ],
    }
}

fn standard_output(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![
        format!("allow write(fd in {{1, 2, {}}})", 3 + rng.u32(..40)),
        format!("{} write", one(rng, &["errno(EBADF)", "log"])),
    ]
}

fn random_bytes(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow getrandom(len <= {}, flags & !(GRND_NONBLOCK | GRND_INSECURE) == 0)",
        1_u64 << rng.u32(4..20)
    )]
}

fn file_sizes(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow ftruncate(length in 0..={})", 1_u64 << rng.u32(12..31))]
}

fn offsets(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..2) {
        0 => vec!["allow lseek(whence in {SEEK_SET, SEEK_CUR})".to_owned()],
        _ => vec![
            format!("allow lseek(offset <= {}, whence == SEEK_SET)", 1_u64 << rng.u32(10..31)),
            "allow lseek(offset == 0)".to_owned(),
        ],
    }
}

fn advice(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow madvise(advice in {{{}}})",
        list(
            rng,
            &[
                "MADV_NORMAL",
                "MADV_RANDOM",
                "MADV_WILLNEED",
                "MADV_DONTNEED",
                "MADV_FREE",
                "MADV_HUGEPAGE",
                "MADV_DONTDUMP"
            ],
            7
        )
    )]
}

fn socket_options(rng: &mut Rng, _: Abi) -> Vec<String> {
    let options =
        list(rng, &["SO_REUSEADDR", "SO_KEEPALIVE", "SO_RCVBUF", "SO_SNDBUF", "SO_REUSEPORT"], 5);
    let mut rules =
        vec![format!("allow setsockopt(level == SOL_SOCKET, optname in {{{options}}})")];
    if rng.bool() {
        rules.push("allow setsockopt(level == IPPROTO_TCP, optname in {TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL})".to_owned());
    }
    rules
}

fn limits(rng: &mut Rng, _: Abi) -> Vec<String> {
    let resources = list(rng, &["RLIMIT_NOFILE", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_AS"], 4);
    vec![format!("allow prlimit64(pid == 0, resource in {{{resources}}}, new_rlim == 0)")]
}

fn clocks(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow clock_gettime(which_clock in {{{}}})",
        list(
            rng,
            &[
                "CLOCK_REALTIME",
                "CLOCK_MONOTONIC",
                "CLOCK_PROCESS_CPUTIME_ID",
                "CLOCK_THREAD_CPUTIME_ID",
                "CLOCK_BOOTTIME"
            ],
            5
        )
    )]
}

fn personalities(_: &mut Rng, _: Abi) -> Vec<String> {
    vec!["allow personality(persona in {0, 8, 0x20000, 0x20008, 0xffffffff})".to_owned()]
}

fn memory_files(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow memfd_create(flags {})",
        one(
            rng,
            &["== MFD_CLOEXEC", "& !(MFD_CLOEXEC | MFD_ALLOW_SEALING) == 0", "& MFD_HUGETLB == 0"]
        )
    )]
}

fn descriptors(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow dup3(newfd in 0..={}, flags in {{0, O_CLOEXEC}})", rng.u32(2..20))]
}

fn tracing(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow ptrace(request in {{{}}})",
        list(
            rng,
            &[
                "PTRACE_PEEKTEXT",
                "PTRACE_PEEKDATA",
                "PTRACE_CONT",
                "PTRACE_ATTACH",
                "PTRACE_SETOPTIONS"
            ],
            5
        )
    )]
}

/// The text of the policy of this seed.
fn policy(rng: &mut Rng, abi: Abi) -> String {
    let mut rules = Vec::new();
    let mut about: Vec<&str> = Vec::new();
    for _ in 0..rng.usize(1..=3) {
        let shape = &SHAPES[rng.usize(..SHAPES.len())];
        // On s390x both of these make rules about mprotect.
        let subject =
            if shape.about == "mmap" && mmap(abi).is_none() { "mprotect" } else { shape.about };
        if !about.contains(&subject) {
            about.push(subject);
            rules.extend((shape.rules)(rng, abi));
        }
    }
    rules.truncate(4);
    let default = one(rng, &["kill", "kill", "errno(EPERM)", "errno(ENOSYS)", "trap"]);
    format!("{};\ndefault {default}", rules.join(";\n"))
}

#[test]
fn no_everyday_policy_has_a_longer_or_deeper_filter_than_a_person_would_write() {
    let (mut lengths, mut depths) = (Distribution::default(), Distribution::default());
    let mut worse = Vec::new();
    let mut wrong = Vec::new();
    for seed in 0..COUNT {
        let rng = &mut Rng::with_seed(seed);
        let abi = ABIS[seed as usize % ABIS.len()];
        let text = policy(rng, abi);
        let compiled = match PolicyText::new("everyday.policy", &text, abi).compile() {
            Ok(compiled) => compiled.compiled,
            Err(report) => {
                wrong.push(format!("{}: {report}", abi.name()));
                continue;
            }
        };
        let chain = chain(&compiled.policy);
        match prove(&compiled.policy, &chain) {
            // A chain need not let the kernel remember the calls that are always allowed.
            Ok(_) | Err(Refusal::NotConstant { .. }) => {}
            Err(refusal) => panic!("the chain is wrong: {refusal}\n{}: {text}", abi.name()),
        }
        let (length, depth) = (compiled.filter.instructions.len(), compiled.filter.longest_path());
        let (most, deepest) = (chain.instructions.len(), chain.longest_path());
        if length > most + 1 || depth > deepest {
            worse.push(format!(
                "{length} of {most}, path {depth} of {deepest}: {}:\n{text}",
                abi.name()
            ));
        }
        lengths.add(length as f64 / most as f64);
        depths.add(depth as f64 / deepest as f64);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let table = format!("| length | {} |\n| longest path | {} |\n", lengths.row(), depths.row());
    println!("{table}");
    assert!(worse.is_empty(), "{}", worse.join("\n\n"));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.md");
    let page = std::fs::read_to_string(page).expect("the page of figures");
    assert!(page.contains(&table), "docs/figures.md is to have these lines:\n{table}");
}
