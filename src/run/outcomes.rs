//! What an answer means for the state and for the work that is left.

use super::{Failure, batches::Planned, part::Part, phase::Phase, verify::Verified};
use crate::{
    destination::{BatchRow, Operation, Outcome, Rejection},
    member::{Fingerprint, Key, Reject, RemainingFlags, SegmentMask, Standing},
    state::{Contact, ContactOrigin, Refusal, Told},
};
use std::collections::BTreeMap;

/// What a run has seen so far.
#[derive(Debug, Default)]
pub struct Noted {
    /// Contacts that existed although we took them for new: to be looked up.
    pub exists: Vec<usize>,
    pub rejected: u64,
    pub left: u64,
    pub updated: u64,
    /// A bulk update answered another status than the one sent; whose.
    pub status_changed: Option<String>,
    /// Slot → people who joined / left.
    pub joined: BTreeMap<u8, u64>,
    pub parted: BTreeMap<u8, u64>,
    /// People who stay elsewhere and left by a call that has no answer for each row.
    pub parted_unverified: u64,
    /// What was read back.
    pub verified: Verified,
}

/// Writes collected from one answer.
#[derive(Default)]
struct Writes {
    told: Vec<Told>,
    contacts: Vec<Contact>,
    joined: Vec<(u8, Key)>,
    parted: Vec<Key>,
    leaving: Vec<Key>,
    left: Vec<Key>,
    deleted: Vec<Key>,
    refused: Vec<(Told, Refusal)>,
}

/// Takes one answer: one outcome a row.
pub fn take(phase: &mut Phase<'_>, part: &Part, planned: &Planned, all: &[Outcome]) -> Result<(), Failure> {
    let mut writes = Writes::default();
    for (n, outcome) in all.iter().enumerate() {
        let row = Row { at: planned.places[n], row: &planned.batch.rows[n], person: planned.people[n], segments: planned.told[n].1 };
        match part.operation {
            Operation::Leave => leave(phase, part, &row, outcome, &mut writes),
            Operation::Archive => archive(phase, &row, outcome, &mut writes)?,
            _ => arrive(phase, part, &row, planned.told[n].0, outcome, &mut writes)?,
        }
    }
    record(phase, part, writes)
}

/// One row that was sent, and the segments that it was to join.
struct Row<'a> {
    at: usize,
    row: &'a BatchRow,
    person: Option<u64>,
    segments: SegmentMask,
}

/// Created, told, joined, or several of these in one.
fn arrive(
    phase: &mut Phase<'_>,
    part: &Part,
    Row { at, row, person, segments }: &Row<'_>,
    fingerprint: Option<Fingerprint>,
    outcome: &Outcome,
    writes: &mut Writes,
) -> Result<(), Failure> {
    let told = fingerprint.map(|fingerprint| Told { key: row.key, address: row.email.clone(), fingerprint, person: *person });
    match outcome {
        Outcome::Done { standing } => {
            if let Some(changed) = changed_by_us(phase, part.operation, row, *standing) {
                phase.noted.status_changed = Some(changed);
            }
            writes.contacts.extend(contact_after(part.operation, row, *standing));
            done(phase, part, *at, *segments, told, row.key, writes);
        }
        Outcome::Unverified => {
            phase.remaining[*at].flag(RemainingFlags::UNVERIFIED);
            done(phase, part, *at, *segments, told, row.key, writes);
        }
        Outcome::Exists if part.operation == Operation::Create => phase.noted.exists.push(*at),
        Outcome::Gone => gone(phase, *at, row.key, writes),
        Outcome::Rejected(why) => {
            refuse(phase, *at, row, why)?;
            let refusal =
                |fingerprint| Refusal { code: why.code.to_owned(), detail: why.detail.clone(), field: why.field.clone(), fingerprint };
            writes.refused.extend(told.map(|told| (told.clone(), refusal(told.fingerprint))));
        }
        Outcome::Later(why) => refuse(phase, *at, row, why)?,
        Outcome::Unconfirmed(why) => unconfirmed(why),
        Outcome::NotDone | Outcome::Exists => {}
    }
    Ok(())
}

fn done(phase: &mut Phase<'_>, part: &Part, at: usize, segments: SegmentMask, told: Option<Told>, key: Key, writes: &mut Writes) {
    for bit in segments.bits() {
        writes.joined.push((bit, key));
        *phase.noted.joined.entry(bit).or_default() += 1;
        strike(phase, at, bit);
    }
    if let Some(told) = told {
        writes.told.push(told);
        let entry = &mut phase.remaining[at];
        let updates = matches!(part.operation, Operation::Update | Operation::Join);
        phase.noted.updated += u64::from(updates && !entry.flags().has(RemainingFlags::NEW));
        entry.set_flags(entry.flags().without(RemainingFlags::ACTS));
    }
}

