//! What a prepared statement will read, from SQLite's own program for it (`EXPLAIN`): which file tables, which columns,
//! and whether a scan is inside a loop, which over a file would be quadratic.

use super::{super::files::Used, vtab};
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// One file table in a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub used: Used,
    /// It is read more than once.
    pub repeated: bool,
}

/// What a statement reads.
#[derive(Debug, Default)]
pub struct Scans {
    /// By the table's index.
    pub files: BTreeMap<usize, Scan>,
    /// A loaded table is read from end to end more than once: no index helped.
    pub loaded_repeated: bool,
}

struct Step {
    at: i64,
    opcode: String,
    p1: i64,
    p2: i64,
    p3: i64,
    p4: Option<String>,
}

/// The schema that loaded tables are in, as `OpenRead` numbers it.
const TEMP: i64 = 1;

/// Asks SQLite for the program of `sql`.
pub fn scans(connection: &Connection, sql: &str) -> Result<Scans> {
    let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
    let step = |row: &rusqlite::Row<'_>| {
        Ok(Step {
            at: row.get(0)?,
            opcode: row.get(1)?,
            p1: row.get(2)?,
            p2: row.get(3)?,
            p3: row.get(4)?,
            p4: row.get::<_, Option<String>>(5).unwrap_or(None),
        })
    };
    let program = statement.query_map([], step)?.collect::<Result<Vec<_>>>()?;
    Ok(read(&program))
}

fn read(program: &[Step]) -> Scans {
    let mut scans = Scans::default();
    for step in program {
        if let Some((table, used)) = step.p4.as_deref().filter(|_| step.opcode == "VFilter").and_then(vtab::scan) {
            let known = scans.files.get(&table).copied();
            let repeated = known.is_some() || is_looped(program, step.at);
            scans.files.insert(table, Scan { used: used.and(known.unwrap_or_default().used), repeated });
        }
        scans.loaded_repeated |= step.opcode == "Rewind" && is_loaded(program, step.p1) && is_looped(program, step.at);
    }
    scans
}

fn is_loaded(program: &[Step], cursor: i64) -> bool {
    program.iter().any(|step| step.opcode == "OpenRead" && step.p1 == cursor && step.p3 == TEMP)
}

/// Some jump back spans the address, and no `Once` within that loop keeps it to one time.
fn is_looped(program: &[Step], at: i64) -> bool {
    let spans = |step: &&Step| is_loop(step) && step.p2 <= at && at <= step.at;
    program.iter().filter(spans).any(|jump| {
        let once = |step: &Step| step.opcode == "Once" && jump.p2 <= step.at && step.at < at && at < step.p2 && step.p2 <= jump.at;
        !program.iter().any(once)
    })
}

/// The last `Goto` of every program goes to 1, where it begins: that is no loop.
fn is_loop(step: &Step) -> bool {
    match step.opcode.as_str() {
        "Next" | "Prev" | "VNext" | "SorterNext" => true,
        "Goto" => step.p2 > 1,
        _ => false,
    }
}
