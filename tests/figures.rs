//! The committed figures of the workloads, compared with the aims and with `docs/figures.md`.

/// A file of the workspace.
fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The aims, by column: the best of three settings of a prototype for each figure. There is no aim
/// if a workload has no such calls.
const AIMS: [(&str, [f64; 7]); 4] = [
    ("instructions", [17.0, 78.0, 81.0, 116.0, 140.0, 50.0, 105.0]),
    ("mean", [7.8, 8.8, 9.6, 10.0, 10.4, 8.1, 8.8]),
    ("checked weighted", [13.0, 9.8, 9.3, 9.9, 11.1, f64::INFINITY, 9.8]),
    ("worst", [15.0, 19.0, 16.0, 17.0, 23.0, 13.0, 16.0]),
];

/// For each column with aims, the committed figure of each workload and the aim.
fn beside_aims() -> Vec<(&'static str, Vec<(f64, f64)>)> {
    let committed = read("seccomp-ir/tests/workloads/figures.tsv");
    let header = committed.lines().find(|line| line.starts_with("# workload\t"));
    let columns: Vec<&str> = header.expect("a line of headings").split('\t').collect();
    let rows = committed.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split('\t').collect()).collect();
    let own: Vec<_> = rows.iter().filter(|cells| !cells[0].ends_with("-typed")).collect();
    let beside = |(column, aims): (&'static str, [f64; 7])| {
        let place = columns.iter().position(|name| *name == column).expect("a column");
        let ours = own.iter().map(|cells| cells[place].parse().expect("a figure"));
        assert_eq!(ours.len(), aims.len());
        (column, ours.zip(aims).collect())
    };
    AIMS.map(beside).to_vec()
}

#[test]
fn the_lengths_and_the_worst_cases_that_were_aimed_at_are_kept() {
    let rows = beside_aims();
    let kept = rows.iter().filter(|(column, _)| ["instructions", "worst"].contains(column));
    let cells: Vec<_> = kept.flat_map(|(_, cells)| cells).collect();
    assert_eq!(cells.len(), 14);
    assert!(cells.iter().all(|(ours, aim)| ours <= aim), "{cells:?}");
}

#[test]
fn the_page_of_figures_has_the_committed_ones_beside_the_aims() {
    let page = read("docs/figures.md");
    let cell = |&(ours, aim): &(f64, f64)| match aim {
        f64::INFINITY => "–".to_owned(),
        _ if ours.fract() == 0.0 && aim.fract() == 0.0 && ours <= aim => {
            format!("{ours} / {aim}")
        }
        // An aim has one decimal. A figure meets it if it is not greater when rounded to one
        // decimal.
        _ if ours < aim + 0.05 => format!("{ours:.2} / {aim:.1}"),
        _ => format!("**{ours:.2}** / {aim:.1}"),
    };
    let (mut met, mut all) = (0, 0);
    for (column, cells) in beside_aims() {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        all += cells.iter().filter(|cell| cell.contains('/')).count();
        met += cells.iter().filter(|cell| cell.contains('/') && !cell.contains("**")).count();
        let row = format!("| {column} | {} |", cells.join(" | "));
        assert!(page.contains(&row), "docs/figures.md lacks this line:\n{row}");
    }
    assert!(page.contains(&format!("\n{met} of {all} are met.")), "{met} of {all} are met");
}
