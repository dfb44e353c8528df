//! Whether a body has the shape a call takes. Names that the vendor does not know are let pass, as the vendor does, and
//! noted as outside the contract.

use super::refusal::{Refusal, Result};
use serde_json::{Map, Value};

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Flag,
    /// An object with names of its own.
    Open,
    Objects(&'static Shape),
}

/// Name, kind, whether it must be there.
pub(super) type Shape = [(&'static str, Kind, bool)];

const USER: &Shape = &[
    ("email", Kind::Text, false),
    ("userId", Kind::Text, false),
    ("dataFields", Kind::Open, false),
    ("preferUserId", Kind::Flag, false),
    ("mergeNestedObjects", Kind::Flag, false),
];
const LEAVER: &Shape = &[("email", Kind::Text, false), ("userId", Kind::Text, false)];

pub(super) const NEW_LIST: &Shape = &[("name", Kind::Text, true), ("description", Kind::Text, false)];
pub(super) const SUBSCRIBE: &Shape =
    &[("listId", Kind::Whole, true), ("subscribers", Kind::Objects(USER), true), ("updateExistingUsersOnly", Kind::Flag, false)];
pub(super) const UNSUBSCRIBE: &Shape = &[
    ("listId", Kind::Whole, true),
    ("subscribers", Kind::Objects(LEAVER), true),
    ("campaignId", Kind::Whole, false),
    ("channelUnsubscribe", Kind::Flag, false),
];
pub(super) const BULK_UPDATE: &Shape = &[("users", Kind::Objects(USER), true), ("createNewFields", Kind::Flag, false)];
pub(super) const UPDATE: &Shape = &[
    ("email", Kind::Text, false),
    ("userId", Kind::Text, false),
    ("dataFields", Kind::Open, false),
    ("preferUserId", Kind::Flag, false),
    ("mergeNestedObjects", Kind::Flag, false),
    ("createNewFields", Kind::Flag, false),
];
pub(super) const FORGET: &Shape = LEAVER;

/// The body as an object; refuses what does not fit.
pub(super) fn check(pattern: &str, body: Value, shape: &Shape, notes: &mut Vec<String>) -> Result<Map<String, Value>> {
    let mut findings = Findings::default();
    findings.value("obj", &body, Kind::Open);
    if let Value::Object(object) = &body {
        findings.object("obj", object, shape);
    }
    notes.extend(findings.unknown.iter().map(|name| format!("unknown field {name}")));
    match body {
        Value::Object(object) if findings.wrong.is_empty() => Ok(object),
        _ => Err(Refusal::body(pattern, &findings.wrong).into()),
    }
}

#[derive(Default)]
struct Findings {
    wrong: Map<String, Value>,
    unknown: Vec<String>,
}

impl Findings {
    fn object(&mut self, at: &str, object: &Map<String, Value>, shape: &Shape) {
        for (name, ..) in shape.iter().filter(|(name, _, must)| *must && !object.contains_key(*name)) {
            self.wrong.insert(format!("{at}.{name}"), "Field required".into());
        }
        for (name, value) in object {
            match shape.iter().find(|(known, ..)| known == name) {
                Some((_, kind, _)) => self.value(&format!("{at}.{name}"), value, *kind),
                None if !self.unknown.contains(name) => self.unknown.push(name.clone()),
                None => {}
            }
        }
    }

    fn value(&mut self, at: &str, value: &Value, kind: Kind) {
        let expected = match (kind, value) {
            (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) | (Kind::Open, Value::Object(_)) => return,
            (Kind::Whole, Value::Number(number)) if number.is_i64() => return,
            (Kind::Objects(shape), Value::Array(items)) => return self.items(at, items, shape),
            (Kind::Text, _) => "String value expected",
            (Kind::Flag, _) => "Boolean value expected",
            (Kind::Open, _) => "Object value expected",
            (Kind::Whole, _) => "Number value expected",
            (Kind::Objects(_), _) => "Array value expected",
        };
        self.wrong.insert(at.to_owned(), expected.into());
    }

    fn items(&mut self, at: &str, items: &[Value], shape: &Shape) {
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}[{index}]");
            match item {
                Value::Object(object) => self.object(&at, object, shape),
                other => self.value(&at, other, Kind::Open),
            }
        }
    }
}
