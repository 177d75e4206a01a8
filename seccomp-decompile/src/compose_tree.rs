//! From what a filter does with each call to a tree: chooses the ABIs and the default, and puts calls with the same
//! action together.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::explore::{CallFunction, EqualFor, FunctionView};
use seccomp_ir::table;
use seccomp_ir::tree::{self, Item, ItemKind, Name, RuleItem, Tree};

use crate::call_rules::{self, CallRule, NoRules};
use crate::condition::{Call, ConditionCache, condition};
use crate::error::{DecompileError, Unsaid};
use crate::filter_actions::{AbiActions, Source};
use crate::tree_parts;

/// Names a call in a policy: by its name, or by its number if it has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Name(&'static str),
    Number(u32),
}

impl Label {
    fn calls(&self) -> tree::Calls {
        match self {
            Self::Name(name) => tree_parts::named(name),
            Self::Number(number) => tree_parts::numbered(*number),
        }
    }
}

/// The rules for a call, in order, and the ABIs that have exactly these rules. A rule has a target for each condition,
/// or one target without a condition.
struct CallRules {
    abis: Vec<Abi>,
    rules: Vec<(Action, RuleItem)>,
}

/// The rank of a rule in the policy: first rules with conditions, by their place among the rules of a call, then rules
/// without.
type Rank = usize;

/// The facts that all parts share.
struct Frame {
    served: Vec<Abi>,
    default: Action,
    unknown: Action,
    bad_arch: Action,
}

/// The tree of a policy that does what the filter does.
pub(crate) fn tree(source: Source<'_>) -> Result<Tree, DecompileError> {
    let abis = source.abis();
    let mut all = Vec::new();
    for &abi in &abis {
        all.push(source.part(abi)?);
    }
    let bad_arch = match source.equal_for {
        EqualFor::Every => source.bad_arch(&abis)?,
        EqualFor::Abis(_) => refusal(&all),
    };
    let (mut parts, others): (Vec<AbiActions>, Vec<AbiActions>) =
        all.into_iter().partition(|part| part.constant() != Some(bad_arch));
    // An ABI may have to be listed only for the number -1.
    for part in others {
        let is_served = parts.iter().any(|other| other.abi.audit_arch() == part.abi.audit_arch());
        if !is_served && !part.skipped_is(bad_arch) {
            parts.push(part);
        }
    }
    parts.sort_by_key(|part| abis.iter().position(|abi| *abi == part.abi));
    if *source.equal_for == EqualFor::Every {
        source.check_between(&abis, bad_arch)?;
    }
    if parts.is_empty() {
        // Every call gets the same action, so the ABI does not matter.
        let first = if abis.contains(&Abi::X86_64) { Abi::X86_64 } else { abis[0] };
        parts.push(source.part(first)?);
    }
    let frame = frame(&parts, bad_arch)?;
    let mut all: BTreeMap<(Label, String), CallRules> = BTreeMap::new();
    for part in &mut parts {
        add_part(part, &frame, &mut all)?;
    }
    Ok(Tree { items: items(all, &frame), span: tree_parts::nowhere() })
}

/// The action for ABIs that are not listed, if other values of `arch` are not asked about: the action of an ABI that
/// gives all calls one action, preferably another one than calls without a name get on the first ABI. Kill if there is
/// no such ABI.
fn refusal(parts: &[AbiActions]) -> Action {
    let mut refusal = None;
    for part in &parts[1..] {
        match part.constant() {
            Some(action) if action != parts[0].rest => return action,
            Some(action) => refusal = Some(action),
            None => {}
        }
    }
    refusal.unwrap_or(Action::KillProcess)
}

