//! Measures, prints the tables and writes `RESULTS.md`. Without arguments it measures everything,
//! with `counted` only figures that are no times, with `builds` only what a policy costs a build.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use seccomp_bench::compilers::Compiler;
use seccomp_bench::counted::Figures;
use seccomp_bench::report::{self, Findings, MadeFilter, Promise};
use seccomp_bench::stats::Clock;
use seccomp_bench::workload::WORKLOADS;
use seccomp_bench::{agreement, builds, kernel, start, timed};
use seccomp_runtime::Policy;

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

type Error = Box<dyn std::error::Error>;

const EXPLANATION: &str = include_str!("report/explanation.md");

fn main() -> Result<ExitCode, Error> {
    let parts: &[Part] = match env::args().nth(1).as_deref() {
        None => &[Part::Counted, Part::Timed, Part::Builds],
        Some("counted") => &[Part::Counted],
        Some("builds") => &[Part::Builds],
        Some(other) => return Err(format!("`{other}`: want `counted`, `builds` or nothing").into()),
    };
    let mut text = format!("# Results\n\n{}\n", report::environment());
    let mut promises = Vec::new();
    let mut tables = String::new();
    if parts.contains(&Part::Builds) {
        // Builds come first, because the measurements on the kernel bind this process to one
        // processor.
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let builds = builds::run(&target)?;
        promises.extend(report::promises_of_builds(&builds));
        tables += &format!("## What a policy costs a build\n\n{}\n", report::builds(&builds));
    }
    if parts.contains(&Part::Counted) {
        let counted = counted(parts.contains(&Part::Timed))?;
        promises.extend(counted.promises);
        tables = counted.tables + &tables;
    }
    text += &format!("## Promises\n\n{}\n{tables}", report::promises(&promises));
    print!("{text}");
    if parts.len() == 3 {
        text += &format!("## Recorded, not measured\n\n{}", report::recorded_times());
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md"), text)?;
    }
    let broken = promises.iter().any(|promise| promise.exact && !promise.holds);
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[derive(PartialEq)]
enum Part {
    Counted,
    Timed,
    Builds,
}

struct CountedTables {
    promises: Vec<Promise>,
    tables: String,
}

/// All findings about filters: the counted figures, and if `timed`, the times on the running
/// kernel.
fn counted(timed: bool) -> Result<CountedTables, Error> {
    let mut all: Vec<Findings> = WORKLOADS.iter().map(findings).collect::<Result<_, _>>()?;
    let promises = vec![agreement(&all), report::promises_of_peers(&all)];
    let mut starts = Vec::new();
    if timed {
        kernel::pin()?;
        kernel::no_core_dumps()?;
        let clock = Clock::calibrate();
        for findings in &mut all {
            let filters = findings.filters.iter().filter_map(|(compiler, result)| {
                let filter = result.as_ref().ok()?.made.filter.clone();
                (*compiler != Compiler::OursTyped).then_some((*compiler, filter))
            });
            findings.entrants = timed::entrants(findings.workload, filters.collect())?;
            timed::run(findings.workload, clock, &mut findings.entrants)?;
            let mut starters = start::starters();
            start::run(findings.workload, clock, &mut starters)?;
            starts.push((findings.workload.name, starters));
        }
    }
    let mut tables = format!("## Beside the best peer\n\n{}\n", report::beside_the_best(&all));
    tables += &format!("## The distance to the optimum\n\n{}\n", report::distances());
    tables += &format!("## Filters\n\n{EXPLANATION}\n");
    for findings in &all {
        tables += &report::workload(findings);
    }
    tables += &format!("## From start to sandbox\n\n{}", report::starts(&starts));
    Ok(CountedTables { promises, tables })
}

/// The filter that each compiler makes of a workload.
fn findings(workload: &'static seccomp_bench::workload::Workload) -> Result<Findings, Error> {
    let mut filters = Vec::new();
    for compiler in Compiler::ALL {
        let filter = compiler.compile(workload).map(|made| {
            let figures = Figures::of(workload, &made.filter);
            let comparison = agreement::compare(workload, compiler, &made);
            MadeFilter { made, figures, comparison }
        });
        let is_ours = matches!(compiler, Compiler::Ours | Compiler::OursTyped);
        if let (true, Err(error)) = (is_ours, &filter) {
            return Err(format!("{}: {error}", workload.name).into());
        }
        filters.push((compiler, filter));
    }
    Ok(Findings { workload, filters, entrants: Vec::new() })
}

/// The promise that all filters give the actions of their policies, and that the macro makes the
/// filter that the compiler makes.
fn agreement(all: &[Findings]) -> Promise {
    let mut calls = 0;
    let mut differences = Vec::new();
    for Findings { workload, filters, .. } in all {
        for (compiler, filter) in filters {
            let Ok(filter) = filter else { continue };
            calls += filter.comparison.calls;
            for difference in &filter.comparison.differences {
                differences.push(format!("{} {}: {difference:?}", workload.name, compiler.name()));
            }
            let (_, policy) = POLICIES.iter().find(|(name, _)| *name == workload.name).unwrap();
            if *compiler == Compiler::Ours && policy.filter() != filter.made.filter {
                differences.push(format!("{}: the macro makes another filter", workload.name));
            }
        }
    }
    let holds = differences.is_empty();
    Promise {
        what: "all compilers' filters decide alike".to_owned(),
        found: if holds { format!("on {calls} calls") } else { differences.join("; ") },
        holds,
        exact: true,
    }
}
