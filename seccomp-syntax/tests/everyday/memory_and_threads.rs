//! Rules about memory, threads and futexes.

use fastrand::Rng;
use seccomp_ir::abi::Abi;

use crate::{denial, flags, list, one};

/// The call that maps memory and takes its arguments in registers; none on s390x.
pub(crate) fn mmap(abi: Abi) -> Option<&'static str> {
    match abi {
        Abi::X86 | Abi::Arm => Some("mmap2"),
        Abi::S390x => None,
        _ => Some("mmap"),
    }
}

pub(crate) fn anonymous_memory(rng: &mut Rng, abi: Abi) -> Vec<String> {
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

pub(crate) fn never_writable_and_executable(rng: &mut Rng, abi: Abi) -> Vec<String> {
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

pub(crate) fn protection(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn threads(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn no_namespaces(rng: &mut Rng, _: Abi) -> Vec<String> {
    let named = flags(rng, &NAMESPACES, 7);
    if rng.bool() {
        vec![format!("allow clone(flags & ({named}) == 0)")]
    } else {
        vec![format!("{} clone(flags & ({named}) != 0)", denial(rng)), "allow clone".to_owned()]
    }
}

pub(crate) fn unshare(rng: &mut Rng, _: Abi) -> Vec<String> {
    vec![format!("allow unshare(flags & !({}) == 0)", flags(rng, &NAMESPACES, 7))]
}

pub(crate) fn futex_operations(rng: &mut Rng, _: Abi) -> Vec<String> {
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

pub(crate) fn futex_by_command(rng: &mut Rng, _: Abi) -> Vec<String> {
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
