//! A call is denied, and another one that does its job is allowed whatever its arguments.
//!
//! The kernel adds calls that do what others did: `openat2` after `openat` after `open`. A rule that
//! names one of them stops only those who do not know of the others. What does one job is in
//! `data/families.tsv`.
//!
//! Three things are taken as signs that the rule is meant as it is: it answers `ENOSYS`, which sends
//! programs to the sibling; the sibling is allowed under a condition only, so it has been thought of;
//! the denied calls come from a group, which is a family of its own.

use crate::policy::{AbiPolicy, Comparison, Condition, Rule, Value};
use crate::table::{self, Denied, Family, Member};

use super::{Lint, Subject, Warnings, always_allowed, decides, sometimes_allowed};
use crate::resolve::Place;
use crate::words::{joined, quoted};

/// What is left of a family's job after a rule.
struct Left<'a> {
    place: &'a Place,
    family: &'static str,
    denied: &'static str,
    in_part: bool,
    job: &'static str,
    names: Vec<&'static str>,
}

pub(super) fn find(subject: &Subject<'_>, warnings: &mut Warnings<'_>) {
    // One warning for each item and family, at the first call of the item that is in it.
    let mut left: Vec<Left<'_>> = Vec::new();
    for part in subject.parts() {
        // Many rules may be about one call: whether some of it is allowed is found out once.
        let mut last = None;
        for rule in &part.rules {
            let place = subject.place(rule.origin);
            let denies = rule.verdict.denies() && !subject.says_absent(part.abi, rule.verdict);
            if place.group || !denies {
                continue;
            }
            let [number] = rule.numbers[..] else { continue };
            let Some(denied) = table::name(part.abi, number) else { continue };
            let deciders = subject.deciders(part, denied);
            if !decides(rule.origin, &deciders) {
                continue;
            }
            let in_part = match last {
                Some((call, in_part)) if call == number => in_part,
                _ => sometimes_allowed(&deciders),
            };
            last = Some((number, in_part));
            for Family { name: family, job, members } in table::families_of(denied) {
                let is_job = members.iter().any(|member| {
                    member.name == denied && denies_job(*member, part, rule, in_part)
                });
                if !is_job {
                    continue;
                }
                for member in &members {
                    // That has a warning of its own.
                    let own = denied == "clone" && member.name == "clone3";
                    if member.name == denied || own {
                        continue;
                    }
                    if !always_allowed(&subject.deciders(part, member.name)) {
                        continue;
                    }
                    let key = (place.item, family);
                    let at = left.partition_point(|left| (left.place.item, left.family) < key);
                    if left.get(at).is_none_or(|left| (left.place.item, left.family) != key) {
                        let names = Vec::new();
                        left.insert(at, Left { place, family, denied, in_part, job, names });
                    }
                    if !left[at].names.contains(&member.name) {
                        left[at].names.push(member.name);
                    }
                }
            }
        }
    }
    for Left { place, denied, in_part, job, names, .. } in &left {
        let part = if *in_part { " in part" } else { "" };
        let verb = if names.len() == 1 { "stays" } else { "stay" };
        let (list, add) = (quoted(names), joined(names.iter().copied(), ", "));
        let message = format!(
            "`{denied}` is denied here{part}, but {list} {verb} allowed and can {job} as well\n\
             deny what does the same job together: `{add}`"
        );
        warnings.at(Lint::SiblingAllowed, place, &message);
    }
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
                Some(table::Place::At(at)) => asks_for(&rule.condition, at, bits),
                _ => false,
            }
        }
    }
}

/// Whether a condition looks at some of `bits` of an argument.
fn asks_for(condition: &Condition, at: u8, bits: u64) -> bool {
    match condition {
        Condition::Always => false,
        Condition::Compare(Comparison { argument, mask, .. }) => {
            let mask = match mask {
                Some(Value::Known(mask)) => *mask,
                _ => u64::MAX,
            };
            *argument == at && mask & bits != 0
        }
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().any(|part| asks_for(part, at, bits))
        }
        Condition::Not(inner) => asks_for(inner, at, bits),
    }
}
