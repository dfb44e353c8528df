//! What the platform says of its contacts' subscriptions, read before the first write (G2) and refreshed before later ones.
//!
//! The first reading takes everyone. Later ones ask only for what changed since, and leave out `subscribed` where we give
//! it to new contacts ourselves: nearly all of those changes are our own writes, and a contact that someone else added meanwhile is
//! recognised when the platform refuses to create it. What was left out is on record ([`Watermarks`]), and a run that needs it reads it
//! before its first write.
//!
//! Times are the platform's, by its clock: ours may be days ahead or behind.

use super::{Context, Failure, Recorder, back, before_leaving, left::Left, pages::Pages};
use crate::{
    destination::{ContactRecord, PlaceId, Reading},
    member::Key,
    platform::SubscriptionStatus,
    state::{ContactsRead, ExportId, PlaceRow, View, Watermarks},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How far a later reading goes back behind the start of the one before it: a change may have been under way.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// The same where all that changed is read, our own last writes with it: they would be read for an hour.
const SHORT_OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// How far the platform's clocks may differ among themselves: who changed while the first reading was under way is read again at
/// its end.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// How far our own clock may be wrong, where a platform tells no time at all.
const OURS: TimeDelta = TimeDelta::days(7);

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
    let reading = Contacts { context, recorder, place, row, left: Left::of(view, row, how)?, begun: Begun::now(context) };
    let left = match (how, before) {
        (Reading::Nothing, _) => return Ok(false),
        // Nobody is ours yet, so nobody can have left.
        (Reading::Changes, None) => {
            reading.note(Watermarks::all(reading.begun.until(None)), 0).await?;
            Vec::new()
        }
        (Reading::Changes, Some(before)) => reading.changes(view, before).await?,
        (Reading::Everyone, None) => {
            context.watch.phase("reading the status of the contacts that are there already", contacts);
            reading.everyone(view).await?
        }
        (Reading::Everyone, Some(before)) => {
            // Who was removed externally is looked for, too: others may have put them back. And who is kept off a list by a status.
            let looked_for = view.any_removed_externally(row)? || view.any_kept_off(row)?;
            let skips = skips_subscribed(context) && !looked_for;
            let standings = Watermarks::STANDINGS.into_iter().filter(|s| *s != SubscriptionStatus::Subscribed || !skips);
            reading.statuses(view, before, &standings.collect::<Vec<_>>()).await?
        }
    };
    mark_left(recorder, view, left).await?;
    Ok(everyone)
}

/// Everyone who changed since the last reading, whatever their status.
pub async fn read_changes(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    before: ContactsRead,
) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let reading = Contacts { context, recorder, place, row, left: Left::default(), begun: Begun::now(context) };
    reading.since(view, before.watermarks.latest(), before).await.map(drop)
}

/// Everyone who was given a status that takes rights away since the last reading: what must be known right before people are
/// archived. Nobody is marked as gone by it: our own leavings are among the changes.
pub async fn read_losses(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    before: ContactsRead,
) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let reading = Contacts { context, recorder, place, row, left: Left::default(), begun: Begun::now(context) };
    let losses = Watermarks::STANDINGS.into_iter().filter(|standing| *standing != SubscriptionStatus::Subscribed).collect::<Vec<_>>();
    reading.statuses(view, before, &losses).await.map(drop)
}

/// Everyone who became subscribed since that was last read: those who were unsubscribed by what is on record, and may be no more.
pub async fn read_gains(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    place: &PlaceId,
    row: PlaceRow,
    before: ContactsRead,
) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let reading = Contacts { context, recorder, place, row, left: Left::default(), begun: Begun::now(context) };
    reading.statuses(view, before, &[SubscriptionStatus::Subscribed]).await.map(drop)
}

/// Calls that a reading of changes takes at least: a page of each status.
pub fn pages_at_least(context: &Context) -> u64 {
    Watermarks::STANDINGS.len() as u64 - u64::from(skips_subscribed(context))
}

/// Only `subscribed` is ever left out: the place's other exports rely on hearing of everyone who unsubscribed.
pub fn skips_subscribed(context: &Context) -> bool {
    context.export.new_contacts.status == Some(SubscriptionStatus::Subscribed)
}

/// A place that we just made has nobody in it.
pub async fn nothing_to_read(context: &Context, recorder: &Recorder, row: PlaceRow) -> Result<(), Failure> {
    recorder.write(move |store| store.begin_contacts_read(row))?;
    let read = ContactsRead { watermarks: Watermarks::all(Begun::now(context).until(None)), at: context.now, count: 0 };
    recorder.record(move |store| store.set_contacts_read(row, &read)).await
}

/// When a reading began.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// By the platform's clock: an answer right before it told the time.
    platform: Option<DateTime<Utc>>,
    ours: DateTime<Utc>,
    overlap: TimeDelta,
}

impl Begun {
    fn now(context: &Context) -> Self {
        let overlap = if context.capabilities.reading == Reading::Changes { SHORT_OVERLAP } else { OVERLAP };
        Self { platform: context.destination.clock().map(DateTime::from), ours: context.now, overlap }
    }

    /// Up to when it tells of every change: a little before it began. `newest`: the last change that it showed, which stands in
    /// for a platform's clock that nothing was heard of. `None`: nobody knows.
    fn by_platform(self, newest: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        self.platform.or(newest).map(|at| at - self.overlap)
    }

    /// The same, and where nobody knows, our own clock, far back.
    fn until(self, newest: Option<DateTime<Utc>>) -> DateTime<Utc> {
        self.by_platform(newest).unwrap_or(self.ours - OURS)
    }
}

