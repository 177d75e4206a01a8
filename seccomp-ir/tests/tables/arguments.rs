//! Arguments: names, types, places.

use std::collections::BTreeMap;

use seccomp_ir::abi::ArgumentIndex::{A0, A1, A2, A3, A4, A5};
use seccomp_ir::abi::{Abi, Half};
use seccomp_ir::table::{self, ArgumentPlace, Signature, calls, number, signature};

fn of(abi: Abi, call: &str) -> Signature {
    signature(abi, call).unwrap_or_else(|| panic!("{abi:?} has {call}"))
}

fn at(abi: Abi, call: &str, argument: &str) -> Option<ArgumentPlace> {
    of(abi, call).position(argument)
}

/// The kernel's names by register; `-` for a register that is skipped, `whole.low` for half of one.
fn layout(abi: Abi, call: &str) -> Vec<String> {
    let shown = |register: &seccomp_ir::table::Argument| match register.half {
        _ if register.skipped => "-".to_owned(),
        Some(half) if half.half == Half::Low => format!("{}.low", half.whole),
        Some(half) => format!("{}.high", half.whole),
        None => register.name.to_owned(),
    };
    of(abi, call).registers().iter().map(shown).collect()
}

#[test]
fn types_and_names_on_x86_64_are_those_that_linux_6_18_declares() {
    // A description of one built kernel, made without the scripts that make the tables.
    let facts = include_str!("arguments-x86_64.tsv");
    let mut compared = 0;
    for row in facts.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        let call = cells.next().expect("a name");
        let expected = cells.filter(|cell| *cell != "void").collect::<Vec<_>>();
        let ours = of(Abi::X86_64, call);
        assert!(ours.is_known(), "{call}");
        let ours = ours
            .registers()
            .iter()
            .map(|register| format!("{} {}", register.ty.spelling, register.name));
        // The spaces around a star do not matter.
        let plain = |text: &str| text.replace(' ', "");
        let expected = expected.into_iter().map(plain).collect::<Vec<_>>();
        assert_eq!(ours.map(|text| plain(&text)).collect::<Vec<_>>(), expected, "{call}");
        compared += 1;
    }
    assert!(compared > 350, "{compared} calls compared");
}

#[test]
fn every_call_of_every_abi_has_a_signature_that_its_registers_can_hold() {
    for &abi in Abi::ALL {
        for (_, call) in calls(abi) {
            let signature = of(abi, call);
            let registers = signature.registers();
            assert!(registers.len() <= 7, "{abi:?} {call}");
            let seven = registers.len() == 7;
            assert!(!seven || matches!(abi, Abi::Mips | Abi::Mipsel), "{abi:?} {call}");
            for register in registers {
                let bits = register.ty.bits;
                assert!([16, 32, 64].contains(&bits), "{abi:?} {call}: {register:?}");
                assert!(bits <= abi.register_bits(), "{abi:?} {call}: {register:?}");
            }
        }
        assert_eq!(signature(abi, "no_such_call"), None);
    }
}

