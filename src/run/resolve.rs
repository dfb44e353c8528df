//! After the diff: what the platform knows of those who are new, and which leavers may be archived.

use super::{
    Context, Failure,
    bulk::BulkWay,
    persons::{Persons, known_contact},
};
use crate::{
    definition::OnLeave,
    destination::{BULK_STATUSES, Reading},
    member::{ChangeEntry, ChangeFlags, Desired, Key, Reject, SegmentMask},
    plan::{
        diff::Leaver,
        standing::{Arrival, Elsewhere, KnownContact, NewStatus, arrival, explain},
    },
    platform::SubscriptionStatus,
    state::{Contact, ContactOrigin, ExportId, PlaceRow, View},
};
use std::collections::BTreeMap;

/// What became of those who are new to the export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub create: u64,
    pub known: u64,
    /// Of the known: by status.
    pub known_as: BTreeMap<SubscriptionStatus, u64>,
    pub restore: u64,
    pub no_consent: u64,
    /// Refused by the standing of their contact; they are in the rejects as well.
    pub refused: u64,
    /// Who gets a lower status than the one chosen, or than the one they had.
    pub statuses: BTreeMap<Key, SubscriptionStatus>,
    /// Of those to be updated: how many may go in bulk, by status.
    pub in_bulk: BTreeMap<SubscriptionStatus, u64>,
    /// The platform's contacts were not read yet.
    pub unread: bool,
    /// Slot → people who join.
    pub joins: BTreeMap<u8, u64>,
    pub archive: u64,
    /// Of these: taken out of every container by an earlier run.
    pub archive_only: u64,
}

/// Where to look people up.
pub struct Lookup<'a> {
    pub view: Option<&'a View>,
    pub export: Option<ExportId>,
    pub place: Option<PlaceRow>,
}

/// What it takes to settle one new member.
struct Arrivals<'a> {
    context: &'a Context,
    lookup: &'a Lookup<'a>,
    persons: &'a Persons<'a>,
    possible: Vec<SubscriptionStatus>,
}

/// Settles what is done with every new member, and drops those with whom nothing is done.
pub fn resolve(
    context: &Context,
    lookup: &Lookup<'_>,
    persons: &Persons<'_>,
    desired: &mut Desired<ChangeFlags>,
    leavers: &mut Vec<Leaver>,
    bulk: &BulkWay,
) -> Result<Resolved, Failure> {
    let mut resolved = Resolved { unread: unread(context, lookup)?, ..Resolved::default() };
    let mut entries = std::mem::take(&mut desired.entries);
    let asks = if bulk.is_open() { ChangeFlags::NEW.with(ChangeFlags::UPDATE) } else { ChangeFlags::NEW };
    let mut contacts = Contacts::open(lookup, &entries, asks)?;
    let possible = context.export.connection.kind.sheet().new_statuses.iter().map(|(_, status)| *status).collect();
    let arrivals = Arrivals { context, lookup, persons, possible };
    for entry in &mut entries {
        if entry.flags().has(asks) {
            let contact = contacts.find(entry.key())?;
            if entry.flags().has(ChangeFlags::NEW) {
                arrivals.settle(desired, entry, contact, &mut resolved)?;
            }
            if bulk.is_open() {
                in_bulk(entry, contact, &mut resolved);
            }
        }
        desired.sets.mask(entry.set()).bits().for_each(|bit| *resolved.joins.entry(bit).or_default() += 1);
    }
    entries.retain(|e| e.flags().has(ChangeFlags::ACTS) || !desired.sets.mask(e.set()).is_empty());
    desired.entries = entries;
    if context.export.on_leave == OnLeave::Archive {
        mark_archived(lookup, leavers, &mut resolved)?;
    }
    // Held elsewhere by now, or not to be archived any more.
    leavers.retain(|l| l.archive || !l.segments.is_empty());
    Ok(resolved)
}

fn unread(context: &Context, lookup: &Lookup<'_>) -> Result<bool, Failure> {
    if context.capabilities.reading != Reading::Everyone {
        return Ok(true);
    }
    match (lookup.view, lookup.place) {
        (Some(view), Some(place)) => Ok(view.contacts_read(place)?.is_none()),
        _ => Ok(true),
    }
}

