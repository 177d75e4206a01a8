use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow fstat64, mmap2;
    allow riscv_flush_icache;
    default kill
};

fn main() {
    let _ = POLICY;
}
