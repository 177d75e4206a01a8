//! Slips that a person makes, in policies for sixty calls with flags or commands, drawn at random from the tables: each gets a
//! warning or an error. Conditions that real programs have for the same calls get neither.

mod right_rules;
mod wrong_rules;

use proc_macro2::Span;
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::Code;
use seccomp_syntax::DraftPolicy;

use right_rules::RIGHT;
use wrong_rules::SLIPS;

/// The names of the warnings of these rules, or "error".
fn reported(rules: &str) -> Vec<&'static str> {
    let policy = format!("{rules}; allow exit, exit_group, rt_sigreturn; default kill");
    let draft = DraftPolicy::written(policy.parse().expect("balanced tokens"));
    let compiled = match seccomp_syntax::compile_draft(&draft, Span::call_site(), Abi::X86_64) {
        Ok(compiled) => compiled,
        Err(errors) => {
            eprintln!("{rules}: {errors}");
            return vec!["error"];
        }
    };
    let mut names = Vec::new();
    for warning in &compiled.warnings {
        if let Code::Warning(lint) = warning.code {
            names.push(lint.name());
        }
    }
    names
}

/// The warnings that report a slip in a comparison.
const OF_COMPARISONS: [&str; 9] = [
    "always_true",
    "any_of_bits",
    "decimal_mode",
    "error",
    "exact_denial",
    "exact_flags",
    "foreign_constant",
    "joined_values",
    "value_as_mask",
];

#[test]
fn no_slip_is_silent() {
    let mut silent = Vec::new();
    for (slip, expected) in SLIPS {
        let found = reported(slip);
        if !found.iter().any(|one| one == expected) {
            silent.push(format!("{slip}: {found:?}, and not {expected}"));
        }
    }
    assert!(silent.is_empty(), "{} of {}:\n{}", silent.len(), SLIPS.len(), silent.join("\n"));
}

#[test]
fn right_conditions_are_not_reported() {
    let mut loud = Vec::new();
    for right in RIGHT {
        let found = reported(right);
        if found.iter().any(|one| OF_COMPARISONS.contains(one)) {
            loud.push(format!("{right}: {found:?}"));
        }
    }
    assert!(loud.is_empty(), "{} of {}:\n{}", loud.len(), RIGHT.len(), loud.join("\n"));
}
