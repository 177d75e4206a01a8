//! `report` on random policies: kills become traps of their own, and nothing else changes but write(2) to standard
//! error. The filter of such a policy is proven like any other.

use arbitrary::Unstructured;
use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Origin, Policy, PolicyAction, Symbol, meaning};
use seccomp_ir::report::{Denial, Denier, Report, with_traps};
use seccomp_ir::resolve::ResolvedReport;
use seccomp_ir::table;
use seccomp_ir::tree::{ReportNames, Span, Tree};
use seccomp_test_support::calls::{boundary, symbols};
use seccomp_test_support::compare::{Outcome, compile_and_compare};
use seccomp_test_support::policies::{Shape, policy};
use seccomp_test_support::seeds::{Seeded, seeds};

/// An origin that no rule of a random policy has.
const OF_REPORT: Origin = Origin(1_000_000);

fn with_report(policy: &Policy) -> (Policy, Report) {
    let report = ResolvedReport {
        target: policy.abis[0].abi,
        names: ReportNames::All,
        origin: OF_REPORT,
        span: Span(0),
    };
    let tree = Tree { items: Vec::new(), span: Span(0) };
    let (policy, report) = with_traps(policy.clone(), Some(report), &tree).expect("few rules");
    (policy, report.expect("it was asked for"))
}

/// The data of traps that the policy has itself.
fn own_traps(policy: &Policy) -> Vec<u16> {
    let mut actions = vec![policy.bad_arch];
    for part in &policy.abis {
        actions.push(part.default);
        actions.extend(part.unknown.iter().map(|unknown| unknown.action));
        actions.extend(part.rules.iter().map(|rule| rule.action));
    }
    let data = |action: &PolicyAction| match action {
        PolicyAction::Action(Action::Trap(data)) => Some(*data),
        _ => None,
    };
    actions.iter().filter_map(data).collect()
}

/// The part of the policy that decides a call, found by the plainest reading of its rules.
fn decider(policy: &Policy, call: &Call, value_of: &dyn Fn(Symbol) -> u64) -> Denier {
    let Some(part) = policy.abis.iter().find(|part| part.abi.has_call(call.arch, call.nr)) else {
        return Denier::BadArch;
    };
    for rule in &part.rules {
        // The rule alone, in front of a default that it does not have.
        let mut alone = policy.clone().into_parts();
        alone.abis.retain(|other| other.abi == part.abi);
        alone.abis[0].rules = vec![rule.clone()];
        alone.abis[0].rules[0].action = PolicyAction::Action(Action::Allow);
        alone.abis[0].unknown = None;
        alone.abis[0].default = PolicyAction::Action(Action::Log);
        let alone = Policy::new(alone).expect("parts of a policy");
        if meaning(&alone, call, value_of) == Action::Allow {
            return Denier::Rule(rule.origin);
        }
    }
    match &part.unknown {
        Some(unknown) if !unknown.known.contains(&call.nr) => Denier::Unknown,
        _ => Denier::Default,
    }
}

#[test]
fn each_kill_is_a_trap_that_names_what_decides_and_all_else_stays() {
    let mut traps = 0;
    for seed in seeds(0..40) {
        let mut rng = Seeded::with_seed(seed);
        let mut bytes = vec![0; rng.usize(64..2048)];
        rng.fill(&mut bytes);
        let shape = Shape { rules: 6, ..Shape::ANY };
        let plain = policy(&mut Unstructured::new(&bytes), shape).expect("bytes are never short");
        let target = plain.abis[0].abi;
        let (reporting, Report { denials, .. }) = with_report(&plain);
        let own = own_traps(&plain);
        for (index, Denial { data, .. }) in denials.iter().enumerate() {
            assert!(*data != 0 && !own.contains(data), "{data}");
            assert!(denials[..index].iter().all(|other| other.data != *data), "{data} is twice");
        }
        assert_ne!(compile_and_compare(&reporting, seed), Outcome::TooLarge, "of seed {seed}");
        let values = symbols(&mut rng, &plain, true);
        let value_of = |symbol: Symbol| values[symbol.0 as usize];
        for call in boundary(&mut rng, &plain, &values).iter().take(300) {
            let action = meaning(&reporting, call, &value_of);
            if is_write_of_report(target, call) {
                assert_eq!(action, Action::Allow, "{call:x?}");
                continue;
            }
            match meaning(&plain, call, &value_of) {
                Action::KillProcess | Action::KillThread => {
                    let by = decider(&plain, call, &value_of);
                    let denial = denials.iter().find(|denial| denial.by == by);
                    let data = denial.expect("what decides").data;
                    assert_eq!(action, Action::Trap(data), "{call:x?}");
                    traps += 1;
                }
                other => assert_eq!(action, other, "{call:x?}"),
            }
        }
    }
    assert!(traps > 100, "{traps}");
}

fn is_write_of_report(target: Abi, call: &Call) -> bool {
    call.arch == target.audit_arch()
        && table::number(target, "write") == Some(call.nr)
        && call.args[0] as u32 == 2
}

#[test]
fn the_write_of_the_report_is_allowed_on_the_abi_of_the_program_alone() {
    use seccomp_ir::policy::{AbiPolicy, PolicyParts};
    let kill = PolicyAction::Action(Action::KillProcess);
    let part = |abi| AbiPolicy { abi, rules: Vec::new(), unknown: None, default: kill };
    let parts = PolicyParts { abis: vec![part(Abi::X86_64), part(Abi::X86)], bad_arch: kill };
    let (policy, _) = with_report(&Policy::new(parts).expect("two ABIs"));
    let action = |abi, fd| {
        let number = table::number(abi, "write").expect("a call of every ABI");
        let call = Call::new(abi, number, [fd, 0, 0, 0, 0, 0]);
        meaning(&policy, &call, &|_| 0)
    };
    assert_eq!(action(Abi::X86_64, 2), Action::Allow);
    // The kernel uses 32 bits of a descriptor.
    assert_eq!(action(Abi::X86_64, 1 << 32 | 2), Action::Allow);
    assert!(action(Abi::X86_64, 1).signals() && action(Abi::X86, 2).signals());
}
