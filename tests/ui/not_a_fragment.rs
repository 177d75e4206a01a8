use seccomp_runtime::seccomp_fragment;

seccomp_fragment! {
    pub fn NET { allow socket }
}

seccomp_fragment! {
    NET
}

fn main() {}
