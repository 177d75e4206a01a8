//! Policies as text: their diagnostics, with places, as text and as JSON; and the page about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::{Code, ErrorCode, Severity};
use seccomp_syntax::report::{JSON_VERSION, Report, TextDiagnostic};
use seccomp_syntax::{CompiledText, LocatedErrors, PolicyText, compile, compile_call, expand};
use seccomp_tests::corpus::Topic;

/// The files of this test.
fn files(name: &str) -> Result<String, String> {
    let text = match name {
        "net.policy" => "allow socket(family == AF_INET), connect;",
        "default.policy" => "allow read; default kill;",
        "itself.policy" => "allow read; include \"itself.policy\";",
        "outer.policy" => {
            "allow read(fd == 0);\n#[cfg(unix)] include \"inner.policy\"; allow openat"
        }
        "inner.policy" => "// é\n\tallow wriet, close(fdd == 1);\r\nallow read(fd == 0, fd == 1)",
        "powerful.policy" => "allow ptrace;",
        "unclosed.policy" => "allow read(fd == 0;",
        "empty.policy" => "",
        _ => return Err("there is no such file".to_owned()),
    };
    Ok(text.to_owned())
}

fn policy(text: &str) -> PolicyText<'_> {
    PolicyText::new("a.policy", text, Abi::X86_64).files(&files)
}

fn report_of(text: &str) -> Report {
    match policy(text).compile() {
        Ok(_) => panic!("no error in {text}"),
        Err(report) => report,
    }
}

/// The code, position and message of each diagnostic of a report.
fn said(report: &Report) -> Vec<(String, String, String)> {
    let all = report.diagnostics.iter();
    all.map(|said| (said.code.to_string(), report.position(&said.place), said.message.clone()))
        .collect()
}

const PAGE: &str = include_str!("../docs/errors.md");

/// The sections of the page: code, and the examples with their language.
fn sections() -> BTreeMap<String, Vec<(String, String)>> {
    let mut sections = BTreeMap::new();
    for section in PAGE.split("\n## E").skip(1) {
        let (code, body) = section.split_at(4);
        let mut examples = Vec::new();
        for block in body.split("\n```").skip(1).step_by(2) {
            let (language, text) = block.split_once('\n').expect("a fence ends its line");
            examples.push((language.to_owned(), text.to_owned()));
        }
        assert!(sections.insert(format!("E{code}"), examples).is_none(), "E{code} is there twice");
    }
    sections
}

fn all(result: Result<(), LocatedErrors>) -> BTreeSet<String> {
    match result {
        Ok(()) => BTreeSet::new(),
        Err(errors) => errors.iter().map(|error| error.code.to_string()).collect(),
    }
}

/// The codes of the errors in an example, each once.
fn codes(language: &str, example: &str, default: bool) -> BTreeSet<String> {
    if language == "call" {
        let tokens = example.parse().expect("tokens");
        return all(compile_call(tokens, Abi::X86_64).map(drop));
    }
    if language == "fragment" {
        let tokens = example.parse().expect("tokens");
        return all(expand::check_fragments(tokens, Abi::X86_64));
    }
    if language == "sandboxed" {
        let (attribute, item) = example.split_once(")]").expect("an attribute");
        let policy = attribute.strip_prefix("#[sandboxed(").expect("`#[sandboxed(…)]`");
        let (policy, item) = (policy.parse().expect("tokens"), item.parse().expect("tokens"));
        return all(expand::check_sandboxed(policy, item));
    }
    let abi = match language {
        "policy" => Abi::X86_64,
        "policy-x32" => Abi::X32,
        other => panic!("no language `{other}`"),
    };
    let text = if default { format!("{example}\ndefault kill;") } else { example.to_owned() };
    match PolicyText::new("a.policy", &text, abi).files(&files).compile() {
        Ok(_) => BTreeSet::new(),
        Err(report) => report.diagnostics.iter().map(|said| said.code.to_string()).collect(),
    }
}

