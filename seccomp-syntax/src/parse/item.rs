//! Items: rules with their actions, and items that a policy has once.

use proc_macro2::{Ident, TokenTree};
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::tree::{
    ActionExpr, ActionKind, Include, Included, Item, ItemKind, KeywordItem, ReportItem,
    ReportNames, RuleItem, ValueExpr,
};
use syn::parse::ParseStream;
use syn::token::Paren;

use super::attributes::{Attributes, attributes};
use super::input::{any_ident, here, ident, next_is, next_word, parentheses, take, wrong};
use super::target::target;
use super::{Result, other_tools, up_to_semicolon, value};
use crate::errors::LocatedDiagnostic;
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
            return Err(wrong(ErrorCode::HotIsForRules, hot, "`#[hot]` goes before a rule"));
        }
        if let Some(arch) = arch {
            let message = "`#[arch(…)]` goes before a rule: it says to which of the policy's ABIs the rule \
                           applies; the item `arch x86_64, x86;` says which ABIs the policy serves";
            return Err(wrong(ErrorCode::ArchIsForRules, arch, message));
        }
        if included {
            let message = format!(
                "a fragment can only have rules: `{keyword}` belongs in the policy that includes it"
            );
            return Err(wrong(ErrorCode::OnlyInPolicies, keyword.span(), message));
        }
    }
    end_of_item(input, matches!(kind, ItemKind::Rule(_)))?;
    let hot = hot.map(|span| sources.note_span(span));
    Ok(Item {
        conditions,
        hot,
        abis,
        included,
        already_checked: false,
        alone: false,
        allowed,
        kind,
    })
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
    Err(here(input, ErrorCode::MissingSemicolon, message))
}

fn keyword_item(input: ParseStream<'_>, sources: &mut Sources) -> Result<KeywordItem> {
    let keyword = any_ident(input)?;
    if input.is_empty() || next_is(input, ";") {
        let message = format!("`{keyword}` needs an action: `{keyword} kill;`");
        return Err(wrong(ErrorCode::NothingNamed, keyword.span(), message));
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
            ErrorCode::NothingNamed,
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
        return Err(wrong(ErrorCode::NotAnInclude, keyword.span(), message));
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
            _ => return Err(wrong(ErrorCode::Unexpected, word.span(), FORM)),
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
        return Err(wrong(ErrorCode::NothingNamed, sources.span(keyword.span), message));
    }
    Ok(ItemKind::Rule(RuleItem { action, targets }))
}

/// `words` are the suggestions for an unknown action.
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
        return Err(here(input, ErrorCode::ActionValue, format!("`{keyword}` takes no value")));
    }
    Ok(ActionExpr { keyword: sources.note_name(&keyword), kind })
}

fn unknown_action(keyword: &Ident, name: &str, words: &[&str]) -> Box<LocatedDiagnostic> {
    let span = keyword.span();
    if seccomp_ir::table::is_known(name) {
        let message = format!("`{name}` needs an action before it: `allow {name};`");
        return wrong(ErrorCode::UnknownAction, span, message);
    }
    let near = match name {
        "deny" | "block" | "reject" | "forbid" | "refuse" | "eperm" => Some("errno(EPERM)"),
        "permit" | "accept" | "pass" => Some("allow"),
        "user_notif" | "ask" => Some("notify"),
        "terminate" | "die" | "abort" => Some("kill"),
        "return" | "error" => Some("errno(EPERM)"),
        _ => seccomp_ir::table::nearest(name, words.iter().copied()),
    };
    let unknown = wrong(ErrorCode::UnknownAction, span, format!("unknown action `{name}`"));
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
        return Err(wrong(ErrorCode::ActionValue, keyword.span(), message));
    };
    let data = value::value(&content, sources)?;
    if !content.is_empty() {
        return Err(here(&content, ErrorCode::ActionValue, format!("`{keyword}` takes one value")));
    }
    Ok(data)
}
