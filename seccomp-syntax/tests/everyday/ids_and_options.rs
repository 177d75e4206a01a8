//! Rules about ids and owners, and about `fcntl` and `prctl`.

use fastrand::Rng;
use seccomp_ir::abi::Abi;

use crate::{denial, list};

/// The call that sets user ids of 32 bits.
fn setuid(abi: Abi) -> &'static str {
    if matches!(abi, Abi::X86 | Abi::Arm) { "setuid32" } else { "setuid" }
}

pub(crate) fn uid_range(rng: &mut Rng, abi: Abi) -> Vec<String> {
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

pub(crate) fn uid_under_a_mask(rng: &mut Rng, abi: Abi) -> Vec<String> {
    let (call, first) = (setuid(abi), 65_536 * rng.u32(1..30));
    let below = [1000, 1 << 12, 500][rng.usize(..3)];
    let mut rules = vec![format!("allow {call}(uid >= {first}, uid & 0xffff < {below})")];
    if rng.bool() {
        rules.insert(0, format!("{} {call}(uid & 0xffff == 0)", denial(rng)));
    }
    rules
}

pub(crate) fn owners(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn fcntl_commands(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow fcntl(cmd in {{{}}})", list(rng, &FCNTL, 12))]
}

pub(crate) fn fcntl_flags(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn prctl_options(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow prctl(option in {{{}}})", list(rng, &PRCTL, 10))]
}

pub(crate) fn prctl_with_arguments(rng: &mut Rng, _: Abi) -> Vec<String> {
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
