//! The documents are true: the compiler gives the messages that they quote, and the files and tests that they name
//! exist. Their examples are documentation tests (`src/documents.rs`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use seccomp_ir::abi::Abi;
use seccomp_ir::lint::Lint;
use seccomp_syntax::PolicyText;

/// A document of the project.
struct Document {
    path: PathBuf,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a directory that end in `extension`, in order.
fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == extension))
        .collect();
    files.sort();
    files
}

/// The pages at the root, every page of docs/, and the README of every published crate.
fn documents() -> Vec<Document> {
    let mut paths = files(root(), "md");
    paths.extend(files(&root().join("docs"), "md"));
    paths.extend(PUBLISHED.map(|package| root().join(package).join("README.md")));
    paths.into_iter().map(|path| Document { text: read(&path), path }).collect()
}

/// The crates that are published.
const PUBLISHED: [&str; 9] = [
    "seccomp-bpf",
    "seccomp-ir",
    "seccomp-syntax",
    "seccomp-macros",
    "seccomp-install",
    "seccomp-load",
    "seccomp-decompile",
    "seccomp-runtime",
    "cargo-seccomp",
];

fn page(name: &str) -> String {
    read(&root().join("docs").join(name))
}

/// The blocks between fences that say `language`, without the fences.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, fence)) = rest.split_once("\n```") {
        let (words, body) = fence.split_once('\n').expect("a fence ends its line");
        let (block, after) = body.split_once("\n```").expect("every fence is closed");
        if words == language {
            blocks.push(block);
        }
        rest = after;
    }
    blocks
}

#[test]
fn every_message_that_a_document_quotes_is_one_that_the_compiler_gives() {
    let given: Vec<String> =
        files(&root().join("tests/ui"), "stderr").iter().map(|f| read(f)).collect();
    let mut quoted = 0;
    for Document { path, text } in documents() {
        for block in blocks(&text, "text") {
            if !block.lines().any(|line| line.starts_with("error")) {
                continue;
            }
            quoted += 1;
            let found = given.iter().any(|stderr| {
                // Whole lines, so that the beginning of a message does not pass for it.
                format!("\n{stderr}\n").contains(&format!("\n{block}\n"))
            });
            assert!(found, "{} quotes what no test of tests/ui gives:\n{block}", path.display());
        }
    }
    assert!(quoted > 0, "no document quotes a message");
}

#[test]
fn every_file_that_a_document_links_to_exists() {
    for Document { path, text } in documents() {
        for target in inline_links(&text).chain(defined_links(&text).map(|(_, target)| target)) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => path.clone(),
                file => path.parent().expect("is in a directory").join(file),
            };
            assert!(file.exists(), "{} links to {target}, which is not there", path.display());
            if !anchor.is_empty() {
                let known = read(&file).lines().any(|line| anchor_of(line) == Some(anchor.into()));
                assert!(known, "{} links to {target}, which has no such heading", path.display());
            }
        }
    }
}

/// The table of docs/world.md has what `examples/world/libraries` recorded: for each C library and each version of Rust,
/// the calls by which the service differs from the first row.
#[test]
fn the_calls_of_each_library_are_those_of_the_last_run() {
    let page = page("world.md");
    let recorded = read(&root().join("examples/world/libraries/calls.tsv"));
    let mut rows = recorded.lines().map(|line| {
        let (title, calls) = line.split_once('\t').expect("a title and calls");
        (title, calls.split(' ').collect::<BTreeSet<_>>())
    });
    let (first_title, first) = rows.next().expect("a first row");
    let (library, _) = first_title.split_once(", ").expect("a library and a compiler");
    let list = |calls: BTreeSet<&str>| {
        let quoted: Vec<String> = calls.iter().map(|call| format!("`{call}`")).collect();
        if quoted.is_empty() { String::new() } else { format!("{} ", quoted.join(", ")) }
    };
    let mut count = 0;
    for (title, calls) in rows {
        let (name, compiler) = title.split_once(", ").expect("a library and a compiler");
        // The version of Rust without its last number.
        let name = if name == library { &compiler[..compiler.len() - 2] } else { name };
        let row = page.lines().find(|line| line.starts_with(&format!("| {name}")));
        let row = row.unwrap_or_else(|| panic!("docs/world.md has no row for {name}"));
        let also = list(calls.difference(&first).copied().collect());
        let not = list(first.difference(&calls).copied().collect());
        let end = format!("| {also}| {not}|");
        assert!(row.ends_with(&end), "{name}: `{row}` should end with `{end}`");
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

/// The targets of links of the form `[text](target)`.
fn inline_links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).map(|link| link.split(')').next().unwrap_or_default())
}

