//! What the platform says of its contacts' subscriptions, read before the first write (G2) and refreshed before later ones.
//!
//! The first reading takes everyone. Later ones ask only for what changed since, and leave out `subscribed` where we give
//! it to new contacts ourselves: nearly all of those changes are our own writes, and a contact that someone else added meanwhile is
//! recognised when the platform refuses to create it.

use super::{Context, Failure, Recorder, before_leaving, left::Left, pages::Pages};
use crate::{
    destination::{ContactRecord, PlaceId, Reading},
    member::{Key, Standing},
    state::{ContactsRead, ExportId, PlaceRow, View},
};
use chrono::{SecondsFormat, TimeDelta};
use std::collections::BTreeMap;

/// How far a later reading goes back behind the start of the one before it: clocks differ, and a change may have been under
/// way.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// The same where all that changed is read, our own last writes with it: they would be read for an hour.
const SHORT_OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// How far clocks may differ: who changed while the first reading was under way is read again at its end.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

const STANDINGS: [Standing; 6] =
    [Standing::Subscribed, Standing::Unsubscribed, Standing::Pending, Standing::NonSubscribed, Standing::Cleaned, Standing::Archived];

/// Brings the state up to date with the place's contacts, as far as the vendor's rules need it. `true`: everyone was read now.
pub async fn read(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    contacts: Option<u64>,
) -> Result<bool, Failure> {
    let (how, before) = (context.capabilities.reading, view.contacts_read(row)?);
    // Nothing was read, so whoever needs it goes on from the last reading.
    if before.is_some() && !context.destination.rereads(context.export.new_contacts.status) {
        return Ok(false);
    }
    let everyone = how == Reading::Everyone && before.is_none();
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let reading = Contacts { context, recorder, place, row, left: Left::of(view, row)? };
    let left = match (how, before) {
        (Reading::Nothing, _) => return Ok(false),
        // Nobody is ours yet, so nobody can have left.
        (Reading::Changes, None) => {
            note_read(context, recorder, row, 0).await?;
            Vec::new()
        }
        (Reading::Changes, Some(before)) => {
            let (_, left) = reading.pages(view, Some(before.watermark.clone()), None).await?;
            note_read(context, recorder, row, before.count).await?;
            left
        }
        (Reading::Everyone, None) => {
            context.watch.phase("reading the status of the contacts that are there already", contacts);
            let (read, mut left) = reading.pages(view, None, None).await?;
            let since = (context.now - CLOCKS).to_rfc3339_opts(SecondsFormat::Secs, false);
            left.extend(reading.pages(view, Some(since), None).await?.1);
            note_read(context, recorder, row, read).await?;
            left
        }
        (Reading::Everyone, Some(before)) => {
            let standings = STANDINGS.into_iter().filter(|s| *s != Standing::Subscribed || !skips_subscribed(context));
            let readings = standings.map(|standing| reading.pages(view, Some(before.watermark.clone()), Some(standing)));
            let read = futures::future::try_join_all(readings).await?;
            note_read(context, recorder, row, before.count).await?;
            read.into_iter().flat_map(|(_, left)| left).collect()
        }
    };
    mark_left(recorder, left).await?;
    Ok(everyone)
}

/// Everyone who changed since a reading, whatever their status.
pub async fn read_changes(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    before: &ContactsRead,
) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let reading = Contacts { context, recorder, place, row, left: Left::default() };
    reading.pages(view, Some(before.watermark.clone()), None).await?;
    note_read(context, recorder, row, before.count).await
}

/// A bulk update sends the status along: then every change of it must be known. And only `subscribed` is ever left out: the
/// place's other exports rely on hearing of everyone who unsubscribed.
fn skips_subscribed(context: &Context) -> bool {
    context.export.new_contacts.status == Some(Standing::Subscribed) && !context.export.connection.limits.bulk_updates
}

/// A place that we just made has nobody in it.
pub async fn nothing_to_read(context: &Context, recorder: &Recorder, row: PlaceRow) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    note_read(context, recorder, row, 0).await
}

/// One place being read.
struct Contacts<'a> {
    context: &'a Context,
    recorder: &'a Recorder,
    place: &'a PlaceId,
    row: PlaceRow,
    left: Left,
}

impl Contacts<'_> {
    /// Reads to the end; gives how many contacts came, and members among them who have left by themselves.
    async fn pages(
        &self,
        view: &View,
        changed_since: Option<String>,
        standing: Option<Standing>,
    ) -> Result<(u64, Vec<(ExportId, Key)>), Failure> {
        let (mut pages, row) = (Pages::of_audience(self.context, self.place, changed_since, standing), self.row);
        let (mut read, mut left) = (0, Vec::new());
        while let Some(contacts) = pages.next().await? {
            read += contacts.len() as u64;
            left.extend(self.left.among(view, row, &contacts)?);
            learn_ids(self.recorder, row, &contacts)?;
            let seen: Vec<(Key, Standing)> = contacts.iter().map(|c| (Key::of(&c.email), c.standing)).collect();
            self.recorder.write(move |store| store.spool_contacts(row, seen))?;
        }
        Ok((read, left))
    }
}

/// Keeps the vendor's ids of contacts, where a reading has them.
pub fn learn_ids(recorder: &Recorder, row: PlaceRow, contacts: &[ContactRecord]) -> Result<(), Failure> {
    let ids = before_leaving::ids(contacts);
    if ids.is_empty() {
        return Ok(());
    }
    recorder.write(move |store| store.record_contact_ids(row, ids.iter().map(|(key, id)| (*key, id))))
}

async fn note_read(context: &Context, recorder: &Recorder, row: PlaceRow, count: u64) -> Result<(), Failure> {
    let read = ContactsRead { watermark: watermark(context), at: context.now, count };
    recorder.record(move |store| store.set_contacts_read(row, &read)).await
}

fn watermark(context: &Context) -> String {
    let overlap = if context.capabilities.reading == Reading::Changes { SHORT_OVERLAP } else { OVERLAP };
    (context.now - overlap).to_rfc3339_opts(SecondsFormat::Secs, false)
}

async fn mark_left(recorder: &Recorder, left: Vec<(ExportId, Key)>) -> Result<(), Failure> {
    let mut by_export: BTreeMap<ExportId, Vec<Key>> = BTreeMap::new();
    left.into_iter().for_each(|(export, key)| by_export.entry(export).or_default().push(key));
    for (export, keys) in by_export {
        recorder.record(move |store| store.mark_left(export, keys)).await?;
    }
    Ok(())
}
