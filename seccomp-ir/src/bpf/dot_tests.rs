//! Graphs as Graphviz gets them.

extern crate std;

use std::string::{String, ToString};

use super::super::NoNames;
use super::*;
use crate::abi::ArgumentIndex::{self, A1};
use crate::abi::Call;

const X86_64: u32 = 0xc000_003e;
const ALLOW: Operation = Operation::ReturnConstant(0x7fff_0000);
const KILL: Operation = Operation::ReturnConstant(0x8000_0000);
const ARCH: Operation = Operation::LoadWord(Call::ARCH);
const NR: Operation = Operation::LoadWord(Call::NR);

/// A few names of x86_64.
struct FewNames;

impl Names for FewNames {
    fn abi(&self, arch: u32) -> Option<&str> {
        (arch == X86_64).then_some("x86_64")
    }

    fn call(&self, arch: u32, nr: u32) -> Option<&str> {
        let names = ["read", "write", "open", "close", "stat", "fstat"];
        match nr {
            16 => Some("ioctl"),
            _ => names.get(usize::try_from(nr).ok()?).copied(),
        }
        .filter(|_| arch == X86_64)
    }

    fn argument(&self, _: u32, nr: u32, index: ArgumentIndex) -> Option<&str> {
        ((nr, index) == (16, A1)).then_some("cmd")
    }

    fn errno(&self, arch: u32, errno: u16) -> Option<&str> {
        (arch == X86_64 && errno == 1).then_some("EPERM")
    }

    fn value(&self, _: u32, nr: u32, index: ArgumentIndex, value: u32) -> Option<&str> {
        match (nr, index, value) {
            (16, A1, 0x5410) => Some("TIOCSPGRP"),
            (16, A1, 0x5413) => Some("TIOCGWINSZ"),
            _ => None,
        }
    }
}

fn branch(test: Test, k: u32, if_true: u8, if_false: u8) -> Operation {
    Operation::Branch { test, operand: Operand::Constant(k), if_true, if_false }
}

/// The lines of the graph without its style: `n1 -> n4` and `n1 "label"`.
fn graph<const N: usize>(operations: [Operation; N], names: &dyn Names) -> String {
    let filter = operations.map(Operation::to_instruction);
    let text = dot(&filter, Endian::Little, names).to_string();
    let body = text.strip_prefix(HEAD).expect("a graph begins with its style");
    let body = body.strip_suffix("}\n").expect("a graph ends");
    body.lines().map(|line| String::from(line.trim_start()) + "\n").collect()
}

#[test]
fn a_graph_has_a_box_for_each_condition_and_an_action_at_the_end_of_each_path() {
    let filter = [
        ARCH,
        branch(Test::Equal, X86_64, 1, 0),
        KILL,
        NR,
        branch(Test::Greater, 1, 0, 5),
        branch(Test::Equal, 16, 0, 4),
        Operation::LoadWord(28),
        branch(Test::Equal, 0, 0, 3),
        Operation::LoadWord(24),
        branch(Test::Equal, 0x5413, 1, 0),
        ALLOW,
        Operation::ReturnConstant(0x0005_0001),
    ];
    let expected = r##"start -> n1;
n1 [label="arch == x86_64"];
n1 -> n4;
n1 -> n1_no [style=dashed];
n1_no [label="kill", style="filled,rounded", fillcolor="#f7b5b0"];
n4 [label="nr > write"];
n4 -> n5;
n4 -> n4_no [style=dashed];
n4_no [label="allow\nread\nwrite", style="filled,rounded", fillcolor="#b7e4c0"];
n5 [label="nr == ioctl"];
n5 -> n7;
n5 -> n5_no [style=dashed];
n5_no [label="allow", style="filled,rounded", fillcolor="#b7e4c0"];
n7 [label="ioctl cmd (high) == 0"];
n7 -> n9;
n7 -> n7_no [style=dashed];
n7_no [label="errno(EPERM)", style="filled,rounded", fillcolor="#ffe08a"];
n9 [label="ioctl cmd == TIOCGWINSZ"];
n9 -> n9_yes;
n9_yes [label="errno(EPERM)", style="filled,rounded", fillcolor="#ffe08a"];
n9 -> n9_no [style=dashed];
n9_no [label="allow", style="filled,rounded", fillcolor="#b7e4c0"];
"##;
    let graph = graph(filter, &FewNames);
    assert_eq!(graph, expected, "\n{graph}");
}

