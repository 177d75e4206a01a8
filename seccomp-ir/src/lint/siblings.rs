//! A call is denied, and another one that does its job is allowed with any arguments.
//!
//! The kernel adds calls that do the job of older ones: `openat2` after `openat` after `open`. A rule that
//! names one of them stops only attackers who do not know the others. `data/families.tsv` lists the calls that
//! do one job.
//!
//! Two things are signs that the author means the rule as it is: its action is `errno(ENOSYS)`, which sends
//! programs to the sibling; or the sibling is allowed only under a condition. A group means its calls, except
//! those that are denied because they are obsolete.

use crate::policy::{AbiPolicy, Condition, Rule, Value};
use crate::table::{self, Denied, Family, Member};

use super::conditions::any;
use super::{
    Lint, LintContext, Warnings, allowed_here, always_allowed, decides, sometimes_allowed,
};
use crate::abi::{Abi, ArgumentIndex};
use crate::diagnostic::Label;
use crate::lists::{self, list_abis, quoted};
use crate::resolve::RuleSource;
use crate::tree::Tree;

/// The calls of a family that still do its job after a rule.
struct Remaining<'a> {
    place: &'a RuleSource,
    family: &'static str,
    denied: &'static str,
    in_part: bool,
    job: &'static str,
    names: Vec<&'static str>,
    /// What to write to deny each of them, and on which ABIs.
    add: Vec<Vec<(String, Vec<Abi>)>>,
    /// Where they are allowed.
    labels: Vec<Label>,
}

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    // One entry for each item and family, at the first call of the item that is in the family.
    let mut left: Vec<Remaining<'_>> = Vec::new();
    for part in subject.parts() {
        // Many rules may be about one call: find out once whether some of its calls are allowed.
        let mut last = None;
        for rule in &part.rules {
            if rule.action.forbids() && !subject.says_absent(part.abi, rule.action) {
                for number in &rule.numbers {
                    if let Some(denied) = table::name(part.abi, *number) {
                        find_of(subject, part, rule, denied, &mut last, &mut left);
                    }
                }
            }
        }
    }
    let mut groups: Vec<&RuleSource> = Vec::new();
    for Remaining { place, denied, in_part, job, names, add, labels, .. } in &left {
        if place.group {
            if !groups.iter().any(|group| same_target(group, place)) {
                groups.push(place);
            }
            continue;
        }
        let part = if *in_part { " in part" } else { "" };
        let verb = if names.len() == 1 { "stays" } else { "stay" };
        let list = quoted(names);
        let add = to_add(add.iter());
        let message = format!(
            "`{denied}` is denied here{part}, but {list} {verb} allowed and can {job} as well\n\
             also deny {add}"
        );
        warnings.at_with(Lint::SiblingAllowed, place, &message, labels.clone());
    }
    for place in groups {
        of_group(place, &left, subject.tree, warnings);
    }
}

/// Finds the siblings that still do the jobs of one call that a rule denies.
fn find_of<'a>(
    subject: &LintContext<'a>,
    part: &AbiPolicy,
    rule: &Rule,
    denied: &'static str,
    last: &mut Option<(&'static str, bool)>,
    left: &mut Vec<Remaining<'a>>,
) {
    let place = subject.place(rule.origin);
    if place.group && is_obsolete(denied) {
        return;
    }
    let mut families = table::families_of(denied).peekable();
    if families.peek().is_none() {
        return;
    }
    let deciders = subject.deciders(part, denied);
    if !decides(rule.origin, &deciders) {
        return;
    }
    let in_part = match *last {
        Some((call, in_part)) if call == denied => in_part,
        _ => sometimes_allowed(&deciders),
    };
    *last = Some((denied, in_part));
    for Family { name: family, job, members } in families {
        let is_job = members
            .iter()
            .any(|member| member.name == denied && denies_job(*member, part, rule, in_part));
        if !is_job {
            continue;
        }
        for member in &members {
            // `clone3` has a warning of its own.
            let own = denied == "clone" && member.name == "clone3";
            if member.name == denied || own {
                continue;
            }
            let mut deciders = subject.deciders(part, member.name);
            let mut at_abi = part.abi;
            if !always_allowed(&deciders) {
                // Another ABI may have the sibling and not the call: then no rule there denies the job.
                let lacks = |part: &&AbiPolicy| table::number(part.abi, denied).is_none();
                for other in subject.parts().iter().filter(lacks) {
                    deciders = subject.deciders(other, member.name);
                    at_abi = other.abi;
                    if always_allowed(&deciders) {
                        break;
                    }
                }
            }
            if !always_allowed(&deciders) {
                continue;
            }
            let key = (place.item, family);
            let at = left.partition_point(|left| (left.place.item, left.family) < key);
            if left.get(at).is_none_or(|left| (left.place.item, left.family) != key) {
                let (names, add, labels) = (Vec::new(), Vec::new(), Vec::new());
                left.insert(
                    at,
                    Remaining { place, family, denied, in_part, job, names, add, labels },
                );
            }
            let left = &mut left[at];
            let denial = denial(*member, at_abi);
            let known = left.names.iter().position(|name| *name == member.name);
            let Some(known) = known else {
                left.names.push(member.name);
                left.add.push(vec![(denial, vec![at_abi])]);
                left.labels.append(&mut allowed_here(subject, &deciders, member.name));
                continue;
            };
            match left.add[known].iter_mut().find(|(same, _)| *same == denial) {
                Some((_, abis)) => abis.push(at_abi),
                None => left.add[known].push((denial, vec![at_abi])),
            }
        }
    }
}

