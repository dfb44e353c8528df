//! Calls of one contact: attributes without a status, and bringing back whom we archived.

use super::{
    super::{BatchRow, ContactRecord, Error, Outcome, PlaceId, Rejection},
    api::{Api, Call, read},
    contacts::Member,
    errors::{self, Problem},
    rows::{refused_alone, unconfirmed},
    wire::{MergeFields, standing, status, subscriber_hash},
};
use crate::{
    http::{Answer, Method},
    platform::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(super) const ROUTE: &str = "/lists/{id}/members/{hash}";

/// No status in it, ever.
#[derive(Serialize)]
struct Attributes<'a> {
    merge_fields: MergeFields<'a>,
}

#[derive(Serialize)]
struct Restored<'a> {
    email_address: &'a str,
    status: &'static str,
    status_if_new: &'static str,
    #[serde(skip_serializing_if = "MergeFields::is_empty")]
    merge_fields: MergeFields<'a>,
}

/// A call for each row; as many at a time as the account's connections allow.
pub(super) async fn update_each(api: &Api, place: &PlaceId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    settled(futures::future::join_all(rows.iter().map(|row| update(api, place, row))).await)
}

/// As [`update_each`].
pub(super) async fn restore_each(api: &Api, place: &PlaceId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    settled(futures::future::join_all(rows.iter().map(|row| restore(api, place, row))).await)
}

/// A row whose call failed is `unconfirmed` as long as others have something to tell; a failure of all is the batch's.
fn settled(results: Vec<Result<Outcome, Error>>) -> Result<Vec<Outcome>, Error> {
    if results.iter().all(Result::is_err) {
        return results.into_iter().collect();
    }
    Ok(results.into_iter().map(|result| result.unwrap_or_else(|error| unconfirmed(&error.message))).collect())
}

async fn update(api: &Api, place: &PlaceId, row: &BatchRow) -> Result<Outcome, Error> {
    if row.attributes.is_empty() {
        return Ok(Outcome::Done { standing: None });
    }
    let body = Attributes { merge_fields: MergeFields(&row.attributes) };
    let hash = subscriber_hash(&row.email);
    let call = Call::send(Method::Patch, ROUTE, &["lists", &place.0, "members", &hash], &body)?;
    outcome(&api.answer(call.query("skip_merge_validation", true)).await?)
}

/// Whom we archived gets back the status that they had. Looks first: someone whom another has brought back, or deleted,
/// is left as they are, since writing a status then would be deciding for them.
async fn restore(api: &Api, place: &PlaceId, row: &BatchRow) -> Result<Outcome, Error> {
    let Some(had @ (SubscriptionStatus::Subscribed | SubscriptionStatus::Unsubscribed | SubscriptionStatus::NonSubscribed)) = row.standing
    else {
        let detail = "only who was subscribed, unsubscribed or non-subscribed can be brought back without asking them".into();
        return Ok(Outcome::Rejected(Rejection { code: "archived", detail, field: None }));
    };
    let hash = subscriber_hash(&row.email);
    match read_standing(api, place, &hash).await? {
        None => return Ok(Outcome::Gone),
        Some(SubscriptionStatus::Archived) => {}
        Some(now) => {
            return Ok(match update(api, place, row).await? {
                Outcome::Done { standing: None } => Outcome::Done { standing: Some(now) },
                other => other,
            });
        }
    }
    let status = status(had);
    let body = Restored { email_address: row.email.as_str(), status, status_if_new: status, merge_fields: MergeFields(&row.attributes) };
    // PUT: an archived contact takes no PATCH (the vendor allows GET and PUT on it).
    let call = Call::send(Method::Put, ROUTE, &["lists", &place.0, "members", &hash], &body)?;
    outcome(&api.answer(call.query("skip_merge_validation", true)).await?)
}

