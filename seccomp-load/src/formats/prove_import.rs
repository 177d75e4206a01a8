//! The end of every import: the draft becomes text, which is compiled and proven.

use seccomp_ir::diagnostic::{Code, ErrorCode};
use seccomp_ir::policy::InvalidPolicy;
use seccomp_ir::prove::prove;
use seccomp_ir::tree::print;
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::Report;

use super::draft::{Draft, MOST_COMPARISONS};
use super::import_options::{Imported, Options};
use super::problem::{Findings, ProblemPlace, Problems};
use super::tree_of_draft::tree_of_draft;

/// The result of an import, from the meaning of the file, or from `None` if the importer could not find out all of it.
pub(super) fn finish(
    draft: Option<Draft>,
    mut findings: Findings,
    options: &Options<'_>,
) -> Result<Imported, Problems> {
    let whole = || ProblemPlace::Path(String::new());
    let Some(mut draft) = draft else { return Err(failed(findings)) };
    if !findings.problems.problems.is_empty() {
        return Err(findings.problems);
    }
    if let Some(place) = draft.too_large() {
        let message =
            format!("a call has more than {MOST_COMPARISONS} rules and comparisons up to here");
        findings.error(place, message);
        return Err(findings.problems);
    }
    if options.close_multiplexers {
        draft.close_multiplexers();
    }
    if let Err(invalid) = draft.prune() {
        findings.error(whole(), not_a_policy(invalid));
        return Err(findings.problems);
    }
    let tree = tree_of_draft(&draft, &mut findings);
    if !findings.problems.problems.is_empty() {
        return Err(findings.problems);
    }
    let text = print(&tree);
    let compiled = match PolicyText::new("the imported policy", &text, options.target).compile() {
        Ok(compiled) => compiled.compiled,
        Err(report) => return Err(refused(&report, findings)),
    };
    let meaning = match draft.policy() {
        Ok((meaning, _)) => meaning,
        Err(invalid) => {
            findings.error(whole(), not_a_policy(invalid));
            return Err(findings.problems);
        }
    };
    if let Err(refusal) = prove(&meaning, &compiled.filter) {
        let message =
            format!("the imported policy is not proven to mean what this file means: {refusal}");
        findings.error(whole(), message);
        return Err(findings.problems);
    }
    Ok(Imported { tree, text, remarks: findings.remarks, compiled })
}

/// The problems of an importer that has no result.
fn failed(mut findings: Findings) -> Problems {
    if findings.problems.problems.is_empty() {
        findings
            .error(ProblemPlace::Path(String::new()), "this file says nothing about system calls");
    }
    findings.problems
}

fn not_a_policy(invalid: InvalidPolicy) -> String {
    format!("this cannot be one policy: {invalid}")
}

/// The errors of the compiler about the text of the imported policy.
fn refused(report: &Report, mut findings: Findings) -> Problems {
    for said in &report.diagnostics {
        let Code::Error(code) = said.code else { continue };
        let line = report.texts.get(said.place.text).map_or("", |text| {
            let before = &text.text[..said.place.bytes.start];
            let start = before.rfind(';').map_or(0, |end| end + 1);
            let rest = &text.text[start..];
            rest.split(';').next().unwrap_or_default().trim()
        });
        let shown: String =
            line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
        let place = ProblemPlace::Rule(shown);
        let message =
            format!("the language refuses this rule of the file: {} [{}]", said.message, said.code);
        match (code, &said.help) {
            (ErrorCode::SideStepped, help) => {
                let help = format!(
                    "the file has this hole; import it closed with `--close-multiplexers`, or for one ABI with `--abi`{}",
                    help.as_ref().map_or(String::new(), |help| format!(" ({help})"))
                );
                findings.error_with_help(place, message, help);
            }
            // Whatever else is wrong is said as the compiler says it.
            (_, Some(help)) => findings.error_with_help(place, message, help.clone()),
            // Whatever else is wrong is said as the compiler says it.
            (_, None) => findings.error(place, message),
        }
    }
    findings.problems
}
