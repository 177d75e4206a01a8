//! The pictures in `docs/pictures/` show the filters that this compiler makes, drawn from the graphs
//! beside them. These tests need no Graphviz; `docs/pictures/run` does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::bpf;
use seccomp_syntax::{Compiled, compile};
use serde_json::Value as Json;

const AGAIN: &str = "run docs/pictures/run, and see whether docs/lowering.md still describes them";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The policies that are drawn.
fn policies() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs/pictures")).expect("a directory");
    let paths = entries.map(|entry| entry.expect("can be listed").path());
    let policies: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "policy")).collect();
    assert!(policies.len() >= 2, "{policies:?}");
    policies
}

fn compiled(policy: &str) -> Compiled {
    let tokens: TokenStream = policy.parse().expect("tokens");
    compile(tokens, Span::call_site(), Abi::X86_64).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The contents of a picture: its boxes, each with its lines of text, and its lines, solid or
/// dashed.
#[derive(PartialEq, Eq, Debug, Default)]
struct Shown {
    nodes: BTreeSet<(String, Vec<String>)>,
    edges: BTreeSet<(String, bool)>,
}

/// The contents of a graph.
fn shown_by_dot(dot: &str) -> Shown {
    let mut shown = Shown::default();
    for line in dot.lines().map(str::trim) {
        let statement = line.strip_suffix(';').unwrap_or_default();
        let (subject, attributes) = statement.split_once(" [").unwrap_or((statement, ""));
        if subject.contains(" -> ") {
            let dashed = attributes.contains("style=dashed");
            assert!(shown.edges.insert((subject.replace(' ', ""), dashed)), "{line} twice");
        } else if subject.starts_with('n') && subject != "node" {
            let label = attributes.split('"').nth(1).expect("a box has a label");
            let lines = label.split("\\n").map(str::to_owned).collect();
            assert!(shown.nodes.insert((subject.to_owned(), lines)), "{line} twice");
        }
    }
    shown
}

/// The contents of a drawing: Graphviz writes one `<g>` for each node and edge, with its name as
/// title.
fn shown_by_svg(svg: &str) -> Shown {
    let text = |text: &str| {
        let plain = text.replace("&#45;", "-").replace("&gt;", ">").replace("&lt;", "<");
        plain.replace("&#160;", " ").replace("&quot;", "\"").replace("&amp;", "&")
    };
    let mut shown = Shown::default();
    for group in svg.split("<g id=\"").skip(1) {
        let (_, after) = group.split_once("<title>").expect("a group has a title");
        let (title, body) = after.split_once("</title>").expect("a title ends");
        if group.contains("class=\"edge\"") {
            shown.edges.insert((text(title), body.contains("stroke-dasharray")));
        } else if group.contains("class=\"node\"") && title != "start" {
            let lines = body.split("<text ").skip(1);
            let lines = lines.map(|line| {
                let (_, line) = line.split_once('>').expect("a tag ends");
                text(line.split("</text>").next().unwrap_or_default())
            });
            shown.nodes.insert((text(title), lines.collect()));
        }
    }
    shown
}

#[test]
fn every_graph_is_that_of_the_filter_of_its_policy() {
    for policy in policies() {
        let compiled = compiled(&read(&policy));
        let names = compiled.names();
        let filter = &compiled.filter.instructions;
        let dot = bpf::dot(filter, Abi::X86_64.endian(), &names).to_string();
        let file = policy.with_extension("dot");
        assert!(dot == read(&file), "{} is of another program: {AGAIN}", file.display());
    }
}

#[test]
fn every_picture_shows_its_graph_and_nothing_else() {
    for policy in policies() {
        let dot = shown_by_dot(&read(&policy.with_extension("dot")));
        let file = policy.with_extension("svg");
        let svg = read(&file);
        assert_eq!(shown_by_svg(&svg), dot, "{}: {AGAIN}", file.display());
        assert!(dot.nodes.len() > 10 && dot.edges.len() >= dot.nodes.len(), "{}", file.display());
        // The picture must be readable on a dark page too.
        assert!(svg.contains("<polygon fill=\"white\" stroke="), "{}", file.display());
    }
}

/// A workload of `seccomp-ir/tests/workloads` in the policy language, its arguments with the kernel's
/// types.
fn workload(name: &str) -> String {
    let file = root().join(format!("seccomp-ir/tests/workloads/{name}.json"));
    let json: Json = serde_json::from_str(&read(&file)).expect("JSON");
    assert_eq!([&json["default"]["kind"], &json["badarch"]["kind"]], ["kill_process"; 2]);
    let mut policy = String::new();
    for rule in json["rules"].as_array().expect("rules") {
        assert_eq!(rule["action"]["kind"], "allow");
        let call = rule["syscall"].as_str().expect("a name");
        let tests = rule["when"].as_array().expect("conditions").iter().map(|test| {
            let mask = test["mask"].as_u64().map(|mask| format!(" & {mask}")).unwrap_or_default();
            assert!(["==", "&=="].map(Json::from).contains(&test["op"]), "{test}");
            format!("a{}{mask} == {}", test["arg"], test["val"])
        });
        let tests: Vec<_> = tests.collect();
        policy += &match tests.join(", ") {
            none if none.is_empty() => format!("allow {call};\n"),
            all => format!("allow {call}({all});\n"),
        };
    }
    policy + "default kill"
}

#[test]
fn the_policies_that_are_drawn_are_workloads() {
    for path in policies() {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let (drawn, counted) = (compiled(&read(&path)), compiled(&workload(name)));
        assert_eq!(drawn.filter.instructions, counted.filter.instructions, "{name}");
    }
}

/// The most nodes on a path after `node`.
fn longest(edges: &BTreeSet<(String, bool)>, node: &str) -> usize {
    let ways = edges.iter().filter_map(|(edge, _)| edge.split_once("->"));
    let next = ways.filter(|(from, _)| *from == node);
    next.map(|(_, to)| 1 + longest(edges, to)).max().unwrap_or(0)
}

#[test]
fn the_page_says_what_its_pictures_show() {
    let page = read(&root().join("docs/lowering.md"));
    let words = page.replace('\n', " ");
    let mut labels = BTreeSet::new();
    for policy in policies() {
        let file = policy.with_extension("svg");
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(page.contains(&format!("](pictures/{name})")), "{name} is not in the page");
        let instructions = compiled(&read(&policy)).filter.instructions.len();
        assert!(page.contains(&format!("{instructions} instructions")), "{name}: {AGAIN}");
        let Shown { nodes, edges } = shown_by_dot(&read(&policy.with_extension("dot")));
        let tests = longest(&edges, "start") - 1;
        assert!(words.contains(&format!("more than {tests} tests")), "{name}, {tests}: {AGAIN}");
        labels.extend(nodes.into_iter().flat_map(|(_, lines)| lines));
    }
    let prose: String = page.split("```").step_by(2).collect();
    let conditions = prose.split('`').skip(1).step_by(2).filter(|code| {
        [" == ", " > ", " != ", " to "].iter().any(|operator| code.contains(operator))
    });
    let mut count = 0;
    for condition in conditions {
        assert!(labels.contains(condition), "no picture shows `{condition}`: {AGAIN}");
        count += 1;
    }
    assert!(count >= 5, "the page speaks of {count} conditions");
}

/// `examples/world/draw` draws each record of processes.
#[test]
fn every_record_of_processes_has_a_picture_with_each_of_them_and_the_page_shows_it() {
    let page = read(&root().join("docs/world.md"));
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(folder)).expect("a directory");
        let stem = |path: PathBuf| path.file_stem()?.to_str().map(str::to_owned);
        entries.filter_map(|entry| stem(entry.expect("can be listed").path())).collect()
    };
    let recorded = names("examples/world/pictures");
    assert!(recorded.len() >= 5, "{recorded:?}");
    // The picture of the attempts is a table; its test is below.
    let pictures = names("docs/world");
    let of_processes = pictures.iter().filter(|name| *name != "attempts");
    assert!(recorded.iter().eq(of_processes), "{pictures:?}: run examples/world/draw");
    for name in recorded {
        assert!(page.contains(&format!("](world/{name}.svg)")), "{name} is not in docs/world.md");
        let record = read(&root().join(format!("examples/world/pictures/{name}.tsv")));
        let rows = record.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let mut processes: Vec<_> =
            rows.map(|row| row.split('\t').nth(2).expect("a name").to_owned()).collect();
        let mut drawn = Vec::new();
        let shown = shown_by_svg(&read(&root().join(format!("docs/world/{name}.svg"))));
        for (_, lines) in shown.nodes {
            let (process, count) = lines[0].split_once(" × ").unwrap_or((&lines[0], "1"));
            let count = count.parse().expect("how many processes a box is");
            drawn.extend(std::iter::repeat_n(process.to_owned(), count));
        }
        processes.sort();
        drawn.sort();
        assert_eq!(drawn, processes, "{name}: run examples/world/draw");
        // Each process has a parent, except the first one and the first one of its kind.
        assert!(!shown.edges.is_empty() || processes.len() == 1, "{name}");
    }
}

/// The picture has each text of the table in order: the policies, and then for each attempt its name and
/// its entries.
#[test]
fn the_picture_of_the_attempts_has_what_their_table_has() {
    let table = read(&root().join("examples/world/attempts.tsv"));
    let mut expected =
        table.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split('\t'));
    assert_eq!(expected.next(), Some("attempt"));
    let svg = read(&root().join("docs/world/attempts.svg"));
    let shown = svg.split("<text ").skip(1).map(|text| {
        let (_, text) = text.split_once('>').expect("a tag ends");
        text.split("</text>").next().unwrap_or_default().replace("&#x27;", "'")
    });
    let (shown, expected): (Vec<_>, Vec<_>) = (shown.collect(), expected.collect());
    assert!(expected.len() > 800, "{}", expected.len());
    assert_eq!(shown, expected, "run examples/world/draw");
}
