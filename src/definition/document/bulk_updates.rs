//! `limits.bulkUpdates`: a word, which was `true` or `false` once.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, fmt};

const WORDS: &[&str] = &["auto", "never"];

/// How attributes of known contacts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkUpdatesDoc {
    Auto,
    Never,
    /// As it was written before; answered with the word to write.
    Flag(bool),
}

impl<'de> Deserialize<'de> for BulkUpdatesDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = BulkUpdatesDoc;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`auto` or `never`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<BulkUpdatesDoc, E> {
        match text {
            "auto" => Ok(BulkUpdatesDoc::Auto),
            "never" => Ok(BulkUpdatesDoc::Never),
            other => Err(E::unknown_variant(other, WORDS)),
        }
    }

    fn visit_bool<E>(self, flag: bool) -> Result<BulkUpdatesDoc, E> {
        Ok(BulkUpdatesDoc::Flag(flag))
    }
}

impl JsonSchema for BulkUpdatesDoc {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "BulkUpdates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": WORDS})
    }
}
