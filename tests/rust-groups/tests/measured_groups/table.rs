//! The table of the compiler (`seccomp-ir/data/rust-groups.tsv`), compared with the measurement.

use std::collections::BTreeMap;

use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Condition, Rule, meaning};
use seccomp_ir::table::{self, ArgumentPlace, Measured, MemberAbis, group, groups, measured};

use crate::cases::{CASES, TOGETHER};
use crate::measurement::{Row, rows};

fn compiled(policy: &str, abi: Abi) -> seccomp_ir::Compiled {
    let tokens = policy.parse().unwrap_or_else(|error| panic!("{policy}: {error}"));
    let span = proc_macro2::Span::call_site();
    seccomp_syntax::compile(tokens, span, abi)
        .unwrap_or_else(|errors| panic!("{}: {policy}: {errors:?}", abi.name()))
}

/// A policy that permits some groups and kills for all other calls.
struct Permitting {
    abi: Abi,
    policy: seccomp_ir::policy::Policy,
}

impl Permitting {
    fn new(groups: &str, abi: Abi) -> Self {
        let policy = compiled(&format!("allow {groups}; default kill"), abi).policy;
        Self { abi, policy }
    }

    /// Whether it permits a call for some arguments at least.
    fn permits_some(&self, name: &str) -> bool {
        let number = table::number(self.abi, name).unwrap_or_else(|| panic!("no {name}"));
        self.policy.abis[0].rules.iter().any(|rule| rule.numbers.contains(&number))
    }

    /// Whether it permits a call, whose other arguments are 0.
    fn permits(&self, name: &str, arguments: &[(&str, u64)]) -> bool {
        let number = table::number(self.abi, name).unwrap_or_else(|| panic!("no {name}"));
        let signature = table::signature(self.abi, name).expect("it has a number");
        let mut args = [0; 6];
        for (argument, value) in arguments {
            let Some(ArgumentPlace::At(at)) = signature.position(argument) else {
                panic!("{}: {name} has no {argument}", self.abi.name());
            };
            args[at as usize] = *value;
        }
        let arch = self.abi.audit_arch();
        let call = Call { nr: number, arch, instruction_pointer: 0, args };
        meaning(&self.policy, &call, &|_| unreachable!("no symbols")) == Action::Allow
    }
}

/// The value of a constant on an ABI.
fn constant(abi: Abi, name: &str) -> u64 {
    match table::constant(abi, name) {
        table::ConstantLookup::Value(constant) => constant.value,
        _ => panic!("{}: {name}", abi.name()),
    }
}

fn own_groups() -> impl Iterator<Item = &'static str> {
    groups().map(|group| group.name).filter(|name| name.starts_with("@rust-"))
}

/// `tests/rust-groups/run --check` compares a measurement with the table by the same script.
#[test]
fn a_check_of_the_measurement_finds_each_row_that_is_missing_or_bogus() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/measurement.py");
    let tested = std::process::Command::new("python3").arg(script).output();
    let tested = tested.expect("the tests need Python 3");
    let said = String::from_utf8_lossy(&tested.stdout);
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    assert!(said.ends_with("each row that is missing or bogus is found\n"), "{said}");
}

