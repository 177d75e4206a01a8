//! The diagnostics of one text.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};
use seccomp_bpf::abi::Abi;
use seccomp_ir::diagnostic::{Code, ErrorCode, Lint};
use seccomp_ir::tree::{ItemKind, Tree};
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::{Report, TextDiagnostic};

use super::target::Target;
use crate::sources::{
    FileKind, FoundMacro, MacroKind, NotRust, find_macros, in_source, package_root, read_text,
    shifted,
};

/// The diagnostics of a file.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// How many policies and fragments were checked.
    pub(crate) policies: usize,
    /// How many were not checked, because rustc does not see them for this target, or a `macro_rules!` makes them.
    pub(crate) left_out: usize,
    /// A report for each policy that has diagnostics, with places in the files but without the text of the file,
    /// because a file may have thousands of policies. [`Self::for_each`] adds the text.
    pub(crate) reports: Vec<Report>,
}

/// The warnings that depend on rules which a fragment may have.
const OF_ALL_RULES: [Lint; 12] = [
    Lint::Clone3Allowed,
    Lint::Clone3Denied,
    Lint::ConditionWithoutEffect,
    Lint::ExactDenial,
    Lint::ExactFlags,
    Lint::NoExit,
    Lint::NoSigreturn,
    Lint::PowerfulCall,
    Lint::SiblingAllowed,
    Lint::Time64Denied,
    Lint::TioclinuxAllowed,
    Lint::ValueAsMask,
];

/// Checks `text`, the content of the file at `path`.
///
/// # Errors
///
/// The text is not Rust.
pub(crate) fn check_file(
    path: &Path,
    kind: FileKind,
    text: &str,
    target: &Target,
) -> Result<Checked, NotRust> {
    let mut checked = Checked::default();
    let name = path.display().to_string();
    if kind == FileKind::Policy {
        let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
        let report = check(path, &name, without_mark, target, None);
        checked.policies = 1;
        checked.add(shifted(report, "", text.len() - without_mark.len()));
        return Ok(checked);
    }
    for one in find_macros(text)? {
        let Some((target, silent)) = seen_by_rustc(&one, target) else {
            checked.left_out += 1;
            continue;
        };
        checked.policies += 1;
        let mut report = check(path, &name, &text[one.rules.clone()], &target, Some(one.kind));
        report.diagnostics.retain(|said| !silent || matches!(said.code, Code::Error(_)));
        checked.add(in_source(report, "", &one));
    }
    Ok(checked)
}

impl Checked {
    /// Passes each report to `show`, with `text`, the text of the file.
    pub(crate) fn for_each(self, mut text: String, mut show: impl FnMut(&Report)) {
        for mut report in self.reports {
            if let Some(first) = report.texts.first_mut() {
                std::mem::swap(&mut first.text, &mut text);
            }
            show(&report);
            if let Some(first) = report.texts.first_mut() {
                std::mem::swap(&mut first.text, &mut text);
            }
        }
    }

    fn add(&mut self, report: Report) {
        if !report.diagnostics.is_empty() {
            self.reports.push(report);
        }
    }
}

/// The options with which rustc sees a policy (those of the program, or otherwise those of its tests), and whether it
/// silences the warnings.
fn seen_by_rustc(one: &FoundMacro, target: &Target) -> Option<(Target, bool)> {
    if one.template {
        return None;
    }
    let options = [target.clone(), target.of_tests()];
    options
        .into_iter()
        .find_map(|target| Some((target.sees(&one.attributes)?, target)))
        .map(|(silent, target)| (target, silent))
}

