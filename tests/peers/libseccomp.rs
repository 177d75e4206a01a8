//! libseccomp, through its Rust bindings.

use std::fs::File;
use std::io::{Read, Seek};

use libseccomp::{
    ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall,
    ScmpVersion,
};
use seccomp_ir::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{self, SockFilter};
use seccomp_ir::policy::Operator;
use seccomp_ir::prove::{Decision, Disagreement, Refusal};
use seccomp_test_support::seeds::{Seeded, seeds};

use crate::simple::{
    Relation, Simple, Test, Widths, assert_compiled, equal, with_x86_numbers_decided,
};

/// Calls that every ABI has under one name and that no ABI multiplexes.
const CALLS: [&str; 15] = [
    "read",
    "write",
    "close",
    "openat",
    "ioctl",
    "fcntl",
    "dup3",
    "prctl",
    "kill",
    "getpid",
    "exit_group",
    "madvise",
    "mprotect",
    "lseek",
    "clone",
];

/// libseccomp's name of an ABI, if version 2.5.4 knows the ABI.
fn arch(abi: Abi) -> Option<ScmpArch> {
    Some(match abi {
        Abi::X86 => ScmpArch::X86,
        Abi::X86_64 => ScmpArch::X8664,
        Abi::X32 => ScmpArch::X32,
        Abi::Arm => ScmpArch::Arm,
        Abi::Aarch64 => ScmpArch::Aarch64,
        Abi::Mips => ScmpArch::Mips,
        Abi::Mipsel => ScmpArch::Mipsel,
        Abi::Mips64 => ScmpArch::Mips64,
        Abi::Mipsel64 => ScmpArch::Mipsel64,
        Abi::Mips64N32 => ScmpArch::Mips64N32,
        Abi::Mipsel64N32 => ScmpArch::Mipsel64N32,
        Abi::Parisc => ScmpArch::Parisc,
        Abi::Parisc64 => ScmpArch::Parisc64,
        Abi::Ppc => ScmpArch::Ppc,
        Abi::Ppc64 => ScmpArch::Ppc64,
        Abi::Ppc64le => ScmpArch::Ppc64Le,
        Abi::Riscv64 => ScmpArch::Riscv64,
        Abi::S390 => ScmpArch::S390,
        Abi::S390x => ScmpArch::S390X,
        _ => return None,
    })
}

fn action(action: Action) -> ScmpAction {
    match action {
        Action::Allow => ScmpAction::Allow,
        Action::Errno(errno) => ScmpAction::Errno(errno.into()),
        Action::KillProcess => ScmpAction::KillProcess,
        Action::KillThread => ScmpAction::KillThread,
        Action::Log => ScmpAction::Log,
        Action::Trap(0) => ScmpAction::Trap,
        other => panic!("{other} cannot be said"),
    }
}

fn compare(test: &Test) -> ScmpArgCompare {
    let operator = match test.relation {
        Relation::Is(Operator::Equal) => ScmpCompareOp::Equal,
        Relation::Is(Operator::NotEqual) => ScmpCompareOp::NotEqual,
        Relation::Is(Operator::Less) => ScmpCompareOp::Less,
        Relation::Is(Operator::LessOrEqual) => ScmpCompareOp::LessOrEqual,
        Relation::Is(Operator::Greater) => ScmpCompareOp::Greater,
        Relation::Is(Operator::GreaterOrEqual) => ScmpCompareOp::GreaterEqual,
        Relation::MaskedEqual(mask) => ScmpCompareOp::MaskedEqual(mask),
    };
    ScmpArgCompare::new(test.argument as u32, operator, test.value)
}

/// The filter for `abis` at that level of optimisation: 1 is the default, 2 makes a binary tree.
fn compile(simple: &Simple<&str>, abis: &[Abi], level: u32) -> Vec<SockFilter> {
    let mut filter = ScmpFilterContext::new(action(simple.default)).unwrap();
    filter.remove_arch(ScmpArch::native()).unwrap();
    for &abi in abis {
        filter.add_arch(arch(abi).unwrap()).unwrap();
    }
    filter.set_act_badarch(action(simple.bad_arch)).unwrap();
    filter.set_ctl_optimize(level).unwrap();
    for (name, alternatives) in &simple.calls {
        let call = ScmpSyscall::from_name(name).unwrap();
        if alternatives.is_empty() {
            filter.add_rule(action(simple.matched), call).unwrap();
        }
        for tests in alternatives {
            let tests: Vec<_> = tests.iter().map(compare).collect();
            filter.add_rule_conditional(action(simple.matched), call, &tests).unwrap();
        }
    }
    exported(&filter, abis[0])
}

