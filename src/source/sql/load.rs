//! Loads file tables that a statement would read again and again into indexed temporary tables.
//!
//! SQLite joins by nested scans, and a file has no index: two tables of 20,000 rows would take minutes. So the smallest
//! file table of the statement is loaded, the columns used only, under the same name (a temporary table hides the
//! virtual one, so the query stays as written), and the plan is made anew, until nothing is read from a file twice. A
//! join thus streams its largest table; a table joined to itself, or in a subquery asked for every row, is loaded; one
//! that is read once, as for `id IN (SELECT …)`, is not.

use super::{
    scans::{Scan, Scans, scans},
    shared::Shared,
    vtab::{columns, quoted},
};
use rusqlite::{Connection, Result};
use std::collections::BTreeSet;

/// Indexes of one loaded table, in the order of its columns.
const MAX_INDEXES: usize = 4;

/// Makes `sql` cheap to run; gives the indexes of the file tables that it reads.
pub fn settle(connection: &Connection, shared: &Shared, sql: &str) -> Result<BTreeSet<usize>> {
    let mut read = BTreeSet::new();
    loop {
        let found = scans(connection, sql)?;
        read.extend(found.files.keys());
        let Some((table, scan)) = next(shared, &found) else { return Ok(read) };
        shared.trusting(|| load(connection, shared, table, scan))?;
    }
}

/// The file table to load next: the smallest, while anything is read twice.
fn next(shared: &Shared, found: &Scans) -> Option<(usize, Scan)> {
    let repeated = found.loaded_repeated || found.files.values().any(|scan| scan.repeated);
    let smallest = found.files.iter().min_by_key(|(table, _)| shared.tables[**table].bytes());
    smallest.filter(|_| repeated).map(|(table, scan)| (*table, *scan))
}

fn load(connection: &Connection, shared: &Shared, table: usize, scan: Scan) -> Result<()> {
    let file = &shared.tables[table];
    let joined = shared.joined(table);
    let name = quoted(&file.name);
    let used = file.columns.iter().enumerate().filter(|(at, _)| scan.used.has(*at));
    let used = used.map(|(_, column)| quoted(&column.name)).collect::<Vec<_>>().join(", ");
    connection.execute_batch(&format!("CREATE TEMP TABLE {name}({})", columns(file)))?;
    if used.is_empty() {
        connection.execute(&format!("INSERT INTO temp.{name}(rowid) SELECT rowid FROM main.{name}"), [])?;
    } else {
        connection.execute(&format!("INSERT INTO temp.{name}({used}) SELECT {used} FROM main.{name}"), [])?;
    }
    for column in joined.into_iter().take(MAX_INDEXES) {
        let index = quoted(&format!("{} {column}", file.name));
        connection.execute_batch(&format!("CREATE INDEX temp.{index} ON {name}({})", quoted(&file.columns[column].name)))?;
    }
    Ok(())
}