#[test]
fn a_name_means_one_argument_of_a_call() {
    for &abi in Abi::ALL {
        for (_, call) in calls(abi) {
            let mut meaning = BTreeMap::new();
            for register in of(abi, call).registers() {
                let own = register.half.map_or(register.name, |half| half.whole);
                let half_name = register.half.map(|_| register.name);
                let names = register.man_names.iter().copied().chain([own]);
                for name in names.map(|name| (name, own)).chain(half_name.map(|name| (name, name)))
                {
                    if !name.0.is_empty() {
                        let known = meaning.insert(name.0, name.1);
                        assert!(
                            known.is_none_or(|known| known == name.1),
                            "{abi:?} {call}: {name:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn both_halves_of_a_split_argument_are_there_and_next_to_each_other() {
    let mut seen = 0;
    for &abi in Abi::ALL {
        for (_, call) in calls(abi) {
            let registers = of(abi, call);
            let registers = registers.registers();
            let halves = registers.iter().enumerate().filter_map(|(i, r)| Some((i, r.half?)));
            let halves = halves.collect::<Vec<_>>();
            for pair in halves.chunks(2) {
                let [(first, a), (second, b)] = pair else { panic!("{abi:?} {call}: {halves:?}") };
                assert_eq!(*second, first + 1, "{abi:?} {call}");
                assert!(a.whole == b.whole && a.half != b.half, "{abi:?} {call}: {a:?} {b:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen} pairs");
}

#[test]
fn clone_has_its_flags_where_each_abi_puts_them() {
    for (abi, place) in [
        (Abi::X86_64, A0),
        (Abi::X86, A0),
        (Abi::Aarch64, A0),
        (Abi::S390x, A1),
        (Abi::S390, A1),
        (Abi::M68k, A0),
    ] {
        assert_eq!(at(abi, "clone", "flags"), Some(ArgumentPlace::At(place)), "{abi:?}");
        assert_eq!(at(abi, "clone", "clone_flags"), Some(ArgumentPlace::At(place)), "{abi:?}");
    }
    // CONFIG_CLONE_BACKWARDS: tls before child_tidptr.
    for abi in
        [Abi::X86, Abi::Arm, Abi::Aarch64, Abi::Mips64, Abi::Parisc, Abi::Ppc64, Abi::Riscv64]
    {
        assert_eq!(at(abi, "clone", "tls"), Some(ArgumentPlace::At(A3)), "{abi:?}");
    }
    for abi in [Abi::X86_64, Abi::X32, Abi::M68k, Abi::Sh, Abi::S390x] {
        assert_eq!(at(abi, "clone", "tls"), Some(ArgumentPlace::At(A4)), "{abi:?}");
    }
}

#[test]
fn a_64_bit_argument_on_a_32_bit_abi_is_two_registers_with_padding_where_the_abi_pads() {
    for (abi, call, expected) in [
        (Abi::X86, "pread64", "fd ubuf count pos.low pos.high"),
        (Abi::Arm, "pread64", "fd buf count - pos.low pos.high"),
        (Abi::Mips, "pread64", "fd buf count - pos.high pos.low"),
        (Abi::Mipsel, "pread64", "fd buf count - pos.low pos.high"),
        (Abi::Ppc, "pread64", "fd ubuf count - pos.high pos.low"),
        (Abi::M68k, "pread64", "fd buf count pos.high pos.low"),
        (Abi::S390, "pread64", "fd ubuf count pos.high pos.low"),
        (Abi::Parisc, "pread64", "fd buf count pos.high pos.low"),
        (Abi::Sh, "pread64", "fd buf count - pos.low pos.high"),
        (Abi::X86_64, "pread64", "fd buf count pos"),
        (Abi::X32, "pread64", "fd buf count pos"),
        (Abi::Arm, "truncate64", "path - length.low length.high"),
        (Abi::X86, "truncate64", "filename length.low length.high"),
        (Abi::Ppc, "ftruncate64", "fd - length.high length.low"),
        (Abi::Sh, "truncate64", "path length.low length.high"),
        (Abi::Sheb, "truncate64", "path length.high length.low"),
        (Abi::Arm, "arm_fadvise64_64", "fd advice offset.low offset.high len.low len.high"),
        (Abi::Ppc, "fadvise64_64", "fd advice offset.high offset.low len.high len.low"),
        (Abi::X86, "fadvise64_64", "fd offset.low offset.high len.low len.high advice"),
        (Abi::S390, "fadvise64_64", "args"),
        (Abi::Mips, "fadvise64", "fd - offset.high offset.low len.high len.low advice"),
        (Abi::Parisc, "fadvise64_64", "fd offset.high offset.low len.high len.low advice"),
        (Abi::Ppc, "sync_file_range2", "fd flags offset.high offset.low nbytes.high nbytes.low"),
        (Abi::Arm, "arm_sync_file_range", "fd flags offset.low offset.high nbytes.low nbytes.high"),
        (Abi::X86_64, "sync_file_range", "fd offset nbytes flags"),
        (Abi::Ppc64, "sync_file_range2", "fd flags offset nbytes"),
        (Abi::X86, "fallocate", "fd mode offset.low offset.high len.low len.high"),
        (Abi::Arm, "readahead", "fd - offset.low offset.high count"),
        (Abi::X86, "readahead", "fd offset.low offset.high count"),
        (Abi::X86, "preadv", "fd vec vlen pos.low pos.high"),
        (Abi::Ppc, "preadv", "fd vec vlen pos.low pos.high"),
        (Abi::Mips64N32, "preadv", "fd vec vlen pos.low pos.high"),
        (Abi::X32, "preadv", "fd vec vlen pos"),
        (Abi::X86_64, "preadv", "fd vec vlen pos_l pos_h"),
        (Abi::Arm, "fanotify_mark", "fanotify_fd flags mask.low mask.high dfd pathname"),
        (Abi::S390x, "mmap", "arg"),
        (Abi::X86, "mmap", "arg"),
        (Abi::X86, "mmap2", "addr len prot flags fd pgoff"),
    ] {
        assert_eq!(layout(abi, call).join(" "), expected, "{abi:?} {call}");
    }
}

#[test]
fn a_split_argument_is_not_at_one_place_and_its_halves_are() {
    let halves = |low, high| Some(ArgumentPlace::Halves { low, high });
    assert_eq!(at(Abi::X86, "pread64", "pos"), halves(A3, A4));
    assert_eq!(at(Abi::X86, "pread64", "offset"), halves(A3, A4));
    assert_eq!(at(Abi::Ppc, "pread64", "offset"), halves(A5, A4));
    assert_eq!(at(Abi::X86, "pread64", "poslo"), Some(ArgumentPlace::At(A3)));
    assert_eq!(at(Abi::X86, "preadv", "pos_h"), Some(ArgumentPlace::At(A4)));
    assert_eq!(at(Abi::X86_64, "preadv", "offset"), Some(ArgumentPlace::At(A3)));
    assert_eq!(at(Abi::Mips, "fadvise64", "advice"), Some(ArgumentPlace::Unseen));
    let half = of(Abi::X86, "pread64").type_at(A3);
    assert_eq!((half.bits, half.signed, half.pointer), (32, false, false));
}

#[test]
fn man_pages_names_lead_to_the_same_places_as_the_kernels() {
    for (call, man, kernel, place) in [
        ("socket", "domain", "family", A0),
        ("socket", "type", "type", A1),
        ("ioctl", "request", "cmd", A1),
        ("ioctl", "op", "cmd", A1),
        ("mmap", "length", "len", A1),
        ("mmap", "offset", "off", A5),
        ("openat", "dirfd", "dfd", A0),
        ("openat", "pathname", "filename", A1),
        ("mprotect", "addr", "start", A0),
        ("prctl", "op", "option", A0),
        ("futex", "futex_op", "op", A1),
        ("fcntl", "op", "cmd", A1),
        ("rt_sigaction", "signum", "sig", A0),
        ("connect", "sockfd", "fd", A0),
        ("exit_group", "status", "error_code", A0),
        ("lseek", "offset", "offset", A1),
        ("execve", "pathname", "filename", A0),
        ("tgkill", "tid", "pid", A1),
        ("unshare", "flags", "unshare_flags", A0),
        ("setns", "nstype", "flags", A1),
    ] {
        for name in [man, kernel] {
            assert_eq!(
                at(Abi::X86_64, call, name),
                Some(ArgumentPlace::At(place)),
                "{call}({name})"
            );
        }
    }
    // Not where the ABI's call is a different one, with one pointer to a structure.
    assert_eq!(at(Abi::S390x, "mmap", "prot"), None);
    assert_eq!(at(Abi::X86_64, "read", ""), None);
    assert_eq!(at(Abi::X86_64, "signalfd", "flags"), None);
}

#[test]
fn a_type_says_what_the_kernel_reads_of_the_register() {
    let read = |abi, call: &str, position| {
        let ty = of(abi, call).type_at(position);
        (ty.bits, ty.signed, ty.pointer)
    };
    let (i32, u32, u16) = ((32, true, false), (32, false, false), (16, false, false));
    let (u64, i64, pointer) = ((64, false, false), (64, true, false), (64, false, true));
    assert_eq!(read(Abi::X86_64, "read", A0), u32);
    assert_eq!(read(Abi::X86_64, "read", A1), pointer);
    assert_eq!(read(Abi::X86_64, "read", A2), u64);
    assert_eq!(read(Abi::X86_64, "ioctl", A1), u32);
    assert_eq!(read(Abi::X86_64, "openat", A0), i32);
    assert_eq!(read(Abi::X86_64, "openat", A3), u16);
    assert_eq!(read(Abi::X86, "chmod", A1), u16);
    assert_eq!(read(Abi::X86, "chown", A1), u16);
    assert_eq!(read(Abi::X86_64, "chown", A1), u32);
    assert_eq!(read(Abi::X86, "chown32", A1), u32);
    assert_eq!(read(Abi::S390, "setuid", A0), u16);
    assert_eq!(read(Abi::X86_64, "lseek", A1), i64);
    assert_eq!(read(Abi::X86, "lseek", A1), i32);
    assert_eq!(read(Abi::X86, "read", A2), u32);
    assert_eq!(read(Abi::X86, "read", A1), (32, false, true));
    assert_eq!(read(Abi::X86_64, "clone3", A1), u64);
    assert_eq!(read(Abi::X86_64, "capget", A0), pointer);
    assert_eq!(read(Abi::X86_64, "landlock_add_rule", A1), u32);
    assert_eq!(read(Abi::X86_64, "pread64", A3), i64);
    assert_eq!(read(Abi::X86_64, "sync_file_range", A1), i64);
    // x32 has registers of 64 bits, and its own calls read compat types.
    assert_eq!(read(Abi::X32, "mprotect", A0), u64);
    assert_eq!(read(Abi::X32, "ioctl", A2), u32);
    assert_eq!(read(Abi::Mips64N32, "ioctl", A2), u32);
    assert_eq!(read(Abi::Mips64N32, "mprotect", A0), u64);
}

#[test]
fn taking_nothing_differs_from_being_unknown() {
    for call in ["getpid", "fork", "rt_sigreturn", "sched_yield", "sync", "munlockall"] {
        let signature = of(Abi::X86_64, call);
        assert!(signature.is_known() && signature.registers().is_empty(), "{call}");
    }
    for call in ["afs_syscall", "tuxcall", "vserver", "security"] {
        let signature = of(Abi::X86_64, call);
        assert!(!signature.is_known() && signature.registers().is_empty(), "{call}");
        let ty = signature.type_at(A5);
        assert_eq!((ty.bits, ty.signed, ty.pointer), (64, false, false), "{call}");
    }
    let ty = of(Abi::X86, "break").type_at(A0);
    assert_eq!((ty.bits, ty.spelling), (32, "u32"));
}

#[test]
fn calls_of_todays_kernels_have_known_signatures() {
    // No call of the generic table may be unknown, except those that never existed or are gone.
    for (nr, call) in calls(Abi::Riscv64) {
        let gone = ["nfsservctl", "lookup_dcookie"].contains(&call);
        assert_eq!(of(Abi::Riscv64, call).is_known(), !gone, "{nr} {call}");
    }
    assert!(number(Abi::Riscv64, "listns").is_some());
}

#[test]
fn the_nearest_argument_is_offered() {
    assert_eq!(of(Abi::X86_64, "mmap").nearest("flag"), Some("flags"));
    assert_eq!(of(Abi::X86_64, "ioctl").nearest("comand"), None);
    assert_eq!(of(Abi::X86_64, "ioctl").nearest("requst"), Some("request"));
    assert_eq!(of(Abi::X86_64, "getpid").nearest("pid"), None);
}

/// Every argument that an ABI with 64-bit registers declares wider than 32 bits, and that is not a pointer,
/// was followed to its use in the kernel: either it is used whole, or `data/used.tsv` says which part is.
#[test]
fn the_part_that_the_kernel_uses_is_known_for_every_wide_argument() {
    const WHOLE: &str = include_str!("whole.tsv");
    const KINDS: [&str; 7] =
        ["address", "size", "offset", "checked", "identity", "switch", "command"];
    let mut whole = BTreeMap::new();
    for row in WHOLE.lines().filter(|row| !row.starts_with('#')) {
        let [call, argument, kind, place] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        assert!(KINDS.contains(&kind) && place.contains(": "), "{row}");
        let depends = table::depends_on_command(call, argument);
        assert_eq!(kind == "command", depends, "{row}");
        assert_eq!(whole.insert((call, argument), 0), None, "{row}");
    }
    let mut narrower = 0;
    for &abi in Abi::ALL.iter().filter(|abi| abi.register_bits() == 64) {
        for (_, call) in calls(abi) {
            for register in of(abi, call).registers() {
                let ty = register.ty;
                if ty.pointer || register.half.is_some() || ty.declared_bits <= 32 {
                    continue;
                }
                if ty.bits < ty.declared_bits || ty.ignored {
                    narrower += 1;
                } else if !register.skipped {
                    let seen = whole.get_mut(&(call, register.name));
                    *seen.unwrap_or_else(|| panic!("{abi:?}: {} of {call}", register.name)) += 1;
                }
            }
        }
    }
    let stale = whole.iter().filter(|(_, seen)| **seen == 0).collect::<Vec<_>>();
    assert!(stale.is_empty(), "{stale:?}");
    assert!(narrower > 200, "{narrower}");
}

/// A mask has the type `unsigned int` if its number needs all 32 bits of one, and so has its complement
/// (`~0xffff0000` is `0xffff`): a value under such a mask has none of the bits above.
#[test]
fn an_argument_that_the_kernel_masks_with_32_bits_is_compared_in_32_bits() {
    for (call, argument) in [("mount", "flags"), ("kexec_load", "flags")] {
        for abi in Abi::ALL.iter().copied().filter(|abi| number(*abi, call).is_some()) {
            let Some(ArgumentPlace::At(at)) = at(abi, call, argument) else {
                panic!("{abi:?}: {call}")
            };
            let ty = of(abi, call).type_at(at);
            assert_eq!((ty.bits, ty.signed), (32, false), "{abi:?}: {argument} of {call}");
        }
    }
}
