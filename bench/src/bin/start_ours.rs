//! Installs a policy that was compiled with this program.

use seccomp_runtime::Policy;

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

fn main() {
    seccomp_bench::start::main(|name, _| {
        let (_, policy) =
            POLICIES.iter().find(|(other, _)| *other == name).ok_or("no such policy")?;
        policy.install().map_err(|error| error.to_string())
    });
}
