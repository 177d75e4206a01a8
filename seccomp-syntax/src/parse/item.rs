//! Items: rules with their actions and targets, and items that a policy has once.

use proc_macro2::{Ident, Span, TokenTree};
use seccomp_ir::diagnostic::Mistake;
use seccomp_ir::tree::{
    ActionExpr, ActionKind, Allowed, Calls, Cfg, Include, Included, Item, ItemKind, KeywordItem,
    Name, ReportItem, ReportNames, RuleItem, Target, ValueExpr,
};
use syn::parse::ParseStream;
use syn::token::Paren;

use super::input::{
    any_ident, brackets, comma_or_end, here, ident, next_is, next_word, parentheses, take, wrong,
};
use super::{Result, condition, other_tools, up_to_semicolon, value};
use crate::errors::Located;
use crate::rust_text::rust_text;
use crate::sources::{Sources, text};
use crate::stage;

/// The words that an item may begin with: first the actions, then the others.
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
    "report",
];

/// How many of them are actions.
const ACTIONS: usize = 9;

/// Parses one item and its `;`, which is optional after the last item.
///
/// `included` says whether a fragment or a file brought the item.
pub(super) fn item(input: ParseStream<'_>, included: bool, sources: &mut Sources) -> Result<Item> {
    let Attributes { conditions, hot, arch, abis, allowed } = attributes(input, sources)?;
    if let Some(error) = other_tools::item(input) {
        return Err(error);
    }
    let expected = "expected an item here, such as `allow read;` or `default kill;`";
    let keyword = ident(&input.fork(), expected)?;
    let kind = match text(&keyword).as_str() {
        "default" => ItemKind::Default(keyword_item(input, sources)?),
        "bad_arch" => ItemKind::BadArch(keyword_item(input, sources)?),
        "unknown" => ItemKind::Unknown(keyword_item(input, sources)?),
        "arch" => abis_served(input, sources)?,
        "include" => include(hot.or(arch).is_some(), input, sources)?,
        "report" => report(input, sources)?,
        _ => rule(input, sources)?,
    };
    if !matches!(kind, ItemKind::Rule(_)) {
        if let Some(hot) = hot {
            return Err(wrong(Mistake::HotIsForRules, hot, "`#[hot]` goes before a rule"));
        }
        if let Some(arch) = arch {
            let message = "`#[arch(…)]` goes before a rule: it says for which of the policy's ABIs the rule \
                           speaks; the item `arch x86_64, x86;` says which ABIs the policy serves";
            return Err(wrong(Mistake::ArchIsForRules, arch, message));
        }
        if included {
            let message = format!(
                "a fragment can only have rules: `{keyword}` belongs in the policy that includes it"
            );
            return Err(wrong(Mistake::OnlyInPolicies, keyword.span(), message));
        }
    }
    end_of_item(input, matches!(kind, ItemKind::Rule(_)))?;
    let hot = hot.map(|span| sources.note_span(span));
    Ok(Item { conditions, hot, abis, included, looked_at: false, alone: false, allowed, kind })
}

fn end_of_item(input: ParseStream<'_>, rule: bool) -> Result<()> {
    if input.is_empty() || take(input, ";") {
        return Ok(());
    }
    if let Some(error) = other_tools::after_targets(input) {
        return Err(error);
    }
    let call = next_is(input, "@") || seccomp_ir::table::is_known(&next_word(input));
    let message = if rule && call {
        "expected `,` before another call of the rule here, or `;` at the end of the rule"
    } else {
        "expected `;` here: every item ends with one"
    };
    Err(here(input, Mistake::MissingSemicolon, message))
}

#[derive(Default)]
struct Attributes {
    conditions: Vec<Cfg>,
    hot: Option<Span>,
    /// The place of an `#[arch(…)]`, and what it lists.
    arch: Option<Span>,
    abis: Vec<Name>,
    allowed: Vec<Allowed>,
}

fn attributes(input: ParseStream<'_>, sources: &mut Sources) -> Result<Attributes> {
    let mut attributes = Attributes::default();
    while take(input, "#") {
        let Some(content) = brackets(input)? else {
            if let Some(error) = other_tools::directive(input) {
                return Err(error);
            }
            let message = "an attribute needs brackets and goes before an item: `#[hot]`";
            return Err(here(input, Mistake::NotAnAttribute, message));
        };
        let name = ident(&content, "an attribute needs a name: `#[hot]`")?;
        match text(&name).as_str() {
            "hot" if content.is_empty() => attributes.hot = Some(name.span()),
            "cfg" => match parentheses(&content)? {
                Some(predicate) if content.is_empty() => {
                    let predicate = rust_text(predicate.parse()?);
                    let span = sources.note_span(name.span());
                    attributes.conditions.push(Cfg { predicate, span });
                }
                _ => {
                    let message = "a condition is written `#[cfg(feature = \"name\")]`";
                    return Err(wrong(Mistake::NotAPredicate, name.span(), message));
                }
            },
            "arch" if attributes.arch.is_some() => {
                let message = "a second `#[arch(…)]`: list every ABI in one, `#[arch(x86, x32)]`";
                return Err(wrong(Mistake::Twice, name.span(), message));
            }
            "arch" => {
                attributes.arch = Some(name.span());
                attributes.abis = spoken_for(&name, &content, sources)?;
            }
            "allow" => allow(&name, &content, sources, &mut attributes.allowed)?,
            _ => {
                let message = format!(
                    "unknown attribute `{name}`: an item takes `#[cfg(…)]`, `#[hot]`, `#[arch(…)]` or `#[allow(seccomp::…)]`"
                );
                return Err(wrong(Mistake::NotAnAttribute, name.span(), message));
            }
        }
    }
    Ok(attributes)
}

