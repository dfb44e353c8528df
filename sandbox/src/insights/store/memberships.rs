//! Who is in which segments. A person in none has no row.

use super::{Row, Store, Table, Walk};
use rusqlite::params;
use std::{collections::BTreeSet, ops::ControlFlow};

/// What happens to one person's segments.
#[derive(Clone, Debug)]
pub(in super::super) struct Change {
    pub id: i64,
    pub customer: String,
    pub segments: BTreeSet<String>,
}

impl Change {
    pub(in super::super) fn toggle(&mut self, segment: &str) {
        if !self.segments.remove(segment) {
            self.segments.insert(segment.to_owned());
        }
    }
}

impl Row<'_> {
    /// Whether a membership names the segment.
    pub(in super::super) fn is_in(&self, segment: &str) -> bool {
        self.text.split('"').skip(1).step_by(2).any(|name| name == segment)
    }
}

impl Store {
    /// Rewrites memberships.
    pub(in super::super) fn apply(&self, changes: &[Change], version: i64) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO membership(id, customer, text, version) VALUES(?1, ?2, ?3, ?4)";
        let (mut write, mut remove) = (self.db().prepare_cached(sql)?, self.db().prepare_cached("DELETE FROM membership WHERE id = ?1")?);
        for change in changes {
            if !change.segments.is_empty() {
                let text = serde_json::to_string(&change.segments).unwrap_or_default();
                write.execute(params![change.id, change.customer, text, version])?;
            } else if remove.execute([change.id])? > 0 {
                self.gone(Table::Memberships, &change.customer, version)?;
            }
        }
        Ok(())
    }

    /// The people of a segment who still have a profile, in order.
    pub(in super::super) fn members(&self, walk: Walk, segment: &str, mut show: impl FnMut(Row<'_>)) -> rusqlite::Result<()> {
        let mut failed = None;
        self.walk(walk, |row| {
            if row.is_in(segment)
                && let Err(error) = self.show_person(row.id, &mut show)
            {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// One person's segments as they are.
    pub(in super::super) fn segments_of(&self, id: i64, customer: &str) -> rusqlite::Result<Change> {
        let mut sql = self.db().prepare_cached("SELECT text FROM membership WHERE id = ?1")?;
        let mut rows = sql.query([id])?;
        let text: Option<String> = rows.next()?.map(|row| row.get(0)).transpose()?;
        let segments = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok(Change { id, customer: customer.to_owned(), segments })
    }

    /// Changes the segments of everyone of a stretch of people, a thousand at a time.
    pub(in super::super) fn change(&self, mut walk: Walk, version: i64, mut change: impl FnMut(&mut Change)) -> rusqlite::Result<()> {
        loop {
            let mut people = Vec::new();
            self.walk(walk, |row| {
                people.push((row.id, row.customer.to_owned()));
                if people.len() == 1_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            let Some((last, _)) = people.last() else { return Ok(()) };
            walk.after = *last;
            let mut changed = Vec::new();
            for (id, customer) in &people {
                let mut person = self.segments_of(*id, customer)?;
                let before = person.segments.clone();
                change(&mut person);
                if person.segments != before {
                    changed.push(person);
                }
            }
            self.apply(&changed, version)?;
        }
    }
}
