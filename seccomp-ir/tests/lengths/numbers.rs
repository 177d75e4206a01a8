//! How near the filters of the workloads are to the best ones.

use seccomp_test_support::least::distance::{NumberTree, number_trees, word_trees};

/// The line of a table in docs/figures.md.
fn line(name: &str, trees: &[NumberTree], cell: impl Fn(&NumberTree) -> String) -> String {
    let cells: Vec<String> = trees.iter().map(cell).collect();
    format!("| {name} | {} |\n", cells.join(" | "))
}

fn is_in_figures(table: &str) {
    println!("{table}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(table), "docs/figures.md must have these lines:\n{table}");
}

/// Takes about six seconds.
#[test]
fn the_tests_of_call_numbers_are_within_a_twentieth_of_the_least_cost_that_any_tree_has() {
    let trees = number_trees();
    for NumberTree { name, trivial, cost, instructions, steps, .. } in &trees {
        assert!(cost.ratio() <= 1.05, "{name}: {cost:?}");
        for (what, distance) in [("cost", cost), ("instructions", instructions), ("steps", steps)] {
            assert!(distance.ratio() >= 1.0, "{name}: {what} {distance:?} is not a bound");
        }
        // Otherwise the bound says nothing.
        let says_more = instructions.least > *trivial as f64;
        assert!(says_more || instructions.made == instructions.least, "{name}: {instructions:?}");
        // A tree with two outcomes or more takes each call a step.
        assert!(steps.least > 1.0, "{name}: {steps:?}");
    }
    let mut table = line("cost", &trees, |tree| tree.cost.cell(2));
    table += &line("instructions", &trees, |tree| tree.instructions.cell(0));
    table += &line("steps", &trees, |tree| tree.steps.cell(2));
    is_in_figures(&table);
    // If calls of another ABI get another action than the default, one instruction must tell -1 from them, and no tree wins
    // it back.
    for NumberTree { name, least_tests: [with, without], .. } in &trees {
        let more = u64::from(["W2", "W3", "W4", "W6"].contains(&&name[..]));
        assert_eq!(with - without, more, "{name}");
    }
    is_in_figures(&line("least with / without", &trees, |tree| {
        let [with, without] = tree.least_tests;
        format!("{with} / {without}")
    }));
}

#[test]
fn conditions_on_one_word_in_the_workloads_are_near_the_shortest_filters_there_are() {
    let (trees, given_up) = word_trees();
    let mut table = String::new();
    for tree in &trees {
        let (length, depth) = (tree.length, tree.depth);
        assert!(length.ratio() >= 1.0 && depth.ratio() >= 1.0, "{tree:?} is below its bound");
        assert!(length.ratio() <= 1.5 && depth.ratio() <= 1.5, "{tree:?}");
        table += &format!("| {} | {} | {} |\n", tree.name, length.cell(0), depth.cell(0));
    }
    println!("given up: {given_up}");
    is_in_figures(&table);
}
