//! Calls that can get around a policy. They deserve a second look if a rule, and not `default`, allows them
//! with any arguments.

use crate::policy::Condition;
use crate::table;

use super::{Lint, LintContext, Warnings, decides};

/// Each call, what it lets the program do, and what to write instead.
const CALLS: [(&str, &str, &str); 4] = [
    (
        "io_uring_setup",
        "lets the program open, read, write, connect and more through a ring, and no filter sees \
         these operations",
        "`errno(ENOSYS) io_uring_setup;` makes programs use the calls that a filter sees",
    ),
    (
        "process_vm_writev",
        "writes into the memory of any process of the same user that the program may trace: code \
         that it puts there runs without this policy",
        "leave it out unless the program is a debugger",
    ),
    (
        "ptrace",
        "takes over any process of the same user that the program may trace: code that it runs there \
         runs without this policy, and before Linux 4.8 a tracer could change a call after the filter had seen it",
        "leave it out, or say which requests: `ptrace(request == PTRACE_TRACEME)`",
    ),
    (
        "seccomp",
        "lets the program add filters, which can make calls of its child processes fail or seem to \
         succeed where the children do not check",
        "leave it out once the last policy is installed",
    ),
];

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for part in subject.parts() {
        for (name, what, instead) in &CALLS {
            let Some(number) = table::number(part.abi, name) else { continue };
            let deciders = subject.deciders(part, name);
            for rule in &part.rules {
                let allows = rule.action.permits() && matches!(rule.condition, Condition::Always);
                let whole = allows && rule.numbers.binary_search(&number).is_ok();
                if !whole || !decides(rule.origin, &deciders) {
                    continue;
                }
                let place = subject.place(rule.origin);
                if !subject.already_checked(place) {
                    let message = if place.group {
                        format!(
                            "`{}` includes `{name}`, which {what}\ndeny it in a rule above: `errno(ENOSYS) {name};`",
                            place.quote(subject.tree)
                        )
                    } else {
                        format!("`{name}` {what}\n{instead}")
                    };
                    warnings.at(Lint::PowerfulCall, place, &message);
                }
            }
        }
    }
}