/// The labels and targets of links that are defined by a line `[label]: target`.
fn defined_links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
}

#[test]
fn every_link_with_a_label_has_a_definition() {
    for Document { path, text } in documents() {
        let defined: BTreeSet<&str> = defined_links(&text).map(|(label, _)| label).collect();
        for link in text.split("][").skip(1) {
            let label = link.split(']').next().unwrap_or_default();
            // Skips code that indexes twice.
            if label.contains(' ') || label.is_empty() {
                continue;
            }
            assert!(defined.contains(label), "{} does not define [{label}]", path.display());
        }
        for label in defined {
            let used = text.contains(&format!("][{label}]"))
                || text.matches(&format!("[{label}]")).count() > 1;
            assert!(used, "{} defines [{label}] and never uses it", path.display());
        }
    }
}

/// The pages of the guide, which are modules of the runtime's rustdoc, too.
fn guide() -> Vec<Document> {
    let pages = files(&root().join("seccomp-runtime/docs"), "md");
    pages.into_iter().map(|path| Document { text: read(&path), path }).collect()
}

/// A page of the guide is a file beside others and a page of the rustdoc, where there are no files. So it
/// links to other pages by labels alone, and `guide.rs` says where each label leads in the rustdoc.
#[test]
fn every_link_of_the_guide_leads_somewhere_in_the_rustdoc_too() {
    let source = read(&root().join("seccomp-runtime/src/guide.rs"));
    let pages = guide();
    assert!(pages.len() >= 5, "{} pages", pages.len());
    for Document { path, text } in pages {
        let name = path.file_name().expect("a file").to_str().expect("text");
        let original = root().join("docs").join(name);
        assert_eq!(text, read(&original), "{} is another page", path.display());
        let include = format!("#[doc = include_str!(\"../docs/{name}\")]\n");
        let (before, _) = source.split_once(&include).unwrap_or_else(|| panic!("no {include}"));
        let overrides = before.rsplit("{}\n").next().expect("never empty");
        for target in inline_links(&text) {
            let leads = target.starts_with("https://") || target.starts_with('#');
            assert!(leads, "{name} links to {target}, which no rustdoc has: give it a label");
        }
        for (label, target) in defined_links(&text) {
            let overridden = overrides.contains(&format!("/// [{label}]: crate::"));
            assert!(
                overridden || target.starts_with("https://"),
                "guide.rs does not say where [{label}] of {name} leads"
            );
        }
    }
}

/// A path in backticks, from the root of the project, is there. So pages can name files where a link would lead
/// nowhere.
#[test]
fn every_file_that_a_document_names_exists() {
    let roots = ["docs/", "tests/", "bench/", "fuzz/", "examples/", "seccomp-", ".ci/"];
    let mut named = 0;
    for Document { path, text } in documents() {
        for line in text.lines() {
            for name in line.split('`').skip(1).step_by(2) {
                let is_path = name.contains('/')
                    && roots.iter().any(|root| name.starts_with(root))
                    && !name.contains([' ', '*', '<', '…', ':', '{']);
                if is_path {
                    named += 1;
                    let there = root().join(name).exists();
                    assert!(there, "{} names `{name}`, which is not there", path.display());
                }
            }
        }
    }
    assert!(named > 40, "{named}");
}

