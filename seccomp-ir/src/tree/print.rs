//! The canonical text of a policy: it is parsed to the same tree.
//!
//! Each item has lines of its own and ends with `;`. Its attributes are above it, each on a line: `#[cfg(…)]`
//! first, then `#[hot]`, `#[arch(…)]` and one `#[allow(…)]`. The order of items, targets, conditions and values is kept.
//! A line has at most [`WIDTH`] columns if its words allow it. A longer item continues on indented lines;
//! it breaks first between targets, then between conditions, then between values.
//!
//! | | canonical |
//! |---|---|
//! | "and" between conditions | `,`, and `&&` inside of parentheses and of `\|\|` |
//! | one range | `in 3..10`; several elements have braces |
//! | `kill_process` | `kill` |
//! | parentheses | only where they are needed |
//! | numbers | in the base in which they were written, lower case; see [`integer`] for `_` |
//!
//! A tree has no comments, so none are printed. `PolicyText::format` of `seccomp-syntax` prints a text with its
//! comments.
//!
//! Functions that only tools call are `#[inline]`: the macros quote rules and print no policies.

mod line_breaks;

pub use line_breaks::WIDTH;

use crate::abi::Abi;

use super::{
    ActionExpr, ActionKind, ArgumentExpr, Calls, ComparisonExpr, ConditionExpr, Element, Included,
    Integer, Item, ItemKind, KeywordItem, Name, Radix, Range, Relation, RuleItem, Target,
    TargetIndex, Tree, ValueExpr, ValueKind,
};
use crate::policy::Operator;
use line_breaks::{BreakableText, glued, group, joined_words, lay_out, with_commas};

/// The canonical text of a policy, with an end of line after each line.
///
/// It can be parsed if a parser could have made the tree: see [`Tree`].
#[must_use]
#[inline]
pub fn print(tree: &Tree) -> String {
    let mut text = String::new();
    for item in &tree.items {
        print_item(item, &mut text);
    }
    text
}

/// Adds the canonical text of an item to `text`, with an end of line after each line.
#[inline]
pub fn print_item(item: &Item, text: &mut String) {
    for condition in &item.conditions {
        *text += &format!("#[cfg({})]\n", condition.predicate);
    }
    if item.hot.is_some() {
        *text += "#[hot]\n";
    }
    if !item.abis.is_empty() {
        lay_out(&names(&item.abis).between("#[arch(", ")]"), text);
        text.push('\n');
    }
    if !item.allowed.is_empty() {
        let mut names = Vec::new();
        for allowed in &item.allowed {
            names.push(BreakableText::Word(format!("seccomp::{}", allowed.name)));
        }
        let names = group(with_commas(names)).between("#[allow(", ")]");
        lay_out(&names, text);
        text.push('\n');
    }
    let kind = match &item.kind {
        ItemKind::Rule(rule) => {
            let mut targets = Vec::new();
            for target in &rule.targets {
                targets.push(target_text(target));
            }
            let mut targets = with_commas(targets);
            if targets.len() == 1 {
                // The first target begins on the line of the action, however long it is.
                joined_words(action(&rule.action), targets.remove(0))
            } else {
                targets.insert(0, action(&rule.action));
                group(targets)
            }
        }
        ItemKind::Default(item) => keyword("default", item),
        ItemKind::BadArch(item) => keyword("bad_arch", item),
        ItemKind::Unknown(item) => keyword("unknown", item),
        ItemKind::Arch(abis) => names(abis).between("arch ", ""),
        ItemKind::Include(include) => BreakableText::Word(match &include.what {
            Included::Fragment(path) => format!("include {path}"),
            Included::File(name) => format!("include {name:?}"),
        }),
        ItemKind::Report(report) => BreakableText::Word(report.names.item().to_owned()),
    };
    lay_out(&kind.between("", ";"), text);
    text.push('\n');
}

