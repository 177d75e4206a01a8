//! What a policy costs a build.

use std::fmt::Write as _;

use super::{Promise, Table};
use crate::builds::{Builds, Cost, Expansion, Hello, Size};
use crate::stats::Series;

/// The packages that a build of our hello world may need, beside the project's own crates.
const PACKAGES: [&str; 10] = [
    "proc-macro2",
    "quote",
    "seccomp-bpf",
    "seccomp-install",
    "seccomp-ir",
    "seccomp-macros",
    "seccomp-runtime",
    "seccomp-syntax",
    "syn",
    "unicode-ident",
];

/// The name of the hello world with which ours is compared: no procedural macro that parses with syn is
/// built in less time.
pub(crate) const WITH_SYN: &str = "with an empty procedural macro and syn";

// The promises are ratios to a time of the same run, so they mean the same on every machine.

/// A cold build, beside that of [`WITH_SYN`].
const COLD: f64 = 1.65;

/// What W1 and W2 add to a debug build, as a ratio to that build without them: an introductory policy
/// adds hardly anything, Docker's profile less than the rest of the smallest program takes.
const EXPANSION: [f64; 2] = [0.15, 1.0];

/// The tables of the measured builds.
#[must_use]
pub fn builds(builds: &Builds) -> String {
    let mut table = Table::new(&[
        "hello world",
        "cold release build, s",
        "processor time, s",
        "ratio to ours",
        "rebuild after a change, s",
        "ratio to ours",
        "bytes of the stripped file",
        "added",
        "bytes loaded",
        "added",
    ]);
    let (plain, ours) = (&builds.hellos[0], &builds.hellos[1]);
    let added = |hello: &Hello, of: fn(Size) -> u64| match (hello.size, plain.size) {
        (Some(size), Some(plain)) => {
            [of(size).to_string(), format!("{:+}", of(size) as i64 - of(plain) as i64)]
        }
        _ => [const { String::new() }; 2],
    };
    for hello in &builds.hellos {
        let ratio = |cost: &Cost, ours: &Cost| cost.elapsed.least() / ours.elapsed.least();
        let mut cells = vec![
            hello.name.to_owned(),
            seconds(&hello.cold.elapsed),
            seconds(&hello.cold.processor),
            format!("{:.2}", ratio(&hello.cold, &ours.cold)),
            seconds(&hello.warm.elapsed),
            format!("{:.2}", ratio(&hello.warm, &ours.warm)),
        ];
        cells.extend(added(hello, |size| size.file));
        cells.extend(added(hello, |size| size.sections));
        table.row(cells);
    }
    let mut text = format!("{table}\nTimes are the least of several builds, and their median.\n\n");
    if !cfg!(feature = "libseccomp") {
        text += "The libseccomp crate was not measured: libseccomp-dev is not installed.\n\n";
    }
    let _ = writeln!(text, "The array itself is {} bytes.\n", builds.array);
    let mut table = Table::new(&[
        "policy",
        "`cargo build`, ms",
        "added",
        "processor time, ms",
        "added",
        "`cargo check`, ms",
        "added",
        "processor time, ms",
        "added",
    ]);
    let none = &builds.expansions[0];
    for Expansion { policy, build, check, .. } in &builds.expansions {
        let cells = [
            (&build.elapsed, &none.build.elapsed),
            (&build.processor, &none.build.processor),
            (&check.elapsed, &none.check.elapsed),
            (&check.processor, &none.check.processor),
        ]
        .map(|(series, none)| {
            let (least, median) = (1000.0 * series.least(), 1000.0 * series.median());
            let added = [series.least() - none.least(), series.median() - none.median()];
            let [least_added, added] = added.map(|seconds| 1000.0 * seconds);
            [format!("{least:.0} ({median:.0})"), format!("{least_added:.1} ({added:.1})")]
        });
        table.row([(*policy).to_owned()].into_iter().chain(cells.concat()));
    }
    let _ = write!(text, "A debug build after a change of the program:\n\n{table}\n");
    let _ = writeln!(text, "Building ours needs: {}.", builds.packages.join(", "));
    text
}

/// The least and, in parentheses, the median.
fn seconds(series: &Series) -> String {
    format!("{:.2} ({:.2})", series.least(), series.median())
}

/// What the project promises about builds.
#[must_use]
pub fn promises_of_builds(builds: &Builds) -> Vec<Promise> {
    let (plain, ours) = (&builds.hellos[0], &builds.hellos[1]);
    let others: Vec<_> =
        builds.packages.iter().filter(|name| !PACKAGES.contains(&name.as_str())).collect();
    let mut promises = vec![Promise {
        what: "building needs no packages but syn, quote, proc-macro2, unicode-ident and the project's own".to_owned(),
        found: if others.is_empty() { "true".to_owned() } else { format!("also {others:?}") },
        holds: others.is_empty(),
        exact: true,
    }];
    if let (Some(size), Some(plain)) = (ours.size, plain.size) {
        let (array, notes) = (builds.array as i64, size.notes as i64);
        let of_array = format!("the array's {array}");
        for (of, grows_by, added, parts, known) in [
            (
                "file",
                "the array, its note",
                size.file - plain.file,
                format!("{of_array}, the note's {notes}"),
                array + notes,
            ),
            ("loaded bytes", "the array", size.sections - plain.sections, of_array.clone(), array),
        ] {
            let beside = added as i64 - known;
            promises.push(Promise {
                what: format!(
                    "the stripped program ({of}) grows by {grows_by} and less than 1 KiB"
                ),
                found: format!("{parts} and {beside} bytes"),
                holds: beside < 1024,
                exact: true,
            });
        }
    }
    if let Some(syn) = builds.hellos.iter().find(|hello| hello.name == WITH_SYN) {
        let ratio = |of: fn(&Cost) -> &Series| of(&ours.cold).least() / of(&syn.cold).least();
        let (elapsed, processor) = (ratio(|cost| &cost.elapsed), ratio(|cost| &cost.processor));
        promises.push(Promise {
            what: format!(
                "a hello world with a policy builds from nothing in at most {COLD} times the time \
                 that one with an empty procedural macro and syn takes"
            ),
            found: format!("{elapsed:.2} times, {processor:.2} times the processor time"),
            holds: elapsed <= COLD,
            exact: false,
        });
    }
    let none = &builds.expansions[0];
    for (expansion, bound) in builds.expansions[1..].iter().zip(EXPANSION) {
        let added =
            |of: fn(&Cost) -> &Series| of(&expansion.build).least() / of(&none.build).least() - 1.0;
        let (elapsed, processor) = (added(|cost| &cost.elapsed), added(|cost| &cost.processor));
        promises.push(Promise {
            what: format!(
                "{} adds less than {bound} times what a debug build of the crate without a policy \
                 takes",
                expansion.policy
            ),
            found: format!("{elapsed:.2} times, {processor:.2} times the processor time"),
            holds: elapsed < bound,
            exact: false,
        });
    }
    promises
}
