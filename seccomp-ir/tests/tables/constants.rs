//! Constants.

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{Constant, ConstantLookup, constant, constants, is_ioctl_command};

use crate::{columns, raw_sys};

fn value(abi: Abi, name: &str) -> Option<u64> {
    match constant(abi, name) {
        ConstantLookup::Value(constant) => Some(constant.value),
        ConstantLookup::NotOnThisAbi(_) | ConstantLookup::Unknown => None,
    }
}

#[test]
fn constants_have_the_values_of_their_abi() {
    for (abi, name, expected) in [
        (Abi::X86_64, "O_DIRECTORY", 0x1_0000),
        (Abi::Aarch64, "O_DIRECTORY", 0x4000),
        (Abi::Ppc64le, "O_DIRECTORY", 0x4000),
        (Abi::Parisc, "O_DIRECTORY", 0x1000),
        (Abi::X86_64, "TIOCSTI", 0x5412),
        (Abi::Mipsel64, "TIOCSTI", 0x5472),
        (Abi::Sh, "TIOCSTI", 0x4001_7412 & 0xffff_0000 | 0x5412),
        (Abi::Mips, "SOCK_STREAM", 2),
        (Abi::Mips, "SOCK_DGRAM", 1),
        (Abi::X86_64, "SOCK_STREAM", 1),
        (Abi::Parisc64, "SOCK_NONBLOCK", 0x4000_0000),
        (Abi::Mips64, "SOL_SOCKET", 0xffff),
        (Abi::Mips, "MAP_ANONYMOUS", 0x800),
        (Abi::X86, "ENOSYS", 38),
        (Abi::Mips, "ENOSYS", 89),
        (Abi::Parisc, "ENOSYS", 251),
        (Abi::X86_64, "EWOULDBLOCK", 11),
        (Abi::Mips, "EDEADLOCK", 56),
        (Abi::X86_64, "EDEADLOCK", 35),
        (Abi::Ppc, "EDEADLOCK", 58),
        (Abi::X86_64, "ENOTSUP", 95),
        (Abi::Mips, "ENOTSUP", 122),
        (Abi::X86_64, "SIGSYS", 31),
        (Abi::Mips, "SIGSYS", 12),
        (Abi::Parisc, "SIGSYS", 31),
        (Abi::Mips64N32, "SIGUSR1", 16),
        (Abi::X86_64, "SIGCHLD", 17),
        (Abi::X86_64, "CLONE_NEWUSER", 0x1000_0000),
        (Abi::S390x, "POSIX_FADV_DONTNEED", 6),
        (Abi::X86_64, "POSIX_FADV_DONTNEED", 4),
        (Abi::X86_64, "O_LARGEFILE", 0x8000),
        (Abi::X86_64, "RLIM_INFINITY", u64::MAX),
    ] {
        assert_eq!(value(abi, name), Some(expected), "{abi:?} {name}");
    }
}

#[test]
fn a_negative_constant_is_in_twos_complement_and_says_so() {
    let cwd = ConstantLookup::Value(Constant { value: 0xffff_ffff_ffff_ff9c, negative: true });
    for &abi in Abi::ALL {
        assert_eq!(constant(abi, "AT_FDCWD"), cwd, "{abi:?}");
    }
    let all = ConstantLookup::Value(Constant { value: u64::MAX, negative: false });
    assert_eq!(constant(Abi::X86_64, "RLIM_INFINITY"), all);
}

#[test]
fn a_constant_of_other_abis_says_which_have_it() {
    let ConstantLookup::NotOnThisAbi(abis) = constant(Abi::Aarch64, "MAP_32BIT") else {
        panic!("aarch64 has no MAP_32BIT");
    };
    assert!(abis.contains(&Abi::X86_64) && !abis.contains(&Abi::Aarch64), "{abis:?}");
    assert_eq!(constant(Abi::Aarch64, "NO_SUCH_CONSTANT"), ConstantLookup::Unknown);
    assert_eq!(constant(Abi::Aarch64, ""), ConstantLookup::Unknown);
}

#[test]
fn every_constant_has_a_value_somewhere() {
    for name in constants() {
        match constant(Abi::X86_64, name) {
            ConstantLookup::Value(_) => {}
            ConstantLookup::NotOnThisAbi(abis) => {
                assert!(!abis.is_empty(), "{name}");
                for abi in abis {
                    assert!(value(abi, name).is_some(), "{abi:?} {name}");
                }
            }
            ConstantLookup::Unknown => panic!("{name} is not found under its own name"),
        }
    }
}

