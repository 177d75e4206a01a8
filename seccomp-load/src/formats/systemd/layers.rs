//! The filters that systemd makes of directives other than `SystemCallFilter=`.
//!
//! Source: the named functions of `src/shared/seccomp-util.c`, systemd 252.39.

use seccomp_ir::abi::ArgumentIndex::{A0, A1, A2, A3};
use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::policy::Operator;
use seccomp_ir::table::{self, ConstantLookup};

use crate::formats::draft::Draft;
use crate::formats::libseccomp::{LibseccompFilter, Test};
use crate::formats::problem::{Findings, ProblemPlace};

/// A filter that allows what its rules do not deny, with separate rules for each ABI.
pub(super) struct Layer<'f> {
    abis: Vec<Abi>,
    filters: Vec<LibseccompFilter>,
    place: ProblemPlace,
    findings: &'f mut Findings,
}

const EPERM: Action = Action::Errno(1);

impl<'f> Layer<'f> {
    pub(super) fn new(abis: &[Abi], place: &ProblemPlace, findings: &'f mut Findings) -> Self {
        let filters =
            abis.iter().map(|abi| LibseccompFilter::new(vec![*abi], Action::Allow)).collect();
        Self { abis: abis.to_vec(), filters, place: place.clone(), findings }
    }

    /// Adds a rule for the ABIs of `on`. An ABI that lacks the call has no such rule.
    fn deny(
        &mut self,
        on: impl Fn(Abi) -> bool,
        call: &str,
        tests: &[(ArgumentIndex, Test)],
        action: Action,
    ) {
        for (abi, filter) in self.abis.iter().zip(&mut self.filters) {
            if on(*abi) {
                filter.add(call, tests, action, &self.place);
            }
        }
    }

    fn everywhere(&mut self, call: &str, tests: &[(ArgumentIndex, Test)], action: Action) {
        self.deny(|_| true, call, tests, action);
    }

    pub(super) fn draft(self) -> Draft {
        let mut parts = Vec::new();
        for filter in self.filters {
            parts.extend(filter.draft(Action::Allow, self.findings).parts);
        }
        Draft { parts, bad_arch: Action::Allow }
    }

    /// Denies calls whatever their arguments.
    pub(super) fn calls(mut self, calls: &[&str]) -> Draft {
        for call in calls {
            self.everywhere(call, &[], EPERM);
        }
        self.draft()
    }

    /// `RestrictAddressFamilies=`: `seccomp_restrict_address_families`. An allow list denies all others, including
    /// numbers that are no families.
    pub(super) fn address_families(mut self, families: &[u64], is_allow_list: bool) -> Draft {
        // systemd adds no rules for ABIs on which `socketcall` makes the calls.
        let supported = |abi: Abi| match abi {
            Abi::X86_64
            | Abi::X32
            | Abi::Arm
            | Abi::Aarch64
            | Abi::Mips64
            | Abi::Mipsel64
            | Abi::Mips64N32
            | Abi::Mipsel64N32
            | Abi::Riscv64 => true,
            Abi::X86
            | Abi::Loongarch64
            | Abi::M68k
            | Abi::Mips
            | Abi::Mipsel
            | Abi::Parisc
            | Abi::Parisc64
            | Abi::Ppc
            | Abi::Ppc64
            | Abi::Ppc64le
            | Abi::S390
            | Abi::S390x
            | Abi::Sh
            | Abi::Sheb => false,
        };
        // EAFNOSUPPORT is 97 on these ABIs, and 124 on MIPS.
        for index in 0..self.abis.len() {
            let abi = self.abis[index];
            let number = match table::constant(abi, "EAFNOSUPPORT") {
                ConstantLookup::Value(constant) => constant.value as u16,
                _ => continue,
            };
            let (on, action) = (|it| it == abi && supported(it), Action::Errno(number));
            if !is_allow_list {
                // Only the lower half is compared, unlike in an allow list: seen in the filters of systemd 262.1
                // (`tests/formats/systemd/run`).
                for &family in families {
                    let test = Test::MaskedEqual { mask: 0xffff_ffff, value: family };
                    self.deny(on, "socket", &[(A0, test)], action);
                }
                continue;
            }
            let (Some(first), Some(last)) = (families.iter().min(), families.iter().max()) else {
                self.deny(on, "socket", &[], action);
                continue;
            };
            self.deny(on, "socket", &[(A0, Test::Is(Operator::Less, *first))], action);
            self.deny(on, "socket", &[(A0, Test::Is(Operator::Greater, *last))], action);
            for family in *first..*last {
                if !families.contains(&family) {
                    self.deny(on, "socket", &[(A0, Test::Is(Operator::Equal, family))], action);
                }
            }
        }
        self.draft()
    }

