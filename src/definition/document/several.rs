//! Fields that hold one name, or a list of names.

use super::Text;
use crate::definition::yaml::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;

#[derive(Clone, Debug)]
pub enum Several {
    One(String),
    Many(Vec<Text>),
}

/// Every name with its place.
pub fn each(several: &At<Several>) -> Vec<Text> {
    match &several.value {
        Several::One(name) => vec![At { value: name.clone(), at: several.at }],
        Several::Many(names) => names.clone(),
    }
}

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Several;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a name or a list of names")
    }

    fn visit_str<E>(self, text: &str) -> Result<Several, E> {
        Ok(Several::One(text.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, names: A) -> Result<Several, A::Error> {
        Vec::deserialize(de::value::SeqAccessDeserializer::new(names)).map(Several::Many)
    }
}

impl JsonSchema for Several {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "NameOrNames".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "uniqueItems": true}]})
    }
}
