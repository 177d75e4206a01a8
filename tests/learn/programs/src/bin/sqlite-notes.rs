//! SQL on a file: SQLite makes its journals, locks, indices and temporary files.
//!
//! ```sh
//! sqlite-notes DATABASE
//! ```

use std::error::Error;

use rusqlite::{Connection, params};
use seccomp_runtime::{Policy, sandboxed, seccomp_policy};

const NOTES: Policy = seccomp_policy! { default kill };

fn main() -> Result<(), Box<dyn Error>> {
    if learn_programs::is_plain() { work() } else { work_sandboxed() }
}

#[sandboxed(NOTES)]
fn work_sandboxed() -> Result<(), Box<dyn Error>> {
    work()
}

fn work() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: sqlite-notes DATABASE")?;
    let mut database = Connection::open(&file)?;
    create(&database)?;
    fill(&mut database)?;
    report(&database)?;
    with_a_log_of_writes(&database)?;
    database.execute_batch("DELETE FROM note WHERE id % 2 = 0; VACUUM; PRAGMA optimize;")?;
    let checked: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    println!("integrity: {checked}");
    Ok(database.close().map_err(|(_, error)| error)?)
}

fn create(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
         CREATE TABLE note (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person, text TEXT, at TEXT);
         CREATE INDEX note_of_person ON note (person, at);",
    )
}

/// Writes thousands of rows in one transaction, and takes another transaction back.
fn fill(database: &mut Connection) -> rusqlite::Result<()> {
    let all = database.transaction()?;
    for person in 0..50 {
        all.execute("INSERT INTO person (name) VALUES (?1)", [format!("person {person}")])?;
    }
    {
        let mut insert = all.prepare(
            "INSERT INTO note (person, text, at) VALUES (?1, ?2, datetime(?3, 'unixepoch'))",
        )?;
        for note in 0..20_000_i64 {
            insert.execute(params![
                note % 50 + 1,
                format!("note {note} {}", "x".repeat(100)),
                note * 3600
            ])?;
        }
    }
    all.commit()?;
    let undone = database.transaction()?;
    undone.execute("DELETE FROM note", [])?;
    undone.rollback()
}

fn report(database: &Connection) -> rusqlite::Result<()> {
    let mut most = database.prepare(
        "SELECT name, count(*), max(at), group_concat(DISTINCT length(text)) FROM note JOIN person ON person.id = note.person
         GROUP BY name ORDER BY sum(length(text)) DESC, name LIMIT 3",
    )?;
    let mut rows = most.query([])?;
    while let Some(row) = rows.next()? {
        let (name, count, last, lengths): (String, i64, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        println!("{name}: {count} notes, last {last}, lengths {lengths}");
    }
    Ok(())
}

/// The other journal mode of SQLite has its index in shared memory.
fn with_a_log_of_writes(database: &Connection) -> rusqlite::Result<()> {
    let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    database.execute("UPDATE note SET text = upper(text) WHERE person = 7", [])?;
    let changed: i64 =
        database
            .query_row("SELECT count(*) FROM note WHERE text GLOB 'NOTE*'", [], |row| row.get(0))?;
    println!("journal {mode}: {changed} notes changed");
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    database.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
}