/// The ABIs in `arch(abi, abi)`, after its first word.
fn spoken_for(name: &Ident, input: ParseStream<'_>, sources: &mut Sources) -> Result<Vec<Name>> {
    const FORM: &str = "`#[arch(…)]` lists the ABIs for which the rule speaks: `#[arch(x86, x32)]`";
    match parentheses(input)? {
        Some(names) if input.is_empty() && !names.is_empty() => {
            let mut abis = Vec::new();
            while !names.is_empty() {
                abis.push(sources.note_name(&ident(&names, FORM)?));
                comma_or_end(&names)?;
            }
            Ok(abis)
        }
        _ => Err(wrong(Mistake::NotAnAttribute, name.span(), FORM)),
    }
}

const ALLOW_FORM: &str = "`allow` takes the names of warnings in parentheses, each after `seccomp::`: \
                          `#[allow(seccomp::no_exit)]`";

/// The names in `allow(seccomp::a, seccomp::b)`, after its first word.
fn allow(
    name: &Ident,
    input: ParseStream<'_>,
    sources: &mut Sources,
    allowed: &mut Vec<Allowed>,
) -> Result<()> {
    match parentheses(input)? {
        Some(names) if input.is_empty() && !names.is_empty() => {
            while !names.is_empty() {
                allowed.push(warning(&names, sources)?);
                comma_or_end(&names)?;
            }
            Ok(())
        }
        _ => Err(wrong(Mistake::NotAnAttribute, name.span(), ALLOW_FORM)),
    }
}

/// `seccomp::name`
fn warning(input: ParseStream<'_>, sources: &mut Sources) -> Result<Allowed> {
    let tool = ident(input, ALLOW_FORM)?;
    if tool == "seccomp" && take(input, "::") {
        if let Ok(name) = any_ident(input) {
            return Ok(Allowed { name: text(&name), span: sources.note_span(name.span()) });
        }
    }
    Err(wrong(Mistake::NotAnAttribute, tool.span(), ALLOW_FORM))
}

fn keyword_item(input: ParseStream<'_>, sources: &mut Sources) -> Result<KeywordItem> {
    let keyword = any_ident(input)?;
    if input.is_empty() || next_is(input, ";") {
        let message = format!("`{keyword}` needs an action: `{keyword} kill;`");
        return Err(wrong(Mistake::NothingNamed, keyword.span(), message));
    }
    if let Some(error) = other_tools::sign_before_action(&text(&keyword), input) {
        return Err(error);
    }
    if let Some(error) = other_tools::action_of(input) {
        return Err(error);
    }
    let action = action(&WORDS[..ACTIONS], input, sources)?;
    Ok(KeywordItem { keyword: sources.note_name(&keyword), action })
}

/// `arch abi, abi`
fn abis_served(input: ParseStream<'_>, sources: &mut Sources) -> Result<ItemKind> {
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
        return Err(wrong(
            Mistake::NothingNamed,
            keyword.span(),
            "`arch` needs ABIs: `arch x86_64, x86;`",
        ));
    }
    Ok(ItemKind::Arch(abis))
}

/// `include path` or `include "file"`.
fn include(hot: bool, input: ParseStream<'_>, sources: &mut Sources) -> Result<ItemKind> {
    let keyword = any_ident(&input.fork())?;
    let tokens = up_to_semicolon(&input.fork());
    let Some((what, file)) = stage::what_of_include(&tokens).filter(|_| !hot) else {
        let message = "`include` takes the path of a fragment or the name of a file, and no attributes except `#[cfg(…)]` and \
                       `#[allow(seccomp::…)]`: `include my_crate::NET;`, `include \"net.policy\";`";
        return Err(wrong(Mistake::NotAnInclude, keyword.span(), message));
    };
    for _ in &tokens {
        input.parse::<TokenTree>()?;
    }
    let what = match file {
        Some(name) => Included::File(name),
        None => Included::Fragment(rust_text(what)),
    };
    Ok(ItemKind::Include(Include { what, span: sources.note_span(keyword.span()) }))
}

