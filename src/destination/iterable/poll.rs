//! Subscribes whose answer was lost. They must not be sent again blindly, since each one accepted can start journeys: what
//! became of them is read from the list, as soon as the vendor shows it.

use super::{
    super::{Batch, Error, JobId, JobOutcomes, Jobs, Look, Operation, Outcome, Polled},
    api::Api,
    capabilities::{LOOKS_APART, SETTLES},
    members,
};
use crate::member::Key;
use chrono::Utc;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use xxhash_rust::xxh3::Xxh3;

/// Looks of one run at a job, of which no two that followed each other agreed.
const LOOKS_MAX: u32 = 3;
/// Everybody is shown.
const NOBODY: u64 = 0;

/// How long nothing has been put on a list. A process that has just begun does not know when the one before it stopped, but
/// for this: it was before now.
#[derive(Debug)]
pub(super) struct Quiet {
    since: Mutex<Instant>,
    /// When this process looked at jobs: its own clock cannot be set.
    looks: Mutex<BTreeMap<JobId, Instant>>,
    begun: Instant,
    /// How many times faster than the wall the vendor's time runs.
    speed: u32,
}

/// A subscribe under way: when it ends, however it does, the quiet begins anew.
pub(super) struct Disturbance<'a>(&'a Quiet);

impl Quiet {
    pub(super) fn begins(speed: u32) -> Self {
        Self { since: Mutex::new(Instant::now()), looks: Mutex::default(), begun: Instant::now(), speed: speed.max(1) }
    }

    pub(super) fn disturb(&self) -> Disturbance<'_> {
        Disturbance(self)
    }

    /// What is left, in the vendor's time, until everything that was sent shows.
    fn rest(&self) -> Duration {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        SETTLES.saturating_sub(since.elapsed() * self.speed)
    }

    /// What is left until a job may be looked at again. A look of another process that lies ahead of our clock counts as one of when this
    /// process began.
    fn apart(&self, look: Option<Look>, job: &JobId) -> Duration {
        let Some(look) = look else { return Duration::ZERO };
        let ours = self.looks.lock().unwrap_or_else(PoisonError::into_inner).get(job).map(Instant::elapsed);
        let passed = ours.or_else(|| Utc::now().signed_duration_since(look.at).to_std().ok()).unwrap_or_else(|| self.begun.elapsed());
        LOOKS_APART.saturating_sub(passed.saturating_mul(self.speed))
    }

    fn looked(&self, job: &JobId, looks: u32, missing: u64) -> Look {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).insert(job.clone(), Instant::now());
        Look { at: Utc::now(), looks, missing }
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
    let (seconds, hash) = (Utc::now().timestamp(), hash.finalize().to_hex());
    Some(JobId(format!("subscribe/{list}/{seconds}/{}", &hash[..16])))
}

/// Whoever is on the list by now was put on it. Who is not was not only if two looks, minutes apart, agree: how long it takes until
/// members show is not published. After [`LOOKS_MAX`] looks that differ the next run goes on. One reading serves all jobs of a list.
pub(super) async fn poll(api: &Api, quiet: &Quiet, jobs: &Jobs<'_>) -> Result<Polled, Error> {
    let mut by_list: BTreeMap<u64, Vec<&JobId>> = BTreeMap::new();
    for id in jobs.ids {
        by_list.entry(list_of(id)?).or_default().push(id);
    }
    let mut polled = Polled { after: quiet.rest(), ..Polled::default() };
    if !polled.after.is_zero() {
        return Ok(polled);
    }
    polled.after = LOOKS_APART;
    for (list, ids) in by_list {
        let rests = ids.iter().map(|id| quiet.apart((jobs.looks)(id), id));
        let rest = rests.min().unwrap_or_default();
        if rest.is_zero() {
            look(api, quiet, jobs, (list, &ids), &mut polled).await?;
        } else {
            polled.after = polled.after.min(rest);
        }
    }
    Ok(polled)
}

/// Looks at a list, for those of its jobs whose last look is long enough ago.
async fn look(api: &Api, quiet: &Quiet, jobs: &Jobs<'_>, (list, ids): (u64, &[&JobId]), polled: &mut Polled) -> Result<(), Error> {
    let members = members::now(api, list).await?;
    for id in ids.iter().filter(|id| quiet.apart((jobs.looks)(id), id).is_zero()) {
        let rows = (jobs.rows)(id);
        let before = (jobs.looks)(id);
        // Nobody is on a list that is gone.
        let missing = members.as_ref().map(|members| missing(members, &rows)).filter(|missing| *missing != NOBODY);
        let agrees = before.is_some_and(|before| Some(before.missing) == missing);
        match missing {
            Some(missing) if !agrees => {
                let looks = before.map_or(0, |before| before.looks) + 1;
                polled.looked.push(((*id).clone(), quiet.looked(id, looks, missing)));
                polled.left.extend(looks.is_multiple_of(LOOKS_MAX).then(|| (*id).clone()));
            }
            _ => polled.finished.push(((*id).clone(), found(members.as_deref().unwrap_or_default(), rows))),
        }
    }
    Ok(())
}

/// What stands for those who are not shown.
fn missing(members: &[Key], rows: &[Key]) -> u64 {
    let mut hash = Xxh3::new();
    let mut nobody = true;
    for key in rows.iter().filter(|key| members.binary_search(key).is_err()) {
        nobody = false;
        hash.update(&key.to_bytes());
    }
    if nobody { NOBODY } else { (hash.digest() >> 1).max(NOBODY + 1) }
}

fn found(members: &[Key], rows: Vec<Key>) -> JobOutcomes {
    let there = rows.into_iter().filter(|key| members.binary_search(key).is_ok());
    JobOutcomes { rows: there.map(|key| (key, Outcome::Done { standing: None })).collect(), others: Outcome::NotDone }
}

fn list_of(job: &JobId) -> Result<u64, Error> {
    let list = job.0.strip_prefix("subscribe/").and_then(|rest| rest.split('/').next()?.parse().ok());
    list.ok_or_else(|| Error::stall(format!("{:?} is not a job of Iterable's", job.0)))
}
