// What both scopes have: every construct of a policy that becomes more than numbers. `Real` is a policy there.

/// A number of the program.
pub const NUMBER: ::std::primitive::i32 = 3;

/// One below 0.
pub const BELOW: ::std::primitive::i64 = -4;

/// Values that are left to rustc, in each place that has any.
pub const VALUES: Real = seccomp_policy! {
    allow read(fd == self::NUMBER), write(fd in {{ NUMBER }, 7}, count & !{ NUMBER } == 0);
    allow close(fd in { NUMBER }..=9), lseek(offset > self::NUMBER);
    errno({ NUMBER }) dup;
    allow exit_group, rt_sigreturn;
    default kill
};

/// The same, put together, compared in every way, and in every answer.
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

/// Items under conditions, and in a value of a policy another with conditions and with values.
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

/// What the fragments have, and files, one of which includes the other.
pub const INCLUDED: Real = seccomp_policy! {
    include FRAGMENT;
    include self::PLAIN;
    include FULL;
    #[cfg(all())] include "values.policy";
    allow exit_group, rt_sigreturn;
    default kill
};

/// As many fragments as are asked in two groups.
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

/// A call with values of the program.
pub const CALL: ::filter::Call = call!(write(self::NUMBER, 0, { NUMBER } | 4));

/// A call that names its arguments.
pub const NAMED: ::filter::Call = call!(lseek(offset = self::BELOW, whence = { NUMBER }));

/// In a function, by a generic parameter.
#[must_use]
pub const fn in_a_function<const FD: ::std::primitive::u32>() -> Real {
    struct At<const FD: ::std::primitive::u32>;
    impl<const FD: ::std::primitive::u32> At<FD> {
        const POLICY: Real =
            seccomp_policy! { allow read(fd == { FD }), exit_group, rt_sigreturn; default kill };
    }
    At::<FD>::POLICY
}

/// What the probe of the tests gets under it.
pub const SEVEN: Real = seccomp_policy! {
    errno(7) syscall(1000);
    #[allow(seccomp::default_allow)]
    default allow
};
