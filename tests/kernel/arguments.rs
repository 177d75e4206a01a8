//! Arguments, as the kernel passes them to a filter.

use seccomp_runtime::{Abi, Action, Call, Policy, seccomp_policy};
use seccomp_tests::call::{self, ENOSYS, PROBE};
use seccomp_tests::child::{End, child};

const VALUE: u64 = 0x1122_3344_5566_7788;

/// One policy per argument. Its errno is one more than the index of the argument.
const BY_INDEX: [Policy; 6] = [
    seccomp_policy! { errno(1) syscall(1000)(a0 == 0x1122_3344_5566_7788); default allow },
    seccomp_policy! { errno(2) syscall(1000)(a1 == 0x1122_3344_5566_7788); default allow },
    seccomp_policy! { errno(3) syscall(1000)(a2 == 0x1122_3344_5566_7788); default allow },
    seccomp_policy! { errno(4) syscall(1000)(a3 == 0x1122_3344_5566_7788); default allow },
    seccomp_policy! { errno(5) syscall(1000)(a4 == 0x1122_3344_5566_7788); default allow },
    seccomp_policy! { errno(6) syscall(1000)(a5 == 0x1122_3344_5566_7788); default allow },
];

#[test]
#[cfg(target_pointer_width = "64")]
fn each_of_six_arguments_is_compared_in_all_64_bits() {
    for (index, policy) in BY_INDEX.into_iter().enumerate() {
        let outcome = child(|notes| {
            if policy.install().is_err() {
                return 1;
            }
            let with = |value| {
                let mut arguments = [0; 6];
                arguments[index] = value;
                call::probe(arguments)
            };
            notes.put(0, with(VALUE));
            notes.put(1, with(VALUE ^ 1));
            notes.put(2, with(VALUE ^ 1 << 63));
            let mut elsewhere = [VALUE; 6];
            elsewhere[index] = 0;
            notes.put(3, call::probe(elsewhere));
            0
        });
        let hit = -(index as i64 + 1);
        assert_eq!(outcome.end, End::Exited(0));
        assert_eq!(outcome.notes.first(), [hit, ENOSYS, ENOSYS, ENOSYS], "a{index}");
    }
}

/// A policy with a comparison of every kind, each with an errno of its own.
const SHAPES: Policy = seccomp_policy! {
    errno(1) syscall(1000)(a0 == 1, a1 < 0x1_0000_0000);
    errno(2) syscall(1000)(a0 == 1, a1 >= 0x8000_0000_0000_0000);
    errno(3) syscall(1000)(a0 == 1, a1 & 0xff00 == 0x1200);
    errno(4) syscall(1000)(a0 == 2, a1 in {3, 5, 7..=9, 0x1_0000_0000});
    errno(5) syscall(1000)(a0 == 2, a1 as i64 > -10 && a1 as i64 < 0);
    errno(6) syscall(1000)(a0 == 2, a1 as i32 < 0);
    errno(7) syscall(1000)(a0 == 3, a1 & 0x1_0000_0001 != 0);
    errno(8) syscall(1000)(a0 == 3, !(a1 <= 100) || a2 == 1);
    default allow
};

#[test]
fn the_kernel_answers_as_the_policy_decides() {
    const EDGES: [u64; 24] = [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        9,
        10,
        100,
        101,
        0x11ff,
        0x1200,
        0x12ff,
        0x1300,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        0x1_0000_1234,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        0xffff_ffff_ffff_fff7,
    ];
    for case in 1..=3 {
        for flag in [0, 1] {
            let outcome = child(|notes| {
                if SHAPES.install().is_err() {
                    return 1;
                }
                for (index, edge) in EDGES.into_iter().enumerate() {
                    notes.put(index, call::probe([case, edge, flag, 0, 0, 0]));
                }
                0
            });
            assert_eq!(outcome.end, End::Exited(0));
            for (index, edge) in EDGES.into_iter().enumerate() {
                // A register of a 32-bit program has 32 bits.
                let edge = edge & u64::MAX >> (64 - usize::BITS);
                let call = Call::new(Abi::NATIVE, PROBE, [case, edge, flag, 0, 0, 0]);
                let expected = match SHAPES.decide(&call) {
                    Action::Errno(errno) => -i64::from(errno),
                    Action::Allow => ENOSYS,
                    other => panic!("{other}"),
                };
                assert_eq!(outcome.notes.get(index), expected, "({case}, {edge:#x}, {flag})");
            }
        }
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn rubbish_above_a_32_bit_argument_does_not_get_a_call_past_its_rule() {
    // The kernel uses 32 bits of `fd`: closing 2^32 + 1 closes 1.
    const P: Policy = seccomp_policy! { errno(7) close(fd == 1); default allow };
    let outcome = child(|notes| {
        if P.install().is_err() {
            return 1;
        }
        notes.put(0, call::close(1));
        notes.put(1, call::close(1 << 32 | 1));
        notes.put(2, call::close(u64::MAX << 32 | 1));
        notes.put(3, call::write_nothing());
        0
    });
    assert_eq!((outcome.end, outcome.notes.first()), (End::Exited(0), [-7, -7, -7, 0]));
}
