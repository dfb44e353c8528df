//! The segments there are.

use super::{Store, Table, Walk};
use rusqlite::{OptionalExtension as _, params};
use std::{collections::BTreeMap, ops::ControlFlow};

#[derive(Clone, Debug)]
pub(in super::super) struct Segment {
    pub name: String,
    pub friendly: String,
    /// `active`, `inactive`, …
    pub state: String,
    /// How the last evaluation went, or goes: `CompletedSuccess`, `Failed`, `Running`.
    pub status: String,
    pub members: i64,
    /// The system says so many more than there are.
    pub count_off: i64,
}

impl Segment {
    /// How many members the system says it has.
    pub(in super::super) fn said(&self) -> i64 {
        (self.members + self.count_off).max(0)
    }
}

const COLUMNS: &str = "SELECT name, friendly, state, status, members, count_off FROM segment";

fn segment(row: &rusqlite::Row<'_>) -> rusqlite::Result<Segment> {
    Ok(Segment {
        name: row.get(0)?,
        friendly: row.get(1)?,
        state: row.get(2)?,
        status: row.get(3)?,
        members: row.get(4)?,
        count_off: row.get(5)?,
    })
}

impl Store {
    pub(in super::super) fn segments(&self) -> rusqlite::Result<Vec<Segment>> {
        self.db().prepare_cached(&format!("{COLUMNS} ORDER BY name"))?.query_map([], segment)?.collect()
    }

    pub(in super::super) fn segment(&self, name: &str) -> rusqlite::Result<Option<Segment>> {
        self.db().prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?.query_row([name], segment).optional()
    }

    pub(in super::super) fn add_segment(&self, name: &str, friendly: &str) -> rusqlite::Result<()> {
        let sql = "INSERT INTO segment(name, friendly) VALUES(?1, ?2) ON CONFLICT DO NOTHING";
        self.db().execute(sql, [name, friendly]).map(drop)
    }

    pub(in super::super) fn keep_segment(&self, segment: &Segment) -> rusqlite::Result<()> {
        let sql = "UPDATE segment SET state = ?2, status = ?3, count_off = ?4 WHERE name = ?1";
        self.db().execute(sql, params![segment.name, segment.state, segment.status, segment.count_off]).map(drop)
    }

    /// Counts everyone's memberships anew.
    pub(in super::super) fn recount(&self) -> rusqlite::Result<()> {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        self.walk(Walk::all(Table::Memberships), |row| {
            for name in row.text.split('"').skip(1).step_by(2) {
                match counts.get_mut(name) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(name.to_owned(), 1)),
                }
            }
            ControlFlow::Continue(())
        })?;
        let mut sql = self.db().prepare_cached("UPDATE segment SET members = ?2 WHERE name = ?1")?;
        for segment in self.segments()? {
            sql.execute(params![segment.name, counts.get(&segment.name).copied().unwrap_or_default()])?;
        }
        Ok(())
    }
}
