//! Who a new address belongs to: its person's other addresses, in the audience's state and in the same reading (E1).
//!
//! What a reading shows of persons is on record before anything is sent, whoever is sent and whether or not the plan is
//! carried out: what protects people must not depend on it.

use super::{Context, Failure, Recorder, prepare::Work, resolve::Lookup};
use crate::{
    definition::Export,
    destination::PlaceId,
    member::{ChangeEntry, ChangeFlags, Desired, Email, Ids, Key, Mapping, Person, Spool, source_tag},
    plan::standing::{self, Elsewhere, KnownContact, Other, speaks_against},
    platform::SubscriptionStatus,
    state::{Contact, ExportId, MemberStateKind, NewId, PlaceRow, View},
};
use futures::future::try_join_all;
use std::{collections::BTreeMap, io, ops::ControlFlow};

/// Rows written together.
const CHUNK: usize = 1000;

/// Where a person's other addresses are looked up.
pub struct Persons<'a> {
    known: Option<(&'a View, PlaceRow)>,
    export: Option<ExportId>,
    ids: &'a Ids,
    /// Sources whose ids the state holds.
    sources: Vec<u64>,
    /// Statuses of other addresses that were asked for in this run.
    asked: BTreeMap<Key, SubscriptionStatus>,
}

impl<'a> Persons<'a> {
    pub fn open(lookup: &Lookup<'a>, mapping: &'a Mapping) -> Result<Self, Failure> {
        let known = lookup.view.zip(lookup.place);
        let known = match known {
            Some((view, place)) if view.knows_people(place)? => known,
            _ => None,
        };
        let sources = lookup.view.map_or_else(|| Ok(Vec::new()), View::id_sources)?;
        Ok(Self { known, export: lookup.export, ids: mapping.ids(), sources, asked: BTreeMap::new() })
    }

