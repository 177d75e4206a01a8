// The policies of both scopes: every construct of a policy that expands to more than numbers. Both scopes
// name the type of a policy `Real`.

/// A number of the program.
pub const NUMBER: ::std::primitive::i32 = 3;

/// A negative number of the program.
pub const BELOW: ::std::primitive::i64 = -4;

/// Values of rustc, in each place where one may be.
pub const VALUES: Real = seccomp_policy! {
    allow read(fd == self::NUMBER), write(fd in {{ NUMBER }, 7}, count & !{ NUMBER } == 0);
    allow close(fd in { NUMBER }..=9), lseek(offset > self::NUMBER);
    errno({ NUMBER }) dup;
    allow exit_group, rt_sigreturn;
    default kill
};

/// The same values, combined, with every operator and in every action that takes a value.
pub const COMPARED: Real = seccomp_policy! {
    allow lseek(offset in self::BELOW..{ NUMBER }, whence & { NUMBER } == self::NUMBER);
    allow read(fd in {..self::NUMBER, { NUMBER } | 8}, count & 0xf0 < { NUMBER });
    allow write(!(fd == self::NUMBER || fd > { NUMBER } | 4), count & !(self::NUMBER | 4) != 0);
    allow fchmod(mode in { NUMBER }..self::NUMBER | 8);
    errno({ NUMBER } | 8) dup, dup3(flags == !self::NUMBER);
    allow exit_group, rt_sigreturn;
    bad_arch errno(self::NUMBER);
    unknown errno({ NUMBER });
    default errno(self::NUMBER | 4)
};

/// Items with conditions, and a policy inside a value of another policy, with conditions and values of its
/// own.
pub const NESTED: Real = seccomp_policy! {
    #[cfg(all())] allow read(fd == {
        if seccomp_policy! {
            #[cfg(all())] allow write(fd == self::NUMBER);
            #[cfg(any())] allow no_such_call;
            #[cfg(all())] include "hostile.policy";
            include self::PLAIN;
            errno({ NUMBER }) dup;
            allow exit_group, rt_sigreturn;
            default kill
        }.allows(&call!(write({ NUMBER }))) { 3 } else { 4 }
    });
    #[cfg(any())] allow no_such_call;
    #[cfg(all())] include self::FRAGMENT;
    allow exit_group, rt_sigreturn;
    default kill
};

seccomp_fragment! {
    /// A fragment with a condition and a value.
    pub(crate) FRAGMENT { #[cfg(all())] allow read(fd == self::NUMBER); #[cfg(any())] allow no_such_call; }
    pub(crate) PLAIN { allow write(fd == { NUMBER }); }
    UNUSED_WITH_A_VALUE { allow write(fd == { NUMBER }); }
    UNUSED_TOO { allow write; }
    /// Values in every place of a fragment.
    pub(crate) FULL {
        errno({ NUMBER } | 8) dup;
        allow close(fd in {self::NUMBER, { NUMBER + 2 }}), fchmod(mode in { NUMBER }..self::NUMBER | 8);
    }
}

/// The fragments, and two files. One file includes the other.
pub const INCLUDED: Real = seccomp_policy! {
    include FRAGMENT;
    include self::PLAIN;
    include FULL;
    #[cfg(all())] include "values.policy";
    allow exit_group, rt_sigreturn;
    default kill
};

/// So many fragments that the macros expand them in two groups.
pub const MANY: Real = seccomp_policy! {
    #[cfg(all())] include self::FULL;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    include self::PLAIN;
    allow exit_group, rt_sigreturn;
    default kill
};

/// A call whose arguments are values of the program.
pub const CALL: ::filter::Call = call!(write(self::NUMBER, 0, { NUMBER } | 4));

/// A call that names its arguments.
pub const NAMED: ::filter::Call = call!(lseek(offset = self::BELOW, whence = { NUMBER }));

/// A policy in a function, with a value from a generic parameter.
#[must_use]
pub const fn in_a_function<const FD: ::std::primitive::u32>() -> Real {
    struct At<const FD: ::std::primitive::u32>;
    impl<const FD: ::std::primitive::u32> At<FD> {
        const POLICY: Real =
            seccomp_policy! { allow read(fd == { FD }), exit_group, rt_sigreturn; default kill };
    }
    At::<FD>::POLICY
}

/// The policy that the tests install to run their probe.
pub const SEVEN: Real = seccomp_policy! {
    errno(7) syscall(1000);
    #[allow(seccomp::default_allow)]
    default allow
};

/// Values of the running program, in each place where one may be and after each stage of the macros.
#[must_use]
pub fn with_values(
    three: ::std::primitive::i32,
    four: ::std::primitive::i64,
) -> ::filter::PolicyWith<15> {
    seccomp_policy! {
        #[cfg(all())] allow read(fd == $three), write(fd in {$(three + 4), { NUMBER }, $(four)..=5}, count & !$three == 0);
        #[cfg(any())] allow read(fd == $nothing);
        include self::FRAGMENT;
        include "run-time.policy";
        allow lseek(offset in $(-four)..$three, whence & (self::NUMBER | run_time(four)) == $three);
        errno($three | 8) dup;
        errno(!!$(three)) dup3(flags == !run_time(three));
        allow exit_group, rt_sigreturn;
        unknown errno($({ three }));
        default kill
    }
}

/// A policy with a value that comes from a macro, where its author does not see it.
macro_rules! seven {
    ($value:expr) => {
        seccomp_policy! { errno(run_time($value)) syscall(1000); #[allow(seccomp::default_allow)] default allow }
    };
}

/// A function under a policy with a value from its argument.
#[sandboxed(seven!(six + 1))]
pub fn by_value(
    six: ::std::primitive::u8,
    probe: fn() -> ::std::primitive::i64,
) -> ::std::primitive::i64 {
    probe()
}