/// Commands of headers of many subsystems, among them those whose values differ by ABI: in the direction bits, in the
/// size of a structure, or in both.
#[test]
fn commands_of_ioctl_have_the_values_of_their_abi() {
    for (name, x86_64, x86, ppc64, mips) in [
        ("FICLONE", 0x4004_9409, 0x4004_9409, 0x8004_9409, 0x8004_9409),
        ("BLKGETSIZE64", 0x8008_1272, 0x8004_1272, 0x4008_1272, 0x4004_1272),
        ("FS_IOC_GETFLAGS", 0x8008_6601, 0x8004_6601, 0x4008_6601, 0x4004_6601),
        ("VFIO_GET_API_VERSION", 0x3b64, 0x3b64, 0x2000_3b64, 0x2000_3b64),
        ("VIDIOC_QUERYCAP", 0x8068_5600, 0x8068_5600, 0x4068_5600, 0x4068_5600),
        ("NVME_IOCTL_ADMIN_CMD", 0xc048_4e41, 0xc048_4e41, 0xc048_4e41, 0xc048_4e41),
        ("GPIO_GET_CHIPINFO_IOCTL", 0x8044_b401, 0x8044_b401, 0x4044_b401, 0x4044_b401),
        ("IOMMU_DESTROY", 0x3b80, 0x3b80, 0x2000_3b80, 0x2000_3b80),
        ("EVIOCGRAB", 0x4004_4590, 0x4004_4590, 0x8004_4590, 0x8004_4590),
        ("CDROMEJECT", 0x5309, 0x5309, 0x5309, 0x5309),
        ("HDIO_GETGEO", 0x0301, 0x0301, 0x0301, 0x0301),
        ("TIOCGPGRP", 0x540f, 0x540f, 0x4004_7477, 0x4004_7477),
    ] {
        assert!(is_ioctl_command(name), "{name}");
        for (abi, command) in
            [(Abi::X86_64, x86_64), (Abi::X86, x86), (Abi::Ppc64, ppc64), (Abi::Mips, mips)]
        {
            assert_eq!(value(abi, name), Some(command), "{abi:?} {name}");
        }
    }
}

#[test]
fn every_command_of_ioctl_has_the_32_bits_that_the_kernel_reads() {
    let mut commands = 0;
    for name in constants().filter(|name| is_ioctl_command(name)) {
        for abi in columns() {
            let Some(command) = value(abi, name) else { continue };
            assert!(command >> 32 == 0, "{abi:?} {name}: {command:#x}");
        }
        commands += 1;
    }
    assert!(commands > 3900, "{commands} commands");
    for other in ["O_CREAT", "TIOCM_DTR", "TIOCPKT_DATA", "KD_TEXT", "SYS_SOCKET", "NO_SUCH_NAME"] {
        assert!(!is_ioctl_command(other), "{other}");
    }
}

#[test]
fn the_commands_of_calls_that_multiplex_are_there_on_every_abi() {
    for abi in columns() {
        for (name, number) in [
            ("SYS_SOCKET", 1),
            ("SYS_SENDMMSG", 20),
            ("SEMOP", 1),
            ("SEMTIMEDOP", 4),
            ("MSGSND", 11),
            ("SHMAT", 21),
            ("SHMCTL", 24),
            ("Q_SYNC", 0x80_0001),
            ("Q_QUOTAON", 0x80_0002),
            ("GRPQUOTA", 1),
            ("SUBCMDMASK", 0xff),
            ("CSIGNAL", 0xff),
            ("SOCK_TYPE_MASK", 0xf),
        ] {
            assert_eq!(value(abi, name), Some(number), "{abi:?} {name}");
        }
    }
}

#[test]
fn the_signals_and_errors_of_every_abi_are_there() {
    let names = [
        "EPERM",
        "ENOENT",
        "EACCES",
        "EINVAL",
        "ENOSYS",
        "EAGAIN",
        "EWOULDBLOCK",
        "EDEADLK",
        "ENOTSUP",
        "EOPNOTSUPP",
        "ECONNREFUSED",
        "EAFNOSUPPORT",
        "SIGHUP",
        "SIGINT",
        "SIGKILL",
        "SIGSEGV",
        "SIGSYS",
        "SIGTERM",
        "SIGSTOP",
        "SIGCHLD",
        "SIGUSR1",
        "SIG_BLOCK",
        "SIG_SETMASK",
        "PROT_READ",
        "PROT_EXEC",
        "MAP_PRIVATE",
        "AF_UNIX",
        "PF_INET",
        "SOCK_CLOEXEC",
        "O_RDONLY",
        "O_CLOEXEC",
        "O_TMPFILE",
        "F_SETFL",
        "F_DUPFD_CLOEXEC",
        "TCGETS",
        "TIOCGWINSZ",
        "TIOCSTI",
        "TIOCLINUX",
        "FIONREAD",
        "FIONBIO",
        "FUTEX_WAIT",
        "FUTEX_CMD_MASK",
        "MADV_DONTNEED",
        "PR_SET_NAME",
        "CLOCK_MONOTONIC",
        "EPOLL_CTL_ADD",
        "EPOLL_CLOEXEC",
        "EFD_CLOEXEC",
        "TFD_NONBLOCK",
        "MFD_CLOEXEC",
        "GRND_NONBLOCK",
        "SEEK_SET",
        "POLLIN",
        "WNOHANG",
        "__WALL",
        "LOCK_EX",
        "MS_BIND",
        "RLIMIT_NOFILE",
        "PTRACE_ATTACH",
        "BPF_PROG_LOAD",
        "STATX_BASIC_STATS",
        "RENAME_NOREPLACE",
        "SECCOMP_SET_MODE_FILTER",
        "S_IFMT",
        "S_IFSOCK",
        "AT_EMPTY_PATH",
        "SO_REUSEADDR",
        "SOL_TCP",
        "IPPROTO_TCP",
        "IPV6_V6ONLY",
        "TCP_NODELAY",
        "SIOCGIFCONF",
        "SHUT_RDWR",
        "R_OK",
        "MSG_NOSIGNAL",
        "SPLICE_F_MOVE",
        "UFFDIO_API",
        "KEYCTL_JOIN_SESSION_KEYRING",
        "CAP_SYS_ADMIN",
    ];
    for &abi in Abi::ALL {
        for name in names {
            // According to POSIX only Alpha distinguishes these; every ABI has them all.
            assert!(value(abi, name).is_some(), "{abi:?} {name}");
        }
    }
}

