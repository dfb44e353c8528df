//! Postal addresses: whole or none.

use super::{FieldKind, Value, ValueError, text, within, words};
use crate::source::Cell;
use std::collections::BTreeMap;

/// The parts that an address may have.
pub const ADDRESS_PARTS: [&str; 6] = ["addr1", "addr2", "city", "state", "zip", "country"];
/// The parts without which it is refused; the others are optional.
pub const ADDRESS_PARTS_REQUIRED: [&str; 4] = ["addr1", "city", "state", "zip"];

/// Makes the parts of one address canonical. All blank is [`Value::Empty`]; some of the required ones blank is an error
/// that names them.
pub fn canonical_parts<'a>(parts: impl IntoIterator<Item = (&'a str, Cell<'a>)>, kind: &FieldKind) -> Result<Value, ValueError> {
    let mut whole = BTreeMap::new();
    for (part, cell) in parts {
        let value = text::clean(&words(cell)?);
        if !value.is_empty() {
            whole.insert(part.to_owned(), value);
        }
    }
    if whole.is_empty() {
        return within(Value::Empty, kind);
    }
    let missing: Vec<_> = ADDRESS_PARTS_REQUIRED.into_iter().filter(|part| !whole.contains_key(*part)).collect();
    if missing.is_empty() {
        return Ok(Value::Parts(whole));
    }
    Err(ValueError(format!("the address is incomplete: {} empty (an address needs addr1, city, state and zip, or nothing)", are(&missing))))
}

fn are(missing: &[&str]) -> String {
    format!("{} {}", missing.join(", "), if missing.len() == 1 { "is" } else { "are" })
}

/// An address field fed from one column: only emptiness fits.
pub(super) fn from_one_cell(text: &str, kind: &FieldKind) -> Result<Value, ValueError> {
    if text.trim().is_empty() {
        return within(Value::Empty, kind);
    }
    Err(ValueError("an address is made of parts (addr1, city, state, zip), not of one text".into()))
}