/// The instructions of a filter for a kernel of that ABI's byte order.
fn exported(filter: &ScmpFilterContext, abi: Abi) -> Vec<SockFilter> {
    let name = format!("libseccomp-{:?}.bpf", std::thread::current().id());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(path);
    let file = file.as_mut().unwrap();
    filter.export_bpf(&mut *file).unwrap();
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let (u16_of, u32_of): (fn([u8; 2]) -> u16, fn([u8; 4]) -> u32) = match abi.endian() {
        seccomp_ir::abi::Endian::Little => (u16::from_le_bytes, u32::from_le_bytes),
        seccomp_ir::abi::Endian::Big => (u16::from_be_bytes, u32::from_be_bytes),
    };
    let instruction = |of: &[u8]| SockFilter {
        code: u16_of([of[0], of[1]]),
        jt: of[2],
        jf: of[3],
        k: u32_of([of[4], of[5], of[6], of[7]]),
    };
    assert!(!bytes.is_empty() && bytes.len() % 8 == 0);
    bytes.chunks_exact(8).map(instruction).collect()
}

fn number(abi: Abi, name: &&str) -> Option<u32> {
    let call = ScmpSyscall::from_name_by_arch(name, arch(abi)?).ok()?;
    u32::try_from(call.as_raw_syscall()).ok()
}

