//! Writes drop-ins for units of systemd.

use std::collections::{BTreeMap, BTreeSet};

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::Condition;
use seccomp_ir::table;
use seccomp_ir::tree::{ItemKind, Tree};

use super::import::architecture_name;
use super::list::{known, unknown_action};
use crate::formats::draft::{AbiDraft, Draft, Step};
use crate::formats::draft_of_policy::OtherAbis;
use crate::formats::problem::{Findings, ProblemPlace};

/// The action of `SystemCallArchitectures=` for calls through ABIs that the file does not serve.
pub(in crate::formats) const OTHER_ABIS: OtherAbis =
    OtherAbis { bad_arch: Action::KillThread, tells_x32: true, tool: "systemd" };

/// The most columns of a line.
const WIDTH: usize = 100;

/// Gives calls that systemd does not know the action that an allow list has for them: `ENOSYS`. If that changes the
/// draft, it adds a remark if the policy denies these calls and does not write how, and otherwise an error.
pub(in crate::formats) fn fit_unknown(draft: &mut Draft, tree: &Tree, findings: &mut Findings) {
    let abis = abis_of(draft);
    let Some(action) = unknown_action(&abis) else { return };
    let written = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Unknown(_)));
    let known: BTreeSet<&str> = known(&abis).collect();
    let mut is_said = false;
    let mut unknown_names: BTreeSet<&str> = BTreeSet::new();
    for part in &mut draft.parts {
        // A deny list allows all other calls.
        if part.default == Action::Allow {
            continue;
        }
        unknown_names.extend(fill_unknown_names(part, &known, action));
        let before = part.unknown.unwrap_or(part.default);
        if before == action {
            continue;
        }
        part.unknown = Some(action);
        if std::mem::replace(&mut is_said, true) {
            continue;
        }
        let place = ProblemPlace::Rule(format!("unknown {before}"));
        let message = format!("systemd answers calls that it does not know with {action}");
        if written || !before.forbids() {
            let help = "write `unknown errno(ENOSYS);`";
            findings.error_with_help(place, message, help);
        } else {
            findings.remark(place, format!("{message}, and not with {before}"));
        }
    }
    if !unknown_names.is_empty() {
        let names = Vec::from_iter(unknown_names).join(", ");
        let default = draft.parts[0].default;
        findings.remark(
            ProblemPlace::Rule(format!("default {default}")),
            format!(
                "systemd answers {names} with {action}, and not with {default}: it does not know them, and libseccomp \
                 refuses a rule with the action of the default"
            ),
        );
    }
}

/// Gives `action` to the calls of a part that systemd does not know and that get the default, and returns their names.
///
/// Systemd cannot give them the default: libseccomp refuses a rule with the default's action (`seccomp_rule_add(3)`, EACCES),
/// and systemd does not start the service then.
fn fill_unknown_names(
    part: &mut AbiDraft,
    known: &BTreeSet<&str>,
    action: Action,
) -> Vec<&'static str> {
    if part.default == action {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (number, name) in table::calls(part.abi).filter(|(_, name)| !known.contains(name)) {
        let gets_default = match part.chains.get(&number).map(Vec::as_slice) {
            None | Some([]) => true,
            Some([Step { condition: Condition::Always, action: own, .. }]) => *own == part.default,
            // A rule that depends on arguments becomes an error later.
            Some(_) => false,
        };
        if gets_default {
            part.chains.remove(&number);
            part.add(number, Condition::Always, action, ProblemPlace::Rule(name.to_owned()));
            names.push(name);
        }
    }
    names
}

