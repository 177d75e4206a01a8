//! Copies `seccomp-ir/src/lower` with switches for the deliberate bugs of `table.rs`: each place that
//! the table names becomes `if the bug is on { wrong } else { right }`. If a place is missing or
//! occurs twice, that is an error, so the table must follow the compiler.

mod table;

use std::path::{Path, PathBuf};
use std::{env, fs};

use table::{FAULTS, Fault};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let from = root.join("../../seccomp-ir/src/lower");
    let to = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("lower");
    fs::create_dir_all(&to).unwrap();
    println!("cargo::rerun-if-changed={}", from.display());
    println!("cargo::rerun-if-changed=table.rs");
    let mut applied = 0;
    for entry in fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let faults: Vec<&Fault> = FAULTS.iter().filter(|fault| fault.file == name).collect();
        applied += faults.len();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(to.join(&name), with_switches(&text, &name, &faults)).unwrap();
    }
    assert_eq!(applied, FAULTS.len(), "table.rs names a file that is not in {}", from.display());
    let module = format!("#[path = {:?}]\npub mod lower;\n", to.join("mod.rs"));
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap()).join("modules.rs"), module).unwrap();
}

fn with_switches(text: &str, file: &str, faults: &[&Fault]) -> String {
    let mut places: Vec<(usize, &Fault)> = Vec::new();
    for fault in faults {
        let found: Vec<usize> = text.match_indices(fault.right).map(|(at, _)| at).collect();
        match found[..] {
            [at] => places.push((at, fault)),
            _ => panic!(
                "the deliberate bug {:?} does not apply: {file} has {} places {:?}",
                fault.name,
                found.len(),
                fault.right
            ),
        }
    }
    places.sort_by_key(|(at, _)| *at);
    let mut with = String::new();
    let mut done = 0;
    for (at, fault) in places {
        assert!(at >= done, "the deliberate bug {:?} overlaps another", fault.name);
        with.push_str(&text[done..at]);
        let Fault { name, right, wrong, .. } = fault;
        with.push_str(&format!("(if crate::on({name:?}) {{ {wrong} }} else {{ {right} }})"));
        done = at + right.len();
    }
    with + &text[done..]
}
