//! Installs nothing, to measure what a process costs by itself.

fn main() {
    seccomp_bench::start::main(|_, _| Ok(()));
}
