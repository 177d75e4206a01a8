//! From a draft to a policy as a person would write it: calls with the same action in one rule, and ABIs separate only
//! where they differ.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::Condition;
use seccomp_ir::table;
use seccomp_ir::tree::{
    ActionExpr, Calls, Item, ItemKind, KeywordItem, RuleItem, Span, Target, Tree, print_item,
};

use super::draft::{AbiDraft, Draft, Step};
use super::named_conditions::{CallWords, NoArgument, name};
use super::problem::Findings;

/// The calls with one action on some ABIs, whatever their arguments.
type Plain = BTreeMap<(Vec<Abi>, Action), Vec<Target>>;

/// The policy as a tree. Steps about arguments that a call does not have are errors.
pub(super) fn tree_of_draft(draft: &Draft, findings: &mut Findings) -> Tree {
    let all: Vec<Abi> = draft.parts.iter().map(|part| part.abi).collect();
    let mut plain = Plain::new();
    let mut rules = Vec::new();
    for call in calls(draft) {
        for (abis, part) in shared_steps(draft, &call, findings) {
            let abis = if abis.len() == with_call(draft, &call) { Vec::new() } else { abis };
            match part.steps {
                [Step { condition: Condition::Always, action, .. }] => {
                    let targets = plain.entry((abis, *action)).or_default();
                    targets.push(call.target());
                }
                _ => rules.extend(part.items.into_iter().map(|item| for_abis(item, &abis))),
            }
        }
    }
    let mut items = Vec::new();
    if draft.parts.len() > 1 {
        let abis = draft.parts.iter().map(|part| name(part.abi.name())).collect();
        items.push(Item::made(ItemKind::Arch(abis)));
    }
    items.append(&mut rules);
    // Denied calls come first, because a reader looks for them.
    for ((abis, action), targets) in plain {
        let of = if abis.is_empty() { &all } else { &abis };
        let rule = RuleItem { action: ActionExpr::made(action, of), targets };
        items.push(for_abis(Item::made(ItemKind::Rule(rule)), &abis));
    }
    items.extend(endings(draft, &all));
    Tree { items, span: Span::NOWHERE }
}

/// `unknown`, `bad_arch` and `default`. Only those of the first ABI count: importers give all ABIs the same.
fn endings(draft: &Draft, all: &[Abi]) -> Vec<Item> {
    let mut items = Vec::new();
    let keyword =
        |word, action| KeywordItem { keyword: name(word), action: ActionExpr::made(action, all) };
    if let Some(part) = draft.parts.first() {
        if let Some(action) = part.unknown {
            items.push(Item::made(ItemKind::Unknown(keyword("unknown", action))));
        }
        if draft.bad_arch != Action::KillProcess {
            items.push(Item::made(ItemKind::BadArch(keyword("bad_arch", draft.bad_arch))));
        }
        items.push(Item::made(ItemKind::Default(keyword("default", part.default))));
    }
    items
}

/// A call by its name, or by its number on one ABI if it has no name there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum CallName {
    Named(&'static str),
    Numbered(Abi, u32),
}

impl CallName {
    fn target(&self) -> Target {
        let calls = match self {
            Self::Named(call) => Calls::Named(name(call)),
            Self::Numbered(_, number) => Calls::Numbered(*number, Span::NOWHERE),
        };
        Target { calls, where_known: false, condition: None }
    }

    fn number(&self, abi: Abi) -> Option<u32> {
        match self {
            Self::Named(call) => table::number(abi, call),
            Self::Numbered(of, number) => (*of == abi).then_some(*number),
        }
    }

    fn name(&self) -> Option<&'static str> {
        match self {
            Self::Named(call) => Some(call),
            Self::Numbered(..) => None,
        }
    }
}

/// All calls with a chain on some ABI, in alphabetical order.
fn calls(draft: &Draft) -> Vec<CallName> {
    let mut calls = Vec::new();
    for part in &draft.parts {
        for &number in part.chains.keys() {
            calls.push(match table::name(part.abi, number) {
                Some(call) => CallName::Named(call),
                None => CallName::Numbered(part.abi, number),
            });
        }
    }
    calls.sort();
    calls.dedup();
    calls
}

/// The number of ABIs that have the call.
fn with_call(draft: &Draft, call: &CallName) -> usize {
    match call {
        // `syscall(n)` would apply to every ABI of the policy.
        CallName::Numbered(..) => draft.parts.len(),
        CallName::Named(_) => {
            draft.parts.iter().filter(|part| call.number(part.abi).is_some()).count()
        }
    }
}

/// The steps of a call on some ABIs, and the items that say the same in the language.
struct SharedSteps<'a> {
    steps: &'a [Step],
    items: Vec<Item>,
}

/// The steps for a call, each list with the ABIs that share it. An ABI without steps for the call is left out.
fn shared_steps<'a>(
    draft: &'a Draft,
    call: &CallName,
    findings: &mut Findings,
) -> Vec<(Vec<Abi>, SharedSteps<'a>)> {
    let mut shared: Vec<(String, Vec<Abi>, SharedSteps<'a>)> = Vec::new();
    for part in &draft.parts {
        let Some(number) = call.number(part.abi) else { continue };
        let Some(steps) = part.chains.get(&number) else { continue };
        let items = items(part, call, steps, findings);
        let mut text = String::new();
        for item in &items {
            print_item(item, &mut text);
        }
        match shared.iter_mut().find(|(known, ..)| *known == text) {
            Some((_, abis, _)) => abis.push(part.abi),
            None => shared.push((text, vec![part.abi], SharedSteps { steps, items })),
        }
    }
    shared.into_iter().map(|(_, abis, steps)| (abis, steps)).collect()
}

fn items(part: &AbiDraft, call: &CallName, steps: &[Step], findings: &mut Findings) -> Vec<Item> {
    let words = CallWords::new(part.abi, call.name());
    let mut items = Vec::new();
    for step in steps {
        match words.condition(&step.condition) {
            Ok(condition) => {
                let target = Target { condition, ..call.target() };
                let rule = RuleItem { action: ActionExpr::made(step.action, &[part.abi]), targets: vec![target] };
                items.push(Item::made(ItemKind::Rule(rule)));
            }
            Err(NoArgument(index)) => findings.error_with_help(
                step.place.clone(),
                format!(
                    "`{}` has no argument {index} on {}: the kernel never looks at that register, so the language \
                     has no name for it",
                    call.name().unwrap_or("this call"),
                    part.abi
                ),
                "remove the comparison",
            ),
        }
    }
    items
}

fn for_abis(mut item: Item, abis: &[Abi]) -> Item {
    item.abis = abis.iter().map(|abi| name(abi.name())).collect();
    item
}
