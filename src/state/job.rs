//! Work that a vendor accepted and does later: recorded with its members before it is polled, so that after a crash it
//! is polled again rather than sent again (G4).

use super::{ExportId, Result, RunId, StateError, Store, View, sql};
use crate::{
    destination::{ContainerId, JobId, Operation},
    member::{Fingerprint, Key},
};
use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobRow(i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub run: RunId,
    pub remote: JobId,
    pub operation: Operation,
    /// Join and leave: which container.
    pub container: Option<ContainerId>,
    /// Who is in it, and the fingerprint of what was sent of them.
    pub members: Vec<(Key, Fingerprint)>,
    pub at: DateTime<Utc>,
}

const MEMBER_BYTES: usize = 24;

impl Store {
    pub fn record_job(&mut self, export: ExportId, job: &Job) -> Result<JobRow> {
        let members: Vec<u8> =
            job.members.iter().flat_map(|(key, fingerprint)| key.to_bytes().into_iter().chain(fingerprint.0.to_be_bytes())).collect();
        self.note(|conn| {
            conn.execute(
                "INSERT INTO job (export, run, remote, operation, container, members, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    export.0,
                    job.run.0,
                    job.remote.0,
                    sql::to_json(&job.operation)?,
                    job.container.as_ref().map(|c| &c.0),
                    members,
                    sql::millis(job.at)
                ],
            )?;
            Ok(JobRow(conn.last_insert_rowid()))
        })
    }

    /// Its outcomes are recorded; in the same group as they.
    pub fn remove_job(&mut self, job: JobRow) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM job WHERE id = ?1", [job.0]).map(drop)?))
    }
}

impl View {
    /// Jobs whose outcomes are not recorded, oldest first.
    pub fn jobs(&self, export: ExportId) -> Result<Vec<(JobRow, Job)>> {
        let sql = "SELECT id, run, remote, operation, container, members, at_ms FROM job WHERE export = ?1 ORDER BY id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export.0])?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            jobs.push((JobRow(row.get(0)?), job(row)?));
        }
        Ok(jobs)
    }
}

fn job(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        run: RunId(row.get(1)?),
        remote: JobId(row.get(2)?),
        operation: sql::from_json(&row.get::<_, String>(3)?)?,
        container: row.get::<_, Option<String>>(4)?.map(ContainerId),
        members: members(row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?)?,
        at: sql::time(row.get(6)?)?,
    })
}

fn members(bytes: &[u8]) -> Result<Vec<(Key, Fingerprint)>> {
    let (members, rest) = bytes.as_chunks::<MEMBER_BYTES>();
    if !rest.is_empty() {
        return Err(StateError::damaged("a job's members are cut off"));
    }
    let member = |bytes: &[u8; MEMBER_BYTES]| {
        let (key, fingerprint) = (bytes.first_chunk()?, bytes.last_chunk()?);
        Some((Key::from_bytes(*key), Fingerprint(u64::from_be_bytes(*fingerprint))))
    };
    Ok(members.iter().filter_map(member).collect())
}