/// The label of a node.
fn label<'a>(graph: &'a str, node: &str) -> &'a str {
    let lines = graph.lines().filter_map(|line| line.strip_prefix(node));
    let mut labels = lines.filter_map(|line| line.strip_prefix(" [label=\""));
    labels.next().and_then(|rest| rest.split('"').next()).expect("a node has a label")
}

#[test]
fn an_action_names_the_few_values_that_get_it() {
    let filter = [
        ARCH,
        branch(Test::Equal, X86_64, 0, 11),
        NR,
        branch(Test::Greater, 5, 3, 0),
        branch(Test::AnyBit, 1, 0, 1),
        ALLOW,
        branch(Test::Equal, 2, 6, 5),
        branch(Test::Equal, 16, 0, 5),
        Operation::LoadWord(24),
        branch(Test::GreaterOrEqual, 0x5410, 0, 2),
        branch(Test::Greater, 0x5413, 1, 0),
        ALLOW,
        KILL,
        Operation::ReturnConstant(0x0005_0001),
    ];
    let graph = graph(filter, &FewNames);
    let expected = [
        ("n4_yes", r"allow\nwrite\nclose\nfstat"),
        ("n6_yes", "errno(EPERM)"),
        ("n6_no", r"kill\nread\nstat"),
        // All other calls.
        ("n7_no", "errno(EPERM)"),
        ("n9_no", r"kill\n0 to 0x540f"),
        ("n10_yes", r"kill\n0x5414 and up"),
        ("n10_no", r"allow\nTIOCSPGRP to TIOCGWINSZ"),
        ("n1_no", "errno(1)"),
    ];
    for (node, expected) in expected {
        assert_eq!(label(&graph, node), expected, "{node} of\n{graph}");
    }
}

#[test]
fn a_test_that_several_calls_share_is_drawn_once_and_claims_no_call() {
    let filter = [
        ARCH,
        branch(Test::Equal, X86_64, 0, 5),
        NR,
        branch(Test::Equal, 0, 1, 0),
        branch(Test::Equal, 16, 0, 2),
        Operation::LoadWord(24),
        branch(Test::Greater, 1, 0, 1),
        ALLOW,
        KILL,
    ];
    let graph = graph(filter, &FewNames);
    assert_eq!(label(&graph, "n6"), "a1 > 1");
    assert_eq!(label(&graph, "n6_no"), r"kill\n0\n1");
    assert_eq!(graph.matches("-> n6;").count(), 2, "{graph}");
}

#[test]
fn a_graph_shows_what_it_cannot_fold_into_a_condition_and_drops_what_nothing_leads_to() {
    let filter = [
        NR,
        Operation::Arithmetic(Arithmetic::Add, Operand::X),
        branch(Test::Greater, 10, 1, 0),
        Operation::Jump(1),
        Operation::ReturnA,
        branch(Test::GreaterOrEqual, 0, 1, 0),
        KILL,
        ALLOW,
    ];
    let expected = r##"start -> n1;
n1 [label="add   x"];
n1 -> n2;
n2 [label="A > 0xa"];
n2 -> n2_yes;
n2_yes [label="A", style="filled,rounded", fillcolor="white"];
n2 -> n5 [style=dashed];
n5 [label="A >= 0"];
n5 -> n5_yes;
n5_yes [label="allow", style="filled,rounded", fillcolor="#b7e4c0"];
n5 -> n5_no [style=dashed];
n5_no [label="kill", style="filled,rounded", fillcolor="#f7b5b0"];
"##;
    assert_eq!(graph(filter, &NoNames), expected);
}