/// A policy that is too long for the page.
fn made(code: ErrorCode) -> Option<String> {
    Some(match code {
        ErrorCode::TooDeep => format!("allow read({}fd == 0{});", "(".repeat(80), ")".repeat(80)),
        ErrorCode::TooLarge => {
            let values: Vec<String> = (0..200_001).map(|value| value.to_string()).collect();
            format!("allow ioctl(cmd in {{{}}});", values.join(", "))
        }
        ErrorCode::FilterTooLong => {
            let values: Vec<String> = (0..6000).map(|value| (value * 7).to_string()).collect();
            format!("allow ioctl(cmd in {{{}}});", values.join(", "))
        }
        ErrorCode::TooManyErrors => "allow raed;\n".repeat(300),
        _ => return None,
    })
}

#[test]
fn every_error_has_a_section_with_an_example_and_its_correction() {
    let sections = sections();
    let documented: BTreeSet<String> = sections.keys().cloned().collect();
    let known = ErrorCode::ALL.iter().map(|code| Code::from(*code).to_string()).collect();
    assert_eq!(documented, known);
    for error in ErrorCode::ALL {
        let code = Code::from(*error).to_string();
        let has_default = *error != ErrorCode::NoDefault;
        let only = BTreeSet::from([code.clone()]);
        let examples = &sections[&code];
        let cure = match (&examples[..], made(*error)) {
            // Only a bug of the compiler gives this error.
            ([], None) if *error == ErrorCode::Internal => continue,
            ([cure], Some(wrong)) => {
                let found = codes("policy", &wrong, true);
                assert!(found.contains(&code), "{code}: {found:?}");
                cure
            }
            ([wrong, cure], None) => {
                assert_eq!(codes(&wrong.0, &wrong.1, has_default), only, "{code}: {}", wrong.1);
                cure
            }
            (examples, _) => panic!("{code} has {} examples", examples.len()),
        };
        assert_eq!(codes(&cure.0, &cure.1, true), BTreeSet::new(), "{code}: {}", cure.1);
    }
}

/// A reader could not look up an error without a code.
#[test]
fn every_error_of_the_macros_is_made_with_a_code() {
    let mut open = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../seccomp-syntax/src").into()];
    while let Some(path) = open.pop() {
        let path: std::path::PathBuf = path;
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if !path.ends_with("errors.rs") {
            let source = std::fs::read_to_string(&path).expect("a source");
            for without_code in
                ["syn::Error::new", "Error::new(", "compile_error!", "compile_error !"]
            {
                let made = source.lines().filter(|line| !line.trim_start().starts_with("//"));
                let made = made.filter(|line| line.contains(without_code)).count();
                assert_eq!(made, 0, "{without_code} in {path:?}");
            }
        }
    }
}

#[test]
fn a_policy_with_report_is_refused_where_there_is_no_handler() {
    let policy = |abi| PolicyText::new("a.policy", "report; allow read; default kill;", abi);
    let has_handler = [Abi::X86_64, Abi::X86, Abi::Aarch64, Abi::Arm, Abi::Riscv64, Abi::S390x];
    for &abi in Abi::ALL {
        let refused = match policy(abi).compile() {
            Ok(_) => None,
            Err(report) => Some(said(&report)),
        };
        assert_eq!(refused.is_none(), has_handler.contains(&abi), "{abi}: {refused:?}");
        if let Some(refused) = refused {
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert_eq!((&*refused[0].0, &*refused[0].1), ("E0506", "a.policy:1:1"));
        }
    }
}

#[test]
fn the_page_shows_a_report_as_it_is() {
    let block = |language: &str| {
        let (_, rest) = PAGE.split_once(&format!("```{language}\n")).expect("a block");
        rest.split_once("```").expect("a closed block").0.to_owned()
    };
    let text = "allow read;\nerrno(EPERM) read(fd == 0);\ndefault kill;";
    let report = PolicyText::new("worker.policy", text, Abi::X86_64).compile().err();
    assert_eq!(report.expect("an error").to_string(), block("report"));
    let report = report_of("allow raed; default kill;");
    assert_eq!(report.to_json() + "\n", block("json"));
}

