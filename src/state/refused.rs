//! Members whose last write the platform rejected: recorded, listed, and asked again when the reason may be gone.

use super::{ExportId, MemberStateKind, PlaceRow, Refusal, Result, RunId, Store, Told, View, sql};
use crate::{destination::Fields, member::Key};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

/// What was rejected of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub told: Told,
    pub refusal: Refusal,
    /// The bit of a segment that they are in.
    pub segment: Option<u8>,
}

/// When something was seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    pub run: Option<RunId>,
    pub at: DateTime<Utc>,
}

/// Nothing is rejected any more.
pub(super) const ACCEPTED: &str = "refused = NULL, code = NULL, detail = NULL, field = NULL, refused_since_ms = NULL, refused_run = NULL,
                                   refused_bit = NULL, refused_from = NULL";

/// Lists do not take this member, and are not asked again.
const KEPT_OFF: &str = "refused IS NOT NULL AND coalesce(refused_from, 0) != 0";

/// The attributes were taken: a refusal is over, but for one that was never about attributes.
pub(super) fn attributes_taken() -> String {
    let columns = ["code", "detail", "field", "refused_since_ms", "refused_run", "refused_bit", "refused_from"];
    let kept = columns.map(|column| format!("{column} = iif({KEPT_OFF}, {column}, NULL)")).join(", ");
    format!("state = ({KEPT_OFF}), refused = iif({KEPT_OFF}, excluded.fingerprint, NULL), {kept}")
}

/// The reason stays the same: then it is as old as it was.
const KEPT: &str = "member.code IS excluded.code AND member.field IS excluded.field";

impl Store {
    /// The platform rejected these. What it was told before still stands.
    pub fn record_refused<'a>(&mut self, export: ExportId, since: Since, refused: impl IntoIterator<Item = &'a Refused>) -> Result<()> {
        let insert = format!(
            "INSERT INTO member (export, key, segments, found, state, person, address, refused, code, detail, field,
               refused_since_ms, refused_run, refused_bit)
             VALUES (?1, ?2, 0, 0, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT DO UPDATE SET state = 1, person = excluded.person, address = excluded.address,
               refused_since_ms = iif({KEPT}, refused_since_ms, excluded.refused_since_ms),
               refused_run = iif({KEPT}, refused_run, excluded.refused_run), refused_bit = excluded.refused_bit,
               refused = excluded.refused, code = excluded.code, detail = excluded.detail, field = excluded.field, refused_from = NULL"
        );
        self.apply(|conn| {
            let mut write = conn.prepare_cached(&insert)?;
            for Refused { told, refusal, segment } in refused {
                write.execute(params![
                    export.0,
                    told.key.to_bytes(),
                    told.person.map(u64::cast_signed),
                    told.address.as_str(),
                    refusal.fingerprint.0.cast_signed(),
                    refusal.code,
                    refusal.detail,
                    refusal.field,
                    sql::millis(since.at),
                    since.run.map(|run| run.0),
                    segment,
                ])?;
            }
            Ok(())
        })
    }

    /// The platform has the attributes of these, and does not take them onto the lists with these bits: asked again when the contact's
    /// status changes.
    pub fn record_kept_off<'a>(
        &mut self,
        export: ExportId,
        since: Since,
        kept_off: impl IntoIterator<Item = &'a (u64, Refused)>,
    ) -> Result<()> {
        let kept = format!("code IS ?4 AND {KEPT_OFF}");
        let update = format!(
            "UPDATE member SET state = 1, refused = fingerprint, code = ?4, detail = ?5, field = ?6,
               refused_since_ms = iif({kept}, refused_since_ms, ?7), refused_run = iif({kept}, refused_run, ?8), refused_bit = ?9,
               refused_from = iif({kept}, refused_from, 0) | ?3
             WHERE export = ?1 AND key = ?2 AND state IN (0, 1)"
        );
        self.apply(|conn| {
            let mut write = conn.prepare_cached(&update)?;
            for (lists, Refused { told, refusal, segment }) in kept_off {
                write.execute(params![
                    export.0,
                    told.key.to_bytes(),
                    lists.cast_signed(),
                    refusal.code,
                    refusal.detail,
                    refusal.field,
                    sql::millis(since.at),
                    since.run.map(|run| run.0),
                    segment,
                ])?;
            }
            Ok(())
        })
    }

    /// To be archived, and the platform rejected that: asked again when the contact's status changes.
    pub fn record_not_archived<'a>(
        &mut self,
        export: ExportId,
        since: Since,
        refused: impl IntoIterator<Item = &'a (Key, Refusal)>,
    ) -> Result<()> {
        let kept = "code IS ?4 AND field IS ?6";
        let update = format!(
            "UPDATE member SET refused_since_ms = iif({kept}, refused_since_ms, ?7), refused_run = iif({kept}, refused_run, ?8),
               refused = ?3, code = ?4, detail = ?5, field = ?6 WHERE export = ?1 AND key = ?2 AND state = ?9"
        );
        self.apply(|conn| {
            let mut write = conn.prepare_cached(&update)?;
            for (key, refusal) in refused {
                write.execute(params![
                    export.0,
                    key.to_bytes(),
                    refusal.fingerprint.0.cast_signed(),
                    refusal.code,
                    refusal.detail,
                    refusal.field,
                    sql::millis(since.at),
                    since.run.map(|run| run.0),
                    MemberStateKind::Leaving.code(),
                ])?;
            }
            Ok(())
        })
    }

    /// Nobody wants these rows any more, so that nothing of them is rejected. Whoever no list holds leaves the state (E15).
    pub fn drop_refusals(&mut self, export: ExportId, keys: &[Key]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let accept = format!("UPDATE member SET state = 0, {ACCEPTED} WHERE export = ?1 AND key = ?2 AND state = 1");
        let free = "SELECT 1 FROM member WHERE export = ?1 AND key = ?2 AND state = 0 AND segments = 0 AND found = 0";
        let alone = self.apply(|conn| {
            let (mut accept, mut free) = (conn.prepare_cached(&accept)?, conn.prepare_cached(free)?);
            let mut alone = Vec::new();
            for key in keys {
                accept.execute(params![export.0, key.to_bytes()])?;
                alone.extend(free.exists(params![export.0, key.to_bytes()])?.then_some(*key));
            }
            Ok(alone)
        })?;
        self.delete_members(export, alone)
    }
}

