//! The rows of an uploaded CSV file, as far as the vendor reads it.

use super::{
    fields::Field,
    import_cut::{BYTES, LINES, Rows},
    import_row,
    problem::{Problem, Result},
};
use csv::ByteRecord;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// `start`: where in the request's body the file begins, as the body counts whole.
pub(super) fn read(file: &[u8], start: usize, fields: &BTreeMap<String, Field>) -> Result<Rows> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let headings = reader.byte_headers().map(text).map_err(|_| Problem::malformed("The file is not CSV."))?;
    check(&headings, fields)?;
    let (mut rows, mut record, mut all) = (Rows::default(), ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).map_err(|_| Problem::malformed("The file is not CSV."))? {
        all += 1;
        let line = record.position().map_or(0, csv::Position::line) as usize;
        let end = start + reader.position().byte() as usize;
        if line <= LINES && end <= BYTES {
            let row = row(&headings, &record);
            rows.push(row.get("email").and_then(Value::as_str), &serde_json::to_string(&row)?);
        }
    }
    rows.dropped = all - rows.count;
    Ok(rows)
}

fn text(record: &ByteRecord) -> Vec<String> {
    record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect()
}

fn check(headings: &[String], fields: &BTreeMap<String, Field>) -> Result<()> {
    if !headings.iter().any(|name| name == "email") {
        return Err(Problem::invalid("the file has no column email").into());
    }
    if let Some(name) = headings.iter().find(|name| !import_row::is_heading(name, fields)) {
        return Err(Problem::invalid(format!("{name} is not a column of an import")).into());
    }
    match headings.iter().collect::<BTreeSet<_>>().len() == headings.len() {
        true => Ok(()),
        false => Err(Problem::invalid("the file has a column twice").into()),
    }
}

/// A line with more or fewer fields than headings is nobody: it is counted as an error later.
fn row(headings: &[String], record: &ByteRecord) -> Map<String, Value> {
    match record.len() == headings.len() {
        true => headings.iter().cloned().zip(text(record).into_iter().map(Value::from)).collect(),
        false => Map::new(),
    }
}
