//! Arrow's columns as cells: one table of types for Parquet files and for engines, so that the same data gives the same cells.
//!
//! Integers are integers (an unsigned one beyond 63 bits is an error), floats are reals, booleans 1 and 0, decimals
//! their exact text, dates and times ISO 8601 text (an instant in UTC), strings text however they are encoded, UUIDs as
//! they are usually written, lists JSON text. What a database says is JSON or a type of its own comes as text and stays it.
//! Binary columns, structs, maps and lengths of time have no cell in SQL and are refused when a query uses them.

use super::{Cell, files::Kind};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, StringArray,
    cast::AsArray,
    types::{Float64Type, Int64Type},
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field};
use std::sync::Arc;

/// What the cells of a column are.
pub fn kind(field: &Field) -> Kind {
    match field.data_type() {
        DataType::FixedSizeBinary(16) if extension(field) == Some("arrow.uuid") => Kind::Text,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) if kind(item) != Kind::Refused => Kind::Text,
        of => plain(of),
    }
}

fn plain(of: &DataType) -> Kind {
    match of {
        of if of.is_integer() => Kind::Integer,
        DataType::Boolean => Kind::Integer,
        of if of.is_floating() => Kind::Real,
        DataType::Dictionary(_, values) => plain(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Kind::Text,
        of if of.is_decimal() || (of.is_temporal() && !matches!(of, DataType::Duration(_) | DataType::Interval(_))) => Kind::Text,
        _ => Kind::Refused,
    }
}

/// What a type is beside how it is stored.
fn extension(field: &Field) -> Option<&str> {
    field.metadata().get("ARROW:extension:name").map(String::as_str)
}

/// The cells of one column of a batch.
pub enum Values {
    Integers(Int64Array),
    Reals(Float64Array),
    Texts(StringArray),
}

impl Values {
    pub fn of(array: &ArrayRef, field: &Field) -> Result<Self, ArrowError> {
        Ok(match kind(field) {
            Kind::Integer => Self::Integers(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            // By way of text: 0.1 as a 32-bit float is 0.1, not 0.10000000149011612.
            Kind::Real if array.data_type() != &DataType::Float64 => {
                let texts = cast(array, &DataType::Utf8)?;
                Self::Reals(cast(&texts, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            Kind::Real => Self::Reals(array.as_primitive::<Float64Type>().clone()),
            Kind::Text => Self::Texts(texts(array, field)?),
            Kind::Refused => return Err(ArrowError::NotYetImplemented(format!("{} is no cell", field.data_type()))),
        })
    }

    /// Integers among real numbers.
    pub fn reals(array: &ArrayRef) -> Result<Self, ArrowError> {
        let integers = cast(array, &DataType::Int64)?;
        Ok(Self::Reals(cast(&integers, &DataType::Float64)?.as_primitive::<Float64Type>().clone()))
    }

    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Integers(array) if array.is_valid(row) => Cell::Integer(array.value(row)),
            Self::Reals(array) if array.is_valid(row) => Cell::Real(array.value(row)),
            Self::Texts(array) if array.is_valid(row) => Cell::Text(array.value(row)),
            _ => Cell::Null,
        }
    }
}

/// Exact or an error: a value that does not fit is never silently NULL.
fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let cast = cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() });
    // Arrow's words may quote the value.
    cast.map_err(|_| ArrowError::CastError(format!("a value of {} does not fit {to}", array.data_type())))
}

fn texts(array: &ArrayRef, field: &Field) -> Result<StringArray, ArrowError> {
    let array = match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => return lists(array, item),
        DataType::FixedSizeBinary(_) => return Ok(uuids(array)),
        // An instant, whatever zone it is shown in, is given in UTC.
        DataType::Timestamp(unit, Some(_)) => cast(array, &DataType::Timestamp(*unit, Some("+00:00".into())))?,
        _ => array.clone(),
    };
    Ok(cast(&array, &DataType::Utf8)?.as_string::<i32>().clone())
}

fn uuids(array: &ArrayRef) -> StringArray {
    let uuid = |bytes: &[u8]| uuid::Uuid::from_slice(bytes).ok().map(|uuid| uuid.to_string());
    array.as_fixed_size_binary().iter().map(|bytes| bytes.and_then(uuid)).collect()
}

/// Each list as the text of a JSON array.
fn lists(array: &ArrayRef, item: &Arc<Field>) -> Result<StringArray, ArrowError> {
    let lists = cast(array, &DataType::LargeList(Arc::clone(item)))?;
    let lists = lists.as_list::<i64>();
    let items = Values::of(lists.values(), item)?;
    let places = lists.value_offsets();
    let text = |row: usize| {
        let cells = (places[row] as usize..places[row + 1] as usize).map(|at| json(items.cell(at), item));
        format!("[{}]", cells.collect::<Vec<_>>().join(","))
    };
    Ok((0..lists.len()).map(|row| lists.is_valid(row).then(|| text(row))).collect())
}

fn json(cell: Cell<'_>, item: &Field) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(value) if item.data_type() == &DataType::Boolean => (value != 0).to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => serde_json::Value::from(value).to_string(),
        Cell::Text(text) if is_json(text, item) => text.to_owned(),
        Cell::Text(text) => serde_json::Value::from(text).to_string(),
    }
}

/// Whether the text of a cell is JSON already.
fn is_json(text: &str, item: &Field) -> bool {
    item.data_type().is_decimal() || item.data_type().is_nested() || extension(item) == Some("arrow.json") || is_numeric(text, item)
}

/// PostgreSQL's numeric comes as text, since Arrow's decimals are too short for it; `NaN` is no number in JSON.
fn is_numeric(text: &str, item: &Field) -> bool {
    let numeric = |metadata: &String| metadata.contains("\"numeric\"");
    item.metadata().get("ARROW:extension:metadata").is_some_and(numeric) && serde_json::from_str::<serde_json::Number>(text).is_ok()
}
