//! What some vendors need before people are taken out: that our last write has become visible, and their own ids of contacts.

use super::{Failure, pages::Pages, part::Part, phase::Phase, poll, standings};
use crate::{
    destination::{ContactRecord, Reading},
    member::{Email, Key},
    plan::reads::FEW,
};
use chrono::{DateTime, Utc};
use futures::future::try_join_all;

pub async fn prepare(phase: &Phase<'_>, part: &Part) -> Result<(), Failure> {
    settle(phase).await?;
    if phase.context.capabilities.reading == Reading::Changes {
        let (export, bit) = (phase.ready.export, part.bit().unwrap_or_default());
        let keys: Vec<Key> = phase.work.leavers.iter().filter(|l| l.segments.has(bit)).map(|l| l.key).collect();
        // A reading shows who is off a list, not who took them off.
        phase.recorder.record(move |store| store.intend_leave(export, keys)).await?;
    }
    if part.task.call.by_id { learn_ids(phase, part).await } else { Ok(()) }
}

/// A vendor that shows what was before our last write would let us take nobody out.
async fn settle(phase: &Phase<'_>) -> Result<(), Failure> {
    let settles = phase.context.capabilities.settles;
    let last = phase.view.last_run_before(&phase.context.export.name, phase.context.run)?;
    let rest = last.map_or(std::time::Duration::ZERO, |ended| settles.saturating_sub(since(ended, phase.context.hub.speed())));
    if rest.is_zero() {
        return Ok(());
    }
    phase.context.watch.note("waiting until the platform shows what was written last");
    poll::wait(phase.context, rest).await
}

/// In the vendor's time.
fn since(then: DateTime<Utc>, speed: u32) -> std::time::Duration {
    Utc::now().signed_duration_since(then).to_std().unwrap_or_default() * speed
}

async fn learn_ids(phase: &Phase<'_>, part: &Part) -> Result<(), Failure> {
    let unknown = without_id(phase, part)?;
    match unknown.len() {
        0 => return Ok(()),
        1..=FEW => one_by_one(phase, &unknown).await?,
        _ => whole_container(phase, part).await?,
    }
    phase.recorder.flush().await
}

fn without_id(phase: &Phase<'_>, part: &Part) -> Result<Vec<Email>, Failure> {
    let bit = part.bit().unwrap_or_default();
    let mut unknown = Vec::new();
    for leaver in phase.work.leavers.iter().filter(|l| l.segments.has(bit)) {
        if phase.view.contact_id(phase.ready.row, leaver.key)?.is_some() {
            continue;
        }
        unknown.extend(phase.view.member(phase.ready.export, leaver.key)?.and_then(|m| m.address));
        if unknown.len() > FEW {
            break;
        }
    }
    Ok(unknown)
}

async fn one_by_one(phase: &Phase<'_>, people: &[Email]) -> Result<(), Failure> {
    let (destination, place) = (&phase.context.destination, &phase.ready.place);
    let found = try_join_all(people.iter().map(|email| destination.find(place, email))).await?;
    let found: Vec<ContactRecord> = found.into_iter().flatten().collect();
    standings::learn_ids(phase.recorder, phase.ready.row, &found)
}

async fn whole_container(phase: &Phase<'_>, part: &Part) -> Result<(), Failure> {
    let Some((_, container)) = &part.container else { return Ok(()) };
    phase.context.watch.phase("reading the platform's ids of the members", None);
    let mut pages = Pages::of_list(phase.context, &phase.ready.place, container);
    while let Some(contacts) = pages.next().await? {
        standings::learn_ids(phase.recorder, phase.ready.row, &contacts)?;
    }
    Ok(())
}

/// Keys with the ids that came with a reading.
pub fn ids(contacts: &[ContactRecord]) -> Vec<(Key, crate::destination::ContactId)> {
    contacts.iter().filter_map(|c| Some((Key::of(&c.email), c.contact.clone()?))).collect()
}
