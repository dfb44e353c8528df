//! Attributes of many known contacts by the bulk call: `POST /lists/{id}`, up to 500 rows.
//!
//! The vendor's contract (2026) lets an item carry `status_if_new` and no `status`: it counts only for a contact that is new. So
//! each row carries **the status just read**: a reader that takes the key for `status` writes what is there already, and one that
//! takes the contact for new creates it as it was. No recorded answer proves it, so every answered status is compared.
//!
//! | the answer says of a row | then |
//! |---|---|
//! | updated, with the status that was read | done |
//! | updated, with another status | reported with both; no bulk update follows |
//! | created: it was archived or deleted since its status was read | archived again, and reported |
//! | an error about the status, or about what only a subscription meets | sent alone; no bulk update follows |
//! | an error about its values or its address | as anywhere else |
//! | nothing | looked at: done if it carries what was sent |
//! | (the whole call is refused) | all are sent alone; no bulk update follows |

use super::{
    super::{BULK_STATUSES, BatchRow, BulkDone, Error, ErrorKind, Outcome, Permit, PlaceId, Rejection},
    api::{Api, Call, read},
    contacts::Member,
    errors::{self, Problem},
    rows::{Refusal, unconfirmed},
    single::{self, ROUTE as MEMBER},
    wire::{MergeFields, standing, status, subscriber_hash},
};
use crate::{
    http::{Answer, Method},
    member::Email,
    platform::SubscriptionStatus,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::HashMap};

#[derive(Serialize)]
struct Body<'a> {
    members: Vec<Item<'a>>,
    update_existing: bool,
}

/// No status and no tags in it, ever.
#[derive(Serialize)]
struct Item<'a> {
    email_address: &'a str,
    status_if_new: &'static str,
    merge_fields: MergeFields<'a>,
}

/// Only what is used: an answer is some 3 kB a row.
#[derive(Deserialize)]
struct Updated<'a> {
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

/// What the answer says of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Updated(Option<SubscriptionStatus>),
    Created(Option<SubscriptionStatus>),
    /// About the status: whoever words it so does not take bulk updates without one.
    Status(String),
    Refused(Outcome),
    Nothing,
}

/// What the answer says of all of them.
pub(super) enum Answered {
    /// In the rows' order.
    Rows(Vec<Said>),
    /// The whole call was refused; nothing was done.
    Refused(String),
    /// It did not begin.
    Stopped,
}

pub(super) async fn in_bulk(api: &Api, place: &PlaceId, rows: &[BatchRow], permit: &Permit) -> Result<BulkDone, Error> {
    if rows.iter().any(|row| !permit.covers(row.standing)) {
        return Err(Error::stall("a bulk update holds a contact of a status that was not tried; this is a bug in Listkeeper"));
    }
    let all_again = |stop| BulkDone { outcomes: vec![Outcome::NotDone; rows.len()], stop, notes: Vec::new() };
    match send(api, place, rows, Some(permit)).await? {
        Answered::Stopped => Ok(all_again(None)),
        Answered::Refused(why) => {
            permit.end();
            Ok(all_again(Some(why)))
        }
        Answered::Rows(said) => {
            // At once, before anything is looked up.
            if said.iter().zip(rows).any(|(said, row)| breach(said, row).is_some()) {
                permit.end();
            }
            settle(api, place, rows, said).await
        }
    }
}

