//! Values for `$name` where no program is compiled: the policy is compiled with the numbers themselves.

use std::collections::BTreeMap;

use seccomp_ir::diagnostic::{Diagnostic, ErrorCode};
use seccomp_ir::errors::{Errors, Reported};
use seccomp_ir::tree::{
    ActionExpr, ActionKind, ComparisonExpr, ConditionExpr, Element, Integer, ItemKind, Relation,
    RustExpression, Tree, ValueExpr, ValueKind,
};

/// The numbers for the values of a policy, by their names without the `$`.
pub(super) type Values = BTreeMap<String, i128>;

/// Puts numbers in the place of `$name`, and returns the names that the policy has. What is still open then, because only rustc
/// could evaluate it or because no number is given, is an error; so is `report`, which needs data that rustc puts into a
/// program.
pub(super) fn give(tree: &mut Tree, values: &Values, errors: &mut Errors) -> Vec<String> {
    let mut given = Giver { values, errors, used: Vec::new() };
    for item in &mut tree.items {
        match &mut item.kind {
            ItemKind::Rule(rule) => {
                given.action(&mut rule.action);
                for target in &mut rule.targets {
                    if let Some(condition) = &mut target.condition {
                        given.condition(condition);
                    }
                }
            }
            ItemKind::Default(item) | ItemKind::BadArch(item) | ItemKind::Unknown(item) => {
                given.action(&mut item.action);
            }
            ItemKind::Report(report) => {
                let message = "a policy that is compiled when the program runs cannot have `report`: the handler of a \
                               report is compiled into the program with its policy";
                let error = Diagnostic::new(ErrorCode::NoReport, report.span, message);
                given.errors.add(error.help("remove `report`"));
            }
            ItemKind::Arch(_) | ItemKind::Include(_) => {}
        }
    }
    given.used
}

struct Giver<'a> {
    values: &'a Values,
    errors: &'a mut Errors,
    used: Vec<String>,
}

impl Giver<'_> {
    fn action(&mut self, action: &mut ActionExpr) {
        match &mut action.kind {
            ActionKind::Errno(value) | ActionKind::Trap(Some(value)) | ActionKind::Trace(value) => {
                self.value(value);
            }
            ActionKind::Trap(None)
            | ActionKind::Allow
            | ActionKind::Log
            | ActionKind::Notify
            | ActionKind::KillProcess
            | ActionKind::KillThread => {}
        }
    }

    fn condition(&mut self, condition: &mut ConditionExpr) {
        match condition {
            ConditionExpr::Compare(comparison) => self.comparison(comparison),
            ConditionExpr::All(parts) | ConditionExpr::Any(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionExpr::Not(inner) => self.condition(inner),
        }
    }

    fn comparison(&mut self, comparison: &mut ComparisonExpr) {
        if let Some(mask) = &mut comparison.subject.mask {
            self.value(mask);
        }
        match &mut comparison.relation {
            Relation::Operator(_, value) => self.value(value),
            Relation::In(elements) => {
                for element in elements {
                    match element {
                        Element::Value(value) => self.value(value),
                        Element::Range(range) => {
                            for bound in [&mut range.first, &mut range.last].into_iter().flatten() {
                                self.value(bound);
                            }
                        }
                    }
                }
            }
        }
    }

    fn value(&mut self, value: &mut ValueExpr) {
        match &mut value.kind {
            ValueKind::Integer(_) | ValueKind::Constant(_) => {}
            ValueKind::Expression(expression) => match self.number(expression) {
                Ok(number) => value.kind = ValueKind::Integer(Integer::decimal(number)),
                Err(_reported) => {}
            },
            ValueKind::Or(parts) => {
                for part in parts {
                    self.value(part);
                }
            }
            ValueKind::Not(inner) => self.value(inner),
        }
    }

    fn number(&mut self, expression: &RustExpression) -> Result<i128, Reported> {
        let RustExpression { text, span, run_time, .. } = expression;
        let compiled_when = "and this policy is compiled when the program runs";
        let wrong = |code, message, help: String| Diagnostic::new(code, *span, message).help(help);
        let name = text.trim_start_matches('$');
        let error = if !run_time {
            let message = format!("`{text}` is evaluated by rustc, {compiled_when}");
            let help = "write a number, a constant of Linux such as `O_RDONLY`, or `$name` and give its value";
            wrong(ErrorCode::ValueOfRustc, message, help.to_owned())
        } else if name.starts_with('(') {
            let message = format!("`{text}` is an expression of Rust, {compiled_when}");
            let help = "write `$name`, and give the value of the expression for that name";
            wrong(ErrorCode::ValueOfTheRun, message, help.to_owned())
        } else {
            if !self.used.iter().any(|used| used == name) {
                self.used.push(name.to_owned());
            }
            match self.values.get(name) {
                Some(number) if number.unsigned_abs() <= u64::MAX.into() => return Ok(*number),
                Some(number) => {
                    let message = format!("`{text}` has the value {number}");
                    let help = "give a value of at most 64 bits";
                    wrong(ErrorCode::DoesNotFit, message, help.to_owned())
                }
                None => {
                    let known: Vec<String> =
                        self.values.keys().map(|name| format!("`{name}`")).collect();
                    let mut help = format!("give a value for `{name}`");
                    if !known.is_empty() {
                        help += &format!("; values are given for {}", known.join(", "));
                    }
                    wrong(ErrorCode::ValueOfTheRun, format!("`{text}` has no value"), help)
                }
            }
        };
        Err(self.errors.add(error))
    }
}
