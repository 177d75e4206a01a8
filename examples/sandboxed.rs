//! Like `quickstart`, with an attribute: the function cannot begin without its policy.
//!
//! ```text
//! cargo run --example sandboxed
//! ```

use seccomp_examples::{dup2, in_child};
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

/// The calls that the program needs. Any other call ends it.
const STDIO: Policy = seccomp_policy! {
    allow read, write, exit, exit_group, rt_sigreturn;
    // A Rust program frees its signal stack when it leaves `main`.
    allow sigaltstack, munmap;
    // Newer architectures have no dup2; the C library calls dup3 there.
    #[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")))]
    allow dup2(oldfd == 1, newfd == 2);
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64"))]
    allow dup3(oldfd == 1, newfd == 2, flags == 0);
    default kill
};

fn main() -> std::io::Result<()> {
    in_child(|| {
        println!("step 1: unrestricted");
        sandboxed_steps();
    })
}

/// If the policy could not be installed, the program would end here with the reason.
#[sandboxed(STDIO)]
fn sandboxed_steps() {
    println!("step 2: only 'write' and dup2(1, 2) syscalls");

    let _ = dup2(1, 2);
    eprintln!("step 3: stderr redirected to stdout");

    let _ = dup2(2, 42);
    eprintln!("step 4: !! YOU SHOULD NOT SEE ME !!");
}