/// `report`, `report calls` or `report numbers`.
fn report(input: ParseStream<'_>, sources: &mut Sources) -> Result<ItemKind> {
    let keyword = any_ident(input)?;
    let mut names = ReportNames::All;
    if !input.is_empty() && !next_is(input, ";") {
        const FORM: &str = "`report` is a whole item, after which only `calls` or `numbers` may follow: `report;` names \
                            calls, arguments and constants, `report calls;` only calls, and `report numbers;` nothing";
        let word = ident(input, FORM)?;
        names = match text(&word).as_str() {
            "calls" => ReportNames::Calls,
            "numbers" => ReportNames::None,
            _ => return Err(wrong(Mistake::Unexpected, word.span(), FORM)),
        };
    }
    let span = sources.note_span(keyword.span());
    Ok(ItemKind::Report(ReportItem { names, span }))
}

fn rule(input: ParseStream<'_>, sources: &mut Sources) -> Result<ItemKind> {
    let action = action(WORDS, input, sources)?;
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
            "`{keyword}` needs calls or groups: `{keyword} read, @signal;`; for all other calls \
             write `default {keyword};`"
        );
        return Err(wrong(Mistake::NothingNamed, sources.span(keyword.span), message));
    }
    Ok(ItemKind::Rule(RuleItem { action, targets }))
}

/// `words` are those that may be meant where no action is.
fn action(words: &[&str], input: ParseStream<'_>, sources: &mut Sources) -> Result<ActionExpr> {
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
        other => return Err(unknown_action(&keyword, other, words)),
    };
    if input.peek(Paren) {
        return Err(here(input, Mistake::ActionValue, format!("`{keyword}` takes no value")));
    }
    Ok(ActionExpr { keyword: sources.note_name(&keyword), kind })
}

fn unknown_action(keyword: &Ident, name: &str, words: &[&str]) -> Box<Located> {
    let span = keyword.span();
    if seccomp_ir::table::is_known(name) {
        let message = format!("`{name}` needs an action before it: `allow {name};`");
        return wrong(Mistake::UnknownAction, span, message);
    }
    let near = match name {
        "deny" | "block" | "reject" | "forbid" | "refuse" | "eperm" => Some("errno(EPERM)"),
        "permit" | "accept" | "pass" => Some("allow"),
        "user_notif" | "ask" => Some("notify"),
        "terminate" | "die" | "abort" => Some("kill"),
        "return" | "error" => Some("errno(EPERM)"),
        _ => seccomp_ir::table::nearest(name, words.iter().copied()),
    };
    let unknown = wrong(Mistake::UnknownAction, span, format!("unknown action `{name}`"));
    match near {
        Some(near) => unknown.help(&format!("did you mean `{near}`?")).replace(near),
        None => unknown.help(
            "the actions are allow, log, notify, errno(…), trap, trace(…), kill, kill_thread",
        ),
    }
}

fn data(keyword: &Ident, input: ParseStream<'_>, sources: &mut Sources) -> Result<ValueExpr> {
    let Some(content) = parentheses(input)? else {
        let example = if keyword == "errno" { "errno(EPERM)" } else { "trace(1)" };
        let message = format!("`{keyword}` needs a value in parentheses: `{example}`");
        return Err(wrong(Mistake::ActionValue, keyword.span(), message));
    };
    let data = value::value(&content, sources)?;
    if !content.is_empty() {
        return Err(here(&content, Mistake::ActionValue, format!("`{keyword}` takes one value")));
    }
    Ok(data)
}

fn target(input: ParseStream<'_>, sources: &mut Sources) -> Result<Target> {
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
        return Err(here(input, Mistake::SkipsByItself, message));
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
            return Err(here(&content, Mistake::NoCondition, message));
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
        Err(error) => return Err(wrong(Mistake::NotACallNumber, error.span, SYSCALL_FORM)),
    };
    if !input.is_empty() {
        let message = "conditions go in parentheses of their own: `syscall(451)(a0 == 1)`";
        return Err(here(input, Mistake::NotACallNumber, message));
    }
    match u32::try_from(number.number) {
        Ok(1) if is_negative => Ok(SKIPPED),
        Ok(_) if is_negative => {
            let message = "the only negative call number is -1, which a tracer sets to skip a call: \
                           `syscall(-1)`";
            Err(wrong(Mistake::NotACallNumber, span, message))
        }
        Ok(number) => Ok(number),
        Err(_) => Err(wrong(Mistake::NotACallNumber, span, "a call number has 32 bits")),
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
        return Err(wrong(Mistake::GroupWithCondition, at, message));
    }
    if next_is(input, "?") {
        let message =
            format!("a group skips the calls that an ABI lacks by itself: write `{name}`");
        return Err(here(input, Mistake::SkipsByItself, message));
    }
    let calls = Calls::Group(name, sources.note_span(first.span()));
    Ok(Target { calls, where_known: false, condition: None })
}
