//! Our words and Omnisend's: statuses, contacts as they are sent, values.

use super::{
    super::{BatchRow, ContainerId},
    fields, spelling,
};
use crate::{
    definition::{AttributeSpec, FieldType},
    member::Value,
    platform::SubscriptionStatus,
};
use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};
use serde_json::{json, value::RawValue};
use std::collections::{BTreeMap, BTreeSet};

/// A date before every statement about consent that the vendor can hold: of two the later holds, so this one overrides none.
pub(super) const LONG_AGO: &str = "2000-01-01T00:00:00Z";

pub(super) fn word(standing: SubscriptionStatus) -> &'static str {
    match standing {
        SubscriptionStatus::Subscribed => "subscribed",
        SubscriptionStatus::Unsubscribed => "unsubscribed",
        SubscriptionStatus::NonSubscribed => "nonSubscribed",
        // The vendor has none of these.
        SubscriptionStatus::Pending => "pending",
        SubscriptionStatus::Cleaned => "cleaned",
        SubscriptionStatus::Archived => "archived",
    }
}

/// `None`: a status that this program does not know.
pub(super) fn standing(word: &str) -> Option<SubscriptionStatus> {
    STANDINGS.into_iter().find(|standing| self::word(*standing) == word)
}

/// Those that the vendor has.
pub(super) const STANDINGS: [SubscriptionStatus; 3] =
    [SubscriptionStatus::Subscribed, SubscriptionStatus::Unsubscribed, SubscriptionStatus::NonSubscribed];

/// Attributes whose values are yes or no.
#[derive(Debug, Default)]
pub(super) struct Flags(BTreeSet<String>);

impl Flags {
    pub(super) fn of(attributes: &BTreeMap<String, AttributeSpec>) -> Self {
        let flags = attributes.iter().filter(|(_, spec)| spec.kind == Some(FieldType::Boolean));
        Self(flags.map(|(tag, _)| tag.clone()).collect())
    }
}

/// One contact of a batch.
pub(super) struct Item<'a> {
    pub row: &'a BatchRow,
    pub status: &'static str,
    /// Of the status. Never left out: the vendor takes that for now.
    pub at: &'a str,
    pub tags: &'a [ContainerId],
    pub flags: &'a Flags,
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("identifiers", &json!([self.identifier()]))?;
        if !self.tags.is_empty() {
            map.serialize_entry("tags", self.tags)?;
        }
        let told = self.row.attributes.iter().filter(|(_, value)| *value != Value::Empty);
        let (standard, custom): (Vec<_>, Vec<_>) = told.partition(|(name, _)| fields::is_standard(name));
        for (name, value) in standard {
            map.serialize_entry(name, &self.value(name, value))?;
        }
        if !custom.is_empty() {
            let custom: BTreeMap<_, _> = custom.into_iter().map(|(name, value)| (name, self.value(name, value))).collect();
            map.serialize_entry("customProperties", &custom)?;
        }
        map.end()
    }
}

impl<'a> Item<'a> {
    fn identifier(&self) -> serde_json::Value {
        json!({
            "type": "email",
            "id": spelling::spelt(self.row),
            "sendWelcomeMessage": false,
            "channels": {"email": {"status": self.status, "statusChangedAt": self.at}},
        })
    }

    fn value(&self, name: &str, value: &'a Value) -> Sent<'a> {
        match value {
            Value::Text(text) if self.flags.0.contains(name) => Sent::Flag(text == "true"),
            Value::Text(text) => Sent::Text(text),
            Value::Number(text) => Sent::Number(text),
            Value::Parts(parts) => Sent::Parts(parts),
            Value::Empty => Sent::Text(""),
        }
    }
}

enum Sent<'a> {
    Flag(bool),
    Text(&'a str),
    /// A decimal as JSON writes it, to the last digit.
    Number(&'a str),
    Parts(&'a BTreeMap<String, String>),
}

impl Serialize for Sent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(text) => RawValue::from_string((*text).to_owned()).map_err(S::Error::custom)?.serialize(serializer),
            Self::Parts(parts) => parts.serialize(serializer),
        }
    }
}
