//! Call numbers.

use std::collections::BTreeSet;

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{abis_with, calls, is_known, name, names, number};

use crate::columns;
use crate::raw_sys;

#[test]
fn a_number_leads_to_its_name_and_back() {
    for &abi in Abi::ALL {
        let mut last = None;
        for (nr, call) in calls(abi) {
            assert_eq!(number(abi, call), Some(nr), "{abi:?} {call}");
            assert_eq!(name(abi, nr), Some(call), "{abi:?} {nr}");
            assert!(Some(nr) > last, "{abi:?} {call}");
            assert!(abis_with(call).any(|other| other.column() == abi.column()), "{abi:?} {call}");
            last = Some(nr);
        }
    }
    assert_eq!(number(Abi::X86_64, "no_such_call"), None);
    assert_eq!(name(Abi::X86_64, u32::MAX), None);
    assert!(!is_known("no_such_call") && !is_known("") && is_known("dup2"));
    assert_eq!(abis_with("no_such_call").count(), 0);
}

#[test]
fn every_name_belongs_to_an_abi() {
    for call in names() {
        assert!(is_known(call) && abis_with(call).next().is_some(), "{call}");
    }
    assert!(names().count() > 500);
}

#[test]
fn numbers_are_as_they_arrive_in_a_filter() {
    for (abi, call, nr) in [
        (Abi::X86_64, "read", 0),
        (Abi::X86, "read", 3),
        (Abi::X32, "read", 0x4000_0000),
        (Abi::X32, "ioctl", 0x4000_0000 | 514),
        (Abi::Arm, "set_tls", 0xf0005),
        (Abi::Aarch64, "openat", 56),
        (Abi::Mips, "open", 4005),
        (Abi::Mipsel, "open", 4005),
        (Abi::Mips64, "open", 5002),
        (Abi::Mips64N32, "open", 6002),
        (Abi::S390, "clone", 120),
        (Abi::S390x, "clone", 120),
        (Abi::Riscv64, "riscv_hwprobe", 258),
    ] {
        assert_eq!(number(abi, call), Some(nr), "{abi:?} {call}");
    }
    assert_eq!(number(Abi::Aarch64, "dup2"), None);
}

#[test]
fn abis_of_one_table_have_the_same_calls() {
    for &abi in Abi::ALL {
        let first = columns().nth(abi.column()).expect("a column");
        assert!(calls(abi).eq(calls(first)), "{abi:?}");
    }
}

#[test]
fn only_arm_has_calls_far_above_its_others() {
    for &abi in Abi::ALL {
        let above = calls(abi).filter(|call| call.0 - abi.base() > 600).map(|call| call.1);
        let private: &[_] = match abi {
            Abi::Arm => &["breakpoint", "cacheflush", "usr26", "usr32", "set_tls", "get_tls"],
            _ => &[],
        };
        assert_eq!(above.collect::<Vec<_>>(), private, "{abi:?}");
    }
}

#[test]
fn numbers_are_those_of_linux_raw_sys_on_every_abi_that_it_has() {
    for (abi, architecture) in raw_sys::SHARED {
        let mut compared = BTreeSet::new();
        for (constant, value) in raw_sys::values(architecture) {
            let private = constant.strip_prefix("__ARM_NR_");
            let Some(call) = constant.strip_prefix("__NR_").or(private) else { continue };
            let base = if architecture == "x32" { Abi::X32_BIT } else { 0 };
            // Arm's headers have another name for what the kernel's table calls
            // arm_sync_file_range.
            let empty = call.starts_with("unused") || call.starts_with("reserved");
            let other = abi == Abi::Arm && call == "sync_file_range2";
            if empty || other || NOT_CALLS.contains(&call) {
                continue;
            }
            let nr = number(abi, call).unwrap_or_else(|| panic!("{abi:?} lacks {call} = {value}"));
            assert!(
                u64::from(nr) == value || u64::from(nr - base) == value,
                "{abi:?} {call}: {nr} here, {value} there"
            );
            compared.insert(call.to_owned());
        }
        let missing = calls(abi).map(|call| call.1).filter(|call| !compared.contains(*call));
        let missing = missing.filter(|call| !NEWER.contains(call) && !newer_on(abi, call));
        let missing = missing.collect::<Vec<_>>();
        assert!(missing.is_empty(), "{abi:?}: {missing:?}");
        assert!(compared.len() > 300, "{abi:?}: {} numbers compared", compared.len());
    }
}

/// Names that begin like the constant of a call number but are not one.
const NOT_CALLS: [&str; 7] = [
    "BASE",
    "SYSCALL_BASE",
    "OABI_SYSCALL_BASE",
    "SYSCALL_MASK",
    "Linux",
    "Linux_syscalls",
    "syscalls",
];

/// Calls that are newer than the kernel whose headers the crate was made from.
const NEWER: [&str; 4] = ["fchroot", "listns", "rseq_slice_yield", "uprobe"];

/// Calls that an ABI got after that kernel, although other ABIs had them.
fn newer_on(abi: Abi, call: &str) -> bool {
    abi == Abi::Loongarch64 && call == "memfd_secret"
}