/// One call. `permit`: it does not begin once that is over.
pub(super) async fn send(api: &Api, place: &PlaceId, rows: &[BatchRow], permit: Option<&Permit>) -> Result<Answered, Error> {
    let items = rows.iter().map(item).collect::<Option<Vec<_>>>();
    let members = items.ok_or_else(|| {
        Error::stall("a bulk update holds a contact that is neither subscribed nor unsubscribed; this is a bug in Listkeeper")
    })?;
    let body = Body { members, update_existing: true };
    // Fields that other people made required must not stop a row that says nothing of them.
    let call = Call::send(Method::Post, "/lists/{id}", &["lists", &place.0], &body)?.query("skip_merge_validation", true);
    let call = call.rows(rows.len());
    let answer = match permit {
        Some(permit) => api.answer_unless(permit.stop(), call).await?,
        None => Some(api.answer(call).await?),
    };
    let Some(answer) = answer else { return Ok(Answered::Stopped) };
    match Problem::of(&answer.body) {
        Some(problem) if answer.status == 400 => Ok(Answered::Refused(format!("Mailchimp refused it as a whole ({})", problem.words()))),
        _ if answer.is_success() => Ok(Answered::Rows(said(&answer, rows)?)),
        _ => Err(errors::refused(&answer, rows.len())),
    }
}

fn item(row: &BatchRow) -> Option<Item<'_>> {
    let standing = row.standing.filter(|standing| BULK_STATUSES.contains(standing))?;
    Some(Item { email_address: row.email.as_str(), status_if_new: status(standing), merge_fields: MergeFields(&row.attributes) })
}

fn said(answer: &Answer, rows: &[BatchRow]) -> Result<Vec<Said>, Error> {
    let answer: Updated<'_> = read(answer)?;
    let mut by_address: HashMap<String, Said> = HashMap::new();
    let key = |address: &str| Email::parse(address).ok().flatten().map_or_else(|| address.to_owned(), |email| email.as_str().to_owned());
    for member in &answer.new_members {
        by_address.entry(key(&member.email_address)).or_insert(Said::Created(standing(&member.status)));
    }
    for member in &answer.updated_members {
        by_address.entry(key(&member.email_address)).or_insert(Said::Updated(standing(&member.status)));
    }
    for error in &answer.errors {
        by_address.entry(key(&error.email_address)).or_insert_with(|| error.said());
    }
    Ok(rows.iter().map(|row| by_address.remove(row.email.as_str()).unwrap_or(Said::Nothing)).collect())
}

impl RowError<'_> {
    fn said(&self) -> Said {
        let text = |part: &'_ Option<String>| part.clone().unwrap_or_default();
        let (code, words, field, field_text) = (text(&self.error_code), text(&self.error), text(&self.field), text(&self.field_message));
        let refusal = Refusal { code: &code, text: &words, field: &field, field_text: &field_text };
        let about_status = field.eq_ignore_ascii_case("status") || (words.to_lowercase().contains("status") && field.is_empty());
        match refusal.outcome() {
            // A contact that is only updated meets none of these: somebody took the row for a subscription, or for a new contact.
            Outcome::Rejected(why) if why.code == "compliance-state" => Said::Status(why.detail),
            Outcome::Rejected(why) if about_status => Said::Status(why.detail),
            Outcome::Exists => Said::Status("the contact is taken for a new one that exists".to_owned()),
            Outcome::Rejected(why) if why.code == "forgotten" => Said::Refused(Outcome::Gone),
            outcome => Said::Refused(outcome),
        }
    }
}

/// Why no bulk update may follow one of which this is said.
pub(super) fn breach(said: &Said, row: &BatchRow) -> Option<String> {
    match said {
        Said::Updated(has) if *has != row.standing => Some(format!("{} {}", row.email.masked(), differs(row.standing, *has))),
        Said::Status(why) => Some(format!("Mailchimp's answer is about a status that was not sent: {why}")),
        _ => None,
    }
}

/// `was subscribed when it was read, and is unsubscribed in the answer`.
pub(super) fn differs(had: Option<SubscriptionStatus>, has: Option<SubscriptionStatus>) -> String {
    let word = |standing: Option<SubscriptionStatus>| standing.map_or("of a status that is not known", status);
    format!("was {} when its status was read, and is {} in the answer to the bulk update", word(had), word(has))
}

