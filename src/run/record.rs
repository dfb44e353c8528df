//! What answers mean for rows, written into the state: the one place for answers of this run and of earlier ones.

use crate::{
    member::{Email, Fingerprint, Key},
    plan::effects::Change,
    state::{Contact, ContactOrigin, ExportId, PlaceRow, Refusal, Refused, Result, RunId, Since, Store, Told},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Whose rows they are, and what is asked by when.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub export: ExportId,
    pub place: PlaceRow,
    pub run: Option<RunId>,
    pub now: DateTime<Utc>,
}

/// One row and what changes of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: Key,
    pub address: Email,
    pub person: Option<u64>,
    /// The first segment that it is in, for listings.
    pub segment: Option<u8>,
    pub changes: Vec<Change>,
}

/// Changes by kind: each is one prepared statement over many rows.
#[derive(Default)]
struct Sorted {
    told: Vec<Told>,
    refused: Vec<Refused>,
    kept_off: Vec<(u64, Refused)>,
    not_archived: Vec<(Key, Refusal)>,
    ours: Vec<Contact>,
    archived: Vec<Key>,
    joined: BTreeMap<u8, Vec<Key>>,
    off: BTreeMap<u64, Vec<Key>>,
    to_archive: Vec<Key>,
    removed: Vec<(Key, Option<u64>)>,
    former: Vec<Key>,
}

/// Writes them.
pub fn write(store: &mut Store, at: At, rows: Vec<Row>) -> Result<()> {
    let At { export, place, run, now } = at;
    let mut sorted = Sorted::default();
    for mut row in rows {
        let changes = std::mem::take(&mut row.changes);
        changes.into_iter().for_each(|change| sorted.add(&row, change));
    }
    let since = Since { run, at: now };
    store.record_told(export, &sorted.told)?;
    store.record_refused(export, since, &sorted.refused)?;
    store.record_kept_off(export, since, &sorted.kept_off)?;
    store.record_not_archived(export, since, &sorted.not_archived)?;
    store.write_contacts(place, &sorted.ours)?;
    store.archive_contacts(place, sorted.archived)?;
    sorted.joined.into_iter().try_for_each(|(bit, keys)| store.join(export, bit, keys))?;
    sorted.off.into_iter().try_for_each(|(bits, keys)| store.leave(export, bits, keys))?;
    store.mark_leaving(export, sorted.to_archive)?;
    store.forget_contacts(place, sorted.removed.iter().map(|(key, _)| *key))?;
    store.remove_externally(export, sorted.removed)?;
    store.delete_members(export, sorted.former)
}

impl Sorted {
    fn add(&mut self, row: &Row, change: Change) {
        let Row { key, .. } = *row;
        let told = |fingerprint| Told { key, address: row.address.clone(), fingerprint, person: row.person };
        let refusal = |fingerprint, why: crate::destination::Rejection| Refusal {
            code: why.code.to_owned(),
            detail: why.detail,
            field: why.field,
            fingerprint,
        };
        match change {
            Change::Synced(fingerprint) => self.told.push(told(fingerprint)),
            Change::Rejected(sent, why) => {
                self.refused.push(Refused { told: told(sent), refusal: refusal(sent, why), segment: row.segment });
            }
            // They stand for what the platform was told before: the state knows that.
            Change::KeptOff(lists, why) => {
                let refused = Refused { told: told(Fingerprint(0)), refusal: refusal(Fingerprint(0), why), segment: row.segment };
                self.kept_off.push((lists.0, refused));
            }
            Change::NotArchived(why) => self.not_archived.push((key, refusal(Fingerprint(0), why))),
            Change::Ours(standing) => self.ours.push(Contact { key, standing, origin: ContactOrigin::Added, archived_from: None }),
            Change::Archived => self.archived.push(key),
            Change::Joined(segments) => segments.bits().for_each(|bit| self.joined.entry(bit).or_default().push(key)),
            Change::OffLists(segments) => self.off.entry(segments.0).or_default().push(key),
            Change::ToArchive => self.to_archive.push(key),
            Change::RemovedExternally => self.removed.push((key, row.person)),
            Change::Former => self.former.push(key),
        }
    }
}