impl RuleItem {
    /// A rule for only one of its targets, on one line, for messages that quote it.
    #[must_use]
    pub fn quote(&self, target: TargetIndex) -> String {
        let mut text = action(&self.action).flat();
        text.push(' ');
        text += &target_text(&self.targets[target.0]).flat();
        text
    }

    /// Like [`Self::quote`], without the target's condition.
    #[must_use]
    pub fn quote_calls(&self, target: TargetIndex) -> String {
        format!("{} {}", action(&self.action).flat(), calls(&self.targets[target.0]))
    }
}

impl KeywordItem {
    /// The item on one line, for messages that quote it.
    #[must_use]
    pub fn quote(&self) -> String {
        format!("{} {}", self.keyword, action(&self.action).flat())
    }
}

impl ValueExpr {
    /// The value on one line, for messages that quote it.
    #[must_use]
    pub fn quote(&self) -> String {
        value(self).flat()
    }
}

/// Names with commas between them.
#[inline]
fn names(names: &[Name]) -> BreakableText {
    let mut words = Vec::new();
    for name in names {
        words.push(BreakableText::Word(name.text.clone()));
    }
    group(with_commas(words))
}

#[inline]
fn keyword(keyword: &str, item: &KeywordItem) -> BreakableText {
    BreakableText::Group(vec![BreakableText::Word(keyword.to_owned()), action(&item.action)])
}

fn action(action: &ActionExpr) -> BreakableText {
    let with = |keyword: &str, data: &ValueExpr| value(data).between(&format!("{keyword}("), ")");
    let word = match &action.kind {
        ActionKind::Allow => "allow",
        ActionKind::Log => "log",
        ActionKind::Notify => "notify",
        ActionKind::Errno(errno) => return with("errno", errno),
        ActionKind::Trap(None) => "trap",
        ActionKind::Trap(Some(data)) => return with("trap", data),
        ActionKind::Trace(data) => return with("trace", data),
        ActionKind::KillProcess => "kill",
        ActionKind::KillThread => "kill_thread",
    };
    BreakableText::Word(word.to_owned())
}

fn target_text(target: &Target) -> BreakableText {
    let Some(condition) = &target.condition else {
        return BreakableText::Word(calls(target));
    };
    conditions(condition).between(&format!("{}(", calls(target)), ")")
}

fn calls(target: &Target) -> String {
    let mut text = named_calls(&target.calls);
    if target.where_known {
        text.push('?');
    }
    text
}

fn named_calls(calls: &Calls) -> String {
    match calls {
        // Without `r#` this would be a call by its number; MIPS has a call of this name.
        Calls::Named(name) if name.text == "syscall" => "r#syscall".to_owned(),
        Calls::Named(name) => name.text.clone(),
        Calls::Numbered(Abi::SKIPPED, _) => "syscall(-1)".to_owned(),
        // Numbers from here on have the bit that distinguishes x32 from x86_64.
        Calls::Numbered(number, _) if *number >= 0x4000_0000 => {
            format!("syscall({})", integer(Integer::hexadecimal(u64::from(*number))))
        }
        Calls::Numbered(number, _) => format!("syscall({number})"),
        Calls::Group(name, _) => name.clone(),
    }
}

/// How tightly the surroundings of a condition bind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// The comma, or parentheses that exist anyway.
    Nothing,
    /// `||`
    Or,
    /// `&&`
    And,
}

/// The text in the parentheses of a target.
fn conditions(all: &ConditionExpr) -> BreakableText {
    let ConditionExpr::All(parts) = all else { return condition(all, Around::Nothing) };
    let mut texts = Vec::new();
    for part in parts {
        texts.push(condition(part, Around::Nothing));
    }
    group(with_commas(texts))
}

fn condition(whole: &ConditionExpr, around: Around) -> BreakableText {
    match whole {
        ConditionExpr::Compare(comparison) => compare(comparison),
        ConditionExpr::All(parts) => joined(parts, "&&", Around::And, around == Around::And),
        ConditionExpr::Any(parts) => joined(parts, "||", Around::Or, around != Around::Nothing),
        ConditionExpr::Not(inner) => condition(inner, Around::Nothing).between("!(", ")"),
    }
}

