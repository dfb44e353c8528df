//! Our words and Mailchimp's: statuses, merge values.

use crate::{
    member::{Email, Value},
    platform::SubscriptionStatus,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

pub(super) fn status(standing: SubscriptionStatus) -> &'static str {
    match standing {
        SubscriptionStatus::Subscribed => "subscribed",
        SubscriptionStatus::Unsubscribed => "unsubscribed",
        SubscriptionStatus::Pending => "pending",
        SubscriptionStatus::NonSubscribed => "transactional",
        SubscriptionStatus::Cleaned => "cleaned",
        SubscriptionStatus::Archived => "archived",
    }
}

/// `None`: a status that this program does not know.
pub(super) fn standing(status: &str) -> Option<SubscriptionStatus> {
    [
        SubscriptionStatus::Subscribed,
        SubscriptionStatus::Unsubscribed,
        SubscriptionStatus::Pending,
        SubscriptionStatus::NonSubscribed,
        SubscriptionStatus::Cleaned,
        SubscriptionStatus::Archived,
    ]
    .into_iter()
    .find(|standing| self::status(*standing) == status)
}

/// What Mailchimp calls a contact in paths: the MD5 of the lower-case address.
pub(super) fn subscriber_hash(email: &Email) -> String {
    use md5::{Digest, Md5};
    hex::encode(Md5::digest(email.as_str()))
}

/// A row's attributes as `merge_fields`.
pub(super) struct MergeFields<'a>(pub &'a [(String, Value)]);

impl MergeFields<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for MergeFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (tag, value) in self.0 {
            map.serialize_entry(tag, &Merge(value))?;
        }
        map.end()
    }
}

struct Merge<'a>(&'a Value);

impl Serialize for Merge<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            // An empty text erases a field of any type.
            Value::Empty => serializer.serialize_str(""),
            Value::Parts(parts) if parts.is_empty() => serializer.serialize_str(""),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(text) => match as_number(text) {
                Some(number) => number.serialize(serializer),
                None => serializer.serialize_str(text),
            },
            Value::Parts(parts) => parts.serialize(serializer),
        }
    }
}

/// A JSON number, where every reader of JSON reads the same decimal from it; otherwise it goes as text, which the
/// vendor takes for number fields too.
fn as_number(text: &str) -> Option<serde_json::Number> {
    const SAFE_DIGITS: usize = 15;
    if text.bytes().filter(u8::is_ascii_digit).count() > SAFE_DIGITS {
        return None;
    }
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => text.parse::<f64>().ok().filter(|value| value.to_string() == text).and_then(serde_json::Number::from_f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Value::Empty, r#""""#)]
    #[case(Value::Text("2026-11-22".into()), r#""2026-11-22""#)]
    #[case(Value::Number("12.5".into()), "12.5")]
    #[case(Value::Number("-3".into()), "-3")]
    #[case(Value::Number("0.1".into()), "0.1")]
    #[case(Value::Number("123456789012345".into()), "123456789012345")]
    #[case(Value::Number("1234567890123456".into()), r#""1234567890123456""#)]
    #[case(Value::Number("0.00000000000000000001".into()), r#""0.00000000000000000001""#)]
    #[case(Value::Parts([("city".to_owned(), "Paris".to_owned())].into()), r#"{"city":"Paris"}"#)]
    fn values_on_the_wire(#[case] value: Value, #[case] json: &str) {
        assert_eq!(serde_json::to_string(&Merge(&value)).unwrap(), json);
    }

    #[test]
    fn statuses_go_both_ways_and_hashes_are_the_documented_ones() {
        for code in 0..6 {
            let standing = SubscriptionStatus::from_code(code).unwrap();
            assert_eq!(self::standing(status(standing)), Some(standing));
        }
        assert_eq!(standing("brand-new"), None);
        let email = Email::parse("Urist.McVankab@freddiesjokes.com").unwrap().unwrap();
        assert_eq!(subscriber_hash(&email), "62eeb292278cc15f5817cb78f7790b08");
    }
}
