//! A batch whose answer was lost, or that a process was about to send when it died: was it accepted, and which one is it?
//!
//! A batch carries no mark of ours that the vendor would show again. So those of that time and of as many contacts are asked
//! for their contacts, the nearest first: it is ours if it is about our people. As long as one that may be ours shows
//! nobody yet, nothing is known; if there is none, also after a while, it was not accepted.

use super::{
    super::{Error, JobOutcomes, Outcome},
    api::Api,
    poll::{self, PAGE, State},
    results::{Items, Progress},
};
use crate::member::{Key, Standing};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

/// How far our clock and the vendor's may differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);
/// How long after its call a batch may still appear among the others.
const LATE: Duration = Duration::from_secs(30);
/// Batches whose contacts are looked at; ours was accepted within moments, among few others.
const LOOKED_AT: usize = 200;
/// Pages of batches looked through: as many as two exports of a million people make.
const PAGES_MAX: usize = 80;

/// What a search came to.
enum Found {
    Ours(Items),
    /// One that may be ours does not show yet whom it is about.
    Unclear,
    Nothing,
    /// There are too many to look at, or one does not tell whom it is about.
    Untold,
}

/// How a lost batch of these people stands. `others` are known to be somebody else's.
pub(super) async fn look(
    api: &Api,
    standing: Option<Standing>,
    at: DateTime<Utc>,
    rows: &[Key],
    others: &BTreeSet<&str>,
) -> Result<State, Error> {
    let mut found = search(api, at, rows, others).await?;
    if matches!(found, Found::Nothing) {
        if !api.wait(LATE).await {
            return Ok(State::Working);
        }
        found = search(api, at, rows, others).await?;
    }
    Ok(match found {
        Found::Ours(items) if items.progress.is_over() => State::Finished(items.outcomes(standing)),
        Found::Ours(_) | Found::Unclear => State::Working,
        Found::Nothing => State::Finished(JobOutcomes::all(Outcome::NotDone)),
        Found::Untold => State::Finished(JobOutcomes::of(Vec::new())),
    })
}

async fn search(api: &Api, at: DateTime<Utc>, rows: &[Key], others: &BTreeSet<&str>) -> Result<Found, Error> {
    let ours: HashSet<Key> = rows.iter().copied().collect();
    let candidates = candidates(api, at, ours.len(), others).await?;
    let mut found = if candidates.len() > LOOKED_AT { Found::Untold } else { Found::Nothing };
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
async fn candidates(api: &Api, at: DateTime<Utc>, contacts: usize, others: &BTreeSet<&str>) -> Result<Vec<Progress>, Error> {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let (from, to) = (day(at - CLOCKS), day(at + TimeDelta::days(1)));
    let mut found = Vec::new();
    for number in 0..PAGES_MAX {
        let batches = poll::page(api, number * PAGE, Some((&from, &to))).await?;
        let is_last = batches.len() < PAGE || batches.last().is_some_and(|oldest| created(oldest) < at - CLOCKS);
        found.extend(
            batches
                .into_iter()
                .filter(|batch| batch.total_count == contacts && !others.contains(batch.id.as_str()) && created(batch) >= at - CLOCKS),
        );
        if is_last {
            break;
        }
    }
    found.sort_by_key(|batch| (created(batch) - at).abs());
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
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
