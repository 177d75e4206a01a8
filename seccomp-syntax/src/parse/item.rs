//! Items: rules with their actions and targets, and what stands once in a policy.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::token::{Bracket, Paren};
use syn::{Token, parenthesized};

use super::{any_ident, comma_separated, condition, here, text, value};
use crate::stage::{self, ALONE, INCLUDED};
use crate::tree::{Action, ActionKind, Allowed, Answer, Calls, Item, ItemKind, Rule, Target};

const ACTIONS: &[&str] =
    &["allow", "log", "notify", "errno", "trap", "trace", "kill", "kill_process", "kill_thread"];
const KEYWORDS: &[&str] = &["default", "bad_arch", "unknown", "arch", "include"];

/// Parses one item and its `;`, which the last one may lack.
pub(super) fn item(input: ParseStream<'_>) -> syn::Result<Item> {
    let start = input.fork();
    let Attributes { hot, included, looked_at, alone, allowed } = attributes(input)?;
    let keyword = any_ident(&input.fork()).map_err(|error| {
        let message = "expected an item here, such as `allow read;` or `default kill;`";
        syn::Error::new(error.span(), message)
    })?;
    let kind = match text(&keyword).as_str() {
        "default" => ItemKind::Default(answer(input)?),
        "bad_arch" => ItemKind::BadArch(answer(input)?),
        "unknown" => ItemKind::Unknown(answer(input)?),
        "arch" => arch(input)?,
        "include" if stage::is_include(&up_to_semicolon(&start)) => {
            let message = "`include` works in `seccomp_policy!` alone: rustc finds fragments, and watches files for changes";
            return Err(syn::Error::new(keyword.span(), message));
        }
        "include" => {
            let message = "`include` takes the path of a fragment or the name of a file, and no attributes but `#[cfg(…)]` and \
                           `#[allow(seccomp::…)]`: `include my_crate::NET;`, `include \"net.policy\";`";
            return Err(syn::Error::new(keyword.span(), message));
        }
        _ => ItemKind::Rule(rule(input)?),
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
    Ok(Item { hot, included, looked_at, alone, allowed, kind })
}

fn up_to_semicolon(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}

fn end_of_item(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if input.peek(Token![;]) {
        return input.parse::<Token![;]>().map(drop);
    }
    Err(here(input, "expected `;` here: every item ends with one"))
}

#[derive(Default)]
struct Attributes {
    hot: Option<Span>,
    included: bool,
    looked_at: bool,
    alone: bool,
    allowed: Vec<Allowed>,
}

fn attributes(input: ParseStream<'_>) -> syn::Result<Attributes> {
    let mut attributes = Attributes::default();
    while input.peek(Token![#]) {
        input.parse::<Token![#]>()?;
        if !input.peek(Bracket) {
            return Err(here(
                input,
                "an attribute has brackets, and goes before an item: `#[hot]`",
            ));
        }
        let content;
        syn::bracketed!(content in input);
        let name = any_ident(&content)
            .map_err(|error| syn::Error::new(error.span(), "an attribute has a name: `#[hot]`"))?;
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
            INCLUDED => {
                attributes.looked_at = !content.parse::<Group>()?.stream().is_empty();
                attributes.included = true;
            }
            ALONE if content.is_empty() => attributes.alone = true,
            "allow" => attributes.allowed.extend(allowed(&name, &content)?),
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

/// The names in `allow(seccomp::a, seccomp::b)`, after its first word.
fn allowed(name: &Ident, content: ParseStream<'_>) -> syn::Result<Vec<Allowed>> {
    const FORM: &str = "the warnings that an item is not to have are named in parentheses and begin \
                        with `seccomp::`: `#[allow(seccomp::no_exit)]`";
    let group = content.parse::<Group>().map_err(|_| syn::Error::new(name.span(), FORM))?;
    if group.delimiter() != Delimiter::Parenthesis || !content.is_empty() {
        return Err(syn::Error::new(name.span(), FORM));
    }
    let one = |input: ParseStream<'_>| {
        let wrong = |span: Span| syn::Error::new(span, FORM);
        let tool = any_ident(input).map_err(|error| wrong(error.span()))?;
        if tool != "seccomp" || input.parse::<Token![::]>().is_err() {
            return Err(wrong(tool.span()));
        }
        let name = any_ident(input).map_err(|_| wrong(tool.span()))?;
        Ok(Allowed { name: text(&name), span: name.span() })
    };
    let names = |input: ParseStream<'_>| comma_separated(input, one);
    let list: TokenStream = group.stream();
    match names.parse2(list)? {
        none if none.is_empty() => Err(syn::Error::new(name.span(), FORM)),
        names => Ok(names),
    }
}

fn answer(input: ParseStream<'_>) -> syn::Result<Answer> {
    let keyword = any_ident(input)?;
    if input.is_empty() || input.peek(Token![;]) {
        let message = format!("`{keyword}` needs an action: `{keyword} kill;`");
        return Err(syn::Error::new(keyword.span(), message));
    }
    Ok(Answer { keyword, action: action(input)? })
}

fn arch(input: ParseStream<'_>) -> syn::Result<ItemKind> {
    let keyword = any_ident(input)?;
    let mut abis = Vec::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        abis.push(any_ident(input).map_err(|error| {
            syn::Error::new(error.span(), "expected the name of an ABI here: `arch x86_64, x86;`")
        })?);
        if !input.peek(Token![,]) {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    if abis.is_empty() {
        return Err(syn::Error::new(keyword.span(), "`arch` needs ABIs: `arch x86_64, x86;`"));
    }
    Ok(ItemKind::Arch(abis))
}

fn rule(input: ParseStream<'_>) -> syn::Result<Rule> {
    let action = action(input)?;
    let mut targets = Vec::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        targets.push(target(input)?);
        if !input.peek(Token![,]) {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    if targets.is_empty() {
        let keyword = &action.keyword;
        let message = format!(
            "`{keyword}` needs calls or groups: `{keyword} read, @signal;`; for every other call \
             write `default {keyword};`"
        );
        return Err(syn::Error::new(keyword.span(), message));
    }
    Ok(Rule { action, targets })
}

fn action(input: ParseStream<'_>) -> syn::Result<Action> {
    let keyword = any_ident(input)?;
    let kind = match text(&keyword).as_str() {
        "allow" => ActionKind::Allow,
        "log" => ActionKind::Log,
        "notify" => ActionKind::Notify,
        "kill" | "kill_process" => ActionKind::KillProcess,
        "kill_thread" => ActionKind::KillThread,
        "trap" if !input.peek(Paren) => ActionKind::Trap(None),
        "trap" => ActionKind::Trap(Some(data(&keyword, input)?)),
        "errno" => ActionKind::Errno(data(&keyword, input)?),
        "trace" => ActionKind::Trace(data(&keyword, input)?),
        other => return Err(syn::Error::new(keyword.span(), unknown_action(other))),
    };
    if input.peek(Paren) {
        return Err(here(input, format!("`{keyword}` takes no value")));
    }
    Ok(Action { keyword, kind })
}

fn unknown_action(name: &str) -> String {
    let instead = match name {
        "deny" | "block" | "reject" | "forbid" | "refuse" | "eperm" => Some("errno(EPERM)"),
        "permit" | "accept" | "pass" => Some("allow"),
        "user_notif" | "ask" => Some("notify"),
        "terminate" | "die" | "abort" => Some("kill"),
        "return" | "error" => Some("errno(EPERM)"),
        _ => None,
    };
    if seccomp_ir::table::is_known(name) {
        return format!("what is to happen to `{name}`? An action goes first: `allow {name};`");
    }
    let known = ACTIONS.iter().chain(KEYWORDS).copied();
    match instead.or_else(|| seccomp_ir::table::nearest(name, known)) {
        Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown action `{name}`; the actions are allow, log, notify, errno(…), trap, \
             trace(…), kill, kill_thread"
        ),
    }
}

fn data(keyword: &Ident, input: ParseStream<'_>) -> syn::Result<crate::tree::Value> {
    if !input.peek(Paren) {
        let example = if keyword == "errno" { "errno(EPERM)" } else { "trace(1)" };
        let message = format!("`{keyword}` needs a value in parentheses: `{example}`");
        return Err(syn::Error::new(keyword.span(), message));
    }
    let content;
    parenthesized!(content in input);
    let data = value::value(&content)?;
    if !content.is_empty() {
        return Err(here(&content, format!("`{keyword}` takes one value")));
    }
    Ok(data)
}

fn target(input: ParseStream<'_>) -> syn::Result<Target> {
    if input.peek(Token![@]) {
        return group(input);
    }
    let name = any_ident(input).map_err(|error| {
        let message = "expected a call's name, `syscall(number)` or `@group` here";
        syn::Error::new(error.span(), message)
    })?;
    let (calls, mut text) = match number(&name, input)? {
        Some(number) => (Calls::Numbered(number, name.span()), format!("syscall({number})")),
        None => (Calls::Named(name.clone()), text(&name)),
    };
    let condition = if input.peek(Paren) {
        text += &input.fork().parse::<Group>()?.to_string();
        let content;
        parenthesized!(content in input);
        if content.is_empty() {
            let message = format!(
                "no condition in the parentheses: `{text}` without them means every `{name}`"
            );
            return Err(here(&content, message));
        }
        Some(condition::conditions(&content)?)
    } else {
        None
    };
    Ok(Target { calls, condition, text })
}

/// The number in `syscall(number)`, if `name` is `syscall` and that follows.
pub(super) fn number(name: &Ident, input: ParseStream<'_>) -> syn::Result<Option<u32>> {
    if name != "syscall" || !input.peek(Paren) {
        return Ok(None);
    }
    let content;
    parenthesized!(content in input);
    let literal = value::integer(&content).map_err(|error| {
        syn::Error::new(error.span(), "`syscall` needs a call number: `syscall(451)`")
    })?;
    if !content.is_empty() {
        return Err(here(
            &content,
            "conditions go in parentheses of their own: `syscall(451)(a0 == 1)`",
        ));
    }
    u32::try_from(literal.0)
        .map(Some)
        .map_err(|_| syn::Error::new(literal.1, "a call number has 32 bits"))
}

/// `@name-with-dashes`
fn group(input: ParseStream<'_>) -> syn::Result<Target> {
    let at = input.parse::<Token![@]>()?;
    let first = any_ident(input)
        .map_err(|error| syn::Error::new(error.span(), "a group has a name: `@basic-io`"))?;
    let mut name = format!("@{}", text(&first));
    let span = first.span();
    while input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        name.push('-');
        let part = any_ident(input).map_err(|error| {
            syn::Error::new(error.span(), format!("the name of the group ends in `-`: `{name}`"))
        })?;
        name += &text(&part);
    }
    if input.peek(Paren) {
        let message = format!(
            "a group takes no condition, as its calls have different arguments: name the calls of `{name}` that need one"
        );
        return Err(syn::Error::new(at.span, message));
    }
    let text = name.clone();
    Ok(Target { calls: Calls::Group(name, span), condition: None, text })
}