/// A contact whose status is another one now: listed with its whole address, so that a person can put it right.
pub(super) fn changed(had: Option<SubscriptionStatus>, has: Option<SubscriptionStatus>) -> Outcome {
    let detail = format!("{}: if nobody changed it, set it back at Mailchimp", differs(had, has));
    Outcome::Rejected(Rejection { code: "status-differs", detail, field: None })
}

async fn settle(api: &Api, place: &PlaceId, rows: &[BatchRow], said: Vec<Said>) -> Result<BulkDone, Error> {
    let mut stop = None;
    let settled = rows.iter().zip(said).map(async |(row, said)| {
        let why = breach(&said, row);
        let (outcome, note, unlike) = one(api, place, row, said).await;
        (outcome, note, why.or(unlike))
    });
    let (mut outcomes, mut notes) = (Vec::with_capacity(rows.len()), Vec::new());
    for (outcome, note, why) in futures::future::join_all(settled).await {
        outcomes.push(outcome);
        notes.extend(note);
        stop = stop.or(why);
    }
    Ok(BulkDone { outcomes, stop, notes })
}

/// Also: what a person should know; and why no bulk update may follow, where that was only seen now.
async fn one(api: &Api, place: &PlaceId, row: &BatchRow, said: Said) -> (Outcome, Option<String>, Option<String>) {
    match said {
        Said::Updated(has) if has == row.standing => (Outcome::Done { standing: has }, None, None),
        Said::Updated(has) => (changed(row.standing, has), None, None),
        Said::Status(_) => (Outcome::NotDone, None, None),
        Said::Refused(outcome) => (outcome, None, None),
        Said::Created(has) => {
            let (outcome, note) = came_back(api, place, row, has).await;
            (outcome, Some(note), None)
        }
        Said::Nothing => match look(api, place, row).await {
            Ok((outcome, unlike)) => (outcome, None, unlike),
            Err(error) => (unconfirmed(&error.message), None, None),
        },
    }
}

/// The answer does not mention it. A contact that carries what was sent is as it should be.
async fn look(api: &Api, place: &PlaceId, row: &BatchRow) -> Result<(Outcome, Option<String>), Error> {
    let Some((found, carries)) = single::find_sent(api, place, row).await? else { return Ok((Outcome::Gone, None)) };
    let has = Some(found.standing);
    if has != row.standing {
        let why = format!("{} {}", row.email.masked(), differs(row.standing, has));
        return Ok((changed(row.standing, has), Some(why)));
    }
    // Its values are there, or in a form that the platform made of them: alone, it is answered.
    Ok(if carries { (Outcome::Done { standing: has }, None) } else { (Outcome::NotDone, None) })
}

/// Somebody archived or deleted it since its status was read, and the call brought it back: it is archived again, which is safe
/// for either, since who is archived gets no mail.
async fn came_back(api: &Api, place: &PlaceId, row: &BatchRow, has: Option<SubscriptionStatus>) -> (Outcome, String) {
    let who = row.email.masked();
    let as_what = has.map_or("under a status that is not known", status);
    let what = format!("{who} was archived or deleted since its status was read, and came back by a bulk update as {as_what}");
    let gone = Outcome::Gone;
    match archive(api, place, &row.email).await {
        Ok(()) => (gone, format!("{what}; it was archived again")),
        Err(error) => (gone, format!("{what}; archive it at Mailchimp, since that failed here: {}", error.message)),
    }
}

async fn archive(api: &Api, place: &PlaceId, email: &Email) -> Result<(), Error> {
    let hash = subscriber_hash(email);
    let answer = api.answer(Call::delete(MEMBER, &["lists", &place.0, "members", &hash])).await?;
    match answer.status {
        // There is nobody to archive.
        404 | 405 => Ok(()),
        _ if answer.is_success() => Ok(()),
        _ => Err(match errors::refused(&answer, 1) {
            Error { kind: ErrorKind::Stall, message, hint } => {
                Error { kind: ErrorKind::Retry { after: None, unknown: false }, message, hint }
            }
            error => error,
        }),
    }
}
