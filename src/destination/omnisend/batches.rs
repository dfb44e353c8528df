//! Contacts created and changed: `POST /batches`, up to 100, worked off later.

use super::{
    super::{Batch, BatchRow, ContainerId, Error, JobId, Operation, Outcome, Rejection, Submitted},
    api::{Api, Call, read},
    job::{Job, Of},
    rows,
    wire::{Flags, Item, LONG_AGO, STANDINGS, word},
};
use crate::{http::Method, platform::SubscriptionStatus};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Bytes of a contact in the batch besides its tags' names: the comma, and quotes for each tag.
const AROUND: usize = 4;

#[derive(Serialize)]
struct Body<'a> {
    method: &'static str,
    endpoint: &'static str,
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "batchID")]
    id: String,
}

/// People whom the platform does not know, with their tags and the status chosen for them.
pub(super) async fn create(api: &Api, rows: &[BatchRow], flags: &Flags) -> Result<Submitted, Error> {
    if rows.iter().any(|row| row.standing.is_none_or(|standing| !STANDINGS.contains(&standing))) {
        return Err(Error::stall("nobody can be created without a status that Omnisend has; this is a bug in Listkeeper"));
    }
    if let Some(outcomes) = undated(rows, Utc::now()) {
        return Ok(Submitted::Done(outcomes));
    }
    let items = rows.iter().map(|row| Item { row, status: status(row), at: since(row), tags: &row.joins, flags });
    send(api, items.collect(), rows.first().and_then(|row| row.standing)).await
}

/// Known people's attributes. Nothing is said of tags, and of consent only what changes nothing: were it left out, a
/// contact that is gone by now might come back as subscribed.
pub(super) async fn update(api: &Api, rows: &[BatchRow], flags: &Flags) -> Result<Submitted, Error> {
    let harmless = word(SubscriptionStatus::NonSubscribed);
    let items = rows.iter().map(|row| Item { row, status: harmless, at: LONG_AGO, tags: &[], flags });
    send(api, items.collect(), None).await
}

fn status(row: &BatchRow) -> &'static str {
    word(row.standing.unwrap_or(SubscriptionStatus::NonSubscribed))
}

/// Only someone who agreed has a date of their own.
fn since(row: &BatchRow) -> &str {
    match (row.standing, &row.consent_at) {
        (Some(SubscriptionStatus::Subscribed), Some(at)) => at,
        _ => LONG_AGO,
    }
}

/// Whoever would be subscribed without a date of consent, or with one that is still to come, is refused; the others are to
/// be sent again, without them. `None`: there is nobody like that.
fn undated(rows: &[BatchRow], now: DateTime<Utc>) -> Option<Vec<Outcome>> {
    let outcome = |row: &BatchRow| match consent_fault(row, now) {
        Some(why) => Outcome::Rejected(Rejection { code: "consent-date", detail: why.to_owned(), field: None }),
        None => Outcome::NotDone,
    };
    let outcomes: Vec<_> = rows.iter().map(outcome).collect();
    outcomes.iter().any(|outcome| *outcome != Outcome::NotDone).then_some(outcomes)
}

fn consent_fault(row: &BatchRow, now: DateTime<Utc>) -> Option<&'static str> {
    if row.standing != Some(SubscriptionStatus::Subscribed) {
        return None;
    }
    let at = row.consent_at.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    match at {
        None => Some("the row does not say when this person consented, in a way that can be read as a date"),
        Some(at) if at > now => Some("the row says that this person consents in the future"),
        Some(_) => None,
    }
}

async fn send(api: &Api, items: Vec<Item<'_>>, standing: Option<SubscriptionStatus>) -> Result<Submitted, Error> {
    let rows = items.len();
    let call = Call::send(Method::Post, "/batches", &["batches"], &Body { method: "POST", endpoint: "contacts", items })?;
    let call = call.once().rows(rows);
    let what = call.what;
    let answer = api.answer(call).await?;
    if answer.is_success() {
        let Accepted { id } = read(&answer)?;
        return Ok(Submitted::Job(Job { standing, of: Of::Batch(id) }.id()));
    }
    rows::refused(&answer, "items", what).map(Submitted::Done)
}

/// The name of a batch that is about to be sent.
pub(super) fn lost(batch: &Batch) -> Option<JobId> {
    let standing = match batch.operation {
        Operation::Create => Some(batch.rows.first()?.standing?),
        Operation::Update => None,
        _ => return None,
    };
    Some(Job::lost(standing, Utc::now(), batch.rows.iter().map(|row| row.key)).id())
}

