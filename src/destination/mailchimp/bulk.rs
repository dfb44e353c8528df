//! The bulk call: `POST /lists/{id}`, up to 500 rows, each with an answer of its own inside a 200.

use super::{
    super::{BatchRow, Error, ErrorKind, Outcome, PlaceId, outcomes::Outcomes},
    api::{Api, Call, read},
    contacts::Member,
    joined::Joined,
    names::{Names, TagNames},
    rows::{Refusal, unconfirmed},
    wire::{MergeFields, status},
};
use crate::{
    http::{Answer, Method},
    platform::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const ROUTE: &str = "/lists/{id}";

#[derive(Serialize)]
struct Body<'a> {
    members: Vec<Item<'a>>,
    update_existing: bool,
    /// Never true: it would take away every tag that is not in the call.
    sync_tags: bool,
}

#[derive(Serialize)]
struct Item<'a> {
    email_address: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "MergeFields::is_empty")]
    merge_fields: MergeFields<'a>,
    /// Names; tags that nobody has yet would be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
}

/// Only what is used: an answer is some 3 kB a row.
#[derive(Deserialize)]
struct BulkAnswer<'a> {
    #[serde(borrow, default)]
    new_members: Vec<Member<'a>>,
    #[serde(borrow, default)]
    updated_members: Vec<Member<'a>>,
    #[serde(borrow, default)]
    errors: Vec<RowError<'a>>,
}

#[derive(Deserialize)]
struct RowError<'a> {
    #[serde(borrow, default)]
    email_address: Cow<'a, str>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    field_message: Option<String>,
}

/// People whom the platform does not know, with the status chosen for them, and onto their tags as far as these have names. One whom
/// it does know comes back as [`Outcome::Exists`], unchanged (`update_existing: false`).
pub(super) async fn create(api: &Api, place: &PlaceId, rows: &[BatchRow], names: &Names) -> Result<Vec<Outcome>, Error> {
    if let Some(bad) = rows.iter().find_map(|row| not_for_creation(row.standing)) {
        return Err(Error::stall(format!("nobody can be created {bad}; this is a bug in Listkeeper")));
    }
    let sent = names.of(rows);
    let answer = send(api, place, rows.iter().collect(), &sent, false).await?;
    let mut joined = Joined::new(names, &sent);
    let outcomes = outcomes(&answer, rows, |row, member| joined.outcome(row, member));
    joined.settle(api, place).await;
    outcomes
}

fn not_for_creation(standing: Option<SubscriptionStatus>) -> Option<&'static str> {
    match standing {
        None => Some("without a status"),
        Some(SubscriptionStatus::Archived) => Some("archived"),
        Some(_) => None,
    }
}

async fn send(api: &Api, place: &PlaceId, rows: Vec<&BatchRow>, names: &TagNames, update_existing: bool) -> Result<Answer, Error> {
    let count = rows.len();
    let items = rows.into_iter().filter_map(|row| {
        Some(Item {
            email_address: row.email.as_str(),
            status: status(row.standing?),
            merge_fields: MergeFields(&row.attributes),
            tags: row.joins.iter().filter_map(|tag| names.get(tag)).map(String::as_str).collect(),
        })
    });
    let body = Body { members: items.collect(), update_existing, sync_tags: false };
    // Fields that other people made required must not stop a row that says nothing of them.
    let call = Call::send(Method::Post, ROUTE, &["lists", &place.0], &body)?.query("skip_merge_validation", true);
    api.call(call.rows(count)).await
}

/// One outcome a row, in the rows' order.
fn outcomes(answer: &Answer, rows: &[BatchRow], mut done: impl FnMut(&BatchRow, &Member<'_>) -> Outcome) -> Result<Vec<Outcome>, Error> {
    let answer: BulkAnswer<'_> = read(answer)?;
    let mut outcomes = Outcomes::of(rows);
    for member in answer.new_members.iter().chain(&answer.updated_members) {
        outcomes.put_of(&member.email_address, |at| done(&rows[at], member));
    }
    for error in &answer.errors {
        let text = |part: &'_ Option<String>| part.clone().unwrap_or_default();
        let (code, words, field, field_text) =
            (text(&error.error_code), text(&error.error), text(&error.field), text(&error.field_message));
        let refusal = Refusal { code: &code, text: &words, field: &field, field_text: &field_text };
        outcomes.put(&error.email_address, refusal.outcome());
    }
    if outcomes.none_answered() {
        let kind = ErrorKind::Retry { after: None, unknown: true };
        return Err(Error::new(kind, format!("Mailchimp's answer mentions none of the {} rows that it was sent", rows.len())));
    }
    Ok(outcomes.into_inner().into_iter().map(|outcome| outcome.unwrap_or_else(unmentioned)).collect())
}

fn unmentioned() -> Outcome {
    unconfirmed("Mailchimp's answer does not mention this row")
}