#[test]
fn every_call_that_was_measured_is_permitted_by_its_group() {
    let rows = rows();
    let mut wrong = Vec::new();
    let mut policies: BTreeMap<(&str, &str), Permitting> = BTreeMap::new();
    for Row { group, call, arguments, cases, seen } in &rows {
        let mut abis: Vec<Abi> = seen.iter().map(crate::measurement::Seen::abi).collect();
        abis.dedup();
        for abi in abis {
            let key = (*group, abi.name());
            let policy = policies.entry(key).or_insert_with(|| Permitting::new(group, abi));
            let permitted = match arguments {
                Some(arguments) => policy.permits(call, arguments),
                None => policy.permits_some(call),
            };
            if !permitted {
                wrong.push(format!("{}: {group}: {call} {arguments:x?} {cases:?}", abi.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() > 200, "{}", rows.len());
}

/// A member with a condition is compared only by a call in a trace that shows the argument.
#[test]
fn every_member_with_a_condition_was_measured_with_its_argument() {
    for row in rows() {
        let conditional = measured().any(|m| m.condition.is_some() && m.member == row.call);
        assert!(
            !conditional || row.arguments.as_ref().is_none_or(|all| !all.is_empty()),
            "{row:?}"
        );
    }
}

/// Whether the row shows the member.
pub(crate) fn shows(row: &Row, member: &Measured) -> bool {
    let of_group = row.owner() == Some(member.group);
    let call = row.call == member.member
        || group(member.member).is_some_and(|inner| inner.members.contains(&row.call));
    of_group && call && row.seen.iter().any(|seen| is_there(member.only, seen.abi()))
}

/// Whether a member counts on an ABI, which has the call.
pub(crate) fn is_there(only: MemberAbis, abi: Abi) -> bool {
    match only {
        MemberAbis::Everywhere => true,
        MemberAbis::With(other) => table::number(abi, other).is_some(),
        MemberAbis::Without(other) => table::number(abi, other).is_none(),
    }
}

#[test]
fn every_member_was_measured_or_has_the_source_that_was_read() {
    let rows = rows();
    let mut wrong = Vec::new();
    for member in measured() {
        // Every program that opens these files panics first.
        let asked = match member.group {
            "@rust-files" => Measured { group: "@rust-panic", ..member },
            _ => member,
        };
        let seen = rows.iter().any(|row| shows(row, &asked));
        match (seen, member.read) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("{member:?}: was measured after all")),
            (false, None) => wrong.push(format!("{member:?}: neither measured nor read")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_in_order_and_every_member_has_its_reason() {
    let mut before = ("", "", "", "");
    for Measured { group, member, only, condition, read, reason } in measured() {
        let (MemberAbis::With(other) | MemberAbis::Without(other)) = only else {
            assert!(before < (group, member, "", condition.unwrap_or_default()), "{member}");
            before = (group, member, "", condition.unwrap_or_default());
            continue;
        };
        assert!(table::is_known(other), "{member}: {other}");
        assert!(before < (group, member, other, condition.unwrap_or_default()), "{member}");
        before = (group, member, other, condition.unwrap_or_default());
        assert!(!reason.is_empty() && reason.is_ascii(), "{group}: {member}");
        assert!(read.is_none_or(|read| read.contains('/')), "{group}: {member}: {read:?}");
    }
    let names: Vec<&str> = CASES.iter().chain(TOGETHER).map(|case| case.name).collect();
    let mut each = names.clone();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), names.len(), "two cases have one name");
}

#[test]
fn every_group_compiles_on_every_abi_and_warns_only_of_clone3() {
    let ends = "#[allow(seccomp::redundant_rule)] allow exit_group, rt_sigreturn";
    let warnings = |groups: &str, abi| -> Vec<String> {
        let policy = format!("{groups}; {ends}; default kill");
        compiled(&policy, abi).warnings.iter().map(|warning| warning.code.to_string()).collect()
    };
    for name in own_groups() {
        let starts = ["@rust-thread", "@rust-process", "@rust-tokio"].contains(&name);
        let expected: &[&str] = if starts { &["clone3_allowed"] } else { &[] };
        assert_eq!(warnings(&format!("allow {name}"), Abi::X86_64), expected, "{name}");
    }
    let all = own_groups().collect::<Vec<_>>().join(", ");
    for abi in Abi::ALL {
        if table::number(*abi, "clone3").is_some() {
            let found = warnings(&format!("allow {all}"), *abi);
            assert_eq!(found, ["clone3_allowed"], "{}", abi.name());
            let found = warnings(&format!("errno(ENOSYS) clone3; allow {all}"), *abi);
            assert!(found.is_empty(), "{}: {found:?}", abi.name());
        } else {
            let found = warnings(&format!("allow {all}"), *abi);
            assert!(found.is_empty(), "{}: {found:?}", abi.name());
        }
    }
}

/// Dangerous calls: clone with namespaces, the execution of other programs, code that is made at run
/// time, and the like.
#[test]
fn no_group_permits_more_of_a_dangerous_call_than_its_purpose_needs() {
    let x86_64 = Abi::X86_64;
    let policies: Vec<_> = own_groups().map(|name| (name, Permitting::new(name, x86_64))).collect();
    let of = |constants: &[&str]| constants.iter().fold(0, |bits, c| bits | constant(x86_64, c));
    type Permitted<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);
    let expected: &[Permitted<'_>] = &[
        ("execve", "", &[], &["@rust-process"]),
        ("execveat", "", &[], &[]),
        ("fork", "", &[], &["@rust-process"]),
        ("vfork", "", &[], &[]),
        ("clone", "flags", &["SIGCHLD"], &["@rust-process"]),
        ("clone", "flags", &["SIGCHLD", "CLONE_NEWUSER"], &[]),
        (
            "clone",
            "flags",
            &["CLONE_THREAD", "CLONE_VM"],
            &["@rust-process", "@rust-thread", "@rust-tokio"],
        ),
        ("clone", "flags", &["CLONE_THREAD", "CLONE_NEWNET"], &[]),
        ("mmap", "prot", &["PROT_READ", "PROT_EXEC"], &["@rust-dns"]),
        ("mmap", "prot", &["PROT_WRITE", "PROT_EXEC"], &[]),
        ("mprotect", "prot", &["PROT_EXEC"], &[]),
        ("prctl", "option", &["PR_SET_SECCOMP"], &[]),
        ("ptrace", "", &[], &[]),
        ("seccomp", "", &[], &[]),
        ("io_uring_setup", "", &[], &[]),
        (
            "openat",
            "flags",
            &["O_RDONLY", "O_CLOEXEC"],
            &["@rust-dns", "@rust-files", "@rust-fs", "@rust-panic", "@rust-process"],
        ),
        ("openat", "flags", &["O_WRONLY"], &["@rust-fs"]),
        ("openat", "flags", &["O_RDONLY", "O_TRUNC"], &["@rust-fs"]),
        ("open", "flags", &["O_RDWR", "O_CREAT"], &["@rust-fs"]),
        ("socket", "family", &["AF_INET"], &["@rust-dns", "@rust-net"]),
        ("socket", "family", &["AF_UNIX"], &["@rust-dns"]),
        ("socket", "family", &["AF_PACKET"], &[]),
        ("socket", "family", &["AF_ALG"], &[]),
        ("socket", "family", &["AF_NETLINK"], &["@rust-dns"]),
        ("kill", "sig", &["SIGKILL"], &["@rust-process"]),
        ("kill", "sig", &["SIGTERM"], &[]),
        ("tgkill", "sig", &["SIGSEGV"], &[]),
        ("fcntl", "cmd", &["F_SETOWN"], &[]),
        ("ioctl", "cmd", &["TIOCSTI"], &[]),
        ("prlimit64", "new_rlim", &["PROT_EXEC"], &[]),
        ("setsockopt", "", &[], &["@rust-dns", "@rust-net"]),
        ("unlink", "", &[], &["@rust-fs"]),
        ("mount", "", &[], &[]),
    ];
    for (call, argument, constants, groups) in expected {
        let arguments = [(*argument, of(constants))];
        let arguments = if argument.is_empty() { &[][..] } else { &arguments[..] };
        let permits = |policy: &Permitting| policy.permits(call, arguments);
        let permitting = policies.iter().filter(|(_, policy)| permits(policy));
        let permitting: Vec<&str> = permitting.map(|(name, _)| *name).collect();
        assert_eq!(permitting, *groups, "{call} {constants:?}");
    }
    let dns = Permitting::new("@rust-dns", x86_64);
    let permits_netlink = |protocol| {
        let family = constant(x86_64, "AF_NETLINK");
        dns.permits("socket", &[("family", family), ("protocol", protocol)])
    };
    assert!(permits_netlink(constant(x86_64, "NETLINK_ROUTE")));
    assert!(!permits_netlink(constant(x86_64, "NETLINK_NETFILTER")));
}

/// A policy that denies a group denies its calls with all arguments.
#[test]
fn a_denial_of_a_group_is_about_all_arguments_of_its_calls() {
    for action in ["kill", "errno(EPERM)", "trap", "notify", "trace(1)"] {
        let groups = own_groups().collect::<Vec<_>>().join(", ");
        let policy = format!("{action} {groups}; #[allow(seccomp::default_allow)] default allow");
        let compiled = compiled(&policy, Abi::X86_64);
        for rule in &compiled.policy.abis[0].rules {
            assert!(matches!(rule.condition, Condition::Always), "{policy}");
        }
    }
}

/// If the call takes a structure, a filter does not see the argument.
#[test]
fn a_condition_is_left_out_only_where_the_call_takes_a_structure() {
    let mut open = Vec::new();
    for abi in Abi::ALL {
        let policy = Permitting::new("@rust-heap, @rust-unwind", *abi).policy;
        for Measured { group, member, only, condition, .. } in measured() {
            let (Some(condition), Some(number)) = (condition, table::number(*abi, member)) else {
                continue;
            };
            let is_whole = |rule: &Rule| {
                rule.numbers.contains(&number) && matches!(rule.condition, Condition::Always)
            };
            let whole = policy.abis[0].rules.iter().any(is_whole);
            if ["@rust-heap", "@rust-unwind"].contains(&group) && is_there(only, *abi) && whole {
                open.push(format!("{}: {member}({condition})", abi.name()));
            }
        }
    }
    assert_eq!(open, ["s390: mmap2(prot & PROT_EXEC == 0)", "s390x: mmap(prot & PROT_EXEC == 0)"]);
}
