//! Tags on and off: the static segment's bulk call.
//!
//! The vendor ignores addresses that are not in the audience, without an error, and does not say whether it lists those
//! that were on the tag already. So whoever is not mentioned is:
//! * when joining, read back, one call each: gone, or tagged, or not taken because of its status, or unconfirmed;
//! * when leaving, off the tag either way: done.

use super::{
    super::{BatchRow, ContainerId, Error, Outcome, PlaceId, Rejection, outcomes::Outcomes},
    api::{Api, Call, read},
    contacts::Member,
    errors, observe,
    rows::{Refusal, unconfirmed},
    wire::{standing, status, subscriber_hash},
};
use crate::{http::Method, platform::SubscriptionStatus};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members_to_add: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members_to_remove: Vec<&'a str>,
}

#[derive(Deserialize)]
struct TagAnswer<'a> {
    #[serde(borrow, default)]
    members_added: Vec<Member<'a>>,
    #[serde(borrow, default)]
    members_removed: Vec<Member<'a>>,
    #[serde(borrow, default)]
    errors: Vec<TagError<'a>>,
}

#[derive(Deserialize)]
struct TagError<'a> {
    #[serde(borrow, default)]
    email_addresses: Vec<Cow<'a, str>>,
    #[serde(default)]
    error: Option<String>,
}

/// Addresses of a call.
pub(super) const ROWS: usize = 500;

pub(super) async fn join(api: &Api, place: &PlaceId, tag: &ContainerId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    let body = Body { members_to_add: addresses(rows), members_to_remove: Vec::new() };
    let answered = send(api, place, tag, rows, &body).await?;
    let settled = answered.into_iter().zip(rows).map(|(outcome, row)| async move {
        match outcome {
            Some(outcome) => outcome,
            None => read_back(api, place, tag, row).await.unwrap_or_else(|error| unconfirmed(&error.message)),
        }
    });
    Ok(futures::future::join_all(settled).await)
}

pub(super) async fn leave(api: &Api, place: &PlaceId, tag: &ContainerId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    let body = Body { members_to_add: Vec::new(), members_to_remove: addresses(rows) };
    let answered = send(api, place, tag, rows, &body).await?;
    Ok(answered.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Done { standing: None })).collect())
}

fn addresses(rows: &[BatchRow]) -> Vec<&str> {
    rows.iter().map(|row| row.email.as_str()).collect()
}

/// What the answer says of each row; `None`: nothing.
async fn send(api: &Api, place: &PlaceId, tag: &ContainerId, rows: &[BatchRow], body: &Body<'_>) -> Result<Vec<Option<Outcome>>, Error> {
    let call = Call::send(Method::Post, "/lists/{id}/segments/{id}", &["lists", &place.0, "segments", &tag.0], body)?;
    let answer = api.call(call.rows(rows.len())).await?;
    let answer: TagAnswer<'_> = read(&answer)?;
    let mut outcomes = Outcomes::of(rows);
    for member in answer.members_added.iter().chain(&answer.members_removed) {
        outcomes.put(&member.email_address, Outcome::Done { standing: standing(&member.status) });
    }
    for error in &answer.errors {
        let refusal = Refusal { text: error.error.as_deref().unwrap_or_default(), ..Refusal::default() };
        error.email_addresses.iter().for_each(|address| outcomes.put(address, refusal.outcome()));
    }
    Ok(outcomes.into_inner())
}

#[derive(Deserialize)]
struct Tagged {
    #[serde(default)]
    status: String,
    #[serde(default)]
    tags: Vec<TagRef>,
    #[serde(default)]
    tags_count: usize,
}

#[derive(Deserialize)]
struct TagRef {
    id: u64,
}

/// Whether someone whom the answer left out is on the tag.
async fn read_back(api: &Api, place: &PlaceId, tag: &ContainerId, row: &BatchRow) -> Result<Outcome, Error> {
    let hash = subscriber_hash(&row.email);
    let path = ["lists", &place.0, "members", &hash];
    let call = Call::get("/lists/{id}/members/{hash}", &path).query("fields", "email_address,status,tags_count,tags");
    let answer = api.answer(call).await?;
    match answer.status {
        404 => return Ok(Outcome::Gone),
        _ if !answer.is_success() => return Err(errors::refused(&answer, 1)),
        _ => {}
    }
    let member: Tagged = read(&answer)?;
    let on = |tags: &[TagRef]| tags.iter().any(|each| each.id.to_string() == tag.0);
    // A contact shows its first 50 tags.
    if on(&member.tags) || (member.tags_count > member.tags.len() && on(&all_tags(api, place, &hash).await?)) {
        return Ok(Outcome::Done { standing: standing(&member.status) });
    }
    Ok(match standing(&member.status) {
        Some(SubscriptionStatus::Archived) => {
            let detail = "the contact is archived, and an archived contact takes no tag".into();
            Outcome::Rejected(Rejection { code: "archived", detail, field: None })
        }
        // As clients saw it with those who get no mail: neither an error nor a tag.
        Some(
            standing @ (SubscriptionStatus::Unsubscribed
            | SubscriptionStatus::Cleaned
            | SubscriptionStatus::Pending
            | SubscriptionStatus::NonSubscribed),
        ) => {
            let detail = format!("Mailchimp does not tag this contact, which is {}", status(standing));
            Outcome::Rejected(Rejection { code: "not-tagged", detail, field: None })
        }
        _ => unconfirmed("Mailchimp did not tag this contact, and does not say why"),
    })
}

async fn all_tags(api: &Api, place: &PlaceId, hash: &str) -> Result<Vec<TagRef>, Error> {
    observe::all(api, || Call::get("/lists/{id}/members/{hash}/tags", &["lists", &place.0, "members", hash, "tags"])).await
}
