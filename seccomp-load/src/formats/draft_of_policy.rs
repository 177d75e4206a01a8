//! A policy of this language as a draft, for the exporters.

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Condition, PolicyAction, Value};
use seccomp_ir::table;
use seccomp_ir::tree::{ItemKind, Tree};
use seccomp_syntax::CompiledText;

use super::draft::{AbiDraft, Draft, Step};
use super::problem::{Findings, ProblemPlace};

/// The meaning of the policy, call by call. Values that only rustc or the running program knows are errors, and so is
/// `report`.
pub(super) fn draft_of_policy(policy: &CompiledText, findings: &mut Findings) -> Option<Draft> {
    let compiled = &policy.compiled;
    if compiled.report.is_some() {
        let message = "no other tool has reports; remove `report`";
        findings.error(ProblemPlace::Rule("report".to_owned()), message);
        return None;
    }
    let whole = || ProblemPlace::Path(String::new());
    let mut right = true;
    let mut action =
        |action: PolicyAction, place: &ProblemPlace, findings: &mut Findings| match action {
            PolicyAction::Action(action) => action,
            PolicyAction::ErrnoOf(_) => {
                right = false;
                findings.error(place.clone(), NOT_KNOWN);
                Action::KillProcess
            }
        };
    let mut parts = Vec::new();
    for of_abi in &compiled.policy.abis {
        let mut part = AbiDraft::new(of_abi.abi, action(of_abi.default, &whole(), findings));
        part.unknown =
            of_abi.unknown.as_ref().map(|unknown| action(unknown.action, &whole(), findings));
        for rule in &of_abi.rules {
            let source = &compiled.origins[rule.origin.0 as usize];
            let place = ProblemPlace::Rule(source.quote(&policy.tree));
            let action = action(rule.action, &place, findings);
            if !is_known(&rule.condition) {
                findings.error(place.clone(), NOT_KNOWN);
            }
            for &number in &rule.numbers {
                part.add(number, rule.condition.clone(), action, place.clone());
            }
        }
        parts.push(part);
    }
    let bad_arch = action(compiled.policy.bad_arch, &whole(), findings);
    if !right || !findings.problems.problems.is_empty() {
        return None;
    }
    let mut draft = Draft { parts, bad_arch };
    match draft.prune() {
        Ok(()) => Some(draft),
        Err(invalid) => {
            findings.error(whole(), invalid.to_string());
            None
        }
    }
}

const NOT_KNOWN: &str =
    "it has a value that only rustc or the running program knows, and a file needs a number";

/// Whether a condition has no symbols.
fn is_known(condition: &Condition) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Compare(comparison) => {
            let known = |value| matches!(value, Value::Known(_));
            known(comparison.value) && comparison.mask.is_none_or(known)
        }
        Condition::All(parts) | Condition::Any(parts) => parts.iter().all(is_known),
        Condition::Not(inner) => is_known(inner),
    }
}

/// The action of a format for calls through ABIs that a file does not serve.
pub(super) struct OtherAbis {
    /// The action for calls through other ABIs.
    pub(super) bad_arch: Action,
    /// Whether its filter tells x32 from x86_64. Otherwise x32 calls get the default action.
    pub(super) tells_x32: bool,
    /// The tool, for messages.
    pub(super) tool: &'static str,
}

impl Draft {
    /// Gives calls through other ABIs the action that the format has for them. If that changes the draft, it adds a
    /// remark if both actions deny the calls and the policy does not write one, and otherwise an error.
    pub(super) fn fit_other_abis(
        &mut self,
        format: &OtherAbis,
        tree: &Tree,
        findings: &mut Findings,
    ) {
        let OtherAbis { bad_arch, tells_x32, tool } = *format;
        let written = tree.items.iter().any(|item| matches!(item.kind, ItemKind::BadArch(_)));
        let before = self.bad_arch;
        let item = ProblemPlace::Rule(format!("bad_arch {before}"));
        if before != bad_arch {
            if written || !before.forbids() || !bad_arch.forbids() {
                let message =
                    format!("{tool} always answers calls through other ABIs with {bad_arch}");
                findings.error_with_help(
                    item.clone(),
                    message,
                    format!("write `bad_arch {bad_arch};`"),
                );
            } else {
                let message = format!(
                    "{tool} answers calls through other ABIs with {bad_arch}, and not with {before}"
                );
                findings.remark(item.clone(), message);
            }
            self.bad_arch = bad_arch;
        }
        let has = |abi| self.parts.iter().any(|part| part.abi == abi);
        if tells_x32 || !has(Abi::X86_64) || has(Abi::X32) {
            return;
        }
        let Some(default) = self.parts.iter().find(|part| part.abi == Abi::X86_64) else { return };
        let default = default.default;
        if default != bad_arch {
            let message = format!(
                "{tool} does not tell x32 from x86_64, so x32 calls get the default action, {default}"
            );
            if written || !default.forbids() {
                let help = "write `arch x86_64, x32;` with `#[arch(x86_64)]` before each rule, which means that";
                findings.error_with_help(item, message, help);
            } else {
                findings.remark(item, message);
            }
            self.parts.push(AbiDraft::new(Abi::X32, default));
        }
    }

    /// Turns the default of each part into its `unknown`, and makes `named` the new default. This is the inverse of
    /// [`Self::without_unknown`], and shorter if most calls with a name get `named`.
    pub(super) fn with_unknown(&mut self, named: Action) {
        for part in self.parts.iter_mut().filter(|part| part.default != named) {
            let unknown = std::mem::replace(&mut part.default, named);
            for (number, _) in table::calls(part.abi) {
                let chain = part.chains.entry(number).or_default();
                if !chain.iter().any(|step| step.condition == Condition::Always) {
                    let place = ProblemPlace::Path(String::new());
                    chain.push(Step { condition: Condition::Always, action: unknown, place });
                }
            }
            part.unknown = Some(unknown);
        }
        self.fill_skipped();
    }

    /// Gives the number -1 (a call that a tracer has skipped) the action for calls without a name, as a filter of
    /// libseccomp does. In this language it counts as a call with a name. It belongs to the first ABI with its `arch`.
    pub(super) fn fill_skipped(&mut self) {
        let mut archs = Vec::new();
        for part in &mut self.parts {
            let Some(action) = part.unknown else { continue };
            let arch = part.abi.audit_arch();
            if !archs.contains(&arch) {
                archs.push(arch);
                part.chains.entry(Abi::SKIPPED).or_insert_with(|| {
                    let place = ProblemPlace::Path(String::new());
                    vec![Step { condition: Condition::Always, action, place }]
                });
            }
        }
    }

    /// Replaces `unknown` with rules for all known calls, for formats that have only a default.
    pub(super) fn without_unknown(&mut self) {
        for part in &mut self.parts {
            let Some(unknown) = part.unknown.take() else { continue };
            let skipped = part.chains.get(&Abi::SKIPPED).and_then(|steps| steps.first());
            if skipped.is_some_and(|step| step.action == unknown) {
                part.chains.remove(&Abi::SKIPPED);
            }
            for (number, _) in table::calls(part.abi) {
                let chain = part.chains.entry(number).or_default();
                if !chain.iter().any(|step| step.condition == Condition::Always) {
                    let place = ProblemPlace::Rule(format!("unknown {unknown}"));
                    chain.push(Step { condition: Condition::Always, action: part.default, place });
                }
            }
            part.default = unknown;
        }
    }
}
