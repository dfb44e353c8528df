//! Attribute values, canonical for the platform field's kind, so that equal meanings have equal bytes.
//!
//! May know: cells as a source gives them, field kinds. May not know: vendors, wire formats.

mod address;
mod date;
mod datetime;
mod number;
mod phone;
mod text;
pub(super) mod timestamp;
mod written;

pub use address::{ADDRESS_PARTS, ADDRESS_PARTS_REQUIRED, canonical_parts, missing_parts};
pub use datetime::{moment, rfc3339};
pub use written::{DayOrder, Reads};

use super::nothing::nothing_word;
use crate::{definition::FieldType, source::Cell};
use std::{borrow::Cow, collections::BTreeMap};

/// What a platform field takes, with the limits that the platform sets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldKind {
    pub field_type: FieldType,
    /// Longest text in bytes, where the platform has a limit.
    pub max_bytes: Option<usize>,
    /// Longest text in characters, where that is how the platform counts.
    #[serde(default)]
    pub max_chars: Option<usize>,
    /// Radio and dropdown: the only values taken.
    pub choices: Vec<String>,
    /// An empty value is refused by the platform.
    pub required: bool,
    /// How the field wants its values written, where it says so.
    #[serde(default, skip_serializing_if = "Form::is_usual")]
    pub form: Form,
}

/// A form that one field declares and others of its type do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    #[default]
    Usual,
    /// Birthdays are `DD/MM`.
    DayFirst,
    /// Telephone numbers are those of the United States.
    UsPhone,
}

impl Form {
    fn is_usual(&self) -> bool {
        *self == Self::Usual
    }
}

impl FieldKind {
    /// A field without limits, choices or duties.
    pub fn plain(field_type: FieldType) -> Self {
        Self { field_type, max_bytes: None, max_chars: None, choices: Vec::new(), required: false, form: Form::Usual }
    }
}

/// A canonical value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// No value. With `onEmpty: keep` it is left out of what is sent.
    Empty,
    /// Text, URLs, phones, choices, zips, `YYYY-MM-DD` dates, `MM/DD` birthdays (`DD/MM` where the field declares that), moments
    /// in RFC 3339, `true` and `false`.
    Text(String),
    /// A decimal number without needless signs, zeros or exponent.
    Number(String),
    /// Address parts, ordered; empty ones are absent.
    Parts(BTreeMap<String, String>),
}

/// Why a value does not fit; the row is rejected. Says the value (never one with an `@` in it) and the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub String);

/// Makes one cell canonical for a field. Blank is [`Value::Empty`], an error where the field is required. `order` is that of the
/// column's dates.
pub fn canonical(cell: Cell<'_>, kind: &FieldKind, order: DayOrder) -> Result<Value, ValueError> {
    let value = match kind.field_type {
        FieldType::Number => number::canonical(cell)?,
        FieldType::Integer => number::whole(cell)?,
        FieldType::Boolean => datetime::boolean(cell)?,
        FieldType::Datetime => datetime::datetime(&words(cell)?, order)?,
        FieldType::Date => date::date(&words(cell)?, order)?,
        FieldType::Birthday => date::birthday(&words(cell)?, order, kind.form)?,
        FieldType::Radio | FieldType::Dropdown => text::choice(&words(cell)?, &kind.choices)?,
        FieldType::Url | FieldType::Imageurl => text::url(&words(cell)?)?,
        // No telephone number and no postcode is such a word.
        FieldType::Phone | FieldType::Zip if is_nothing(cell) => Value::Empty,
        FieldType::Phone => phone::phone(&words(cell)?, kind.form)?,
        FieldType::Text | FieldType::Zip => text::text(&words(cell)?),
        FieldType::Address => return address::from_one_cell(&words(cell)?, kind),
    };
    within(value, kind)
}

/// What a cell tells of the order of its column's dates; `None`: it is no date that has one.
pub fn reads(cell: Cell<'_>, field_type: FieldType) -> Option<Reads> {
    let Cell::Text(text) = cell else { return None };
    let needs_year = match field_type {
        FieldType::Date | FieldType::Datetime => true,
        FieldType::Birthday => false,
        _ => return None,
    };
    let date = written::Written::of(text)?;
    (!needs_year || date.year.is_some()).then(|| date.reads())
}

/// What holds for every kind: no empty value where one is required, no text longer than the platform takes.
fn within(value: Value, kind: &FieldKind) -> Result<Value, ValueError> {
    match &value {
        Value::Empty if kind.required => Err(ValueError("it is empty, and the platform requires a value".into())),
        Value::Text(text) => match too_long(text, kind) {
            Some(error) => Err(error),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

fn too_long(text: &str, kind: &FieldKind) -> Option<ValueError> {
    let over = |length: usize, most: Option<usize>, unit: &str| {
        let most = most.filter(|most| length > *most)?;
        Some(ValueError(format!("{} is {length} {unit} long; the field takes at most {most}", shown(text))))
    };
    over(text.len(), kind.max_bytes, "bytes").or_else(|| over(text.chars().count(), kind.max_chars, "characters"))
}

fn is_nothing(cell: Cell<'_>) -> bool {
    matches!(cell, Cell::Text(text) if nothing_word(text).is_some())
}

/// A cell as text: numbers as [`number::canonical`] writes them.
fn words(cell: Cell<'_>) -> Result<Cow<'_, str>, ValueError> {
    Ok(match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        cell => match number::canonical(cell)? {
            Value::Number(number) => Cow::Owned(number),
            _ => Cow::Borrowed(""),
        },
    })
}

/// A value as error messages show it: quoted and short; not at all if it may be an address.
pub(in crate::member) fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    if value.contains(['@', '\u{ff20}', '\u{fe6b}']) || value.contains("%40") {
        return "a value with an @ in it".into();
    }
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests;
