//! Writes policies of kafel.

use seccomp_ir::action::Action;
use seccomp_ir::policy::{Comparison, Condition, Operator};
use seccomp_ir::table;

use super::call_names;
use crate::formats::condition::known;
use crate::formats::draft::Draft;
use crate::formats::draft_of_policy::OtherAbis;
use crate::formats::problem::Findings;

/// The action of kafel for calls through ABIs that the file does not serve.
pub(in crate::formats) const OTHER_ABIS: OtherAbis =
    OtherAbis { bad_arch: super::import::BAD_ARCH, tells_x32: false, tool: "kafel" };

/// The policy: an action block for each step. The first rule that matches decides, as here.
pub(in crate::formats) fn export(draft: &Draft, findings: &mut Findings) -> String {
    let first = draft.only_part("a policy of kafel", findings);
    let mut blocks: Vec<(Action, Vec<String>)> = Vec::new();
    for (&number, steps) in &first.chains {
        let name = table::name(first.abi, number);
        let call = name.and_then(|name| call_names::to_kafel(first.abi, name));
        let call = call.unwrap_or_else(|| format!("SYSCALL[{number}]"));
        for step in steps {
            let rule = match &step.condition {
                Condition::Always => call.clone(),
                condition => {
                    format!("{call}(a0, a1, a2, a3, a4, a5) {{ {} }}", expression(condition))
                }
            };
            // The order matters only among the rules of one call.
            match blocks.iter_mut().find(|(action, _)| *action == step.action) {
                Some((_, rules)) if steps.len() == 1 => rules.push(rule),
                _ => blocks.push((step.action, vec![rule])),
            }
        }
    }
    let mut text = String::new();
    for (index, (action, rules)) in blocks.iter().enumerate() {
        text += if index > 0 { ",\n" } else { "" };
        text += &format!("{} {{\n  {}\n}}", word(*action), rules.join(",\n  "));
    }
    if !blocks.is_empty() {
        text.push('\n');
    }
    text + &format!("DEFAULT {}\n", word(first.default))
}

fn word(action: Action) -> String {
    match action {
        Action::Allow => "ALLOW".to_owned(),
        Action::Log => "LOG".to_owned(),
        Action::Notify => "USER_NOTIF".to_owned(),
        Action::KillThread => "KILL".to_owned(),
        Action::KillProcess => "KILL_PROCESS".to_owned(),
        Action::Errno(data) => format!("ERRNO({data})"),
        Action::Trap(data) => format!("TRAP({data})"),
        Action::Trace(data) => format!("TRACE({data})"),
    }
}

/// A condition, with parentheses around each part.
fn expression(condition: &Condition) -> String {
    let joined = |parts: &[Condition], operator: &str| {
        let parts: Vec<String> =
            parts.iter().map(|part| format!("({})", expression(part))).collect();
        parts.join(operator)
    };
    match condition {
        // Simplified conditions have neither inside.
        Condition::Always => "0 == 0".to_owned(),
        Condition::Any(parts) if parts.is_empty() => "0 == 1".to_owned(),
        Condition::All(parts) => joined(parts, " && "),
        Condition::Any(parts) => joined(parts, " || "),
        Condition::Not(inner) => format!("!({})", expression(inner)),
        Condition::Compare(comparison) => compare(comparison),
    }
}

/// A comparison of an argument of 64 bits, which is what a declared argument has.
fn compare(comparison: &Comparison) -> String {
    let Comparison { argument, width, operator, .. } = *comparison;
    let ones = width.ones();
    let mask = comparison.mask.map_or(ones, known) & ones;
    let left = match mask {
        u64::MAX => format!("a{argument}"),
        mask => format!("(a{argument} & {mask:#x})"),
    };
    let value = known(comparison.value) & ones;
    let sign = match operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    };
    let plain = format!("{left} {sign} {value:#x}");
    let is_order = !matches!(operator, Operator::Equal | Operator::NotEqual);
    if !comparison.signed || !is_order || mask & width.sign() == 0 && value & width.sign() == 0 {
        return plain;
    }
    // kafel compares without sign, so compare the sign bit first and then the rest.
    let negative = format!("(a{argument} & {:#x}) != 0", width.sign());
    let positive = format!("(a{argument} & {:#x}) == 0", width.sign());
    let (less, _, _) = operator.outcomes();
    match (value & width.sign() != 0, less) {
        // The value is negative, so every positive argument is above it.
        (true, true) => format!("({negative}) && ({plain})"),
        (true, false) => format!("({positive}) || ({plain})"),
        (false, true) => format!("({negative}) || ({plain})"),
        (false, false) => format!("({positive}) && ({plain})"),
    }
}
