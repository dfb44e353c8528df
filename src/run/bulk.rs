//! Attributes in bulk: who may go so, the trial before that, and the end of it as soon as an answer is not as it had to be.
//!
//! ```text
//! statuses read (again, if that is some minutes ago) ─► still unsubscribed? ─► a trial with one contact of each status ─► Permit
//!                                                                                                            │
//! one call a contact ◄─ who is left out: another status by now, no permit, or after the first bad answer ◄─ 500 a call
//! ```

use super::{Context, Failure, Recorder, batches::Batches, part::Part, phase::Phase, standings};
use crate::{
    definition::BulkUpdates,
    destination::{BULK_STATUSES, Outcome, Passed, Permit, PlaceId, Trial},
    member::{Key, RemainingEntry, RemainingFlags},
    plan::{
        bulk::{Memory, Stopped},
        reads::FEW,
    },
    platform::SubscriptionStatus,
    state::{BulkTrial, PlaceRow, View},
};
use futures::future::try_join_all;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// For so long after they were read statuses are not read again.
const FRESH: Duration = Duration::from_secs(120);
/// Contacts among which one is looked for to try with.
const CANDIDATES: usize = 5;

/// Whether attributes may go in bulk, as far as is known before the run.
#[derive(Clone, Debug, Default)]
pub struct BulkWay {
    open: bool,
    pub memory: Memory,
}

impl BulkWay {
    pub fn of(context: &Context, view: Option<&View>, place: Option<PlaceRow>) -> Result<Self, Failure> {
        let memory = match (view, place) {
            (Some(view), Some(place)) => view.bulk_updates(place)?,
            _ => Memory::default(),
        };
        let wanted = context.export.connection.limits.bulk_updates == BulkUpdates::Auto && context.capabilities.bulk_update_rows.is_some();
        Ok(Self { open: wanted && memory.stopped(context.now).is_none(), memory })
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Statuses of these contacts that a trial of an earlier run does not cover.
    pub fn to_try(&self, context: &Context, statuses: impl Iterator<Item = SubscriptionStatus>) -> Vec<SubscriptionStatus> {
        statuses.filter(|standing| !self.memory.passed(*standing, context.now)).collect()
    }
}

/// Updates in bulk as one run carries them out.
pub struct Bulk {
    /// `None`: nothing was tried yet, or nothing goes in bulk.
    permit: Option<Permit>,
    read_at: Option<Instant>,
    left_out: bool,
}

impl Bulk {
    pub fn new(read_at: Option<Instant>) -> Self {
        Self { permit: None, read_at, left_out: false }
    }

    pub fn permit(&self) -> Option<&Permit> {
        self.permit.as_ref()
    }

    pub fn goes_on(&self) -> bool {
        self.permit.as_ref().is_some_and(|permit| !permit.is_over())
    }

