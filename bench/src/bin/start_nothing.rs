//! Installs nothing: what a process costs by itself.

fn main() {
    seccomp_bench::start::main(|_, _| Ok(()));
}
