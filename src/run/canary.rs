//! One contact of each status, updated before all others and read back: where an update says something of the status that the
//! platform documents to ignore ([`crate::destination::Capabilities::statuses_proved`]), it is seen to do so before thousands depend
//! on it (G2).
//!
//! A status that was kept is proved for good. One that was changed stops every export of the audience, until `privacy.acceptedOn` is
//! renewed: then one contact is tried again. Who it is, is settled with the plan: someone whom one page of the platform's own contacts
//! shows with the status, since what is on record may be old; else one on record, looked up first.

use super::{Context, Failure, FailureKind, part::Part, phase::Phase};
use crate::{
    destination::{ContactRecord, PageRequest, PlaceId},
    member::{ChangeEntry, ChangeFlags, Desired, Email, Key, Reject, RemainingFlags},
    plan::task::Task,
    platform::SubscriptionStatus,
    state::{PlaceRow, StatusProof, View},
};
use chrono::Utc;
use std::time::Duration;

/// Contacts on record that are looked up for one status, and members looked at to find them.
const TRIES: usize = 5;
const LOOKED_AT: usize = 2_000;
/// Readings of a contact until it shows that it was updated, and how long apart.
const READINGS: usize = 3;
const APART: Duration = Duration::from_secs(5);

/// Someone who is updated first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub key: Key,
    standing: SubscriptionStatus,
}

/// Statuses of which it was not seen yet that updates keep them. An error: one of them was changed.
pub fn unproved(context: &Context, view: Option<&View>, place: Option<PlaceRow>) -> Result<Vec<SubscriptionStatus>, Failure> {
    let wanted = context.capabilities.statuses_proved;
    let (Some(view), Some(place)) = (view.filter(|_| !wanted.is_empty()), place) else { return Ok(wanted.to_vec()) };
    let proofs = view.status_proofs(place)?;
    let accepted_on = context.export.connection.privacy.accepted_on;
    if let Some(changed) = proofs.iter().find(|proof| !proof.is_kept() && proof.accepted_on >= accepted_on) {
        return Err(stopped(context, changed));
    }
    let kept = |standing: &&SubscriptionStatus| proofs.iter().any(|proof| proof.is_kept() && proof.standing == **standing);
    Ok(wanted.iter().filter(|standing| !kept(standing)).copied().collect())
}

fn stopped(context: &Context, proof: &StatusProof) -> Failure {
    let (vendor, word) = (context.capabilities.vendor, context.capabilities.status_word);
    let (had, has) = (word(proof.standing), word(proof.became));
    let message = format!(
        "{vendor} changed the subscription status of {} from {had} to {has} when its attributes were updated, on {}: nothing more is sent to \
         this {}",
        proof.who,
        proof.at.format("%F %R UTC"),
        context.capabilities.place_word,
    );
    Failure::new(FailureKind::Stalled, message)
        .hint(format!("set the contact back to {had} at {vendor}; `listkeeper rejected` shows its address"))
        .hint(format!(
            "an update's status is dated 2000, and {vendor} documents that an older date changes nothing: ask its support. Once that \
             holds, write a later `privacy.acceptedOn` on the connection: one contact is tried first again"
        ))
}

/// For each of these statuses a contact that the plan updates, where there is one.
pub async fn pick(
    context: &Context,
    (view, place): (Option<&View>, Option<PlaceRow>),
    audience: Option<&PlaceId>,
    unproved: &[SubscriptionStatus],
    desired: &Desired<ChangeFlags>,
) -> Result<Vec<Proof>, Failure> {
    let mut picked = Vec::new();
    let (Some(view), Some(row), Some(audience)) = (view, place, audience) else { return Ok(picked) };
    if unproved.is_empty() || !desired.entries.iter().any(is_updated) {
        return Ok(picked);
    }
    for standing in unproved {
        let shown = shown(context, audience, *standing, desired).await?;
        let found = match shown {
            Some(key) => Some(key),
            None => on_record(context, (view, row), audience, *standing, desired).await?,
        };
        picked.extend(found.map(|key| Proof { key, standing: *standing }));
    }
    Ok(picked)
}

fn is_updated(entry: &ChangeEntry) -> bool {
    entry.flags().has(ChangeFlags::UPDATE) && !entry.flags().has(ChangeFlags::QUIET)
}

/// In a page of the platform's contacts of this status.
async fn shown(
    context: &Context,
    audience: &PlaceId,
    standing: SubscriptionStatus,
    desired: &Desired<ChangeFlags>,
) -> Result<Option<Key>, Failure> {
    let request = PageRequest { cursor: None, rows: context.capabilities.page_rows, changed_since: None, standing: Some(standing) };
    let page = context.destination.contacts(audience, &request).await?;
    let updated = |contact: &ContactRecord| {
        let key = Key::of(&contact.email);
        let at = desired.entries.binary_search_by_key(&key, ChangeEntry::key).ok()?;
        // One that is spelt otherwise would not be found again by its address.
        (contact.contact.is_none() && is_updated(&desired.entries[at])).then_some(key)
    };
    Ok(page.contacts.iter().find_map(updated))
}

