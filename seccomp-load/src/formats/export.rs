//! The frame of every export: write the file, read it again, and prove it.

use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::Names as _;
use seccomp_ir::prove::{Refusal, prove};
use seccomp_ir::{TableNames, table};
use seccomp_syntax::CompiledText;

use super::draft::{AbiDraft, Draft};
use super::draft_of_policy::{OtherAbis, draft_of_policy};
use super::import_options::{Dialect, Format, Options};
use super::problem::{Findings, Problem, ProblemPlace, Problems};
use super::{import, kafel, minijail, oci, seccompiler, systemd};

/// The options of an exporter.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// minijail: which of its readers the file is for. Without it, the file is for both if that is possible.
    pub dialect: Option<Dialect>,
    /// seccompiler: the name of the filter, instead of `main`.
    pub filter: Option<String>,
}

/// A policy in the form of another tool.
#[derive(Debug)]
pub struct Exported {
    /// The file. Read by [`import`], it is proven to mean what the policy means.
    pub text: String,
    /// Remarks for the user.
    pub remarks: Vec<Problem>,
}

/// Writes a policy in the form of another tool.
///
/// # Errors
///
/// Each rule that the format cannot say.
pub fn export(
    format: Format,
    name: &str,
    policy: &CompiledText,
    options: &ExportOptions,
) -> Result<Exported, Problems> {
    let mut findings = Findings::new(name);
    let Some(mut draft) = draft_of_policy(policy, &mut findings) else {
        return Err(findings.problems);
    };
    let other_abis = match format {
        Format::Oci => oci::OTHER_ABIS,
        Format::Minijail => minijail::OTHER_ABIS,
        Format::Kafel => kafel::OTHER_ABIS,
        Format::Systemd => systemd::OTHER_ABIS,
        Format::Seccompiler => seccompiler::OTHER_ABIS,
    };
    let OtherAbis { tool, .. } = other_abis;
    draft.fit_other_abis(&other_abis, &policy.tree, &mut findings);
    if format == Format::Systemd {
        systemd::fit_unknown(&mut draft, &policy.tree, &mut findings);
    }
    draft.fill_skipped();
    let meaning = draft.clone();
    if format != Format::Systemd || draft.parts[0].default == Action::Allow {
        draft.without_unknown();
    }
    let text = match format {
        Format::Oci => oci::export(&draft, &mut findings),
        Format::Minijail => minijail::export(&draft, options, &mut findings),
        Format::Kafel => kafel::export(&draft, &mut findings),
        Format::Systemd => systemd::export(&draft, &mut findings),
        Format::Seccompiler => seccompiler::export(&draft, options, &mut findings),
    };
    if !findings.problems.problems.is_empty() {
        return Err(findings.problems);
    }
    let reading = Options {
        abis: (format == Format::Kafel).then(|| vec![draft.parts[0].abi]),
        dialect: Some(options.dialect.unwrap_or(Dialect::Compiler)),
        ..Options::new(draft.parts[0].abi)
    };
    let read = import(format, "the exported file", &text, &reading).map_err(|problems| {
        let said = problems.to_string();
        findings.error(
            ProblemPlace::Path(String::new()),
            format!("{tool} cannot say this policy: {said}"),
        );
        std::mem::take(&mut findings.problems)
    })?;
    let (meaning, _) = meaning.policy().map_err(|invalid| {
        findings.error(ProblemPlace::Path(String::new()), invalid.to_string());
        std::mem::take(&mut findings.problems)
    })?;
    match prove(&meaning, &read.compiled.filter) {
        Ok(_) => Ok(Exported { text, remarks: findings.remarks }),
        Err(refusal) => {
            different(&refusal, &draft, tool, &mut findings);
            Err(findings.problems)
        }
    }
}

/// Adds the error for a file that means something else.
fn different(refusal: &Refusal, draft: &Draft, tool: &str, findings: &mut Findings) {
    let Refusal::Disagreement(disagreement) = refusal else {
        let message = format!("it is not proven that {tool} does what this policy says: {refusal}");
        findings.error(ProblemPlace::Path(String::new()), message);
        return;
    };
    let Call { arch, nr, .. } = disagreement.call;
    let part = draft.parts.iter().find(|part| part.abi.has_call(arch, nr));
    let names = TableNames::default();
    let call = names.call(arch, nr).unwrap_or("a call");
    // The rule for the call on that ABI, or otherwise on another one.
    let rule_of =
        |part: &AbiDraft, number| part.chains.get(&number)?.first().map(|step| step.place.clone());
    let place = part
        .and_then(|part| rule_of(part, nr))
        .or_else(|| {
            draft.parts.iter().find_map(|part| rule_of(part, table::number(part.abi, call)?))
        })
        .unwrap_or(ProblemPlace::Path(String::new()));
    let abi = Abi::of_call(arch, nr).map_or("another ABI", Abi::name);
    let multiplexer = ["socketcall", "ipc"].contains(&call)
        || part.is_some_and(|part| !table::multiplexed(part.abi, call).is_empty());
    let help = if multiplexer {
        "libseccomp makes a rule on a call also a rule on `socketcall` or `ipc`, and it has no way to say the opposite"
    } else {
        "make the rules for the call the same on all ABIs, or serve fewer"
    };
    let message =
        format!("{tool} cannot say what this policy says about `{call}` on {abi}: {disagreement}");
    findings.error_with_help(place, message, help);
}