/// Bytes that a contact takes.
pub(super) fn row_bytes(row: &BatchRow, flags: &Flags) -> usize {
    let tags: &[ContainerId] = &row.joins;
    let item = Item { row, status: status(row), at: LONG_AGO, tags, flags };
    serde_json::to_vec(&item).map_or(0, |json| json.len() + AROUND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::{Email, Key, Value};
    use rstest::rstest;
    use serde_json::{Value as Json, json};

    fn row(standing: SubscriptionStatus, consent_at: Option<&str>) -> BatchRow {
        let email = Email::parse("Dana+news@Example.com").unwrap().unwrap();
        BatchRow {
            key: Key::of(&email),
            email,
            attributes: Vec::new(),
            standing: Some(standing),
            joins: vec![ContainerId("vip-customers".into())],
            consent_at: consent_at.map(str::to_owned),
            contact: None,
        }
    }

    #[rstest]
    #[case(SubscriptionStatus::NonSubscribed, None, "nonSubscribed", LONG_AGO)]
    #[case(SubscriptionStatus::NonSubscribed, Some("2024-05-01T00:00:00Z"), "nonSubscribed", LONG_AGO)]
    #[case(SubscriptionStatus::Unsubscribed, Some("2024-05-01T00:00:00Z"), "unsubscribed", LONG_AGO)]
    #[case(SubscriptionStatus::Subscribed, Some("2024-05-01T00:00:00Z"), "subscribed", "2024-05-01T00:00:00Z")]
    fn a_status_and_its_date(#[case] standing: SubscriptionStatus, #[case] at: Option<&str>, #[case] status: &str, #[case] date: &str) {
        let row = row(standing, at);
        assert_eq!((super::status(&row), since(&row)), (status, date));
    }

    #[rstest]
    #[case(SubscriptionStatus::Subscribed, None, true)]
    #[case(SubscriptionStatus::Subscribed, Some("in May"), true)]
    #[case(SubscriptionStatus::Subscribed, Some("2030-01-01T00:00:00Z"), true)]
    #[case(SubscriptionStatus::Subscribed, Some("2026-11-22T00:00:00Z"), false)]
    #[case(SubscriptionStatus::NonSubscribed, None, false)]
    fn nobody_is_subscribed_without_a_date_that_has_been(
        #[case] standing: SubscriptionStatus,
        #[case] at: Option<&str>,
        #[case] refused: bool,
    ) {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(consent_fault(&row(standing, at), now).is_some(), refused);
    }

    #[test]
    fn those_without_a_date_do_not_hold_up_the_others() {
        let rows = [row(SubscriptionStatus::Subscribed, None), row(SubscriptionStatus::Subscribed, Some("2024-05-01T00:00:00Z"))];
        let outcomes = undated(&rows, Utc::now()).unwrap();
        assert!(matches!(&outcomes[..], [Outcome::Rejected(Rejection { code: "consent-date", .. }), Outcome::NotDone]), "{outcomes:?}");
        assert_eq!(undated(&rows[1..], Utc::now()), None);
    }

    #[test]
    fn a_contact_on_the_wire() {
        let attributes = [
            ("city", Value::Text("Paris".into())),
            ("isMember", Value::Text("true".into())),
            ("note", Value::Text("true".into())),
            ("spent", Value::Number("1234567890123456789.5".into())),
            ("state", Value::Empty),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let row = BatchRow { attributes, ..row(SubscriptionStatus::NonSubscribed, None) };
        let spec = crate::definition::AttributeSpec {
            columns: crate::definition::Columns::One("c".into()),
            kind: Some(crate::definition::FieldType::Boolean),
            on_empty: crate::definition::OnEmpty::Keep,
            line: 1,
        };
        let flags = Flags::of(&[("isMember".to_owned(), spec)].into());
        let text =
            serde_json::to_string(&Item { row: &row, status: status(&row), at: since(&row), tags: &row.joins, flags: &flags }).unwrap();
        assert!(text.contains(r#""spent":1234567890123456789.5"#), "to the last digit: {text}");
        let mut sent: Json = serde_json::from_str(&text).unwrap();
        sent["customProperties"].as_object_mut().unwrap().remove("spent");
        let channel = json!({"email": {"status": "nonSubscribed", "statusChangedAt": "2000-01-01T00:00:00Z"}});
        let identifier = json!({"type": "email", "id": "dana+news@example.com", "sendWelcomeMessage": false, "channels": channel});
        let expected = json!({
            "identifiers": [identifier], "tags": ["vip-customers"], "city": "Paris", "customProperties": {"isMember": true, "note": "true"},
        });
        assert_eq!(sent, expected);
        assert_eq!(row_bytes(&row, &flags), text.len() + AROUND);
    }
}