    /// `MemoryDenyWriteExecute=`: `seccomp_memory_deny_write_execute`.
    pub(super) fn write_and_execute(mut self) -> Draft {
        // PROT_WRITE 2, PROT_EXEC 4, SHM_EXEC 0o100000.
        let both = Test::MaskedEqual { mask: 6, value: 6 };
        let executable = Test::MaskedEqual { mask: 4, value: 4 };
        let attached = Test::MaskedEqual { mask: 0o10_0000, value: 0o10_0000 };
        // Whatever else systemd's source does not list: it has no rule there.
        let blocks_mmap = |abi| matches!(abi, Abi::X86 | Abi::S390);
        // Whatever else systemd's source does not list: it has no rule there.
        let has_mmap2 = |abi| matches!(abi, Abi::X86 | Abi::S390 | Abi::Arm);
        let has_mmap = |abi| {
            // Whatever else systemd's source does not list: it has no rule there.
            matches!(
                abi,
                Abi::Ppc
                    | Abi::Ppc64
                    | Abi::Ppc64le
                    | Abi::S390x
                    | Abi::X86_64
                    | Abi::X32
                    | Abi::Aarch64
                    | Abi::Riscv64
            )
        };
        let has_shmat =
            // Whatever else systemd's source does not list: it has no rule there.
            |abi| matches!(abi, Abi::Arm | Abi::X86_64 | Abi::X32 | Abi::Aarch64 | Abi::Riscv64);
        self.deny(has_mmap2, "mmap2", &[(A2, both)], EPERM);
        self.deny(has_mmap, "mmap", &[(A2, both)], EPERM);
        self.deny(blocks_mmap, "mmap", &[], EPERM);
        for call in ["mprotect", "pkey_mprotect"] {
            self.deny(|abi| has_mmap2(abi) || has_mmap(abi), call, &[(A2, executable)], EPERM);
        }
        self.deny(has_shmat, "shmat", &[(A2, attached)], EPERM);
        self.draft()
    }

    /// `RestrictRealtime=`: `seccomp_restrict_realtime`. It allows SCHED_OTHER 0, SCHED_BATCH 3 and SCHED_IDLE 5.
    pub(super) fn realtime(mut self) -> Draft {
        for policy in [1, 2, 4] {
            let test = Test::Is(Operator::Equal, policy);
            self.everywhere("sched_setscheduler", &[(A1, test)], EPERM);
        }
        let above = Test::Is(Operator::Greater, 5);
        self.everywhere("sched_setscheduler", &[(A1, above)], EPERM);
        // Its scheduling policy is in memory: seen in the filters of systemd 262.1 (`tests/formats/systemd/run`).
        self.everywhere("sched_setattr", &[], EPERM);
        self.draft()
    }

