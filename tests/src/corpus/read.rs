//! Reads the cases in the text of a file.

use seccomp_ir::abi::Abi;

use super::call::{self, CallText};
use super::{Case, Expected, Line, Place, abis};

/// The cases of a file.
///
/// # Panics
///
/// If the text does not have the right format: with the place and the reason.
pub(super) fn cases(topic: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut in_lines = false;
    for (index, line) in text.lines().enumerate() {
        let place = Place { topic: topic.to_owned(), line: index + 1 };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') && !line.starts_with("#[") {
            continue;
        }
        if let Some(claim) = line.strip_prefix("== ") {
            finish(cases.last());
            in_lines = false;
            cases.push(Case {
                claim: claim.to_owned(),
                place,
                targets: Abi::ALL.to_vec(),
                policy: String::new(),
                lines: Vec::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            panic!("{place}: before the first case: {line}");
        };
        let result = match line {
            "--" if in_lines => Err("a second `--`".to_owned()),
            "--" => {
                in_lines = true;
                Ok(())
            }
            _ if in_lines => add_lines(case, &place, line),
            _ => add_policy(case, line),
        };
        result.unwrap_or_else(|error| panic!("{place}: {error}: {line}"));
    }
    finish(cases.last());
    cases
}

fn finish(case: Option<&Case>) {
    if let Some(case) = case {
        assert!(!case.lines.is_empty(), "{}: this case expects nothing", case.place);
        for abi in &case.targets {
            let speaks = case.lines.iter().any(|line| line.targets.contains(abi));
            assert!(speaks, "{}: nothing is expected on {}", case.place, abi.name());
        }
    }
}

fn add_policy(case: &mut Case, line: &str) -> Result<(), String> {
    if let Some(names) = line.strip_prefix("on ") {
        if !case.policy.is_empty() {
            return Err("`on` goes before the policy".to_owned());
        }
        case.targets = abis::parse(names)?;
        return Ok(());
    }
    for (_, line) in repeated(line)? {
        case.policy += &line;
        case.policy.push('\n');
    }
    Ok(())
}

fn add_lines(case: &mut Case, place: &Place, line: &str) -> Result<(), String> {
    for (turn, text) in repeated(line)? {
        let (targets, rest) = match text.split_once(':') {
            Some((names, rest)) if !names.starts_with("refused ") => {
                let mut targets = abis::parse(names)?;
                targets.retain(|abi| case.targets.contains(abi));
                if targets.is_empty() {
                    return Err(format!("the case is for none of `{names}`"));
                }
                (targets, rest.trim())
            }
            _ => (case.targets.clone(), text.as_str()),
        };
        let expected = match rest.strip_prefix("refused ") {
            Some(message) => Expected::Refused { message: message.trim().to_owned() },
            None => {
                let (call, action) = rest.split_once("=>").ok_or("no `=>`")?;
                let action = action.trim().to_owned();
                Expected::Call { call: CallText::parse(call)?, action }
            }
        };
        let text = rest.to_owned();
        case.lines.push(Line { place: place.clone(), text, turn, targets, expected });
    }
    Ok(())
}

/// `for i in 0..3: … ${i} … ${2*i+1} …` is three lines, each with its turn; any other line is
/// itself.
fn repeated(line: &str) -> Result<Vec<(Option<usize>, String)>, String> {
    let Some(rest) = line.strip_prefix("for i in ") else {
        return Ok(vec![(None, line.to_owned())]);
    };
    let (range, template) = rest.split_once(':').ok_or("no `:` after `for`")?;
    let (first, end) = range.split_once("..").ok_or("no `..` after `for`")?;
    let (first, end) = (call::integer(first.trim())?, call::integer(end.trim())?);
    let line = |(turn, i)| Ok((Some(turn), filled_in(template.trim(), i)?));
    (first..end).enumerate().map(line).collect()
}

fn filled_in(template: &str, i: i128) -> Result<String, String> {
    let mut pieces = template.split("${");
    let mut line = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (formula, rest) = piece.split_once('}').ok_or("no `}`")?;
        line += &linear(formula, i)?.to_string();
        line += rest;
    }
    Ok(line)
}

/// `i`, `2*i`, `i+7`, `2*i+7`
fn linear(formula: &str, i: i128) -> Result<i128, String> {
    let formula = formula.replace(' ', "");
    let (product, offset) = match formula.split_once('+') {
        Some((product, offset)) => (product, call::integer(offset)?),
        None => (formula.as_str(), 0),
    };
    let factor = match product.strip_suffix("*i") {
        Some(factor) => call::integer(factor)?,
        None if product == "i" => 1,
        None => return Err(format!("`{formula}` is not like `2*i+7`")),
    };
    Ok(factor * i + offset)
}