/// One place being read.
struct Contacts<'a> {
    context: &'a Context,
    recorder: &'a Recorder,
    place: &'a PlaceId,
    row: PlaceRow,
    left: Left,
    begun: Begun,
}

/// What pages showed.
#[derive(Default)]
struct Shown {
    contacts: u64,
    /// Members among them who have left by themselves.
    left: Vec<(ExportId, Key)>,
    /// The last change of any of them, by the platform's clock.
    newest: Option<DateTime<Utc>>,
}

impl Shown {
    fn and(mut self, other: Self) -> Self {
        self.left.extend(other.left);
        Self { contacts: self.contacts + other.contacts, left: self.left, newest: self.newest.max(other.newest) }
    }
}

type LeftMembers = Vec<(ExportId, Key)>;

impl Contacts<'_> {
    async fn everyone(&self, view: &View) -> Result<LeftMembers, Failure> {
        let shown = self.pages(view, None, None).await?;
        let begin = self.begun.platform.map(|at| at - CLOCKS);
        let since = begin.unwrap_or_else(|| self.begun.until(shown.newest));
        let read = shown.contacts;
        let shown = shown.and(self.pages(view, Some(since), None).await?);
        self.note(Watermarks::all(self.begun.until(shown.newest)), read).await?;
        Ok(shown.left)
    }

    async fn changes(&self, view: &View, before: ContactsRead) -> Result<LeftMembers, Failure> {
        self.since(view, before.watermarks.earliest(), before).await
    }

    /// Changes of every status in one reading.
    async fn since(&self, view: &View, since: Option<DateTime<Utc>>, before: ContactsRead) -> Result<LeftMembers, Failure> {
        let shown = self.pages(view, since, None).await?;
        let ContactsRead { mut watermarks, count, .. } = before;
        if let Some(until) = self.begun.by_platform(shown.newest) {
            Watermarks::STANDINGS.into_iter().for_each(|standing| watermarks.read(standing, since, until));
        }
        self.note(watermarks, count).await?;
        Ok(shown.left)
    }

    /// Changes to some statuses, each from where it is known; one that never was is read whole.
    async fn statuses(&self, view: &View, before: ContactsRead, standings: &[SubscriptionStatus]) -> Result<LeftMembers, Failure> {
        let ContactsRead { mut watermarks, count, .. } = before;
        let readings = standings.iter().map(|standing| self.pages(view, watermarks.since(*standing), Some(*standing)));
        let all = futures::future::try_join_all(readings).await?;
        let shown = all.into_iter().fold(Shown::default(), Shown::and);
        if let Some(until) = self.begun.by_platform(shown.newest) {
            for standing in standings {
                watermarks.read(*standing, watermarks.since(*standing), until);
            }
        }
        self.note(watermarks, count).await?;
        Ok(shown.left)
    }

    async fn note(&self, watermarks: Watermarks, count: u64) -> Result<(), Failure> {
        let (read, row) = (ContactsRead { watermarks, at: self.context.now, count }, self.row);
        self.recorder.record(move |store| store.set_contacts_read(row, &read)).await
    }

    /// Reads to the end.
    async fn pages(
        &self,
        view: &View,
        changed_since: Option<DateTime<Utc>>,
        standing: Option<SubscriptionStatus>,
    ) -> Result<Shown, Failure> {
        let since = changed_since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, false));
        let (mut pages, row) = (Pages::of_audience(self.context, self.place, since, standing), self.row);
        let mut shown = Shown::default();
        while let Some(contacts) = pages.next().await? {
            shown.contacts += contacts.len() as u64;
            shown.newest = shown.newest.max(contacts.iter().filter_map(changed_at).max());
            shown.left.extend(self.left.among(view, row, &contacts)?);
            self.left.back(&contacts).into_iter().try_for_each(|(export, seen)| back::put_back(self.recorder, export, seen))?;
            learn_ids(self.recorder, row, &contacts)?;
            let seen: Vec<(Key, SubscriptionStatus)> = contacts.iter().map(|c| (Key::of(&c.email), c.standing)).collect();
            self.recorder.write(move |store| store.spool_contacts(row, seen))?;
        }
        Ok(shown)
    }
}

fn changed_at(contact: &ContactRecord) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(contact.changed_at.as_deref()?).ok().map(|at| at.to_utc())
}

/// Keeps the vendor's ids of contacts, where a reading has them.
pub fn learn_ids(recorder: &Recorder, row: PlaceRow, contacts: &[ContactRecord]) -> Result<(), Failure> {
    let ids = before_leaving::ids(contacts);
    if ids.is_empty() {
        return Ok(());
    }
    recorder.write(move |store| store.record_contact_ids(row, ids.iter().map(|(key, id)| (*key, id))))
}

/// Gone from lists without us; or by a removal of ours that nobody heard the end of, which is done now.
async fn mark_left(recorder: &Recorder, view: &View, left: Vec<(ExportId, Key)>) -> Result<(), Failure> {
    let (mut by_export, mut removed): (BTreeMap<ExportId, Vec<Key>>, BTreeMap<ExportId, Vec<Key>>) = Default::default();
    for (export, key) in left {
        let of = if view.is_leaving(export, key)? { &mut removed } else { &mut by_export };
        of.entry(export).or_default().push(key);
    }
    for (export, keys) in by_export {
        recorder.record(move |store| store.mark_left(export, keys)).await?;
    }
    for (export, keys) in removed {
        recorder.record(move |store| store.let_go(export, keys)).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "standings_tests.rs"]
mod tests;
