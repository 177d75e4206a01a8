//! The call numbers of the system calls that this crate makes.

use seccomp_bpf::abi::Abi;

/// The numbers on one ABI, as the kernel takes them (with bit 30 on x32).
///
/// Source: each architecture's system call table, Linux 6.12; a test below compares them with the
/// tables of the compiler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    pub(super) prctl: u32,
    pub(super) seccomp: u32,
    pub(super) write: u32,
    pub(super) exit: u32,
    pub(super) exit_group: u32,
    // The calls of a supervisor: see `supervisor`.
    pub(super) close: u32,
    pub(super) ioctl: u32,
    pub(super) ppoll: u32,
    pub(super) process_vm_readv: u32,
    #[cfg_attr(not(feature = "std"), allow(dead_code))]
    // Only programs with std hand a listener over.
    pub(super) recvmsg: u32,
    #[cfg_attr(not(feature = "std"), allow(dead_code))]
    pub(super) sendmsg: u32,
    #[cfg_attr(not(feature = "std"), allow(dead_code))]
    // Only a program that starts another one makes it: see `execution`.
    pub(super) execve: u32,
    // Only a program with `report` makes these.
    pub(super) rt_sigaction: u32,
    pub(super) rt_sigprocmask: u32,
    pub(super) getpid: u32,
    pub(super) gettid: u32,
    pub(super) tgkill: u32,
    // Only a tracer makes it.
    #[cfg(feature = "tracer")]
    pub(super) ptrace: u32,
}

impl Numbers {
    /// The numbers on `abi`, or `None` if this crate does not support it.
    pub(super) const fn of(abi: Abi) -> Option<Self> {
        let (install, supervisor, report, ptrace) = match abi {
            Abi::X86 => (
                [172, 354, 4, 1, 252, 11],
                [6, 54, 309, 347, 372, 370],
                [174, 175, 20, 224, 270],
                26,
            ),
            Abi::X86_64 => {
                ([157, 317, 1, 60, 231, 59], [3, 16, 271, 310, 47, 46], [13, 14, 39, 186, 234], 101)
            }
            Abi::X32 => {
                let bit = Abi::X32_BIT;
                (
                    [bit | 157, bit | 317, bit | 1, bit | 60, bit | 231, bit | 520],
                    [bit | 3, bit | 514, bit | 271, bit | 539, bit | 519, bit | 518],
                    [bit | 512, bit | 14, bit | 39, bit | 186, bit | 234],
                    bit | 521,
                )
            }
            Abi::Arm => (
                [172, 383, 4, 1, 248, 11],
                [6, 54, 336, 376, 297, 296],
                [174, 175, 20, 224, 268],
                26,
            ),
            Abi::Aarch64 | Abi::Loongarch64 | Abi::Riscv64 => (
                [167, 277, 64, 93, 94, 221],
                [57, 29, 73, 270, 212, 211],
                [134, 135, 172, 178, 131],
                117,
            ),
            Abi::Ppc | Abi::Ppc64 | Abi::Ppc64le => (
                [171, 358, 4, 1, 234, 11],
                [6, 54, 281, 351, 342, 341],
                [173, 174, 20, 207, 250],
                26,
            ),
            Abi::S390x => (
                [172, 348, 4, 1, 248, 11],
                [6, 54, 302, 340, 372, 370],
                [174, 175, 20, 236, 241],
                26,
            ),
            Abi::M68k
            | Abi::Mips
            | Abi::Mipsel
            | Abi::Mips64
            | Abi::Mipsel64
            | Abi::Mips64N32
            | Abi::Mipsel64N32
            | Abi::Parisc
            | Abi::Parisc64
            | Abi::S390
            | Abi::Sh
            | Abi::Sheb => return None,
        };
        // Only a tracer makes it.
        #[cfg(not(feature = "tracer"))]
        let _ = ptrace;
        let [prctl, seccomp, write, exit, exit_group, execve] = install;
        let [rt_sigaction, rt_sigprocmask, getpid, gettid, tgkill] = report;
        let [close, ioctl, ppoll, process_vm_readv, recvmsg, sendmsg] = supervisor;
        Some(Self {
            prctl,
            seccomp,
            write,
            exit,
            exit_group,
            close,
            ioctl,
            ppoll,
            process_vm_readv,
            recvmsg,
            sendmsg,
            execve,
            rt_sigaction,
            rt_sigprocmask,
            getpid,
            gettid,
            tgkill,
            #[cfg(feature = "tracer")]
            ptrace,
        })
    }
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::Abi;
    use seccomp_ir::table::{Constant, ConstantLookup, constant, number};

