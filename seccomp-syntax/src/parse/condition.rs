//! Conditions on arguments: `fd == 0`, `flags & O_CREAT != 0 && mode in {0o600, 0o644}`.

use seccomp_ir::policy::Operator;
use syn::parse::ParseStream;
use syn::token::{Brace, Bracket, Paren};
use syn::{Token, braced, parenthesized};

use super::{any_ident, comma_separated, here, text, value};
use crate::tree::{Cast, Comparison, Condition, Element, Range, Relation, Subject, Value};

/// Parses `condition { "," condition }` up to the end of the input.
pub(super) fn conditions(input: ParseStream<'_>) -> syn::Result<Condition> {
    let mut all = comma_separated(input, |input| {
        let condition = either(input)?;
        after_condition(input)?;
        Ok(condition)
    })?;
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

/// The likeliest slips, each with what to write.
fn after_condition(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![|]) || input.peek(Token![&]) {
        return Err(here(input, "between conditions write `&&` or `||`"));
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    if input.peek(Token![..]) {
        return Err(here(input, "a range goes after `in`: `fd in 3..10`"));
    }
    match any_ident(&input.fork()).map(|word| text(&word)).as_deref() {
        Ok("and") => return Err(here(input, "\"and\" is written `&&`")),
        Ok("or") => return Err(here(input, "\"or\" is written `||`")),
        _ => {}
    }
    Err(here(input, "expected `,`, `&&`, `||` or the end of the conditions here"))
}

fn either(input: ParseStream<'_>) -> syn::Result<Condition> {
    let mut any = vec![both(input)?];
    while input.peek(Token![||]) {
        input.parse::<Token![||]>()?;
        any.push(both(input)?);
    }
    Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
}

fn both(input: ParseStream<'_>) -> syn::Result<Condition> {
    let mut all = vec![simple(input)?];
    while input.peek(Token![&&]) {
        input.parse::<Token![&&]>()?;
        all.push(simple(input)?);
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

fn simple(input: ParseStream<'_>) -> syn::Result<Condition> {
    if input.peek(Token![!]) {
        input.parse::<Token![!]>()?;
        if !input.peek(Paren) {
            return Err(here(input, "`!` takes a condition in parentheses: `!(fd == 0)`"));
        }
        return parenthesised(input).map(|inner| Condition::Not(Box::new(inner)));
    }
    if input.peek(Paren) && !subject_in_parentheses(input) {
        return parenthesised(input);
    }
    comparison(input).map(Condition::Compare)
}

fn parenthesised(input: ParseStream<'_>) -> syn::Result<Condition> {
    let content;
    parenthesized!(content in input);
    let inner = either(&content)?;
    if content.peek(Token![,]) {
        return Err(here(&content, "inside parentheses write `&&` instead of `,`"));
    }
    after_condition(&content)?;
    Ok(inner)
}

/// Whether what follows is `(flags & MASK) == …`, with the parentheses that Rust does not need.
fn subject_in_parentheses(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let read = |ahead: ParseStream<'_>| {
        let content;
        parenthesized!(content in ahead);
        subject(&content)?;
        Ok::<_, syn::Error>(content.is_empty())
    };
    read(&ahead).unwrap_or(false)
}

fn comparison(input: ParseStream<'_>) -> syn::Result<Comparison> {
    let subject = subject(input)?;
    Ok(Comparison { relation: relation(&subject, input)?, subject })
}

fn subject(input: ParseStream<'_>) -> syn::Result<Subject> {
    if input.peek(Paren) {
        let content;
        parenthesized!(content in input);
        let mut inner = subject(&content)?;
        if !content.is_empty() {
            return Err(here(&content, "expected `)` here: `(flags & MASK) == 0`"));
        }
        if inner.mask.is_none() {
            inner.mask = mask(input)?;
        }
        return Ok(inner);
    }
    if input.peek(syn::Lit) || input.peek(Token![-]) {
        return Err(here(input, "the argument goes first: `fd == 0`"));
    }
    let argument = any_ident(input).map_err(|error| {
        syn::Error::new(
            error.span(),
            "expected an argument here, by its name or as `a0` to `a5`: `fd == 0`",
        )
    })?;
    if input.peek(Token![::]) {
        return Err(here(input, "the argument goes first: `cmd == libc::TIOCSTI`"));
    }
    let cast = if input.peek(Token![as]) { Some(cast(input)?) } else { None };
    Ok(Subject { argument, cast, mask: mask(input)? })
}

fn mask(input: ParseStream<'_>) -> syn::Result<Option<Value>> {
    if !input.peek(Token![&]) || input.peek(Token![&&]) {
        return Ok(None);
    }
    input.parse::<Token![&]>()?;
    let mask = value::unary(input)?;
    if input.peek(Token![|]) && !input.peek(Token![||]) {
        return Err(here(input, "`&` binds tighter than `|`: write `flags & (A | B) == …`"));
    }
    Ok(Some(mask))
}

fn cast(input: ParseStream<'_>) -> syn::Result<Cast> {
    input.parse::<Token![as]>()?;
    let name = any_ident(input)?;
    let (signed, bits) = match text(&name).as_str() {
        "u32" => (false, 32),
        "i32" => (true, 32),
        "u64" => (false, 64),
        "i64" => (true, 64),
        other => {
            let message =
                format!("an argument is compared as u32, i32, u64 or i64, not as `{other}`");
            return Err(syn::Error::new(name.span(), message));
        }
    };
    Ok(Cast { name, signed, bits })
}

fn relation(subject: &Subject, input: ParseStream<'_>) -> syn::Result<Relation> {
    if input.peek(Token![in]) {
        input.parse::<Token![in]>()?;
        return set(input).map(Relation::In);
    }
    let argument = &subject.argument;
    if any_ident(&input.fork()).is_ok_and(|word| text(&word) == "not") {
        let message = format!("\"not in\" is written `!({argument} in …)`");
        return Err(here(input, message));
    }
    let operator = if input.peek(Token![==]) {
        input.parse::<Token![==]>().map(|_| Operator::Equal)
    } else if input.peek(Token![!=]) {
        input.parse::<Token![!=]>().map(|_| Operator::NotEqual)
    } else if input.peek(Token![<=]) {
        input.parse::<Token![<=]>().map(|_| Operator::LessOrEqual)
    } else if input.peek(Token![>=]) {
        input.parse::<Token![>=]>().map(|_| Operator::GreaterOrEqual)
    } else if input.peek(Token![<]) {
        input.parse::<Token![<]>().map(|_| Operator::Less)
    } else if input.peek(Token![>]) {
        input.parse::<Token![>]>().map(|_| Operator::Greater)
    } else if input.peek(Token![=]) {
        Err(here(input, format!("a comparison is `==`: `{argument} == …`")))
    } else if subject.mask.is_some() {
        let message = format!("say what the masked bits must be: `{argument} & … == 0` or `!= 0`");
        Err(here(input, message))
    } else {
        let example =
            format!("`{argument} == 0`, `{argument} in {{1, 2}}`, `{argument} & FLAG != 0`");
        Err(here(input, format!("expected a comparison here: {example}")))
    }?;
    if input.peek(Token![=]) {
        return Err(here(input, format!("a comparison is `==` or `!=`: `{argument} == …`")));
    }
    Ok(Relation::Operator(operator, value::value(input)?))
}

fn set(input: ParseStream<'_>) -> syn::Result<Vec<Element>> {
    let range = range_from_brackets(input);
    if (input.peek(Bracket) || input.peek(Paren)) && !range {
        return Err(here(input, "a set has braces: `in {1, 2, 5..=9}`"));
    }
    if range || !input.peek(Brace) {
        return match element(input)? {
            Element::Value(value) => Err(syn::Error::new(
                value.span,
                "`in` takes a set or a range: `in {1, 2}`, `in 1..=5`; for one value write `==`",
            )),
            range @ Element::Range(_) => Ok(vec![range]),
        };
    }
    let content;
    braced!(content in input);
    if content.is_empty() {
        return Err(here(&content, "an empty set matches nothing: name its values"));
    }
    comma_separated(&content, element)
}

/// Whether what follows is `(A | B)..` or `{ FIRST }..`.
fn range_from_brackets(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<proc_macro2::Group>().is_ok() && ahead.peek(Token![..])
}

fn element(input: ParseStream<'_>) -> syn::Result<Element> {
    let span = input.span();
    let first = if input.peek(Token![..]) { None } else { Some(value::value(input)?) };
    if !input.peek(Token![..]) {
        return match first {
            Some(value) => Ok(Element::Value(value)),
            None => Err(here(input, "expected a value or a range here")),
        };
    }
    let inclusive = input.peek(Token![..=]);
    if inclusive {
        input.parse::<Token![..=]>()?;
    } else if input.peek(Token![...]) {
        return Err(here(input, "an inclusive range is `..=`"));
    } else {
        input.parse::<Token![..]>()?;
    }
    let ends = input.is_empty()
        || input.peek(Token![,])
        || input.peek(Token![&&])
        || input.peek(Token![||]);
    let last = if ends { None } else { Some(value::value(input)?) };
    if inclusive && last.is_none() {
        return Err(here(input, "`..=` needs a last value: `1..=5`"));
    }
    if first.is_none() && last.is_none() {
        return Err(syn::Error::new(span, "a range needs a bound: `1..`, `..5` or `1..=5`"));
    }
    Ok(Element::Range(Range { first, last, inclusive, span }))
}
