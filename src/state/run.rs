//! Runs: what was executed, when, why, for whom, with what result (E11).

use super::{End, Now, Result, StateError, Status, Store, View, sql};
use crate::{definition::Name, plan::Counts};
use chrono::{DateTime, Utc};
use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RunId(pub(super) i64);

/// Why a run ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    Schedule,
    OnDemand,
    Change,
}

/// A run as it begins.
#[derive(Clone, Debug)]
pub struct RunStart<'a> {
    pub export: &'a Name,
    pub trigger: Trigger,
    pub definition_digest: &'a str,
    pub plan_digest: Option<&'a str>,
    /// Who runs it: the name of the system's user, or of the caller.
    pub user: &'a str,
    /// As whom: the connection's or source's `exportUser`.
    pub export_user: Option<&'a str>,
    /// The scheduled time that it stands for.
    pub due: Option<DateTime<Utc>>,
}

/// One execution of one export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    pub id: RunId,
    pub export: Name,
    pub trigger: Trigger,
    pub started: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    /// `None`: running.
    #[serde(flatten)]
    pub end: Option<End>,
    pub counts: Counts,
    pub definition_digest: String,
    pub plan_digest: Option<String>,
    pub user: String,
    pub export_user: Option<String>,
    /// The scheduled time that it stands for.
    pub due: Option<DateTime<Utc>>,
}

impl Trigger {
    /// As in the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::OnDemand => "on-demand",
            Self::Change => "change",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = [Self::Schedule, Self::OnDemand, Self::Change].into_iter().find(|t| t.as_str() == text);
        found.ok_or_else(|| StateError::damaged(format!("a run triggered by {text}")))
    }
}

impl RunRecord {
    /// `writing`: whether a process that could be running it is there ([`super::StateDir::is_written`]).
    pub fn status(&self, writing: bool) -> Status {
        match (&self.end, writing) {
            (Some(end), _) => Status::Ended(end.clone()),
            (None, true) => Status::Now(Now::Running { since: self.started }),
            (None, false) => Status::Ended(End::interrupted()),
        }
    }
}

const RUN: &str =
    "SELECT id, export, trigger, started_ms, ended_ms, status, counts, definition_digest, plan_digest, user, export_user, due_ms FROM run";

impl View {
    /// The newest first; of one export or of all.
    pub fn runs(&self, export: Option<&Name>, limit: usize) -> Result<Vec<RunRecord>> {
        let mut statement = self.conn.prepare_cached(&format!("{RUN} WHERE ?1 IS NULL OR export = ?1 ORDER BY id DESC LIMIT ?2"))?;
        let mut rows = statement.query(params![export, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            runs.push(record(row)?);
        }
        Ok(runs)
    }

    /// The run that says how the export stands: one under way, else the one that ended last. A due time that was skipped
    /// while a run was under way does not hide that run, nor does one that ended when the clock was ahead.
    pub fn last_run(&self, export: &Name) -> Result<Option<RunRecord>> {
        let sql = format!("{RUN} WHERE export = ?1 ORDER BY ended_ms IS NULL DESC, ended_no DESC, id DESC LIMIT 1");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query([export])?;
        rows.next()?.map(record).transpose()
    }

    /// Due times after this whose runs began. Those that are still to come ran when the clock was ahead.
    pub fn began_after(&self, after: DateTime<Utc>) -> Result<BTreeMap<Name, BTreeSet<DateTime<Utc>>>> {
        let mut statement = self.conn.prepare_cached("SELECT export, due_ms, status FROM run WHERE due_ms > ?1")?;
        let mut rows = statement.query([sql::millis(after)])?;
        let mut began: BTreeMap<Name, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let end = row.get::<_, Option<String>>(2)?.as_deref().map(sql::from_json::<End>).transpose()?;
            if !matches!(end, Some(End::Skipped { .. })) {
                began.entry(row.get(0)?).or_default().insert(sql::time(row.get(1)?)?);
            }
        }
        Ok(began)
    }

