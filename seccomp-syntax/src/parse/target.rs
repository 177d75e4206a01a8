//! The targets of a rule: calls by name or number, with their conditions, and groups.

use proc_macro2::Ident;
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::tree::{Calls, Target};
use syn::parse::ParseStream;
use syn::token::Paren;

use super::input::{here, ident, next_is, parentheses, take, wrong};
use super::{Result, condition, other_tools, value};
use crate::sources::{Sources, text};

/// Parses a target.
pub(super) fn target(input: ParseStream<'_>, sources: &mut Sources) -> Result<Target> {
    if next_is(input, "@") {
        return group(input, sources);
    }
    if let Some(error) = other_tools::target(input) {
        return Err(error);
    }
    let name = ident(input, "expected a call's name, `syscall(number)` or `@group` here")?;
    let calls = one_call(&name, input, sources)?;
    let where_known = next_is(input, "?");
    if where_known && matches!(calls, Calls::Numbered(..)) {
        let message = "`?` skips a call that an ABI lacks, and a number is a call on every ABI that has such \
                       numbers: leave the `?` out";
        return Err(here(input, ErrorCode::SkipsByItself, message));
    }
    take(input, "?");
    let mut condition = None;
    if let Some(content) = parentheses(input)? {
        if content.is_empty() {
            let message = match &calls {
                Calls::Numbered(number, _) => {
                    format!(
                        "the parentheses need a condition: `syscall({number})` without them means every such call"
                    )
                }
                _ => format!(
                    "the parentheses need a condition: `{name}` without them means every `{name}`"
                ),
            };
            return Err(here(&content, ErrorCode::NoCondition, message));
        }
        if let Some(error) = other_tools::positional(&name.to_string(), &content) {
            return Err(error);
        }
        condition = Some(condition::conditions(&content, sources)?);
    }
    Ok(Target { calls, where_known, condition })
}

/// The number of a call that a tracer skips.
const SKIPPED: u32 = seccomp_ir::abi::Abi::SKIPPED;

/// Parses the call `name`, or what follows it in `syscall(number)`.
pub(super) fn one_call(
    name: &Ident,
    input: ParseStream<'_>,
    sources: &mut Sources,
) -> Result<Calls> {
    // Without parentheses it is a name: mips has a call named `syscall`.
    if name == "syscall" {
        if let Some(content) = parentheses(input)? {
            return Ok(Calls::Numbered(number(&content)?, sources.note_span(name.span())));
        }
    }
    Ok(Calls::Named(sources.note_name(name)))
}

const SYSCALL_FORM: &str = "`syscall` needs a call number: `syscall(451)`";

/// Parses the parentheses of `syscall(number)`.
fn number(input: ParseStream<'_>) -> Result<u32> {
    let is_negative = take(input, "-");
    let (number, span) = match value::integer(input) {
        Ok(literal) => literal,
        Err(error) => return Err(wrong(ErrorCode::NotACallNumber, error.span, SYSCALL_FORM)),
    };
    if !input.is_empty() {
        let message = "conditions go in parentheses of their own: `syscall(451)(a0 == 1)`";
        return Err(here(input, ErrorCode::NotACallNumber, message));
    }
    match u32::try_from(number.number) {
        Ok(1) if is_negative => Ok(SKIPPED),
        Ok(_) if is_negative => {
            let message = "the only negative call number is -1, which a tracer sets to skip a call: \
                           `syscall(-1)`";
            Err(wrong(ErrorCode::NotACallNumber, span, message))
        }
        Ok(number) => Ok(number),
        Err(_) => Err(wrong(ErrorCode::NotACallNumber, span, "a call number has 32 bits")),
    }
}

/// `@name-with-dashes`
fn group(input: ParseStream<'_>, sources: &mut Sources) -> Result<Target> {
    let at = input.span();
    take(input, "@");
    let first = ident(input, "a group needs a name: `@basic-io`")?;
    let mut name = format!("@{}", text(&first));
    while take(input, "-") {
        name.push('-');
        if let Some(error) = other_tools::group_without(&name, input) {
            return Err(error);
        }
        let part = ident(input, &format!("the name of the group ends in `-`: `{name}`"))?;
        name += &text(&part);
    }
    if input.peek(Paren) {
        let message = format!(
            "a group takes no condition, because its calls have different arguments: name the calls of `{name}` that need one"
        );
        return Err(wrong(ErrorCode::GroupWithCondition, at, message));
    }
    if next_is(input, "?") {
        let message =
            format!("a group skips the calls that an ABI lacks by itself: write `{name}`");
        return Err(here(input, ErrorCode::SkipsByItself, message));
    }
    let calls = Calls::Group(name, sources.note_span(first.span()));
    Ok(Target { calls, where_known: false, condition: None })
}
