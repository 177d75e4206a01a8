//! The ABI of a program, from the head of its file.

use std::path::Path;

use anyhow::Result;
use object::Endianness;
use object::elf::{
    EF_MIPS_ABI2, EM_68K, EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_MIPS, EM_PARISC, EM_PPC,
    EM_PPC64, EM_RISCV, EM_S390, EM_SH, EM_X86_64, FileHeader32, FileHeader64,
};
use object::read::elf::FileHeader;
use object::read::{ReadCache, ReadRef};
use seccomp_bpf::abi::Abi;

/// The ABI of the program in a file. `None` if it is not an ELF file, or for a machine that seccomp does not serve.
///
/// # Errors
///
/// If the file cannot be read.
pub fn abi(path: &Path) -> Result<Option<Abi>> {
    let data = ReadCache::new(super::open(path)?);
    Ok(of_class::<FileHeader64<Endianness>>(&data, 8)
        .or_else(|| of_class::<FileHeader32<Endianness>>(&data, 4)))
}

/// `EI_CLASS` and `e_machine`, man 5 elf; `bytes` is the size of an address.
fn of_class<'data, Elf: FileHeader<Endian = Endianness>>(
    data: impl ReadRef<'data>,
    bytes: u32,
) -> Option<Abi> {
    let header = Elf::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let is_big = endian == Endianness::Big;
    // The flag of MIPS n32 (`EF_MIPS_ABI2`, `arch/mips/include/asm/elf.h`, Linux 6.12).
    let is_n32 = header.e_flags(endian).0 & EF_MIPS_ABI2.0 != 0;
    Some(match (header.e_machine(endian), bytes, is_big) {
        (EM_386, ..) => Abi::X86,
        (EM_X86_64, 8, _) => Abi::X86_64,
        (EM_X86_64, ..) => Abi::X32,
        (EM_ARM, ..) => Abi::Arm,
        (EM_AARCH64, 8, _) => Abi::Aarch64,
        (EM_LOONGARCH, 8, _) => Abi::Loongarch64,
        (EM_68K, ..) => Abi::M68k,
        (EM_MIPS, 8, true) => Abi::Mips64,
        (EM_MIPS, 8, false) => Abi::Mipsel64,
        (EM_MIPS, _, true) if is_n32 => Abi::Mips64N32,
        (EM_MIPS, _, false) if is_n32 => Abi::Mipsel64N32,
        (EM_MIPS, _, true) => Abi::Mips,
        (EM_MIPS, _, false) => Abi::Mipsel,
        (EM_PARISC, 8, _) => Abi::Parisc64,
        (EM_PARISC, ..) => Abi::Parisc,
        (EM_PPC, ..) => Abi::Ppc,
        (EM_PPC64, _, true) => Abi::Ppc64,
        (EM_PPC64, _, false) => Abi::Ppc64le,
        (EM_RISCV, 8, _) => Abi::Riscv64,
        (EM_S390, 8, _) => Abi::S390x,
        (EM_S390, ..) => Abi::S390,
        (EM_SH, _, true) => Abi::Sheb,
        (EM_SH, _, false) => Abi::Sh,
        _ => return None,
    })
}