    /// Since the last time that this was asked.
    pub fn left_some_out(&mut self) -> bool {
        std::mem::take(&mut self.left_out)
    }
}

/// What has to be so before the first bulk update: statuses that are fresh, and a permit for each.
pub async fn prepare(phase: &mut Phase<'_>, part: &Part) -> Result<(), Failure> {
    phase.recorder.flush().await?;
    if phase.bulk.read_at.is_none_or(|at| at.elapsed() >= FRESH / phase.context.hub.speed()) {
        read_again(phase).await?;
    }
    let mut unsubscribed = of_status(phase, SubscriptionStatus::Unsubscribed, usize::MAX)?;
    if !unsubscribed.is_empty() && standings::skips_subscribed(phase.context) {
        still_unsubscribed(phase, &unsubscribed).await?;
        unsubscribed = of_status(phase, SubscriptionStatus::Unsubscribed, CANDIDATES)?;
    }
    let statuses = BULK_STATUSES.into_iter().filter(|standing| *standing != SubscriptionStatus::Unsubscribed || !unsubscribed.is_empty());
    let mut passed = BTreeSet::new();
    for standing in statuses {
        if phase.work.bulk.memory.passed(standing, phase.context.now) {
            passed.insert(Passed::on_record(standing));
            continue;
        }
        match tried(phase, part, standing).await? {
            Tried::Passed(found) => {
                phase.work.bulk.memory.passed.insert(standing, phase.context.now);
                passed.insert(found);
            }
            Tried::Nobody => {}
            Tried::Failed => {
                phase.bulk.permit = None;
                return Ok(());
            }
        }
    }
    phase.bulk.permit = Some(Permit::of(passed, phase.context.cancel.child_token()));
    Ok(())
}

async fn read_again(phase: &mut Phase<'_>) -> Result<(), Failure> {
    let Some(before) = phase.view.contacts_read(phase.ready.row)? else { return Ok(()) };
    phase.context.watch.phase("reading who opted out, before contacts are updated in bulk", None);
    standings::read_losses(phase.context, phase.recorder, phase.view, &phase.ready.place, phase.ready.row, before).await?;
    phase.bulk.read_at = Some(Instant::now());
    phase.recorder.flush().await
}

/// Of those who are to go in bulk, the first so many whose status on record is this one.
fn of_status(phase: &Phase<'_>, standing: SubscriptionStatus, most: usize) -> Result<Vec<usize>, Failure> {
    let mut found = Vec::new();
    for (at, entry) in phase.remaining.iter().enumerate().filter(|(_, entry)| goes(entry)) {
        if found.len() >= most {
            break;
        }
        let contact = phase.view.contact(phase.ready.row, entry.key())?;
        found.extend(contact.is_some_and(|contact| contact.standing == standing).then_some(at));
    }
    Ok(found)
}

fn goes(entry: &RemainingEntry) -> bool {
    let flags = entry.flags();
    flags.has(RemainingFlags::BULK) && flags.has(RemainingFlags::UPDATE) && !flags.has(RemainingFlags::FAILED)
}

/// Changes to `subscribed` are not read in every run, so that those who were unsubscribed may be no more.
async fn still_unsubscribed(phase: &mut Phase<'_>, places: &[usize]) -> Result<(), Failure> {
    let (row, place) = (phase.ready.row, phase.ready.place.clone());
    phase.context.watch.phase("reading whether contacts are still unsubscribed", Some(places.len() as u64));
    if places.len() > FEW {
        let Some(before) = phase.view.contacts_read(row)? else { return Ok(()) };
        standings::read_gains(phase.context, phase.recorder, phase.view, &place, row, before).await?;
        return phase.recorder.flush().await;
    }
    let mut seen: Vec<(Key, SubscriptionStatus)> = Vec::new();
    let emails = places.iter().map(|at| Ok(phase.work.desired.spool.read(phase.remaining[*at].offset())?.email));
    let emails: Vec<_> = emails.collect::<Result<_, Failure>>()?;
    for emails in emails.chunks(phase.context.connections.max(1) as usize) {
        let found = try_join_all(emails.iter().map(|email| phase.context.destination.find(&place, email))).await?;
        seen.extend(emails.iter().zip(found).filter_map(|(email, found)| Some((Key::of(email), found?.standing))));
    }
    phase.recorder.record(move |store| store.learn_standings(row, seen)).await
}

enum Tried {
    Passed(Passed),
    /// Nobody could show anything: those of the status go one by one, and the next run tries again.
    Nobody,
    Failed,
}

/// One contact of this status goes alone. It is on record before, so that it is looked after whatever becomes of the run.
async fn tried(phase: &mut Phase<'_>, part: &Part, standing: SubscriptionStatus) -> Result<Tried, Failure> {
    let (destination, place, row) = (phase.context.destination.clone(), phase.ready.place.clone(), phase.ready.row);
    let mut places = of_status(phase, standing, CANDIDATES)?;
    while !places.is_empty() {
        if phase.context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let batches = Batches::new(part, phase.view, phase.ready, phase.context);
        let planned = batches.rebuilt(phase.work, &phase.remaining, places.clone())?;
        let Some(candidate) = destination.candidate(&place, &planned.batch.rows).await? else { return Ok(Tried::Nobody) };
        let at = planned.places[candidate.at];
        let one = batches.rebuilt(phase.work, &phase.remaining, vec![at])?;
        let Some(contact) = one.batch.rows.first() else { return Ok(Tried::Nobody) };
        let trial = BulkTrial { address: contact.email.clone(), standing, at: phase.context.now };
        phase.recorder.record(move |store| store.begin_bulk_trial(row, &trial)).await?;
        let tried = destination.try_bulk(&place, contact, &candidate).await?;
        let now = phase.context.now;
        let (Trial::Passed(_, outcome) | Trial::Failed(_, outcome) | Trial::Open(outcome)) = tried.clone();
        phase.take(part, &one, std::slice::from_ref(&outcome))?;
        if outcome == Outcome::NotDone {
            leave_out(phase, [at]);
        }
        match tried {
            Trial::Passed(passed, _) => {
                phase.recorder.record(move |store| store.end_bulk_trial(row, Some((standing, now)))).await?;
                return Ok(Tried::Passed(passed));
            }
            Trial::Failed(why, _) => {
                stop(phase, why)?;
                phase.recorder.record(move |store| store.end_bulk_trial(row, None)).await?;
                return Ok(Tried::Failed);
            }
            Trial::Open(_) => {
                phase.recorder.record(move |store| store.end_bulk_trial(row, None)).await?;
                places.retain(|place| *place != at);
            }
        }
    }
    Ok(Tried::Nobody)
}

/// What an answer said besides its rows.
pub fn heard(phase: &mut Phase<'_>, why: Option<String>, notes: Vec<String>) -> Result<(), Failure> {
    notes.iter().for_each(|note| phase.context.watch.note(note));
    phase.noted.bulk.extend(notes);
    why.map_or(Ok(()), |why| stop(phase, why))
}

/// Nothing more goes in bulk to this audience, now and for a while. Every answer that says so is told; the first is kept.
fn stop(phase: &mut Phase<'_>, why: String) -> Result<(), Failure> {
    let first = phase.work.bulk.is_open();
    phase.work.bulk.open = false;
    if let Some(permit) = &phase.bulk.permit {
        permit.end();
    }
    if !first {
        phase.noted.bulk.push(format!("also: {why}"));
        return Ok(());
    }
    let (row, stopped) = (phase.ready.row, Stopped { at: phase.context.now, why });
    let words = stopped.words(phase.context.export.name.as_str());
    phase.context.watch.note(&words);
    phase.noted.bulk.push(words);
    phase.recorder.write(move |store| store.stop_bulk_updates(row, &stopped))
}

/// These go one by one.
pub fn leave_out(phase: &mut Phase<'_>, places: impl IntoIterator<Item = usize>) {
    for at in places {
        let entry = &mut phase.remaining[at];
        phase.bulk.left_out |= goes(entry);
        entry.set_flags(entry.flags().without(RemainingFlags::BULK));
    }
}

/// Once nothing goes in bulk any more, all who are left go one by one.
pub fn close(phase: &mut Phase<'_>) {
    if !phase.bulk.goes_on() {
        let all = 0..phase.remaining.len();
        leave_out(phase, all);
    }
}

/// A trial that nobody heard the end of: its contact is looked at before anything else is done.
pub async fn settle_trial(context: &Context, recorder: &Recorder, view: &View, place: &PlaceId, row: PlaceRow) -> Result<(), Failure> {
    let Some(BulkTrial { address, standing, at }) = view.bulk_trial(row)? else { return Ok(()) };
    let destination = &context.destination;
    let found = destination.settle_trial(place, &address, standing, at).await.map_err(Failure::from)?;
    let Some(why) = found else { return recorder.record(move |store| store.end_bulk_trial(row, None)).await };
    let stopped = Stopped { at: context.now, why };
    context.watch.note(&stopped.words(context.export.name.as_str()));
    recorder.record(move |store| store.stop_bulk_updates(row, &stopped)).await?;
    recorder.record(move |store| store.end_bulk_trial(row, None)).await
}
