//! The bulk update tried with one contact, before it touches a second.
//!
//! What it does to a status is not proved by any recorded answer, so the contact is looked at before and after. For
//! `unsubscribed` it is best somebody who left by themselves: if the call subscribes, the vendor's own compliance rules refuse it, and
//! nobody is harmed.

use super::{
    super::{BatchRow, Candidate, Error, Outcome, Passed, PlaceId, Trial},
    api::{Api, Call, read},
    errors,
    single::ROUTE,
    update::{self, Answered, Said},
    wire::{MergeFields, standing, status, subscriber_hash},
};
use crate::{destination::words, http::Method, member::Email, platform::SubscriptionStatus};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// How long after a trial a contact's last change may still be the trial's.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);

#[derive(Deserialize)]
struct Looked {
    #[serde(default)]
    status: String,
    #[serde(default)]
    last_changed: String,
    #[serde(default)]
    unsubscribe_reason: Option<String>,
    #[serde(default)]
    merge_fields: Json,
}

impl Looked {
    fn standing(&self) -> Option<SubscriptionStatus> {
        standing(&self.status)
    }

    /// As the vendor words it for somebody whom an administrator or a program unsubscribed: `N/A (Unsubscribed by admin)`.
    fn left_alone(&self) -> bool {
        self.unsubscribe_reason.as_deref().is_some_and(|reason| !reason.is_empty() && !reason.to_lowercase().contains("admin"))
    }
}

async fn look(api: &Api, place: &PlaceId, email: &Email) -> Result<Option<Looked>, Error> {
    let path = ["lists", &place.0, "members", &subscriber_hash(email)];
    let answer = api.answer(Call::get(ROUTE, &path).query("fields", "status,last_changed,unsubscribe_reason,merge_fields")).await?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => read(&answer).map(Some),
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// The first that has its status still; of unsubscribed ones the first who left by themselves, if there is one.
pub(super) async fn candidate(api: &Api, place: &PlaceId, rows: &[BatchRow]) -> Result<Option<Candidate>, Error> {
    let mut first = None;
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.attributes.is_empty()) {
        let Some(looked) = look(api, place, &row.email).await?.filter(|looked| looked.standing() == row.standing) else { continue };
        let best = row.standing != Some(SubscriptionStatus::Unsubscribed) || looked.left_alone();
        let found = Candidate { at, before: looked.merge_fields };
        if best {
            return Ok(Some(found));
        }
        first.get_or_insert(found);
    }
    Ok(first)
}

pub(super) async fn try_bulk(api: &Api, place: &PlaceId, row: &BatchRow, candidate: &Candidate) -> Result<Trial, Error> {
    let answered = update::send(api, place, std::slice::from_ref(row), None).await;
    // Whatever the answer was: what counts is what the contact is now.
    let after = look(api, place, &row.email).await;
    let after = match (after, &answered) {
        (Ok(after), _) => after,
        (Err(error), _) => return Err(error),
    };
    if let Some(harmed) = subscribed(api, place, row, after.as_ref()).await? {
        return Ok(Trial::Failed(harmed, Outcome::NotDone));
    }
    let said = match answered? {
        Answered::Refused(why) => return Ok(Trial::Failed(why, Outcome::NotDone)),
        Answered::Stopped => return Ok(Trial::Open(Outcome::NotDone)),
        Answered::Rows(mut said) => said.pop().unwrap_or(Said::Nothing),
    };
    Ok(judge(row, candidate, said, after.as_ref()))
}

