//! Conditions on arguments: `fd == 0`, `flags & O_CREAT != 0 && mode in {0o600, 0o644}`.

use proc_macro2::Delimiter;
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::policy::Operator;
use seccomp_ir::tree::{
    ArgumentExpr, Cast, ComparisonExpr, ConditionExpr, Element, Range, Relation, ValueExpr,
};
use syn::buffer::Cursor;
use syn::parse::ParseStream;
use syn::token::{Brace, Bracket, Paren};

use super::input::{
    any_ident, braces, comma_or_end, here, ident, next_is, next_literal, next_word, parentheses,
    past, past_token, take, take_word, wrong,
};
use super::value;
use super::{Result, other_tools};
use crate::sources::{Sources, text};

/// Parses `condition { "," condition }` up to the end of the input.
pub(super) fn conditions(input: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    let mut all = Vec::new();
    while !input.is_empty() {
        all.push(either(input, sources)?);
        after_condition(input)?;
        take(input, ",");
    }
    Ok(joined(all, ConditionExpr::All))
}

/// A single condition, or several, joined by `several`.
fn joined(
    mut conditions: Vec<ConditionExpr>,
    several: fn(Vec<ConditionExpr>) -> ConditionExpr,
) -> ConditionExpr {
    if conditions.len() == 1 { conditions.remove(0) } else { several(conditions) }
}

/// The likeliest slips after a condition, each with advice on what to write.
fn after_condition(input: ParseStream<'_>) -> Result<()> {
    if next_is(input, "&") {
        let message = "between conditions write `&&` or `||`; bits of a value are joined by `|`, and a mask goes before the \
                       operator: `flags & MASK == value`";
        return Err(here(input, ErrorCode::NotJoined, message));
    }
    if next_is(input, "|") {
        return Err(here(input, ErrorCode::NotJoined, "between conditions write `&&` or `||`"));
    }
    if input.is_empty() || next_is(input, ",") {
        return Ok(());
    }
    if next_is(input, "..") {
        return Err(here(input, ErrorCode::NotASet, "a range goes after `in`: `fd in 3..10`"));
    }
    let message = match next_word(input).as_str() {
        "and" => {
            let error = here(input, ErrorCode::NotJoined, "\"and\" is written `&&`");
            return Err(error.replace("&&"));
        }
        "or" => {
            let error = here(input, ErrorCode::NotJoined, "\"or\" is written `||`");
            return Err(error.replace("||"));
        }
        _ => "expected `,`, `&&`, `||` or the end of the conditions here",
    };
    Err(here(input, ErrorCode::NotJoined, message))
}

fn either(input: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    operands("||", both, ConditionExpr::Any, input, sources)
}

fn both(input: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    operands("&&", simple, ConditionExpr::All, input, sources)
}