    /// `RestrictSUIDSGID=`: `seccomp_restrict_sxid`, with the names that libseccomp 2.6 knows.
    pub(super) fn set_id_bits(mut self) -> Draft {
        for mode in [0o4000, 0o2000] {
            let bit = Test::MaskedEqual { mask: mode, value: mode };
            for (call, argument) in [
                ("chmod", A1),
                ("fchmod", A1),
                ("fchmodat", A2),
                ("fchmodat2", A2),
                ("mkdir", A1),
                ("mkdirat", A2),
                ("mknod", A1),
                ("mknodat", A2),
                ("creat", A1),
            ] {
                self.everywhere(call, &[(argument, bit)], EPERM);
            }
            for index in 0..self.abis.len() {
                let abi = self.abis[index];
                // systemd takes O_CREAT of the ABI that it is compiled for.
                let ConstantLookup::Value(creat) = table::constant(self.abis[0], "O_CREAT") else {
                    continue;
                };
                let creates = Test::MaskedEqual { mask: creat.value, value: creat.value };
                let on = |it| it == abi;
                self.deny(on, "open", &[(A1, creates), (A2, bit)], EPERM);
                self.deny(on, "openat", &[(A2, creates), (A3, bit)], EPERM);
            }
        }
        self.with_enosys("openat2");
        self.draft()
    }

    /// Answers a call whose arguments are in memory with `ENOSYS`.
    fn with_enosys(&mut self, call: &str) {
        for index in 0..self.abis.len() {
            // systemd takes the number of the ABI that it is compiled for.
            let ConstantLookup::Value(enosys) = table::constant(self.abis[0], "ENOSYS") else {
                continue;
            };
            let abi = self.abis[index];
            self.deny(|it| it == abi, call, &[], Action::Errno(enosys.value as u16));
        }
    }

    /// `RestrictNamespaces=`: `seccomp_restrict_namespaces`, with the flags of the namespaces that stay allowed.
    pub(super) fn namespaces(mut self, retained: u64) -> Draft {
        self.with_enosys("clone3");
        let all = retained & ALL_NAMESPACES == 0;
        if all {
            self.everywhere("setns", &[], EPERM);
        } else {
            // Only the lower half is compared: seen in the filters of systemd 262.1 (`tests/formats/systemd/run`).
            let none = Test::MaskedEqual { mask: 0xffff_ffff, value: 0 };
            self.everywhere("setns", &[(A1, none)], EPERM);
        }
        for (_, flag) in NAMESPACES {
            if retained & flag == flag {
                continue;
            }
            let test = Test::MaskedEqual { mask: flag, value: flag };
            // Whatever else systemd's source does not list has the flags of clone first.
            let is_swapped = |abi| matches!(abi, Abi::S390 | Abi::S390x);
            self.everywhere("unshare", &[(A0, test)], EPERM);
            self.deny(|abi| !is_swapped(abi), "clone", &[(A0, test)], EPERM);
            self.deny(is_swapped, "clone", &[(A1, test)], EPERM);
            if !all {
                self.everywhere("setns", &[(A1, test)], EPERM);
            }
        }
        self.draft()
    }

    /// `LockPersonality=`: `seccomp_lock_personality`.
    pub(super) fn personality(mut self, personality: u64) -> Draft {
        let other = Test::Is(Operator::NotEqual, personality);
        self.everywhere("personality", &[(A0, other)], EPERM);
        self.draft()
    }
}

/// The namespaces, with their flags (`namespace_info`, `src/basic/namespace-util.c`).
pub(super) const NAMESPACES: [(&str, u64); 8] = [
    ("cgroup", 0x0200_0000),
    ("ipc", 0x0800_0000),
    ("net", 0x4000_0000),
    ("mnt", 0x0002_0000),
    ("pid", 0x2000_0000),
    ("user", 0x1000_0000),
    ("uts", 0x0400_0000),
    ("time", 0x0000_0080),
];

/// The flags of all namespaces, including the time namespace: seen in the filters of systemd 262.1
/// (`tests/formats/systemd/run`).
pub(super) const ALL_NAMESPACES: u64 = 0x7e02_0080;
