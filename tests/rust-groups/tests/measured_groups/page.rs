//! The page about the groups has every member, the setups in which it was seen, and the reason for
//! it.
//!
//! `PAGE=overwrite cargo test -p seccomp-rust-groups the_page` writes the tables of the page again.

use std::fmt::Write as _;
use std::path::Path;

use seccomp_ir::table::{Measured, MemberAbis, groups, measured};

use crate::measurement::{Row, rows, setups};
use crate::table::{is_there, shows};

/// The table of a group.
fn table_of(group: &str, rows: &[Row]) -> String {
    let mut table = String::from("| member | seen on | why |\n|---|---|---|\n");
    for member in measured().filter(|member| member.group == group) {
        let Measured { member: call, condition, reason, .. } = member;
        let condition = condition.map(|text| format!("({text})")).unwrap_or_default();
        let only = match member.only {
            MemberAbis::Everywhere => String::new(),
            MemberAbis::With(other) => format!(", where there is `{other}`"),
            MemberAbis::Without(other) => format!(", where there is no `{other}`"),
        };
        let condition = condition.replace('|', "\\|");
        let seen = seen(&member, rows);
        writeln!(table, "| `{call}{condition}`{only} | {seen} | {reason} |").expect("strings");
    }
    table
}

/// The setups in which a member was seen.
fn seen(member: &Measured, rows: &[Row]) -> String {
    if let Some(source) = member.read {
        return format!("read, not run: {source}");
    }
    let asked = match member.group {
        "@rust-files" => Measured { group: "@rust-panic", ..*member },
        _ => *member,
    };
    // For each setup: the builds in which the member was seen, or nothing if that is all.
    let mut found: Vec<(&str, Option<&str>)> = Vec::new();
    let showing = rows.iter().filter(|row| shows(row, &asked)).flat_map(|row| &row.seen);
    for seen in showing.filter(|seen| is_there(asked.only, seen.abi())) {
        match found.iter_mut().find(|(setup, _)| *setup == seen.setup) {
            Some((_, build)) if *build != seen.build => *build = None,
            Some(_) => {}
            None => found.push((seen.setup, seen.build)),
        }
    }
    let all = setups(rows);
    let mut text: Vec<String> = Vec::new();
    let mut libraries: Vec<&str> = Vec::new();
    for setup in &all {
        let library = library(setup);
        if !libraries.contains(&library) {
            libraries.push(library);
        }
    }
    libraries.sort_by_key(|of| (!of.starts_with("x86_64"), !of.starts_with("x86"), *of));
    for of in libraries.iter().copied() {
        let every: Vec<&&str> = all.iter().filter(|setup| library(setup) == of).collect();
        let here: Vec<_> = found.iter().filter(|(setup, _)| every.contains(&setup)).collect();
        let builds: Vec<Option<&str>> = here.iter().map(|(_, build)| *build).collect();
        if here.is_empty() {
            continue;
        }
        if here.len() == every.len() && builds.windows(2).all(|two| two[0] == two[1]) {
            text.push(format!("{of}{}", only_in(builds[0])));
            continue;
        }
        let mut versions: Vec<String> = here
            .iter()
            .map(|(setup, build)| {
                let version = setup.rsplit('-').next().unwrap_or_default();
                format!("{version}{}", only_in(*build))
            })
            .collect();
        versions.sort();
        text.push(format!("{of} {}", versions.join(", ")));
    }
    if text == libraries { "all".to_owned() } else { text.join("; ") }
}

/// The ABI and the C library of a setup, without the version.
fn library(setup: &str) -> &str {
    setup.match_indices('-').nth(1).map_or(setup, |(at, _)| &setup[..at])
}

fn only_in(build: Option<&str>) -> String {
    build.map(|build| format!(" ({build})")).unwrap_or_default()
}

#[test]
fn the_page_about_groups_has_every_member_and_its_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/groups.md");
    let mut page = std::fs::read_to_string(&path).expect("docs/groups.md");
    let rows = rows();
    let overwrite = std::env::var("PAGE").is_ok_and(|value| value == "overwrite");
    let own: Vec<_> = groups().filter(|group| group.name.starts_with("@rust-")).collect();
    assert_eq!(own.len(), page.matches("\n## `@rust-").count());
    for group in own {
        let heading = format!("\n## `{}`\n\n{}.\n", group.name, group.description);
        let (before, section) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let rest = section.find("\n## ").map_or("", |end| &section[end..]);
        let section = &section[..section.len() - rest.len()];
        let table = table_of(group.name, &rows);
        if !section.contains(&table) {
            assert!(overwrite, "{}: the table is now\n{table}", group.name);
            let start = section.find("| member |").expect("a table");
            let bytes: usize = section[start..]
                .split_inclusive('\n')
                .take_while(|line| line.starts_with('|'))
                .map(str::len)
                .sum();
            let section = format!("{}{table}{}", &section[..start], &section[start + bytes..]);
            page = format!("{before}{heading}{section}{rest}");
            std::fs::write(&path, &page).expect("docs/groups.md can be written");
            continue;
        }
        assert_eq!(section.matches("\n|").count(), table.lines().count(), "{}", group.name);
    }
}
