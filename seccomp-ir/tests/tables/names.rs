//! Groups, hints, and the names that are suggested for wrong ones.

use std::collections::BTreeSet;

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{
    Multiplexed, abis_with, calls, group, groups, instead, is_known, multiplexed, multiplexed_by,
    names, nearest_call, nearest_constant, nearest_group, number,
};

#[test]
fn every_member_of_a_group_is_a_call_of_some_abi() {
    for group in groups() {
        assert!(group.name.starts_with('@') && !group.description.is_empty(), "{}", group.name);
        assert!(!group.members.is_empty() && group.members.is_sorted(), "{}", group.name);
        for member in &group.members {
            assert!(is_known(member), "{}: {member}", group.name);
        }
    }
    assert!(groups().count() > 25);
}

#[test]
fn a_group_within_a_group_brings_its_calls() {
    let members = |name: &str| &group(name).expect(name).members;
    let service = members("@system-service");
    for inner in ["@basic-io", "@aio", "@network-io", "@default", "@chown", "@timer"] {
        for call in members(inner) {
            assert!(service.contains(call), "{inner}: {call}");
        }
    }
    assert!(service.contains(&"personality") && !service.contains(&"reboot"));
    assert!(members("@privileged").contains(&"swapon"), "from @swap");
    assert!(!members("@privileged").iter().any(|member| member.starts_with('@')));
    assert!(members("@basic-io").contains(&"write"));
    assert_eq!(group("basic-io"), None);
    assert_eq!(group("@no-such-group"), None);
}

/// A call in no group would be missing from lists of denied calls without being `unknown`, and no author
/// would have thought of it. `data/ungrouped.tsv` lists the calls of no group, with the reasons.
#[test]
fn every_call_is_in_a_group_or_has_a_reason_to_be_in_none() {
    const NONE: &str = include_str!("../../data/ungrouped.tsv");
    let mut reasons = BTreeSet::new();
    for row in NONE.lines().filter(|row| !row.starts_with('#')) {
        let (call, reason) = row.split_once('\t').expect(row);
        assert!(reason.len() > 20 && is_known(call) && reasons.insert(call), "{row}");
    }
    let of_all = |name: &str| name == "@known" || name.starts_with("@rust-");
    let mut grouped = BTreeSet::new();
    for group in groups().filter(|group| !of_all(group.name)) {
        grouped.extend(group.members.iter().copied());
    }
    for call in names() {
        assert_ne!(grouped.contains(call), reasons.contains(call), "{call}");
    }
    assert!(group("@known").expect("all calls").members.iter().copied().eq(names()));
}

#[test]
fn groups_have_what_came_after_systemd_252() {
    let has = |name: &str, call| group(name).expect(name).members.contains(&call);
    for call in ["open_tree", "open_tree_attr", "fchroot", "mount_setattr", "move_mount"] {
        assert!(has("@mount", call), "{call}");
        assert!(!has("@system-service", call) && !has("@file-system", call), "{call}");
    }
    for call in ["mseal", "futex_wait", "map_shadow_stack", "rseq_slice_yield", "getxattrat"] {
        assert!(has("@system-service", call), "{call}");
    }
    // A policy that lets its program install more filters, or give up rights, must say so.
    assert!(has("@sandbox", "seccomp") && has("@sandbox", "landlock_restrict_self"));
    assert!(!has("@default", "seccomp") && !has("@system-service", "seccomp"));
}

#[test]
fn a_replacement_is_a_call_that_the_abi_has() {
    for (abi, call, expected) in [
        (Abi::Aarch64, "dup2", "dup3"),
        (Abi::Aarch64, "open", "openat / openat2"),
        (Abi::Aarch64, "poll", "ppoll"),
        (Abi::Aarch64, "epoll_wait", "epoll_pwait / epoll_pwait2"),
        (Abi::Aarch64, "select", "pselect6"),
        (Abi::Aarch64, "fork", "clone / clone3"),
        (Abi::Aarch64, "vfork", "clone / clone3"),
        (Abi::Aarch64, "stat", "newfstatat / statx"),
        (Abi::Aarch64, "pipe", "pipe2"),
        (Abi::Riscv64, "renameat", "renameat2"),
        (Abi::X86, "newfstatat", "fstatat64 / statx"),
        (Abi::X86, "accept", "accept4"),
        (Abi::X86_64, "clock_gettime64", "clock_gettime"),
        (Abi::X86_64, "futex_time64", "futex"),
        (Abi::X86_64, "mmap2", "mmap"),
        (Abi::X86_64, "fstatat64", "newfstatat / statx"),
        (Abi::X86_64, "socketcall", "socket"),
        (Abi::S390x, "accept", "accept4"),
    ] {
        assert_eq!(number(abi, call), None, "{abi:?} {call}");
        let found = instead(abi, call).unwrap_or_default();
        assert!(found == expected || found.starts_with("socket / "), "{abi:?} {call}: {found}");
    }
    assert_eq!(instead(Abi::Aarch64, "vm86"), None);
    assert_eq!(instead(Abi::Aarch64, "no_such_call"), None);
}

