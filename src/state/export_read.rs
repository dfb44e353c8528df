//! Exports and where they go: read.

use super::{
    ExportId, ExportState, Origin, PlaceRecord, PlaceRow, Result, SegmentSlot, View,
    container::{ContainerRecord, container_of},
    export::export_id,
};
use crate::{
    definition::Name,
    destination::{ContainerId, Fields, PlaceId, SeenFields},
};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

impl View {
    /// What is known of an export, `None` if it never was prepared.
    pub fn export(&self, name: &Name) -> Result<Option<ExportState>> {
        let Some(id) = export_id(&self.conn, name)? else { return Ok(None) };
        let place = self.place_of(id)?;
        let fields = place.as_ref().map_or(Ok(Fields::new()), |place| self.fields(place.row))?;
        let seen = place.as_ref().map_or(Ok(SeenFields::new()), |place| self.seen_fields(place.row))?;
        let sql = "SELECT audience_name, folder FROM export WHERE id = ?1";
        let (audience_name, folder) = self.conn.query_row(sql, [id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(ExportState { id, segments: self.segments(id)?, place, fields, seen, audience_name, folder }))
    }

    /// Every export that has a state, those without a definition included.
    pub fn exports(&self) -> Result<BTreeMap<Name, ExportId>> {
        let mut statement = self.conn.prepare_cached("SELECT name, id FROM export")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, ExportId(row.get(1)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn place_of(&self, export: ExportId) -> Result<Option<PlaceRecord>> {
        let sql = "SELECT p.id, p.account, p.remote, p.name, p.origin FROM export e JOIN place p ON p.id = e.place WHERE e.id = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(place_of_row(row)?))
    }

    fn segments(&self, export: ExportId) -> Result<Vec<SegmentSlot>> {
        let sql = "SELECT s.bit, s.name, c.place, c.remote, c.name, c.origin, c.found_read, c.made_ms
                   FROM segment s LEFT JOIN container c ON c.export = s.export AND c.bit = s.bit
                   WHERE s.export = ?1 ORDER BY s.bit";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export.0])?;
        let mut slots = Vec::new();
        while let Some(row) = rows.next()? {
            let container = if row.get::<_, Option<i64>>(2)?.is_some() { Some(container_of(row, 2)?) } else { None };
            slots.push(SegmentSlot { bit: row.get(0)?, segment: row.get(1)?, container });
        }
        Ok(slots)
    }

    /// Containers of the export that no segment of it uses any more: kept at the platform, reported.
    pub fn orphans(&self, export: ExportId) -> Result<Vec<ContainerRecord>> {
        let sql = "SELECT place, remote, name, origin, found_read, made_ms FROM container
                   WHERE export = ?1 AND bit IS NULL ORDER BY place, remote";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export.0])?;
        let mut orphans = Vec::new();
        while let Some(row) = rows.next()? {
            orphans.push(container_of(row, 0)?);
        }
        Ok(orphans)
    }

    /// The segment that a container serves, or served last; `None`: that one has another now.
    pub fn segment_of(&self, place: PlaceRow, remote: &ContainerId) -> Result<Option<Name>> {
        let sql = "SELECT segment FROM container WHERE place = ?1 AND remote = ?2";
        Ok(self.conn.query_row(sql, params![place.0, remote.0], |row| row.get(0)).optional()?.flatten())
    }

    /// Every place, with all containers that are recorded in it, whichever export's.
    pub fn places(&self) -> Result<Vec<(PlaceRecord, Vec<ContainerRecord>)>> {
        let mut statement = self.conn.prepare_cached("SELECT id, account, remote, name, origin FROM place ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            let place = place_of_row(row)?;
            let containers = self.containers(place.row)?;
            places.push((place, containers));
        }
        Ok(places)
    }

    fn containers(&self, place: PlaceRow) -> Result<Vec<ContainerRecord>> {
        let sql = "SELECT place, remote, name, origin, found_read, made_ms FROM container WHERE place = ?1 ORDER BY remote";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([place.0])?;
        let mut containers = Vec::new();
        while let Some(row) = rows.next()? {
            containers.push(container_of(row, 0)?);
        }
        Ok(containers)
    }

    fn fields(&self, place: PlaceRow) -> Result<Fields> {
        let mut statement = self.conn.prepare_cached("SELECT tag, kind FROM field WHERE place = ?1")?;
        let mut rows = statement.query([place.0])?;
        let mut fields = Fields::new();
        while let Some(row) = rows.next()? {
            fields.insert(row.get(0)?, super::sql::from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?);
        }
        Ok(fields)
    }

    /// The row of a place that is known by this name.
    pub(super) fn place_named(&self, account: &str, remote: &PlaceId, name: &str) -> Result<Option<PlaceRow>> {
        let sql = "SELECT id FROM place WHERE account = ?1 AND remote = ?2 AND name = ?3";
        Ok(self.conn.query_row(sql, [account, &remote.0, name], |row| row.get(0)).optional()?.map(PlaceRow))
    }

    /// How a place that some export uses or used came to be used.
    pub fn place_origin(&self, account: &str, remote: &PlaceId) -> Result<Option<Origin>> {
        let sql = "SELECT origin FROM place WHERE account = ?1 AND remote = ?2";
        let code: Option<u8> = self.conn.query_row(sql, [account, &remote.0], |row| row.get(0)).optional()?;
        code.map(Origin::from_code).transpose()
    }

    /// Audiences that an export found by this name, whatever they are called now.
    pub fn places_named(&self, account: &str, name: &str) -> Result<Vec<PlaceId>> {
        let sql = "SELECT DISTINCT p.remote FROM export e JOIN place p ON p.id = e.place
                   WHERE p.account = ?1 AND e.audience_name = ?2 ORDER BY p.remote";
        let mut statement = self.conn.prepare_cached(sql)?;
        let places = statement.query_map([account, name], |row| row.get(0).map(PlaceId))?;
        Ok(places.collect::<rusqlite::Result<_>>()?)
    }

    /// The row of a place that some export uses or used.
    pub fn place(&self, account: &str, remote: &PlaceId) -> Result<Option<PlaceRow>> {
        let sql = "SELECT id FROM place WHERE account = ?1 AND remote = ?2";
        Ok(self.conn.query_row(sql, [account, &remote.0], |row| row.get(0)).optional()?.map(PlaceRow))
    }
}

/// Row, account, remote, name, origin.
fn place_of_row(row: &Row<'_>) -> Result<PlaceRecord> {
    Ok(PlaceRecord {
        row: PlaceRow(row.get(0)?),
        account: row.get(1)?,
        remote: PlaceId(row.get(2)?),
        name: row.get(3)?,
        origin: Origin::from_code(row.get(4)?)?,
    })
}