/// `CONTRIBUTING.md` promises one variable for the seeds of random tests, and one file that reads it. A symbolic link
/// to that file is the same file.
#[test]
fn one_file_reads_the_seed_of_every_random_test_from_one_variable() {
    let mut folders: Vec<PathBuf> = PUBLISHED.map(|package| root().join(package)).into();
    folders.extend([root().join("tests"), root().join("fuzz/targets")]);
    let end = ["_", "SEED\""].concat();
    let mut readers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("can be listed") {
            let path = entry.expect("can be listed").path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && read(&path).contains(&end)
            {
                readers.push(path);
            }
        }
    }
    assert_eq!(readers, [root().join("tests/support/src/seeds.rs")]);
}

/// `cargo doc` shows the rules of a policy whose constant the macro makes, and of a fragment.
#[test]
fn the_documentation_of_a_crate_shows_the_rules_of_its_policies_and_fragments() {
    let doc = Command::new(env!("CARGO"))
        .args(["doc", "--quiet", "--offline", "--locked", "--no-deps"])
        .args(["--package=seccomp-tests-renamed", "--target-dir=target"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(doc.status.success(), "{}", String::from_utf8_lossy(&doc.stderr));
    let pages = root().join("target/doc/seccomp_tests_renamed");
    let shows = |page: &str, text: &str, rules: &str| {
        let page = read(&pages.join(page));
        let after = page.split_once(text).map_or("", |(_, after)| after);
        assert!(after.contains(rules), "no `{rules}` after `{text}`: {}", pages.display());
    };
    shows(
        "constant.NAMED.html",
        "<p>With the constant inside of the macro.</p>",
        "<code>#[cfg(feature = &quot;on&quot;)]\nallow read(fd == 0);\ninclude fragments::NOTHING;\ndefault kill;</code>",
    );
    shows(
        "struct.Descriptor.html",
        "<p>The same as a range.</p>",
        "<code>allow read(fd in { FD }..=Self::LAST);\ndefault kill;</code>",
    );
    shows("macro.READ.html", "<p>Reading.</p>", "<code>allow read(fd == 0);</code>");
}

/// In `CONTRIBUTING.md`, each path is there, and each symbol after a path is in that file or directory.
#[test]
fn whoever_wants_to_change_something_finds_it_where_the_contributing_guide_says() {
    let page = read(&root().join("CONTRIBUTING.md"));
    let (_, table) = page.split_once("\n## Where would I change …?\n").expect("the section");
    let (table, _) = table.split_once("\n## ").expect("a section after it");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let cell = row.split(" | ").nth(1).expect("two columns");
        let mut text = None;
        let mut paths = 0;
        for name in cell.split('`').skip(1).step_by(2) {
            let path = root().join(name);
            if path.is_dir() {
                paths += 1;
                text = None;
            } else if path.is_file() {
                paths += 1;
                text = Some(read(&path));
            } else {
                let text = text.as_ref().unwrap_or_else(|| panic!("no file `{name}`: {row}"));
                assert!(has_word(text, name), "`{name}` is not where this says: {row}");
            }
        }
        assert!(paths > 0, "names no file: {row}");
    }
}

/// Whether `word` is in `text`, and not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && (word.ends_with('!') || !after.is_some_and(is_part))
    })
}

/// The anchor of a heading in a link.
fn anchor_of(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

#[test]
fn every_known_hole_is_shown_by_a_test_and_every_such_test_is_named() {
    let page = page("known-holes.md");
    let shown: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("Shown by: "))
        .flat_map(|names| names.trim_end_matches('.').split(", "))
        .map(|name| name.trim_matches('`'))
        .collect();
    let source = read(&root().join("tests/known_holes.rs"));
    let tests: BTreeSet<&str> = source
        .split("#[test]\nfn ")
        .skip(1)
        .map(|rest| rest.split('(').next().expect("a function has parentheses"))
        .collect();
    assert_eq!(shown, tests);
    let holes = page.lines().filter(|line| line.starts_with("## ")).count();
    let proofs = page.lines().filter(|line| line.starts_with("Shown by: ")).count();
    assert_eq!(holes, proofs, "each hole says which tests show it");
}

