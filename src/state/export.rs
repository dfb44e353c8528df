//! Exports, their segments' bits, and where they go: written.

use super::{Result, StateError, Store, container::ContainerRecord};
use crate::{
    definition::Name,
    destination::{Fields, PlaceId, SeenFields},
};
use rusqlite::{Connection, OptionalExtension, params};

/// An export's row, for as long as the export is known, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportId(pub(super) i64);

/// A place's row; exports of one place share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceRow(pub(super) i64);

#[cfg(test)]
impl PlaceRow {
    pub(crate) fn numbered(row: i64) -> Self {
        Self(row)
    }
}

/// How a place or container came to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// We made it, empty.
    Created,
    /// It existed; the definition says to take it over.
    Adopted,
    /// The definition names it by its id.
    Named,
}

/// What the state knows of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportState {
    pub id: ExportId,
    pub place: Option<PlaceRecord>,
    /// In order of their bits; those no longer in the definition stay until [`Store::forget_segment`].
    pub segments: Vec<SegmentSlot>,
    /// The place's fields as last seen or created.
    pub fields: Fields,
    /// Which fields these are, as the place was last looked at.
    pub seen: SeenFields,
    /// What the definition called the place when it was found or made; `None`: it named it otherwise.
    pub audience_name: Option<String>,
    /// The folder it was defined in when it last was carried out; empty: an administrators'. `None`: not known.
    pub folder: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRecord {
    pub row: PlaceRow,
    /// The account's id at the vendor.
    pub account: String,
    pub remote: PlaceId,
    pub name: String,
    pub origin: Origin,
}

/// A segment's bit in the members' masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentSlot {
    /// 0 to 62, the segment's for as long as the slot is there.
    pub bit: u8,
    pub segment: Name,
    pub container: Option<ContainerRecord>,
}

impl Origin {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Result<Self> {
        let found = [Self::Created, Self::Adopted, Self::Named].into_iter().find(|o| o.code() == code);
        found.ok_or_else(|| StateError::damaged(format!("origin {code}")))
    }
}

impl Store {
    /// The export's row, made if it is new. A new name with `renamed_from` takes over what that name had, runs and held
    /// plans included (E17), unless the new name has a state already.
    pub fn ensure_export(&mut self, name: &Name, renamed_from: Option<&Name>) -> Result<ExportId> {
        self.apply(|conn| {
            if let Some(id) = export_id(conn, name)? {
                return Ok(id);
            }
            if let Some(old) = renamed_from
                && let Some(id) = export_id(conn, old)?
            {
                conn.execute("UPDATE export SET name = ?2 WHERE id = ?1", params![id.0, name])?;
                for table in
                    ["run", "held", "rejected_run", "schedule", "prepared", "segment_size", "accepted_size", "guard_memory", "accepted_row"]
                {
                    conn.execute(&format!("UPDATE OR REPLACE {table} SET export = ?2 WHERE export = ?1"), params![old, name])?;
                }
                return Ok(id);
            }
            conn.execute("INSERT INTO export (name) VALUES (?1)", [name])?;
            Ok(ExportId(conn.last_insert_rowid()))
        })
    }

    /// Records where an export goes. A place that another export uses is shared, and keeps the origin it had there.
    pub fn record_place(&mut self, export: ExportId, account: &str, remote: &PlaceId, name: &str, origin: Origin) -> Result<PlaceRow> {
        let row = self.ensure_place(account, remote, name, origin)?;
        self.apply(|conn| {
            conn.execute("UPDATE export SET place = ?2 WHERE id = ?1", params![export.0, row.0])?;
            conn.execute("DELETE FROM intent WHERE export = ?1 AND kind = 'place'", [export.0])?;
            Ok(row)
        })
    }

    /// Records by what name the definition found the place, if by a name.
    pub fn record_audience_name(&mut self, export: ExportId, name: Option<&str>) -> Result<()> {
        self.note(|conn| {
            let sql = "UPDATE export SET audience_name = ?2 WHERE id = ?1 AND audience_name IS NOT ?2";
            conn.execute(sql, params![export.0, name])?;
            Ok(())
        })
    }

    /// Records in which folder an export is defined, where that is not known.
    pub fn note_folder(&mut self, export: ExportId, folder: &str) -> Result<()> {
        self.note(|conn| {
            conn.execute("UPDATE export SET folder = ?2 WHERE id = ?1 AND folder IS NULL", params![export.0, folder])?;
            Ok(())
        })
    }

    /// Records that an export is defined in this folder from now on.
    pub fn record_folder(&mut self, export: &Name, folder: &str) -> Result<()> {
        self.note(|conn| {
            conn.execute("UPDATE export SET folder = ?2 WHERE name = ?1 AND folder IS NOT ?2", params![export, folder])?;
            Ok(())
        })
    }

    /// The row of a place that is about to be used, made if it is new.
    pub fn ensure_place(&mut self, account: &str, remote: &PlaceId, name: &str, origin: Origin) -> Result<PlaceRow> {
        if let Some(row) = self.place_named(account, remote, name)? {
            return Ok(row);
        }
        self.apply(|conn| {
            let row = conn.query_row(
                "INSERT INTO place (account, remote, name, origin) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
                params![account, remote.0, name, origin.code()],
                |row| row.get(0),
            )?;
            Ok(PlaceRow(row))
        })
    }

