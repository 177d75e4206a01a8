use seccomp_bpf::abi::Abi;
use seccomp_bpf::action::Action;
use seccomp_ir::decode;
use seccomp_ir::policy::PolicyAction;
use seccomp_syntax::{CallOfText, CompiledText, PolicyText};

use super::{Reasons, cure, named_by, reasons};

fn compiled(text: &str) -> CompiledText {
    PolicyText::new("a.policy", text, Abi::X86_64)
        .compile()
        .unwrap_or_else(|report| panic!("{report}"))
}

fn asked(policy: &CompiledText, call: &str, target: Abi) -> (Reasons, String) {
    let call = CallOfText::read("call", call, target).unwrap_or_else(|report| panic!("{report}"));
    let decoded = decode(target, call.nr, call.registers);
    let reasons = reasons(policy, call.arch, &decoded, call.registers);
    let cure = cure(policy, &decoded, &reasons);
    (reasons, cure)
}

/// The parts that decide, with their lines.
fn deciding(reasons: &Reasons) -> Vec<(&str, Option<u32>)> {
    let line = |part: &super::Deciding| part.line.as_ref().map(|line| line.line);
    reasons.deciding.iter().map(|part| (part.said.as_str(), line(part))).collect()
}

const POLICY: &str = "allow socket(family in {AF_INET, AF_INET6}, type & 0xf == SOCK_STREAM);
errno(EACCES) socket(family == AF_PACKET || type & 0xf == SOCK_RAW);
allow openat(flags & O_ACCMODE == O_RDONLY), read(fd == self::LOG), exit_group, rt_sigreturn;
unknown errno(ENOSYS);
default kill;
";

#[test]
fn the_rule_that_decides_is_named_and_why_those_before_it_do_not() {
    let policy = compiled(POLICY);
    let (reasons, cure) = asked(&policy, "socket(AF_PACKET, SOCK_RAW, 0)", Abi::X86_64);
    let rule = "errno(EACCES) socket(family == AF_PACKET || type & 0xf == SOCK_RAW)";
    assert_eq!(deciding(&reasons), [(rule, Some(2))]);
    assert_eq!(reasons.passed.len(), 1);
    assert_eq!(reasons.passed[0].because, ["family is AF_PACKET"]);
    assert_eq!(
        cure,
        format!("allow socket(family == AF_PACKET, type == SOCK_RAW);  (above `{rule}`)")
    );
    let (reasons, cure) = asked(&policy, "socket(AF_INET, SOCK_DGRAM, 0)", Abi::X86_64);
    assert_eq!(deciding(&reasons), [("default kill", Some(5))]);
    let because: Vec<_> = reasons.passed.iter().map(|rule| rule.because.join(", ")).collect();
    assert_eq!(because, ["type is SOCK_DGRAM", "family is AF_INET, type is SOCK_DGRAM"]);
    assert_eq!(cure, "allow socket(family == AF_INET, type == SOCK_DGRAM);");
}

#[test]
fn all_parts_that_may_decide_are_named_if_arguments_or_values_are_not_known() {
    let policy = compiled(POLICY);
    let (reasons, _) = asked(&policy, "openat()", Abi::X86_64);
    let rule = "allow openat(flags & O_ACCMODE == O_RDONLY)";
    assert_eq!(deciding(&reasons), [(rule, Some(3)), ("default kill", Some(5))]);
    assert!(reasons.may_deny());
    let (reasons, _) = asked(&policy, "read(3)", Abi::X86_64);
    assert_eq!(
        deciding(&reasons),
        [("allow read(fd == self::LOG)", Some(3)), ("default kill", Some(5))]
    );
    let (reasons, _) = asked(&policy, "openat(flags = O_RDONLY | O_CLOEXEC)", Abi::X86_64);
    assert_eq!(deciding(&reasons), [(rule, Some(3))]);
    assert!(!reasons.may_deny());
}

#[test]
fn a_number_without_a_name_and_another_abi_have_their_items() {
    let policy = compiled(POLICY);
    let (reasons, cure) = asked(&policy, "syscall(5000)()", Abi::X86_64);
    assert_eq!(deciding(&reasons), [("unknown errno(ENOSYS)", Some(4))]);
    assert_eq!(cure, "allow syscall(5000);");
    let (reasons, cure) = asked(&policy, "getpid()", Abi::X86);
    assert_eq!(deciding(&reasons), [("bad_arch kill", None)]);
    assert_eq!(cure, "arch x86_64, x86; #[arch(x86)] allow getpid;");
    compiled(&format!(
        "arch x86_64, x86; #[arch(x86)] allow getpid; {}",
        &POLICY[POLICY.find("allow openat").unwrap()..]
    ));
}

#[test]
fn the_data_of_a_report_names_the_part_that_denied() {
    let policy = compiled("report; kill getpid; allow exit_group, rt_sigreturn; default kill;");
    let named: Vec<_> = (0..5)
        .map(|data| named_by(&policy, data))
        .map(|part| part.map(|part| (part.said, part.action)))
        .collect();
    let trap = |said: &str, data| Some((said.to_owned(), PolicyAction::Action(Action::Trap(data))));
    let expected =
        [None, trap("bad_arch kill", 1), trap("default kill", 2), trap("kill getpid", 3), None];
    assert_eq!(named, expected);
    assert_eq!(named_by(&compiled("allow exit_group, rt_sigreturn; default kill;"), 1), None);
}

/// The cure is a rule of the language. With the cure as its first rule, the policy allows the call.
#[test]
fn a_policy_with_the_cure_allows_the_call() {
    let calls = [
        "socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)",
        "fcntl(3, F_DUPFD_CLOEXEC, 0)",
        "getpid()",
        "syscall(5000)()",
    ];
    for call in calls {
        let policy = compiled(POLICY);
        let (reasons, cure) = asked(&policy, call, Abi::X86_64);
        assert!(reasons.may_deny(), "{call}");
        let rule = cure.split("  (above").next().unwrap_or_default();
        let (reasons, _) = asked(&compiled(&format!("{rule}\n{POLICY}")), call, Abi::X86_64);
        assert!(!reasons.may_deny(), "{call}: {rule}");
    }
}