/// A drop-in with a `[Service]` section.
pub(in crate::formats) fn export(draft: &Draft, findings: &mut Findings) -> String {
    let first = &draft.parts[0];
    let calls = actions(draft, findings);
    let mut text = "[Service]\n".to_owned();
    let others =
        draft.parts[1..].iter().map(|part| architecture_name(part.abi).unwrap_or(part.abi.name()));
    let abis: Vec<&str> = std::iter::once("native").chain(others).collect();
    lines("SystemCallArchitectures=", &abis, &mut text);
    let place = ProblemPlace::Rule(format!("default {}", first.default));
    let mut logged: Vec<&str> = Vec::new();
    let default = match first.default {
        Action::Log => {
            // The kernel makes every such call, and logs it.
            findings.error_with_help(
                place,
                "systemd logs calls by a list that it does not implicitly extend, and cannot log all others exactly",
                "use `default allow` and `log` rules",
            );
            Action::Allow
        }
        default @ (Action::Allow | Action::KillProcess | Action::Errno(1..)) => default,
        other @ (Action::Errno(0)
        | Action::KillThread
        | Action::Trap(_)
        | Action::Trace(_)
        | Action::Notify) => {
            let message = format!(
                "SystemCallErrorNumber= is an errno above 0 or kill, and cannot be {other}"
            );
            findings.error(place, message);
            other
        }
    };
    let errno = |action: Action| match action {
        Action::Errno(errno) => errno.to_string(),
        // Whatever else became an error above, or is a kill.
        _ => "kill".to_owned(),
    };
    let is_allow_list = default != Action::Allow;
    if is_allow_list {
        text += &format!("SystemCallErrorNumber={}\n", errno(default));
    }
    let abis = abis_of(draft);
    let known: BTreeSet<&str> = known(&abis).collect();
    let action_without_a_word = |call: &str| match unknown_action(&abis) {
        Some(action) if !known.contains(call) => action,
        // Whatever else: the calls that systemd knows, or all calls if it has no other action for calls that it does
        // not know.
        _ => default,
    };
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    for (call, (action, place)) in &calls {
        // libseccomp refuses a rule with the action of the default.
        if is_allow_list && *action == action_without_a_word(call) {
            continue;
        }
        match action {
            Action::Allow => allowed.push(*call),
            Action::Log => {
                allowed.push(call);
                logged.push(call);
            }
            Action::KillProcess | Action::Errno(_) => {
                denied.push(format!("{call}:{}", errno(*action)))
            }
            other @ (Action::KillThread | Action::Trap(_) | Action::Trace(_) | Action::Notify) => {
                findings.error(place.clone(), format!("systemd has no action {other} for a call"));
            }
        }
    }
    if is_allow_list {
        if !allowed.contains(&"execve") {
            let message = "systemd starts the program with execve(2) under the filter, and this policy does not allow it";
            findings.remark(ProblemPlace::Path(String::new()), message);
        }
        // An allow list always contains the group @default.
        let implied = table::systemd_group("@default").unwrap_or_default();
        let removed: Vec<&str> = implied
            .into_iter()
            .filter(|call| {
                !calls.contains_key(call)
                    && draft.parts.iter().any(|part| table::number(part.abi, call).is_some())
            })
            .collect();
        let words = if allowed.is_empty() { vec!["read"] } else { allowed.clone() };
        lines("SystemCallFilter=", &words, &mut text);
        let removed: Vec<&str> = if allowed.is_empty() {
            removed.into_iter().chain(std::iter::once("read")).collect()
        } else {
            removed
        };
        lines("SystemCallFilter=~", &removed, &mut text);
    }
    denied.sort_unstable();
    let denied: Vec<&str> = denied.iter().map(String::as_str).collect();
    lines("SystemCallFilter=~", &denied, &mut text);
    lines("SystemCallLog=", &logged, &mut text);
    text
}

/// The ABIs of a draft.
fn abis_of(draft: &Draft) -> Vec<Abi> {
    draft.parts.iter().map(|part| part.abi).collect()
}

/// The action for each call, by its name.
fn actions(
    draft: &Draft,
    findings: &mut Findings,
) -> BTreeMap<&'static str, (Action, ProblemPlace)> {
    let mut calls = BTreeMap::new();
    for part in &draft.parts {
        for (&number, steps) in &part.chains {
            let Some(step) = steps.first() else { continue };
            if number == Abi::SKIPPED && Some(step.action) == part.unknown {
                continue;
            }
            match (table::name(part.abi, number), &steps[..]) {
                (Some(call), [Step { condition: Condition::Always, action, place }]) => {
                    calls.insert(call, (*action, place.clone()));
                }
                (Some(call), _) => findings.error(
                    step.place.clone(),
                    format!("a list of systemd has calls without arguments, and this is about some arguments of `{call}`"),
                ),
                (None, _) => {
                    let message = format!("call {number} has no name, and a list of systemd names calls");
                    findings.error(step.place.clone(), message);
                }
            }
        }
    }
    calls
}

/// Adds a directive with its words, in as many lines as needed. Several lines of one directive are one list.
fn lines(directive: &str, words: &[&str], text: &mut String) {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && directive.len() + line.len() + word.len() >= WIDTH {
            *text += &format!("{directive}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    if !line.is_empty() {
        *text += &format!("{directive}{line}\n");
    }
}
