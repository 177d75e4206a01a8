//! Compiles the files in `policies` for the program.

fn main() {
    seccomp_syntax::build_script::compile("policies/worker.policy");
    seccomp_syntax::build_script::compile("policies/writer.policy");
}
