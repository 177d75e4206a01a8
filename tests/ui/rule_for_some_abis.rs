//! `#[arch(…)]` and `name?`, each in a wrong place or form.

use seccomp_runtime::{Policy, seccomp_policy};

const NAMES: Policy = seccomp_policy! {
    arch x86_64, x86;
    #[arch(i386)] allow mmap2;
    #[arch(x86_64)] allow mmap2, ugetrlimit;
    #[arch(x86, x86)] allow read;
    #[arch(s390x)] allow raed;
    default kill
};

const PLACES: Policy = seccomp_policy! {
    #[arch(x86_64)] default kill;
    #[arch] allow read;
    #[arch(x86_64)] #[arch(x86)] allow read;
    #[arch(x86_64)] include crate::NET;
    allow @file-system?, syscall(3)?;
    allow syscall(3)?;
    allow opnat?;
};

fn main() {
    let _ = [NAMES, PLACES];
}