/// A trial that subscribed somebody who was unsubscribed. They are put back at once: **the one status that is ever written for a
/// contact whom the vendor knows and whom we did not archive**, since it undoes what our own call just did, and takes no rights.
async fn subscribed(api: &Api, place: &PlaceId, row: &BatchRow, after: Option<&Looked>) -> Result<Option<String>, Error> {
    let now = after.and_then(Looked::standing);
    if row.standing != Some(SubscriptionStatus::Unsubscribed)
        || !matches!(now, Some(SubscriptionStatus::Subscribed | SubscriptionStatus::Pending))
    {
        return Ok(None);
    }
    let was = format!("{} {}", row.email.masked(), update::differs(row.standing, now));
    Ok(Some(match put_back(api, place, &row.email).await {
        Ok(()) => format!("{was}; it was set back to unsubscribed"),
        Err(error) => {
            let why = words::clean(&error.message);
            format!("{was}, and could not be set back: set it to unsubscribed at Mailchimp ({why})")
        }
    }))
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

async fn put_back(api: &Api, place: &PlaceId, email: &Email) -> Result<(), Error> {
    let hash = subscriber_hash(email);
    let body = Status { status: status(SubscriptionStatus::Unsubscribed) };
    let call = Call::send(Method::Patch, ROUTE, &["lists", &place.0, "members", &hash], &body)?;
    api.call(call.query("skip_merge_validation", true)).await.map(drop)
}

/// The answer and the look afterwards have to agree with what was read, nothing may be created, and the values have to be there.
fn judge(row: &BatchRow, candidate: &Candidate, said: Said, after: Option<&Looked>) -> Trial {
    if let Some(why) = update::breach(&said, row) {
        let outcome = match said {
            Said::Updated(has) => update::changed(row.standing, has),
            _ => Outcome::NotDone,
        };
        return Trial::Failed(why, outcome);
    }
    let Some(after) = after else { return Trial::Open(Outcome::Gone) };
    if after.standing() != row.standing {
        let why = format!("{} {}", row.email.masked(), update::differs(row.standing, after.standing()));
        return Trial::Failed(why, update::changed(row.standing, after.standing()));
    }
    match said {
        Said::Created(_) => Trial::Failed(format!("{}, a known contact, was taken for a new one", row.email.masked()), Outcome::NotDone),
        Said::Refused(outcome) => Trial::Open(outcome),
        _ if arrived(row, &candidate.before, &after.merge_fields) => {
            let done = Outcome::Done { standing: row.standing };
            row.standing.map_or(Trial::Open(Outcome::NotDone), |standing| Trial::Passed(Passed::now(standing), done))
        }
        _ => Trial::Failed("the contact's fields did not change".to_owned(), Outcome::NotDone),
    }
}

/// At least one value is there, perhaps in the form that the field shows it.
fn arrived(row: &BatchRow, before: &Json, after: &Json) -> bool {
    let Ok(Json::Object(sent)) = serde_json::to_value(MergeFields(&row.attributes)) else { return false };
    let same = |held: &Json, sent: &Json| held == sent || (held.is_number() && held.as_f64() == sent.as_f64());
    sent.iter().any(|(tag, sent)| same(&after[tag], sent) || after[tag] != before[tag])
}

/// What a trial did that nobody heard the end of. Who was subscribed by it is put back; who was subscribed later did it themselves.
pub(super) async fn settle(
    api: &Api,
    place: &PlaceId,
    email: &Email,
    had: SubscriptionStatus,
    at: DateTime<Utc>,
) -> Result<Option<String>, Error> {
    let Some(now) = look(api, place, email).await? else { return Ok(None) };
    let harmed = had == SubscriptionStatus::Unsubscribed
        && matches!(now.standing(), Some(SubscriptionStatus::Subscribed | SubscriptionStatus::Pending));
    let changed = words::moment(&now.last_changed);
    if !harmed {
        return Ok(None);
    }
    let was = format!("{} {}", email.masked(), update::differs(Some(had), now.standing()));
    if changed.is_some_and(|changed| changed > at + CLOCKS) {
        return Ok(Some(format!("{was}; it changed later than that, so it was left as it is")));
    }
    put_back(api, place, email).await?;
    Ok(Some(format!("{was}; it was set back to unsubscribed")))
}