/// Chooses `default` and `unknown` so that as few calls as possible are listed. `default` allows a call only if calls
/// without a name are allowed too.
fn frame(parts: &[AbiActions], bad_arch: Action) -> Result<Frame, DecompileError> {
    let unknown = parts[0].rest;
    for part in parts {
        if part.rest != unknown {
            let (one, other) = ((parts[0].abi, unknown), (part.abi, part.rest));
            return Err(Unsaid::AbisDiffer { one, other }.into());
        }
    }
    let mut counts: Vec<(Action, usize)> = vec![(unknown, 1)];
    for part in parts {
        for (number, function) in &part.numbers {
            let FunctionView::Action(action) = part.functions.view(*function) else { continue };
            if table::name(part.abi, *number).is_none() || action.permits() && !unknown.permits() {
                continue;
            }
            match counts.iter_mut().find(|(known, _)| *known == action) {
                Some((_, count)) => *count += 1,
                None => counts.push((action, 0)),
            }
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    let chosen = counts.iter().find(|(_, count)| Some(*count) == most);
    let default = chosen.map_or(unknown, |(action, _)| *action);
    let served = parts.iter().map(|part| part.abi).collect();
    Ok(Frame { served, default, unknown, bad_arch })
}

impl Frame {
    /// The action for a call that no rule matches.
    fn unmatched(&self, abi: Abi, nr: u32) -> Action {
        let is_known = if nr == Abi::SKIPPED {
            abi.numbers().1 < Abi::SKIPPED
        } else {
            table::name(abi, nr).is_some()
        };
        if is_known { self.default } else { self.unknown }
    }

    /// The ABIs that a rule without `#[arch(…)]` applies to.
    fn abis_of_rule(&self, label: &Label) -> Vec<Abi> {
        let has = |abi: &Abi| match label {
            Label::Name(name) => table::number(*abi, name).is_some(),
            Label::Number(Abi::SKIPPED) => self.is_first(*abi),
            Label::Number(number) => abi.has_call(abi.audit_arch(), *number),
        };
        self.served.iter().copied().filter(has).collect()
    }

    /// Whether the ABI is the first of those with its `arch`, to which the number -1 belongs.
    fn is_first(&self, abi: Abi) -> bool {
        let first = self.served.iter().find(|other| other.audit_arch() == abi.audit_arch());
        first == Some(&abi)
    }

    /// The action with the name of its errno, if that name means the same on every ABI.
    fn action(&self, action: Action) -> tree::ActionExpr {
        tree::ActionExpr::made(action, &self.served)
    }
}

/// Adds the rules for the calls of an ABI.
fn add_part(
    part: &mut AbiActions,
    frame: &Frame,
    all: &mut BTreeMap<(Label, String), CallRules>,
) -> Result<(), DecompileError> {
    let abi = part.abi;
    let mut known = ConditionCache::default();
    for (nr, function) in std::mem::take(&mut part.numbers) {
        if nr == Abi::SKIPPED && !frame.is_first(abi) {
            continue;
        }
        let label = table::name(abi, nr).map_or(Label::Number(nr), Label::Name);
        let mut rules = match rules(part, frame, &mut known, (nr, &label), function) {
            Ok(rules) => rules,
            Err(NoRules::Unexplored(unexplored)) => return Err(unexplored.into()),
            Err(NoRules::DependsOn(bit)) => {
                return Err(Unsaid::DependsOn { abi, nr: Some(nr), bit }.into());
            }
            Err(NoRules::TooMany) => return Err(Unsaid::TooMany { abi, nr }.into()),
        };
        let unmatched = frame.unmatched(abi, nr);
        let is_needless = rules.last().is_some_and(|(action, rule)| {
            *action == unmatched && rule.targets[0].condition.is_none()
        });
        if is_needless {
            rules.pop();
        }
        if rules.is_empty() {
            continue;
        }
        let mut key = String::new();
        for (_, rule) in &rules {
            for target in 0..rule.targets.len() {
                key += &rule.quote(tree::TargetIndex(target));
                key.push(';');
            }
        }
        let entry = all.entry((label, key)).or_insert(CallRules { abis: Vec::new(), rules });
        entry.abis.push(abi);
    }
    Ok(())
}

/// The rules for a number, with their conditions written.
fn rules(
    part: &mut AbiActions,
    frame: &Frame,
    known: &mut ConditionCache,
    (nr, label): (u32, &Label),
    function: CallFunction,
) -> Result<Vec<(Action, RuleItem)>, NoRules> {
    let call = Call::new(part.abi, nr);
    let otherwise = frame.unmatched(part.abi, nr);
    let rules =
        call_rules::rules(&mut part.functions, function, otherwise, &mut |functions, cube| {
            let written = condition(functions, known, &call, cube)?;
            Ok(written.map(|written| (written.cost, written.holds)))
        })?;
    let mut written = Vec::new();
    for CallRule { action, cubes } in rules {
        let mut targets = Vec::new();
        for cube in cubes.iter().flatten() {
            let found = condition(&mut part.functions, known, &call, cube)?;
            let Some(found) = found else { return Err(NoRules::TooMany) };
            targets.push(tree_parts::target(label.calls(), Some(found.condition)));
        }
        if cubes.is_none() {
            targets.push(tree_parts::target(label.calls(), None));
        }
        written.push((action, RuleItem { action: frame.action(action), targets }));
    }
    Ok(written)
}

/// The items of the policy.
fn items(all: BTreeMap<(Label, String), CallRules>, frame: &Frame) -> Vec<Item> {
    let names = |abis: &[Abi]| -> Vec<Name> {
        abis.iter().map(|abi| tree_parts::name(abi.name())).collect()
    };
    let mut items = vec![tree_parts::item(ItemKind::Arch(names(&frame.served)), Vec::new())];
    let last_rank: Rank = all.values().map(|call| call.rules.len()).max().unwrap_or(0);
    // Denied calls come first, and rules for all ABIs before rules for some. The ABIs are numbered in the order of
    // their list.
    let mut groups: BTreeMap<(Rank, Action, Vec<usize>), Vec<tree::Target>> = BTreeMap::new();
    for ((label, _), CallRules { abis, rules }) in all {
        let all_abis = abis == frame.abis_of_rule(&label);
        let place = |abi: &Abi| frame.served.iter().position(|served| served == abi);
        let only: Vec<usize> =
            if all_abis { Vec::new() } else { abis.iter().filter_map(place).collect() };
        for (rank, (action, rule)) in rules.into_iter().enumerate() {
            let has_conditions = rule.targets.iter().all(|target| target.condition.is_some());
            let rank = if has_conditions { rank } else { last_rank };
            groups.entry((rank, action, only.clone())).or_default().extend(rule.targets);
        }
    }
    for ((_, action, only), targets) in groups {
        let only: Vec<Abi> = only.into_iter().map(|place| frame.served[place]).collect();
        items.push(tree_parts::rule(frame.action(action), targets, names(&only)));
    }
    let mut keyword = |word, action, kind: fn(tree::KeywordItem) -> ItemKind| {
        let item = tree_parts::keyword(word, frame.action(action));
        items.push(tree_parts::item(kind(item), Vec::new()));
    };
    if frame.unknown != frame.default {
        keyword("unknown", frame.unknown, ItemKind::Unknown);
    }
    if frame.bad_arch != Action::KillProcess {
        keyword("bad_arch", frame.bad_arch, ItemKind::BadArch);
    }
    keyword("default", frame.default, ItemKind::Default);
    items
}
