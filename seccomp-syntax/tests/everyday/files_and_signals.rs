//! Rules about files and signals.

use fastrand::Rng;
use seccomp_ir::abi::Abi;

use crate::{denial, list, one};

pub(crate) fn read_only(rng: &mut Rng, _: Abi) -> Vec<String> {
    match rng.u8(..4) {
        0 => vec!["allow openat(flags & O_ACCMODE == O_RDONLY)".to_owned()],
        1 => vec!["allow openat(flags & !(O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY) == 0)".to_owned()],
        2 => vec!["allow openat(dfd == AT_FDCWD, flags & O_ACCMODE == O_RDONLY, flags & (O_CREAT | O_TRUNC) == 0)".to_owned()],
        _ => vec!["errno(EROFS) openat(flags & O_ACCMODE in {O_WRONLY, O_RDWR})".to_owned(), "allow openat".to_owned()],
    }
}

pub(crate) fn no_creation(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn modes(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn signals(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn signals_of_threads(rng: &mut Rng, _: Abi) -> Vec<String> {
    let pid = 100 + rng.u32(..30_000);
    vec![format!("allow tgkill(tgid == {pid}, sig in {{{}}})", list(rng, &SIGNALS, 4))]
}

pub(crate) fn handlers(rng: &mut Rng, _: Abi) -> Vec<String> {
    if rng.bool() {
        vec![
            format!("{} rt_sigaction(sig == SIGSYS)", denial(rng)),
            "allow rt_sigaction(sigsetsize == 8)".to_owned(),
        ]
    } else {
        vec![format!("allow rt_sigaction(sig in {{{}}})", list(rng, &SIGNALS, 9))]
    }
}
