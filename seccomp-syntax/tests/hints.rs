//! Errors about a call that an ABI lacks, or whose arguments it does not show: what they say to write compiles on that
//! ABI.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::table::{self, ArgumentPlace, Signature};
use seccomp_syntax::{LocatedDiagnostic, compile};
use seccomp_test_support::seeds::{Seeded, seeds};

fn errors(policy: &str, abi: Abi) -> Vec<LocatedDiagnostic> {
    let tokens: TokenStream = policy.parse().expect("balanced tokens");
    match compile(tokens, Span::call_site(), abi) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().cloned().collect(),
    }
}

/// The only error of a policy, and its help.
#[track_caller]
fn error(policy: &str, abi: Abi) -> (String, String) {
    match &errors(policy, abi)[..] {
        [one] => (one.message.clone(), one.help.clone().unwrap_or_default()),
        several => panic!("{}: {policy}: {several:?}", abi.name()),
    }
}

#[track_caller]
fn compiles(policy: &str, abi: Abi) {
    let errors = errors(policy, abi);
    assert!(errors.is_empty(), "{}: {policy}: {errors:?}", abi.name());
}

/// The texts between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn names(signature: &Signature) -> impl Iterator<Item = &'static str> {
    let whole = |name: &&str| matches!(signature.position(name), Some(ArgumentPlace::At(_)));
    signature.registers().iter().map(|register| register.name).filter(whole)
}

/// The calls that pass a structure on an ABI, each with an argument that x86_64 or arm has in a register.
fn in_structures(abi: Abi) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for (_, call) in table::calls(abi) {
        let signature = table::signature(abi, call).expect("a call");
        let [only] = signature.registers() else { continue };
        if !only.ty.pointer {
            continue;
        }
        let elsewhere =
            [Abi::X86_64, Abi::Arm].into_iter().filter_map(|abi| table::signature(abi, call));
        for other in elsewhere {
            let plain = |name: &&str| signature.position(name).is_none();
            found.extend(names(&other).filter(plain).map(|name| (call, name)));
        }
    }
    found
}

#[test]
fn what_to_write_for_a_call_that_takes_a_structure_compiles_on_that_abi() {
    let mut seen = Vec::new();
    for &abi in Abi::ALL {
        for (call, argument) in in_structures(abi) {
            let found = errors(&format!("allow {call}({argument} as u32 == 0); default kill"), abi);
            let [error] = &found[..] else { panic!("{}: {call}: {found:?}", abi.name()) };
            let help = error.help.clone().unwrap_or_default();
            assert!(error.message.contains("in a structure in memory"), "{error}");
            let texts: Vec<_> = quoted(&help).collect();
            match &texts[..] {
                [whole] => compiles(&format!("allow {whole}; default kill"), abi),
                [compared, other, denied, rule] => {
                    assert_eq!((*compared, *denied), (argument, call), "{help}");
                    let policy =
                        format!("allow {other}({argument} as u32 == 0); {rule} default kill");
                    compiles(&policy, abi);
                }
                _ => panic!("{help}"),
            }
            seen.push((abi, call));
        }
    }
    for known in
        [(Abi::X86, "mmap"), (Abi::S390x, "mmap"), (Abi::S390, "mmap2"), (Abi::X86, "select")]
    {
        assert!(seen.contains(&known), "{known:?}: {seen:?}");
    }
}

#[test]
fn a_rule_that_is_right_for_some_of_its_abis_may_stay_for_these() {
    for (call, argument, other) in [("mmap", "prot", "mmap2"), ("select", "n", "pselect6")] {
        let arch = "arch x86_64, x86;";
        let rule = format!("allow {call}({argument} == 3);");
        let (message, help) = error(&format!("{arch} {rule} default kill"), Abi::X86_64);
        assert!(message.starts_with("on x86: "), "{message}");
        let texts: Vec<_> = quoted(&help).collect();
        let [attribute, compared, instead, _, deny] = texts[..] else { panic!("{help}") };
        assert_eq!((compared, instead), (argument, other));
        let on_x86 = format!("#[arch(x86)] allow {instead}({argument} == 3); {deny}");
        compiles(&format!("{arch} {attribute} {rule} {on_x86} default kill"), Abi::X86_64);
    }
}

