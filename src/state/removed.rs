//! Who is gone from a list, or from the platform, without us (E18): not added again, until others put them back.

use super::{ExportId, MemberStateKind, PlaceRow, Result, Store, View, refused::ACCEPTED};
use crate::{
    definition::Name,
    member::{Email, Key, SegmentMask},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Kept as a hash, with the lists of ours that they were on.
fn left() -> String {
    let left = MemberStateKind::Left.code();
    format!(
        "state = {left}, left_from = iif(state = {left}, coalesce(left_from, 0), segments | coalesce(left_from, 0)), segments = 0, found = 0,
         fingerprint = NULL, address = '', {ACCEPTED}"
    )
}

/// Someone seen on lists of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub key: Key,
    pub address: Email,
    /// Bits of the segments whose lists they are on.
    pub segments: u64,
}

impl Store {
    /// They are about to be removed from lists; what becomes of it may never be heard.
    pub fn intend_leave(&mut self, export: ExportId, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR IGNORE INTO leaving VALUES (?1, ?2)")?;
            keys.into_iter().try_for_each(|key| Ok(write.execute(params![export.0, key.to_bytes()]).map(drop)?))
        })
    }

    /// Every removal of a run was heard of.
    pub fn leaves_heard(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| {
            let sql = "DELETE FROM leaving WHERE export = (SELECT id FROM export WHERE name = ?1)";
            Ok(conn.execute(sql, [export]).map(drop)?)
        })
    }

    /// They are gone at the platform without us: kept as hashes, so that they are not put back.
    pub fn mark_left(&mut self, export: ExportId, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let sql = format!("UPDATE member SET {} WHERE export = ?1 AND key = ?2", left());
        self.apply(|conn| {
            let mut update = conn.prepare_cached(&sql)?;
            let mut gone = Gone::default();
            for key in keys {
                gone.look(conn, export, key, u64::MAX)?;
                update.execute(params![export.0, key.to_bytes()])?;
            }
            gone.lower_sizes(conn, export)
        })
    }

    /// The same, of people whom the export may not have on record yet, with the hash of their `match.id`.
    pub fn remove_externally(&mut self, export: ExportId, people: impl IntoIterator<Item = (Key, Option<u64>)>) -> Result<()> {
        let sql = format!(
            "INSERT INTO member (export, key, segments, found, state, person, address, left_from) VALUES (?1, ?2, 0, 0, ?4, ?3, '', 0)
             ON CONFLICT DO UPDATE SET {}",
            left()
        );
        self.apply(|conn| {
            let mut write = conn.prepare_cached(&sql)?;
            let mut gone = Gone::default();
            for (key, person) in people {
                gone.look(conn, export, key, u64::MAX)?;
                write.execute(params![export.0, key.to_bytes(), person.map(u64::cast_signed), MemberStateKind::Left.code()])?;
            }
            gone.lower_sizes(conn, export)
        })
    }

    /// Others took them off these segments' lists. Whoever is on no other list of the export is gone from it.
    pub fn take_off(&mut self, export: ExportId, bits: u64, keys: &[Key]) -> Result<()> {
        let off = "UPDATE member SET left_from = coalesce(left_from, 0) | (segments & ?3), segments = segments & ~?3
                   WHERE export = ?1 AND key = ?2 AND state IN (0, 1)";
        let gone =
            format!("UPDATE member SET {} WHERE export = ?1 AND key = ?2 AND state IN (0, 1) AND segments = 0 AND found = 0", left());
        self.apply(|conn| {
            let (mut off, mut gone) = (conn.prepare_cached(off)?, conn.prepare_cached(&gone)?);
            let mut lost = Gone::default();
            for key in keys {
                lost.look(conn, export, *key, bits)?;
                off.execute(params![export.0, key.to_bytes(), bits.cast_signed()])?;
                gone.execute(params![export.0, key.to_bytes()])?;
            }
            lost.lower_sizes(conn, export)
        })
    }

    /// Others put them back onto lists: ours again on those that we had put them on, pre-existing on the others (E7). Their
    /// attributes are written anew. Whoever was never gone stays as recorded.
    pub fn put_back(&mut self, export: ExportId, people: &[Seen]) -> Result<()> {
        let left = MemberStateKind::Left.code();
        let sql = format!(
            "UPDATE member SET segments = segments | (?3 & left_from), found = iif(state = {left}, ?3 & ~left_from, found),
               address = ?4, state = iif(state = {left}, 0, state), left_from = nullif(left_from & ~?3, 0)
             WHERE export = ?1 AND key = ?2 AND ?3 != 0
               AND ((state = {left} AND left_from IS NOT NULL) OR (state IN (0, 1) AND left_from & ?3))"
        );
        self.apply(|conn| {
            let mut update = conn.prepare_cached(&sql)?;
            people.iter().try_for_each(|seen| {
                let (segments, address) = (seen.segments.cast_signed(), seen.address.as_str());
                Ok(update.execute(params![export.0, seen.key.to_bytes(), segments, address]).map(drop)?)
            })
        })
    }
}

/// Bit → members whom others took off its list: the guard does not count them as lost by us (G1).
#[derive(Default)]
struct Gone(BTreeMap<u8, i64>);

impl Gone {
    /// Before they are recorded as gone from lists of these bits.
    fn look(&mut self, conn: &Connection, export: ExportId, key: Key, bits: u64) -> Result<()> {
        let sql = "SELECT segments | found FROM member WHERE export = ?1 AND key = ?2 AND state IN (0, 1)";
        let on: Option<i64> = conn.prepare_cached(sql)?.query_row(params![export.0, key.to_bytes()], |row| row.get(0)).optional()?;
        let on = SegmentMask(on.unwrap_or(0).cast_unsigned() & bits);
        on.bits().for_each(|bit| *self.0.entry(bit).or_default() += 1);
        Ok(())
    }

    fn lower_sizes(self, conn: &Connection, export: ExportId) -> Result<()> {
        let sql = "UPDATE container_size SET members = max(0, members - ?3)
                   WHERE (place, remote) IN (SELECT place, remote FROM container WHERE export = ?1 AND bit = ?2)";
        let mut update = conn.prepare_cached(sql)?;
        self.0.into_iter().try_for_each(|(bit, members)| Ok(update.execute(params![export.0, bit, members]).map(drop)?))
    }
}

impl View {
    /// Whom others took off a list of the export, or out of the audience, in key order.
    pub fn removed_externally(&self, export: ExportId) -> Result<Vec<Key>> {
        // Without statistics SQLite would read every member in key order instead.
        let sql = "SELECT key FROM member INDEXED BY member_left WHERE export = ?1 AND left_from IS NOT NULL ORDER BY key";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_map([export.0], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a run was about to remove this member, who is on no other list, and nothing was heard of it.
    pub fn is_leaving(&self, export: ExportId, key: Key) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM leaving l JOIN member m ON m.export = l.export AND m.key = l.key
                   WHERE l.export = ?1 AND l.key = ?2 AND m.found = 0)";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![export.0, key.to_bytes()], |row| row.get(0))?)
    }

    /// Whether there is anybody of that kind in an audience.
    pub fn any_removed_externally(&self, place: PlaceRow) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM export e JOIN member m INDEXED BY member_left ON m.export = e.id WHERE e.place = ?1 AND m.left_from IS NOT NULL)";
        Ok(self.conn.query_row(sql, [place.0], |row| row.get(0))?)
    }
}
