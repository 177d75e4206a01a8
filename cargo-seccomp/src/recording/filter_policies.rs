//! Finds the policy and the program of an installed filter.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};
use seccomp_syntax::{CompiledText, PolicyText};

use crate::elf::{self, ProgramPolicy};
use crate::learn::{Decided, compared, decide};
use crate::process_filters::likeness;
use crate::trace::{FilterId, TracedFilter};

/// The policies of the filters that were seen.
#[derive(Default)]
pub(super) struct FilterPolicies {
    known: BTreeMap<FilterId, KnownPolicy>,
    /// The policy under which this tool starts the command, until its filter is installed.
    launched: Option<ProgramPolicy>,
    /// Messages that were not shown yet.
    messages: Vec<String>,
}

/// A policy whose note was found.
pub(super) struct KnownPolicy {
    /// The note.
    pub(super) note: ProgramPolicy,
    /// The policy, compiled when somebody first asks about it, because nobody asks about a policy that denies nothing;
    /// `None` if this version of the tool cannot compile it.
    compiled: Option<Option<CompiledText>>,
}

impl FilterPolicies {
    /// No filters yet. If the command is one that this tool starts under a policy, `launched` is that policy.
    pub(super) fn new(launched: Option<ProgramPolicy>) -> Self {
        Self { known: BTreeMap::new(), launched, messages: Vec::new() }
    }

    /// The messages since the last call.
    pub(super) fn take_messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    /// Looks for the note of a filter that its process has just installed.
    pub(super) fn look_for(&mut self, id: FilterId, filter: &TracedFilter) {
        let files = match elf::mapped_files(filter.process) {
            Ok(files) => files,
            Err(error) => return self.messages.push(format!("{error:#}")),
        };
        let mut best: Option<(u8, ProgramPolicy)> = None;
        for (name, path) in files {
            match elf::policies(&path) {
                Ok(found) => {
                    for note in found {
                        let likeness = likeness(&note, &filter.instructions);
                        if likeness > best.as_ref().map_or(0, |(best, _)| *best) {
                            best = Some((likeness, ProgramPolicy { from: name.clone(), ..note }));
                        }
                    }
                }
                // A process also maps files that are not parts of its program.
                Err(_) if !is_program(&path, filter.process) => {}
                Err(error) => self.messages.push(format!("{error:#}")),
            }
        }
        let mut note = best.map(|(_, note)| note);
        // `exec` compiles its policy when it runs, so no file has its note. Its filter is the first one that this tool
        // installs.
        if note.is_none() && is_this_tool(filter.process) {
            note = (self.launched.take())
                .map(|policy| ProgramPolicy { filter: filter.instructions.clone(), ..policy });
        }
        if let Some(note) = note {
            self.known.insert(id, KnownPolicy { note, compiled: None });
        }
    }

    /// The compiled policy of a filter. `None` without a note, or if this version of the tool refuses the policy, which
    /// is reported once.
    fn compiled(&mut self, id: FilterId) -> Option<&CompiledText> {
        let known = self.known.get_mut(&id)?;
        let note = &known.note;
        let messages = &mut self.messages;
        let compiled = known.compiled.get_or_insert_with(|| {
            let abi = note.known_abi().ok()?;
            let compiled = PolicyText::new(&note.place(), &note.text, abi).compile();
            compiled
                .map_err(|report| {
                    messages.push(format!(
                        "the policy at {} was compiled by another version of the compiler, and this one refuses it: {report}",
                        note.place()
                    ));
                })
                .ok()
        });
        compiled.as_ref()
    }

    /// The policy of a filter, if its note was found.
    pub(super) fn get(&self, id: FilterId) -> Option<&KnownPolicy> {
        self.known.get(&id)
    }

    /// The name of a filter: the place of its policy, or its number.
    pub(super) fn name(&self, id: FilterId, filter: &TracedFilter) -> String {
        match self.get(id) {
            Some(known) => known.note.place(),
            None => format!("filter {} of {}", id.0 + 1, filter.program),
        }
    }

    /// The part that decides a call: the rule, `default`, `unknown` or `bad_arch` of the policy. `None` without a note.
    pub(super) fn decided(&mut self, id: FilterId, call: &Call) -> Option<String> {
        let compiled = self.compiled(id)?;
        Some(match decide(&compiled.compiled.policy, call) {
            Decided::Rule(origin, _) | Decided::Perhaps(origin, _) => {
                format!("`{}`", compiled.compiled.origins[origin.0 as usize].quote(&compiled.tree))
            }
            Decided::Unknown(_) => "`unknown`".to_owned(),
            Decided::Default(_) => "`default`".to_owned(),
            Decided::BadArch => "`bad_arch`".to_owned(),
        })
    }

    /// The arguments that the rules of a policy compare to permit a call. Empty without a note.
    pub(super) fn compared(&mut self, id: FilterId, call: &Call) -> Vec<ArgumentIndex> {
        self.compiled(id)
            .map_or_else(Vec::new, |compiled| compared(&compiled.compiled.policy, call))
    }

    /// Whether a filter answers a call on purpose: by a rule for the call, and not because no rule matches it.
    ///
    /// Without a note, a call is answered on purpose if a call that does not exist gets another action.
    pub(super) fn is_on_purpose(
        &mut self,
        id: FilterId,
        filter: &TracedFilter,
        call: &Call,
    ) -> bool {
        match self.compiled(id) {
            Some(compiled) => match decide(&compiled.compiled.policy, call) {
                Decided::Rule(..)
                | Decided::Perhaps(..)
                | Decided::Unknown(_)
                | Decided::BadArch => true,
                Decided::Default(_) => false,
            },
            None => filter.action(call) != filter.action(&no_such_call(call)),
        }
    }
}

/// A call of the same ABI with a number that no call has.
fn no_such_call(call: &Call) -> Call {
    /// This is below the bit of x32 and above all numbers of the tables.
    const FREE: u32 = 0x3fff_fff0;
    Call { nr: (call.nr & Abi::X32_BIT) | FREE, args: [0; 6], ..*call }
}

/// Whether a process runs the program of this tool.
fn is_this_tool(process: u32) -> bool {
    let file = |path: &str| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let own = file("/proc/self/exe");
    own.is_some() && file(&format!("/proc/{process}/exe")) == own
}

fn is_program(path: &Path, process: u32) -> bool {
    path == Path::new(&format!("/proc/{process}/exe"))
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::bpf::SockFilter;

    use super::*;

    fn filter(returns: u32) -> TracedFilter {
        // Calls below 3 get `returns`, and others fail with EPERM.
        let instructions = vec![
            SockFilter::statement(0x20, 0),
            SockFilter::jump(0x35, 3, 1, 0),
            SockFilter::statement(6, returns),
            SockFilter::statement(6, 0x0005_0001),
        ];
        TracedFilter { instructions, program: "p".to_owned(), process: 1 }
    }

    #[test]
    fn without_a_note_an_action_that_other_calls_do_not_get_is_on_purpose() {
        let (mut policies, id) = (FilterPolicies::default(), FilterId(0));
        let call = |nr| Call::new(Abi::NATIVE, nr, [0; 6]);
        let filter = filter(0x0005_0026);
        assert!(policies.is_on_purpose(id, &filter, &call(0)));
        assert!(!policies.is_on_purpose(id, &filter, &call(3)));
        assert_eq!(policies.name(id, &filter), "filter 1 of p");
    }
}