    /// Records the place's fields as a reading of it showed them, in place of those that an earlier one showed; and those
    /// that no reading shows yet, beside what other exports announced: the place is theirs too.
    pub fn record_fields(&mut self, place: PlaceRow, shown: &Fields, announced: &Fields) -> Result<()> {
        self.apply(|conn| {
            super::refused::fields_changed(conn, place, shown, announced)?;
            conn.execute("DELETE FROM field WHERE place = ?1 AND shown", [place.0])?;
            let sql = "INSERT INTO field (place, tag, kind, shown) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET kind = excluded.kind, shown = max(shown, excluded.shown)";
            let mut insert = conn.prepare_cached(sql)?;
            for (fields, shown) in [(shown, true), (announced, false)] {
                for (tag, kind) in fields {
                    insert.execute(params![place.0, tag, super::sql::to_json(kind)?, shown])?;
                }
            }
            Ok(())
        })
    }

    /// Gives each segment a bit, the one it has or the lowest that is free, in the order given.
    pub fn ensure_segments(&mut self, export: ExportId, segments: &[Name]) -> Result<Vec<u8>> {
        self.apply(|conn| segments.iter().map(|segment| ensure_segment(conn, export, segment)).collect())
    }

    /// The slot of a dropped segment, its container and members included, goes on under another segment's name. A slot that
    /// that one has already must be empty.
    pub fn succeed_segment(&mut self, export: ExportId, from: &Name, to: &Name) -> Result<()> {
        let empty: Option<u8> = {
            let sql = "SELECT bit FROM segment WHERE export = ?1 AND name = ?2";
            self.conn.query_row(sql, params![export.0, to], |row| row.get(0)).optional()?
        };
        if let Some(bit) = empty {
            self.forget_segment(export, bit)?;
        }
        self.apply(|conn| {
            conn.execute("UPDATE segment SET name = ?3 WHERE export = ?1 AND name = ?2", params![export.0, from, to])?;
            conn.execute("UPDATE container SET segment = ?3 WHERE export = ?1 AND segment = ?2", params![export.0, from, to])?;
            Ok(())
        })
    }

    /// Frees a segment's bit; its container stays known as no segment's. Refused while members carry the bit.
    pub fn forget_segment(&mut self, export: ExportId, bit: u8) -> Result<()> {
        self.apply(|conn| {
            let carried: i64 =
                conn.query_row("SELECT count(*) FROM member WHERE export = ?1 AND segments & (1 << ?2)", params![export.0, bit], |row| {
                    row.get(0)
                })?;
            if carried > 0 {
                return Err(StateError::refused(format!("{carried} members are still recorded in the segment with bit {bit}")));
            }
            conn.execute("UPDATE member SET found = found & ~(1 << ?2) WHERE export = ?1 AND found & (1 << ?2)", params![export.0, bit])?;
            // The next segment of this bit has another list.
            for lists in ["left_from", "refused_from"] {
                let sql = format!("UPDATE member SET {lists} = {lists} & ~(1 << ?2) WHERE export = ?1 AND {lists} & (1 << ?2)");
                conn.execute(&sql, params![export.0, bit])?;
            }
            conn.execute("UPDATE container SET bit = NULL WHERE export = ?1 AND bit = ?2", params![export.0, bit])?;
            conn.execute("DELETE FROM segment WHERE export = ?1 AND bit = ?2", params![export.0, bit])?;
            Ok(())
        })
    }

    /// Forgets everything of an export but its runs: they are history.
    pub fn forget_export(&mut self, export: ExportId) -> Result<()> {
        self.apply(|conn| {
            conn.execute("DELETE FROM member WHERE export = ?1", [export.0])?;
            conn.execute("DELETE FROM export WHERE id = ?1", [export.0])?;
            Ok(())
        })
    }
}

pub(super) fn export_id(conn: &Connection, name: &Name) -> Result<Option<ExportId>> {
    Ok(conn.query_row("SELECT id FROM export WHERE name = ?1", [name], |row| row.get(0)).optional()?.map(ExportId))
}

fn ensure_segment(conn: &Connection, export: ExportId, segment: &Name) -> Result<u8> {
    let known = "SELECT bit FROM segment WHERE export = ?1 AND name = ?2";
    if let Some(bit) = conn.query_row(known, params![export.0, segment], |row| row.get(0)).optional()? {
        return Ok(bit);
    }
    let mut statement = conn.prepare_cached("SELECT bit FROM segment WHERE export = ?1")?;
    let taken = statement.query_map([export.0], |row| row.get(0))?.collect::<rusqlite::Result<Vec<u8>>>()?;
    let bit = (0..=62).find(|bit| !taken.contains(bit)).ok_or_else(|| {
        StateError::refused(format!("segment {segment} has no place: 63 segments of this export are still recorded"))
            .hint("let a run take the members of dropped segments out first, or split the export")
    })?;
    conn.execute("INSERT INTO segment (export, bit, name) VALUES (?1, ?2, ?3)", params![export.0, bit, segment])?;
    Ok(bit)
}
