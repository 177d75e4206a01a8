//! A file name means one thing: no crate has two files with the same name, in whichever folders, except where the
//! folder is the name.

use std::collections::BTreeMap;

use super::type_names::{crates, rust_files};

/// Names that Rust or a convention gives to a file of every folder: there the folder says which file is meant.
const OF_EVERY_FOLDER: [&str; 3] = ["lib.rs", "mod.rs", "tests.rs"];

/// Crates in which each folder is a format of another tool and has the same files.
const OF_EVERY_FORMAT: [(&str, &str); 2] =
    [("seccomp-load", "import.rs"), ("seccomp-load", "export.rs")];

#[test]
fn no_crate_has_two_files_with_one_name() {
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for (name, folder) in crates() {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in rust_files(&folder.join("src")) {
            let own = file.file_name().unwrap().to_str().unwrap().to_owned();
            let place = file.strip_prefix(&folder).unwrap().display().to_string();
            places.entry(own).or_default().push(place);
        }
        for (own, places) in places {
            if places.len() == 1 || OF_EVERY_FOLDER.contains(&own.as_str()) {
                continue;
            }
            let twice = (name.as_str(), own.as_str());
            match OF_EVERY_FORMAT.iter().find(|known| **known == twice) {
                Some(known) => seen.push(*known),
                None => wrong.push(format!("{name}: {}", places.join(", "))),
            }
        }
    }
    assert!(wrong.is_empty(), "say in each name what the file is for:\n{}", wrong.join("\n"));
    for known in OF_EVERY_FORMAT {
        assert!(seen.contains(&known), "{known:?} is there once: remove it from the list");
    }
}