#[test]
fn an_error_in_a_file_is_at_its_line_and_column_in_that_file() {
    let report = PolicyText::new(
        "a.policy",
        "include \"outer.policy\";\nallow raed; default kill",
        Abi::X86_64,
    )
    .files(&files)
    .cfg("unix")
    .compile();
    let report = report.err().expect("errors");
    let names: Vec<&str> = report.texts.iter().map(|text| text.name.as_str()).collect();
    assert_eq!(names, ["a.policy", "outer.policy", "inner.policy"]);
    let expected = [
        ("E0200", "inner.policy:2:8", "unknown system call `wriet`"),
        ("E0206", "inner.policy:2:21", "`close` has no argument `fdd`: it takes (unsigned int fd)"),
        ("E0200", "a.policy:2:7", "unknown system call `raed`"),
    ];
    let expected = expected.map(|(code, at, text)| (code.into(), at.into(), text.into()));
    assert_eq!(said(&report), expected);
    assert_eq!(
        report.to_string().split("\n\n").next().expect("an error"),
        "error[E0200]: unknown system call `wriet`
  --> inner.policy:2:8
  |
2 |  allow wriet, close(fdd == 1);
  |        ^^^^^
  = help: did you mean `write`?"
    );
}

#[test]
fn rules_that_a_condition_or_a_file_leaves_out_have_no_effect() {
    let text = "#[cfg(feature = \"net\")] include \"net.policy\"; #[cfg(not(feature = \"net\"))] allow frob; \
                allow read; default kill";
    let with = policy(text).cfg_value("feature", "net").compile();
    let with = with.unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(with.tree.items.len(), 3, "the rule of the file, the other one, the default");
    assert_eq!(said(&report_of(text))[0].2, "unknown system call `frob`: no ABI of Linux has it");
    // The tree of the text has all rules, and no name is looked up.
    let tree = policy(text).tree().unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(
        seccomp_ir::tree::print(&tree),
        "#[cfg(feature = \"net\")]\ninclude \"net.policy\";\n#[cfg(not(feature = \"net\"))]\nallow frob;\n\
         allow read;\ndefault kill;\n"
    );
}

