//! A place's contacts: read.

use super::{Contact, ContactOrigin, ContactsRead, PlaceRow, Result, StateError, View, Watermarks, sql};
use crate::{member::Key, platform::SubscriptionStatus};
use rusqlite::{CachedStatement, Row, Rows, params};

const CONTACT: &str = "SELECT key, standing, origin, archived_from FROM contact";

/// A reading of contacts that is about to begin. Two steps, since rows borrow from what holds the statement.
pub struct ContactReading<'v> {
    statement: CachedStatement<'v>,
    place: PlaceRow,
}

/// Contacts in key order, pulled one by one.
pub struct ContactRows<'s> {
    rows: Rows<'s>,
}

impl ContactReading<'_> {
    pub fn rows(&mut self) -> Result<ContactRows<'_>> {
        Ok(ContactRows { rows: self.statement.query([self.place.0])? })
    }
}

impl ContactRows<'_> {
    #[allow(clippy::should_implement_trait, reason = "it can fail, and says so first")]
    pub fn next(&mut self) -> Result<Option<Contact>> {
        self.rows.next()?.map(contact).transpose()
    }
}

impl View {
    pub fn read_contacts(&self, place: PlaceRow) -> Result<ContactReading<'_>> {
        let statement = self.conn.prepare_cached(&format!("{CONTACT} WHERE place = ?1 ORDER BY key"))?;
        Ok(ContactReading { statement, place })
    }

    /// The first `limit` contacts from a key on, in key order.
    pub fn contacts_from(&self, place: PlaceRow, from: Key, limit: usize) -> Result<Vec<Contact>> {
        let mut statement = self.conn.prepare_cached(&format!("{CONTACT} WHERE place = ?1 AND key >= ?2 ORDER BY key LIMIT ?3"))?;
        let mut rows = statement.query(params![place.0, from.to_bytes(), sql::count(limit as u64)])?;
        let mut contacts = Vec::new();
        while let Some(row) = rows.next()? {
            contacts.push(contact(row)?);
        }
        Ok(contacts)
    }

    pub fn contact(&self, place: PlaceRow, key: Key) -> Result<Option<Contact>> {
        let mut statement = self.conn.prepare_cached(&format!("{CONTACT} WHERE place = ?1 AND key = ?2"))?;
        let mut rows = statement.query(params![place.0, key.to_bytes()])?;
        rows.next()?.map(contact).transpose()
    }

    /// The last complete reading, `None` before the first.
    pub fn contacts_read(&self, place: PlaceRow) -> Result<Option<ContactsRead>> {
        let sql = "SELECT read_at_ms, read_count FROM place WHERE id = ?1 AND read_watermark IS NOT NULL";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([place.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (at, count) = (sql::time(row.get(0)?)?, sql::unsigned(row.get(1)?)?);
        Ok(Some(ContactsRead { watermarks: self.watermarks(place)?, at, count }))
    }

    fn watermarks(&self, place: PlaceRow) -> Result<Watermarks> {
        let mut statement = self.conn.prepare_cached("SELECT standing, at_ms FROM watermark WHERE place = ?1")?;
        let mut rows = statement.query([place.0])?;
        let mut known = Vec::new();
        while let Some(row) = rows.next()? {
            known.push((standing(row.get(0)?)?, sql::time(row.get(1)?)?));
        }
        Ok(Watermarks::of(known))
    }
}

fn standing(code: u8) -> Result<SubscriptionStatus> {
    SubscriptionStatus::from_code(code).ok_or_else(|| StateError::damaged(format!("a contact of standing {code}")))
}

fn contact(row: &Row<'_>) -> Result<Contact> {
    Ok(Contact {
        key: row.get(0)?,
        standing: standing(row.get(1)?)?,
        origin: ContactOrigin::from_code(row.get(2)?)?,
        archived_from: row.get::<_, Option<u8>>(3)?.map(standing).transpose()?,
    })
}
