use seccomp_runtime::{Policy, seccomp_policy};

const POLICY: Policy = seccomp_policy! {
    allow @basic_io;
    allow @basic-oi, @frobnicators;
    default kill
};

fn main() {
    let _ = [POLICY];
}