impl View {
    /// Whether lists of the place's exports do not take somebody because of a status, and are not asked again.
    pub fn any_kept_off(&self, place: PlaceRow) -> Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM export e JOIN member m INDEXED BY member_refused ON m.export = e.id
             WHERE e.place = ?1 AND m.code IS NOT NULL AND {KEPT_OFF})"
        );
        Ok(self.conn.query_row(&sql, [place.0], |row| row.get(0))?)
    }
}

/// The statuses of these contacts are others than those on record: what was rejected of them may be taken now.
pub(super) fn status_changed(conn: &Connection, place: PlaceRow) -> Result<()> {
    let any = "SELECT EXISTS (SELECT 1 FROM export e JOIN member m INDEXED BY member_refused ON m.export = e.id WHERE e.place = ?1 AND m.code IS NOT NULL)";
    if !conn.query_row(any, [place.0], |row| row.get(0))? {
        return Ok(());
    }
    conn.execute(
        "UPDATE member INDEXED BY member_refused SET refused = NULL WHERE code IS NOT NULL AND export IN (SELECT id FROM export WHERE place = ?1)
           AND key IN (SELECT s.key FROM contact_spool s LEFT JOIN contact c ON c.place = s.place AND c.key = s.key
                       WHERE s.place = ?1 AND c.standing IS NOT s.standing)",
        [place.0],
    )?;
    Ok(())
}

/// The definitions of fields change to these: what was rejected because of one that differs may be taken now.
pub(super) fn fields_changed(conn: &Connection, place: PlaceRow, shown: &Fields, announced: &Fields) -> Result<()> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut read = conn.prepare_cached("SELECT tag, kind FROM field WHERE place = ?1")?;
    let mut rows = read.query([place.0])?;
    while let Some(row) = rows.next()? {
        known.push((row.get(0)?, row.get(1)?));
    }
    let mut forgive = conn.prepare_cached(
        "UPDATE member INDEXED BY member_refused SET refused = NULL WHERE code IS NOT NULL AND state = 1 AND (field = ?2 OR field IS NULL)
           AND export IN (SELECT id FROM export WHERE place = ?1)",
    )?;
    let new = shown.keys().chain(announced.keys()).filter(|tag| known.iter().all(|(known, _)| known != *tag)).cloned();
    let mut changed: Vec<String> = if known.is_empty() { Vec::new() } else { new.collect() };
    for (tag, kind) in known {
        let now = announced.get(&tag).or_else(|| shown.get(&tag)).map(sql::to_json).transpose()?;
        changed.extend((now.as_ref() != Some(&kind)).then_some(tag));
    }
    changed.iter().try_for_each(|tag| Ok(forgive.execute(params![place.0, tag]).map(drop)?))
}
