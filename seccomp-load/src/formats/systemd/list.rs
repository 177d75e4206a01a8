//! The lists of calls of `SystemCallFilter=` and `SystemCallLog=`.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::table::{self, ConstantLookup};

use crate::formats::constants;
use crate::formats::draft::Draft;
use crate::formats::libseccomp::LibseccompFilter;
use crate::formats::problem::{Findings, ProblemPlace};

/// A list of `SystemCallFilter=` or `SystemCallLog=`.
#[derive(Default)]
pub(super) struct List {
    /// Whether the first line had no `~`. `None` before the first line.
    is_allow_list: Option<bool>,
    /// The calls, each with an action of its own if it has one.
    calls: BTreeMap<String, (Option<Action>, ProblemPlace)>,
    /// The groups that were named, with their members. A lookup takes a search for each member, and a file may name a
    /// group in every line.
    groups: BTreeMap<String, Vec<&'static str>>,
}

impl List {
    /// Takes a line (`config_parse_syscall_filter`, `config_parse_syscall_log`).
    pub(super) fn line(
        &mut self,
        value: &str,
        is_filter: bool,
        place: &ProblemPlace,
        target: Abi,
        findings: &mut Findings,
    ) {
        if value.is_empty() {
            *self = Self::default();
            return;
        }
        let (inverted, words) = match value.strip_prefix('~') {
            Some(words) => (true, words),
            None => (false, value),
        };
        if self.is_allow_list.is_none() {
            self.is_allow_list = Some(!inverted);
            if is_filter && !inverted {
                // "always implicitly allow-listed": systemd.exec(5).
                for call in table::systemd_group("@default").unwrap_or_default() {
                    self.calls.insert(call.to_owned(), (None, place.clone()));
                }
            }
        }
        for word in words.split_whitespace() {
            let (name, action) = match word.split_once(':').filter(|_| is_filter) {
                None => (word, None),
                Some((name, "kill")) => (name, Some(Action::KillProcess)),
                Some((name, number)) => match errno(number, target) {
                    Some(number) => (name, Some(Action::Errno(number))),
                    None => {
                        findings.error(
                            place.clone(),
                            format!("`{number}` is not an errno, and systemd ignores `{word}`"),
                        );
                        continue;
                    }
                },
            };
            if action.is_some() && !inverted {
                findings.error_with_help(
                    place.clone(),
                    format!(
                        "a call that is allowed cannot have an errno, and systemd ignores `{word}`"
                    ),
                    format!("write `~{word}` in a line of its own"),
                );
                continue;
            }
            self.word(name, action, inverted, place, target, findings);
        }
    }

    /// Takes a call or a group (`seccomp_parse_syscall_filter`).
    fn word(
        &mut self,
        name: &str,
        action: Option<Action>,
        inverted: bool,
        place: &ProblemPlace,
        target: Abi,
        findings: &mut Findings,
    ) {
        let own;
        let calls: &[&str] = if name.starts_with('@') {
            if !self.groups.contains_key(name) {
                let Some(calls) = table::systemd_group(name) else {
                    findings.error(place.clone(), format!("systemd 262 has no group `{name}`"));
                    return;
                };
                self.groups.insert(name.to_owned(), calls);
            }
            &self.groups[name]
        } else {
            if !table::is_known(name) {
                let message = constants::unknown_call(target, name, findings);
                findings.remark(place.clone(), format!("{message}, and systemd ignores it"));
                return;
            }
            own = [name];
            &own
        };
        let is_allow_list = self.is_allow_list == Some(true);
        for &call in calls {
            if inverted != is_allow_list || (inverted && is_allow_list && action.is_some()) {
                self.calls.insert(call.to_owned(), (action, place.clone()));
            } else {
                self.calls.remove(call);
            }
        }
    }

    /// Whether this is an allow list and calls that systemd does not know get an action of their own.
    pub(super) fn denies_unknown(&self, other: Action) -> bool {
        self.is_allow_list == Some(true) && other.forbids()
    }

    /// The filter. An allow list gives `listed` to its calls and `other` to all others; a deny list does the opposite.
    pub(super) fn draft(
        &self,
        abis: &[Abi],
        listed: Action,
        other: Action,
        findings: &mut Findings,
    ) -> Option<Draft> {
        let (listed, default) = match self.is_allow_list? {
            true => (listed, other),
            // A deny list without calls makes no filter.
            false if self.calls.is_empty() && listed == Action::Allow => return None,
            false => (other, listed),
        };
        // An allow list answers what systemd does not know with ENOSYS, and what it knows and does not list with `other`
        // (`seccomp_load_syscall_filter_set_raw`).
        let unknown = self.denies_unknown(default).then(|| unknown_action(abis)).flatten();
        let mut filter = LibseccompFilter::new(abis.to_vec(), unknown.unwrap_or(default));
        if unknown.is_some() {
            for call in known(abis).filter(|call| !self.calls.contains_key(*call)) {
                filter.add(call, &[], default, &ProblemPlace::Path(String::new()));
            }
        }
        for (call, (action, place)) in &self.calls {
            filter.add(call, &[], action.unwrap_or(listed), place);
        }
        Some(filter.draft(Action::Allow, findings))
    }
}

/// The action for calls that systemd does not know, by the number of the ABI that systemd is compiled for: the first.
pub(super) fn unknown_action(abis: &[Abi]) -> Option<Action> {
    match table::constant(*abis.first()?, "ENOSYS") {
        ConstantLookup::Value(enosys) => Some(Action::Errno(enosys.value as u16)),
        ConstantLookup::NotOnThisAbi(_) | ConstantLookup::Unknown => None,
    }
}

/// The calls that systemd knows: those that `@known` has itself and that have a number on the ABI that systemd is
/// compiled for. Seen in the filters of systemd 262.1 (`tests/formats/systemd/run`): groups in `@known`, which is
/// `@obsolete`, count as unknown, and so do calls that only x86 has, in a systemd for x86_64.
pub(super) fn known(abis: &[Abi]) -> impl Iterator<Item = &'static str> {
    let native = abis.first().copied();
    table::systemd_known()
        .filter(move |call| native.is_some_and(|abi| table::number(abi, call).is_some()))
}

/// An errno by its name or number.
pub(super) fn errno(text: &str, target: Abi) -> Option<u16> {
    match text.parse::<u16>() {
        Ok(number @ 0..=4095) => Some(number),
        Ok(_) => None,
        Err(_) => constants::errno(target, text).ok(),
    }
}
