//! Subscribes whose answer was lost. They must not be sent again blindly, since each one accepted can start journeys: what
//! became of them is read from the list, as soon as the vendor shows it.

use super::{
    super::{Batch, Error, JobId, JobOutcomes, Jobs, Operation, Outcome, Polled},
    api::Api,
    capabilities::SETTLES,
    members,
};
use crate::member::Key;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long nothing has been put on a list. A process that has just begun does not know when the one before it stopped, but
/// for this: it was before now.
#[derive(Debug)]
pub(super) struct Quiet {
    since: Mutex<Instant>,
    /// How many times faster than the wall the vendor's time runs.
    speed: u32,
}

/// A subscribe under way: when it ends, however it does, the quiet begins anew.
pub(super) struct Disturbance<'a>(&'a Quiet);

impl Quiet {
    pub(super) fn begins(speed: u32) -> Self {
        Self { since: Mutex::new(Instant::now()), speed: speed.max(1) }
    }

    pub(super) fn disturb(&self) -> Disturbance<'_> {
        Disturbance(self)
    }

    /// What is left, in the vendor's time, until everything that was sent shows.
    fn rest(&self) -> Duration {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        SETTLES.saturating_sub(since.elapsed() * self.speed)
    }
}

impl Drop for Disturbance<'_> {
    fn drop(&mut self) {
        *self.0.since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// `subscribe/LIST/SECONDS/HASH`: the list to read, and what tells it from other batches of that list.
pub(super) fn job_of(batch: &Batch) -> Option<JobId> {
    let list = batch.container.as_ref().filter(|_| batch.operation == Operation::Join)?;
    let mut hash = blake3::Hasher::new();
    batch.rows.iter().for_each(|row| _ = hash.update(&row.key.to_bytes()));
    let (seconds, hash) = (chrono::Utc::now().timestamp(), hash.finalize().to_hex());
    Some(JobId(format!("subscribe/{list}/{seconds}/{}", &hash[..16])))
}

/// Whoever is on the list by now was put on it; whoever is not was not. One reading serves all jobs of a list.
pub(super) async fn poll(api: &Api, quiet: &Quiet, jobs: &Jobs<'_>) -> Result<Polled, Error> {
    let mut by_list: BTreeMap<u64, Vec<&JobId>> = BTreeMap::new();
    for id in jobs.ids {
        by_list.entry(list_of(id)?).or_default().push(id);
    }
    let mut polled = Polled { finished: Vec::new(), after: quiet.rest() };
    if !polled.after.is_zero() {
        return Ok(polled);
    }
    for (list, ids) in by_list {
        let members = members::now(api, list).await?.unwrap_or_default();
        polled.finished.extend(ids.into_iter().map(|id| (id.clone(), found(&members, (jobs.rows)(id)))));
    }
    Ok(polled)
}

fn found(members: &[Key], rows: Vec<Key>) -> JobOutcomes {
    let there = rows.into_iter().filter(|key| members.binary_search(key).is_ok());
    JobOutcomes { rows: there.map(|key| (key, Outcome::Done { standing: None })).collect(), others: Outcome::NotDone }
}

fn list_of(job: &JobId) -> Result<u64, Error> {
    let list = job.0.strip_prefix("subscribe/").and_then(|rest| rest.split('/').next()?.parse().ok());
    list.ok_or_else(|| Error::stall(format!("{:?} is not a job of Iterable's", job.0)))
}