/// A block of text after a line that ends in "`some/file`:" is what that file has. If that is the
/// result of a last run and differs, the run is newer, and the document must change.
#[test]
fn every_file_that_a_document_shows_has_that_text() {
    let mut shown = 0;
    for Document { path, text } in documents() {
        for (before, _) in text.match_indices("`:\n\n```text\n") {
            let name = text[..before].rsplit('`').next().expect("never empty");
            let candidates = [root().join(name), root().join("tests").join(name)];
            let file = candidates.iter().find(|file| file.is_file());
            let file = file.unwrap_or_else(|| panic!("{} shows {name}: no file", path.display()));
            let block = blocks(&text[before..], "text")[0];
            assert!(read(file).contains(block), "{} shows {name} otherwise", path.display());
            shown += 1;
        }
    }
    assert!(shown >= 2, "the documents show files");
}

#[test]
fn every_page_is_among_the_documentation_tests() {
    let included = read(&root().join("tests/src/documents.rs"));
    for Document { path, text } in documents() {
        let package = path.parent().expect("is in a directory");
        if package.join("src/lib.rs").exists() {
            let own = read(&package.join("src/lib.rs")).contains("include_str!(\"../README.md\")");
            assert!(own || blocks(&text, "rust").is_empty(), "{}", path.display());
            continue;
        }
        let name = path.strip_prefix(root()).expect("is in the workspace").display().to_string();
        assert!(included.contains(&format!("include_str!(\"../../{name}\")")), "{name} is not");
    }
}

#[test]
fn every_warning_has_a_section_that_says_what_why_and_what_to_write_and_a_case() {
    let page = page("warnings.md");
    let sections: Vec<(&str, &str)> = page
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').expect("a heading ends its line"))
        .collect();
    let names: BTreeSet<&str> = sections
        .iter()
        .map(|(heading, _)| *heading)
        .filter(|heading| !heading.contains(' '))
        .collect();
    assert_eq!(names, Lint::ALL.iter().map(|lint| lint.name()).collect());
    for (heading, body) in sections.iter().filter(|(heading, _)| names.contains(heading)) {
        for part in ["**What.** ", "**Why.** ", "**Write** "] {
            assert!(body.contains(part), "{heading} lacks {part}");
        }
        let case = read(&root().join(format!("tests/ui/warning_{heading}.stderr")));
        assert!(case.contains(&format!("`#[allow(seccomp::{heading})]`")), "{heading}");
    }
}

/// The policies in Rust source, wherever `seccomp_policy! { … }` is.
fn policies(source: TokenStream, found: &mut Vec<TokenStream>) {
    let mut before = String::new();
    for token in source {
        if let TokenTree::Group(group) = &token {
            if before == "seccomp_policy!" {
                found.push(group.stream());
            } else {
                policies(group.stream(), found);
            }
        }
        let text = if let TokenTree::Group(_) = token { String::new() } else { token.to_string() };
        before = if text == "!" { before + "!" } else { text };
    }
}

#[test]
fn no_condition_in_the_documents_and_examples_is_without_effect() {
    let mut sources = Vec::new();
    for document in documents() {
        let text = &document.text;
        let starts = text.match_indices("\n```rust").map(|(at, _)| at + 1);
        sources.extend(starts.map(|at| {
            let body = text[at..].split_once('\n').expect("a fence ends its line").1;
            let body = body.split_once("\n```").expect("every fence is closed").0;
            body.lines()
                .map(|line| line.strip_prefix("# ").unwrap_or(line))
                .collect::<Vec<_>>()
                .join("\n")
        }));
    }
    sources.extend(files(&root().join("examples"), "rs").iter().map(|path| read(path)));
    let (mut compiled, mut all) = (0, Vec::new());
    for source in &sources {
        policies(source.parse().unwrap_or_else(|_| panic!("{source}")), &mut all);
    }
    for policy in &all {
        // A policy that includes another file is compiled elsewhere.
        let text = policy.to_string();
        let text = PolicyText::new("policy", &text, Abi::X86_64).cfg("debug_assertions");
        let Ok(policy) = text.compile() else {
            continue;
        };
        compiled += 1;
        for warning in &policy.report.diagnostics {
            assert_ne!(warning.code, Lint::ConditionWithoutEffect.into(), "{}", warning.message);
        }
    }
    assert!(compiled * 4 > all.len() * 3 && compiled > 20, "{compiled} of {}", all.len());
}