    /// Every address under which these were ever seen, sorted.
    pub fn addresses(&self, people: &[Person]) -> Result<Vec<Key>, Failure> {
        let Some((view, place)) = self.known else { return Ok(Vec::new()) };
        let mut keys = Vec::new();
        for person in people {
            keys.extend(view.people(place, &self.ids.recorded_as(*person, &self.sources))?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// What the other addresses of an entry's person say of it.
    pub fn elsewhere(
        &self,
        lookup: &Lookup<'_>,
        desired: &Desired<ChangeFlags>,
        entry: &ChangeEntry,
        chosen: Option<SubscriptionStatus>,
    ) -> Result<Elsewhere, Failure> {
        let mut all = Elsewhere::Fine;
        for key in self.others(desired, entry)? {
            all = all.and(standing::elsewhere(self.other(lookup, key)?, chosen));
        }
        Ok(all)
    }

    /// The other addresses of an entry's person, as far as they were ever seen.
    fn others(&self, desired: &Desired<ChangeFlags>, entry: &ChangeEntry) -> Result<Vec<Key>, Failure> {
        let mut others = desired.shared.others(entry.key());
        if let Some((view, place)) = self.known
            && let Some(person) = desired.spool.read(entry.offset())?.person
        {
            others.extend(view.people(place, &self.ids.recorded_as(person, &self.sources))?);
            others.sort_unstable();
            others.dedup();
        }
        others.retain(|key| *key != entry.key());
        Ok(others)
    }

    /// Where no reading of the run tells statuses, those of the other addresses of new members are asked one by one: who opted
    /// out under one address is not sent under another.
    pub async fn ask(
        &mut self,
        context: &Context,
        lookup: &Lookup<'_>,
        place: Option<&PlaceId>,
        desired: &Desired<ChangeFlags>,
    ) -> Result<(), Failure> {
        let Some(place) = place.filter(|_| !context.reads_statuses() && context.export.matching.id.is_some()) else { return Ok(()) };
        let mut addresses = BTreeMap::new();
        for entry in desired.entries.iter().filter(|entry| entry.flags().has(ChangeFlags::NEW)) {
            for key in self.others(desired, entry)? {
                addresses.extend(address(lookup, desired, key)?.map(|email| (key, email)));
            }
        }
        let addresses: Vec<(Key, Email)> = addresses.into_iter().collect();
        for some in addresses.chunks(context.connections.max(1) as usize) {
            if context.cancel.is_cancelled() {
                return Err(Failure::canceled());
            }
            let found = try_join_all(some.iter().map(|(_, email)| context.destination.find(place, email))).await?;
            let found = some.iter().zip(found).filter_map(|((key, _), contact)| Some((*key, contact?.standing)));
            self.asked.extend(found.filter(|(_, standing)| says_no(*standing)));
        }
        Ok(())
    }

    /// Members that no row wants any more, who opted out or may have, where `match.id` was added or changed since the last
    /// complete run: no id on record tells whether a new address is theirs.
    pub fn unlinked(&self, context: &Context, lookup: &Lookup<'_>, desired: &Desired<ChangeFlags>) -> Result<u64, Failure> {
        let (export, Some(view)) = (&context.export, lookup.view) else { return Ok(0) };
        let (now, before) = (export.matching.written_ids(), view.guard_memory(&export.name)?.unwrap_or_default().ids);
        let Some(id) = lookup.export.filter(|_| !now.is_empty() && now != before) else { return Ok(0) };
        let (mut unlinked, chosen, read) = (0, export.new_contacts.status, context.reads_statuses());
        let known = match lookup.place.filter(|_| before.is_empty()) {
            Some(place) => view.addresses_of_people(place)?,
            None => Vec::new(),
        };
        view.member_heads(id, |head| {
            let linked = known.binary_search(&head.key).is_ok();
            let wanted = || desired.entries.binary_search_by_key(&head.key, ChangeEntry::key).is_ok();
            if !linked && !wanted() && (!read || standing::elsewhere(self.other(lookup, head.key)?, chosen) != Elsewhere::Fine) {
                unlinked += 1;
            }
            Ok::<_, Failure>(ControlFlow::Continue(()))
        })?;
        Ok(unlinked)
    }

    fn other(&self, lookup: &Lookup<'_>, key: Key) -> Result<Other, Failure> {
        // On the first run nothing is on record, and what was asked counts all the same.
        let known = lookup.view.zip(lookup.place);
        let mut contact = known.map_or(Ok(None), |(view, place)| view.contact(place, key))?.map(known_contact);
        if let Some(standing) = self.asked.get(&key) {
            let before = contact.unwrap_or(KnownContact { standing: *standing, archived_from: None, ours: false });
            contact = Some(KnownContact { standing: *standing, ..before });
        }
        let (mut removed, mut refused) = (false, false);
        let Some((view, place)) = known else { return Ok(Other { contact, removed, refused }) };
        for record in view.on_record(place, key)? {
            let here = Some(record.export) == self.export;
            removed |= record.state == MemberStateKind::Left && (here || contact.is_none());
            let refuses = matches!(record.state, MemberStateKind::Rejected | MemberStateKind::Former);
            refused |= refuses && record.refused.as_deref().is_some_and(speaks_against);
        }
        Ok(Other { contact, removed, refused })
    }
}

/// Anything else allows no more than what is known already.
fn says_no(standing: SubscriptionStatus) -> bool {
    matches!(standing, SubscriptionStatus::Unsubscribed | SubscriptionStatus::Cleaned | SubscriptionStatus::Archived)
}

/// An address by its key: of the same reading, or of a member of the audience.
fn address(lookup: &Lookup<'_>, desired: &Desired<ChangeFlags>, key: Key) -> Result<Option<Email>, Failure> {
    if let Ok(at) = desired.entries.binary_search_by_key(&key, ChangeEntry::key) {
        return Ok(Some(desired.spool.read(desired.entries[at].offset())?.email));
    }
    let (Some(view), Some(place)) = (lookup.view, lookup.place) else { return Ok(None) };
    for record in view.on_record(place, key)? {
        if let Some(email) = view.member(record.export, key)?.and_then(|member| member.address) {
            return Ok(Some(email));
        }
    }
    Ok(None)
}

pub fn known_contact(contact: Contact) -> KnownContact {
    let ours = contact.origin == crate::state::ContactOrigin::Added;
    KnownContact { standing: contact.standing, archived_from: contact.archived_from, ours }
}

/// Puts on record who has which address, as far as it is not there: of members with another id, and of everyone whom this
/// plan does not make a member, or whom the platform knows already. Not a change of what was applied.
pub fn remember(recorder: &Recorder, view: &View, place: Option<PlaceRow>, export: &Export, work: &Work) -> Result<(), Failure> {
    if export.matching.id.is_none() || export.removed {
        return Ok(());
    }
    let sources: Vec<u64> = export.sources().iter().map(|name| source_tag(name.as_str())).collect();
    recorder.write(move |store| store.record_id_sources(sources))?;
    record(recorder, view, place, work, work.desired.aside.iter().chain(&work.ids.rows).copied())
}

/// The same of everyone who was to be a member, where nothing is sent: the platform may know them, and tell later.
pub fn remember_new(recorder: &Recorder, view: &View, place: Option<PlaceRow>, export: &Export, work: &Work) -> Result<(), Failure> {
    if export.matching.id.is_none() || export.removed {
        return Ok(());
    }
    let new = work.desired.entries.iter().filter(|entry| entry.flags().has(ChangeFlags::NEW));
    record(recorder, view, place, work, new.map(ChangeEntry::offset))
}

fn record(recorder: &Recorder, view: &View, place: Option<PlaceRow>, work: &Work, rows: impl Iterator<Item = u64>) -> Result<(), Failure> {
    let Some(place) = place else { return Ok(()) };
    let mut chunk = Vec::new();
    for offset in rows {
        let (key, person) = row(&work.desired.spool, offset)?;
        let Some(id) = person.map(Person::id) else { continue };
        if view.is_known_as(place, id, key)? {
            continue;
        }
        chunk.push((id, key));
        if chunk.len() == CHUNK {
            let full = std::mem::take(&mut chunk);
            recorder.write(move |store| store.record_people(place, full))?;
        }
    }
    recorder.write(move |store| store.record_people(place, chunk))
}

/// Records members' ids as their rows have them now, and lets go of those whom no list holds any more. Nothing is sent.
pub fn settle(recorder: &Recorder, export: ExportId, work: &Work) -> Result<(), Failure> {
    for rows in work.ids.rows.chunks(CHUNK) {
        let new_id = |offset: &u64| row(&work.desired.spool, *offset).map(|(key, person)| NewId { key, person });
        let ids = rows.iter().map(new_id).collect::<io::Result<Vec<_>>>()?;
        recorder.write(move |store| store.record_ids(export, ids))?;
    }
    for gone in work.gone.chunks(CHUNK) {
        let gone = gone.to_vec();
        recorder.write(move |store| store.let_go(export, gone))?;
    }
    Ok(())
}

fn row(spool: &Spool, offset: u64) -> io::Result<(Key, Option<Person>)> {
    let record = spool.read(offset)?;
    Ok((Key::of(&record.email), record.person))
}

#[cfg(test)]
#[path = "persons_tests.rs"]
mod tests;
