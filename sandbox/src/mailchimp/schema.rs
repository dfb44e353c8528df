//! Whether a body fits the vendor's schema: kinds, required fields, enumerations. Unknown fields are ignored, as the
//! vendor ignores them, and noted as outside the contract.

use super::problem::{FieldError, Problem, Result};
use serde_json::{Map, Value};
use std::fmt;

/// The kind of one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Flag,
    Integer,
    /// Anything at all.
    Any,
    Object(&'static Shape),
    /// An object with keys of its own.
    Open,
    Texts,
    Objects(&'static Shape),
    OneOf(&'static [&'static str]),
}

/// The fields of an object: name, kind, whether it must be there.
pub(super) type Shape = [(&'static str, Kind, bool)];

/// Refuses what does not fit; returns the names that the schema does not know.
pub(super) fn check(object: &Map<String, Value>, shape: &Shape) -> Result<Vec<String>> {
    let mut found = Findings::default();
    found.object(At::Top, object, shape);
    match found.errors.is_empty() {
        true => Ok(found.unknown),
        false => Err(Problem::schema(found.errors).into()),
    }
}

#[derive(Default)]
struct Findings {
    errors: Vec<FieldError>,
    unknown: Vec<String>,
}

impl Findings {
    fn object(&mut self, at: At<'_>, object: &Map<String, Value>, shape: &Shape) {
        let missing: Vec<_> = shape.iter().filter(|(name, _, must)| *must && !object.contains_key(*name)).map(|(n, ..)| *n).collect();
        if !missing.is_empty() {
            self.errors.push(FieldError::new(at.to_string(), format!("Required fields were not provided: {}", missing.join(", "))));
        }
        for (name, value) in object {
            match shape.iter().find(|(known, ..)| known == name) {
                Some((_, kind, _)) => self.value(At::Name(&at, name), value, *kind),
                None => self.unknown_name(name),
            }
        }
    }

    fn unknown_name(&mut self, name: &str) {
        if !self.unknown.iter().any(|known| known == name) {
            self.unknown.push(name.to_owned());
        }
    }

    fn value(&mut self, at: At<'_>, value: &Value, kind: Kind) {
        match (kind, value) {
            (Kind::Any, _) | (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) | (Kind::Open, Value::Object(_)) => {}
            (Kind::Integer, Value::Number(number)) if number.is_i64() => {}
            (Kind::Object(shape), Value::Object(object)) => self.object(at, object, shape),
            (Kind::Texts, Value::Array(items)) => self.items(at, items, Kind::Text),
            (Kind::Objects(shape), Value::Array(items)) => self.items(at, items, Kind::Object(shape)),
            (Kind::OneOf(words), Value::String(text)) => {
                if !words.contains(&text.as_str()) {
                    self.errors.push(FieldError::new(at.to_string(), format!("Value must be one of: {}", words.join(", "))));
                }
            }
            _ => self
                .errors
                .push(FieldError::new(at.to_string(), format!("Schema describes {}, {} found instead", noun(kind), found(value)))),
        }
    }

    fn items(&mut self, at: At<'_>, items: &[Value], kind: Kind) {
        for (index, item) in items.iter().enumerate() {
            self.value(At::Item(&at, index), item, kind);
        }
    }
}

/// Where in the body, put into words only for what is wrong.
#[derive(Clone, Copy)]
enum At<'a> {
    Top,
    Name(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Name(Self::Top, name) => f.write_str(name),
            Self::Name(at, name) => write!(f, "{at}.{name}"),
            Self::Item(at, index) => write!(f, "{at}.item:{index}"),
        }
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::OneOf(_) => "string",
        Kind::Flag => "boolean",
        Kind::Integer => "integer",
        Kind::Any => "anything",
        Kind::Object(_) | Kind::Open => "object",
        Kind::Texts | Kind::Objects(_) => "array",
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "double",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const INNER: &Shape = &[("name", Kind::Text, true), ("on", Kind::OneOf(&["a", "b"]), false)];
    const SHAPE: &Shape = &[("email", Kind::Text, true), ("vip", Kind::Flag, false), ("tags", Kind::Objects(INNER), false)];

    #[rstest]
    #[case(json!({"email": "x"}), "")]
    #[case(json!({}), ": Required fields were not provided: email")]
    #[case(json!({"email": null}), "email: Schema describes string, NULL found instead")]
    #[case(json!({"email": "x", "vip": "yes"}), "vip: Schema describes boolean, string found instead")]
    #[case(json!({"email": "x", "tags": [{"name": "n", "on": "c"}]}), "tags.item:0.on: Value must be one of: a, b")]
    #[case(json!({"email": "x", "tags": [{"name": "n"}, {}]}), "tags.item:1: Required fields were not provided: name")]
    fn findings(#[case] body: Value, #[case] expected: &str) {
        let said = match check(body.as_object().unwrap(), SHAPE) {
            Ok(_) => String::new(),
            Err(super::super::problem::Fail::Refused(p)) => format!("{}: {}", p.errors[0].field, p.errors[0].message),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn unknown_names_are_told_once() {
        let body = json!({"email": "x", "colour": 1, "tags": [{"name": "n", "size": 1}, {"name": "m", "size": 2}]});
        assert_eq!(check(body.as_object().unwrap(), SHAPE).unwrap(), ["colour", "size"]);
    }
}
