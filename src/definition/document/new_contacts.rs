//! What happens to people the platform has never seen.

use super::Text;
use crate::definition::yaml::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, fmt};

/// What happens to people the platform has never seen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewContactsDoc {
    /// `subscribed`: they agreed to get mail; `unsubscribed`: known, gets none; `pending`: the platform asks each by
    /// mail (always held first); `transactional`: never subscribed, gets order mail only; `non-subscribed`: never subscribed,
    /// gets no campaigns until they opt in. Mailchimp: all but the last. Omnisend: `non-subscribed`, `subscribed` (only with
    /// `consent.at`), `unsubscribed`. Constant Contact and Iterable decide by themselves.
    pub status: Option<At<StatusDoc>>,
    /// The evidence of consent; people whose row lacks it are neither created nor added to a list.
    pub consent: Option<ConsentDoc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum StatusDoc {
    Subscribed,
    Unsubscribed,
    Pending,
    Transactional,
    NonSubscribed,
}

/// The evidence of consent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConsentDoc {
    /// The column that says so. Only a known yes counts: `true`, `t`, `yes`, `y`, `1`, `on`, `subscribed`, `opted in` and their
    /// equals in Europe's languages, or a date in the past. Whatever is neither a known yes nor a known no is no consent, and
    /// every plan shows it.
    #[schemars(required)]
    pub column: Option<Text>,
    /// The column that says when; a row without it has no consent.
    pub at: Option<Text>,
    /// The words that say yes, instead of the known ones.
    pub yes: Option<At<Vec<At<Word>>>>,
    /// The words that say no, instead of the known ones.
    pub no: Option<At<Vec<At<Word>>>>,
    /// What becomes of a member whose consent is withdrawn: `remove`: taken off the lists that this export put them on;
    /// `keep`: stays, and is counted. Default: `remove` where leavers are removed (`mode: mirror`), `keep` elsewhere.
    pub withdrawn: Option<WithdrawnDoc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum WithdrawnDoc {
    Remove,
    Keep,
}

/// A word of a consent column; truth values and numbers may stand without quotes.
#[derive(Clone, Debug)]
pub struct Word(pub String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl de::Visitor<'_> for WordVisitor {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_str<E>(self, word: &str) -> Result<Word, E> {
        Ok(Word(word.to_owned()))
    }

    fn visit_bool<E>(self, word: bool) -> Result<Word, E> {
        Ok(Word(word.to_string()))
    }

    fn visit_i64<E>(self, word: i64) -> Result<Word, E> {
        Ok(Word(word.to_string()))
    }

    fn visit_u64<E>(self, word: u64) -> Result<Word, E> {
        Ok(Word(word.to_string()))
    }

    fn visit_f64<E>(self, word: f64) -> Result<Word, E> {
        Ok(Word(word.to_string()))
    }
}

impl JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "boolean", "number"]})
    }
}