#[test]
fn constants_are_those_of_linux_raw_sys_on_every_abi_that_it_has() {
    // The crate's x32 was made with 64-bit `long`, so the sizes in its ioctl numbers are x86_64's.
    for (abi, architecture) in raw_sys::SHARED.into_iter().filter(|shared| shared.0 != Abi::X32) {
        let mut compared = 0;
        let mut different = Vec::new();
        for (name, theirs) in raw_sys::values(architecture) {
            let Some(ours) = value(abi, &name) else { continue };
            compared += 1;
            let other = OTHER.iter().any(|other| other.0 == name && other.1.contains(&abi));
            if !same_bits(ours, theirs) && !other {
                different.push((name, ours, theirs));
            }
        }
        assert!(different.is_empty(), "{abi:?}: {different:?}");
        assert!(compared > 2700, "{abi:?}: {compared} constants compared");
    }
}

/// Whether two values are the same. One of them may be the other's low half without its sign.
fn same_bits(ours: u64, theirs: u64) -> bool {
    let extended = |value: u64| value >> 32 == 0 && value >> 31 == 1;
    let low = ours as u32 == theirs as u32;
    let sign_only = |long: u64, short: u64| long >> 32 == 0xffff_ffff && extended(short);
    ours == theirs || low && (sign_only(ours, theirs) || sign_only(theirs, ours))
}

/// What the crate has from a header of all architectures, where these redefine it:
/// `arch/powerpc/include/uapi/asm/errno.h`, `arch/*/include/uapi/asm/mman.h`, Linux 6.12.
const OTHER: [(&str, &[Abi]); 2] = [
    ("EDEADLOCK", &[Abi::Ppc, Abi::Ppc64]),
    ("PKEY_ACCESS_MASK", &[Abi::Aarch64, Abi::Ppc, Abi::Ppc64]),
];

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#[test]
fn constants_and_numbers_are_those_of_libc_on_the_host() {
    use crate::libc_names::VALUES;
    use seccomp_ir::table::number;

    let mut different = Vec::new();
    for &(name, theirs) in VALUES {
        if let Some(call) = name.strip_prefix("SYS_") {
            assert_eq!(number(Abi::X86_64, call).map(i128::from), Some(theirs), "{name}");
            continue;
        }
        let ours = value(Abi::X86_64, name).expect(name);
        if !same_bits(ours, theirs as u64) {
            different.push((name, ours, theirs));
        }
    }
    let expected = [
        // Above 32 bits, where libc's type ends.
        ("CLONE_CLEAR_SIGHAND", 1 << 32, 0),
        ("CLONE_INTO_CGROUP", 1 << 33, 0),
        // Linux has one more flag since 6.12.
        ("FUTEX_CMD_MASK", (-385_i64) as u64, -1921),
        // The value of the kernel, and of glibc.
        ("O_LARGEFILE", 0x8000, 0),
        // The structure whose size the number holds has grown.
        ("PIDFD_GET_INFO", 0xc058_ff0b_u64, 0xc040_ff0b),
        // Linux has two more bits since 6.14.
        ("SECURE_ALL_BITS", 0x55, 0x555),
        ("SECURE_ALL_LOCKS", 0xaa, 0xaaa),
    ];
    assert_eq!(different, expected);
    assert!(VALUES.len() > 2000, "{} names compared", VALUES.len());
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
#[test]
fn constants_and_numbers_are_not_compared_with_libc_on_this_host() {
    eprintln!(
        "the names that libc shares with the tables are listed for x86_64-unknown-linux-gnu only"
    );
}
