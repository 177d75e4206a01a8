//! The ABI of the target for which this crate is built.

use super::Abi;

macro_rules! native {
    ($(#[cfg($condition:meta)] $abi:ident;)*) => {
        $(
            #[cfg($condition)]
            impl Abi {
                /// The ABI of the target being built, if that is Linux: the ABI of the program's system
                /// calls. It exists only on architectures that both seccomp and stable Rust support.
                pub const NATIVE: Self = Self::$abi;
            }
        )*
    };
}

native! {
    #[cfg(target_arch = "x86")] X86;
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))] X86_64;
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "32"))] X32;
    #[cfg(target_arch = "arm")] Arm;
    #[cfg(target_arch = "aarch64")] Aarch64;
    #[cfg(target_arch = "loongarch64")] Loongarch64;
    #[cfg(target_arch = "powerpc")] Ppc;
    #[cfg(all(target_arch = "powerpc64", target_endian = "big"))] Ppc64;
    #[cfg(all(target_arch = "powerpc64", target_endian = "little"))] Ppc64le;
    #[cfg(target_arch = "riscv64")] Riscv64;
    #[cfg(target_arch = "s390x")] S390x;
}
