//! Containers: one export's each (E16), recorded when made or taken over; and what was about to be made.

use super::{ExportId, Origin, PlaceRow, Result, StateError, StateErrorKind, Store, View, sql};
use crate::{definition::Name, destination::ContainerId};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRecord {
    /// Where it is; not the export's place if the target has changed since.
    pub place: PlaceRow,
    pub remote: ContainerId,
    /// As we last created, renamed or saw it.
    pub name: String,
    pub origin: Origin,
    /// Whether those who were in it before us are recorded as found (E7). True from the start where we made it.
    pub found_read: bool,
    /// When the platform says that it was made, where it does.
    pub made: Option<DateTime<Utc>>,
}

/// What is about to be created. Recorded before the call, so that after a crash a thing of that name that nobody
/// recorded is recognised as ours rather than refused as a stranger's (E14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub wanted: Wanted,
    pub at: DateTime<Utc>,
}

/// By the name, for fields the tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    Place(String),
    Field(String),
    Container(String),
}

impl Wanted {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Place(name) => ("place", name),
            Self::Field(tag) => ("field", tag),
            Self::Container(name) => ("container", name),
        }
    }

    fn from_columns(kind: &str, name: String) -> Result<Self> {
        match kind {
            "place" => Ok(Self::Place(name)),
            "field" => Ok(Self::Field(name)),
            "container" => Ok(Self::Container(name)),
            other => Err(StateError::damaged(format!("an intent to make a {other}"))),
        }
    }
}

impl View {
    /// The export that uses this container, if one does.
    pub fn claimed_by(&self, place: PlaceRow, remote: &ContainerId) -> Result<Option<Name>> {
        Ok(owner(&self.conn, place, remote)?.filter(|o| o.bit.is_some()).map(|o| o.name))
    }

    /// What was about to be created when nothing more was recorded.
    pub fn intents(&self, export: ExportId) -> Result<Vec<Intent>> {
        let mut statement = self.conn.prepare_cached("SELECT kind, name, at_ms FROM intent WHERE export = ?1 ORDER BY kind, name")?;
        let mut rows = statement.query([export.0])?;
        let mut intents = Vec::new();
        while let Some(row) = rows.next()? {
            let wanted = Wanted::from_columns(&row.get::<_, String>(0)?, row.get(1)?)?;
            intents.push(Intent { wanted, at: sql::time(row.get(2)?)? });
        }
        Ok(intents)
    }
}

impl Store {
    /// Before a call that creates something.
    pub fn intend(&mut self, export: ExportId, wanted: &Wanted, at: DateTime<Utc>) -> Result<()> {
        let (kind, name) = wanted.columns();
        self.note(|conn| {
            conn.execute("INSERT OR REPLACE INTO intent VALUES (?1, ?2, ?3, ?4)", params![export.0, kind, name, sql::millis(at)])?;
            Ok(())
        })
    }

    /// It is made and recorded, or certainly was not made.
    pub fn settle(&mut self, export: ExportId, wanted: &Wanted) -> Result<()> {
        let (kind, name) = wanted.columns();
        self.note(|conn| {
            conn.execute("DELETE FROM intent WHERE export = ?1 AND kind = ?2 AND name = ?3", params![export.0, kind, name])?;
            Ok(())
        })
    }

    /// Records a segment's container, made or taken over; the one it had before becomes an orphan. A container that
    /// another export or another segment uses is an error that names it (E16).
    pub fn record_container(&mut self, export: ExportId, bit: u8, container: &ContainerRecord) -> Result<()> {
        self.apply(|conn| {
            if let Some(owner) = owner(conn, container.place, &container.remote)?
                && let Some(taken) = owner.bit
                && (owner.export, taken) != (export, bit)
            {
                return Err(claimed(&container.name, &owner.name, owner.export == export));
            }
            conn.execute(
                "UPDATE container SET bit = NULL, segment = NULL WHERE export = ?1 AND bit = ?2 AND (place, remote) != (?3, ?4)",
                params![export.0, bit, container.place.0, container.remote.0],
            )?;
            conn.execute(
                "INSERT OR REPLACE INTO container (place, remote, name, origin, found_read, export, bit, made_ms, segment)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT name FROM segment WHERE export = ?6 AND bit = ?7))",
                params![
                    container.place.0,
                    container.remote.0,
                    container.name,
                    container.origin.code(),
                    container.found_read,
                    export.0,
                    bit,
                    container.made.map(sql::millis)
                ],
            )?;
            conn.execute("DELETE FROM intent WHERE export = ?1 AND kind = 'container' AND name = ?2", params![export.0, container.name])?;
            Ok(())
        })
    }

    /// Records what a container is called now, whether or not a segment uses it.
    pub fn rename_container(&mut self, place: PlaceRow, remote: &ContainerId, name: &str) -> Result<()> {
        self.apply(|conn| {
            conn.execute("UPDATE container SET name = ?3 WHERE place = ?1 AND remote = ?2", params![place.0, remote.0, name])?;
            Ok(())
        })
    }

    /// Nobody at the platform has it any more, or it was handed back.
    pub fn forget_container(&mut self, place: PlaceRow, remote: &ContainerId) -> Result<()> {
        self.apply(|conn| {
            conn.execute("DELETE FROM container WHERE place = ?1 AND remote = ?2", params![place.0, remote.0])?;
            Ok(())
        })
    }
}

struct Owner {
    export: ExportId,
    name: Name,
    bit: Option<u8>,
}

fn owner(conn: &Connection, place: PlaceRow, remote: &ContainerId) -> Result<Option<Owner>> {
    let sql = "SELECT e.id, e.name, c.bit FROM container c JOIN export e ON e.id = c.export WHERE c.place = ?1 AND c.remote = ?2";
    let owner = |row: &Row<'_>| Ok(Owner { export: ExportId(row.get(0)?), name: row.get(1)?, bit: row.get(2)? });
    Ok(conn.query_row(sql, params![place.0, remote.0], owner).optional()?)
}

fn claimed(container: &str, owner: &Name, same_export: bool) -> StateError {
    let whose = if same_export { "another segment of this export".to_owned() } else { format!("export {owner}") };
    StateError::new(StateErrorKind::Claimed, format!("\"{container}\" belongs to {whose} already"))
        .hint("give one of the two another name at the platform with target.names, or put the segments into one export")
}

/// Six columns from `first`: place, remote, name, origin, found_read, made_ms.
pub(super) fn container_of(row: &Row<'_>, first: usize) -> Result<ContainerRecord> {
    Ok(ContainerRecord {
        place: PlaceRow(row.get(first)?),
        remote: ContainerId(row.get(first + 1)?),
        name: row.get(first + 2)?,
        origin: Origin::from_code(row.get(first + 3)?)?,
        found_read: row.get(first + 4)?,
        made: row.get::<_, Option<i64>>(first + 5)?.map(sql::time).transpose()?,
    })
}
