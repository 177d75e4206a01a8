//! Items: rules with their actions and targets, and what stands once in a policy.

use proc_macro2::{Group, Ident, Span};
use seccomp_ir::tree::{
    Action, ActionKind, Allowed, Answer, Calls, Item, ItemKind, Rule, Target, Value,
};
use syn::bracketed;
use syn::parse::ParseStream;
use syn::token::{Bracket, Paren};

use super::input::{any_ident, comma_or_end, here, ident, next_is, parentheses, take};
use super::{condition, up_to_semicolon, value};
use crate::sources::{Sources, short, text};
use crate::stage;

/// The words that an item may begin with: the actions, and the others.
const WORDS: &[&str] = &[
    "allow",
    "log",
    "notify",
    "errno",
    "trap",
    "trace",
    "kill",
    "kill_process",
    "kill_thread",
    "default",
    "bad_arch",
    "unknown",
    "arch",
    "include",
];

/// Parses one item and its `;`, which the last one may lack.
///
/// `included` says that a fragment or a file has brought it.
pub(super) fn item(
    input: ParseStream<'_>,
    included: bool,
    sources: &mut Sources,
) -> syn::Result<Item> {
    let start = input.fork();
    let Attributes { hot, allowed } = attributes(input, sources)?;
    let expected = "expected an item here, such as `allow read;` or `default kill;`";
    let keyword = ident(&input.fork(), expected)?;
    let kind = match text(&keyword).as_str() {
        "default" => ItemKind::Default(answer(input, sources)?),
        "bad_arch" => ItemKind::BadArch(answer(input, sources)?),
        "unknown" => ItemKind::Unknown(answer(input, sources)?),
        "arch" => arch(input, sources)?,
        "include" => {
            let message = if stage::is_include(&up_to_semicolon(&start)) {
                "`include` works in `seccomp_policy!` alone: rustc finds fragments, and watches files for changes"
            } else {
                "`include` takes the path of a fragment or the name of a file, and no attributes but `#[cfg(…)]` and \
                 `#[allow(seccomp::…)]`: `include my_crate::NET;`, `include \"net.policy\";`"
            };
            return Err(syn::Error::new(keyword.span(), message));
        }
        _ => rule(input, sources)?,
    };
    if !matches!(kind, ItemKind::Rule(_)) {
        if let Some(hot) = hot {
            return Err(syn::Error::new(hot, "`#[hot]` goes before a rule"));
        }
        if included {
            let message = format!(
                "a fragment has rules only: `{keyword}` belongs in the policy that includes it"
            );
            return Err(syn::Error::new(keyword.span(), message));
        }
    }
    end_of_item(input)?;
    let hot = hot.map(|span| sources.note_span(span));
    Ok(Item { hot, included, looked_at: false, alone: false, allowed, kind })
}

fn end_of_item(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || take(input, ";") {
        return Ok(());
    }
    Err(here(input, "expected `;` here: every item ends with one"))
}

#[derive(Default)]
struct Attributes {
    hot: Option<Span>,
    allowed: Vec<Allowed>,
}

