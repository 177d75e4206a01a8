//! The ABI of the target being built, and the targets that are rejected.

use seccomp_bpf::abi::Abi;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
compile_error!(
    "seccomp-runtime: seccomp is a part of Linux, and this target is not Linux: depend on this \
     crate under [target.'cfg(target_os = \"linux\")'.dependencies]"
);

/// One `compile_error!` for each architecture that Rust and Linux support and this crate does not,
/// so that the error names the target.
macro_rules! refuse {
    ($($name:literal, $($condition:meta),+: $why:literal;)*) => {
        $(#[cfg(all($($condition),+))]
        compile_error!(concat!("seccomp-runtime does not serve the target ", $name, ": ", $why));)*
    };
}

refuse! {
    "mips", target_arch = "mips": "stable Rust has no inline assembly for it";
    "mips32r6", target_arch = "mips32r6": "stable Rust has no inline assembly for it";
    "mips64", target_arch = "mips64": "stable Rust has no inline assembly for it";
    "mips64r6", target_arch = "mips64r6": "stable Rust has no inline assembly for it";
    "m68k", target_arch = "m68k": "stable Rust has no inline assembly for it";
    "sparc", target_arch = "sparc": "Linux has no seccomp filters on it";
    "sparc64", target_arch = "sparc64": "Linux has no seccomp filters on it";
    "riscv32", target_arch = "riscv32": "there is no table of its system calls here";
    "csky", target_arch = "csky": "there is no table of its system calls here";
    "hexagon", target_arch = "hexagon": "Linux has no seccomp filters on it";
    "wasm32", target_arch = "wasm32": "it makes no system calls";
    "aarch64, big-endian", target_arch = "aarch64", target_endian = "big":
        "there is no table of its system calls here";
    "aarch64, 32-bit pointers", target_arch = "aarch64", target_pointer_width = "32":
        "Linux as released has no such ABI";
    "arm, big-endian", target_arch = "arm", target_endian = "big":
        "there is no table of its system calls here";
}

/// The ABI of each target. `$d` is a dollar sign, for the macro that is defined here.
macro_rules! native {
    ($d:tt $($(#[cfg($condition:meta)])+ $abi:ident $name:ident;)*) => {
        $($(#[cfg($condition)])+
        const _: () = assert!(matches!(Abi::NATIVE, Abi::$abi), "the macros compile for another ABI");

        $(#[cfg($condition)])+
        /// Hands `$input` to the stage `$stage` of the crate `$runtime`, with the ABI of the target
        /// being built. A procedural macro cannot see the target, but this crate is built for it.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __for_target {
            ($d runtime:tt $d stage:ident $d($d input:tt)*) => {
                $d runtime::__private::$d stage! { $name [$d runtime] $d($d input)* }
            };
        })*
    };
}

native! { $
    #[cfg(target_arch = "x86")] X86 x86;
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))] X86_64 x86_64;
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "32"))] X32 x32;
    #[cfg(target_arch = "arm")] Arm arm;
    #[cfg(target_arch = "aarch64")] Aarch64 aarch64;
    #[cfg(target_arch = "loongarch64")] Loongarch64 loongarch64;
    #[cfg(target_arch = "powerpc")] Ppc ppc;
    #[cfg(all(target_arch = "powerpc64", target_endian = "big"))] Ppc64 ppc64;
    #[cfg(all(target_arch = "powerpc64", target_endian = "little"))] Ppc64le ppc64le;
    #[cfg(target_arch = "riscv64")] Riscv64 riscv64;
    #[cfg(target_arch = "s390x")] S390x s390x;
}

#[cfg(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "arm",
    target_arch = "aarch64",
    target_arch = "loongarch64",
    target_arch = "powerpc",
    target_arch = "powerpc64",
    target_arch = "riscv64",
    target_arch = "s390x",
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64",
    target_arch = "mips64r6",
    target_arch = "m68k",
    target_arch = "sparc",
    target_arch = "sparc64",
    target_arch = "riscv32",
    target_arch = "csky",
    target_arch = "hexagon",
    target_arch = "wasm32",
)))]
compile_error!(
    "seccomp-runtime does not serve this target: it has no system call instruction for it"
);

// The byte order of the target, for which the policy is decided, is the one that the filter sees in
// the kernel.
const _: () = assert!(match Abi::NATIVE.endian() {
    seccomp_bpf::abi::Endian::Big => cfg!(target_endian = "big"),
    seccomp_bpf::abi::Endian::Little => cfg!(target_endian = "little"),
});
const _: () = assert!(Abi::NATIVE.long_bits() == usize::BITS);
