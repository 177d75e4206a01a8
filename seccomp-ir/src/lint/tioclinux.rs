//! `TIOCSTI` puts characters into a terminal's input, as if its user had typed them; on a console
//! `TIOCLINUX` can do the same by selecting text and pasting it (CVE-2023-1523, CVE-2023-28100).

use crate::abi::ArgumentIndex;
use crate::policy::{AbiPolicy, Comparison, Condition, Decider, Operator, Origin, Value, Width};

use super::{Lint, LintContext, Warnings, allowed_here, always_denied, constant};

/// A command that no driver has: a rule that allows it allows every command that is not listed.
const NO_COMMAND: u64 = 0x5aa5_f00d;

pub(super) fn find(subject: &LintContext<'_>, warnings: &mut Warnings<'_>) {
    for part in subject.parts() {
        let Some((rule, allowing)) = left(subject, part) else { continue };
        let message = "`TIOCSTI` is denied here, but `TIOCLINUX` is allowed and can also type into a \
                       terminal, by pasting on a console (CVE-2023-1523)\n\
                       deny both: `ioctl(cmd in {TIOCSTI, TIOCLINUX})`";
        let labels = allowed_here(subject, &[allowing], "TIOCLINUX");
        warnings.at_with(Lint::TioclinuxAllowed, subject.place(rule), message, labels);
    }
}

/// The rule on `TIOCSTI`, if it leaves `TIOCLINUX` to the same rule as all other commands, and the decider that
/// allows that.
fn left(subject: &LintContext<'_>, part: &AbiPolicy) -> Option<(Origin, Decider)> {
    let command = |value| {
        subject.deciders_where(
            part,
            "ioctl",
            &Condition::Compare(Comparison {
                // ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
                argument: ArgumentIndex::A1,
                width: Width::W32,
                signed: false,
                mask: None,
                operator: Operator::Equal,
                value: Value::Known(value),
            }),
        )
    };
    let sti = command(constant(part.abi, "TIOCSTI")?);
    let linux = command(constant(part.abi, "TIOCLINUX")?);
    let any = command(NO_COMMAND);
    if !always_denied(&sti) {
        return None;
    }
    let in_bulk = |decider: &&Decider| decider.action.permits() && any.contains(decider);
    let allowing = *linux.iter().find(in_bulk)?;
    for decider in sti.iter() {
        if let Some(rule) = decider.rule {
            return Some((rule, allowing));
        }
    }
    Some((allowing.rule?, allowing))
}
