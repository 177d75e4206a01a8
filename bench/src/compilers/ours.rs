//! This project.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator as Relation, Origin, Policy, PolicyAction,
    PolicyParts, Rule, Value, Width,
};

use crate::workload::{Operator, Test, Workload};

/// The filter of `text`, which is the policy of `workload`, with [`Workload::default`] in the place
/// of the default in the text.
pub(super) fn filter(workload: &Workload, text: &str) -> Result<Vec<SockFilter>, String> {
    let rules = text.split_once("\ndefault ").map_or(text, |(rules, _)| rules);
    let text = format!("{rules}\ndefault {};", workload.default);
    compile(&text)
}

/// The filter of a policy.
///
/// # Errors
///
/// The first error in the policy.
pub fn compile(text: &str) -> Result<Vec<SockFilter>, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("refused: {error}"))?;
    let compiled = seccomp_syntax::compile(tokens, Span::call_site(), Abi::X86_64)
        .map_err(|errors| format!("refused: {errors:?}"))?;
    Ok(compiled.filter.instructions)
}

/// The policy that all compilers get, in the form whose meaning is defined.
#[must_use]
pub fn policy(workload: &Workload) -> Policy {
    let rules = workload.rules.iter().enumerate().map(|(index, rule)| Rule {
        numbers: vec![rule.number],
        condition: Condition::All(rule.tests.iter().map(comparison).collect()),
        action: PolicyAction::Action(rule.action),
        hot: false,
        origin: Origin(index as u32),
    });
    let part = AbiPolicy {
        abi: Abi::X86_64,
        rules: rules.collect(),
        unknown: None,
        default: PolicyAction::Action(workload.default),
    };
    let bad_arch = PolicyAction::Action(workload.bad_arch);
    Policy::new(PolicyParts { abis: vec![part], bad_arch }).expect("a workload is a policy")
}

fn comparison(test: &Test) -> Condition {
    Condition::Compare(Comparison {
        argument: test.argument,
        width: if test.bits == 32 { Width::W32 } else { Width::W64 },
        signed: false,
        mask: test.mask.map(Value::Known),
        operator: match test.operator {
            Operator::Equal => Relation::Equal,
            Operator::NotEqual => Relation::NotEqual,
            Operator::Less => Relation::Less,
            Operator::Greater => Relation::Greater,
        },
        value: Value::Known(test.value),
    })
}
