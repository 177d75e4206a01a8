//! Numbers: `3`, `-1`, `O_CREAT | O_EXCL`, `!0`, `libc::TIOCSTI`, `{ 1 << 3 }`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::tree::{Integer, Radix, ValueExpr, ValueKind};
use syn::parse::ParseStream;
use syn::token::Paren;

use super::Result;
use super::input::{
    any_ident, braces, here, ident, next_is, next_literal, next_word, parentheses, past, take,
    whole, wrong,
};
use crate::sources::{Sources, short};

/// Parses `unary { "|" unary }`.
pub(super) fn value(input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    let span = input.span();
    let mut value = unary(input, sources)?;
    if is_or(input) {
        let mut parts = vec![value];
        while is_or(input) {
            take(input, "|");
            parts.push(unary(input, sources)?);
        }
        value = ValueExpr { kind: ValueKind::Or(parts), span: sources.note_span(span) };
    }
    no_arithmetic(input)?;
    Ok(value)
}

/// Whether `|` is next, and not `||`.
pub(super) fn is_or(input: ParseStream<'_>) -> bool {
    next_is(input, "|") && !next_is(input, "||")
}

/// Parses a value that may come after `&`: it has no bare `|`.
pub(super) fn unary(input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    let span = input.span();
    if let Some(content) = fragment(input) {
        return whole(content, &mut |input| of_fragment(input, sources));
    }
    if take(input, "!") {
        let inner = unary(input, sources)?;
        return Ok(ValueExpr {
            kind: ValueKind::Not(Box::new(inner)),
            span: sources.note_span(span),
        });
    }
    if take(input, "-") {
        if !next_integer(input) {
            let name = next_word(input);
            let is_run_time = next_is(input, "$") || name == RUN_TIME && input.peek2(Paren);
            let instead = if is_run_time {
                "; for a value of the running program write `$(-EXPRESSION)`".to_owned()
            } else if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                format!(": write `{name}` without it, or `{{ -EXPRESSION }}`")
            } else {
                "; for anything else write `{ -EXPRESSION }`".to_owned()
            };
            let message = format!("a minus sign goes before a number{instead}");
            return Err(here(input, ErrorCode::NotANumber, &message));
        }
        let (Integer { number, radix }, _) = integer(input)?;
        let kind = ValueKind::Integer(Integer { number: -number, radix });
        return Ok(ValueExpr { kind, span: sources.note_span(span) });
    }
    if let Some(content) = parentheses(input)? {
        let inner = value(&content, sources)?;
        if !content.is_empty() {
            return Err(here(&content, ErrorCode::NotANumber, "expected `|` or `)` here"));
        }
        return Ok(ValueExpr { kind: inner.kind, span: sources.note_span(span) });
    }
    if next_is(input, "$") || next_word(input) == RUN_TIME && input.peek2(Paren) {
        return run_time(input, sources);
    }
    if let Some((content, braces)) = braces(input)? {
        let tokens: TokenStream = content.parse()?;
        if tokens.is_empty() {
            return Err(wrong(ErrorCode::NotANumber, span, "the braces need an expression"));
        }
        let mut block = Group::new(Delimiter::Brace, tokens);
        block.set_span(braces);
        return Ok(expression(TokenTree::Group(block).into(), span, sources));
    }
    if next_literal(input) {
        let (number, span) = integer(input)?;
        return Ok(ValueExpr { kind: ValueKind::Integer(number), span: sources.note_span(span) });
    }
    name(input, sources)
}

/// Another spelling of `$`, for a `macro_rules!` of the user, in which `$` means something else.
const RUN_TIME: &str = "run_time";

