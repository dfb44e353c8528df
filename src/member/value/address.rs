//! Postal addresses: whole or none. Many countries have no states: an address that lacks a part which the platform requires is no
//! value, and its person is a member all the same.

use super::{FieldKind, Value, ValueError, text, within, words};
use crate::{member::nothing::nothing_word, source::Cell};
use std::collections::BTreeMap;

/// The parts that an address may have.
pub const ADDRESS_PARTS: [&str; 6] = ["addr1", "addr2", "city", "state", "zip", "country"];
/// The parts without which it is refused; the others are optional.
pub const ADDRESS_PARTS_REQUIRED: [&str; 4] = ["addr1", "city", "state", "zip"];

/// Makes the parts of one address canonical. All blank is [`Value::Empty`], and so is one that lacks a required part; an error
/// that names it where the field must not be empty.
pub fn canonical_parts<'a>(parts: impl IntoIterator<Item = (&'a str, Cell<'a>)>, kind: &FieldKind) -> Result<Value, ValueError> {
    let mut whole = BTreeMap::new();
    for (part, cell) in parts {
        let value = text::clean(&words(cell)?);
        let value = if nothing_word(&value).is_some() { String::new() } else { value };
        if !value.is_empty() {
            whole.insert(part.to_owned(), value);
        }
    }
    let missing: Vec<_> = ADDRESS_PARTS_REQUIRED.into_iter().filter(|part| !whole.contains_key(*part)).collect();
    if missing.is_empty() {
        return Ok(Value::Parts(whole));
    }
    if whole.is_empty() || !kind.required {
        return within(Value::Empty, kind);
    }
    Err(ValueError(format!(
        "the address is incomplete: {} empty (the platform requires an address, and one needs addr1, city, state and zip)",
        are(&missing)
    )))
}

/// The required parts that an address lacks; none where it is whole, or has no part at all.
pub fn missing_parts<'a>(parts: impl Iterator<Item = (&'a str, Cell<'a>)>) -> Vec<&'static str> {
    let filled: Vec<&str> = parts.filter(|(_, cell)| !is_blank(*cell)).map(|(part, _)| part).collect();
    if filled.is_empty() {
        return Vec::new();
    }
    ADDRESS_PARTS_REQUIRED.into_iter().filter(|part| !filled.contains(part)).collect()
}

fn is_blank(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Text(text) => text::clean(text).is_empty() || nothing_word(text).is_some(),
        Cell::Integer(_) | Cell::Real(_) => false,
    }
}

fn are(missing: &[&str]) -> String {
    format!("{} {}", missing.join(", "), if missing.len() == 1 { "is" } else { "are" })
}

/// An address field fed from one column: only emptiness fits.
pub(super) fn from_one_cell(text: &str, kind: &FieldKind) -> Result<Value, ValueError> {
    if text.trim().is_empty() || nothing_word(text).is_some() {
        return within(Value::Empty, kind);
    }
    Err(ValueError("an address is made of parts (addr1, city, state, zip), not of one text".into()))
}
