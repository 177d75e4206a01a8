//! A policy of the lock file, as it was accepted.

use std::fmt::Write as _;

use anyhow::Result;

use super::{LockedGroup, LockedPolicy, groups_of};
use crate::comparison::Comparable;
use crate::input_policy::InputPolicy;

/// The accepted policy, ready to be compared. `None` if its text does not have the meaning in its digest, neither with
/// the present members of its groups nor with those that the file lists. If the file lists other members than the
/// present ones, the text must have its meaning with the listed ones, because a reviewer reads these.
///
/// # Errors
///
/// The errors of the text: somebody has edited it, or it needs a newer version of the tool.
pub(crate) fn accepted_policy(
    policy: &LockedPolicy,
    groups: &[LockedGroup],
) -> Result<Option<Comparable>> {
    let compile = |text: &str| {
        let name = format!("{} of the lock file", policy.name());
        let mut text = Comparable::of(&InputPolicy::of_text(name, text.to_owned(), policy.abi))?;
        text.values = policy.values.clone();
        anyhow::Ok(text)
    };
    let now = compile(&policy.text)?;
    let Some(meaning) = &policy.meaning else { return Ok(Some(now)) };
    if now.meaning().is_ok_and(|now| now == *meaning) && !lists_other_members(policy, groups)? {
        return Ok(Some(now));
    }
    let Ok(mut then) = compile(&with_members(&policy.text, groups)) else { return Ok(None) };
    if then.meaning().is_ok_and(|then| then == *meaning) {
        then.remarks.push(
            "groups have other members in this version of the tool than when the policy was accepted; it is compared as it \
             was accepted"
                .to_owned(),
        );
        return Ok(Some(then));
    }
    Ok(None)
}

/// Whether the file lists other members for a group of the policy than the group has now. A group that the file does
/// not list does not count.
fn lists_other_members(policy: &LockedPolicy, groups: &[LockedGroup]) -> Result<bool> {
    let given = InputPolicy::of_text(policy.name(), policy.text.clone(), policy.abi);
    let now = groups_of(&given.tree()?, policy.abi);
    Ok(groups.iter().any(|then| {
        now.iter().any(|now| (&now.name, now.abi) == (&then.name, then.abi) && now != then)
    }))
}

/// The text with the members of `groups` instead of the groups. The digest shows whether the text meant that.
fn with_members(text: &str, groups: &[LockedGroup]) -> String {
    let mut result = String::new();
    for item in text.split_inclusive(';') {
        // A rule that denies a group denies its calls with any arguments.
        let action = item.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let permits = ["allow", "log", "notify", "trace"]
            .iter()
            .any(|word| action.starts_with(word) || action.contains(&format!("] {word}")));
        let mut rest = item;
        while let Some(at) = rest.find('@') {
            result += &rest[..at];
            let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            let after = &rest[at + 1..];
            let end = after.find(|letter| !is_of_name(letter)).unwrap_or(after.len());
            let name = &rest[at..=at + end];
            let members = members(name, groups, permits);
            result += if members.is_empty() { name } else { &members };
            rest = &after[end..];
        }
        result += rest;
    }
    result
}

/// The members of a group on any ABI, as targets.
fn members(name: &str, groups: &[LockedGroup], permits: bool) -> String {
    let mut targets: Vec<(&str, &str)> = Vec::new();
    for group in groups.iter().filter(|group| group.name == name) {
        for member in &group.members {
            let (call, condition) = member.split_at(member.find('(').unwrap_or(member.len()));
            targets.push((call, if permits { condition } else { "" }));
        }
    }
    targets.sort_unstable();
    targets.dedup();
    let mut text = String::new();
    for (call, condition) in targets {
        let comma = if text.is_empty() { "" } else { ", " };
        // Another ABI of the policy may lack the call.
        let _ = write!(text, "{comma}{call}?{condition}");
    }
    text
}