/// A bulk update carries the status that was read. If the answer names another one, the vendor does not do what it is
/// documented to do, and nothing more may be sent (G2).
fn changed_by_us(phase: &Phase<'_>, operation: Operation, row: &BatchRow, answered: Option<Standing>) -> Option<String> {
    let bulk = operation == Operation::Update && phase.context.export.connection.limits.bulk_updates;
    let (had, has) = (row.standing?, answered?);
    (bulk && had != has).then(|| format!("{}: {had:?} became {has:?}", row.email.masked()))
}

/// It stays to be done, and the next run settles it.
fn unconfirmed(why: &str) {
    tracing::warn!(why, "a row could not be confirmed");
}

/// What is now known of the contact, where it is more than before.
fn contact_after(operation: Operation, row: &BatchRow, answered: Option<Standing>) -> Option<Contact> {
    let standing = answered.or(row.standing)?;
    let contact = |origin| Contact { key: row.key, standing, origin, archived_from: None };
    match operation {
        Operation::Create | Operation::Restore => Some(contact(ContactOrigin::Added)),
        _ => None,
    }
}

fn strike(phase: &mut Phase<'_>, at: usize, bit: u8) {
    let (sets, entry) = (&mut phase.work.desired.sets, &mut phase.remaining[at]);
    if let Some(rest) = sets.id(sets.mask(entry.set()).minus(SegmentMask::of(bit))) {
        entry.set_set(rest);
    }
}

fn leave(phase: &mut Phase<'_>, part: &Part, Row { at, row, .. }: &Row<'_>, outcome: &Outcome, writes: &mut Writes) {
    if !matches!(outcome, Outcome::Done { .. } | Outcome::Gone | Outcome::Unverified) {
        return;
    }
    let bit = part.bit().unwrap_or_default();
    writes.parted.push(row.key);
    *phase.noted.parted.entry(bit).or_default() += 1;
    let leaver = &mut phase.work.leavers[*at];
    leaver.segments = leaver.segments.minus(SegmentMask::of(bit));
    phase.noted.parted_unverified += u64::from(*outcome == Outcome::Unverified && leaver.only_leaves && leaver.segments.is_empty());
    if leaver.segments.is_empty() && leaver.whole {
        if leaver.archive { &mut writes.leaving } else { &mut writes.deleted }.push(row.key);
    }
}

fn archive(phase: &mut Phase<'_>, Row { at, row, .. }: &Row<'_>, outcome: &Outcome, writes: &mut Writes) -> Result<(), Failure> {
    match outcome {
        Outcome::Done { .. } => {
            writes.contacts.extend(phase.view.contact(phase.ready.row, row.key)?.map(Contact::archived));
        }
        Outcome::Gone | Outcome::Rejected(_) => {}
        _ => return Ok(()),
    }
    phase.work.leavers[*at].archive = false;
    writes.deleted.push(row.key);
    Ok(())
}

/// The platform has the contact no more, without us: not put back (E18).
fn gone(phase: &mut Phase<'_>, at: usize, key: Key, writes: &mut Writes) {
    phase.noted.left += 1;
    phase.remaining[at].flag(RemainingFlags::FAILED);
    writes.left.push(key);
}

fn refuse(phase: &mut Phase<'_>, at: usize, row: &BatchRow, why: &Rejection) -> Result<(), Failure> {
    phase.noted.rejected += 1;
    let (desired, entry) = (&mut phase.work.desired, &mut phase.remaining[at]);
    entry.flag(RemainingFlags::FAILED);
    let segment = desired.sets.mask(entry.set()).bits().next().unwrap_or(0);
    let (address, code, detail, field) = (row.email.as_str().to_owned(), why.code.to_owned(), why.detail.clone(), why.field.clone());
    Ok(desired.rejects.add(&Reject { address, segment, code, detail, field })?)
}

fn record(phase: &Phase<'_>, part: &Part, writes: Writes) -> Result<(), Failure> {
    let (export, place, bit) = (phase.ready.export, phase.ready.row, part.bit().unwrap_or_default());
    let mut joined: BTreeMap<u8, Vec<Key>> = BTreeMap::new();
    writes.joined.into_iter().for_each(|(bit, key)| joined.entry(bit).or_default().push(key));
    phase.recorder.write(move |store| {
        store.record_told(export, &writes.told)?;
        store.record_refused(export, &writes.refused)?;
        store.write_contacts(place, &writes.contacts)?;
        joined.into_iter().try_for_each(|(bit, keys)| store.join(export, bit, keys))?;
        store.leave(export, 1 << bit, writes.parted)?;
        store.mark_leaving(export, writes.leaving)?;
        store.forget_contacts(place, writes.left.iter().copied())?;
        store.mark_left(export, writes.left)?;
        store.delete_members(export, writes.deleted)
    })
}