    use super::Numbers;
    use crate::errno::Errno;

    #[test]
    fn the_numbers_of_every_abi_are_those_of_the_tables() {
        let mut served = 0;
        for &abi in Abi::ALL {
            let Some(numbers) = Numbers::of(abi) else { continue };
            served += 1;
            for (name, here) in [
                ("prctl", numbers.prctl),
                ("seccomp", numbers.seccomp),
                ("write", numbers.write),
                ("exit", numbers.exit),
                ("exit_group", numbers.exit_group),
                ("close", numbers.close),
                ("ioctl", numbers.ioctl),
                ("ppoll", numbers.ppoll),
                ("process_vm_readv", numbers.process_vm_readv),
                ("recvmsg", numbers.recvmsg),
                ("sendmsg", numbers.sendmsg),
                ("execve", numbers.execve),
                ("rt_sigaction", numbers.rt_sigaction),
                ("rt_sigprocmask", numbers.rt_sigprocmask),
                ("getpid", numbers.getpid),
                ("gettid", numbers.gettid),
                ("tgkill", numbers.tgkill),
                #[cfg(feature = "tracer")]
                ("ptrace", numbers.ptrace),
            ] {
                assert_eq!(Some(here), number(abi, name), "{name} on {abi:?}");
            }
        }
        assert_eq!(served, 11);
    }

    #[test]
    fn the_requests_of_a_listener_are_those_of_the_tables() {
        use crate::sys::supervisor::{ADD_FD, IS_VALID, RECEIVE, SEND};
        for (name, request) in [
            ("SECCOMP_IOCTL_NOTIF_RECV", RECEIVE),
            ("SECCOMP_IOCTL_NOTIF_SEND", SEND),
            ("SECCOMP_IOCTL_NOTIF_ID_VALID", IS_VALID),
            ("SECCOMP_IOCTL_NOTIF_ADDFD", ADD_FD),
            ("O_CLOEXEC", crate::sys::supervisor::CLOSE_ON_EXEC as usize),
        ] {
            let expected =
                ConstantLookup::Value(Constant { value: request as u64, negative: false });
            assert_eq!(constant(Abi::NATIVE, name), expected, "{name}");
        }
    }

    #[test]
    fn close_on_exec_has_one_value_on_every_abi_that_is_served() {
        for &abi in Abi::ALL.iter().filter(|&&abi| Numbers::of(abi).is_some()) {
            assert_eq!(constant(abi, "O_CLOEXEC"), constant(Abi::NATIVE, "O_CLOEXEC"), "{abi}");
        }
    }

    #[test]
    fn every_named_errno_is_that_of_the_tables_on_every_abi_that_is_served() {
        for &abi in Abi::ALL.iter().filter(|&&abi| Numbers::of(abi).is_some()) {
            for &(name, errno) in Errno::NAMED {
                let value = u64::try_from(errno.raw_os_error()).unwrap();
                let expected = ConstantLookup::Value(Constant { value, negative: false });
                assert_eq!(constant(abi, name), expected, "{name} on {abi}");
            }
        }
        assert!(Errno::NAMED.len() > 130, "{}", Errno::NAMED.len());
    }
}