/// What to write to deny the job of a member on an ABI: "personality(personality & READ_IMPLIES_EXEC != 0)", or only the
/// name of the call if the argument is in memory there.
fn denial(member: Member, abi: Abi) -> String {
    let name = member.name;
    let Some((argument, bits)) = member.part else { return name.to_owned() };
    let signature = table::signature(abi, name);
    match signature.and_then(|signature| signature.position(argument)) {
        Some(table::ArgumentPlace::At(_)) => format!("{name}({argument} & {bits} != 0)"),
        _ => name.to_owned(),
    }
}

/// "`shmat`, `mmap(prot & PROT_EXEC != 0)` after `#[arch(x86_64)]`, `mmap` after `#[arch(x86)]`": what to deny.
fn to_add<'a>(add: impl Iterator<Item = &'a Vec<(String, Vec<Abi>)>>) -> String {
    let (mut everywhere, mut of_some) = (String::new(), String::new());
    for denials in add {
        for (denial, abis) in denials {
            if denials.len() == 1 {
                lists::add(&mut everywhere, denial, ", ");
            } else {
                let one = format!("`{denial}` after `#[arch({})]`", list_abis(abis));
                lists::add(&mut of_some, &one, ", ");
            }
        }
    }
    match (everywhere.as_str(), of_some.as_str()) {
        ("", some) => some.to_owned(),
        (all, "") => format!("`{all}`"),
        (all, some) => format!("`{all}`, {some}"),
    }
}

/// Reports in one warning which calls still do the jobs of the calls of a group, with one job for each.
fn of_group(place: &RuleSource, left: &[Remaining<'_>], tree: &Tree, warnings: &mut Warnings<'_>) {
    let (mut names, mut jobs, mut add) = (Vec::new(), String::new(), Vec::new());
    for Remaining { place: of, denied, job, names: of_family, add: denials, .. } in left {
        if !same_target(of, place) {
            continue;
        }
        let mut new = Vec::new();
        for (name, denial) in of_family.iter().zip(denials) {
            if !names.contains(name) {
                add.push(denial);
                new.push(*name);
                names.push(*name);
            }
        }
        if !new.is_empty() {
            let verb = if new.len() == 1 { "stays" } else { "stay" };
            let sentence =
                format!("{} {verb} allowed and can {job} as `{denied}` does", quoted(&new));
            lists::add(&mut jobs, &sentence, "; ");
        }
    }
    let message = format!(
        "`{}` does not deny calls that do the same as its own: {jobs}\n\
         also deny {}",
        place.quote(tree),
        to_add(add.into_iter())
    );
    warnings.at(Lint::SiblingAllowed, place, &message);
}

/// Whether both are one target of one rule.
fn same_target(a: &RuleSource, b: &RuleSource) -> bool {
    (a.item, a.target) == (b.item, b.target)
}

/// Whether a group has the call because it is obsolete, whatever its job.
fn is_obsolete(call: &str) -> bool {
    table::group("@obsolete").is_some_and(|group| group.members.contains(&call))
}

/// Whether a rule that denies the call denies the job of its family.
fn denies_job(member: Member, part: &AbiPolicy, rule: &Rule, in_part: bool) -> bool {
    match member.denied {
        Denied::Ever => true,
        Denied::Whole => !in_part,
        Denied::Never => false,
        Denied::Bits { argument, bits } => {
            let signature = table::signature(part.abi, member.name);
            match signature.and_then(|signature| signature.position(argument)) {
                Some(table::ArgumentPlace::At(at)) => asks_for(&rule.condition, at, bits),
                _ => false,
            }
        }
    }
}

/// Whether a condition looks at some of `bits` of an argument.
fn asks_for(condition: &Condition, at: ArgumentIndex, bits: u64) -> bool {
    any(condition, &|comparison| {
        let mask = match comparison.mask {
            Some(Value::Known(mask)) => mask,
            _ => u64::MAX,
        };
        comparison.argument == at && mask & bits != 0
    })
}
