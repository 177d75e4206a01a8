//! kafel's names of system calls, which are those of the functions in the kernel: `newstat` is stat(2), and `setuid` on a
//! 32-bit ABI is `setuid32`.
//!
//! Source: the tables `src/syscalls/*_syscalls.c` of google/kafel at 18f2074, compared by number with the tables here.

use seccomp_ir::abi::Abi;

/// kafel's name and the name here, on every ABI that has the call.
const EVERYWHERE: &[(&str, &str)] = &[
    ("newfstat", "fstat"),
    ("newlstat", "lstat"),
    ("newstat", "stat"),
    ("newuname", "uname"),
    ("sysctl", "_sysctl"),
    ("umount", "umount2"),
];

const ON_X86: &[(&str, &str)] = &[
    ("fstat", "oldfstat"),
    ("getrlimit", "ugetrlimit"),
    ("llseek", "_llseek"),
    ("lstat", "oldlstat"),
    ("mmap_pgoff", "mmap2"),
    ("old_getrlimit", "getrlimit"),
    ("old_mmap", "mmap"),
    ("old_readdir", "readdir"),
    ("old_select", "select"),
    ("olduname", "oldolduname"),
    ("oldumount", "umount"),
    ("select", "_newselect"),
    ("stat", "oldstat"),
    ("uname", "olduname"),
];

const ON_ARM: &[(&str, &str)] = &[
    ("getrlimit", "ugetrlimit"),
    ("llseek", "_llseek"),
    ("select", "_newselect"),
    ("sync_file_range2", "arm_sync_file_range"),
];

/// Calls with user and group numbers: on x86 and arm, kafel's plain name has numbers of 32 bits, and its name with `16`
/// has numbers of 16 bits.
const WITH_USERS: &[&str] = &[
    "chown",
    "fchown",
    "getgroups",
    "getresgid",
    "getresuid",
    "lchown",
    "setfsgid",
    "setfsuid",
    "setgid",
    "setgroups",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "setuid",
];

/// The lists of an ABI, and whether it has calls with 16-bit users.
fn lists(abi: Abi) -> ([&'static [(&'static str, &'static str)]; 2], bool) {
    // kafel has tables for some of the other ABIs; on these, only the names in the first list differ.
    let own: &[(&str, &str)] = match abi {
        Abi::X86 => ON_X86,
        Abi::Arm => ON_ARM,
        Abi::X86_64 => &[("sendfile64", "sendfile")],
        Abi::Aarch64 | Abi::Riscv64 => &[("sync_file_range2", "sync_file_range")],
        Abi::X32
        | Abi::Loongarch64
        | Abi::M68k
        | Abi::Mips
        | Abi::Mips64
        | Abi::Mips64N32
        | Abi::Mipsel
        | Abi::Mipsel64
        | Abi::Mipsel64N32
        | Abi::Parisc
        | Abi::Parisc64
        | Abi::Ppc
        | Abi::Ppc64
        | Abi::Ppc64le
        | Abi::S390
        | Abi::S390x
        | Abi::Sh
        | Abi::Sheb => &[],
    };
    // Whatever else kafel has: the names there are those of the calls.
    ([own, EVERYWHERE], matches!(abi, Abi::X86 | Abi::Arm))
}

/// This project's name of the call that kafel calls `name`.
pub(super) fn from_kafel(abi: Abi, name: &str) -> String {
    let (lists, has_short_users) = lists(abi);
    if has_short_users {
        if WITH_USERS.contains(&name) {
            return format!("{name}32");
        }
        if let Some(plain) = name.strip_suffix("16").filter(|it| WITH_USERS.contains(it)) {
            return plain.to_owned();
        }
    }
    let found = lists.into_iter().flatten().find(|(theirs, _)| *theirs == name);
    found.map_or(name, |(_, ours)| ours).to_owned()
}

/// kafel's name of a call. `None` if it has none.
pub(super) fn to_kafel(abi: Abi, name: &str) -> Option<String> {
    let (lists, has_short_users) = lists(abi);
    if has_short_users {
        if let Some(plain) = name.strip_suffix("32").filter(|it| WITH_USERS.contains(it)) {
            return Some(plain.to_owned());
        }
        if WITH_USERS.contains(&name) {
            return Some(format!("{name}16"));
        }
    }
    let found = lists.into_iter().flatten().find(|(_, ours)| *ours == name);
    match found {
        Some((theirs, _)) => Some((*theirs).to_owned()),
        // The name may be kafel's for another call.
        None => (from_kafel(abi, name) == name).then(|| name.to_owned()),
    }
}
