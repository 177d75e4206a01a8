use super::*;

fn format(source: &str) -> String {
    let done = formatted("a.rs", source).expect("Rust");
    assert!(done.errors.is_empty(), "{}", done.errors[0]);
    let again = formatted("a.rs", &done.text).expect("Rust");
    assert_eq!(again.text, done.text, "a second time changes nothing");
    done.text
}

#[test]
fn rules_are_indented_as_their_macro_is_and_all_else_stays() {
    assert_eq!(
        format("const  A: P=seccomp_policy!{allow read ( fd==0 ),write;default kill};  // x\n"),
        "const  A: P=seccomp_policy!{\n    allow read(fd == 0), write;\n    default kill;\n};  // x\n"
    );
    assert_eq!(
        format("mod m {\n    const A: P =\n        r::seccomp_policy![ default   kill ];\n}\n"),
        "mod m {\n    const A: P =\n        r::seccomp_policy![\n            default kill;\n        ];\n}\n"
    );
}

#[test]
fn comments_stay_and_those_on_several_lines_keep_their_spaces() {
    let source = "\
fn f() {
    let p = seccomp_policy! { // first
        /* one
             two */ allow read; // reads

        // ends
        default kill // last
    };
}
";
    assert_eq!(
        format(source),
        "\
fn f() {
    let p = seccomp_policy! {
        // first
        /* one
             two */
        allow read; // reads

        // ends
        default kill; // last
    };
}
"
    );
}

#[test]
fn tabs_and_the_line_ends_of_the_file_stay() {
    assert_eq!(
        format(
            "mod m {\r\n\tconst A: P = seccomp_policy! {\r\n\t\tallow read;\r\n  default kill };\r\n}\r\n"
        ),
        "mod m {\r\n\tconst A: P = seccomp_policy! {\r\n\t\tallow read;\r\n\t\tdefault kill;\r\n\t};\r\n}\r\n"
    );
    let long =
        format!("\tseccomp_policy! {{ allow {}read; default kill }}\n", "openat, ".repeat(20));
    assert!(format(&long).contains("\n\t\t\topenat"), "{}", format(&long));
    assert_eq!(
        format("seccomp_policy! {\n\tallow read; default kill\n}\n"),
        "seccomp_policy! {\n\tallow read;\n\tdefault kill;\n}\n"
    );
}

#[test]
fn fragments_values_of_the_run_and_templates_are_understood() {
    assert_eq!(
        format(
            "seccomp_fragment! {\n    /// Doc.\n    pub NET { allow   socket; include  crate::X; }\n}\n"
        ),
        "seccomp_fragment! {\n    /// Doc.\n    pub NET {\n        allow socket;\n        include crate::X;\n    }\n}\n"
    );
    assert_eq!(
        format("seccomp_policy! {\nallow write(fd==$log,fd!={X+1});default kill}"),
        "seccomp_policy! {\n    allow write(fd == $log, fd != { X + 1 });\n    default kill;\n}"
    );
    let template =
        "macro_rules! m { ($f:expr) => { seccomp_policy! {allow read(fd==$f); default kill} } }";
    assert_eq!(format(template), template);
    assert_eq!(format("seccomp_policy! {}"), "seccomp_policy! {}");
}

#[test]
fn a_policy_with_an_error_stays_as_it_is_and_the_error_has_its_place_in_the_file() {
    let source = "const A: P = seccomp_policy! {default   kill};\r\nconst B: P = seccomp_policy! {\r\n  alow read;\r\n};\r\n";
    let done = formatted("a.rs", source).expect("Rust");
    assert!(done.text.ends_with("seccomp_policy! {\r\n  alow read;\r\n};\r\n"), "{}", done.text);
    assert!(done.text.contains("{\r\n    default kill;\r\n}"), "{}", done.text);
    let report = &done.errors[0];
    assert_eq!(report.position(&report.diagnostics[0].place), "a.rs:3:3");
}

#[test]
fn learned_rules_go_into_the_policy_at_their_place() {
    let source = "mod m {\n    /// ä\n    const A: P = r::seccomp_policy! { default kill };\n    const B: P = seccomp_policy! { default log };\n}\n";
    let rules = "// Learned.\nallow read;\n";
    let with = with_rules("a.rs", source, 3, 18, rules).expect("a policy");
    assert_eq!(
        with,
        "mod m {\n    /// ä\n    const A: P = r::seccomp_policy! {\n        // Learned.\n        allow read;\n\n        default kill;\n    };\n    const B: P = seccomp_policy! { default log };\n}\n"
    );
    for (line, column) in [(3, 19), (1, 1), (99, 1), (3, 0), (3, 999)] {
        let error = with_rules("a.rs", source, line, column, rules).expect_err("no policy there");
        assert!(error.to_string().contains("there is no `seccomp_policy!` at a.rs:"), "{error}");
    }
    let two = "seccomp_policy! { const A: P = { default kill }; const B: P = { default kill }; }";
    assert!(with_rules("a.rs", two, 1, 1, rules).is_err());
}

#[test]
fn a_policy_file_keeps_its_line_ends_and_its_mark() {
    let done = formatted_policy("a.policy", "\u{feff}allow  read;\r\n\r\ndefault kill");
    assert_eq!(done.text, "\u{feff}allow read;\r\n\r\ndefault kill;\r\n");
    let with =
        policy_with_rules("a.policy", "default kill;\r\n", "allow read;\n").expect("a policy");
    assert_eq!(with, "allow read;\r\n\r\ndefault kill;\r\n");
    let wrong = formatted_policy("a.policy", "allow read\ndefault kill");
    assert_eq!((wrong.text.as_str(), wrong.errors.len()), ("allow read\ndefault kill", 1));
}
