use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

seccomp_fragment! {
    NET { allow socket; default kill; }
}

seccomp_fragment! {
    LOG { arch x86_64; allow wriet; }
}

const POLICY: Policy = seccomp_policy! {
    include LOG;
    #[allow(seccomp::default_allow)] default log
};

fn main() {
    let _ = POLICY;
}
