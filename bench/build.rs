//! Turns the workloads from JSON into static tables, so that no peer loses time by reading a file,
//! and into the same policies in the policy language, as text and as macro calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value as Json;

const NAMES: [&str; 7] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7"];
const DIRECTORY: &str = "../seccomp-ir/tests/workloads";
const FREQUENCIES: &str = "../seccomp-ir/data/call-frequency.tsv";

fn main() {
    println!("cargo::rerun-if-changed={DIRECTORY}");
    println!("cargo::rerun-if-changed={FREQUENCIES}");
    let frequencies = frequencies();
    let mut tables = "/// Every workload.\npub static WORKLOADS: &[Workload] = &[\n".to_owned();
    // The policies are those of other projects, so warnings of this language do not matter.
    let mut policies = "#[allow(deprecated)]\nstatic POLICIES: &[(&str, Policy)] = &[\n".to_owned();
    for name in NAMES {
        let path = format!("{DIRECTORY}/{name}.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let json: Json = serde_json::from_str(&text).unwrap();
        let compared = policy_text(&json, Typed::No);
        tables += &table(&json, &frequencies, &compared);
        writeln!(policies, "({name:?}, seccomp_runtime::seccomp_policy! {{\n{compared}}}),")
            .unwrap();
    }
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("workloads.rs"), tables + "];\n").unwrap();
    fs::write(Path::new(&out).join("policies.rs"), policies + "];\n").unwrap();
}

/// How often calls are made, among about a hundred. A row whose last column names another call is for
/// ABIs that lack that call; x86_64 lacks none.
fn frequencies() -> BTreeMap<String, f64> {
    let text = fs::read_to_string(FREQUENCIES).unwrap_or_else(|e| panic!("{FREQUENCIES}: {e}"));
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|row| {
        let cells: Vec<_> = row.split('\t').collect();
        let [name, hundredths, stands_for] = cells[..] else { panic!("three cells: {row}") };
        let hundredths: f64 = hundredths.parse().unwrap_or_else(|_| panic!("a number: {row}"));
        (stands_for == "-").then(|| (name.to_owned(), hundredths / 100.0))
    });
    rows.flatten().collect()
}

fn rules(json: &Json) -> &[Json] {
    json["rules"].as_array().unwrap()
}

/// One `Workload` of the static table.
fn table(json: &Json, frequencies: &BTreeMap<String, f64>, text: &str) -> String {
    let mut rows = String::new();
    for rule in rules(json) {
        let call = rule["syscall"].as_str().unwrap();
        let frequency = frequencies.get(call).copied().unwrap_or(0.01);
        let tests: String = tests(rule).iter().map(test_of_table).collect();
        writeln!(
            rows,
            "Rule {{ call: {call:?}, number: {}, frequency: {frequency:?}, action: {}, tests: &[{tests}] }},",
            rule["nr"],
            action_of_table(&rule["action"]),
        )
        .unwrap();
    }
    format!(
        "Workload {{ name: {}, title: {}, default: {}, bad_arch: {}, rules: &[\n{rows}], text: {text:?}, typed: {:?} }},\n",
        json["name"],
        json["title"],
        action_of_table(&json["default"]),
        action_of_table(&json["badarch"]),
        policy_text(json, Typed::Yes),
    )
}

fn tests(rule: &Json) -> &[Json] {
    rule["when"].as_array().unwrap()
}

fn action_of_table(action: &Json) -> String {
    let data = &action["data"];
    match action["kind"].as_str().unwrap() {
        "allow" => "Action::Allow".to_owned(),
        "errno" => format!("Action::Errno({data})"),
        "trap" => format!("Action::Trap({data})"),
        "kill_process" => "Action::KillProcess".to_owned(),
        other => panic!("unknown action {other}"),
    }
}

fn test_of_table(test: &Json) -> String {
    let operator = match operator(test) {
        "==" => "Equal",
        "!=" => "NotEqual",
        "<" => "Less",
        ">" => "Greater",
        other => panic!("unknown operator {other}"),
    };
    let mask = test["mask"].as_u64().map_or("None".to_owned(), |mask| format!("Some({mask:#x})"));
    format!(
        "Test {{ argument: ArgumentIndex::A{}, bits: {}, mask: {mask}, operator: Operator::{operator}, value: {:#x} }}, ",
        test["arg"],
        test["bits"],
        test["val"].as_u64().unwrap(),
    )
}

/// `&==` is `==` with a mask.
fn operator(test: &Json) -> &str {
    test["op"].as_str().unwrap().trim_start_matches('&')
}

/// Whether arguments have the kernel's types. Otherwise they have the widths of the workload, so
/// that every compiler does the same work.
#[derive(Clone, Copy, PartialEq)]
enum Typed {
    Yes,
    No,
}

/// The workload in the policy language.
fn policy_text(json: &Json, typed: Typed) -> String {
    let mut text = String::new();
    let mut rules: Vec<_> = rules(json).iter().collect();
    // The language refuses a rule that never decides, and W5 has four commands of `ioctl` that a
    // mask above them already allows. All rules of one call allow it, so their order is free.
    let has_mask = |rule: &Json| tests(rule).iter().any(|test| test["op"] == "&!=");
    rules.sort_by_key(|rule| (rule["nr"].as_u64(), has_mask(rule)));
    for rule in rules {
        let (action, call) =
            (action_of_language(&rule["action"]), rule["syscall"].as_str().unwrap());
        text += &allowed_warnings(rule, typed);
        let tests: Vec<_> = tests(rule).iter().map(|test| comparison(test, typed)).collect();
        match tests.join(", ") {
            none if none.is_empty() => writeln!(text, "{action} {call};").unwrap(),
            all => writeln!(text, "{action} {call}({all});").unwrap(),
        }
    }
    writeln!(text, "bad_arch {};", action_of_language(&json["badarch"])).unwrap();
    writeln!(text, "default {};", action_of_language(&json["default"])).unwrap();
    text
}

/// Warnings of the language about forms that a workload means.
fn allowed_warnings(rule: &Json, typed: Typed) -> String {
    let is_wide = |test: &Json| test["bits"] == 64;
    let call = match rule["syscall"].as_str().unwrap() {
        "io_uring_setup" | "process_vm_writev" | "ptrace" | "seccomp" => &["powerful_call"][..],
        "clone" => &["clone3_allowed", "clone3_denied"],
        _ => &[],
    };
    let cast = typed == Typed::No && tests(rule).iter().any(is_wide);
    let names = call.iter().chain(cast.then_some(&"wide_cast"));
    names.map(|name| format!("#[allow(seccomp::{name})] ")).collect()
}

fn action_of_language(action: &Json) -> String {
    let data = &action["data"];
    match action["kind"].as_str().unwrap() {
        "allow" => "allow".to_owned(),
        "errno" => format!("errno({data})"),
        "trap" => format!("trap({data})"),
        "kill_process" => "kill".to_owned(),
        other => panic!("unknown action {other}"),
    }
}

fn comparison(test: &Json, typed: Typed) -> String {
    let cast = match typed {
        Typed::Yes => String::new(),
        Typed::No => format!(" as u{}", test["bits"]),
    };
    let mask = test["mask"].as_u64().map_or(String::new(), |mask| format!(" & {mask:#x}"));
    let value = test["val"].as_u64().unwrap();
    format!("a{}{cast}{mask} {} {value:#x}", test["arg"], operator(test))
}
