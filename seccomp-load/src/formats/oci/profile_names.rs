//! The names of ABIs and actions in OCI profiles.

use seccomp_ir::abi::Abi;
use seccomp_ir::policy::Operator;

/// The name of an ABI: `SCMP_ARCH_…`.
///
/// Source: runtime-spec at 6999a89, `config-linux.md`.
pub(super) fn architecture(abi: Abi) -> &'static str {
    match abi {
        Abi::X86 => "SCMP_ARCH_X86",
        Abi::X86_64 => "SCMP_ARCH_X86_64",
        Abi::X32 => "SCMP_ARCH_X32",
        Abi::Arm => "SCMP_ARCH_ARM",
        Abi::Aarch64 => "SCMP_ARCH_AARCH64",
        Abi::Loongarch64 => "SCMP_ARCH_LOONGARCH64",
        Abi::M68k => "SCMP_ARCH_M68K",
        Abi::Mips => "SCMP_ARCH_MIPS",
        Abi::Mipsel => "SCMP_ARCH_MIPSEL",
        Abi::Mips64 => "SCMP_ARCH_MIPS64",
        Abi::Mipsel64 => "SCMP_ARCH_MIPSEL64",
        Abi::Mips64N32 => "SCMP_ARCH_MIPS64N32",
        Abi::Mipsel64N32 => "SCMP_ARCH_MIPSEL64N32",
        Abi::Parisc => "SCMP_ARCH_PARISC",
        Abi::Parisc64 => "SCMP_ARCH_PARISC64",
        Abi::Ppc => "SCMP_ARCH_PPC",
        Abi::Ppc64 => "SCMP_ARCH_PPC64",
        Abi::Ppc64le => "SCMP_ARCH_PPC64LE",
        Abi::Riscv64 => "SCMP_ARCH_RISCV64",
        Abi::S390 => "SCMP_ARCH_S390",
        Abi::S390x => "SCMP_ARCH_S390X",
        Abi::Sh => "SCMP_ARCH_SH",
        Abi::Sheb => "SCMP_ARCH_SHEB",
    }
}

/// The ABI of that name.
pub(super) fn abi(name: &str) -> Option<Abi> {
    Abi::ALL.iter().find(|abi| architecture(**abi) == name).copied()
}

/// Docker's name for the architecture of a host with that ABI, in `includes` and `excludes`. `None` if Docker does not
/// run there.
///
/// Source: moby/profiles at cd3bed8, `goToNative` in `seccomp/seccomp_linux.go`.
pub(super) fn host(abi: Abi) -> Option<&'static str> {
    match abi {
        Abi::X86 => Some("x86"),
        Abi::X86_64 => Some("amd64"),
        Abi::Arm => Some("arm"),
        Abi::Aarch64 => Some("arm64"),
        Abi::Loongarch64 => Some("loongarch64"),
        Abi::Mipsel => Some("mipsel"),
        Abi::Mips64 => Some("mips64"),
        Abi::Mipsel64 => Some("mipsel64"),
        Abi::Mips64N32 => Some("mips64n32"),
        Abi::Mipsel64N32 => Some("mips3l64n32"),
        Abi::Ppc => Some("ppc"),
        Abi::Ppc64 => Some("ppc64"),
        Abi::Ppc64le => Some("ppc64le"),
        Abi::Riscv64 => Some("riscv64"),
        Abi::S390 => Some("s390"),
        Abi::S390x => Some("s390x"),
        Abi::X32 | Abi::M68k | Abi::Mips | Abi::Parisc | Abi::Parisc64 | Abi::Sh | Abi::Sheb => {
            None
        }
    }
}

/// The operators that compare a whole argument.
pub(super) const OPERATORS: [(&str, Operator); 6] = [
    ("SCMP_CMP_NE", Operator::NotEqual),
    ("SCMP_CMP_LT", Operator::Less),
    ("SCMP_CMP_LE", Operator::LessOrEqual),
    ("SCMP_CMP_EQ", Operator::Equal),
    ("SCMP_CMP_GE", Operator::GreaterOrEqual),
    ("SCMP_CMP_GT", Operator::Greater),
];

/// The operator that compares an argument under a mask.
pub(super) const MASKED_EQ: &str = "SCMP_CMP_MASKED_EQ";