#[test]
fn every_call_that_aarch64_lacks_of_x86_64_has_something_instead_or_nothing_does_its_work() {
    let nothing = [
        "_sysctl",
        "afs_syscall",
        "arch_prctl",
        "create_module",
        "get_kernel_syms",
        "get_thread_area",
        "getpmsg",
        "ioperm",
        "iopl",
        "modify_ldt",
        "putpmsg",
        "query_module",
        "security",
        "set_thread_area",
        "sysfs",
        "tuxcall",
        "uprobe",
        "uretprobe",
        "uselib",
        "vserver",
    ];
    for (_, call) in calls(Abi::X86_64) {
        if number(Abi::Aarch64, call).is_none() {
            let found = instead(Abi::Aarch64, call);
            assert_eq!(found.is_none(), nothing.contains(&call), "{call}: {found:?}");
        }
    }
    for (_, call) in calls(Abi::X86) {
        let renamed = call.ends_with("64") || call.ends_with("32");
        if renamed && number(Abi::X86_64, call).is_none() {
            assert!(instead(Abi::X86_64, call).is_some(), "{call}");
        }
    }
}

#[test]
fn every_replacement_is_known_and_needed() {
    for abi in crate::columns() {
        for call in seccomp_ir::table::names() {
            for other in instead(abi, call).into_iter().flat_map(|calls| calls.split(" / ")) {
                assert!(number(abi, other).is_some(), "{abi:?} {call}: {other}");
                assert_ne!(other, call);
            }
        }
    }
}

#[test]
fn socketcall_and_ipc_lead_to_the_calls_that_they_stand_for() {
    let by = |by, number| vec![Multiplexed { by, number }];
    assert_eq!(multiplexed(Abi::X86, "socket"), by("socketcall", 1));
    assert_eq!(multiplexed(Abi::X86, "sendmmsg"), by("socketcall", 20));
    assert_eq!(multiplexed(Abi::S390x, "shmat"), by("ipc", 21));
    assert_eq!(multiplexed(Abi::Sh, "semtimedop"), by("ipc", 4));
    assert_eq!(multiplexed(Abi::X86_64, "socket"), []);
    assert_eq!(multiplexed(Abi::X86, "read"), []);
    assert_eq!(multiplexed_by("socketcall").count(), 21);
    assert_eq!(multiplexed_by("ipc").count(), 13);
    // x86 has no `accept`, so its replacement there is another `accept4`; PowerPC has `accept`.
    let two = [by("socketcall", 18), by("socketcall", 5)].concat();
    assert_eq!(multiplexed(Abi::X86, "accept4"), two);
    assert_eq!(multiplexed(Abi::Ppc, "accept4"), by("socketcall", 18));
    assert_eq!(multiplexed(Abi::X86, "recvmmsg_time64"), by("socketcall", 19));
    assert_eq!(multiplexed(Abi::S390, "semtimedop_time64").len(), 2);
    for call in ["socketcall", "ipc"] {
        assert!(multiplexed_by(call).all(|(_, name)| is_known(name)));
        assert!(abis_with(call).any(|abi| abi == Abi::X86));
    }
}

#[test]
fn the_nearest_name_is_offered_and_a_far_one_is_not() {
    let call = |name| nearest_call(Abi::X86_64, name);
    assert_eq!(call("opnat"), Some("openat"));
    assert_eq!(call("SYS_read"), Some("read"));
    assert_eq!(call("__NR_exit_group"), Some("exit_group"));
    assert_eq!(call("raed"), Some("read"));
    assert_eq!(call("epol_wait"), Some("epoll_wait"));
    assert_eq!(call("getdents46"), Some("getdents64"));
    assert_eq!(call("frobnicate"), None);
    assert_eq!(call("x"), None);
    assert_eq!(nearest_constant("O_RDOLNY", None), Some("O_RDONLY"));
    assert_eq!(nearest_constant("o_cloexec", None), Some("O_CLOEXEC"));
    assert_eq!(nearest_constant("TIOCSTl", None), Some("TIOCSTI"));
    assert_eq!(nearest_constant("EPREM", None), Some("EPERM"));
    assert_eq!(nearest_constant("NOTHING_LIKE_IT", None), None);
    assert_eq!(nearest_group("@basic_io"), Some("@basic-io"));
    assert_eq!(nearest_group("network-io"), Some("@network-io"));
    assert_eq!(nearest_group("@filesystem"), Some("@file-system"));
    assert_eq!(nearest_group("@network"), Some("@network-io"));
    assert_eq!(nearest_group("@files"), Some("@rust-files"));
    // Several groups have that word.
    assert_eq!(nearest_group("@io"), None);
    assert_eq!(nearest_group("@rust"), None);
    assert_eq!(nearest_group("@quux"), None);
}

#[test]
fn the_multiplexers_are_those_that_the_table_of_their_calls_names() {
    let known = |call: &&str| multiplexed_by(call).count() > 0;
    let every: Vec<_> = seccomp_ir::table::names().filter(known).collect();
    assert_eq!(group("@multiplexers").expect("a group").members, every);
}
