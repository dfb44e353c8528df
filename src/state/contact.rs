//! A place's contacts: what the platform said of their subscription, and what we did about it. Written.

use super::{MemberStateKind, PlaceRow, Result, StateError, Store, Watermarks, refused, sql};
use crate::{member::Key, platform::SubscriptionStatus};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

/// A contact, whoever's member. It has no address here: only its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    pub key: Key,
    pub standing: SubscriptionStatus,
    pub origin: ContactOrigin,
    /// We archived it, or are about to: the status read right before that, to which it goes back, never higher (G2).
    pub archived_from: Option<SubscriptionStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactOrigin {
    /// The platform knew it before us.
    Found,
    /// We created it.
    Added,
}

/// The last complete reading of a place's contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsRead {
    /// From where the next reading goes on, status by status.
    pub watermarks: Watermarks,
    pub at: DateTime<Utc>,
    pub count: u64,
}

impl Contact {
    /// The same, archived by us: to go back to the status that it has now, or had when we archived it before.
    #[must_use]
    pub fn archived(self) -> Self {
        let from = if self.standing == SubscriptionStatus::Archived { self.archived_from } else { Some(self.standing) };
        Self { standing: SubscriptionStatus::Archived, archived_from: from, ..self }
    }
}

impl ContactOrigin {
    pub(super) fn from_code(code: u8) -> Result<Self> {
        match code {
            0 => Ok(Self::Found),
            1 => Ok(Self::Added),
            other => Err(StateError::damaged(format!("a contact of origin {other}"))),
        }
    }
}

impl Store {
    /// Adds a page of a reading. What it says is known only when [`Store::set_contacts_read`] says the reading is
    /// complete: half a reading is none. Pages come in no order of keys, and writing them aside first is an append.
    pub fn spool_contacts(&mut self, place: PlaceRow, page: impl IntoIterator<Item = (Key, SubscriptionStatus)>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT INTO contact_spool VALUES (?1, ?2, ?3)")?;
            page.into_iter()
                .try_for_each(|(key, standing)| Ok(write.execute(params![place.0, key.to_bytes(), standing.code()]).map(drop)?))
        })
    }

    /// A reading begins: pages of one that did not complete are dropped.
    pub fn begin_contacts_read(&mut self, place: PlaceRow) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM contact_spool WHERE place = ?1", [place.0]).map(drop)?))
    }

    /// The reading's pages are all spooled. Contacts that are new are recorded as found; of the others only the standing
    /// is. One that is archived no longer is nobody's to restore; one that we were about to archive ([`Store::intend_archive`]) and
    /// that is archived now was archived by us, though nobody told us. A contact on two pages is as on the later one.
    pub fn set_contacts_read(&mut self, place: PlaceRow, read: &ContactsRead) -> Result<()> {
        let spooled = "SELECT EXISTS (SELECT 1 FROM contact_spool WHERE place = ?1)";
        if self.conn.query_row(spooled, [place.0], |row| row.get(0))? {
            self.apply(|conn| merge_spool(conn, place))?;
        }
        self.note(|conn| {
            let latest = read.watermarks.latest().map(|at| at.to_rfc3339()).unwrap_or_default();
            conn.execute(
                "UPDATE place SET read_watermark = ?2, read_at_ms = ?3, read_count = ?4 WHERE id = ?1",
                params![place.0, latest, sql::millis(read.at), sql::count(read.count)],
            )?;
            conn.execute("DELETE FROM watermark WHERE place = ?1", [place.0])?;
            let mut write = conn.prepare_cached("INSERT INTO watermark VALUES (?1, ?2, ?3)")?;
            read.watermarks
                .each()
                .try_for_each(|(standing, at)| Ok(write.execute(params![place.0, standing.code(), sql::millis(at)]).map(drop)?))
        })
    }

    /// What was read of some contacts alone, as if a reading had shown it.
    pub fn learn_standings(&mut self, place: PlaceRow, seen: impl IntoIterator<Item = (Key, SubscriptionStatus)>) -> Result<()> {
        self.begin_contacts_read(place)?;
        self.spool_contacts(place, seen)?;
        self.apply(|conn| merge_spool(conn, place))
    }

    /// These are about to be archived: the status that each has now, which is to be the one just read, is what it may go back to.
    /// Recorded before the call, so that it holds even if nobody hears what became of it.
    pub fn intend_archive(&mut self, place: PlaceRow, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.apply(|conn| {
            let sql = "UPDATE contact SET archived_from = standing WHERE place = ?1 AND key = ?2 AND standing != ?3";
            let mut write = conn.prepare_cached(sql)?;
            let archived = SubscriptionStatus::Archived.code();
            keys.into_iter().try_for_each(|key| Ok(write.execute(params![place.0, key.to_bytes(), archived]).map(drop)?))
        })
    }

    /// Writes contacts whole: those we created, archived, restored.
    pub fn write_contacts<'a>(&mut self, place: PlaceRow, contacts: impl IntoIterator<Item = &'a Contact>) -> Result<()> {
        self.apply(|conn| {
            let mut write = conn.prepare_cached("INSERT OR REPLACE INTO contact VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for contact in contacts {
                let from = contact.archived_from.map(SubscriptionStatus::code);
                write.execute(params![place.0, contact.key.to_bytes(), contact.standing.code(), contact.origin as u8, from])?;
            }
            Ok(())
        })
    }

    /// We archived them: each goes back to the status that it has now, or had when we archived it before.
    pub fn archive_contacts(&mut self, place: PlaceRow, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.apply(|conn| {
            let mut update = conn.prepare_cached(
                "UPDATE contact SET archived_from = iif(standing = ?3, archived_from, standing), standing = ?3 WHERE place = ?1 AND key = ?2",
            )?;
            let archived = SubscriptionStatus::Archived.code();
            keys.into_iter().try_for_each(|key| Ok(update.execute(params![place.0, key.to_bytes(), archived]).map(drop)?))
        })
    }

    /// The platform has them no more. Who had opted out, or was archived by others, stays known: nobody creates them again (G2).
    pub fn forget_contacts(&mut self, place: PlaceRow, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.apply(|conn| {
            let mut delete = conn.prepare_cached(
                "DELETE FROM contact WHERE place = ?1 AND key = ?2 AND coalesce(archived_from, standing) IN (?3, ?4, ?5)",
            )?;
            let [subscribed, pending, known] =
                [SubscriptionStatus::Subscribed, SubscriptionStatus::Pending, SubscriptionStatus::NonSubscribed]
                    .map(SubscriptionStatus::code);
            keys.into_iter()
                .try_for_each(|key| Ok(delete.execute(params![place.0, key.to_bytes(), subscribed, pending, known]).map(drop)?))
        })
    }
}

fn merge_spool(conn: &Connection, place: PlaceRow) -> Result<()> {
    refused::status_changed(conn, place)?;
    conn.execute(
        "INSERT INTO contact (place, key, standing, origin)
         SELECT place, key, standing, 0 FROM contact_spool WHERE place = ?1 ORDER BY key, rowid
         ON CONFLICT DO UPDATE SET standing = excluded.standing,
           archived_from = iif(excluded.standing = ?2 AND EXISTS (
             SELECT 1 FROM export e JOIN member m ON m.export = e.id
             WHERE e.place = contact.place AND m.key = contact.key AND m.state = ?3), archived_from, NULL)
         WHERE standing != excluded.standing",
        params![place.0, SubscriptionStatus::Archived.code(), MemberStateKind::Leaving.code()],
    )?;
    conn.execute("DELETE FROM contact_spool WHERE place = ?1", [place.0])?;
    Ok(())
}