/// Keeps those alternatives for one call that libseccomp compiles correctly, also in version 2.6.1:
/// see `libseccomp_is_wrong_about_several_rules_that_compare_order`.
fn sayable(mut simple: Simple<&'static str>) -> Simple<&'static str> {
    for alternatives in simple.calls.values_mut().filter(|all| all.len() > 1) {
        let equality = |test: &Test| {
            matches!(test.relation, Relation::Is(Operator::Equal) | Relation::MaskedEqual(_))
        };
        if !alternatives.iter().flatten().all(equality) {
            alternatives.truncate(1);
        }
    }
    simple
}

fn simple(calls: &[(&'static str, Vec<Vec<Test>>)]) -> Simple<&'static str> {
    Simple {
        calls: calls.iter().cloned().collect(),
        matched: Action::Allow,
        default: Action::Errno(1),
        bad_arch: Action::KillProcess,
    }
}

fn disagreement(outcome: Result<(), Refusal>) -> Disagreement {
    match outcome {
        Err(Refusal::Disagreement(found)) => *found,
        other => panic!("{other:?}"),
    }
}

/// Above the numbers of x86_64 and x32.
const NOBODYS: (u32, u32) = (2 * Abi::X32_BIT, Abi::SKIPPED - 1);

/// Proves libseccomp's filter equal. Where libseccomp treats numbers of no ABI differently, the
/// proof leaves them out.
fn assert_equal(simple: &Simple<&str>, abis: &[Abi], level: u32, context: &str) {
    let policy = simple.policy(abis, &number);
    assert_compiled(&policy);
    let mut theirs = compile(simple, abis, level);
    if abis.contains(&Abi::X32) {
        theirs = with_x86_numbers_decided(&theirs, NOBODYS, simple.bad_arch);
    }
    if let Err(refusal) = equal(&policy, theirs) {
        panic!("{context}, level {level}, {abis:?}: {refusal}\n{simple:#?}");
    }
}

#[test]
fn libseccomp_and_this_compiler_agree_on_random_policies_for_one_abi() {
    for seed in seeds(0..25) {
        for &abi in Abi::ALL.iter().filter(|abi| arch(**abi).is_some()) {
            let mut rng = Seeded::with_seed(seed);
            let widths = if abi.long_bits() == 64 { Widths::Wide } else { Widths::Narrow };
            let simple = sayable(Simple::random(&mut rng, &CALLS, widths, Action::KillProcess));
            for level in [1, 2] {
                assert_equal(&simple, &[abi], level, &format!("seed {seed}"));
            }
        }
    }
}

#[test]
fn libseccomp_and_this_compiler_agree_on_random_policies_for_several_abis() {
    for seed in seeds(0..40) {
        let mut rng = Seeded::with_seed(seed);
        let simple = sayable(Simple::random(&mut rng, &CALLS, Widths::Wide, Action::Trap(0)));
        assert_equal(&simple, &[Abi::X86_64, Abi::Aarch64], 1, &format!("seed {seed}"));
    }
}

/// As this compiler does, so the two filters are equal.
#[test]
fn libseccomp_gives_the_number_of_a_skipped_call_the_default_on_x86_64() {
    println!("libseccomp {}", ScmpVersion::current().unwrap());
    let simple = simple(&[("read", vec![])]);
    let theirs = compile(&simple, &[Abi::X86_64], 1);
    assert_eq!(equal(&simple.policy(&[Abi::X86_64], &number), theirs.clone()), Ok(()));
    let skipped = Call::new(Abi::X86_64, Abi::SKIPPED, [0; 6]);
    let value = bpf::interpret(&theirs, &skipped, Abi::X86_64.endian());
    assert_eq!(value, Ok(simple.default.to_return_value()));
}

#[test]
fn libseccomp_lets_numbers_above_those_of_x32_fall_to_the_default() {
    let simple = simple(&[("read", vec![])]);
    let policy = simple.policy(&[Abi::X32], &number);
    let found = disagreement(equal(&policy, compile(&simple, &[Abi::X32], 1)));
    assert!(found.call.nr >= 2 * Abi::X32_BIT, "{found}");
    assert_eq!(found.decided_by, Decision::BadArch);
}

#[test]
fn libseccomp_compares_all_64_bits_of_a_32_bit_argument() {
    // `int fd`: the kernel reads 32 bits, so the bits that the C library left above them make no
    // difference.
    let narrow = Test {
        argument: ArgumentIndex::A0,
        wide: false,
        relation: Relation::Is(Operator::Equal),
        value: 3,
    };
    let simple = simple(&[("close", vec![vec![narrow]])]);
    for abi in [Abi::X86_64, Abi::S390x] {
        let policy = simple.policy(&[abi], &number);
        let theirs = compile(&simple, &[abi], 1);
        let found = disagreement(equal(&policy, theirs));
        assert_eq!(found.call.args[0] as u32, 3);
        assert_ne!(found.call.args[0] >> 32, 0);
    }
}

#[test]
fn libseccomp_compares_32_bits_on_32_bit_abis_and_on_x32() {
    let wide = Test {
        argument: ArgumentIndex::A1,
        wide: true,
        relation: Relation::Is(Operator::Equal),
        value: 3,
    };
    let simple = simple(&[("ioctl", vec![vec![wide]])]);
    for abi in [Abi::Arm, Abi::X32] {
        let policy = simple.policy(&[abi], &number);
        let theirs = compile(&simple, &[abi], 1);
        let theirs = with_x86_numbers_decided(&theirs, NOBODYS, simple.bad_arch);
        let found = disagreement(equal(&policy, theirs));
        assert_ne!(found.call.args[1] >> 32, 0, "{found}");
    }
}

#[test]
fn libseccomp_drops_bits_of_a_value_that_are_outside_its_mask() {
    let with_value = |value| {
        let relation = Relation::MaskedEqual(1);
        simple(&[(
            "ioctl",
            vec![vec![Test { argument: ArgumentIndex::A1, wide: true, relation, value }]],
        )])
    };
    let theirs = compile(&with_value(3), &[Abi::Aarch64], 1);
    let as_written = with_value(3).policy(&[Abi::Aarch64], &number);
    disagreement(equal(&as_written, theirs.clone()));
    let as_meant = with_value(1).policy(&[Abi::Aarch64], &number);
    assert_eq!(equal(&as_meant, theirs), Ok(()));
}

#[test]
fn libseccomp_is_wrong_about_several_rules_that_compare_order() {
    let test = |operator, value| {
        vec![Test {
            argument: ArgumentIndex::A0,
            wide: true,
            relation: Relation::Is(operator),
            value,
        }]
    };
    let rules = vec![
        test(Operator::Greater, 5),
        test(Operator::Greater, 1 << 32),
        test(Operator::LessOrEqual, 1),
    ];
    // The first rule matches all calls that the second matches, so both policies are the same.
    let fewer = vec![rules[0].clone(), rules[2].clone()];
    for abi in [Abi::X86_64, Abi::Aarch64] {
        for (rules, right) in [(&rules, false), (&fewer, true)] {
            let simple = simple(&[("getpid", rules.clone())]);
            let theirs = compile(&simple, &[abi], 1);
            let outcome = equal(&simple.policy(&[abi], &number), theirs);
            if right {
                assert_eq!(outcome, Ok(()));
            } else {
                let found = disagreement(outcome);
                assert!((2..=5).contains(&found.call.args[0]), "{found}");
                assert_eq!(found.decided_by, Decision::Default);
            }
        }
    }
}
