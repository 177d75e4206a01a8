//! Compiles `policies/worker.policy` for the program.

fn main() {
    seccomp_syntax::build_script::compile("policies/worker.policy");
}
