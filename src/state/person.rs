//! Who has which addresses in an audience (E1): by hash only, in whichever export, and for good. What was once seen of a person
//! protects them when their rows, their exports and their members are gone.

use super::{ExportId, MemberStateKind, PlaceRow, Result, Store, View};
use crate::member::{Key, Person};
use rusqlite::params;

/// A member whose row has another id than the one on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewId {
    pub key: Key,
    /// `None`: the row has no id any more.
    pub person: Option<Person>,
}

/// What an export of the audience has on record of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRecord {
    pub export: ExportId,
    pub state: MemberStateKind,
    /// Why the platform refused it, if it did.
    pub refused: Option<String>,
}

impl Store {
    /// People are known under these addresses. Members' ids get there by themselves; this is for those who are none.
    pub fn record_people(&mut self, place: PlaceRow, people: impl IntoIterator<Item = (u64, Key)>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR IGNORE INTO person VALUES (?1, ?2, ?3)")?;
            people
                .into_iter()
                .try_for_each(|(person, key)| Ok(write.execute(params![place.0, person.cast_signed(), key.to_bytes()]).map(drop)?))
        })
    }

    /// Ids of these sources are on record from now on.
    pub fn record_id_sources(&mut self, sources: impl IntoIterator<Item = u64>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR IGNORE INTO person_source VALUES (?1)")?;
            sources.into_iter().try_for_each(|source| Ok(write.execute([source.cast_signed()]).map(drop)?))
        })
    }

    /// Members' ids as their rows have them now. The same id on record without its source gives way to it, unless another
    /// export still has it so.
    pub fn record_ids(&mut self, export: ExportId, ids: impl IntoIterator<Item = NewId>) -> Result<()> {
        self.apply(|conn| {
            let mut write = conn.prepare_cached("UPDATE member SET person = ?3 WHERE export = ?1 AND key = ?2")?;
            let mut settle = conn.prepare_cached(
                "DELETE FROM person WHERE place = (SELECT place FROM export WHERE id = ?1) AND person = ?3 AND key = ?2 AND NOT EXISTS (
                   SELECT 1 FROM export e JOIN member m ON m.export = e.id WHERE e.place = person.place AND m.key = ?2 AND m.person = ?3)",
            )?;
            for NewId { key, person } in ids {
                let key = key.to_bytes();
                write.execute(params![export.0, key, person.map(|person| person.id().cast_signed())])?;
                if let Some(person) = person {
                    settle.execute(params![export.0, key, person.plain.cast_signed()])?;
                }
            }
            Ok(())
        })
    }
}

impl Store {
    /// No list holds them: they leave the state. Of those with an id hashes stay, and why the platform refused them: it may
    /// be known against their next address.
    pub fn let_go(&mut self, export: ExportId, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.apply(|conn| {
            let mut delete = conn.prepare_cached("DELETE FROM member WHERE export = ?1 AND key = ?2 AND person IS NULL")?;
            let mut retire = conn.prepare_cached(
                "UPDATE member SET state = ?3, segments = 0, found = 0, fingerprint = NULL, address = '',
                   refused = NULL, detail = '', field = NULL WHERE export = ?1 AND key = ?2",
            )?;
            for key in keys {
                delete.execute(params![export.0, key.to_bytes()])?;
                retire.execute(params![export.0, key.to_bytes(), MemberStateKind::Former.code()])?;
            }
            Ok(())
        })
    }
}

impl View {
    /// Whether any person is known in the audience.
    pub fn knows_people(&self, place: PlaceRow) -> Result<bool> {
        Ok(self.conn.query_row("SELECT EXISTS (SELECT 1 FROM person WHERE place = ?1)", [place.0], |row| row.get(0))?)
    }

    /// Every address of a person known in the audience, in key order.
    pub fn addresses_of_people(&self, place: PlaceRow) -> Result<Vec<Key>> {
        let mut statement = self.conn.prepare_cached("SELECT DISTINCT key FROM person WHERE place = ?1 ORDER BY key")?;
        let keys = statement.query_map([place.0], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Every address under which one of these is known, in key order.
    pub fn people(&self, place: PlaceRow, people: &[u64]) -> Result<Vec<Key>> {
        let mut statement = self.conn.prepare_cached("SELECT key FROM person WHERE place = ?1 AND person = ?2")?;
        let mut keys = Vec::new();
        for person in people {
            let found = statement.query_map(params![place.0, person.cast_signed()], |row| row.get(0))?;
            keys.extend(found.collect::<rusqlite::Result<Vec<Key>>>()?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    pub fn is_known_as(&self, place: PlaceRow, person: u64, key: Key) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM person WHERE place = ?1 AND person = ?2 AND key = ?3)";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![place.0, person.cast_signed(), key.to_bytes()], |row| row.get(0))?)
    }

    /// Sources whose ids are on record.
    pub fn id_sources(&self) -> Result<Vec<u64>> {
        let mut statement = self.conn.prepare_cached("SELECT source FROM person_source ORDER BY source")?;
        let sources = statement.query_map([], |row| row.get::<_, i64>(0).map(i64::cast_unsigned))?;
        Ok(sources.collect::<rusqlite::Result<_>>()?)
    }

    /// What the exports of an audience have on record of an address.
    pub fn on_record(&self, place: PlaceRow, key: Key) -> Result<Vec<OnRecord>> {
        let sql = "SELECT m.export, m.state, m.code FROM export e JOIN member m ON m.export = e.id
                   WHERE e.place = ?1 AND m.key = ?2 ORDER BY m.export";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![place.0, key.to_bytes()])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let state = MemberStateKind::from_code(row.get(1)?)?;
            records.push(OnRecord { export: ExportId(row.get(0)?), state, refused: row.get(2)? });
        }
        Ok(records)
    }
}
