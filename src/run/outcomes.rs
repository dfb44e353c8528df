//! What an answer means for the work that is left; what it means for the state is the plan's to say ([`crate::plan::effects`]).

use super::{
    Failure,
    batches::Planned,
    part::Part,
    phase::Phase,
    record::{self, At, Row},
    verify::Verified,
};
use crate::{
    definition::Verify,
    destination::{BatchRow, Operation, Outcome, Rejection},
    member::{Key, Reject, RemainingFlags, SegmentMask},
    plan::{
        effects::{Change, RowFacts, effects},
        words::grouped,
    },
};
use std::{borrow::Cow, collections::BTreeMap};

/// What a run has seen so far.
#[derive(Debug, Default)]
pub struct Noted {
    /// Contacts that existed although we took them for new: to be looked up.
    pub exists: Vec<usize>,
    /// Slots of lists that creates were to put people onto, and did not.
    pub not_joined: BTreeMap<u8, u64>,
    pub rejected: u64,
    pub left: u64,
    pub updated: u64,
    /// What a person should know of updates in bulk, without a whole address.
    pub bulk: Vec<String>,
    /// Slot → people who joined / left.
    pub joined: BTreeMap<u8, u64>,
    pub parted: BTreeMap<u8, u64>,
    /// People who stay elsewhere and left by a call that has no answer for each row.
    pub parted_unverified: u64,
    /// Slot → whom this run put onto its list, where that is read back.
    pub sent: BTreeMap<u8, Vec<Key>>,
    /// What was read back.
    pub verified: Verified,
    /// The steps that were begun, and how many of their rows the platform answered.
    pub answered: Vec<(String, u64, Option<u64>)>,
}

impl Noted {
    /// What the platform did for a run that stopped, whether or not it could be recorded: `creating new contacts 500 of 1,200`.
    pub fn told(&self) -> Option<String> {
        let begun = self.answered.iter().filter(|(_, rows, _)| *rows > 0);
        let told = begun.map(|(name, rows, all)| match all {
            Some(all) => format!("{name} {} of {}", grouped(*rows), grouped(*all)),
            None => format!("{name} {}", grouped(*rows)),
        });
        let told = told.collect::<Vec<_>>().join("; ");
        (!told.is_empty()).then(|| format!("the platform answered before it stopped: {told}; the next run finds out what is not on record"))
    }
}

/// Takes one answer: one outcome a row.
pub fn take(phase: &mut Phase<'_>, part: &Part, planned: &Planned, all: &[Outcome]) -> Result<(), Failure> {
    let mut rows = Vec::with_capacity(all.len());
    for (n, outcome) in all.iter().enumerate() {
        let (at, row, mut facts) = (planned.places[n], &planned.batch.rows[n], planned.facts(n));
        let outcome = &joined(phase, outcome, &mut facts);
        let mut changes = effects(part.operation, outcome, &facts);
        changes.iter_mut().for_each(|change| keep_off_all(phase, at, change));
        let segment = segment(phase, part.operation, at, &facts);
        match part.operation {
            Operation::Leave => leave(phase, part, at, outcome, &changes),
            Operation::Archive => archive(phase, at, row, outcome, &changes)?,
            _ => arrive(phase, part, Arrived { at, row, facts, segment }, outcome, &changes)?,
        }
        if !changes.is_empty() {
            rows.push(Row { key: row.key, address: row.email.clone(), person: planned.people[n], segment, changes });
        }
    }
    let at = At { export: phase.ready.export, place: phase.ready.row, run: phase.context.run, now: phase.context.now };
    phase.recorder.write(move |store| record::write(store, at, rows))
}

/// A creation that is done but for some lists is done, and has joined the others.
fn joined<'o>(phase: &mut Phase<'_>, outcome: &'o Outcome, facts: &mut RowFacts) -> Cow<'o, Outcome> {
    let Outcome::NotJoined { standing, containers } = outcome else { return Cow::Borrowed(outcome) };
    for (bit, _) in phase.ready.containers.iter().filter(|(_, id)| containers.contains(id)) {
        facts.segments = facts.segments.minus(SegmentMask::of(*bit));
        *phase.noted.not_joined.entry(*bit).or_default() += 1;
    }
    Cow::Owned(Outcome::Done { standing: *standing })
}

/// A platform that does not take a contact onto one list says that of the contact: it is not asked for the others.
fn keep_off_all(phase: &Phase<'_>, at: usize, change: &mut Change) {
    if let Change::KeptOff(lists, _) = change {
        *lists = lists.union(phase.work.desired.sets.mask(phase.remaining[at].set()));
    }
}

