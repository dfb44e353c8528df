//! What the platform says of its contacts' subscriptions, read before the first write (G2) and refreshed before later ones.
//!
//! The first reading takes everyone. Later ones ask only for what changed since, and leave out `subscribed` where we give
//! it to new contacts ourselves: nearly all of those changes are our own writes, and a contact that someone else added meanwhile is
//! recognised when the platform refuses to create it.

use super::{Context, Failure, Recorder};
use crate::{
    destination::{PageRequest, PlaceId},
    member::{Key, Standing},
    state::{ContactsRead, PlaceRow, View},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// How far a later reading goes back behind the start of the one before it: clocks differ, and a change may have been under
/// way.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// How far clocks may differ: who changed while the first reading was under way is read again at its end.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

const STANDINGS: [Standing; 6] =
    [Standing::Subscribed, Standing::Unsubscribed, Standing::Pending, Standing::NonSubscribed, Standing::Cleaned, Standing::Archived];

/// Brings the state up to date with the place's contacts.
pub async fn read(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    contacts: u64,
) -> Result<(), Failure> {
    let before = view.contacts_read(row)?;
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let archived = match before {
        None => {
            context.watch.phase("reading the status of the contacts that are there already", Some(contacts));
            let whole = PageRequest { cursor: None, rows: rows(context), changed_since: None, standing: None };
            let (read, mut archived) = pages(context, recorder, place, row, whole).await?;
            let since = (context.now - CLOCKS).to_rfc3339_opts(SecondsFormat::Secs, false);
            let meanwhile = PageRequest { cursor: None, rows: rows(context), changed_since: Some(since), standing: None };
            archived.extend(pages(context, recorder, place, row, meanwhile).await?.1);
            note_read(context, recorder, row, read).await?;
            archived
        }
        Some(before) => {
            let standings = STANDINGS.into_iter().filter(|s| *s != Standing::Subscribed || !skips_subscribed(context));
            let readings = standings.map(|standing| {
                let changed_since = Some(before.watermark.clone());
                let changes = PageRequest { cursor: None, rows: rows(context), changed_since, standing: Some(standing) };
                pages(context, recorder, place, row, changes)
            });
            let read = futures::future::try_join_all(readings).await?;
            note_read(context, recorder, row, before.count).await?;
            read.into_iter().flat_map(|(_, archived)| archived).collect()
        }
    };
    mark_left(recorder, view, row, &archived).await
}

/// Everyone who changed since a reading, whatever their status.
pub async fn read_changes(
    context: &Context,
    recorder: &Recorder,
    place: &PlaceId,
    row: PlaceRow,
    before: &ContactsRead,
) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let changed_since = Some(before.watermark.clone());
    let changes = PageRequest { cursor: None, rows: rows(context), changed_since, standing: None };
    pages(context, recorder, place, row, changes).await?;
    note_read(context, recorder, row, before.count).await
}

/// A bulk update sends the status along: then every change of it must be known. And only `subscribed` is ever left out: the
/// place's other exports rely on hearing of everyone who unsubscribed.
fn skips_subscribed(context: &Context) -> bool {
    context.export.new_contacts.status == Standing::Subscribed && !context.export.connection.limits.bulk_updates
}

/// A place that we just made has nobody in it.
pub async fn nothing_to_read(context: &Context, recorder: &Recorder, row: PlaceRow) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    note_read(context, recorder, row, 0).await
}

fn rows(context: &Context) -> usize {
    context.destination.capabilities().page_rows
}

/// Reads to the end; gives how many contacts came, and the archived among them.
async fn pages(
    context: &Context,
    recorder: &Recorder,
    place: &PlaceId,
    row: PlaceRow,
    mut request: PageRequest,
) -> Result<(u64, Vec<Key>), Failure> {
    let (mut read, mut archived) = (0, Vec::new());
    loop {
        if context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let page = context.destination.contacts(place, &request).await?;
        read += page.contacts.len() as u64;
        context.watch.advance(page.contacts.len() as u64);
        let seen: Vec<(Key, Standing)> = page.contacts.iter().map(|c| (Key::of(&c.email), c.standing)).collect();
        archived.extend(seen.iter().filter(|(_, standing)| *standing == Standing::Archived).map(|(key, _)| *key));
        recorder.write(move |store| store.spool_contacts(row, seen))?;
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok((read, archived)),
        }
    }
}

async fn note_read(context: &Context, recorder: &Recorder, row: PlaceRow, count: u64) -> Result<(), Failure> {
    let read = ContactsRead { watermark: watermark(context.now), at: context.now, count };
    recorder.record(move |store| store.set_contacts_read(row, &read)).await
}

fn watermark(now: DateTime<Utc>) -> String {
    (now - OVERLAP).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Members whose contact someone else archived have left (E18), in every export of the place.
async fn mark_left(recorder: &Recorder, view: &View, row: PlaceRow, archived: &[Key]) -> Result<(), Failure> {
    let mut others = Vec::new();
    for key in archived {
        if view.contact(row, *key)?.is_some_and(|c| c.archived_from.is_none()) {
            others.push(*key);
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    for (name, id) in view.exports()? {
        if view.export(&name)?.and_then(|e| e.place).is_some_and(|place| place.row == row) {
            let mut gone = Vec::new();
            for key in &others {
                if view.member(id, *key)?.is_some_and(|m| m.fingerprint.is_some()) {
                    gone.push(*key);
                }
            }
            recorder.record(move |store| store.mark_left(id, gone)).await?;
        }
    }
    Ok(())
}
