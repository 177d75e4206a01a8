//! The committed figures of the workloads, beside what was aimed at and what `docs/figures.md` says.

/// A file of the workspace.
fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What was aimed at, by column: the best of three settings of a prototype for each figure. Nothing
/// where a workload has no such calls.
const TARGETS: [(&str, [f64; 7]); 4] = [
    ("instructions", [17.0, 78.0, 81.0, 116.0, 140.0, 50.0, 105.0]),
    ("mean", [7.8, 8.8, 9.6, 10.0, 10.4, 8.1, 8.8]),
    ("checked weighted", [13.0, 9.8, 9.3, 9.9, 11.1, f64::INFINITY, 9.8]),
    ("worst", [15.0, 19.0, 16.0, 17.0, 23.0, 13.0, 16.0]),
];

/// For each column with targets the committed figure of each workload, and the target.
fn beside_targets() -> Vec<(&'static str, Vec<(f64, f64)>)> {
    let committed = read("seccomp-ir/tests/workloads/figures.tsv");
    let header = committed.lines().find(|line| line.starts_with("# workload\t"));
    let columns: Vec<&str> = header.expect("a line of headings").split('\t').collect();
    let rows = committed.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split('\t').collect()).collect();
    let own: Vec<_> = rows.iter().filter(|cells| !cells[0].ends_with("-typed")).collect();
    let beside = |(column, targets): (&'static str, [f64; 7])| {
        let place = columns.iter().position(|name| *name == column).expect("a column");
        let ours = own.iter().map(|cells| cells[place].parse().expect("a figure"));
        assert_eq!(ours.len(), targets.len());
        (column, ours.zip(targets).collect())
    };
    TARGETS.map(beside).to_vec()
}

#[test]
fn the_lengths_and_the_worst_cases_that_were_aimed_at_are_kept() {
    let rows = beside_targets();
    let kept = rows.iter().filter(|(column, _)| ["instructions", "worst"].contains(column));
    let cells: Vec<_> = kept.flat_map(|(_, cells)| cells).collect();
    assert_eq!(cells.len(), 14);
    assert!(cells.iter().all(|(ours, target)| ours <= target), "{cells:?}");
}

#[test]
fn the_page_of_figures_has_the_committed_ones_beside_the_targets() {
    let page = read("docs/figures.md");
    let cell = |&(ours, target): &(f64, f64)| match target {
        f64::INFINITY => "–".to_owned(),
        _ if ours.fract() == 0.0 && target.fract() == 0.0 && ours <= target => {
            format!("{ours} / {target}")
        }
        // A target has one decimal, and is met by what is no more when it has one, too.
        _ if ours < target + 0.05 => format!("{ours:.2} / {target:.1}"),
        _ => format!("**{ours:.2}** / {target:.1}"),
    };
    let (mut met, mut all) = (0, 0);
    for (column, cells) in beside_targets() {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        all += cells.iter().filter(|cell| cell.contains('/')).count();
        met += cells.iter().filter(|cell| cell.contains('/') && !cell.contains("**")).count();
        let row = format!("| {column} | {} |", cells.join(" | "));
        assert!(page.contains(&row), "docs/figures.md lacks this line:\n{row}");
    }
    assert!(page.contains(&format!("\n{met} of {all} are met.")), "{met} of {all} are met");
}
