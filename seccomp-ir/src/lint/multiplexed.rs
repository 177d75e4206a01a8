//! Calls that older ABIs also make through `socketcall` or `ipc`, whose arguments are in memory where
//! no filter can look: a rule about `socket` there says nothing about `socketcall`. What such a rule
//! takes for denied must not be open through the other call, or the policy is refused.

use crate::policy::{Comparison, Condition, Operator, Rule, Value, Width};
use crate::table::{self, Multiplexed};

use super::{Subject, decides, sometimes_allowed, sometimes_denied};
use crate::errors::Errors;

pub(super) fn check(subject: &Subject<'_>, errors: &mut Errors) {
    for part in subject.parts() {
        for rule in &part.rules {
            let place = subject.place(rule.origin);
            let [number] = rule.numbers[..] else { continue };
            if place.group || !restricts(rule) || subject.says_absent(part.abi, rule.verdict) {
                continue;
            }
            let Some(name) = table::name(part.abi, number) else { continue };
            let Some(how) = table::multiplexed(part.abi, name) else { continue };
            let deciders = subject.deciders(part, name);
            let through = subject.deciders_where(part, how.by, &leads_to(how));
            if !decides(rule.origin, &deciders)
                || !sometimes_denied(&deciders)
                || !sometimes_allowed(&through)
            {
                continue;
            }
            let Multiplexed { by, number } = how;
            let abi = part.abi.name();
            let (call, since) = match by {
                "ipc" => (format!("ipc(call & 0xffff == {number})"), "5.1"),
                _ => (format!("{by}(call == {number})"), "4.3"),
            };
            errors.at(
                place.span,
                format!(
                    "on {abi} `{name}` can also be made through `{by}`, which this policy allows and whose \
                     arguments are behind a pointer that no filter can follow: this rule would be \
                     side-stepped; add `errno(ENOSYS) {call};` above what allows it, or for every ABI \
                     `errno(ENOSYS) @multiplexers;` (C libraries that rely on Linux {since} make `{name}` directly)"
                ),
            );
        }
    }
}

/// Whether a rule says more than that every such call is allowed.
fn restricts(rule: &Rule) -> bool {
    rule.verdict.denies() || !matches!(rule.condition, Condition::Always)
}

/// The calls of the multiplexer that lead to one of its calls.
fn leads_to(how: Multiplexed) -> Condition {
    // `ipc` has a version in the upper 16 bits of its first argument.
    let mask = if how.by == "ipc" { 0xffff } else { 0xffff_ffff };
    Condition::Compare(Comparison {
        argument: 0,
        width: Width::W32,
        signed: false,
        mask: Some(Value::Known(mask)),
        operator: Operator::Equal,
        value: Value::Known(u64::from(how.number)),
    })
}
