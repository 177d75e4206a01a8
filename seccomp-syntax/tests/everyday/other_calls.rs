//! Rules about calls that have only one or two such conditions.

use fastrand::Rng;
use seccomp_ir::abi::Abi;

use crate::{list, one};

pub(crate) fn short_writes(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn standard_output(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![
        format!("allow write(fd in {{1, 2, {}}})", 3 + rng.u32(..40)),
        format!("{} write", one(rng, &["errno(EBADF)", "log"])),
    ]
}

pub(crate) fn random_bytes(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow getrandom(len <= {}, flags & !(GRND_NONBLOCK | GRND_INSECURE) == 0)",
        1_u64 << rng.u32(4..20)
    )]
}

pub(crate) fn file_sizes(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow ftruncate(length in 0..={})", 1_u64 << rng.u32(12..31))]
}

pub(crate) fn offsets(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..2) {
        0 => vec!["allow lseek(whence in {SEEK_SET, SEEK_CUR})".to_owned()],
        _ => vec![
            format!("allow lseek(offset <= {}, whence == SEEK_SET)", 1_u64 << rng.u32(10..31)),
            "allow lseek(offset == 0)".to_owned(),
        ],
    }
}

pub(crate) fn advice(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn socket_options(rng: &mut Rng, _: Abi) -> Vec<String> {
    let options =
        list(rng, &["SO_REUSEADDR", "SO_KEEPALIVE", "SO_RCVBUF", "SO_SNDBUF", "SO_REUSEPORT"], 5);
    let mut rules =
        vec![format!("allow setsockopt(level == SOL_SOCKET, optname in {{{options}}})")];
    if rng.bool() {
        rules.push("allow setsockopt(level == IPPROTO_TCP, optname in {TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL})".to_owned());
    }
    rules
}

pub(crate) fn limits(rng: &mut Rng, _: Abi) -> Vec<String> {
    let resources = list(rng, &["RLIMIT_NOFILE", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_AS"], 4);
    vec![format!("allow prlimit64(pid == 0, resource in {{{resources}}}, new_rlim == 0)")]
}

pub(crate) fn clocks(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn personalities(_: &mut Rng, _: Abi) -> Vec<String> {
    vec!["allow personality(persona in {0, 8, 0x20000, 0x20008, 0xffffffff})".to_owned()]
}

pub(crate) fn memory_files(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!(
        "allow memfd_create(flags {})",
        one(
            rng,
            &["== MFD_CLOEXEC", "& !(MFD_CLOEXEC | MFD_ALLOW_SEALING) == 0", "& MFD_HUGETLB == 0"]
        )
    )]
}

pub(crate) fn descriptors(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow dup3(newfd in 0..={}, flags in {{0, O_CLOEXEC}})", rng.u32(2..20))]
}

pub(crate) fn tracing(rng: &mut Rng, _: Abi) -> Vec<String> {
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
