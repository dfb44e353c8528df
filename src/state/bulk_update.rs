//! What is known of an audience's bulk updates. It belongs to the audience, whichever export's run saw it (E16).

use super::{PlaceRow, Result, StateDir, StateError, Store, View, held, sql};
use crate::{
    definition::Name,
    member::Email,
    plan::bulk::{Memory, Stopped},
    platform::SubscriptionStatus,
};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

/// A contact that a bulk update is being tried with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkTrial {
    pub address: Email,
    /// The status read right before.
    pub standing: SubscriptionStatus,
    pub at: DateTime<Utc>,
}

impl Store {
    /// Recorded before the call, so that it is settled whatever becomes of the run.
    pub fn begin_bulk_trial(&mut self, place: PlaceRow, trial: &BulkTrial) -> Result<()> {
        self.note(|conn| {
            let row = params![place.0, trial.address.as_str(), trial.standing.code(), sql::millis(trial.at)];
            Ok(conn.execute("INSERT OR REPLACE INTO bulk_trial VALUES (?1, ?2, ?3, ?4)", row).map(drop)?)
        })
    }

    /// It is known what the trial did; `passed`: as it had to be.
    pub fn end_bulk_trial(&mut self, place: PlaceRow, passed: Option<(SubscriptionStatus, DateTime<Utc>)>) -> Result<()> {
        self.note(|conn| {
            conn.execute("DELETE FROM bulk_trial WHERE place = ?1", [place.0])?;
            if let Some((standing, at)) = passed {
                let row = params![place.0, standing.code(), sql::millis(at)];
                conn.execute("INSERT OR REPLACE INTO bulk_passed VALUES (?1, ?2, ?3)", row)?;
            }
            Ok(())
        })
    }

    /// An answer was not as it had to be: nothing goes in bulk for a while.
    pub fn stop_bulk_updates(&mut self, place: PlaceRow, stopped: &Stopped) -> Result<()> {
        self.note(|conn| {
            conn.execute("DELETE FROM bulk_passed WHERE place = ?1", [place.0])?;
            let row = params![place.0, sql::millis(stopped.at), stopped.why];
            Ok(conn.execute("INSERT OR REPLACE INTO bulk_stopped VALUES (?1, ?2, ?3)", row).map(drop)?)
        })
    }
}

/// Bulk updates of an export's audience are tried again by its next run. `false`: nothing was in their way.
///
/// As [`super::approve`] it needs no lock: people ask for it while a daemon holds the state, and it is a single row.
pub fn retry_bulk_updates(dir: &StateDir, export: &Name) -> Result<bool> {
    let Some(conn) = held::beside(dir)? else { return Ok(false) };
    let sql = "DELETE FROM bulk_stopped WHERE place = (SELECT place FROM export WHERE name = ?1)";
    Ok(conn.execute(sql, [export])? > 0)
}

impl View {
    pub fn bulk_updates(&self, place: PlaceRow) -> Result<Memory> {
        let mut statement = self.conn.prepare_cached("SELECT standing, at_ms FROM bulk_passed WHERE place = ?1")?;
        let mut rows = statement.query([place.0])?;
        let mut memory = Memory::default();
        while let Some(row) = rows.next()? {
            memory.passed.insert(standing(row.get(0)?)?, sql::time(row.get(1)?)?);
        }
        let sql = "SELECT at_ms, why FROM bulk_stopped WHERE place = ?1";
        let stopped = self.conn.query_row(sql, [place.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        memory.stopped = stopped.map(|(at, why)| Ok::<_, StateError>(Stopped { at: sql::time(at)?, why })).transpose()?;
        Ok(memory)
    }

    /// Why the audience of an export takes no bulk updates now.
    pub fn bulk_updates_off(&self, export: &Name, now: DateTime<Utc>) -> Result<Option<String>> {
        let Some(place) = self.export(export)?.and_then(|state| state.place) else { return Ok(None) };
        Ok(self.bulk_updates(place.row)?.stopped(now).map(|stopped| stopped.words(export.as_str())))
    }

    /// A trial that nobody heard the end of.
    pub fn bulk_trial(&self, place: PlaceRow) -> Result<Option<BulkTrial>> {
        let mut statement = self.conn.prepare_cached("SELECT address, standing, at_ms FROM bulk_trial WHERE place = ?1")?;
        let mut rows = statement.query([place.0])?;
        rows.next()?.map(trial).transpose()
    }
}

fn trial(row: &Row<'_>) -> Result<BulkTrial> {
    let address: String = row.get(0)?;
    Ok(BulkTrial { address: Email::trusted(&address), standing: standing(row.get(1)?)?, at: sql::time(row.get(2)?)? })
}

fn standing(code: u8) -> Result<SubscriptionStatus> {
    SubscriptionStatus::from_code(code).ok_or_else(|| StateError::damaged(format!("a bulk update of standing {code}")))
}