/// Parses `$name`, `$(expression)` or `run_time(expression)`: a value that the program gives when it runs.
fn run_time(input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    const FORM: &str =
        "`$` goes before a variable or an expression in parentheses: `$fd`, `$(file.as_raw_fd())`";
    let span = input.span();
    if !take(input, "$") {
        any_ident(input)?;
    }
    let content = match parentheses(input)? {
        Some(content) => content.parse::<TokenStream>()?,
        None => TokenStream::from(TokenTree::from(ident(input, FORM)?)),
    };
    if content.is_empty() {
        return Err(wrong(ErrorCode::NotANumber, span, "the parentheses need an expression"));
    }
    // Parentheses around one word are not needed: `$(fd)` is `$fd`.
    let tokens = match one_word(content.clone()) {
        Some(word) => TokenTree::from(word),
        None => Group::new(Delimiter::Parenthesis, content).into(),
    };
    let expression = sources.note_run_time(tokens.into(), span);
    if next_is(input, "::") || next_is(input, ".") && !next_is(input, "..") || input.peek(Paren) {
        let message = format!(
            "`$` takes one variable; anything else goes in parentheses: `$({}…)`",
            expression.text.trim_start_matches('$')
        );
        return Err(here(input, ErrorCode::NotANumber, message));
    }
    for sign in ARITHMETIC {
        if next_is(input, sign) {
            let message = format!(
                "arithmetic with a value of the running program goes in its parentheses: `$({} {sign} …)`",
                expression.text.trim_start_matches('$')
            );
            return Err(here(input, ErrorCode::Arithmetic, message));
        }
    }
    let span = expression.span;
    Ok(ValueExpr { kind: ValueKind::Expression(expression), span })
}

/// The word that the tokens are, if they are nothing else. A macro of the user may have passed it on as a whole.
fn one_word(tokens: TokenStream) -> Option<Ident> {
    let mut tokens = tokens.into_iter();
    match (tokens.next()?, tokens.next()) {
        (TokenTree::Ident(word), None) if !is_value(&word) => Some(word),
        (TokenTree::Group(group), None) if group.delimiter() == Delimiter::None => {
            one_word(group.stream())
        }
        _ => None,
    }
}

/// Whether the word is a value and not a name.
fn is_value(word: &Ident) -> bool {
    word == "true" || word == "false"
}

/// Whether an integer is next.
fn next_integer(input: ParseStream<'_>) -> bool {
    let literal = input.cursor().literal();
    literal.is_some_and(|(literal, _)| digits(&literal.to_string()).is_some())
}

/// Takes tokens that came through a macro of the user as one expression or literal (`$x:expr`). They are
/// one value here too, as if they were in parentheses.
fn fragment(input: ParseStream<'_>) -> Option<TokenStream> {
    let (content, _, rest) = input.cursor().group(Delimiter::None)?;
    // The path of `$module::CONSTANT` continues.
    if past("::", rest).is_some() {
        return None;
    }
    let content = content.token_stream();
    input.parse::<TokenTree>().ok()?;
    Some(content)
}

fn of_fragment(input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    let value = value(input, sources)?;
    if input.is_empty() {
        Ok(value)
    } else {
        Err(here(
            input,
            ErrorCode::NotANumber,
            "expected a value here; an expression goes in braces: `{ expression }`",
        ))
    }
}

/// Parses a name: a bare name is a constant of the tables; a path is a value of rustc.
fn name(input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    let span = input.span();
    let mut path = Vec::new();
    loop {
        if next_is(input, "::") {
            path.push(input.parse::<TokenTree>()?);
            path.push(input.parse::<TokenTree>()?);
        } else if !path.is_empty() {
            break;
        }
        let expected =
            "expected a number here: `3`, `O_CREAT`, `libc::TIOCSTI` or `{ expression }`";
        path.push(ident(input, expected)?.into());
    }
    if input.peek(Paren) {
        return Err(here(
            input,
            ErrorCode::Arithmetic,
            "a call goes in braces, and rustc evaluates it: `{ _IOR(…) }`",
        ));
    }
    if let [TokenTree::Ident(constant)] = path.as_slice() {
        let name = sources.note_name(constant);
        let span = name.span;
        return Ok(ValueExpr { kind: ValueKind::Constant(name), span });
    }
    Ok(expression(path.into_iter().collect(), span, sources))
}

/// A value of rustc.
fn expression(tokens: TokenStream, span: Span, sources: &mut Sources) -> ValueExpr {
    let expression = sources.note_expression(tokens, span);
    let span = expression.span;
    ValueExpr { kind: ValueKind::Expression(expression), span }
}

