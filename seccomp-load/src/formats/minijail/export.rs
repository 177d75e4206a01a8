//! Writes policies of minijail.

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Comparison, Condition, Operator, Width};
use seccomp_ir::table;

use crate::formats::alternatives::{Conjunction, alternatives, mask_of, of_cube};
use crate::formats::condition::known;
use crate::formats::cubes::cubes;
use crate::formats::draft::{Draft, Step};
use crate::formats::draft_of_policy::OtherAbis;
use crate::formats::export::ExportOptions;
use crate::formats::import_options::Dialect;
use crate::formats::problem::{Findings, ProblemPlace};

/// The action of minijail for calls through ABIs that the file does not serve.
pub(in crate::formats) const OTHER_ABIS: OtherAbis =
    OtherAbis { bad_arch: Action::KillThread, tells_x32: false, tool: "minijail" };

/// The policy file: a line for each call.
pub(in crate::formats) fn export(
    draft: &Draft,
    options: &ExportOptions,
    findings: &mut Findings,
) -> String {
    let first = draft.only_part("a policy of minijail", findings);
    let mut text = String::new();
    let default = match first.default {
        Action::KillThread => None,
        Action::KillProcess => Some("kill-process"),
        Action::Trap(0) => Some("trap"),
        Action::Notify => Some("user-notify"),
        other @ (Action::Trap(_)
        | Action::Errno(_)
        | Action::Trace(_)
        | Action::Log
        | Action::Allow) => {
            let message = format!(
                "the default of a minijail policy is a kill, trap or user-notify, and never {other}"
            );
            findings.error(ProblemPlace::Rule(format!("default {other}")), message);
            None
        }
    };
    if let Some(default) = default {
        if options.dialect == Some(Dialect::Minijail0) {
            let message = "the options of minijail0 decide what calls without a rule get: kill_thread without options";
            findings.error(ProblemPlace::Rule(format!("default {}", first.default)), message);
        }
        text += &format!("@default {default}\n");
    }
    for (&number, steps) in &first.chains {
        let Some(call) = table::name(first.abi, number) else {
            let place =
                steps.first().map_or(ProblemPlace::Path(String::new()), |step| step.place.clone());
            findings.error(
                place,
                format!("call {number} has no name, and a minijail policy names calls"),
            );
            continue;
        };
        text += &format!("{call}: {}\n", line(steps, first.abi, options, findings));
    }
    text
}

/// The filters of a call.
fn line(steps: &[Step], abi: Abi, options: &ExportOptions, findings: &mut Findings) -> String {
    let is_minijail0 = options.dialect == Some(Dialect::Minijail0);
    match steps {
        [Step { condition: Condition::Always, action: Action::Allow, .. }] => {
            return "1".to_owned();
        }
        [Step { condition: Condition::Always, action: Action::Errno(errno), .. }] => {
            return format!("return {errno}");
        }
        [step @ Step { action: Action::Allow, .. }] => return expression(step, abi, findings),
        [
            step @ Step { action: Action::Allow, .. },
            Step { condition: Condition::Always, action: Action::Errno(errno), .. },
        ] if is_minijail0 => return format!("{}; return {errno}", expression(step, abi, findings)),
        // Whatever else the steps of a call are, they take the general form below.
        _ => {}
    }
    if is_minijail0 {
        let message = "a line of minijail0 allows some arguments, and gives all others one errno or the default";
        let place =
            steps.first().map_or(ProblemPlace::Path(String::new()), |step| step.place.clone());
        findings.error_with_help(place, message, "`--dialect compiler` has more forms");
        return String::new();
    }
    let mut filters = Vec::new();
    for step in steps {
        let action = word(step, findings);
        filters.push(match step.condition {
            Condition::Always => action,
            _ => format!("{}; {action}", expression(step, abi, findings)),
        });
    }
    format!("{{ {} }}", filters.join(", "))
}

fn word(step: &Step, findings: &mut Findings) -> String {
    match step.action {
        Action::Allow => "allow".to_owned(),
        Action::KillProcess => "kill-process".to_owned(),
        Action::KillThread => "kill-thread".to_owned(),
        Action::Trap(0) => "trap".to_owned(),
        Action::Trace(0) => "trace".to_owned(),
        Action::Log => "log".to_owned(),
        Action::Notify => "user-notify".to_owned(),
        Action::Errno(errno) => format!("return {errno}"),
        Action::Trap(data) | Action::Trace(data) => {
            let message = format!("minijail has no number for this action, and it is {data} here");
            findings.error(step.place.clone(), message);
            String::new()
        }
    }
}

/// Alternatives of comparisons that hold together.
fn expression(step: &Step, abi: Abi, findings: &mut Findings) -> String {
    let atoms = |all: &Conjunction| -> Option<Vec<String>> {
        let mut atoms = Vec::new();
        for comparison in all {
            atoms.extend(self::atoms(comparison, abi)?);
        }
        Some(atoms)
    };
    let direct = alternatives(&step.condition)
        .and_then(|any| any.iter().map(&atoms).collect::<Option<Vec<Vec<String>>>>());
    let any = match direct {
        Some(any) => any,
        None => match cubes(&step.condition) {
            Ok(cubes) if cubes.len() <= crate::formats::alternatives::MOST => {
                cubes.iter().filter_map(|cube| atoms(&of_cube(cube))).collect()
            }
            _ => {
                let message = "this condition would take more than 512 alternatives, as minijail compares whole registers";
                findings.error(step.place.clone(), message);
                Vec::new()
            }
        },
    };
    let any: Vec<String> = any.iter().map(|all| all.join(" && ")).collect();
    any.join(" || ")
}

/// A comparison as comparisons of minijail, which are on the whole register and all hold together. `None` if minijail
/// has none for it.
fn atoms(comparison: &Comparison, abi: Abi) -> Option<Vec<String>> {
    let register = if abi.long_bits() == 64 { Width::W64 } else { Width::W32 };
    let argument = comparison.argument;
    let (mask, value) = (mask_of(comparison), known(comparison.value) & comparison.width.ones());
    let is_whole = mask == register.ones();
    let sign = match comparison.operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    };
    let is_order = !matches!(comparison.operator, Operator::Equal | Operator::NotEqual);
    if is_whole && !(comparison.signed && is_order) {
        return Some(vec![format!("arg{argument} {sign} {value:#x}")]);
    }
    match comparison.operator {
        Operator::NotEqual if value == 0 => Some(vec![format!("arg{argument} & {mask:#x}")]),
        Operator::Equal if value & !mask == 0 => {
            let mut all = Vec::new();
            let zeros = mask & !value;
            if zeros != 0 {
                all.push(format!("arg{argument} in {:#x}", !zeros & register.ones()));
            }
            let mut ones = value;
            while ones != 0 {
                let bit = ones & ones.wrapping_neg();
                all.push(format!("arg{argument} & {bit:#x}"));
                ones &= !bit;
            }
            Some(all)
        }
        _ => None,
    }
}