/// Parses `operand { sign operand }`.
fn operands(
    sign: &str,
    operand: fn(ParseStream<'_>, &mut Sources) -> Result<ConditionExpr>,
    several: fn(Vec<ConditionExpr>) -> ConditionExpr,
    input: ParseStream<'_>,
    sources: &mut Sources,
) -> Result<ConditionExpr> {
    let mut conditions = Vec::new();
    loop {
        conditions.push(operand(input, sources)?);
        if !take(input, sign) {
            return Ok(joined(conditions, several));
        }
    }
}

fn simple(input: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    if take(input, "!") {
        return match parentheses(input)? {
            Some(content) => Ok(ConditionExpr::Not(Box::new(parenthesised(&content, sources)?))),
            None => Err(here(
                input,
                ErrorCode::NotJoined,
                "`!` takes a condition in parentheses: `!(fd == 0)`",
            )),
        };
    }
    if input.peek(Paren) && !subject_in_parentheses(input.cursor()) {
        if let Some(content) = parentheses(input)? {
            return parenthesised(&content, sources);
        }
    }
    comparison(input, sources)
}

/// Parses `content`, the tokens in parentheses, as one condition.
fn parenthesised(content: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    let inner = either(content, sources)?;
    if next_is(content, ",") {
        return Err(here(
            content,
            ErrorCode::NotJoined,
            "inside parentheses write `&&` instead of `,`",
        ));
    }
    after_condition(content)?;
    Ok(inner)
}

/// Whether the next tokens are `(flags & MASK) == …`, with parentheses that Rust does not need.
///
/// This function only looks at the tokens: parentheses may nest, and if each level were parsed to find
/// out, each level would parse everything inside it once more.
fn subject_in_parentheses(input: Cursor<'_>) -> bool {
    let Some((content, _, _)) = input.group(Delimiter::Parenthesis) else { return false };
    let mut rest = content;
    if content.group(Delimiter::Parenthesis).is_some() {
        if !subject_in_parentheses(content) {
            return false;
        }
    } else if content.ident().is_none() {
        return false;
    }
    // An argument or a constant may be named `in`, but after a value `in` is the keyword.
    let mut after_value = false;
    while !rest.eof() {
        // A comparison sign, or a sign that joins conditions.
        for sign in ["==", "!=", "<", ">", "=", "&&", "||", ","] {
            if past(sign, rest).is_some() {
                return false;
            }
        }
        match rest.ident() {
            Some((word, _)) if after_value && (word == "in" || word == "not") => return false,
            _ => after_value = rest.punct().is_none(),
        }
        rest = past_token(rest);
    }
    true
}

fn comparison(input: ParseStream<'_>, sources: &mut Sources) -> Result<ConditionExpr> {
    let subject = subject(input, sources)?;
    let relation = relation(&subject, input, sources)?;
    Ok(ConditionExpr::Compare(ComparisonExpr { subject, relation }))
}

fn subject(input: ParseStream<'_>, sources: &mut Sources) -> Result<ArgumentExpr> {
    if let Some(content) = parentheses(input)? {
        let mut inner = subject(&content, sources)?;
        if !content.is_empty() {
            return Err(here(
                &content,
                ErrorCode::NotAComparison,
                "expected `)` here: `(flags & MASK) == 0`",
            ));
        }
        if inner.mask.is_none() {
            inner.mask = mask(input, sources)?;
        }
        return Ok(inner);
    }
    if next_literal(input) || next_is(input, "-") {
        return Err(here(input, ErrorCode::NotAComparison, "the argument goes first: `fd == 0`"));
    }
    let expected = "expected an argument here, by its name or as `a0` to `a5`: `fd == 0`";
    let written = ident(input, expected)?;
    if written == "not" && !matches!(next_word(input).as_str(), "" | "as" | "in") {
        let message = "\"not\" is written `!` before a condition in parentheses: `!(fd == 0)`";
        return Err(wrong(ErrorCode::NotJoined, written.span(), message));
    }
    if input.peek(Bracket) {
        let message = "an argument is written by its name, or as `a0` to `a5` by its position";
        return Err(wrong(ErrorCode::NotAComparison, written.span(), message));
    }
    let argument = sources.note_name(&written);
    if next_is(input, "::") {
        return Err(here(
            input,
            ErrorCode::NotAComparison,
            "the argument goes first: `cmd == libc::TIOCSTI`",
        ));
    }
    let cast = if take_word(input, "as") { Some(cast(input, sources)?) } else { None };
    Ok(ArgumentExpr { argument, cast, mask: mask(input, sources)? })
}

fn mask(input: ParseStream<'_>, sources: &mut Sources) -> Result<Option<ValueExpr>> {
    if next_is(input, "&&") || !take(input, "&") {
        return Ok(None);
    }
    let mask = value::unary(input, sources)?;
    if value::is_or(input) {
        return Err(here(
            input,
            ErrorCode::MaskWithoutParentheses,
            "`&` binds tighter than `|`: write `flags & (A | B) == …`",
        ));
    }
    Ok(Some(mask))
}

/// Parses what follows `as`.
fn cast(input: ParseStream<'_>, sources: &mut Sources) -> Result<Cast> {
    let name = any_ident(input)?;
    let (signed, bits) = match text(&name).as_str() {
        "u32" => (false, 32),
        "i32" => (true, 32),
        "u64" => (false, 64),
        "i64" => (true, 64),
        other => {
            let message =
                format!("an argument is compared as u32, i32, u64 or i64, not as `{other}`");
            return Err(wrong(ErrorCode::NotACast, name.span(), message));
        }
    };
    Ok(Cast { name: sources.note_name(&name), signed, bits })
}

fn relation(
    subject: &ArgumentExpr,
    input: ParseStream<'_>,
    sources: &mut Sources,
) -> Result<Relation> {
    if take_word(input, "in") {
        return set(input, sources);
    }
    let argument = &subject.argument;
    if other_tools::is_constant(&argument.text) && subject.mask.is_none() {
        // After it another tool has the argument, `AF_INET == family`.
        let ahead = input.fork();
        let after = if operator(&ahead).is_some() { next_word(&ahead) } else { String::new() };
        let first = if after.is_empty() { "argument" } else { &after };
        let message = format!(
            "`{argument}` is a value: the argument goes before it, `{first} == {argument}`"
        );
        return Err(wrong(ErrorCode::NotAComparison, sources.span(argument.span), message));
    }
    let word = next_word(input);
    let not_in = past("!", input.cursor()).and_then(|rest| rest.ident());
    let message = if word == "not" || not_in.is_some_and(|(word, _)| word == "in") {
        format!("\"not in\" is written `!({argument} in …)`")
    } else if matches!(word.as_str(), "eq" | "is" | "equals") {
        let message = format!("a comparison is written `==`: `{argument} == …`");
        return Err(here(input, ErrorCode::NotAComparison, message).replace("=="));
    } else if word == "ne" || next_is(input, "<>") {
        let message = format!("a comparison is written `!=`: `{argument} != …`");
        return Err(here(input, ErrorCode::NotAComparison, message).replace("!="));
    } else if let Some(operator) = operator(input) {
        if !next_is(input, "=") {
            return Ok(Relation::Operator(operator, value::value(input, sources)?));
        }
        format!("a comparison is written `==` or `!=`: `{argument} == …`")
    } else if next_is(input, "=") {
        let message = format!("a comparison is written `==`: `{argument} == …`");
        return Err(here(input, ErrorCode::NotAComparison, message).replace("=="));
    } else if subject.mask.is_some() {
        format!("say what the masked bits must be: `{argument} & … == 0` or `!= 0`")
    } else {
        format!(
            "expected a comparison here: `{argument} == 0`, `{argument} in {{1, 2}}`, `{argument} & FLAG != 0`"
        )
    };
    Err(here(input, ErrorCode::NotAComparison, message))
}

/// Takes the longest operator that is next.
fn operator(input: ParseStream<'_>) -> Option<Operator> {
    const OPERATORS: &[(&str, Operator)] = &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    for (sign, operator) in OPERATORS {
        if take(input, sign) {
            return Some(*operator);
        }
    }
    None
}

/// Parses what follows `in`.
fn set(input: ParseStream<'_>, sources: &mut Sources) -> Result<Relation> {
    let mut elements = Vec::new();
    let range = range_from_brackets(input, sources);
    if (input.peek(Bracket) || input.peek(Paren)) && !range {
        return Err(here(input, ErrorCode::NotASet, "a set needs braces: `in {1, 2, 5..=9}`"));
    }
    if range || !input.peek(Brace) {
        let range = element(input, sources)?;
        if let Element::Value(value) = &range {
            let message =
                "`in` takes a set or a range: `in {1, 2}`, `in 1..=5`; for one value write `==`";
            return Err(wrong(ErrorCode::NotASet, sources.span(value.span), message));
        }
        elements.push(range);
        return Ok(Relation::In(elements));
    }
    let Some((content, _)) = braces(input)? else {
        return Err(here(input, ErrorCode::NotASet, "a set needs braces: `in {1, 2, 5..=9}`"));
    };
    if content.is_empty() {
        return Err(here(
            &content,
            ErrorCode::NotASet,
            "an empty set matches nothing: name its values",
        ));
    }
    while !content.is_empty() {
        elements.push(element(&content, sources)?);
        comma_or_end(&content)?;
    }
    Ok(Relation::In(elements))
}

/// Whether a range that begins with brackets is next: `(A | B)..`, `{ FIRST }..`,
/// `{ FIRST } | FLAG..`.
fn range_from_brackets(input: ParseStream<'_>, sources: &mut Sources) -> bool {
    let ahead = input.fork();
    if ahead.parse::<proc_macro2::Group>().is_err() {
        return false;
    }
    if !value::is_or(&ahead) {
        return next_is(&ahead, "..");
    }
    let whole = input.fork();
    value::value(&whole, sources).is_ok() && next_is(&whole, "..")
}

fn element(input: ParseStream<'_>, sources: &mut Sources) -> Result<Element> {
    let span = input.span();
    let first = if next_is(input, "..") { None } else { Some(value::value(input, sources)?) };
    if !next_is(input, "..") {
        return match first {
            Some(value) => Ok(Element::Value(value)),
            None => Err(here(input, ErrorCode::NotASet, "expected a value or a range here")),
        };
    }
    if next_is(input, "...") {
        return Err(here(input, ErrorCode::NotASet, "an inclusive range is written `..=`"));
    }
    let inclusive = take(input, "..=");
    if !inclusive {
        take(input, "..");
    }
    let ends =
        input.is_empty() || next_is(input, ",") || next_is(input, "&&") || next_is(input, "||");
    let last = if ends { None } else { Some(value::value(input, sources)?) };
    if inclusive && last.is_none() {
        return Err(here(input, ErrorCode::NotASet, "`..=` needs a last value: `1..=5`"));
    }
    if first.is_none() && last.is_none() {
        return Err(wrong(
            ErrorCode::NotASet,
            span,
            "a range needs a bound: `1..`, `..5` or `1..=5`",
        ));
    }
    Ok(Element::Range(Range { first, last, inclusive, span: sources.note_span(span) }))
}
