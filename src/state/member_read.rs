//! Members in key order, as one sequential scan without an allocation a row.

use super::{Applied, AppliedHead, AppliedRow, ExportId, MemberStateKind, PlaceRow, RefusalRef, Result, View};
use crate::member::{Fingerprint, Key};
use rusqlite::{CachedStatement, Row, Rows, params, types::ValueRef};
use std::ops::ControlFlow;

/// A date of consent is no attribute: with a refusal because of one nothing tells whether the date changed, so it is asked again.
const HEAD: &str = "SELECT key, segments, found, fingerprint, state, person, iif(code IS 'consent-date', NULL, refused), left_from,
                      refused_from
                    FROM member WHERE export = ?1 ORDER BY key";
const WHOLE: &str =
    "SELECT key, segments, found, fingerprint, state, person, refused, left_from, refused_from, address, code, detail, field FROM member";

/// A reading of members that is about to begin. Two steps, since rows borrow from what holds the statement.
pub struct MemberReading<'v> {
    statement: CachedStatement<'v>,
    export: ExportId,
}

/// Members in key order, pulled one by one, for merging with other ordered streams.
pub struct MemberRows<'s> {
    rows: Rows<'s>,
}

impl MemberReading<'_> {
    pub fn rows(&mut self) -> Result<MemberRows<'_>> {
        Ok(MemberRows { rows: self.statement.query([self.export.0])? })
    }
}

impl MemberRows<'_> {
    #[allow(clippy::should_implement_trait, reason = "it can fail, and says so first")]
    pub fn next(&mut self) -> Result<Option<AppliedHead>> {
        self.rows.next()?.map(head).transpose()
    }
}

impl View {
    /// Whether the export ever put anybody into a container, and they are still recorded there.
    pub fn has_joined(&self, export: ExportId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM member WHERE export = ?1 AND segments != 0)";
        Ok(self.conn.query_row(sql, [export.0], |row| row.get(0))?)
    }

    /// Members to be pulled in key order, without texts.
    pub fn read_members(&self, export: ExportId) -> Result<MemberReading<'_>> {
        Ok(MemberReading { statement: self.conn.prepare_cached(HEAD)?, export })
    }

    /// Every member in key order, without texts, until `each` breaks.
    pub fn member_heads<E: From<super::StateError>>(
        &self,
        export: ExportId,
        mut each: impl FnMut(AppliedHead) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut reading = self.read_members(export)?;
        let mut rows = reading.rows()?;
        while let Some(head) = rows.next()? {
            if each(head)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Every member in key order, until `each` breaks.
    pub fn members<E: From<super::StateError>>(
        &self,
        export: ExportId,
        mut each: impl FnMut(AppliedRow<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let read = || self.conn.prepare_cached(&format!("{WHOLE} WHERE export = ?1 ORDER BY key"));
        let mut statement = read().map_err(super::StateError::from)?;
        let mut rows = statement.query([export.0]).map_err(super::StateError::from)?;
        while let Some(row) = rows.next().map_err(super::StateError::from)? {
            if each(whole(row)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub fn member(&self, export: ExportId, key: Key) -> Result<Option<Applied>> {
        let mut statement = self.conn.prepare_cached(&format!("{WHOLE} WHERE export = ?1 AND key = ?2"))?;
        let mut rows = statement.query(params![export.0, key.to_bytes()])?;
        rows.next()?.map(|row| whole(row).map(AppliedRow::to_applied)).transpose()
    }

    /// Whether another export of the place put the person into a container of its own, so that they must not be archived.
    pub fn held_elsewhere(&self, place: PlaceRow, key: Key, except: ExportId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM export e JOIN member m ON m.export = e.id
                   WHERE e.place = ?1 AND e.id != ?2 AND m.key = ?3 AND m.segments != 0 AND m.state IN (0, 1))";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![place.0, except.0, key.to_bytes()], |row| row.get(0))?)
    }
}

fn head(row: &Row<'_>) -> Result<AppliedHead> {
    let fingerprint = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(|value| Fingerprint(value.cast_unsigned())));
    let bits = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.unwrap_or_default().cast_unsigned());
    Ok(AppliedHead {
        key: row.get(0)?,
        segments: row.get::<_, i64>(1)?.cast_unsigned(),
        found: row.get::<_, i64>(2)?.cast_unsigned(),
        fingerprint: fingerprint(3)?,
        state: MemberStateKind::from_code(row.get(4)?)?,
        person: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        refused: fingerprint(6)?,
        left_from: bits(7)?,
        refused_from: bits(8)?,
    })
}

fn whole<'a>(row: &'a Row<'_>) -> Result<AppliedRow<'a>> {
    let text = |column| match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        value => value.as_str().map(Some).map_err(rusqlite::Error::from),
    };
    let refusal = match text(10)? {
        Some(code) => Some(RefusalRef { code, detail: text(11)?.unwrap_or_default(), field: text(12)? }),
        None => None,
    };
    Ok(AppliedRow { head: head(row)?, address: text(9)?.unwrap_or_default(), refusal })
}
