//! `--explain CODE`: the section of the documentation about an error or a warning.

use anyhow::{Result, bail};

use crate::exit::Exit;
use crate::output::Output;

/// The pages with a section for each code and each name.
const PAGES: [&str; 2] =
    [include_str!("../../docs/errors.md"), include_str!("../../docs/warnings.md")];

pub(crate) fn run(code: &str, output: &Output) -> Result<Exit> {
    for page in PAGES {
        if let Some(section) = section(page, code) {
            output.result(
                section,
                "code-explanation",
                serde_json::json!({ "code": code, "text": section }),
            );
            return Ok(Exit::Fine);
        }
    }
    bail!(
        "there is no error or warning `{code}`; errors are E and four digits, and warnings are names such as `always_true`"
    )
}

/// The section of a page whose heading is `code`, or begins with it and a colon: up to the next heading.
fn section<'a>(page: &'a str, code: &str) -> Option<&'a str> {
    let mut sections = page.split("\n## ").skip(1);
    sections.find(|section| {
        let heading = section.lines().next().unwrap_or_default();
        let name = heading.split(':').next().unwrap_or_default();
        name.eq_ignore_ascii_case(code)
    })
}

#[cfg(test)]
mod tests {
    use seccomp_ir::diagnostic::{Code, ErrorCode, Lint};

    use super::*;

    #[test]
    fn every_code_and_every_name_has_an_explanation() {
        let errors = ErrorCode::ALL.iter().map(|&code| Code::Error(code).to_string());
        let warnings = Lint::ALL.iter().map(|lint| lint.name().to_owned());
        let unexplained: Vec<String> = errors
            .chain(warnings)
            .filter(|code| PAGES.iter().all(|page| section(page, code).is_none()))
            .collect();
        assert!(unexplained.is_empty(), "{unexplained:?}");
    }

    #[test]
    fn a_section_ends_before_the_next_heading() {
        assert_eq!(
            section("# Page\n\n## E1: a\none\n\n## E2: b\ntwo\n", "e1"),
            Some("E1: a\none\n")
        );
        assert_eq!(section("# Page\n\n## E1: a\none\n", "E"), None);
    }
}
