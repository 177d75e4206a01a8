//! Calls that `socketcall` and `ipc` can also make, on every ABI with those: a rule on such a call is
//! an error if the policy allows the same call through them.

mod compile_tokens;

use proc_macro2::{Ident, Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::table;
use seccomp_syntax::{DraftItemIndex, DraftPolicy, stage};

use compile_tokens::{compile, of_draft, tokens};

fn has(abi: Abi, calls: &[&str]) -> bool {
    calls.iter().all(|call| table::number(abi, call).is_some())
}

#[test]
fn a_rule_that_a_multiplexer_side_steps_is_refused_on_every_abi_that_has_it() {
    let mut refused = 0;
    for &abi in Abi::ALL {
        for (by, call) in ["socketcall", "ipc"]
            .into_iter()
            .flat_map(|by| table::multiplexed_by(by).map(move |(_, call)| (by, call)))
            .filter(|(by, call)| has(abi, &[by, call]))
        {
            let refusal = |policy: String| compile(tokens(&policy), abi).err();
            for policy in [
                format!("errno(EPERM) {call}; default allow"),
                format!("kill {call}(a0 as u64 == 1); default allow"),
                format!("allow {call}(a0 as u64 == 1); allow {by}; default kill"),
            ] {
                let error = refusal(policy).unwrap_or_else(|| panic!("{}: {call}", abi.name()));
                assert!(error.contains(&format!("can also be made through `{by}`")), "{error}");
                let add = error.split("add `").nth(1).and_then(|rest| rest.split('`').next());
                // The advice on what to write works.
                let add = add.expect("what to write");
                assert_eq!(refusal(format!("{add} errno(EPERM) {call}; default allow")), None);
                let some = format!("allow {call}(a0 as u64 == 1); allow {by}; default kill");
                assert_eq!(refusal(format!("{add} {some}")), None);
                let all = format!("errno(EPERM) {call}; default allow");
                assert_eq!(refusal(format!("errno(ENOSYS) @multiplexers; {all}")), None);
                refused += 1;
            }
            for policy in [
                format!("allow {call}(a0 as u64 == 1); default kill"),
                format!("allow {call}; default kill"),
                format!("errno(EPERM) {call}, {by}; default allow"),
                format!("errno(ENOSYS) {call}, {by}; default allow"),
                format!("allow {call}, {by}; default kill"),
                "errno(EPERM) @network-io, @ipc; default allow".to_owned(),
            ] {
                assert_eq!(refusal(policy.clone()), None, "{}: {policy}", abi.name());
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

/// x86 has no `accept` and no `semop`: programs can make them only through `socketcall` and `ipc`.
#[test]
fn a_rule_on_a_call_that_one_of_the_abis_has_through_a_multiplexer_alone_holds_there_too() {
    let mut refused = 0;
    for (abi, other) in [(Abi::X86_64, Abi::X86), (Abi::S390x, Abi::S390), (Abi::Mips64, Abi::Mips)]
    {
        for by in ["socketcall", "ipc"] {
            for (number, call) in table::multiplexed_by(by) {
                if !has(abi, &[call]) || has(other, &[call]) || !has(other, &[by]) {
                    continue;
                }
                let leads = if by == "ipc" {
                    format!("ipc(call & 0xffff == {number})")
                } else {
                    format!("socketcall(call == {number})")
                };
                for arch in [[abi, other], [other, abi]] {
                    let arch = format!("arch {}, {};", arch[0].name(), arch[1].name());
                    let error = |policy: String| {
                        let policy = format!("{arch} {policy}");
                        compile(tokens(&policy), abi).err().unwrap_or_default()
                    };
                    for (open, closed) in [
                        (
                            format!("errno(EPERM) {call}; default allow"),
                            format!("errno(ENOSYS) {leads}; errno(EPERM) {call}; default allow"),
                        ),
                        (
                            format!("allow {call}(a0 == 3); allow {by}; default kill"),
                            format!("allow {call}(a0 == 3); default kill"),
                        ),
                        (
                            format!("errno({{ 1 }}) {call}; allow {leads}; default kill"),
                            format!("errno({{ 1 }}) {call}; default kill"),
                        ),
                        (
                            format!("log {call}(a0 == 1); default allow"),
                            format!("log {call}(a0 == 1), {by}; default allow"),
                        ),
                    ] {
                        let message = format!("on {} `{call}` can be made", other.name());
                        assert_eq!(error(open.clone()).matches(&message).count(), 1, "{open}");
                        assert_eq!(error(closed.clone()), "", "{arch} {closed}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused >= 16, "{refused}");
}

#[test]
fn an_abi_without_multiplexers_has_no_such_errors() {
    for &abi in Abi::ALL {
        let policy = "errno(EPERM) socket(family == AF_ALG); default allow";
        if !has(abi, &["socketcall"]) {
            assert!(compile(tokens(policy), abi).is_ok(), "{}", abi.name());
        }
        // The group of multiplexers is empty there, and that is not an error.
        let everywhere = format!("errno(ENOSYS) @multiplexers; {policy}");
        assert!(compile(tokens(&everywhere), abi).is_ok(), "{}", abi.name());
    }
    let two = "arch x86_64, x86; errno(EPERM) socket(family == AF_ALG); default allow";
    let error = compile(tokens(two), Abi::X86_64).expect_err("x86 has socketcall");
    assert!(error.starts_with("on x86 `socket`"), "{error}");
}

/// Every kind of action, and its effect on a call: 0 if it is not made, 1 if others decide, 2 if it is logged and
/// made, 3 if it is made.
const ACTIONS: [(&str, u8); 18] = [
    ("kill", 0),
    ("kill_process", 0),
    ("kill_thread", 0),
    ("trap", 0),
    ("trap(38)", 0),
    ("errno(0)", 0),
    ("errno(38)", 0),
    ("errno(ENOSYS)", 0),
    ("errno(EPERM)", 0),
    ("errno(ENOSYS | 0)", 0),
    ("errno({ libc::ENOSYS })", 0),
    ("errno(libc::ENOSYS)", 0),
    ("errno(crate::NOT_ENOSYS)", 0),
    ("errno(!{ !38 })", 0),
    ("notify", 1),
    ("trace(38)", 1),
    ("log", 2),
    ("allow", 3),
];

/// One action of each kind, and one whose errno the compiler does not know.
const OF_EACH_KIND: [(&str, u8); 5] =
    [("errno(crate::ENOSYS)", 0), ("notify", 1), ("trace(0)", 1), ("log", 2), ("allow", 3)];

#[test]
fn a_rule_is_side_stepped_where_the_other_way_has_a_less_strict_action_and_nowhere_else() {
    let (mut refused, mut compiled) = (0, 0);
    let mut put = |policy: &str, abi: Abi, open: bool| {
        let error = compile(tokens(policy), abi).err();
        let what = format!("{}: {policy}: {error:?}", abi.name());
        assert_eq!(error.is_some_and(|e| e.contains("can also be made through")), open, "{what}");
        if open { refused += 1 } else { compiled += 1 }
    };
    // The ABIs take turns in the table; on x86_64, x86 is one of two ABIs of the policy.
    let abis = [Abi::X86, Abi::S390x, Abi::Ppc, Abi::X86_64, Abi::Mips, Abi::M68k, Abi::Sh];
    let mut abis = abis.into_iter().cycle();
    for (direct, denied) in ACTIONS {
        for (other, made) in OF_EACH_KIND {
            for (call, by, leads) in [
                ("socket", "socketcall", "socketcall(call == 1)"),
                ("shmat", "ipc", "ipc(call & 0xffff == 21)"),
            ] {
                let open = made > denied;
                let abi = abis.next().expect("a cycle has no end");
                let arch = if abi == Abi::X86_64 { "arch x86_64, x86; " } else { "" };
                let mut put = |policy: &str, open: bool| put(&format!("{arch}{policy}"), abi, open);
                // The other way is open by a rule, by a rule for only that way, or by the default
                // action.
                put(&format!("{direct} {call}; {other} {by}; default kill"), open);
                put(&format!("{direct} {call}; {other} {leads}; default kill"), open);
                put(&format!("{direct} {call}; default {other}"), open);
                put(&format!("{other} {by}; {direct} {call}; default {direct}"), open);
                // The rule is for some arguments; a condition leaves the rest to the default action.
                put(&format!("{direct} {call}(a2 == 1); default {other}"), open);
                let some = format!("allow {call}(a0 == {{ 3 }}); {other} {by}; default {direct}");
                put(&some, open);
                // The action for calls of newer kernels does not matter here.
                let newer = format!("unknown {other}; {direct} {call}; default {direct}");
                put(&newer, false);
                put(&format!("unknown {direct}; {direct} {call}; default {other}"), open);
            }
        }
    }
    assert!(refused > 500 && compiled > 500, "{refused} {compiled}");
}

#[test]
fn whether_a_rule_is_side_stepped_is_the_same_in_groups_fragments_and_policies_for_several_abis() {
    let open = |policy: &DraftPolicy, abi: Abi| {
        let error = of_draft(policy, abi).err().unwrap_or_default();
        error.matches("can also be made through").count()
    };
    let of = |policy: &str, abi: Abi| open(&DraftPolicy::written(tokens(policy)), abi);
    for abi in Abi::ALL.iter().copied().filter(|abi| has(*abi, &["socketcall"])) {
        // The group contains `socketcall`; a rule above the group opens it. All calls of the group
        // have one error.
        assert_eq!(of("errno(EPERM) @network-io; default allow", abi), 0);
        assert_eq!(of("allow socketcall; errno(EPERM) @network-io; default kill", abi), 1);
        assert_eq!(of("errno(ENOSYS) @multiplexers; kill @network-io; default allow", abi), 0);
        assert_eq!(of("notify ipc; errno(crate::ENOSYS) @ipc, @network-io; default allow", abi), 1);
        // A comparison that may match the number of the call counts as a match.
        let deny = "errno(EPERM) socket(family == AF_ALG); default allow";
        assert_eq!(of(&format!("errno(EPERM) socketcall(call == crate::ONE); {deny}"), abi), 1);
        assert_eq!(of(&format!("errno(EPERM) socketcall(call != crate::TWO); {deny}"), abi), 1);
        assert_eq!(of(&format!("errno(EPERM) socketcall(call in 1..2); {deny}"), abi), 0);
        assert_eq!(of(&format!("errno(EPERM) socketcall(call == 1, a1 != 0); {deny}"), abi), 1);
        // A rule of a fragment is checked in the policy that includes it, and not alone.
        let rules = || tokens("errno(ENOSYS) socket(family == AF_ALG); allow socketcall, socket");
        assert_eq!(open(&stage::alone(DraftPolicy::written(rules())), abi), 0);
        let mark = Ident::new("somewhere", Span::call_site());
        for (before, count) in [("", 1), ("errno(ENOSYS) @multiplexers;", 0)] {
            let include = DraftItemIndex(if before.is_empty() { 0 } else { 1 });
            let policy = DraftPolicy::written(tokens(&format!("{before} include F; default kill")));
            let within = std::slice::from_ref(&mark);
            let included = DraftPolicy::included(rules(), within, &TokenStream::new());
            let policy = stage::with_included(policy, vec![(include, included)]);
            assert_eq!(open(&policy, abi), count, "{}: {before}", abi.name());
        }
    }
    // The other ways to do the work of a call that the ABI does not have by name.
    let accept = "errno(EPERM) accept4; default allow";
    assert!(compile(tokens(accept), Abi::X86).expect_err("open").contains("(call in {18, 5})"));
    assert_eq!(of(&format!("errno(ENOSYS) socketcall(call == 18); {accept}"), Abi::X86), 1);
    assert_eq!(of(&format!("errno(ENOSYS) socketcall(call in {{5, 18}}); {accept}"), Abi::X86), 0);
    assert_eq!(of(&format!("errno(ENOSYS) socketcall(call == 18); {accept}"), Abi::Ppc), 0);
    // Each ABI with the other way has an error of its own.
    let socket = "errno(ENOSYS) socket; default allow";
    assert_eq!(of(&format!("arch x86_64, x86; {socket}"), Abi::X86_64), 1);
    assert_eq!(of(&format!("arch x86_64, x32; {socket}"), Abi::X86_64), 0);
    assert_eq!(of(&format!("arch s390x, s390; {socket}"), Abi::S390x), 2);
    assert_eq!(
        of(&format!("arch s390x, s390; errno(ENOSYS) @multiplexers; {socket}"), Abi::S390x),
        0
    );
}