/// The diagnostics of a policy, or of the rules of a fragment or of an included file.
fn check(path: &Path, name: &str, text: &str, target: &Target, kind: Option<MacroKind>) -> Report {
    let tree = match PolicyText::new(name, text, target.abi).tree() {
        Ok(tree) => tree,
        Err(report) => return report,
    };
    let fragments = fragments(text);
    let known = blanked(text, &fragments);
    let read = RefCell::new(IncludedFiles { read: Vec::new(), fragments: !fragments.is_empty() });
    let files = |file: &str| included(path, file, &read);
    let abi = served(&tree, target.abi);
    let mut policy = target.set(PolicyText::new(name, &known, abi)).files(&files);
    let rules_only = match kind {
        Some(MacroKind::Fragment) => true,
        Some(MacroKind::Policy) => false,
        // A file without such items is for policies to include.
        None => !tree.items.iter().any(|item| is_of_policies(&item.kind)),
    };
    if rules_only {
        policy = policy.rules_alone();
    }
    let mut report = match policy.compile() {
        Ok(compiled) => compiled.report,
        Err(report) => report,
    };
    let conditional_default = tree
        .items
        .iter()
        .any(|item| matches!(item.kind, ItemKind::Default(_)) && !item.conditions.is_empty());
    let IncludedFiles { read, fragments } = read.into_inner();
    report.diagnostics.retain(|said| is_certain(said, fragments, conditional_default));
    // Show included files by their paths.
    for text in report.texts.iter_mut().skip(1) {
        if let Some((_, shown)) = read.iter().find(|(known, _)| *known == text.name) {
            text.name.clone_from(shown);
        }
    }
    report
}

/// Whether the diagnostic is right whatever rustc decides.
fn is_certain(said: &TextDiagnostic, fragments: bool, conditional_default: bool) -> bool {
    let is = |code| said.code == Code::Error(code);
    if let Code::Warning(lint) = said.code {
        return !fragments || !OF_ALL_RULES.contains(&lint);
    }
    // A rule of a fragment may deny the other call.
    !(is(ErrorCode::SideStepped) && fragments || is(ErrorCode::NoDefault) && conditional_default)
}

/// Items that only a policy has.
fn is_of_policies(item: &ItemKind) -> bool {
    match item {
        ItemKind::Default(_)
        | ItemKind::BadArch(_)
        | ItemKind::Unknown(_)
        | ItemKind::Arch(_)
        | ItemKind::Report(_) => true,
        ItemKind::Rule(_) | ItemKind::Include(_) => false,
    }
}

/// The ABI to check for: the ABI of the target, unless the policy lists only other ABIs. Then it is for another target,
/// and this is its first ABI.
fn served(tree: &Tree, target: Abi) -> Abi {
    let mut first = None;
    for item in &tree.items {
        let ItemKind::Arch(names) = &item.kind else { continue };
        for name in names {
            let Ok(abi) = name.text.parse() else { return target };
            if abi == target {
                return target;
            }
            first.get_or_insert(abi);
        }
    }
    first.unwrap_or(target)
}

/// The places of the items that include a fragment.
fn fragments(text: &str) -> Vec<Range<usize>> {
    let (mut all, mut begun) = (Vec::new(), None);
    let (mut included, mut first) = (false, true);
    for token in TokenStream::from_str(text).unwrap_or_default() {
        let place = token.span().byte_range();
        begun.get_or_insert(place.start);
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == ';' => {
                if let (Some(start), true) = (begun.take(), included) {
                    all.push(start..place.end);
                }
                (included, first) = (false, true);
            }
            TokenTree::Ident(word) if first => (included, first) = (word == "include", false),
            // The name of a file.
            TokenTree::Literal(_) => included = false,
            _ => {}
        }
    }
    if let (Some(start), true) = (begun, included) {
        all.push(start..text.trim_end().len());
    }
    all
}

/// The text with spaces at these places, so that the rest stays where it is.
fn blanked(text: &str, places: &[Range<usize>]) -> String {
    let mut blanked = text.to_owned();
    for place in places {
        let spaces: String = text[place.clone()]
            .bytes()
            .map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { ' ' })
            .collect();
        blanked.replace_range(place.clone(), &spaces);
    }
    blanked
}

/// The files that a policy includes.
struct IncludedFiles {
    /// The name of each file as it is written, and its path.
    read: Vec<(String, String)>,
    /// Whether the policy or an included file includes fragments.
    fragments: bool,
}

