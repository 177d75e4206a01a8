//! Ranges with a bound that rustc evaluates: upside down, empty, one bound known, signed, in a fragment.

use seccomp_runtime::{Policy, seccomp_fragment, seccomp_policy};

const LOW: u32 = 3;
const HIGH: u32 = 9;

const BOTH: Policy = seccomp_policy! {
    allow close(fd in self::LOW..=self::HIGH), dup(fildes in {1, self::LOW..=self::LOW});
    allow read(fd in self::HIGH..=self::LOW);
    #[allow(seccomp::default_allow)] default log
};

const EMPTY: Policy = seccomp_policy! {
    allow write(fd in {1, { LOW }..self::LOW});
    #[allow(seccomp::default_allow)] default log
};

const ONE: Policy = seccomp_policy! {
    allow close(fd in 0..self::LOW);
    allow write(fd in 0xa..=self::HIGH | 1);
    #[allow(seccomp::default_allow)] default log
};

const SIGNED: Policy = seccomp_policy! {
    allow setpriority(niceval in { -5 }..{ 5 });
    allow kill(sig in { LOW as i32 }..=-1);
    #[allow(seccomp::default_allow)] default log
};

seccomp_fragment! {
    UPSIDE_DOWN { allow read(fd in 10..=crate::LOW) }
}

fn main() {
    let _ = [BOTH, EMPTY, ONE, SIGNED];
}
