use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

mod net {
    seccomp_runtime::seccomp_fragment! {
        pub(crate) CLIENT { allow socket, connect; }
    }
}

seccomp_fragment! {
    RELATIVE { include net::CLIENT; }
}

const FIRST: Policy = seccomp_policy! {
    include net::CLEINT;
    default kill
};

const SECOND: Policy = seccomp_policy! {
    include;
    #[hot] include net::CLIENT;
    default kill
};

fn main() {
    let _ = [FIRST, SECOND];
}
