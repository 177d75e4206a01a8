use super::*;

fn rules(source: &str) -> Vec<(Option<String>, String)> {
    let found = find_macros(source).expect("Rust");
    found.into_iter().map(|one| (one.name, source[one.rules].trim().to_owned())).collect()
}

fn text(name: &str, rules: &str) -> (Option<String>, String) {
    ((!name.is_empty()).then(|| name.to_owned()), rules.to_owned())
}

#[test]
fn a_policy_is_found_wherever_it_is() {
    let source = r#"//! seccomp_policy! { in a comment }
            const A: Policy = seccomp_policy! { default kill };
            static B: seccomp_runtime::Policy = ::seccomp_runtime::seccomp_policy!(allow a; default kill);
            mod m { impl T { const C: Policy = renamed::seccomp_policy![default log]; } }
            fn f() { let mut d = seccomp_policy! { allow write(fd == $log); default kill }; }
            outer! { inner(seccomp_policy! { allow e; }) }
            const TEXT: &str = "seccomp_policy! { in a string }";
        "#;
    assert_eq!(
        rules(source),
        [
            text("A", "default kill"),
            text("B", "allow a; default kill"),
            text("C", "default log"),
            text("d", "allow write(fd == $log); default kill"),
            text("", "allow e;"),
        ]
    );
}

#[test]
fn constants_in_the_macro_and_fragments_have_their_names() {
    let source = r"
            seccomp_policy! {
                /// Doc.
                #[must_use] pub(crate) const A: Policy = { allow a; default kill };
                const B: Policy = { default kill };
            }
            seccomp_fragment! {
                /// Doc.
                pub(crate) NET { allow socket; include crate::OTHER; }
                #[cfg(unix)] OTHER { allow read; }
            }
            seccomp_fragment! { pub(in crate::a) LAST { allow f({ X }); } }
        ";
    assert_eq!(
        rules(source),
        [
            text("A", "allow a; default kill"),
            text("B", "default kill"),
            text("NET", "allow socket; include crate::OTHER;"),
            text("OTHER", "allow read;"),
            text("LAST", "allow f({ X });"),
        ]
    );
}

#[test]
fn another_name_of_the_macro_counts() {
    let source = "use seccomp_runtime::{seccomp_policy as policy, Policy}; const A: Policy = policy! { default kill };";
    assert_eq!(rules(source), [text("A", "default kill")]);
}

#[test]
fn attributes_around_a_policy_are_kept() {
    let source = r#"
            #![cfg(unix)]
            #[cfg(target_arch = "x86_64")]
            mod m { #[cfg(a)] const A: Policy = seccomp_policy! { default kill }; const B: Policy = seccomp_policy! { default log }; }
            const C: Policy = seccomp_policy! { default trap };
            macro_rules! m { ($x:expr) => { seccomp_policy! { allow read(fd == $x); default kill } }; }
            macro_rules! n { () => { seccomp_policy! { default kill } }; }
        "#;
    let found = find_macros(source).expect("Rust");
    let conditions: Vec<_> =
        found.iter().map(|one| one.attributes.conditions.join(" and ")).collect();
    assert_eq!(
        conditions,
        [
            "unix and target_arch = \"x86_64\" and a",
            "unix and target_arch = \"x86_64\"",
            "unix",
            "unix",
            "unix"
        ]
    );
    let silent = "#![allow(deprecated)] fn f() { seccomp_policy! { default kill } }";
    assert!(find_macros(silent).expect("Rust")[0].attributes.silent && !found[0].attributes.silent);
    let within = "seccomp_fragment! { #[cfg(a)] A { allow x; } B { allow y; } }";
    let conditions: Vec<_> = find_macros(within)
        .expect("Rust")
        .into_iter()
        .map(|one| one.attributes.conditions)
        .collect();
    assert_eq!(conditions, [vec!["a".to_owned()], Vec::new()]);
    let templates: Vec<_> = found.iter().map(|one| one.template).collect();
    assert_eq!(templates, [false, false, false, true, false]);
}

#[test]
fn places_are_bytes_of_the_file() {
    for before in ["", "\u{feff}", "#!/usr/bin/env rust-script ä\n", "// ä 🦀\r\n", "#![allow(x)]"]
    {
        let source = format!("{before}const A: P = r::seccomp_policy! {{default kill}};");
        let found = find_macros(&source).expect("Rust");
        assert_eq!(&source[found[0].rules.clone()], "default kill", "{before:?}");
        assert!(source[found[0].at..].starts_with("r::"), "{before:?}");
    }
}

#[test]
fn the_error_for_a_source_that_is_not_rust_has_a_place_and_depth_does_no_harm() {
    let error = find_macros("seccomp_policy!\n  { \"").expect_err("a quote is open");
    assert_eq!((error.line, error.column), (2, 5));
    let deep = format!("seccomp_policy! {}{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(find_macros(&deep).expect("tokens").len(), 1);
}
