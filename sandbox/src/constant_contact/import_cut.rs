//! What of an uploaded JSON body the vendor reads: at most so many contacts and so many bytes. The rest is dropped without
//! a word.

use super::{
    contact::key,
    fields::Field,
    import_row,
    problem::{Problem, Result},
    undone::hash,
};
use serde_json::{Map, Value, value::RawValue};
use std::collections::BTreeMap;

/// Bytes of a body that are read.
pub(super) const BYTES: usize = 4_000_000;
/// Contacts of a JSON body, lines of a CSV file.
pub(super) const LINES: usize = 40_000;

/// The rows of an import that were read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// A JSON array.
    pub text: String,
    pub count: usize,
    pub dropped: usize,
    /// Hashes of the addresses, sorted.
    pub people: Vec<u64>,
}

impl Rows {
    pub(super) fn push(&mut self, email: Option<&str>, row: &str) {
        self.text.push(if self.count == 0 { '[' } else { ',' });
        self.text.push_str(row);
        self.count += 1;
        self.people.extend(email.map(|email| hash(&key(email))));
    }

    /// Sorts; how many rows repeat an address.
    pub(super) fn finish(&mut self) -> u64 {
        self.text.push_str(if self.count == 0 { "[]" } else { "]" });
        self.people.sort_unstable();
        let all = self.people.len();
        self.people.dedup();
        (all - self.people.len()) as u64
    }
}

/// The rows, and the ids of the lists as the body names them.
pub(super) fn json(body: &[u8], fields: &BTreeMap<String, Field>) -> Result<(Rows, Value)> {
    let broken = || Problem::malformed("The body is not JSON.");
    let text = std::str::from_utf8(body).map_err(|_| broken())?;
    let parts: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| broken())?;
    if let Some(name) = parts.keys().find(|name| !matches!(name.as_str(), "import_data" | "list_ids")) {
        return Err(Problem::invalid(format!("{name} is not known")).into());
    }
    let part = |name: &str| parts.get(name).map(|raw| raw.get()).ok_or_else(|| Problem::invalid(format!("{name} is missing")));
    let items: Vec<&RawValue> = serde_json::from_str(part("import_data")?).map_err(|_| Problem::invalid("import_data is invalid"))?;
    let lists = serde_json::from_str(part("list_ids")?)?;
    Ok((read(text, &items, fields)?, lists))
}

fn read(body: &str, items: &[&RawValue], fields: &BTreeMap<String, Field>) -> Result<Rows> {
    let mut rows = Rows::default();
    let end = |item: &RawValue| item.get().as_ptr() as usize - body.as_ptr() as usize + item.get().len();
    for item in items.iter().take(LINES).take_while(|item| end(item) <= BYTES) {
        let row: Map<String, Value> = serde_json::from_str(item.get()).map_err(|_| Problem::invalid("import_data is invalid"))?;
        if let Some(wrong) = import_row::check(&row, fields) {
            return Err(Problem::invalid(wrong).into());
        }
        rows.push(row.get("email").and_then(Value::as_str), item.get());
    }
    rows.dropped = items.len() - rows.count;
    Ok(rows)
}
