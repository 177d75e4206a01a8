//! The rule that a report proposes: it compiles, has no warning of its own, and allows the call.
#![allow(unsafe_code)] // System calls that a filter denies.

use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::diagnostic::{Code, Lint};
use seccomp_ir::{bpf, table};
use seccomp_runtime::{Policy, seccomp_policy};
use seccomp_syntax::PolicyText;
use seccomp_tests::child::{End, child};

const NOTHING: Policy = seccomp_policy! {
    report;
    allow @rust-exit, rt_sigreturn;
    default kill
};

/// The rule of the last line.
fn proposed(number: u32, arguments: [u64; 6]) -> String {
    let outcome = child(|_| {
        if NOTHING.install().is_err() {
            return 1;
        }
        let [a, b, c, d, e, f] = arguments;
        // SAFETY: the policy denies the call, whatever its arguments are.
        unsafe { libc::syscall(number as libc::c_long, a, b, c, d, e, f) };
        2
    });
    assert_eq!(outcome.end, End::SIGSYS, "{number}: {}", outcome.output);
    let (_, rule) = outcome.output.split_once("  to allow it: ").expect(&outcome.output);
    rule.trim_end().to_owned()
}

/// Warnings about what a call can do, or about a policy of one rule. The user must judge them.
fn is_about_the_call(code: Code) -> bool {
    match code {
        Code::Warning(lint) => matches!(
            lint,
            Lint::NoExit
                | Lint::NoSigreturn
                | Lint::PowerfulCall
                | Lint::Clone3Allowed
                | Lint::Clone3Denied
                | Lint::ExactFlags
        ),
        _ => false,
    }
}

/// The test tries three sets of arguments for each call of x86_64. It takes about 1,000 forks and three
/// policies of 350 rules.
#[cfg(target_arch = "x86_64")]
#[test]
fn for_every_call_the_proposed_rule_compiles_without_warnings_and_allows_it() {
    let abi = Abi::X86_64;
    for arguments in [[0; 6], [1, 2, 3, 4, 5, 6], [2, 1, 0x81, 0x22, u64::MAX, 1 << 40]] {
        let (mut text, mut calls) = (String::new(), Vec::new());
        for (number, name) in table::calls(abi) {
            let call = Call::new(abi, number, arguments);
            // The kernel makes 335 and 336 whatever a filter says: docs/assurance.md.
            if matches!(number, 335 | 336) || NOTHING.allows(&call) {
                continue;
            }
            let rule = proposed(number, arguments);
            assert!(rule.starts_with("allow ") && rule.contains(name), "{rule}");
            text += &format!("{rule}\n");
            calls.push((call, rule));
        }
        assert!(calls.len() > 300, "{}", calls.len());
        let text = format!("{text}default kill;");
        let compiled = match PolicyText::new("proposed", &text, abi).compile() {
            Ok(compiled) => compiled,
            Err(report) => panic!("{report}"),
        };
        for warning in &compiled.report.diagnostics {
            assert!(is_about_the_call(warning.code), "{}", compiled.report);
        }
        let filter = &compiled.compiled.filter.instructions;
        for (call, rule) in calls {
            let action = bpf::interpret(filter, &call, abi.endian());
            assert_eq!(action, Ok(0x7fff_0000), "{call:x?}: {rule}");
        }
    }
}
