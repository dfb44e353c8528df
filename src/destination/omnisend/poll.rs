//! Which batches are finished: many are asked for together, from the newest on; a few, one by one.

use super::{
    super::{Error, JobId, JobOutcomes, Jobs, Outcome, Polled},
    api::{Api, Call, read},
    errors,
    job::{Job, Of},
    lost::{self, Lost},
    results::{Items, Progress},
};
use crate::platform::SubscriptionStatus;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Batches of a page.
pub(super) const PAGE: usize = 250;
/// A page that shows fewer of the batches that are asked for is dearer than asking for them one by one.
const WORTH_A_PAGE: usize = 25;
const SHORTEST_WAIT_S: u64 = 2;
const LONGEST_WAIT_S: u64 = 60;
/// One more second of waiting for so many batches: asking for all of them costs a tenth of the calls at most.
const BATCHES_A_SECOND: u64 = 10;

/// How a job stands.
pub(super) enum State {
    Working,
    Finished(JobOutcomes),
}

#[derive(Deserialize)]
pub(super) struct Page {
    pub batches: Vec<Progress>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<String>,
}

impl Page {
    /// Whether another page may follow. Where the vendor does not say, a page that is not empty may be followed.
    pub(super) fn has_more(&self) -> bool {
        let next = self.paging.as_ref().and_then(|paging| paging.next.as_deref());
        !self.batches.is_empty() && next.is_none_or(|next| !next.is_empty() || self.batches.len() >= PAGE)
    }
}

pub(super) async fn poll(api: &Api, jobs: &Jobs<'_>) -> Result<Polled, Error> {
    let named = jobs.ids.iter().map(|id| Ok((id, Job::read(id)?))).collect::<Result<Vec<_>, Error>>()?;
    let batches: BTreeSet<_> = named.iter().filter_map(|(_, job)| batch(job)).collect();
    let seen = sweep(api, &batches).await?;
    let lost = named.iter().filter_map(|(id, job)| lost(jobs, id, job)).collect();
    let mut found = lost::look(api, lost, &batches).await?;
    let asked = named.iter().map(|(id, job)| state(api, job, found.remove(*id), &seen)).collect::<Vec<_>>();
    let states = futures::future::try_join_all(asked).await?;
    let mut polled = Polled { after: Duration::ZERO, ..Polled::default() };
    for ((id, _), state) in named.iter().zip(states) {
        if let State::Finished(outcomes) = state {
            polled.finished.push(((*id).clone(), outcomes));
        }
    }
    polled.after = pause(jobs.ids.len() - polled.finished.len());
    Ok(polled)
}

fn batch(job: &Job) -> Option<&str> {
    if let Of::Batch(id) = &job.of { Some(id) } else { None }
}

fn pause(working: usize) -> Duration {
    Duration::from_secs((working as u64 / BATCHES_A_SECOND).clamp(SHORTEST_WAIT_S, LONGEST_WAIT_S))
}

fn lost<'a>(jobs: &Jobs<'_>, id: &'a JobId, job: &Job) -> Option<Lost<'a>> {
    let Of::Lost { at, .. } = &job.of else { return None };
    Some(Lost { id, standing: job.standing, at: *at, rows: (jobs.rows)(id) })
}

/// `found`: what the search for a lost one came to.
async fn state(api: &Api, job: &Job, found: Option<State>, seen: &BTreeMap<String, Progress>) -> Result<State, Error> {
    let progress = match &job.of {
        Of::Lost { .. } => return Ok(found.unwrap_or(State::Working)),
        Of::Batch(id) => match seen.get(id) {
            Some(progress) => Some(progress.clone()),
            None => one(api, id).await?,
        },
    };
    match progress {
        Some(progress) => of_batch(api, &progress, job.standing).await,
        // The vendor keeps them for a week: nothing will ever be told of its contacts.
        None => Ok(State::Finished(JobOutcomes::of(Vec::new()))),
    }
}

/// How a batch stands that the vendor knows.
async fn of_batch(api: &Api, progress: &Progress, standing: Option<SubscriptionStatus>) -> Result<State, Error> {
    if !progress.is_over() {
        return Ok(State::Working);
    }
    if progress.is_clean() {
        return Ok(State::Finished(JobOutcomes::all(Outcome::Done { standing })));
    }
    Ok(State::Finished(items(api, &progress.id).await?.outcomes(standing)))
}

pub(super) async fn items(api: &Api, id: &str) -> Result<Items, Error> {
    read(&api.call(Call::get("/batches/{id}/items", &["batches", id, "items"])).await?)
}

/// `None`: the vendor does not know it.
async fn one(api: &Api, id: &str) -> Result<Option<Progress>, Error> {
    let call = Call::get("/batches/{id}", &["batches", id]);
    let what = call.what;
    let answer = api.answer(call).await?;
    match answer.status {
        404 if errors::Problem::of(&answer.body).is_some() => Ok(None),
        _ if answer.is_success() => Ok(Some(read(&answer)?)),
        _ => Err(errors::refused(&answer, what)),
    }
}

/// The wanted batches among the newest, as long as that is cheaper than asking for each. Those who are not
/// among them, in whatever order the vendor lists, are asked for one by one.
async fn sweep(api: &Api, wanted: &BTreeSet<&str>) -> Result<BTreeMap<String, Progress>, Error> {
    let mut seen = BTreeMap::new();
    if wanted.len() < 2 {
        return Ok(seen);
    }
    // What is added meanwhile moves the rest on to later pages: some are seen twice, none is passed over.
    for number in 0..=wanted.len() / WORTH_A_PAGE {
        let Page { batches, .. } = page(api, number * PAGE, None).await?;
        let is_last = batches.len() < PAGE;
        seen.extend(batches.into_iter().filter(|batch| wanted.contains(batch.id.as_str())).map(|batch| (batch.id.clone(), batch)));
        if is_last || seen.len() == wanted.len() {
            break;
        }
    }
    Ok(seen)
}

/// A page of batches, in an order that the vendor does not name; all, or those of some days (`YYYY-MM-DD`).
pub(super) async fn page(api: &Api, offset: usize, days: Option<(&str, &str)>) -> Result<Page, Error> {
    let mut call = Call::get("/batches", &["batches"]).query("endpoint", "contacts").query("limit", PAGE).query("offset", offset);
    if let Some((from, to)) = days {
        call = call.query("dateFrom", from).query("dateTo", to);
    }
    read(&api.call(call).await?)
}