/// `None`: there is no such contact.
pub(super) async fn read_standing(api: &Api, place: &PlaceId, hash: &str) -> Result<Option<SubscriptionStatus>, Error> {
    let call = Call::get(ROUTE, &["lists", &place.0, "members", hash]).query("fields", "email_address,status");
    let answer = api.answer(call).await?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => {
            let member: Member<'_> = read(&answer)?;
            Ok(Some(standing(&member.status).unwrap_or(SubscriptionStatus::NonSubscribed)))
        }
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// A contact with its values, as far as a creation sent them.
#[derive(Deserialize)]
struct Sent {
    status: String,
    #[serde(default)]
    last_changed: String,
    #[serde(default)]
    merge_fields: Json,
}

/// One contact, and whether it is as this row would have made it.
pub(super) async fn find_sent(api: &Api, place: &PlaceId, row: &BatchRow) -> Result<Option<(ContactRecord, bool)>, Error> {
    let path = ["lists", &place.0, "members", &subscriber_hash(&row.email)];
    let answer = api.answer(Call::get(ROUTE, &path).query("fields", "status,last_changed,merge_fields")).await?;
    match answer.status {
        404 => return Ok(None),
        _ if answer.is_success() => {}
        _ => return Err(errors::refused(&answer, 1)),
    }
    let found: Sent = read(&answer)?;
    let now = standing(&found.status).unwrap_or(SubscriptionStatus::NonSubscribed);
    let carries = row.standing == Some(now) && carries(&found.merge_fields, row);
    let changed_at = (!found.last_changed.is_empty()).then_some(found.last_changed);
    Ok(Some((ContactRecord { changed_at, ..ContactRecord::new(row.email.clone(), now) }, carries)))
}

/// Each value that was sent; a row without any tells nothing.
fn carries(held: &Json, row: &BatchRow) -> bool {
    let Ok(Json::Object(sent)) = serde_json::to_value(MergeFields(&row.attributes)) else { return false };
    let same = |held: &Json, sent: &Json| held == sent || (held.is_number() && held.as_f64() == sent.as_f64()) || same_day(held, sent);
    !sent.is_empty() && sent.iter().all(|(tag, sent)| same(&held[tag], sent))
}

/// A date goes as ISO, and may come back as the field shows it.
fn same_day(held: &Json, sent: &Json) -> bool {
    let (Some(held), Some(sent)) = (held.as_str(), sent.as_str()) else { return false };
    let day = |text: &str, form: &str| chrono::NaiveDate::parse_from_str(text, form).ok();
    let held_as = |form: &str| day(held, form).is_some_and(|held| Some(held) == day(sent, "%Y-%m-%d"));
    ["%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y"].into_iter().any(held_as)
}

/// The meaning of an answer to a call that writes one contact.
fn outcome(answer: &Answer) -> Result<Outcome, Error> {
    match answer.status {
        404 => Ok(Outcome::Gone),
        // Archived since its status was read: an archived contact takes no such call.
        405 => {
            let detail = Problem::of(&answer.body).unwrap_or_default().words();
            Ok(Outcome::Rejected(Rejection { code: "archived", detail, field: None }))
        }
        400 => match Problem::of(&answer.body) {
            Some(problem) => Ok(refused_alone(&problem)),
            None => Err(errors::refused(answer, 1)),
        },
        _ if answer.is_success() => {
            let member: Member<'_> = read(answer)?;
            Ok(Outcome::Done { standing: standing(&member.status) })
        }
        _ => Err(errors::refused(answer, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("1980-06-09", true)]
    #[case("06/09/1980", true)]
    #[case("09/06/1980", true)]
    #[case("06/10/1980", false)]
    #[case("", false)]
    fn a_date_is_the_same_in_the_form_that_its_field_shows(#[case] held: &str, #[case] same: bool) {
        let sent = json!("1980-06-09");
        assert_eq!(json!(held) == sent || same_day(&json!(held), &sent), same);
        assert!(!same_day(&json!(held), &json!("06/09")), "a birthday is no date");
    }
}
