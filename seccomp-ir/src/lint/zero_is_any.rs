//! Arguments for which 0 stands for a value that the kernel finds elsewhere: a rule that denies that value and lets 0 pass is
//! side-stepped with 0.

use super::conditions::{any, equal};
use super::{Lint, LintContext, MOST_VISITS, Warnings, always_denied, sometimes_allowed};
use crate::abi::ArgumentIndex;
use crate::policy::{AbiPolicy, Condition, Decider, Rule, Value, Width};
use crate::table;

/// An argument for which 0 stands for other values.
struct Zero {
    call: &'static str,
    argument: ArgumentIndex,
    /// Another argument on which this depends, and its value.
    under: Option<(ArgumentIndex, u64)>,
    /// The values that 0 stands for.
    values: &'static [u64],
    message: &'static str,
}

/// Sources: `kernel/nsproxy.c` (`SYSCALL_DEFINE2(setns)`: only a type that is not 0 is compared with that of the namespace) and
/// `net/ipv4/af_inet.c` (`inet_create`: `IPPROTO_IP` is the wild case, and the first protocol of the type is taken). Both
/// were seen on Linux 6.18.
const ZEROS: [Zero; 2] = [
    Zero {
        call: "setns",
        argument: ArgumentIndex::A1,
        under: None,
        values: &[
            0x2_0000,
            0x200_0000,
            0x400_0000,
            0x800_0000,
            0x1000_0000,
            0x2000_0000,
            0x4000_0000,
        ],
        message: "with `nstype == 0`, which this policy allows, `setns` enters a namespace of any type, including those \
                  that are denied here\n\
                  also deny `setns(nstype == 0)`",
    },
    Zero {
        call: "socket",
        argument: ArgumentIndex::A2,
        // `family` is AF_INET.
        under: Some((ArgumentIndex::A0, 2)),
        // IPPROTO_TCP, IPPROTO_UDP
        values: &[6, 17],
        message: "with `protocol == 0`, which this policy allows, `socket` takes the protocol that belongs to the type: TCP for \
                  `SOCK_STREAM`, UDP for `SOCK_DGRAM`\n\
                  also deny `protocol == 0`, or deny the `type`",
    },
];

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    let mut visits = 0;
    for part in subject.parts() {
        for zero in &ZEROS {
            let Some(number) = table::number(part.abi, zero.call) else { continue };
            for rule in &part.rules {
                if rule.numbers.binary_search(&number).is_err() || !zero.asks(&rule.condition) {
                    continue;
                }
                visits += part.rules.len();
                if visits > MOST_VISITS {
                    return;
                }
                let place = subject.place(rule.origin);
                if !subject.already_checked(place) && zero.is_passed_by(subject, part, rule) {
                    warnings.at(Lint::ExactDenial, place, zero.message);
                }
            }
        }
    }
}

impl Zero {
    /// Whether a rule that looks at the argument denies one of the values, and the policy allows 0 without naming it.
    fn is_passed_by(&self, subject: &LintContext<'_>, part: &AbiPolicy, rule: &Rule) -> bool {
        let ask = |value| {
            // All of these arguments are an `int`.
            let mut all = vec![equal(self.argument, Width::W32, None, value)];
            if let Some((argument, value)) = self.under {
                all.push(equal(argument, Width::W32, None, value));
            }
            subject.deciders_where(part, self.call, &Condition::All(all))
        };
        let passes = |decider: &Decider| {
            let named =
                decider.rule.and_then(|by| part.rules.iter().find(|rule| rule.origin == by));
            decider.action.permits() && !named.is_some_and(|rule| self.names_zero(&rule.condition))
        };
        let zero = ask(0);
        if !sometimes_allowed(&zero) || !zero.iter().any(passes) {
            return false;
        }
        self.values.iter().any(|value| {
            let deciders = ask(*value);
            let decides = |decider: &Decider| decider.rule == Some(rule.origin);
            let permits_others = rule.action.permits() && zero.iter().any(decides);
            always_denied(&deciders) && (permits_others || deciders.iter().any(decides))
        })
    }

    /// Whether a condition looks at the argument.
    fn asks(&self, condition: &Condition) -> bool {
        any(condition, &|comparison| comparison.argument == self.argument)
    }

    /// Whether a condition has 0 as a value of the whole argument.
    fn names_zero(&self, condition: &Condition) -> bool {
        any(condition, &|comparison| {
            let whole = comparison.argument == self.argument && comparison.mask.is_none();
            whole && comparison.value == Value::Known(0)
        })
    }
}