/// Conditions with an operator before each except the first.
fn joined(
    parts: &[ConditionExpr],
    operator: &str,
    binds: Around,
    parentheses: bool,
) -> BreakableText {
    let mut texts = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let text = condition(part, binds);
        let before = if index == 0 { String::new() } else { format!("{operator} ") };
        texts.push(text.between(&before, ""));
    }
    let text = group(texts);
    if parentheses { text.between("(", ")") } else { text }
}

fn compare(comparison: &ComparisonExpr) -> BreakableText {
    let subject = subject(&comparison.subject);
    match &comparison.relation {
        Relation::Operator(operator, right) => BreakableText::Group(vec![
            subject.between("", &format!(" {}", sign(*operator))),
            value(right),
        ]),
        Relation::In(elements) => match &elements[..] {
            [Element::Range(only)] => joined_words(subject.between("", " in"), range(only)),
            elements => {
                let mut texts = Vec::new();
                for element in elements {
                    texts.push(match element {
                        Element::Value(one) => value(one),
                        Element::Range(one) => range(one),
                    });
                }
                let set = group(with_commas(texts)).between("{", "}");
                joined_words(subject.between("", " in"), set)
            }
        },
    }
}

fn subject(subject: &ArgumentExpr) -> BreakableText {
    let ArgumentExpr { argument: Name { text: name, .. }, cast, mask } = subject;
    let mut text = name.clone();
    if let Some(cast) = cast {
        text += if cast.signed { " as i" } else { " as u" };
        text += &cast.bits.to_string();
    }
    match mask {
        None => BreakableText::Word(text),
        Some(mask) => joined_words(BreakableText::Word(text + " &"), unary(mask)),
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}

fn range(range: &Range) -> BreakableText {
    let sign = if range.inclusive { "..=" } else { ".." };
    let text = match &range.first {
        Some(first) => unary(first).between("", sign),
        None => BreakableText::Word(sign.to_owned()),
    };
    match &range.last {
        Some(last) => glued(text, unary(last)),
        None => text,
    }
}

/// A value where `|` is allowed.
fn value(value: &ValueExpr) -> BreakableText {
    let ValueKind::Or(parts) = &value.kind else { return unary(value) };
    let mut texts = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        texts.push(unary(part).between(if index == 0 { "" } else { "| " }, ""));
    }
    group(texts)
}

/// A value where `|` is allowed only in parentheses.
fn unary(whole: &ValueExpr) -> BreakableText {
    match &whole.kind {
        ValueKind::Integer(number) => BreakableText::Word(integer(*number)),
        ValueKind::Constant(name) => BreakableText::Word(name.text.clone()),
        ValueKind::Expression(expression) => BreakableText::Word(expression.text.clone()),
        ValueKind::Or(_) => value(whole).between("(", ")"),
        ValueKind::Not(inner) => unary(inner).between("!", ""),
    }
}

/// A number in its base. Long numbers have `_` between their digits: hexadecimal and binary ones with more
/// than four digits after every four, decimal ones with more than five after every three. Octal numbers are
/// modes, and have none.
#[must_use]
pub fn integer(integer: Integer) -> String {
    let Integer { number, radix } = integer;
    let magnitude = number.unsigned_abs();
    let (prefix, digits, group, most) = match radix {
        Radix::Decimal => ("", magnitude.to_string(), 3, 5),
        Radix::Hexadecimal => ("0x", format!("{magnitude:x}"), 4, 4),
        Radix::Binary => ("0b", format!("{magnitude:b}"), 4, 4),
        Radix::Octal => ("0o", format!("{magnitude:o}"), 1, usize::MAX),
    };
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    text += prefix;
    for (index, digit) in digits.chars().enumerate() {
        if digits.len() > most && index > 0 && (digits.len() - index) % group == 0 {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
