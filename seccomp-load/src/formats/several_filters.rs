//! Several filters at once: the kernel takes the strictest of their actions.

use std::collections::BTreeSet;

use seccomp_ir::action::Action;
use seccomp_ir::policy::Condition;

use super::draft::{AbiDraft, Draft, Step};
use super::problem::ProblemPlace;

/// The meaning of filters for the same ABIs, in the order in which they are installed. Of equally strict actions the
/// kernel takes that of the last installed filter (`seccomp_run_filters`, `kernel/seccomp.c`, Linux 6.12).
pub(super) fn stacked(filters: &[Draft], bad_arch: Action) -> Draft {
    let mut parts = Vec::new();
    for (at, first) in filters.first().map_or(&[][..], |first| &first.parts).iter().enumerate() {
        let layers: Vec<&AbiDraft> =
            filters.iter().filter_map(|filter| filter.parts.get(at)).collect();
        parts.push(together(first, &layers));
    }
    Draft { parts, bad_arch }
}

fn together(first: &AbiDraft, layers: &[&AbiDraft]) -> AbiDraft {
    let strictest = |actions: &mut dyn Iterator<Item = Action>| {
        // The last installed filter first, because its action counts among equals.
        actions.min_by_key(|action| action.precedence()).unwrap_or(Action::Allow)
    };
    let default = strictest(&mut layers.iter().rev().map(|layer| layer.default));
    let mut part = AbiDraft::new(first.abi, default);
    let numbers: BTreeSet<u32> =
        layers.iter().flat_map(|layer| layer.chains.keys().copied()).collect();
    for number in numbers {
        let mut steps = Vec::new();
        for layer in layers.iter().rev() {
            let chain = layer.chains.get(&number).map_or(&[][..], Vec::as_slice);
            add_steps(chain, layer.default, &mut steps);
        }
        steps.sort_by_key(|step| step.action.precedence());
        part.chains.insert(number, steps);
    }
    part
}

/// Adds the steps of one filter, each with exactly the calls that get it, so that their order does not matter.
fn add_steps(chain: &[Step], default: Action, out: &mut Vec<Step>) {
    let mut before: Vec<(Condition, Action)> = Vec::new();
    let nowhere = ProblemPlace::Path(String::new());
    let last = Step { condition: Condition::Always, action: default, place: nowhere };
    for step in chain.iter().chain(std::iter::once(&last)) {
        let mut all = vec![step.condition.clone()];
        for (condition, action) in &before {
            if *action != step.action {
                all.push(Condition::Not(Box::new(condition.clone())));
            }
        }
        before.push((step.condition.clone(), step.action));
        out.push(Step { condition: Condition::All(all), ..step.clone() });
    }
}