fn attributes(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Attributes> {
    let mut attributes = Attributes::default();
    while take(input, "#") {
        if !input.peek(Bracket) {
            return Err(here(
                input,
                "an attribute has brackets, and goes before an item: `#[hot]`",
            ));
        }
        let content;
        bracketed!(content in input);
        let name = ident(&content, "an attribute has a name: `#[hot]`")?;
        match text(&name).as_str() {
            "hot" if content.is_empty() => attributes.hot = Some(name.span()),
            "cfg" => {
                let message = if content.peek(Paren) {
                    "`#[cfg(…)]` works in `seccomp_policy!` alone, since only rustc knows what is configured"
                } else {
                    "a condition is written `#[cfg(feature = \"name\")]`"
                };
                return Err(syn::Error::new(name.span(), message));
            }
            "allow" => allow(&name, &content, sources, &mut attributes.allowed)?,
            _ => {
                let message = format!(
                    "an item of a policy has no attribute `{name}`: the attributes are `#[cfg(…)]`, `#[hot]` and `#[allow(seccomp::…)]`"
                );
                return Err(syn::Error::new(name.span(), message));
            }
        }
    }
    Ok(attributes)
}

const ALLOW_FORM: &str = "the warnings that an item is not to have are named in parentheses and begin \
                     with `seccomp::`: `#[allow(seccomp::no_exit)]`";

/// The names in `allow(seccomp::a, seccomp::b)`, after its first word.
fn allow(
    name: &Ident,
    input: ParseStream<'_>,
    sources: &mut Sources,
    allowed: &mut Vec<Allowed>,
) -> syn::Result<()> {
    match parentheses(input)? {
        Some(names) if input.is_empty() && !names.is_empty() => {
            while !names.is_empty() {
                allowed.push(warning(&names, sources)?);
                comma_or_end(&names)?;
            }
            Ok(())
        }
        _ => Err(syn::Error::new(name.span(), ALLOW_FORM)),
    }
}

/// `seccomp::name`
fn warning(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Allowed> {
    let tool = ident(input, ALLOW_FORM)?;
    if tool == "seccomp" && take(input, "::") {
        if let Ok(name) = any_ident(input) {
            return Ok(Allowed { name: text(&name), span: sources.note_span(name.span()) });
        }
    }
    Err(syn::Error::new(tool.span(), ALLOW_FORM))
}

fn answer(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Answer> {
    let keyword = any_ident(input)?;
    if input.is_empty() || next_is(input, ";") {
        let message = format!("`{keyword}` needs an action: `{keyword} kill;`");
        return Err(syn::Error::new(keyword.span(), message));
    }
    Ok(Answer { keyword: sources.note_name(&keyword), action: action(input, sources)? })
}

fn arch(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<ItemKind> {
    let keyword = any_ident(input)?;
    let mut abis = Vec::new();
    while !input.is_empty() && !next_is(input, ";") {
        let name = ident(input, "expected the name of an ABI here: `arch x86_64, x86;`")?;
        abis.push(sources.note_name(&name));
        if !take(input, ",") {
            break;
        }
    }
    if abis.is_empty() {
        return Err(syn::Error::new(keyword.span(), "`arch` needs ABIs: `arch x86_64, x86;`"));
    }
    Ok(ItemKind::Arch(abis))
}

fn rule(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<ItemKind> {
    let action = action(input, sources)?;
    let mut targets = Vec::new();
    while !input.is_empty() && !next_is(input, ";") {
        targets.push(target(input, sources)?);
        if !take(input, ",") {
            break;
        }
    }
    if targets.is_empty() {
        let keyword = &action.keyword;
        let message = format!(
            "`{keyword}` needs calls or groups: `{keyword} read, @signal;`; for every other call \
             write `default {keyword};`"
        );
        return Err(syn::Error::new(sources.span(keyword.span), message));
    }
    Ok(ItemKind::Rule(Rule { action, targets }))
}

fn action(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Action> {
    let keyword = any_ident(input)?;
    let kind = match text(&keyword).as_str() {
        "allow" => ActionKind::Allow,
        "log" => ActionKind::Log,
        "notify" => ActionKind::Notify,
        "kill" | "kill_process" => ActionKind::KillProcess,
        "kill_thread" => ActionKind::KillThread,
        "trap" if !input.peek(Paren) => ActionKind::Trap(None),
        "trap" => ActionKind::Trap(Some(data(&keyword, input, sources)?)),
        "errno" => ActionKind::Errno(data(&keyword, input, sources)?),
        "trace" => ActionKind::Trace(data(&keyword, input, sources)?),
        other => return Err(syn::Error::new(keyword.span(), unknown_action(other))),
    };
    if input.peek(Paren) {
        return Err(here(input, format!("`{keyword}` takes no value")));
    }
    Ok(Action { keyword: sources.note_name(&keyword), kind })
}

fn unknown_action(name: &str) -> String {
    if seccomp_ir::table::is_known(name) {
        return format!("what is to happen to `{name}`? An action goes first: `allow {name};`");
    }
    let near = match name {
        "deny" | "block" | "reject" | "forbid" | "refuse" | "eperm" => Some("errno(EPERM)"),
        "permit" | "accept" | "pass" => Some("allow"),
        "user_notif" | "ask" => Some("notify"),
        "terminate" | "die" | "abort" => Some("kill"),
        "return" | "error" => Some("errno(EPERM)"),
        _ => seccomp_ir::table::nearest(name, WORDS.iter().copied()),
    };
    match near {
        Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown action `{name}`; the actions are allow, log, notify, errno(…), trap, \
             trace(…), kill, kill_thread"
        ),
    }
}

fn data(keyword: &Ident, input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Value> {
    let Some(content) = parentheses(input)? else {
        let example = if keyword == "errno" { "errno(EPERM)" } else { "trace(1)" };
        let message = format!("`{keyword}` needs a value in parentheses: `{example}`");
        return Err(syn::Error::new(keyword.span(), message));
    };
    let data = value::value(&content, sources)?;
    if !content.is_empty() {
        return Err(here(&content, format!("`{keyword}` takes one value")));
    }
    Ok(data)
}

fn target(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Target> {
    if next_is(input, "@") {
        return group(input, sources);
    }
    let name = ident(input, "expected a call's name, `syscall(number)` or `@group` here")?;
    let calls = one_call(&name, input, sources)?;
    let mut text = match &calls {
        Calls::Numbered(number, _) => format!("syscall({number})"),
        _ => text(&name),
    };
    let mut condition = None;
    if input.peek(Paren) {
        text += &input.fork().parse::<Group>()?.to_string();
    }
    if let Some(content) = parentheses(input)? {
        if content.is_empty() {
            let message = format!(
                "no condition in the parentheses: `{text}` without them means every `{name}`"
            );
            return Err(here(&content, message));
        }
        condition = Some(condition::conditions(&content, sources)?);
    }
    Ok(Target { calls, condition, text: short(&text) })
}

/// The call `name`, or what follows in `syscall(number)`.
pub(super) fn one_call(
    name: &Ident,
    input: ParseStream<'_>,
    sources: &mut Sources,
) -> syn::Result<Calls> {
    if name == "syscall" {
        let Some(content) = parentheses(input)? else {
            return Err(syn::Error::new(name.span(), SYSCALL_FORM));
        };
        return Ok(Calls::Numbered(number(&content)?, sources.note_span(name.span())));
    }
    Ok(Calls::Named(sources.note_name(name)))
}

const SYSCALL_FORM: &str = "`syscall` needs a call number: `syscall(451)`";

/// What is in the parentheses of `syscall(number)`.
fn number(input: ParseStream<'_>) -> syn::Result<u32> {
    let (number, span) = match value::integer(input) {
        Ok(literal) => literal,
        Err(error) => return Err(syn::Error::new(error.span(), SYSCALL_FORM)),
    };
    if !input.is_empty() {
        let message = "conditions go in parentheses of their own: `syscall(451)(a0 == 1)`";
        return Err(here(input, message));
    }
    match u32::try_from(number) {
        Ok(number) => Ok(number),
        Err(_) => Err(syn::Error::new(span, "a call number has 32 bits")),
    }
}

/// `@name-with-dashes`
fn group(input: ParseStream<'_>, sources: &mut Sources) -> syn::Result<Target> {
    let at = input.span();
    take(input, "@");
    let first = ident(input, "a group has a name: `@basic-io`")?;
    let mut name = format!("@{}", text(&first));
    while take(input, "-") {
        name.push('-');
        let part = ident(input, &format!("the name of the group ends in `-`: `{name}`"))?;
        name += &text(&part);
    }
    if input.peek(Paren) {
        let message = format!(
            "a group takes no condition, as its calls have different arguments: name the calls of `{name}` that need one"
        );
        return Err(syn::Error::new(at, message));
    }
    let text = name.clone();
    let calls = Calls::Group(name, sources.note_span(first.span()));
    Ok(Target { calls, condition: None, text })
}
