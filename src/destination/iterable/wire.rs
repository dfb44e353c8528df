//! A row as the calls for many users take it.
//!
//! Every value is written as its field takes it: the vendor goes by the JSON type, and a whole number does not fit a field
//! of doubles, nor the other way round.

use super::{
    super::{BatchRow, Operation},
    known::Kinds,
};
use crate::{definition::FieldType, member::Value};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscribe<'a> {
    pub list_id: u64,
    pub subscribers: Vec<User<'a>>,
    /// False: whoever is unknown is to become a profile.
    pub update_existing_users_only: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkUpdate<'a> {
    pub users: Vec<User<'a>>,
    /// Without it a project may be set to drop new fields.
    pub create_new_fields: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unsubscribe<'a> {
    pub list_id: u64,
    pub subscribers: Vec<User<'a>>,
    /// Never true, and never left out: the documents disagree on what leaving it out means.
    pub channel_unsubscribe: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_fields: Option<DataFields<'a>>,
    /// Our values are never objects, so that nothing is merged; were one ever an object, what others wrote into it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_nested_objects: Option<bool>,
}

impl<'a> User<'a> {
    pub(super) fn address(row: &'a BatchRow) -> Self {
        Self { email: row.email.as_str(), data_fields: None, merge_nested_objects: None }
    }

    pub(super) fn told(row: &'a BatchRow, kinds: &'a Kinds) -> Self {
        let fields = (!row.attributes.is_empty()).then_some(DataFields { attributes: &row.attributes, kinds });
        let merge_nested_objects = fields.as_ref().map(|_| true);
        Self { data_fields: fields, merge_nested_objects, ..Self::address(row) }
    }
}

/// Bytes that a row takes in a call, with the comma behind it.
pub(super) fn bytes(operation: Operation, row: &BatchRow, kinds: &Kinds) -> usize {
    let user = if operation.removes() { User::address(row) } else { User::told(row, kinds) };
    serde_json::to_vec(&user).map_or(0, |json| json.len() + 1)
}

struct DataFields<'a> {
    attributes: &'a [(String, Value)],
    kinds: &'a Kinds,
}

impl Serialize for DataFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.attributes.len()))?;
        for (name, value) in self.attributes {
            map.serialize_entry(name, &Written { value, kind: self.kinds.get(name).copied().unwrap_or(FieldType::Text) })?;
        }
        map.end()
    }
}

struct Written<'a> {
    value: &'a Value,
    kind: FieldType,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.kind) {
            // Clears the field.
            (Value::Empty, _) => serializer.serialize_unit(),
            (Value::Number(text), FieldType::Number) if !text.contains('.') => number(format!("{text}.0"), serializer),
            (Value::Number(text), FieldType::Number | FieldType::Integer) => number(text.clone(), serializer),
            (Value::Text(text), FieldType::Boolean) => serializer.serialize_bool(text == "true"),
            (Value::Text(text), FieldType::Datetime) => serializer.serialize_str(&moment(text)),
            (Value::Text(text) | Value::Number(text), _) => serializer.serialize_str(text),
            (Value::Parts(parts), _) => parts.serialize(serializer),
        }
    }
}

/// Digit by digit: our decimals are JSON's, and none goes through a binary number.
fn number<S: Serializer>(text: String, serializer: S) -> Result<S::Ok, S::Error> {
    match RawValue::from_string(text) {
        Ok(raw) => raw.serialize(serializer),
        Err(error) => Err(serde::ser::Error::custom(error)),
    }
}

/// `2026-11-22T08:30:00Z` as the vendor writes it, `2026-11-22 08:30:00 +00:00`.
fn moment(rfc3339: &str) -> String {
    rfc3339.strip_suffix('Z').map_or_else(|| rfc3339.to_owned(), |local| format!("{} +00:00", local.replacen('T', " ", 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(FieldType::Text, Value::Text("true".into()), r#""true""#)]
    #[case(FieldType::Boolean, Value::Text("true".into()), "true")]
    #[case(FieldType::Boolean, Value::Text("false".into()), "false")]
    #[case(FieldType::Integer, Value::Number("-12".into()), "-12")]
    #[case(FieldType::Integer, Value::Number("99999999999999999999".into()), "99999999999999999999")]
    #[case(FieldType::Number, Value::Number("12".into()), "12.0")]
    #[case(FieldType::Number, Value::Number("0.1".into()), "0.1")]
    #[case(FieldType::Number, Value::Number("0.00000000000000000001".into()), "0.00000000000000000001")]
    #[case(FieldType::Datetime, Value::Text("2026-11-22T08:30:00Z".into()), r#""2026-11-22 08:30:00 +00:00""#)]
    #[case(FieldType::Integer, Value::Empty, "null")]
    #[case(FieldType::Text, Value::Empty, "null")]
    fn values_are_written_as_their_field_takes_them(#[case] kind: FieldType, #[case] value: Value, #[case] json: &str) {
        assert_eq!(serde_json::to_string(&Written { value: &value, kind }).unwrap(), json);
    }
}