/// Parses an integer without sign or suffix; returns its value and its place.
///
/// It does not use syn's integers: syn converts digits of any number to decimal, and needs minutes for a
/// hundred thousand of them.
pub(super) fn integer(input: ParseStream<'_>) -> Result<(Integer, Span)> {
    let span = input.span();
    let taken = input.step(|cursor| match cursor.literal() {
        Some((literal, rest)) => Ok((Some(literal.to_string()), rest)),
        None => Ok((None, *cursor)),
    });
    let text = taken?.unwrap_or_default();
    let Some(Digits { negative, value, suffix }) = digits(&text) else {
        let message = if text.starts_with('"') {
            "expected an integer here: a filter sees the address of a text, and not the text"
        } else {
            "expected an integer here: arguments of system calls are numbers"
        };
        return Err(wrong(ErrorCode::NotANumber, span, message));
    };
    let shown = short(&text);
    let message = if text.starts_with("0X") || text.starts_with("0O") || text.starts_with("0B") {
        let message = format!("`{shown}` is written `{}` in Rust", shown.to_lowercase());
        return Err(wrong(ErrorCode::NotANumber, span, message).replace(&text.to_lowercase()));
    } else if !suffix.is_empty() {
        let message = format!(
            "no suffix `{}` here: an argument has the type that the kernel declares; `as` overrides it",
            short(suffix)
        );
        let bare = &text[..text.len() - suffix.len()];
        return Err(wrong(ErrorCode::NotANumber, span, message).replace(bare));
    } else if let Some(digits) = octal_of_c(&text) {
        match digits {
            "" => format!("zero is written `0`, not `{shown}`"),
            digits => format!(
                "`{shown}` is octal in C and decimal in Rust: write `0o{0}` or `{0}`",
                short(digits)
            ),
        }
    } else if let Some(value) = value {
        let number = i128::from(value);
        let number = if negative { -number } else { number };
        return Ok((Integer { number, radix: radix(&text) }, span));
    } else {
        format!("`{shown}` does not fit 64 bits, the width of an argument")
    };
    Err(wrong(ErrorCode::NotANumber, span, message))
}

/// The base in which a literal is written.
fn radix(literal: &str) -> Radix {
    match literal.trim_start_matches('-').as_bytes() {
        [b'0', b'x', ..] => Radix::Hexadecimal,
        [b'0', b'o', ..] => Radix::Octal,
        [b'0', b'b', ..] => Radix::Binary,
        _ => Radix::Decimal,
    }
}

/// A literal that is an integer.
struct Digits<'a> {
    /// Whether it has a sign: a literal that a macro makes may have its own.
    negative: bool,
    /// `None` if it does not fit.
    value: Option<u64>,
    suffix: &'a str,
}

/// Reads a literal; `None` if it is not an integer.
fn digits(literal: &str) -> Option<Digits<'_>> {
    let magnitude = literal.strip_prefix('-').unwrap_or(literal);
    let negative = magnitude.len() < literal.len();
    let (radix, digits) = match magnitude.get(..2) {
        Some("0x" | "0X") => (16, &magnitude[2..]),
        Some("0o" | "0O") => (8, &magnitude[2..]),
        Some("0b" | "0B") => (2, &magnitude[2..]),
        _ => (10, magnitude),
    };
    if !magnitude.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mut value = Some(0_u64);
    let mut length = 0;
    for character in digits.chars() {
        if let Some(digit) = character.to_digit(radix) {
            value = value
                .and_then(|value| value.checked_mul(u64::from(radix)))
                .and_then(|value| value.checked_add(u64::from(digit)));
        } else if character != '_' {
            break;
        }
        length += 1;
    }
    let suffix = &digits[length..];
    let is_float = radix == 10 && suffix.starts_with(['.', 'e', 'E']);
    if is_float { None } else { Some(Digits { negative, value, suffix }) }
}

/// The digits after the leading zeros of a literal that C would read as octal.
fn octal_of_c(literal: &str) -> Option<&str> {
    let bytes = literal.as_bytes();
    if bytes.len() < 2 || bytes[0] != b'0' {
        return None;
    }
    let mut zeros = 0;
    let mut leading = true;
    for byte in bytes {
        match byte {
            b'0' | b'_' if leading => zeros += 1,
            b'0'..=b'9' | b'_' => leading = false,
            _ => return None,
        }
    }
    Some(&literal[zeros..])
}

const ARITHMETIC: [&str; 8] = ["<<", ">>", "+", "-", "*", "/", "^", "%"];

fn no_arithmetic(input: ParseStream<'_>) -> Result<()> {
    for sign in ARITHMETIC {
        if next_is(input, sign) {
            let message = "arithmetic goes in braces, and rustc evaluates it: `{ 1 << 3 }`";
            return Err(here(input, ErrorCode::Arithmetic, message));
        }
    }
    Ok(())
}
