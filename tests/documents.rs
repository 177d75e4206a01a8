//! What the documents say is so: messages that they quote are given, files and tests that they name
//! exist. Their examples are compiled as documentation tests (`src/documents.rs`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use seccomp_ir::lint::Lint;

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

/// README.md and DESIGN.md, and every page of docs/.
fn documents() -> Vec<Document> {
    let mut paths = vec![root().join("README.md"), root().join("DESIGN.md")];
    paths.extend(files(&root().join("docs"), "md"));
    paths.into_iter().map(|path| Document { text: read(&path), path }).collect()
}

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
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
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

/// What a heading is called in a link.
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

/// A block of text after a line that ends in "`some/file`:" is what that file has. If it is the figures
/// of a last run, then this run is the newer one, and the document has to be brought up to it.
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
    for Document { path, .. } in documents() {
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