impl Arrivals<'_> {
    fn settle(
        &self,
        desired: &mut Desired<ChangeFlags>,
        entry: &mut ChangeEntry,
        contact: Option<KnownContact>,
        resolved: &mut Resolved,
    ) -> Result<(), Failure> {
        let new = NewStatus { chosen: self.context.export.new_contacts.status, possible: &self.possible };
        let asks = contact.is_none_or(|contact| contact.archived_from.is_some());
        let elsewhere = if asks { self.persons.elsewhere(self.lookup, desired, entry, new.chosen)? } else { Elsewhere::Fine };
        // Another address of the person said no: a doubt, on which nobody is created.
        let doubtful = asks && desired.said_no.binary_search(&entry.key()).is_ok();
        let flags = if doubtful { entry.flags().with(ChangeFlags::NO_CONSENT) } else { entry.flags() };
        let arrival = arrival(flags, contact, elsewhere, new);
        if !matches!(arrival, Arrival::Create(_)) {
            // Whose address it is must be known later, whatever becomes of this run.
            desired.aside.push(entry.offset());
        }
        match arrival {
            Arrival::Create(lower) => {
                resolved.create += 1;
                resolved.statuses.extend(lower.map(|status| (entry.key(), status)));
                // Where a join creates whom the platform does not know, that is how they are told.
                entry.flag(if self.context.capabilities.join_tells { ChangeFlags::UPDATE } else { ChangeFlags::CREATE });
            }
            Arrival::Tell => {
                resolved.known += 1;
                let status = contact.map_or(SubscriptionStatus::Subscribed, |contact| contact.standing);
                *resolved.known_as.entry(status).or_default() += 1;
                entry.flag(if status == SubscriptionStatus::Subscribed {
                    ChangeFlags::UPDATE
                } else {
                    ChangeFlags::UPDATE.with(ChangeFlags::KEEPS_STATUS)
                });
            }
            Arrival::Restore(status) => {
                resolved.restore += 1;
                let had = contact.and_then(|contact| contact.archived_from);
                resolved.statuses.extend((had != Some(status)).then_some((entry.key(), status)));
                entry.flag(ChangeFlags::RESTORE);
            }
            Arrival::NoConsent => {
                resolved.no_consent += 1;
                nothing_to_do(desired, entry)?;
            }
            Arrival::Refuse(code) => {
                resolved.refused += 1;
                let address = desired.spool.read(entry.offset())?.email.as_str().to_owned();
                let segment = desired.sets.mask(entry.set()).bits().next().unwrap_or(0);
                desired.rejects.add(&Reject { address, segment, code: code.to_owned(), detail: explain(code).to_owned(), field: None })?;
                nothing_to_do(desired, entry)?;
            }
        }
        Ok(())
    }
}

/// Who may be updated in bulk, by what is on record of the contact's status. Right before that it is looked at again.
fn in_bulk(entry: &mut ChangeEntry, contact: Option<KnownContact>, resolved: &mut Resolved) {
    let sends = entry.flags().has(ChangeFlags::UPDATE) && !entry.flags().has(ChangeFlags::QUIET);
    let standing = contact.map(|contact| contact.standing).filter(|standing| sends && BULK_STATUSES.contains(standing));
    if let Some(standing) = standing {
        entry.flag(ChangeFlags::BULK);
        *resolved.in_bulk.entry(standing).or_default() += 1;
    }
}

fn nothing_to_do(desired: &mut Desired<ChangeFlags>, entry: &mut ChangeEntry) -> Result<(), Failure> {
    if let Some(none) = desired.sets.id(SegmentMask::NONE) {
        entry.set_set(none);
    }
    entry.set_flags(ChangeFlags::default());
    Ok(())
}

/// Archived are only contacts that we created and that no other export holds.
fn mark_archived(lookup: &Lookup<'_>, leavers: &mut [Leaver], resolved: &mut Resolved) -> Result<(), Failure> {
    let (Some(view), Some(export), Some(place)) = (lookup.view, lookup.export, lookup.place) else { return Ok(()) };
    for leaver in leavers.iter_mut().filter(|l| l.whole) {
        let ours = view
            .contact(place, leaver.key)?
            .is_some_and(|c| c.origin == ContactOrigin::Added && c.standing != SubscriptionStatus::Archived);
        // Whom an earlier run took out it had found to be ours; a batch of it may have archived them since.
        let begun = leaver.segments.is_empty();
        leaver.archive = (ours || begun) && !view.held_elsewhere(place, leaver.key, export)?;
        resolved.archive += u64::from(leaver.archive);
        resolved.archive_only += u64::from(leaver.archive && begun);
    }
    Ok(())
}

/// Contacts by key: asked one by one when few are new, read in order beside the entries when many are.
enum Contacts<'v> {
    None,
    Few(&'v View, PlaceRow),
    Many { contacts: std::iter::Peekable<std::vec::IntoIter<Contact>>, view: &'v View, place: PlaceRow, after: Option<Key> },
}

/// Contacts read ahead at once.
const CHUNK: usize = 4096;

impl<'v> Contacts<'v> {
    /// For entries with one of these flags.
    fn open(lookup: &Lookup<'v>, entries: &[ChangeEntry], asks: ChangeFlags) -> Result<Self, Failure> {
        let (Some(view), Some(place)) = (lookup.view, lookup.place) else { return Ok(Self::None) };
        let new = entries.iter().filter(|e| e.flags().has(asks)).count();
        if new < CHUNK {
            return Ok(Self::Few(view, place));
        }
        Ok(Self::Many { contacts: Vec::new().into_iter().peekable(), view, place, after: None })
    }

    /// Keys must ascend from call to call.
    fn find(&mut self, key: Key) -> Result<Option<KnownContact>, Failure> {
        match self {
            Self::None => Ok(None),
            Self::Few(view, place) => Ok(view.contact(*place, key)?.map(known_contact)),
            Self::Many { contacts, view, place, after } => loop {
                while contacts.next_if(|c| c.key < key).is_some() {}
                match contacts.peek() {
                    Some(contact) => return Ok((contact.key == key).then(|| known_contact(*contact))),
                    None if after.is_some_and(|last| last >= key) => return Ok(None),
                    None => {
                        let chunk = view.contacts_from(*place, key, CHUNK)?;
                        *after = Some(if chunk.len() < CHUNK { Key(u128::MAX) } else { chunk[CHUNK - 1].key });
                        *contacts = chunk.into_iter().peekable();
                    }
                }
            },
        }
    }
}
