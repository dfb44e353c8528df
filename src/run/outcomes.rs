//! What an answer means for the state and for the work that is left.

use super::{
    Failure,
    batches::{Part, Planned},
    phase::Phase,
};
use crate::{
    destination::{BatchRow, Operation, Outcome, Rejection},
    member::{Entry, Flags, Key, Reject, SegmentMask, Standing},
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
}

/// Writes collected from one answer.
#[derive(Default)]
struct Writes {
    told: Vec<Told>,
    contacts: Vec<Contact>,
    joined: Vec<Key>,
    parted: Vec<Key>,
    left: Vec<Key>,
    deleted: Vec<Key>,
    refused: Vec<(Told, Refusal)>,
}

/// Takes one answer: one outcome a row.
pub fn take(phase: &mut Phase<'_>, part: &Part, planned: &Planned, all: &[Outcome]) -> Result<(), Failure> {
    let mut writes = Writes::default();
    for (n, outcome) in all.iter().enumerate() {
        let (at, row) = (planned.places[n], &planned.batch.rows[n]);
        match part.operation {
            Operation::Create | Operation::Update | Operation::Restore => {
                told(phase, part, at, row, planned.people[n], outcome, &mut writes)?;
            }
            Operation::Join => join(phase, part, at, row, outcome, &mut writes)?,
            Operation::Leave => leave(phase, part, at, row, outcome, &mut writes),
            Operation::Archive => archive(phase, at, row, outcome, &mut writes)?,
        }
    }
    record(phase, part, writes)
}

fn told(
    phase: &mut Phase<'_>,
    part: &Part,
    at: usize,
    row: &BatchRow,
    person: Option<u64>,
    outcome: &Outcome,
    writes: &mut Writes,
) -> Result<(), Failure> {
    let fingerprint = phase.work.desired.entries[at].fingerprint();
    let told = Told { key: row.key, address: row.email.clone(), fingerprint, person };
    match outcome {
        Outcome::Done { standing } => {
            if let Some(changed) = changed_by_us(phase, part.operation, row, *standing) {
                phase.noted.status_changed = Some(changed);
            }
            writes.contacts.extend(contact_after(part.operation, row, *standing));
            writes.told.push(told);
            let entry = &mut phase.work.desired.entries[at];
            phase.noted.updated += u64::from(part.operation == Operation::Update && !entry.flags().has(Flags::NEW));
            entry.set_flags(entry.flags().without(Flags::CREATE.with(Flags::UPDATE).with(Flags::RESTORE)));
        }
        Outcome::Exists => phase.noted.exists.push(at),
        Outcome::Gone => gone(phase, at, row.key, writes),
        Outcome::Rejected(why) => {
            refuse(phase, at, row, why)?;
            let refusal = Refusal { code: why.code.to_owned(), detail: why.detail.clone(), field: why.field.clone(), fingerprint };
            writes.refused.push((told, refusal));
        }
        Outcome::Later(why) => refuse(phase, at, row, why)?,
        Outcome::Unconfirmed(why) => unconfirmed(why),
    }
    Ok(())
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

fn join(phase: &mut Phase<'_>, part: &Part, at: usize, row: &BatchRow, outcome: &Outcome, writes: &mut Writes) -> Result<(), Failure> {
    let bit = bit(part);
    match outcome {
        Outcome::Done { .. } => {
            writes.joined.push(row.key);
            *phase.noted.joined.entry(bit).or_default() += 1;
            strike(phase, at, bit);
        }
        Outcome::Gone => gone(phase, at, row.key, writes),
        Outcome::Rejected(why) | Outcome::Later(why) => refuse(phase, at, row, why)?,
        Outcome::Unconfirmed(why) => unconfirmed(why),
        Outcome::Exists => {}
    }
    Ok(())
}

fn strike(phase: &mut Phase<'_>, at: usize, bit: u8) {
    let desired = &mut phase.work.desired;
    let rest = desired.sets.mask(desired.entries[at].set()).minus(SegmentMask::of(bit));
    if let Some(id) = desired.sets.id(rest) {
        desired.entries[at].set_set(id);
    }
}

fn leave(phase: &mut Phase<'_>, part: &Part, at: usize, row: &BatchRow, outcome: &Outcome, writes: &mut Writes) {
    if matches!(outcome, Outcome::Done { .. } | Outcome::Gone) {
        let bit = bit(part);
        writes.parted.push(row.key);
        *phase.noted.parted.entry(bit).or_default() += 1;
        let leaver = &mut phase.work.leavers[at];
        leaver.segments = leaver.segments.minus(SegmentMask::of(bit));
        if leaver.segments.is_empty() && leaver.whole && !leaver.archive {
            writes.deleted.push(row.key);
        }
    }
}

fn archive(phase: &mut Phase<'_>, at: usize, row: &BatchRow, outcome: &Outcome, writes: &mut Writes) -> Result<(), Failure> {
    match outcome {
        Outcome::Done { .. } => {
            let before = phase.view.contact(phase.ready.row, row.key)?.map(|c| c.standing);
            writes.contacts.push(Contact {
                key: row.key,
                standing: Standing::Archived,
                origin: ContactOrigin::Added,
                archived_from: before,
            });
        }
        Outcome::Gone | Outcome::Rejected(_) => {}
        Outcome::Exists | Outcome::Later(_) | Outcome::Unconfirmed(_) => return Ok(()),
    }
    phase.work.leavers[at].archive = false;
    writes.deleted.push(row.key);
    Ok(())
}

/// The platform has the contact no more, without us: not put back (E18).
fn gone(phase: &mut Phase<'_>, at: usize, key: Key, writes: &mut Writes) {
    phase.noted.left += 1;
    phase.work.desired.entries[at].flag(Flags::FAILED);
    writes.left.push(key);
}

fn refuse(phase: &mut Phase<'_>, at: usize, row: &BatchRow, why: &Rejection) -> Result<(), Failure> {
    phase.noted.rejected += 1;
    let desired = &mut phase.work.desired;
    let entry: &mut Entry = &mut desired.entries[at];
    entry.flag(Flags::FAILED);
    let segment = desired.sets.mask(desired.entries[at].set()).bits().next().unwrap_or(0);
    let (address, code, detail, field) = (row.email.as_str().to_owned(), why.code.to_owned(), why.detail.clone(), why.field.clone());
    Ok(desired.rejects.add(&Reject { address, segment, code, detail, field })?)
}

fn bit(part: &Part) -> u8 {
    part.container.as_ref().map_or(0, |(bit, _)| *bit)
}

fn record(phase: &Phase<'_>, part: &Part, writes: Writes) -> Result<(), Failure> {
    let (export, place, bit) = (phase.ready.export, phase.ready.row, bit(part));
    phase.recorder.write(move |store| {
        store.record_told(export, &writes.told)?;
        store.record_refused(export, &writes.refused)?;
        store.write_contacts(place, &writes.contacts)?;
        store.join(export, bit, writes.joined)?;
        store.leave(export, 1 << bit, writes.parted)?;
        store.forget_contacts(place, writes.left.iter().copied())?;
        store.mark_left(export, writes.left)?;
        store.delete_members(export, writes.deleted)
    })
}
