//! What the platform says of its contacts' subscriptions, read before the first write (G2) and refreshed before later ones.
//!
//! The first reading takes everyone. Later ones ask only for what changed since, and leave out the status that we give new
//! contacts ourselves: nearly all of those changes are our own writes, and a contact that someone else added meanwhile is
//! recognised when the platform refuses to create it.

use super::{Context, Failure, Recorder};
use crate::{
    destination::{PageRequest, PlaceId},
    member::{Key, Standing},
    state::{ContactsRead, PlaceRow, View},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};

/// How far a later reading goes back behind the start of the one before it: clocks differ, and a change may have been under
/// way.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

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
    match before {
        None => read_all(context, recorder, place, row, contacts).await?,
        Some(before) => {
            for standing in STANDINGS.into_iter().filter(|s| *s != context.export.new_contacts.status) {
                read_changes(context, recorder, place, row, &before, standing).await?;
            }
            note_read(context, recorder, row, before.count).await?;
        }
    }
    mark_left(recorder, view, row).await
}

/// A place that we just made has nobody in it.
pub async fn nothing_to_read(context: &Context, recorder: &Recorder, row: PlaceRow) -> Result<(), Failure> {
    note_read(context, recorder, row, 0).await
}

async fn read_all(context: &Context, recorder: &Recorder, place: &PlaceId, row: PlaceRow, contacts: u64) -> Result<(), Failure> {
    context.watch.phase("reading the status of the contacts that are there already", Some(contacts));
    let rows = context.destination.capabilities().page_rows;
    let first = page(context, recorder, place, row, PageRequest { offset: 0, rows, changed_since: None, standing: None }).await?;
    let total = first.total.unwrap_or(contacts);
    let mut seen = first.read;
    let offsets = (1..total.div_ceil(rows as u64)).map(|n| n * rows as u64);
    let pages = stream::iter(
        offsets.map(|offset| page(context, recorder, place, row, PageRequest { offset, rows, changed_since: None, standing: None })),
    );
    let mut pages = pages.buffer_unordered(context.connections as usize);
    while let Some(got) = pages.try_next().await? {
        seen += got.read;
    }
    drop(pages);
    // People may have come while we read.
    let mut offset = total.div_ceil(rows as u64).max(1) * rows as u64;
    while seen >= offset {
        let got = page(context, recorder, place, row, PageRequest { offset, rows, changed_since: None, standing: None }).await?;
        seen += got.read;
        offset += rows as u64;
    }
    note_read(context, recorder, row, seen).await
}

async fn read_changes(
    context: &Context,
    recorder: &Recorder,
    place: &PlaceId,
    row: PlaceRow,
    before: &ContactsRead,
    standing: Standing,
) -> Result<(), Failure> {
    let rows = context.destination.capabilities().page_rows;
    let mut offset = 0;
    loop {
        let request = PageRequest { offset, rows, changed_since: Some(before.watermark.clone()), standing: Some(standing) };
        let got = page(context, recorder, place, row, request).await?;
        offset += got.read;
        if got.read < rows as u64 {
            return Ok(());
        }
    }
}

struct Got {
    read: u64,
    total: Option<u64>,
}

async fn page(context: &Context, recorder: &Recorder, place: &PlaceId, row: PlaceRow, request: PageRequest) -> Result<Got, Failure> {
    if context.cancel.is_cancelled() {
        return Err(Failure::canceled());
    }
    let page = context.destination.contacts(place, &request).await?;
    let got = Got { read: page.contacts.len() as u64, total: page.total };
    context.watch.advance(got.read);
    let seen: Vec<(Key, Standing)> = page.contacts.iter().map(|c| (Key::of(&c.email), c.standing)).collect();
    recorder.write(move |store| store.spool_contacts(row, seen))?;
    Ok(got)
}

async fn note_read(context: &Context, recorder: &Recorder, row: PlaceRow, count: u64) -> Result<(), Failure> {
    let read = ContactsRead { watermark: watermark(context.now), at: context.now, count };
    recorder.record(move |store| store.set_contacts_read(row, &read)).await
}

fn watermark(now: DateTime<Utc>) -> String {
    (now - OVERLAP).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Members whose contact someone else archived have left (E18), in every export of the place.
async fn mark_left(recorder: &Recorder, view: &View, row: PlaceRow) -> Result<(), Failure> {
    recorder.flush().await?;
    for (name, id) in view.exports()? {
        if view.export(&name)?.and_then(|e| e.place).is_none_or(|place| place.row != row) {
            continue;
        }
        let gone = view.archived_members(row, id)?;
        if !gone.is_empty() {
            recorder.record(move |store| store.mark_left(id, gone)).await?;
        }
    }
    Ok(())
}
