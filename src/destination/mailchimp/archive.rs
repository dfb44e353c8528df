//! Archiving: one DELETE a contact, by the asynchronous `/batches`, since there is no bulk call for it.
//!
//! A DELETE archives (it can be undone); the permanent deletion is another call, and never used. Repeating a batch whose
//! answer was lost is safe: who is archived already answers 405.

use super::{
    super::{BatchRow, Error, ErrorKind, JobId, JobOutcomes, Jobs, Outcome, PlaceId, Polled, Rejection},
    api::{Api, Call, read},
    errors::{self, Problem},
    results::{self, Done},
    rows::{refused_alone, unconfirmed},
    single::read_standing,
    wire::subscriber_hash,
};
use crate::{http::Method, member::Key, platform::SubscriptionStatus};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Operations a second that the vendor was seen to manage.
const PER_SECOND: u64 = 16;
const SHORTEST_WAIT_S: u64 = 2;
const LONGEST_WAIT_S: u64 = 30;
/// How long after its end a batch whose results cannot be had is given up; its rows are then unknown.
const RESULTS_WITHIN: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// Results of 500 operations are well below a megabyte.
const RESULTS_LIMIT: usize = 64 << 20;

#[derive(Deserialize)]
struct Started {
    id: String,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Progress {
    status: String,
    total_operations: u64,
    finished_operations: u64,
    completed_at: String,
    response_body_url: String,
}

pub(super) async fn submit(api: &Api, place: &PlaceId, rows: &[BatchRow]) -> Result<JobId, Error> {
    let operations: Vec<_> = rows
        .iter()
        .map(|row| {
            let hash = subscriber_hash(&row.email);
            let path = format!("/lists/{}/members/{hash}", place.0);
            json!({ "method": "DELETE", "path": path, "operation_id": OperationId { key: row.key, hash }.to_string() })
        })
        .collect();
    let call = Call::send(Method::Post, "/batches", &["batches"], &json!({ "operations": operations }))?.rows(rows.len());
    let started: Started = read(&api.call(call).await?)?;
    Ok(JobId(format!("{}/{}", place.0, started.id)))
}

/// The longest that one of the jobs still works is when to ask again.
pub(super) async fn poll(api: &Api, jobs: &Jobs<'_>) -> Result<Polled, Error> {
    let mut polled = Polled { after: Duration::from_secs(SHORTEST_WAIT_S), ..Polled::default() };
    let asked = futures::future::try_join_all(jobs.ids.iter().map(|id| poll_one(api, id))).await?;
    for (id, state) in jobs.ids.iter().zip(asked) {
        match state {
            State::Finished(outcomes) => polled.finished.push((id.clone(), outcomes)),
            State::Working { after } => polled.after = polled.after.max(after),
        }
    }
    Ok(polled)
}

enum State {
    Working { after: Duration },
    Finished(JobOutcomes),
}

async fn poll_one(api: &Api, job: &JobId) -> Result<State, Error> {
    let Some((place, batch)) = job.0.rsplit_once('/') else {
        return Err(Error::stall(format!("{:?} is not a job of Mailchimp's", job.0)));
    };
    let answer = api.answer(Call::get("/batches/{id}", &["batches", batch])).await?;
    match answer.status {
        // Forgotten by the vendor: nothing will ever be told of its rows.
        404 => return Ok(State::Finished(JobOutcomes::of(Vec::new()))),
        _ if !answer.is_success() => return Err(errors::refused(&answer, 1)),
        _ => {}
    }
    let progress: Progress = read(&answer)?;
    if progress.status != "finished" {
        let left = progress.total_operations.saturating_sub(progress.finished_operations);
        let after = Duration::from_secs((left / PER_SECOND).clamp(SHORTEST_WAIT_S, LONGEST_WAIT_S));
        return Ok(State::Working { after });
    }
    match fetch(api, &progress.response_body_url).await {
        Ok(results) => {
            let outcomes = outcomes(api, &PlaceId(place.to_owned()), results).await;
            Ok(State::Finished(JobOutcomes::of(outcomes)))
        }
        Err(error) if matches!(error.kind, ErrorKind::Retry { .. }) => Ok(not_yet(&progress, api.clock())),
        Err(error) => Err(error),
    }
}

/// The results' address lives shortly and may not work at once: the next poll asks for a new one.
fn not_yet(progress: &Progress, now: Option<std::time::SystemTime>) -> State {
    let ended = chrono::DateTime::parse_from_rfc3339(&progress.completed_at).ok();
    // Both by the platform's clock; one that tells no time is asked on.
    let now = now.map(chrono::DateTime::<chrono::Utc>::from);
    if ended.zip(now).is_some_and(|(ended, now)| now.signed_duration_since(ended) > RESULTS_WITHIN) {
        return State::Finished(JobOutcomes::of(Vec::new()));
    }
    State::Working { after: Duration::from_secs(LONGEST_WAIT_S) }
}

async fn fetch(api: &Api, url: &str) -> Result<Vec<Done>, Error> {
    let url = url::Url::parse(url).ok().filter(|url| api.may_fetch(url));
    let url = url.ok_or_else(|| Error::stall("Mailchimp names no safe place for a batch's results"))?;
    let answer = api.fetch(url, "(results of a batch)", RESULTS_LIMIT).await?;
    if !answer.is_success() {
        let kind = ErrorKind::Retry { after: None, unknown: false };
        return Err(Error::new(kind, format!("a batch's results cannot be fetched (HTTP {})", answer.status)));
    }
    results::unpack(&answer.body)
}

async fn outcomes(api: &Api, place: &PlaceId, results: Vec<Done>) -> Vec<(Key, Outcome)> {
    let settled = results.into_iter().filter_map(|done| Some((OperationId::read(&done.operation_id)?, done))).map(
        |(OperationId { key, hash }, done)| async move {
            (key, outcome(api, place, &hash, &done).await.unwrap_or_else(|error| unconfirmed(&error.message)))
        },
    );
    futures::future::join_all(settled).await
}

async fn outcome(api: &Api, place: &PlaceId, hash: &str, done: &Done) -> Result<Outcome, Error> {
    let problem = Problem::of(done.response.as_bytes());
    Ok(match (done.status, problem) {
        (200..=299, _) => Outcome::Done { standing: Some(SubscriptionStatus::Archived) },
        (404, _) => Outcome::Gone,
        (405, problem) => not_removable(read_standing(api, place, hash).await?, &problem.unwrap_or_default()),
        (400, Some(problem)) => refused_alone(&problem),
        (status, problem) => unconfirmed(&format!("HTTP {status}: {}", problem.unwrap_or_default().words())),
    })
}

/// One text stands for bounced, pending and archived; the contact's status tells which.
fn not_removable(standing: Option<SubscriptionStatus>, problem: &Problem) -> Outcome {
    match standing {
        None => Outcome::Gone,
        Some(SubscriptionStatus::Archived) => Outcome::Done { standing },
        Some(_) => Outcome::Rejected(Rejection { code: "not-archivable", detail: problem.words(), field: None }),
    }
}

/// What ties a result to a row: its key, and the hash by which it can be read back. No address.
#[derive(Debug, PartialEq, Eq)]
struct OperationId {
    key: Key,
    hash: String,
}

impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", hex::encode(self.key.to_bytes()), self.hash)
    }
}

impl OperationId {
    fn read(text: &str) -> Option<Self> {
        let (key, hash) = text.split_once('-')?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(key, &mut bytes).ok()?;
        Some(Self { key: Key::from_bytes(bytes), hash: hash.to_owned() })
    }
}