/// The text of a file that the policy in `path` includes. It looks for the file beside `Cargo.toml`, and otherwise
/// beside the policy.
fn included(path: &Path, name: &str, files: &RefCell<IncludedFiles>) -> Result<String, String> {
    let beside = path.parent().unwrap_or(Path::new(""));
    let root = package_root(path).map(|root| root.join(name)).filter(|file| file.exists());
    let file = root.unwrap_or_else(|| beside.join(name));
    let here = std::env::current_dir().unwrap_or_default();
    let shown = file.strip_prefix(here).unwrap_or(&file).display().to_string();
    files.borrow_mut().read.push((name.to_owned(), shown));
    let text = read_text(&file).map_err(|error| format!("{error:#}"))?;
    let fragments = fragments(&text);
    files.borrow_mut().fragments |= !fragments.is_empty();
    Ok(blanked(&text, &fragments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::new(None, Some("x86_64"), &["feature=\"net\"".to_owned()]).expect("rustc runs")
    }

    fn said(name: &str, text: &str) -> Vec<String> {
        let path = Path::new(name);
        let kind = crate::sources::kind_of(path);
        let checked = check_file(path, kind, text, &target()).expect("Rust");
        let mut all = Vec::new();
        checked.for_each(text.to_owned(), |report| {
            for said in &report.diagnostics {
                all.push(format!("{} {}", report.position(&said.place), said.code));
            }
        });
        all
    }

    #[test]
    fn a_byte_order_mark_moves_no_place() {
        for (name, text) in [
            ("a.policy", "allow raed, @rust-exit, rt_sigreturn;\r\n\tallow wriet;\ndefault kill"),
            (
                "a.rs",
                "seccomp_policy! { allow raed, @rust-exit, rt_sigreturn;\r\n\tallow wriet;\ndefault kill }",
            ),
        ] {
            let places = said(name, text);
            assert_eq!(places.len(), 2, "{places:?}");
            assert_eq!(said(name, &format!("\u{feff}{text}")), places);
        }
    }

    #[test]
    fn the_reports_of_many_policies_do_not_have_the_text_of_the_file_each() {
        let text = "seccomp_policy! { default kill }\n".repeat(300);
        let checked =
            check_file(Path::new("a.rs"), FileKind::Rust, &text, &target()).expect("Rust");
        assert_eq!(checked.reports.len(), 300);
        let kept: usize =
            checked.reports.iter().flat_map(|report| &report.texts).map(|one| one.text.len()).sum();
        assert_eq!(kept, 0);
        checked.for_each(text.clone(), |report| assert_eq!(report.texts[0].text, text));
    }

    #[test]
    fn every_warning_is_about_one_rule_or_about_all() {
        let of_one = [
            Lint::AlwaysTrue,
            Lint::AnyOfBits,
            Lint::BadArchAllow,
            Lint::DecimalMode,
            Lint::DefaultAllow,
            Lint::ForeignConstant,
            Lint::IgnoredArgument,
            Lint::JoinedValues,
            Lint::NarrowCast,
            Lint::OpenCommand,
            Lint::RedundantRule,
            Lint::SeveralCalls,
            Lint::WideCast,
        ];
        for lint in Lint::ALL {
            assert!(of_one.contains(lint) != OF_ALL_RULES.contains(lint), "{}", lint.name());
        }
    }

    #[test]
    fn an_error_in_a_source_has_its_place_there() {
        let source = "// ä\nfn f() {\n    let p = r::seccomp_policy! {\n        allow raed;\n        allow socket(type == AF_INET), rt_sigreturn, exit_group;\n        default kill\n    };\n}\n";
        assert_eq!(said("a.rs", source), ["a.rs:4:15 E0200"]);
        let right = source.replace("raed", "read");
        assert_eq!(said("a.rs", &right), ["a.rs:5:30 foreign_constant"]);
    }

    #[test]
    fn parts_that_only_rustc_knows_are_not_errors() {
        for right in [
            "const A: P = seccomp_policy! { include fragments::BASE; default kill };",
            "const A: P = seccomp_policy! { #[allow(seccomp::no_exit)] include crate::B; allow clone(flags & !CSIGNAL == 0); default kill };",
            "const A: P = seccomp_policy! { allow write(fd in {self::LOG, { FD + 1 }, $log}), @rust-exit, rt_sigreturn; default kill };",
            "macro_rules! m { ($n:ident) => { seccomp_policy! { allow $n; default kill } } }",
            "#[cfg(target_arch = \"aarch64\")] const A: P = seccomp_policy! { allow nothing; default kill };",
            "const A: P = seccomp_policy! { arch aarch64, arm; allow arm_fadvise64_64, exit_group, rt_sigreturn; default kill };",
            "const A: P = seccomp_policy! { #[cfg(feature = \"other\")] allow raed; allow @rust-exit, rt_sigreturn; #[cfg(x)] default kill };",
            "seccomp_fragment! { pub NET { allow socket(family == AF_INET); include crate::X; } }",
            "$crate::seccomp_policy! { default kill }",
        ] {
            assert!(
                said("a.rs", right).iter().all(|one| !one.contains(" E")),
                "{right}: {:?}",
                said("a.rs", right)
            );
        }
        let fragment = "const A: P = seccomp_policy! { include fragments::BASE; default kill };";
        assert!(said("a.rs", fragment).is_empty());
    }

    #[test]
    fn attributes_around_the_module_of_a_file_count_for_the_file() {
        use crate::sources::Attributes;
        let text = "const A: P = seccomp_policy! { allow socket(type == AF_INET), @rust-exit, rt_sigreturn; default kill };";
        let silent = Attributes { conditions: Vec::new(), silent: true };
        let other = Attributes { conditions: vec!["windows".to_owned()], silent: false };
        let open = Attributes::default();
        for (around, policies, reports) in [
            (vec![open.clone()], 1, 1),
            (vec![silent.clone()], 1, 0),
            (vec![silent.clone(), other.clone()], 1, 0),
            (vec![silent, open], 1, 1),
            (vec![other], 0, 0),
        ] {
            let target = target().with_around(around.clone());
            let checked = check_file(Path::new("a.rs"), FileKind::Rust, text, &target);
            let checked = checked.expect("Rust");
            assert_eq!(
                (checked.policies, checked.reports.len()),
                (policies, reports),
                "{around:?}"
            );
        }
    }

    #[test]
    fn errors_beside_parts_that_only_rustc_knows_are_reported() {
        assert_eq!(
            said("a.rs", "seccomp_policy! { include a::B; allow raed; default kill }"),
            ["a.rs:1:39 E0200"]
        );
        assert_eq!(
            said(
                "a.rs",
                "#[cfg(test)] mod t { const A: P = seccomp_policy! { #[cfg(test)] allow raed; default kill }; }"
            ),
            ["a.rs:1:72 E0200"]
        );
        assert_eq!(
            said("a.rs", "seccomp_policy! { #[cfg(feature = \"net\")] allow raed; default kill }"),
            ["a.rs:1:49 E0200"]
        );
        assert_eq!(
            said("a.rs", "seccomp_fragment! { NET { default kill; } }"),
            ["a.rs:1:27 E0500"]
        );
    }

    #[test]
    fn a_file_without_a_default_is_one_that_policies_include() {
        assert!(said("a.policy", "allow read;").is_empty());
        assert_eq!(said("a.policy", "allow raed;"), ["a.policy:1:7 E0200"]);
        assert_eq!(said("a.policy", "unknown errno(ENOSYS); allow read;").len(), 1);
        assert_eq!(
            said("a.policy", "include \"none.policy\"; default kill")[0],
            "a.policy:1:9 E0501"
        );
    }

    #[test]
    fn included_files_are_checked_where_they_are() {
        let folder =
            std::env::temp_dir().join(format!("cargo-seccomp-lint-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("src")).expect("a folder");
        std::fs::write(folder.join("Cargo.toml"), "").expect("a file");
        std::fs::write(folder.join("net.policy"), "allow sokket;").expect("a file");
        let source = folder.join("src/main.rs");
        let text = "seccomp_policy! { include \"net.policy\"; default kill }";
        let checked = check_file(&source, FileKind::Rust, text, &target()).expect("Rust");
        let report = &checked.reports[0];
        let position = report.position(&report.diagnostics[0].place);
        assert_eq!(position, format!("{}:1:7", folder.join("net.policy").display()));
        std::fs::remove_dir_all(&folder).expect("it is there");
    }
}
