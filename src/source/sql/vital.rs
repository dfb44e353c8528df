//! Columns that decide whom a segment holds and who agreed. Where a file of a table lacks such a column, and it is not merely one that
//! younger files have, its people would be taken for people without it, and be removed: that is an error.
//!
//! A column that only a condition of the query looks at, and that no column of the file may be under another name, is NULL there and
//! noticed: it may have been added later. Where earlier readings had it in all files, that is asked about (`lacks`): so are all columns
//! of NDJSON files, where what is empty is often left out.

use super::{
    super::{
        SourceError,
        columns::shown,
        files::{FileTable, Used},
    },
    guard::VIEW,
    scans::scans,
    shared::Shared,
    shown::has_word,
    vtab::quoted,
};
use rusqlite::{Connection, Result};
use std::{collections::BTreeMap, iter};

/// Columns beyond, of which SQLite does not tell which are used.
const KNOWN: usize = 63;

/// Which of these columns of the query (name, place) a file lacks what it takes for; the query is in its view.
pub fn lacking(connection: &Connection, shared: &Shared, vital: &[(&str, usize)]) -> Result<Option<SourceError>> {
    if !shared.tables.iter().any(|table| table.is_uneven()) {
        return Ok(None);
    }
    let always = scans(connection, &format!("SELECT NULL FROM temp.{}", quoted(VIEW)))?;
    for (of, (name, at)) in vital.iter().enumerate() {
        let read = scans(connection, &format!("SELECT c{at} FROM temp.{}", quoted(VIEW)))?;
        for (index, scan) in read.files {
            let table = &shared.tables[index];
            // In NDJSON what is empty is often left out, but for addresses.
            let usual = table.is_ndjson() && of > 0;
            let always = always.files.get(&index).copied().unwrap_or_default().used;
            let columns = (0..table.columns.len()).filter(|column| !usual && scan.used.has(*column));
            let mut errors = columns.filter_map(|column| {
                let known = column < KNOWN;
                lack(table, table.place(column), name, known.then(|| !always.has(column)))
            });
            if let Some(error) = errors.next() {
                return Ok(Some(error));
            }
        }
    }
    Ok(None)
}

/// Places of the columns, by table, that conditions of the query use, or that the vital ones come from.
pub fn decisive(connection: &Connection, shared: &Shared, vital: &[(&str, usize)], query: &str) -> Result<BTreeMap<usize, Vec<usize>>> {
    let query = query.to_lowercase();
    let of = |column: &str| scans(connection, &format!("SELECT {column} FROM temp.{}", quoted(VIEW)));
    let mut used: BTreeMap<usize, Used> = BTreeMap::new();
    for column in iter::once("NULL".to_owned()).chain(vital.iter().map(|(_, at)| format!("c{at}"))) {
        for (table, scan) in of(&column)?.files {
            let all = used.entry(table).or_default();
            *all = all.and(scan.used);
        }
    }
    let named = |name: &str| vital.iter().any(|(vital, _)| vital.eq_ignore_ascii_case(name)) || has_word(&query, &name.to_lowercase());
    let places = used.into_iter().map(|(index, used)| {
        let table = &shared.tables[index];
        let columns = table.columns.iter().enumerate().filter(|(at, _)| used.has(*at));
        // Of later columns it is not known which of them are used, but by the query's own words.
        let columns = columns.filter(|(at, column)| *at < KNOWN || named(&column.name));
        (index, columns.map(|(at, _)| table.place(at)).collect())
    });
    Ok(places.collect())
}

/// `only`: nothing else of the query needs the column; `None`: that is not known, nor whether it is used at all.
fn lack(table: &FileTable, column: usize, name: &str, only: Option<bool>) -> Option<SourceError> {
    let lack = table.lacks(column)?;
    let of = &lack.column;
    let same = of.eq_ignore_ascii_case(name) || of.to_ascii_lowercase().contains("mail");
    let renamed = only.is_some() && lack.instead.is_some();
    if !(same || only == Some(true) || renamed) {
        return None;
    }
    let instead = lack.instead.map(|other| told(&other)).unwrap_or_default();
    let what = format!("{} has no column {:?}, as other files of the table {} do{instead}", lack.file, shown(of), table.name);
    Some(SourceError::new(what).hint(format!(
        "{name:?} depends on it, and nobody is removed on a doubt: give the column one name in all files, or take the file out of the pattern"
    )))
}

/// What a file has in the place of a column.
fn told(other: &str) -> String {
    match shown(other) {
        name if name == other => format!("; it has {name:?}, which the others do not"),
        _ => "; it seems to have no header, since the name of a column looks like data, which is not shown".to_owned(),
    }
}
