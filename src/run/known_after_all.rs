//! Contacts that we took for new and that exist: their status is read, then their attributes are told without one.
//!
//! Whose they are (E14): ours, if an answer of ours may have been lost since they were made, this run's status check did not know
//! them, and they carry what we sent. Everyone else was there before us.

use super::{
    Failure,
    batches::{Batches, Planned},
    part::Part,
    phase::Phase,
    standings,
};
use crate::{
    definition::OnLeave,
    destination::{BULK_STATUSES, ContactRecord},
    member::{Key, Reject, RemainingFlags},
    plan::standing::explain,
    platform::SubscriptionStatus,
    state::{Contact, ContactOrigin, End, RunRecord},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

/// From so many contacts on, pages are cheaper than one call each.
const MANY: usize = 100;
/// How far the platform's clock may differ from ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// Runs looked back at for lost answers.
const RUNS: usize = 50;

/// After a run was killed, those who exist are mostly its own last creations: a reading of what changed since the last one
/// has them. Gives those whom it has not.
async fn by_pages(phase: &mut Phase<'_>, places: Vec<usize>) -> Result<Vec<usize>, Failure> {
    let (row, mut rest) = (phase.ready.row, Vec::new());
    let Some(before) = phase.view.contacts_read(row)? else { return Ok(places) };
    standings::read_changes(phase.context, phase.recorder, phase.view, &phase.ready.place, row, before).await?;
    for at in places {
        match phase.view.contact(row, phase.remaining[at].key())? {
            Some(contact) => known_after_all(phase, at, contact.standing, contact.origin)?,
            None => rest.push(at),
        }
    }
    Ok(rest)
}

/// Contacts that turned out to exist are treated as known: their status is read, then their attributes are told without one.
/// `part` is the creation that found them.
pub async fn look_up(phase: &mut Phase<'_>, part: &Part) -> Result<(), Failure> {
    let places = std::mem::take(&mut phase.noted.exists);
    if places.is_empty() {
        return Ok(());
    }
    phase.context.watch.phase("reading contacts that exist after all", Some(places.len() as u64));
    // Pages do not show what contacts carry, and only for archiving does it matter who made them.
    let paged = places.len() > MANY && phase.context.export.on_leave != OnLeave::Archive;
    let places = if paged { by_pages(phase, places).await? } else { places };
    let since = lost_since(phase)?;
    for places in places.chunks(phase.context.connections.max(1) as usize) {
        if phase.context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        one_by_one(phase, part, places, since).await?;
    }
    phase.recorder.flush().await
}

async fn one_by_one(phase: &mut Phase<'_>, part: &Part, places: &[usize], since: DateTime<Utc>) -> Result<(), Failure> {
    let Planned { batch, places, .. } = as_sent(phase, part, places)?;
    let (destination, place) = (&phase.context.destination, &phase.ready.place);
    let asked = join_all(batch.rows.iter().map(|row| destination.find_sent(place, row))).await;
    phase.context.watch.advance(places.len() as u64);
    // What was answered is kept, whatever became of the others.
    let mut failed = None;
    for (at, answer) in places.into_iter().zip(asked) {
        match answer {
            Ok(Some((found, carries))) => {
                let ours = carries && is_since(&found, since);
                let origin = if ours { ContactOrigin::Added } else { ContactOrigin::Found };
                known_after_all(phase, at, found.standing, origin)?;
            }
            Ok(None) => {}
            Err(error) => _ = failed.get_or_insert(error),
        }
    }
    let Some(error) = failed else { return Ok(()) };
    phase.recorder.flush().await?;
    Err(error.into())
}

/// The rows as the creation sent them.
fn as_sent(phase: &Phase<'_>, part: &Part, places: &[usize]) -> Result<Planned, Failure> {
    Batches::new(part, phase.view, phase.ready, phase.context).rebuilt(phase.work, &phase.remaining, places.to_vec())
}

/// Since when an answer of this export may have been lost: this run began then, or the first of those before it that did not
/// come to their end.
fn lost_since(phase: &Phase<'_>) -> Result<DateTime<Utc>, Failure> {
    let runs = phase.view.runs(Some(&phase.context.export.name), RUNS)?;
    let cut_off = |run: &&RunRecord| !matches!(run.end, Some(End::Succeeded { .. } | End::Partial { .. }));
    let first = runs.iter().take_while(cut_off).last();
    Ok(first.map_or(phase.context.now, |run| run.started) - CLOCKS)
}

fn is_since(found: &ContactRecord, since: DateTime<Utc>) -> bool {
    let changed = found.changed_at.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    changed.is_some_and(|at| at >= since)
}

/// Someone whom we took for new has a status already: their attributes are told without one; who is archived is refused.
fn known_after_all(phase: &mut Phase<'_>, at: usize, standing: SubscriptionStatus, origin: ContactOrigin) -> Result<(), Failure> {
    let row = phase.ready.row;
    let email = phase.work.desired.spool.read(phase.remaining[at].offset())?.email;
    let contact = Contact { key: Key::of(&email), standing, origin, archived_from: None };
    phase.recorder.write(move |store| store.write_contacts(row, [&contact]))?;
    let (desired, entry) = (&mut phase.work.desired, &mut phase.remaining[at]);
    entry.set_flags(entry.flags().without(RemainingFlags::CREATE));
    if standing != SubscriptionStatus::Archived {
        entry.flag(if standing == SubscriptionStatus::Subscribed {
            RemainingFlags::UPDATE
        } else {
            RemainingFlags::UPDATE.with(RemainingFlags::KEEPS_STATUS)
        });
        // Their status was just read, so they are settled as any others are.
        if phase.work.bulk.is_open() && BULK_STATUSES.contains(&standing) {
            entry.flag(RemainingFlags::BULK);
        }
        return Ok(());
    }
    entry.flag(RemainingFlags::FAILED);
    phase.noted.rejected += 1;
    let (address, code, detail) = (email.as_str().to_owned(), "archived".to_owned(), explain("archived").to_owned());
    let segment = desired.sets.mask(entry.set()).bits().next().unwrap_or(0);
    Ok(desired.rejects.add(&Reject { address, segment, code, detail, field: None })?)
}
