//! The pipeline, on one screen: from a policy as written to a proven filter.

#[cfg(feature = "show")]
mod symbol_names;

use crate::abi::Abi;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Errors;
use crate::filter::Filter;
use crate::lint;
use crate::lower::{LowerError, Lowered, lower_calls_simply, lower_simply, lower_with_starts};
use crate::policy::{Finding, Origin, Policy, check};
use crate::prove::{Decision, Refusal, prove_actions, prove_with_starts, unproven_calls};
use crate::report::{self, Report};
use crate::resolve::{
    ComparedConstant, RangeOfRustc, Resolved, RuleSource, SymbolSource, decided_here,
    quoted_places, resolve,
};
use crate::table::frequency;
use crate::tree::{Span, Tree};

/// A policy, its proven filter, and the meaning of the indices in both.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Compiled {
    /// The policy, resolved and checked.
    pub policy: Policy,
    /// The filter.
    pub filter: Filter,
    /// Where each [`Origin`](crate::policy::Origin) was written.
    pub origins: Vec<RuleSource>,
    /// The meaning of each [`Symbol`](crate::policy::Symbol).
    pub symbols: Vec<SymbolSource>,
    /// The ranges with symbols as bounds: rustc, or the program when it runs, must check that they are not empty.
    pub ranges: Vec<RangeOfRustc>,
    /// The constants with which arguments are compared.
    pub constants: Vec<ComparedConstant>,
    /// What is legal but may not be meant, as warnings.
    pub warnings: Vec<Diagnostic>,
    /// What a policy with `report` denies, and how its traps name that.
    pub report: Option<Report>,
}

/// Compiles a policy for a program that is built for `target`; `errors` holds the errors found while the
/// tree was made.
///
/// # Errors
///
/// Every error of the policy, each at its span; or one error if the filter would be longer than the
/// kernel takes; or, which would be a fault of this compiler, one error if the filter is not proven
/// equal to the policy.
pub fn compile(tree: &Tree, mut errors: Errors, target: Abi) -> Result<Compiled, Errors> {
    lint::check_names(tree, &mut errors);
    let resolved = resolve(tree, target, errors)?;
    let findings = check(&resolved.policy);
    let mut errors = errors_of(&findings, tree, &resolved.origins, target);
    lint::check_multiplexed(tree, &resolved, &mut errors);
    let warnings = errors.propagate(lint::warnings(tree, &resolved, &findings))?;
    let Resolved { policy, origins, symbols, ranges, constants, remarks: _, report } = resolved;
    let (policy, report) = report::with_traps(policy, report, tree)?;
    let mut lowered =
        lower_with_starts(&policy, &frequency).map_err(|error| too_long(&error, &origins))?;
    let mut proof = prove_with_starts(&policy, &lowered.filter, &lowered.starts);
    if matches!(proof, Err(Refusal::NotConstant { .. })) {
        // The search gave up before it could find that these conditions always hold. The filter is right.
        proof = prove_actions(&policy, &lowered.filter, &lowered.starts);
    }
    if matches!(proof, Err(Refusal::TooLarge)) {
        // Only the calls whose best form is too large for a proof get another one.
        let calls = unproven_calls(&policy, &lowered.filter, &lowered.starts);
        if !calls.is_empty() {
            lowered = lower_calls_simply(&policy, &frequency, &calls)
                .map_err(|error| too_long(&error, &origins))?;
            proof = prove_actions(&policy, &lowered.filter, &lowered.starts);
        }
    }
    if matches!(proof, Err(Refusal::TooLarge)) {
        lowered = lower_simply(&policy, &frequency).map_err(|error| too_long(&error, &origins))?;
        proof = prove_actions(&policy, &lowered.filter, &lowered.starts);
    }
    proof.map_err(|refusal| refused(&refusal, tree, &policy, &origins))?;
    let Lowered { filter, starts: _ } = lowered;
    Ok(Compiled { policy, filter, origins, symbols, ranges, constants, warnings, report })
}

/// The errors of a policy in which each item is correct by itself.
fn errors_of(findings: &[Finding], tree: &Tree, origins: &[RuleSource], target: Abi) -> Errors {
    let place = |origin: &Origin| &origins[origin.0 as usize];
    let mut errors = Errors::new();
    for finding in findings {
        let at = place(&finding.rule());
        let RuleSource { span, may_be_decided, .. } = at;
        match finding {
            Finding::AlwaysTrue { .. } => {}
            Finding::Unreachable { .. } if *may_be_decided || finding.is_warning() => {}
            Finding::Unreachable { decided_by, .. } => {
                if errors.full(*span).is_some() {
                    break;
                }
                let text = at.quote(tree);
                let earlier = quoted_places(decided_by, tree, origins);
                let verb = if decided_by.len() == 1 { "decides" } else { "together decide" };
                let message = format!(
                    "`{text}` never decides anything: {earlier} above {verb} every call that it matches"
                );
                let mut error = Diagnostic::new(ErrorCode::NeverDecides, *span, message);
                error.labels = decided_here(decided_by, origins);
                errors.add(error.help("move it up, or remove it"));
            }
            Finding::Contradiction { .. } => {
                let error = at.contradiction(tree);
                errors.add(match lint::help_with_contradiction(tree, at, target) {
                    Some(help) => error.help(help),
                    None => error,
                });
            }
        }
    }
    errors
}

/// The error for a filter without proof. Only its size can be the policy's own fault.
fn refused(refusal: &Refusal, tree: &Tree, policy: &Policy, origins: &[RuleSource]) -> Errors {
    let span = tree.span;
    let (span, rule) = match refusal {
        Refusal::TooLarge => return too_large(policy, origins, span),
        Refusal::Disagreement(disagreement) => match disagreement.decided_by {
            Decision::Rule(rule) => {
                let place = &origins[rule.0 as usize];
                (place.span, format!(" (rule `{}`)", place.quote(tree)))
            }
            Decision::Unknown | Decision::Default | Decision::BadArch => (span, String::new()),
        },
        Refusal::Load(_)
        | Refusal::NotConstant { .. }
        | Refusal::Instruction { .. }
        | Refusal::LeavesFilter { .. }
        | Refusal::Relocation { .. } => (span, String::new()),
    };
    let message = format!(
        "internal error of the policy compiler, and no filter was made: {refusal}{rule}; please report \
         this policy"
    );
    Errors::one(Diagnostic::new(ErrorCode::Internal, span, message))
}

fn too_long(error: &LowerError, origins: &[RuleSource]) -> Errors {
    let span = origins[error.rule.0 as usize].span;
    Errors::one(Diagnostic::new(ErrorCode::FilterTooLong, span, error.to_string()))
}

/// Usually one condition is too large, so this names the rule with the most comparisons.
fn too_large(policy: &Policy, origins: &[RuleSource], span: Span) -> Errors {
    let (mut most, mut at) = (0, span);
    for part in &policy.abis {
        for rule in &part.rules {
            let comparisons = rule.condition.comparisons();
            if comparisons > most {
                (most, at) = (comparisons, origins[rule.origin.0 as usize].span);
            }
        }
    }
    let message = "this policy is too large to be proven, and there is no filter without a proof: this \
                   rule has the most comparisons";
    Errors::one(Diagnostic::new(ErrorCode::TooLarge, at, message).help(
        "write ranges or masks instead of single values, split rules that compare several arguments, or \
         write fewer conditions",
    ))
}
