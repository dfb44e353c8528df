//! People and segments, on disk: a million people fit, and a page is one walk along a key. A person is one row with the cells
//! as one text; a membership is one row a person with all segments as one text, as Dataverse has it.

mod columns;
mod memberships;
mod rows;
mod segments;

pub(super) use columns::{Column, Kind};
pub(super) use memberships::Change;
pub(super) use rows::{Row, Table, Walk};
pub(super) use segments::Segment;

use crate::{
    Error,
    database::{Database, Layout},
    hold::Hold,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::sync::Arc;

const LAYOUT: Layout = Layout {
    vendor: super::api::NAME,
    format: 1,
    schema: "
CREATE TABLE count(version INTEGER NOT NULL);
INSERT INTO count VALUES(1);
CREATE TABLE shape(place INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE person(id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, text TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE membership(id INTEGER PRIMARY KEY, customer TEXT NOT NULL, text TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE gone(place TEXT NOT NULL, customer TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE segment(name TEXT PRIMARY KEY, friendly TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'active',
  status TEXT NOT NULL DEFAULT 'CompletedSuccess', members INTEGER NOT NULL DEFAULT 0, count_off INTEGER NOT NULL DEFAULT 0);
",
};

/// Between the cells of a person's text; no cell holds it.
pub(super) const BETWEEN: char = '\u{1f}';

#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    columns: Vec<Column>,
}

impl Store {
    pub(super) fn open(hold: &Arc<Hold>) -> Result<Self, Error> {
        let database = Database::open(hold, &LAYOUT)?;
        let columns = columns::read(&database.db).map_err(broken)?;
        Ok(Self { database, columns })
    }

    pub(super) fn db(&self) -> &Connection {
        &self.database.db
    }

    pub(super) fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.columns.is_empty())
    }

    /// Nobody, and other columns.
    pub(super) fn begin(&mut self, columns: Vec<Column>) -> rusqlite::Result<()> {
        self.db().execute_batch("DELETE FROM person; DELETE FROM membership; DELETE FROM gone; DELETE FROM segment; DELETE FROM shape;")?;
        columns::write(self.db(), &columns)?;
        self.columns = columns;
        self.next_version()?;
        Ok(())
    }

    /// Columns of a person, in order.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Adds those that are not there, by their names in any letter case, with Dataverse's prefix or without.
    pub(super) fn add_columns(&mut self, names: &[String]) -> rusqlite::Result<()> {
        let mut columns = self.columns.clone();
        for name in names.iter().map(|name| columns::plain(name)) {
            if !name.is_empty() && columns.iter().all(|known| !known.name.eq_ignore_ascii_case(name)) {
                columns.push(Column { name: name.to_owned(), kind: Kind::Text });
            }
        }
        let more = columns.len() - self.columns.len();
        if more == 0 {
            return Ok(());
        }
        self.within(|store| {
            let version = store.next_version()?;
            let nothing = BETWEEN.to_string().repeat(more);
            store.db().execute("UPDATE person SET text = text || ?1, version = ?2", params![nothing, version])?;
            columns::write(store.db(), &columns)
        })?;
        self.columns = columns;
        Ok(())
    }

    /// All of it, or nothing.
    pub(super) fn within<T, E: From<rusqlite::Error>>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.db().execute_batch("BEGIN IMMEDIATE")?;
        let done = act(self);
        self.db().execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        done
    }

    /// The number of the newest change.
    pub(super) fn version(&self) -> rusqlite::Result<i64> {
        self.db().query_row("SELECT version FROM count", [], |row| row.get(0))
    }

    pub(super) fn next_version(&self) -> rusqlite::Result<i64> {
        self.db().query_row("UPDATE count SET version = version + 1 RETURNING version", [], |row| row.get(0))
    }

    /// Adds a person; `None` if there is one of this id already.
    pub(super) fn add_person(&self, customer: &str, cells: &str, version: i64) -> rusqlite::Result<Option<i64>> {
        let sql = "INSERT INTO person(customer, text, version) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING id";
        self.db().prepare_cached(sql)?.query_row(params![customer, cells, version], |row| row.get(0)).optional()
    }

    /// A person's number.
    pub(super) fn person(&self, customer: &str) -> rusqlite::Result<Option<i64>> {
        self.db().prepare_cached("SELECT id FROM person WHERE customer = ?1")?.query_row([customer], |row| row.get(0)).optional()
    }

    /// The profile goes, the memberships stay. `false`: there was none.
    pub(super) fn drop_person(&mut self, customer: &str) -> rusqlite::Result<bool> {
        self.within(|store| {
            let version = store.next_version()?;
            let dropped = store.db().execute("DELETE FROM person WHERE customer = ?1", [customer])?;
            store.gone(Table::People, customer, version)?;
            Ok(dropped > 0)
        })
    }

    fn gone(&self, table: Table, customer: &str, version: i64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO gone(place, customer, version) VALUES(?1, ?2, ?3)";
        self.db().prepare_cached(sql)?.execute(params![table.name(), customer, version]).map(drop)
    }

    /// The greatest number of a person, and how many there are.
    pub(super) fn extent(&self) -> rusqlite::Result<(i64, i64)> {
        let sql = "SELECT max(coalesce((SELECT max(id) FROM person), 0), coalesce((SELECT max(id) FROM membership), 0)),
                   (SELECT count(*) FROM person)";
        self.db().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// The stand-in itself is broken.
pub(super) fn broken(error: rusqlite::Error) -> Error {
    Error::Refused(format!("the sandbox's Customer Insights cannot read or write what it keeps: {error}"))
}