/// The calls that an error offers, with the ABIs for which it does: "`a` or `b` on x86 and `c` on arm", or "`a` there".
fn offered(help: &str, abis: &[Abi]) -> Vec<(String, Vec<Abi>)> {
    let help = help.strip_prefix("write ").expect(help);
    let help = help.split(['(', ';']).next().expect(help);
    let help = help.split(", and nothing on").next().expect(help);
    let mut all = Vec::new();
    for part in help.trim().split(" and ") {
        let on = match part.split_once(" on ") {
            Some((_, names)) => names.split(", ").map(|name| name.parse().expect(help)).collect(),
            None => abis.to_vec(),
        };
        all.extend(quoted(part).map(|call| (call.to_owned(), on.clone())));
    }
    all
}

/// An error about a call that none of the ABIs has: what it offers exists where it says so.
fn check_missing(call: &str, abis: &[Abi]) {
    let arch = abis.iter().map(|abi| abi.name()).collect::<Vec<_>>().join(", ");
    let (message, help) = error(&format!("arch {arch}; allow {call}; default kill"), abis[0]);
    assert!(message.contains(&format!("no system call `{call}`")), "{message}");
    if let Some((_, ways)) = help.split_once("it is also made by ") {
        let on = abis.iter().filter(|abi| !table::multiplexed(**abi, call).is_empty());
        let way = quoted(ways).next().expect("a way");
        for abi in on {
            compiles(&format!("allow {way}; default kill"), *abi);
        }
    } else {
        assert!(abis.iter().all(|abi| table::multiplexed(*abi, call).is_empty()), "{call}: {help}");
    }
    if help.starts_with("to skip it") {
        return;
    }
    let offered = offered(&help, abis);
    assert!(!offered.is_empty(), "{help}");
    for (other, on) in offered {
        for abi in on {
            assert!(table::number(abi, &other).is_some(), "{call} on {}: {help}", abi.name());
        }
    }
}

/// The calls of all ABIs that none of these has.
fn missing_on<'a>(abis: &'a [Abi]) -> impl Iterator<Item = &'static str> + 'a {
    table::names().filter(|call| abis.iter().all(|abi| table::number(*abi, call).is_none()))
}

#[test]
fn what_to_write_for_a_call_that_an_abi_lacks_exists_there() {
    for abi in Abi::ALL {
        missing_on(&[*abi]).for_each(|call| check_missing(call, &[*abi]));
    }
}

#[test]
fn what_to_write_for_a_call_that_several_abis_lack_exists_where_the_error_says() {
    let mut rng = Seeded::with_seed(seeds(13..14).start);
    for _ in 0..20 {
        let mut of_order: Vec<Abi> = Abi::ALL.to_vec();
        let big = rng.bool();
        of_order.retain(|abi| (abi.endian() == Endian::Big) == big);
        rng.shuffle(&mut of_order);
        let abis = &of_order[..2 + rng.usize(..3)];
        missing_on(abis).step_by(3).for_each(|call| check_missing(call, abis));
    }
    // The order of the ABIs does not matter.
    for arch in ["s390, s390x", "s390x, s390"] {
        let abi = if arch.starts_with("s390x") { Abi::S390x } else { Abi::S390 };
        let (_, help) = error(&format!("arch {arch}; allow semop; default kill"), abi);
        assert!(
            help.contains("`semtimedop_time64` on s390") && help.contains("`semtimedop` on s390x")
        );
    }
}

#[test]
fn several_calls_that_would_do_are_each_a_name_that_can_be_copied() {
    let (_, help) = error("allow open; default kill", Abi::Aarch64);
    assert!(help.starts_with("write `openat` or `openat2` there"), "{help}");
}
