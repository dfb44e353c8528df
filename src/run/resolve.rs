//! After the diff: what the platform knows of those who are new, and which leavers may be archived.

use super::{Context, Failure};
use crate::{
    definition::OnLeave,
    destination::Reading,
    member::{ChangeEntry, ChangeFlags, Desired, Key, Reject, SegmentMask, Standing},
    plan::{
        diff::Leaver,
        standing::{Arrival, Elsewhere, KnownContact, arrival, explain},
    },
    state::{Contact, ContactOrigin, ExportId, PlaceRow, View},
};
use std::collections::BTreeMap;

/// What became of those who are new to the export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub create: u64,
    pub known: u64,
    pub restore: u64,
    pub no_consent: u64,
    /// Refused by the standing of their contact; they are in the rejects as well.
    pub refused: u64,
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
    /// Members recorded before this plan, former ones included: without any, nobody has an earlier address.
    pub any_applied: bool,
}

/// Settles what is done with every new member, and drops those with whom nothing is done.
pub fn resolve(
    context: &Context,
    lookup: &Lookup<'_>,
    desired: &mut Desired<ChangeFlags>,
    leavers: &mut Vec<Leaver>,
) -> Result<Resolved, Failure> {
    let mut resolved = Resolved { unread: unread(context, lookup)?, ..Resolved::default() };
    let mut entries = std::mem::take(&mut desired.entries);
    let mut contacts = Contacts::open(lookup, &entries)?;
    for entry in &mut entries {
        if entry.flags().has(ChangeFlags::NEW) {
            let contact = contacts.find(entry.key())?;
            arrive(context, lookup, desired, entry, contact, &mut resolved)?;
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

fn arrive(
    context: &Context,
    lookup: &Lookup<'_>,
    desired: &mut Desired<ChangeFlags>,
    entry: &mut ChangeEntry,
    contact: Option<KnownContact>,
    resolved: &mut Resolved,
) -> Result<(), Failure> {
    let elsewhere = if contact.is_none() { elsewhere(lookup, desired, entry)? } else { Elsewhere::Fine };
    match arrival(entry.flags(), contact, elsewhere) {
        Arrival::Create => {
            resolved.create += 1;
            // Where a join creates whom the platform does not know, that is how they are told.
            entry.flag(if context.capabilities.join_tells { ChangeFlags::UPDATE } else { ChangeFlags::CREATE });
        }
        Arrival::Tell => {
            resolved.known += 1;
            entry.flag(ChangeFlags::UPDATE);
        }
        Arrival::Restore(_) => {
            resolved.restore += 1;
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

fn nothing_to_do(desired: &mut Desired<ChangeFlags>, entry: &mut ChangeEntry) -> Result<(), Failure> {
    if let Some(none) = desired.sets.id(SegmentMask::NONE) {
        entry.set_set(none);
    }
    entry.set_flags(ChangeFlags::default());
    Ok(())
}

/// Whether the same person's earlier addresses forbid a new one (E1).
fn elsewhere(lookup: &Lookup<'_>, desired: &Desired<ChangeFlags>, entry: &ChangeEntry) -> Result<Elsewhere, Failure> {
    let (Some(view), Some(export), true) = (lookup.view, lookup.export, lookup.any_applied) else { return Ok(Elsewhere::Fine) };
    let Some(person) = desired.spool.read(entry.offset())?.person else { return Ok(Elsewhere::Fine) };
    for other in view.people(export, person)? {
        if other.key == entry.key() {
            continue;
        }
        let contact = lookup.place.map(|place| view.contact(place, other.key)).transpose()?.flatten();
        if contact.is_none_or(|c| c.standing != Standing::Subscribed) {
            return Ok(Elsewhere::NotSubscribed);
        }
    }
    Ok(Elsewhere::Fine)
}

/// Archived are only contacts that we created and that no other export holds.
fn mark_archived(lookup: &Lookup<'_>, leavers: &mut [Leaver], resolved: &mut Resolved) -> Result<(), Failure> {
    let (Some(view), Some(export), Some(place)) = (lookup.view, lookup.export, lookup.place) else { return Ok(()) };
    for leaver in leavers.iter_mut().filter(|l| l.whole) {
        let ours = view.contact(place, leaver.key)?.is_some_and(|c| c.origin == ContactOrigin::Added && c.standing != Standing::Archived);
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
    fn open(lookup: &Lookup<'v>, entries: &[ChangeEntry]) -> Result<Self, Failure> {
        let (Some(view), Some(place)) = (lookup.view, lookup.place) else { return Ok(Self::None) };
        let new = entries.iter().filter(|e| e.flags().has(ChangeFlags::NEW)).count();
        if new < CHUNK {
            return Ok(Self::Few(view, place));
        }
        Ok(Self::Many { contacts: Vec::new().into_iter().peekable(), view, place, after: None })
    }

    /// Keys must ascend from call to call.
    fn find(&mut self, key: Key) -> Result<Option<KnownContact>, Failure> {
        let known = |c: Contact| KnownContact { standing: c.standing, archived_from: c.archived_from };
        match self {
            Self::None => Ok(None),
            Self::Few(view, place) => Ok(view.contact(*place, key)?.map(known)),
            Self::Many { contacts, view, place, after } => loop {
                while contacts.next_if(|c| c.key < key).is_some() {}
                match contacts.peek() {
                    Some(contact) => return Ok((contact.key == key).then(|| known(*contact))),
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