/// The first segment that a row is in, before what is done is struck off.
fn segment(phase: &Phase<'_>, operation: Operation, at: usize, facts: &RowFacts) -> Option<u8> {
    let wanted = || phase.work.desired.sets.mask(phase.remaining[at].set());
    let segments = if operation.removes() { facts.segments } else { facts.segments.union(wanted()) };
    segments.bits().next()
}

/// One row that was sent.
struct Arrived<'a> {
    at: usize,
    row: &'a BatchRow,
    facts: RowFacts,
    segment: Option<u8>,
}

/// Created, told, joined, or several of these in one.
fn arrive(
    phase: &mut Phase<'_>,
    part: &Part,
    Arrived { at, row, facts, segment }: Arrived<'_>,
    outcome: &Outcome,
    changes: &[Change],
) -> Result<(), Failure> {
    match outcome {
        Outcome::Done { .. } => done(phase, part, at, row.key, &facts),
        Outcome::Unverified => {
            phase.remaining[at].flag(RemainingFlags::UNVERIFIED);
            done(phase, part, at, row.key, &facts);
        }
        Outcome::Exists if part.operation == Operation::Create => phase.noted.exists.push(at),
        Outcome::Gone if changes.contains(&Change::RemovedExternally) => {
            phase.noted.left += 1;
            phase.remaining[at].flag(RemainingFlags::FAILED);
        }
        Outcome::Rejected(why) | Outcome::Later(why) => {
            phase.noted.rejected += 1;
            phase.remaining[at].flag(RemainingFlags::FAILED);
            // What is on record with the member is listed from there.
            if changes.is_empty() {
                list(phase, row, segment, why)?;
            }
        }
        Outcome::Unconfirmed(why) => unconfirmed(why),
        Outcome::NotJoined { .. } | Outcome::NotDone | Outcome::Exists | Outcome::Gone => {}
    }
    Ok(())
}

fn done(phase: &mut Phase<'_>, part: &Part, at: usize, key: Key, facts: &RowFacts) {
    let reads_back = matches!(phase.context.export.verify, Some(Verify::Always | Verify::Sample));
    for bit in facts.segments.bits() {
        *phase.noted.joined.entry(bit).or_default() += 1;
        if reads_back {
            phase.noted.sent.entry(bit).or_default().push(key);
        }
        strike(phase, at, bit);
    }
    if facts.fingerprint.is_some() {
        let entry = &mut phase.remaining[at];
        let updates = matches!(part.operation, Operation::Update | Operation::Join);
        phase.noted.updated += u64::from(updates && !entry.flags().has(RemainingFlags::NEW));
        entry.set_flags(entry.flags().without(RemainingFlags::ACTS));
    }
}

/// It stays to be done, and the next run settles it.
fn unconfirmed(why: &str) {
    tracing::warn!(why, "a row could not be confirmed");
}

fn strike(phase: &mut Phase<'_>, at: usize, bit: u8) {
    let (sets, entry) = (&mut phase.work.desired.sets, &mut phase.remaining[at]);
    if let Some(rest) = sets.id(sets.mask(entry.set()).minus(SegmentMask::of(bit))) {
        entry.set_set(rest);
    }
}

fn leave(phase: &mut Phase<'_>, part: &Part, at: usize, outcome: &Outcome, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let bit = part.bit().unwrap_or_default();
    *phase.noted.parted.entry(bit).or_default() += 1;
    let leaver = &mut phase.work.leavers[at];
    leaver.segments = leaver.segments.minus(SegmentMask::of(bit));
    phase.noted.parted_unverified += u64::from(*outcome == Outcome::Unverified && leaver.only_leaves && leaver.segments.is_empty());
}

fn archive(phase: &mut Phase<'_>, at: usize, row: &BatchRow, outcome: &Outcome, changes: &[Change]) -> Result<(), Failure> {
    if changes.contains(&Change::Former) {
        phase.work.leavers[at].archive = false;
    }
    match outcome {
        Outcome::Later(why) => list(phase, row, None, why),
        Outcome::Unconfirmed(why) => {
            unconfirmed(why);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A rejection that is on record nowhere else.
fn list(phase: &mut Phase<'_>, row: &BatchRow, segment: Option<u8>, why: &Rejection) -> Result<(), Failure> {
    let (address, code, detail, field) = (row.email.as_str().to_owned(), why.code.to_owned(), why.detail.clone(), why.field.clone());
    Ok(phase.work.desired.rejects.add(&Reject { address, segment: segment.unwrap_or(0), code, detail, field })?)
}