#[test]
fn an_include_that_fails_is_an_error_at_the_include() {
    for (text, code, at, message) in [
        ("include \"missing.policy\";", "E0501", "a.policy:1:9", "there is no such file"),
        ("\ninclude \"itself.policy\";", "E0502", "itself.policy:1:21", "includes itself"),
        ("include crate::NET;", "E0503", "a.policy:1:9", "only rustc finds"),
        ("include \"default.policy\";", "E0500", "default.policy:1:13", "belongs in the policy"),
        ("include \"unclosed.policy\";", "E0101", "unclosed.policy:1:11", "is not closed"),
        ("#[cfg()] allow read;", "E0505", "a.policy:1:2", "not a condition of `cfg`"),
    ] {
        let report = report_of(&format!("{text} default kill;"));
        let found = said(&report);
        assert_eq!((found[0].0.as_str(), found[0].1.as_str()), (code, at), "{text}: {found:?}");
        assert!(found[0].2.contains(message), "{found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
    let alone = PolicyText::new("a", "include \"net.policy\"; default kill", Abi::X86_64).compile();
    assert_eq!(said(&alone.err().expect("no files"))[0].0, "E0501");
    let deep = |name: &str| Ok(format!("include \"{name}x\";"));
    let deep =
        PolicyText::new("a", "include \"x\"; default kill", Abi::X86_64).files(&deep).compile();
    assert_eq!(said(&deep.err().expect("too deep"))[0].0, "E0501");
    let wide = |_: &str| Ok("allow read;".repeat(2000));
    let text = "include \"x\";".repeat(100) + "default kill";
    let wide = PolicyText::new("a", &text, Abi::X86_64).files(&wide).compile();
    assert_eq!(said(&wide.err().expect("too much"))[0].0, "E0407");
}

#[test]
fn the_error_about_a_missing_item_is_at_the_end_also_of_an_empty_text() {
    assert_eq!(said(&report_of("allow read;\n"))[0].1, "a.policy:1:12");
    assert_eq!(said(&report_of(""))[0].1, "a.policy:1:1");
    assert_eq!(said(&report_of("include \"empty.policy\";"))[0].1, "a.policy:1:24");
    let rules = policy("allow read;").rules_alone().compile();
    assert!(rules.is_ok(), "rules alone lack no default");
}

#[test]
fn warnings_are_in_the_report_of_a_compiled_policy() {
    let text = "#[allow(seccomp::no_exit)] include \"powerful.policy\";\nallow rt_sigreturn, read; allow read(fd == 0);\n\
                default kill";
    let CompiledText { report, compiled, .. } =
        policy(text).compile().unwrap_or_else(|report| panic!("{report}"));
    assert!(report.is_right() && compiled.warnings.is_empty());
    let found: Vec<_> = said(&report).into_iter().map(|(code, at, _)| (code, at)).collect();
    let expected = [
        ("redundant_rule", "a.policy:2:33"),
        ("powerful_call", "powerful.policy:1:7"),
        ("no_exit", "a.policy:3:1"),
    ];
    assert_eq!(found, expected.map(|(code, at)| (code.to_owned(), at.to_owned())));
    let redundant = &report.diagnostics[0];
    assert_eq!(redundant.code.severity(), Severity::Warning);
    assert_eq!(report.position(&redundant.labels[0].0), "a.policy:2:21");
}

#[test]
fn a_policy_means_the_same_as_text_and_as_tokens() {
    let mut compared = 0;
    for topic in Topic::load_all() {
        for case in topic.cases.iter().step_by(4) {
            let target = case.targets[0];
            let text = PolicyText::new("a", &case.policy, target).compile();
            let span = proc_macro2::Span::call_site();
            let tokens = compile(case.policy.parse().expect("tokens"), span, target);
            match (text, tokens) {
                (Ok(text), Ok(tokens)) => {
                    assert_eq!(text.compiled.filter.instructions, tokens.filter.instructions);
                    compared += 1;
                }
                (Err(report), Err(errors)) => {
                    assert_eq!(report.diagnostics.len(), errors.iter().count(), "{report}");
                }
                _ => panic!("one is refused: {}", case.policy),
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

/// Applies the replacement of a diagnostic, and nothing else.
fn applied(report: &Report, said: &TextDiagnostic) -> Option<String> {
    let (place, new) = said.replacement.as_ref()?;
    let mut text = report.texts[place.text].text.clone();
    text.replace_range(place.bytes.clone(), new);
    Some(text)
}

#[test]
fn a_replacement_corrects_its_diagnostic() {
    let mut cured = 0;
    for text in [
        "allow raed; default kill",
        "allow mmap2; default kill",
        "allow socket(family == AF_INTE); default kill",
        "allow read(fdd == 0); default kill",
        "arch amd64; default kill",
        "arch x86; default kill",
        "#[allow(seccomp::no_exot)] default kill",
        "allow read(fd == 0XA); default kill",
        "allow read(fd == 10u32); default kill",
        "alow read; default kill",
        "permit read; default kill",
        "allow read(fd = 0); default kill",
        "allow read(fd == 0 and fd == 1 || fd == 2); default kill",
        "allow read(fd == 0 or fd == 1); default kill",
    ] {
        let report = report_of(text);
        let [said] = &report.diagnostics[..] else { panic!("{report}") };
        let better = applied(&report, said).unwrap_or_else(|| panic!("no replacement: {report}"));
        if let Err(report) = policy(&better).compile() {
            panic!("{text} became {better}:\n{report}");
        }
        cured += 1;
    }
    assert_eq!(cured, 14);
}

#[test]
fn a_report_as_json_has_what_the_report_has() {
    let text = "allow read, wriet;\nallow \u{e4};\n\"\\\";\ndefault kill";
    for text in [text, "errno(\"a\tb\") read;", "allow read; errno(1) read(fd == 0); default kill"]
    {
        let report = report_of(text);
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
        assert_eq!(json["version"], JSON_VERSION);
        let all = json["diagnostics"].as_array().expect("a list");
        assert_eq!(all.len(), report.diagnostics.len());
        for (json, said) in all.iter().zip(&report.diagnostics) {
            assert_eq!(json["code"], said.code.to_string());
            assert_eq!(json["message"], said.message);
            assert_eq!(json["help"].as_str(), said.help.as_deref());
            assert_eq!(json["place"]["start"]["byte"], said.place.bytes.start);
            let (line, column) = report.line_and_column(said.place.text, said.place.bytes.start);
            assert_eq!(json["place"]["start"]["line"], line);
            assert_eq!(json["place"]["start"]["column"], column);
            assert_eq!(json["labels"].as_array().expect("a list").len(), said.labels.len());
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_shown_where_it_matters() {
    let text = format!("allow {}raed; default kill", "read(fd == 0), ".repeat(200));
    let report = report_of(&text);
    let shown = report.to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() < 180), "{shown}");
    let mark = lines.iter().position(|line| line.contains('^')).expect("a mark");
    let at = lines[mark].find('^').expect("a mark");
    let marked: String = lines[mark - 1].chars().skip(at).take(4).collect();
    assert_eq!(marked, "raed");
}

#[test]
fn the_example_of_a_build_script_has_its_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/built");
    let files =
        |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    let text = files("policies/worker.policy").expect("the example");
    for abi in [Abi::X86_64, Abi::Aarch64, Abi::S390x] {
        for debug in [true, false] {
            let mut worker = PolicyText::new("worker.policy", &text, abi).files(&files);
            worker = worker.cfg_value("feature", "net");
            if debug {
                worker = worker.cfg("debug_assertions");
            }
            let compiled = worker.compile().unwrap_or_else(|report| panic!("{report}"));
            assert_eq!(compiled.report.diagnostics.len(), 0, "{}", compiled.report);
            let rust = compiled.to_rust("::some::path");
            assert!(rust.contains("some :: path") && rust.contains("crate :: LOG"), "{rust}");
        }
    }
}

/// The errors and warnings of a policy: the code, and each label with the text at its place.
fn labels(text: &str) -> Vec<(String, Vec<String>)> {
    let report = match policy(text).compile() {
        Ok(compiled) => compiled.report,
        Err(report) => report,
    };
    let label = |(place, what): &(seccomp_syntax::report::TextRange, String)| {
        format!("{}: {what}", &report.texts[place.text].text[place.bytes.clone()])
    };
    let all = report.diagnostics.iter();
    all.map(|said| (said.code.to_string(), said.labels.iter().map(label).collect())).collect()
}

#[test]
fn a_diagnostic_about_another_rule_has_a_label_there() {
    const ENDINGS: &str = "allow exit, rt_sigreturn; default kill";
    for (rules, code, expected) in [
        ("allow read, write; log write(fd == 1)", "E0402", &["write: decided here"][..]),
        (
            "allow ioctl(cmd < 9), ioctl(cmd > 5); kill ioctl",
            "E0402",
            &["ioctl: decided here", "ioctl: decided here"],
        ),
        ("allow read; allow read(fd == 0)", "redundant_rule", &["read: decided here"]),
        ("unknown kill; unknown kill", "E0401", &["unknown: the first"]),
        ("arch x86_64; arch x86", "E0401", &["x86_64: the first"]),
        (
            "allow clone(flags & CLONE_NEWUSER == 0), clone3",
            "clone3_allowed",
            &["clone3: `clone3` is allowed here"],
        ),
        ("errno(EPERM) clone3; allow clone", "clone3_denied", &["clone: `clone` is allowed here"]),
        (
            "errno(EPERM) ioctl(cmd == TIOCSTI); allow ioctl",
            "tioclinux_allowed",
            &["ioctl: `TIOCLINUX` is allowed here"],
        ),
        (
            "errno(EPERM) execve; allow execveat",
            "sibling_allowed",
            &["execveat: `execveat` is allowed here"],
        ),
        (
            "arch x86_64, x86; errno(EPERM) socket; allow socketcall",
            "E0404",
            &["socketcall: `socketcall` is decided here"],
        ),
    ] {
        let found = labels(&format!("{rules}; {ENDINGS}"));
        let expected = expected.iter().map(|&label| label.to_owned()).collect();
        assert_eq!(found, [(code.to_owned(), expected)], "{rules}");
    }
}
