//! Filters have the actions of an evaluator that was written from the language's page and shares
//! nothing with the compiler.
//!
//! The programs in Python beside this file make random policies, read them as docs/language.md says, and run filters
//! on an interpreter of their own and on the running kernel. This file is the half of the compiler: it reads a
//! policy and writes a filter.
//!
//! Each policy comes from a seed, which a failure prints: see `seccomp_test_support::seeds`. `SECCOMP_CALLS=300` in the
//! environment sets the number of calls for each policy.

use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::process::{Command, Stdio};

use proc_macro2::{Ident, Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::policy::Symbol;
use seccomp_ir::resolve::Expression;
use seccomp_syntax::stage::{self, Include, NextStage};
use seccomp_syntax::{DraftPolicy, compile_draft};
use seccomp_test_support::seeds::seeds;
use serde_json::{Value, json};

/// Whether a predicate of `all`, `any` and `not` holds. Other predicates only rustc could decide.
fn holds(predicate: TokenStream) -> bool {
    let tokens: Vec<_> = predicate.into_iter().collect();
    let (mut name, mut parts) = (String::new(), Vec::new());
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(word) => name = word.to_string(),
            proc_macro2::TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                let inner = inner.split(|token| token.to_string() == ",");
                let inner = inner.filter(|part| !part.is_empty());
                let inner = inner.map(|part| holds(part.iter().cloned().collect()));
                let inner: Vec<bool> = inner.collect();
                parts.push(match name.as_str() {
                    "all" => inner.iter().all(|part| *part),
                    "any" => inner.iter().any(|part| *part),
                    "not" => !inner[0],
                    "cfg" => inner[0],
                    other => panic!("no predicate `{other}`"),
                });
            }
            // `#` and the brackets of an attribute.
            proc_macro2::TokenTree::Punct(_) => name = "all".to_owned(),
            proc_macro2::TokenTree::Literal(literal) => panic!("no predicate {literal}"),
        }
    }
    parts.iter().all(|part| *part)
}

/// Goes through the stages as the macros do. In the place of rustc, it finds fragments and files in `fragments`.
fn staged(mut policy: DraftPolicy, fragments: &Value) -> DraftPolicy {
    loop {
        let includes = match stage::next(policy.clone()) {
            NextStage::Compile(policy) => return policy,
            NextStage::Conditions(conditions) => {
                let mut hold = Vec::new();
                for condition in conditions {
                    if holds(condition.conditions) {
                        hold.push(condition.item);
                    }
                }
                policy = stage::decided(policy, &hold);
                continue;
            }
            NextStage::Fragments(includes) | NextStage::Files(includes) => includes,
        };
        let mut rules = Vec::new();
        for Include { item, what, mut within, allowed, .. } in includes {
            let name = what.to_string().replace(['"', ' '], "");
            let text = fragments[&name].as_str().expect("a fragment of that name");
            within.push(Ident::new("included", Span::call_site()));
            let tokens = text.parse().expect("tokens");
            rules.push((item, DraftPolicy::included(tokens, &within, &allowed)));
        }
        policy = stage::with_included(policy, rules);
    }
}

/// The value of a symbol, in two's complement. All symbols here are numbers.
fn of_rustc(expression: &Expression) -> u64 {
    match expression {
        Expression::Known(known) => *known,
        Expression::Or(parts) => parts.iter().fold(0, |all, part| all | of_rustc(part)),
        Expression::Not(inner) => !of_rustc(inner),
        Expression::Rust(written, ..) => {
            let text = written.text.replace(['{', '}', '$', '(', ')', ' ', '_'], "");
            text.parse::<i128>().expect("a number") as u64
        }
    }
}

/// The compiler's reply to a line of the evaluator.
fn result_of(request: &Value) -> Value {
    let text = request["policy"].as_str().expect("a policy");
    let target = request["target"].as_str().and_then(Abi::from_name).expect("an ABI");
    let tokens: TokenStream = match text.parse() {
        Ok(tokens) => tokens,
        Err(error) => return json!({ "error": format!("no tokens: {error}") }),
    };
    let policy = staged(DraftPolicy::written(tokens), &request["fragments"]);
    match compile_draft(&policy, Span::call_site(), target) {
        Ok(compiled) => {
            let value = |symbol: Symbol| of_rustc(&compiled.symbols[symbol.0 as usize].expression);
            let filter = compiled.filter.resolve(&value);
            let filter: Vec<_> =
                filter.iter().map(|one| (one.code, one.jt, one.jf, one.k)).collect();
            json!({ "filter": filter })
        }
        Err(errors) => json!({ "error": errors.to_string() }),
    }
}

/// Runs `differ.py` in a mode, and compiles the policies that it sends.
#[track_caller]
fn differ(mode: &str, own: Range<u64>, calls: &str) {
    let seeds = seeds(own);
    let (first, end) = (seeds.start.to_string(), seeds.end.to_string());
    let calls = std::env::var("SECCOMP_CALLS").unwrap_or_else(|_| calls.to_owned());
    println!("{mode}: SECCOMP_SEED={seeds:?} SECCOMP_CALLS={calls}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/independent/differ.py");
    let child = Command::new("python3")
        .args(["-B", script, mode, &first, &end, &calls])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => panic!(
            "NOT RUN: the evaluator is written in Python, and `python3` cannot be started ({error}): \
             install Python 3.9 or newer"
        ),
    };
    let requests = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut results = child.stdin.take().expect("a pipe");
    for line in requests.lines() {
        let request = serde_json::from_str(&line.expect("a line")).expect("JSON");
        if writeln!(results, "{}", result_of(&request)).is_err() {
            break;
        }
    }
    drop(results);
    let status = child.wait().expect("the evaluator ends");
    assert!(status.success(), "the evaluator differs: what it says is above; {status}");
}

#[test]
fn filters_answer_as_the_page_of_the_language_says() {
    differ("compare", 0..200, "50");
}

#[test]
fn a_change_to_a_filter_is_seen_by_the_evaluator() {
    differ("mutants", 0..40, "60");
}

#[test]
fn a_mistake_of_the_evaluator_is_seen_by_the_comparison() {
    differ("mistakes", 140..340, "40");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_running_kernel_answers_as_the_page_of_the_language_says() {
    differ("kernel", 0..40, "20");
}