    /// When the latest run but this one ended.
    pub fn last_run_before(&self, export: &Name, run: Option<RunId>) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT max(ended_ms) FROM run WHERE export = ?1 AND id IS NOT ?2";
        let ended: Option<i64> = self.conn.query_row(sql, params![export, run.map(|run| run.0)], |row| row.get(0))?;
        ended.map(sql::time).transpose()
    }

    /// Names that runs are known of, whether or not a definition or state still is.
    pub fn exports_with_runs(&self) -> Result<Vec<Name>> {
        let mut statement = self.conn.prepare_cached("SELECT DISTINCT export FROM run ORDER BY export")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }
}

impl Store {
    /// Records a run as begun. A due time that waited for it waits no more.
    pub fn start_run(&mut self, run: &RunStart<'_>, at: DateTime<Utc>) -> Result<RunId> {
        self.note(|conn| {
            conn.execute(
                "INSERT INTO run (export, trigger, started_ms, counts, definition_digest, plan_digest, user, export_user, due_ms)
                 VALUES (?1, ?2, ?3, '{}', ?4, ?5, ?6, ?7, ?8)",
                params![
                    run.export,
                    run.trigger.as_str(),
                    sql::millis(at),
                    run.definition_digest,
                    run.plan_digest,
                    run.user,
                    run.export_user,
                    run.due.map(sql::millis)
                ],
            )?;
            let id = RunId(conn.last_insert_rowid());
            conn.execute("UPDATE schedule SET pending_ms = NULL WHERE export = ?1", [run.export])?;
            Ok(id)
        })
    }

    /// Records that a due time was not run, and why.
    pub fn skip_run(&mut self, run: &RunStart<'_>, reason: String, at: DateTime<Utc>) -> Result<RunId> {
        let id = self.start_run(run, at)?;
        self.finish_run(id, &End::Skipped { reason }, &Counts::default(), at)?;
        Ok(id)
    }

    /// The plan is made only after a run began.
    pub fn set_run_plan(&mut self, run: RunId, plan_digest: &str) -> Result<()> {
        self.note(|conn| Ok(conn.execute("UPDATE run SET plan_digest = ?2 WHERE id = ?1", params![run.0, plan_digest]).map(drop)?))
    }

    pub fn finish_run(&mut self, run: RunId, end: &End, counts: &Counts, at: DateTime<Utc>) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "UPDATE run SET ended_ms = ?2, status = ?3, counts = ?4, ended_no = (SELECT coalesce(max(ended_no), 0) + 1 FROM run)
                 WHERE id = ?1",
                params![run.0, sql::millis(at), sql::to_json(end)?, sql::to_json(counts)?],
            )?;
            Ok(())
        })
    }

    /// We hold the lock, so what is running according to the state is running no more.
    pub(super) fn end_interrupted_runs(&mut self, now: DateTime<Utc>) -> Result<()> {
        let running: i64 = self.conn.query_row("SELECT count(*) FROM run WHERE ended_ms IS NULL", [], |row| row.get(0))?;
        if running == 0 {
            return Ok(());
        }
        self.check()?;
        self.note(|conn| {
            conn.execute(
                "UPDATE run SET ended_ms = ?1, status = ?2, ended_no = (SELECT coalesce(max(ended_no), 0) + 1 FROM run)
                 WHERE ended_ms IS NULL",
                params![sql::millis(now), sql::to_json(&End::interrupted())?],
            )?;
            Ok(())
        })
    }
}

fn record(row: &Row<'_>) -> Result<RunRecord> {
    let json = row.get::<_, Option<String>>(5)?;
    Ok(RunRecord {
        id: RunId(row.get(0)?),
        export: row.get(1)?,
        trigger: Trigger::parse(&row.get::<_, String>(2)?)?,
        started: sql::time(row.get(3)?)?,
        ended: row.get::<_, Option<i64>>(4)?.map(sql::time).transpose()?,
        end: json.as_deref().map(sql::from_json).transpose()?,
        counts: sql::from_json(&row.get::<_, String>(6)?)?,
        definition_digest: row.get(7)?,
        plan_digest: row.get(8)?,
        user: row.get(9)?,
        export_user: row.get(10)?,
        due: row.get::<_, Option<i64>>(11)?.map(sql::time).transpose()?,
    })
}
