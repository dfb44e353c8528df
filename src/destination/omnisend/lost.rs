//! A batch whose answer was lost, or that a process was about to send when it died: was it accepted, and which one is it?
//!
//! A batch carries no mark of ours that the vendor would show again. So those of that time and of as many contacts are asked
//! for their contacts, the nearest first: it is ours if it is about our people. As long as one that may be ours shows
//! nobody yet, nothing is known; if there is none, also after a while, it was not accepted.
//!
//! In which order the vendor lists batches is not said, so a list is read to its end; days bound it. One that has no end tells
//! nothing: then nobody is sent again.

use super::{
    super::{Error, JobId, JobOutcomes, Outcome},
    api::Api,
    poll::{self, State},
    results::{Items, Progress},
};
use crate::{member::Key, platform::SubscriptionStatus};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

/// How far our clock and the vendor's may differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);
/// Days are the brand's, perhaps, whose zone may be anywhere.
const ZONES: TimeDelta = TimeDelta::days(1);
/// How long after its call a batch may still appear among the others.
const LATE: Duration = Duration::from_secs(30);
/// Batches whose contacts are looked at; ours was accepted within moments, among few others.
const LOOKED_AT: usize = 200;
/// Pages of batches looked through: what a brand can be sent in three days is more, and what exports of a million people make is not.
const PAGES_MAX: usize = 400;

/// A batch to look for.
pub(super) struct Lost<'a> {
    pub id: &'a JobId,
    pub standing: Option<SubscriptionStatus>,
    pub at: DateTime<Utc>,
    pub rows: Vec<Key>,
}

/// What a search came to.
enum Found {
    Ours(Items),
    /// One that may be ours does not show yet whom it is about.
    Unclear,
    Nothing,
    /// There are too many to look at, or one does not tell whom it is about.
    Untold,
}

/// The batches of some days.
struct Listed {
    batches: Vec<Progress>,
    /// Read to its end.
    whole: bool,
}

/// How lost batches stand. `others` are known to be somebody else's. One list serves them all; those who are in none are looked
/// for once more, a while later.
pub(super) async fn look<'a>(api: &Api, lost: Vec<Lost<'a>>, others: &BTreeSet<&str>) -> Result<BTreeMap<&'a JobId, State>, Error> {
    let (mut states, mut left) = (BTreeMap::new(), lost);
    for again in [false, true] {
        if left.is_empty() {
            break;
        }
        if again && !api.wait(LATE).await {
            states.extend(left.drain(..).map(|lost| (lost.id, State::Working)));
            break;
        }
        let listed = listed(api, &left).await?;
        let mut missing = Vec::new();
        for lost in left {
            match search(api, &listed, &lost, others).await? {
                Found::Nothing => missing.push(lost),
                found => _ = states.insert(lost.id, state(found, lost.standing)),
            }
        }
        left = missing;
    }
    states.extend(left.into_iter().map(|lost| (lost.id, state(Found::Nothing, lost.standing))));
    Ok(states)
}

fn state(found: Found, standing: Option<SubscriptionStatus>) -> State {
    match found {
        Found::Ours(items) if items.progress.is_over() => State::Finished(items.outcomes(standing)),
        Found::Ours(_) | Found::Unclear => State::Working,
        Found::Nothing => State::Finished(JobOutcomes::all(Outcome::NotDone)),
        Found::Untold => State::Finished(JobOutcomes::of(Vec::new())),
    }
}

async fn search(api: &Api, listed: &Listed, lost: &Lost<'_>, others: &BTreeSet<&str>) -> Result<Found, Error> {
    let ours: HashSet<Key> = lost.rows.iter().copied().collect();
    let candidates = candidates(listed, lost.at, ours.len(), others);
    let all = listed.whole && candidates.len() <= LOOKED_AT;
    let mut found = if all { Found::Nothing } else { Found::Untold };
    for candidate in candidates.into_iter().take(LOOKED_AT) {
        let items = poll::items(api, &candidate.id).await?;
        match whose(&items.keys(), &ours) {
            Whose::Ours => return Ok(Found::Ours(items)),
            Whose::Untold if !items.progress.is_over() => found = Found::Unclear,
            Whose::Untold if matches!(found, Found::Nothing) => found = Found::Untold,
            Whose::Untold | Whose::Others => {}
        }
    }
    Ok(found)
}

/// Batches of as many contacts, since then, that are not known to be others; those of the nearest time first.
fn candidates<'a>(listed: &'a Listed, at: DateTime<Utc>, contacts: usize, others: &BTreeSet<&str>) -> Vec<&'a Progress> {
    let may_be = |batch: &&Progress| batch.total_count == contacts && !others.contains(batch.id.as_str()) && created(batch) >= at - CLOCKS;
    let mut found: Vec<_> = listed.batches.iter().filter(may_be).collect();
    found.sort_by_key(|batch| (created(batch) - at).abs());
    found
}

/// Every batch that was made since the first of these, each once.
async fn listed(api: &Api, lost: &[Lost<'_>]) -> Result<Listed, Error> {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let first = lost.iter().map(|lost| lost.at).min().unwrap_or_default();
    let last = lost.iter().map(|lost| lost.at).max().unwrap_or_default();
    let (from, to) = (day(first - CLOCKS - ZONES), day(last + CLOCKS + ZONES));
    let (mut seen, mut batches, mut offset) = (BTreeSet::new(), Vec::new(), 0);
    for _ in 0..PAGES_MAX {
        let page = poll::page(api, offset, Some((&from, &to))).await?;
        let before = batches.len();
        offset += page.batches.len();
        let has_more = page.has_more();
        batches.extend(page.batches.into_iter().filter(|batch| seen.insert(batch.id.clone())));
        match (has_more, batches.len() > before) {
            (false, _) => return Ok(Listed { batches, whole: true }),
            (true, true) => {}
            // It says that there is more, and shows the same.
            (true, false) => break,
        }
    }
    Ok(Listed { batches, whole: false })
}

/// A time that cannot be read may be any.
fn created(batch: &Progress) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&batch.created_at).map_or(DateTime::<Utc>::MAX_UTC, |at| at.with_timezone(&Utc))
}

#[derive(Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    Others,
    Untold,
}

/// By those of its contacts that a batch shows.
fn whose(shown: &[Option<Key>], ours: &HashSet<Key>) -> Whose {
    let known: Vec<_> = shown.iter().flatten().collect();
    match known.is_empty() {
        true => Whose::Untold,
        false if known.into_iter().all(|key| ours.contains(key)) => Whose::Ours,
        false => Whose::Others,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], Whose::Untold)]
    #[case(&[None], Whose::Untold)]
    #[case(&[Some(1)], Whose::Ours)]
    #[case(&[Some(1), None, Some(2)], Whose::Ours)]
    #[case(&[Some(1), Some(3)], Whose::Others)]
    fn a_batch_is_ours_if_it_is_about_our_people(#[case] shown: &[Option<u128>], #[case] expected: Whose) {
        let shown: Vec<_> = shown.iter().map(|key| key.map(Key)).collect();
        assert_eq!(whose(&shown, &[Key(1), Key(2)].into()), expected);
    }
}
