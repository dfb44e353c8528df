//! Members, written in batches.

use super::{
    Applied, ExportId, MemberStateKind, Result, Store, Told,
    refused::{ACCEPTED, attributes_taken},
};
use crate::member::{Email, Key};
use rusqlite::params;

impl Store {
    /// Writes members whole, each in place of what was known of its key.
    ///
    /// Those who left are written without their address: nothing needs it any more. Their key stays
    /// the plain hash of it, since it must meet the keys of the next reading in the same order, and since a keyed hash
    /// would have its key beside it in the same file.
    pub fn write_members<'a>(&mut self, export: ExportId, members: impl IntoIterator<Item = &'a Applied>) -> Result<()> {
        self.apply(|conn| {
            let mut write = conn.prepare_cached(
                "INSERT OR REPLACE INTO member
                   (export, key, segments, found, fingerprint, state, person, address, refused, code, detail, field, left_from)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, iif(?6 = 2, 0, NULL))",
            )?;
            for member in members {
                let (kind, refusal) = (member.state.kind(), member.state.refusal());
                let address = member.address.as_ref().filter(|_| kind.keeps_address()).map_or("", Email::as_str);
                write.execute(params![
                    export.0,
                    member.key.to_bytes(),
                    member.segments.cast_signed(),
                    member.found.cast_signed(),
                    member.fingerprint.map(|f| f.0.cast_signed()),
                    kind.code(),
                    member.person.map(u64::cast_signed),
                    address,
                    refusal.map(|r| r.fingerprint.0.cast_signed()),
                    refusal.map(|r| &r.code),
                    refusal.map(|r| &r.detail),
                    refusal.and_then(|r| r.field.as_ref()),
                ])?;
            }
            Ok(())
        })
    }

    /// The platform took these attributes. The segments that a member is in stay as recorded; a refusal is over.
    pub fn record_told<'a>(&mut self, export: ExportId, told: impl IntoIterator<Item = &'a Told>) -> Result<()> {
        self.apply(|conn| {
            let mut write = conn.prepare_cached(&format!(
                "INSERT INTO member (export, key, segments, found, fingerprint, state, person, address) VALUES (?1, ?2, 0, 0, ?3, 0, ?4, ?5)
                 ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, person = excluded.person, address = excluded.address, {}",
                attributes_taken()
            ))?;
            for told in told {
                let person = told.person.map(u64::cast_signed);
                write.execute(params![export.0, told.key.to_bytes(), told.fingerprint.0.cast_signed(), person, told.address.as_str()])?;
            }
            Ok(())
        })
    }

    /// Records who was in a segment's container before us (E7). What is known of them otherwise stays.
    pub fn record_found<'a>(&mut self, export: ExportId, bit: u8, people: impl IntoIterator<Item = (Key, &'a Email)>) -> Result<()> {
        self.apply(|conn| {
            let mut write = conn.prepare_cached(
                "INSERT INTO member (export, key, segments, found, state, address) VALUES (?1, ?2, 0, 1 << ?3, 0, ?4)
                 ON CONFLICT DO UPDATE SET found = found | excluded.found,
                   address = iif(state = ?5, excluded.address, address), state = iif(state = ?5, 0, state)",
            )?;
            for (key, email) in people {
                write.execute(params![export.0, key.to_bytes(), bit, email.as_str(), MemberStateKind::Former.code()])?;
            }
            Ok(())
        })
    }

    /// They are in the segment's container now, and are not to be archived any more. Keys that are not known are passed over.
    pub fn join(&mut self, export: ExportId, bit: u8, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let (leaving, applied) = (MemberStateKind::Leaving.code(), MemberStateKind::Applied.code());
        let sql = format!(
            "UPDATE member SET segments = segments | ?3, state = iif(state = {leaving}, {applied}, state) WHERE export = ?1 AND key = ?2"
        );
        self.each_key(export, &sql, keys, 1 << bit)
    }

    /// They are out of the containers of these segments now. A row of which nothing remains is not deleted: what follows
    /// (archiving) may need its address; [`Store::delete_members`] is the last step.
    pub fn leave(&mut self, export: ExportId, bits: u64, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        self.each_key(export, "UPDATE member SET segments = segments & ~?3 WHERE export = ?1 AND key = ?2", keys, bits)
    }

    /// They are out of every container, and still to be archived: kept with their address until that is done, so that a run
    /// that ends in between is gone on with.
    pub fn mark_leaving(&mut self, export: ExportId, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let sql = format!("UPDATE member SET state = ?3, {ACCEPTED} WHERE export = ?1 AND key = ?2");
        self.each_key(export, &sql, keys, u64::from(MemberStateKind::Leaving.code()))
    }

    /// Nobody is to be archived any more: who was leaving has left, and their addresses go.
    pub fn end_leaving(&mut self, export: ExportId) -> Result<()> {
        let leaving = {
            let mut query = self.conn.prepare_cached("SELECT key FROM member WHERE export = ?1 AND state = ?2")?;
            let keys = query.query_map(params![export.0, MemberStateKind::Leaving.code()], |row| row.get(0))?;
            keys.collect::<rusqlite::Result<Vec<Key>>>()?
        };
        self.delete_members(export, leaving)
    }

    /// The segment's container is gone at the platform: nobody is in it.
    pub fn empty_segment(&mut self, export: ExportId, bit: u8) -> Result<()> {
        self.apply(|conn| {
            let sql = "UPDATE member SET segments = segments & ~?2, found = found & ~?2 WHERE export = ?1 AND (segments | found) & ?2";
            conn.execute(sql, params![export.0, (1_u64 << bit).cast_signed()])?;
            Ok(())
        })
    }

    /// They are members no more. Of those with a `match.id` a hash stays: whoever unsubscribed under this address must
    /// still be recognised when another one appears later (E1). So does one of whoever others took off a list (E18).
    pub fn delete_members(&mut self, export: ExportId, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let (left, former) = (MemberStateKind::Left.code(), MemberStateKind::Former.code());
        let retire = format!(
            "UPDATE member SET state = iif(coalesce(left_from, 0) != 0, {left}, {former}), segments = 0, found = 0, fingerprint = NULL,
               address = '', {ACCEPTED} WHERE export = ?1 AND key = ?2"
        );
        self.apply(|conn| {
            let mut delete =
                conn.prepare_cached("DELETE FROM member WHERE export = ?1 AND key = ?2 AND person IS NULL AND coalesce(left_from, 0) = 0")?;
            let mut retire = conn.prepare_cached(&retire)?;
            for key in keys {
                delete.execute(params![export.0, key.to_bytes()])?;
                retire.execute(params![export.0, key.to_bytes()])?;
            }
            Ok(())
        })
    }

    fn each_key(&mut self, export: ExportId, sql: &str, keys: impl IntoIterator<Item = Key>, value: u64) -> Result<()> {
        self.apply(|conn| {
            let mut update = conn.prepare_cached(sql)?;
            keys.into_iter().try_for_each(|key| Ok(update.execute(params![export.0, key.to_bytes(), value.cast_signed()]).map(drop)?))
        })
    }
}