/// Among those who are on record with the status, as far as the platform still says so.
async fn on_record(
    context: &Context,
    (view, row): (&View, PlaceRow),
    audience: &PlaceId,
    standing: SubscriptionStatus,
    desired: &Desired<ChangeFlags>,
) -> Result<Option<Key>, Failure> {
    let mut asked = 0;
    for entry in desired.entries.iter().filter(|entry| is_updated(entry)).take(LOOKED_AT) {
        if asked == TRIES || view.contact(row, entry.key())?.is_none_or(|contact| contact.standing != standing) {
            continue;
        }
        asked += 1;
        let email = desired.spool.read(entry.offset())?.email;
        if context.destination.find(audience, &email).await?.is_some_and(|found| found.standing == standing) {
            return Ok(Some(entry.key()));
        }
    }
    Ok(None)
}

/// Updates one contact after the other, and reads each back before the next.
pub async fn prove(phase: &mut Phase<'_>, task: &Task) -> Result<(), Failure> {
    let Some(part) = Part::of(task, phase.ready) else { return Ok(()) };
    for Proof { key, standing } in phase.work.proofs.clone() {
        let Ok(at) = phase.remaining.binary_search_by_key(&key, |entry| entry.key()) else { continue };
        let email = phase.work.desired.spool.read(phase.remaining[at].offset())?.email;
        let before = phase.context.destination.find(&phase.ready.place, &email).await?;
        // It was so moments ago, when the plan was made.
        let Some(before) = before.filter(|before| before.standing == standing) else { return Err(another_time(phase.context)) };
        phase.run_only(&part, at).await?;
        let is_updated =
            !phase.remaining[at].flags().has(RemainingFlags::FAILED) && !phase.remaining[at].flags().has(RemainingFlags::UPDATE);
        let became = if is_updated { read_back(phase, &email, before.changed_at).await? } else { None };
        let Some(became) = became else { return Err(another_time(phase.context)) };
        judge(phase, at, &email, (standing, became)).await?;
    }
    Ok(())
}

/// The contact told nothing. Nobody else is updated on that.
fn another_time(context: &Context) -> Failure {
    let vendor = context.capabilities.vendor;
    let message = format!("the contact that was to show that {vendor} keeps subscription statuses changed meanwhile, or was not updated");
    Failure::new(FailureKind::Retry { after: None }, message).hint("nobody else was updated; the next run takes another one")
}

async fn judge(
    phase: &mut Phase<'_>,
    at: usize,
    email: &Email,
    (standing, became): (SubscriptionStatus, SubscriptionStatus),
) -> Result<(), Failure> {
    let who = if became == standing { String::new() } else { email.masked() };
    let accepted_on = phase.context.export.connection.privacy.accepted_on;
    let proof = StatusProof { standing, became, who, at: Utc::now(), accepted_on };
    let (place, recorded) = (phase.ready.row, proof.clone());
    phase.recorder.record(move |store| store.record_status_proof(place, &recorded)).await?;
    if proof.is_kept() {
        return Ok(());
    }
    list(phase, at, email, &proof)?;
    Err(stopped(phase.context, &proof))
}

/// What the contact is once it shows the update; `None`: it is not there.
async fn read_back(phase: &Phase<'_>, email: &Email, before: Option<String>) -> Result<Option<SubscriptionStatus>, Failure> {
    let mut found = None;
    for reading in 0..READINGS {
        if reading > 0 {
            super::poll::wait(phase.context, APART).await?;
        }
        found = phase.context.destination.find(&phase.ready.place, email).await?;
        if found.as_ref().is_some_and(|found| found.changed_at != before || found.changed_at.is_none()) {
            break;
        }
    }
    Ok(found.map(|found| found.standing))
}

/// For people, who have to set it back: with its address.
fn list(phase: &mut Phase<'_>, at: usize, email: &Email, proof: &StatusProof) -> Result<(), Failure> {
    let word = phase.context.capabilities.status_word;
    let detail = format!("an update made it {}; it was {} and is to be set back by hand", word(proof.became), word(proof.standing));
    let segment = phase.work.desired.sets.mask(phase.remaining[at].set()).bits().next().unwrap_or(0);
    phase.remaining[at].flag(RemainingFlags::FAILED);
    phase.noted.rejected += 1;
    let (address, code) = (email.as_str().to_owned(), "status-changed".to_owned());
    Ok(phase.work.desired.rejects.add(&Reject { address, segment, code, detail, field: None })?)
}
