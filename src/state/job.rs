//! Work that a vendor accepted and does later, and calls whose outcome has to be looked up: recorded with their members, so
//! that after a crash they are asked for again rather than sent again (G4).

use super::{ExportId, Result, RunId, StateError, Store, View, sql};
use crate::{
    destination::{JobId, Look, Operation},
    member::{Email, Fingerprint, Key},
    plan::effects::After,
    platform::SubscriptionStatus,
};
use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub run: RunId,
    pub remote: JobId,
    pub operation: Operation,
    /// Who is in it, and what was sent of them.
    pub rows: Vec<JobMember>,
    pub at: DateTime<Utc>,
    /// The last time that it was looked at without being settled.
    pub look: Option<Look>,
}

/// One person in a job: what is recorded of them once it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMember {
    pub key: Key,
    pub address: Email,
    pub person: Option<u64>,
    /// Of the attributes sent; `None`: none were.
    pub told: Option<Fingerprint>,
    /// Bits of the segments whose containers are joined or left.
    pub segments: u64,
    /// The status sent along.
    pub standing: Option<SubscriptionStatus>,
    /// What follows once they are off these lists.
    pub after: After,
}

const PERSON: u8 = 1;
const TOLD: u8 = 2;
const LAST: u8 = 4;
const ARCHIVES: u8 = 8;
const STANDING: u8 = 16;

impl Store {
    pub fn record_job(&mut self, export: ExportId, job: &Job) -> Result<()> {
        let rows: Vec<u8> = job.rows.iter().flat_map(JobMember::encode).collect();
        self.note(|conn| {
            let sql = "INSERT OR REPLACE INTO job (export, run, remote, operation, rows, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let operation = sql::to_json(&job.operation)?;
            conn.prepare_cached(sql)?.execute(params![export.0, job.run.0, job.remote.0, operation, rows, sql::millis(job.at)])?;
            Ok(())
        })
    }

    /// It was looked at, and the next look has to know what this one showed.
    pub fn record_look(&mut self, export: ExportId, job: &JobId, look: &Look) -> Result<()> {
        let look = sql::to_json(look)?;
        self.note(|conn| {
            let sql = "UPDATE job SET look = ?3 WHERE export = ?1 AND remote = ?2";
            conn.prepare_cached(sql)?.execute(params![export.0, job.0, look])?;
            Ok(())
        })
    }

    /// Its outcomes are recorded, in the same group as they; or it was not carried out.
    pub fn remove_job(&mut self, export: ExportId, job: &JobId) -> Result<()> {
        self.note(|conn| {
            conn.prepare_cached("DELETE FROM job WHERE export = ?1 AND remote = ?2")?.execute(params![export.0, job.0])?;
            Ok(())
        })
    }
}

impl View {
    /// Jobs whose outcomes are not recorded, oldest first.
    pub fn jobs(&self, export: ExportId) -> Result<Vec<Job>> {
        let sql = "SELECT run, remote, operation, rows, at_ms, look FROM job WHERE export = ?1 ORDER BY id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export.0])?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            jobs.push(job(row)?);
        }
        Ok(jobs)
    }
}

fn job(row: &Row<'_>) -> Result<Job> {
    Ok(Job {
        run: RunId(row.get(0)?),
        remote: JobId(row.get(1)?),
        operation: sql::from_json(&row.get::<_, String>(2)?)?,
        rows: decode(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?,
        at: sql::time(row.get(4)?)?,
        look: row.get::<_, Option<String>>(5)?.map(|look| sql::from_json(&look)).transpose()?,
    })
}

impl JobMember {
    /// Key, segments, marks, what the marks say follows, address with its length.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.key.to_bytes());
        bytes.extend(self.segments.to_be_bytes());
        let mark = |is: bool, mark: u8| if is { mark } else { 0 };
        bytes.push(mark(self.person.is_some(), PERSON) | mark(self.told.is_some(), TOLD) | self.more());
        bytes.extend(self.person.iter().flat_map(|person| person.to_be_bytes()));
        bytes.extend(self.told.iter().flat_map(|told| told.0.to_be_bytes()));
        bytes.extend(self.standing.map(SubscriptionStatus::code));
        let address = self.address.as_str();
        bytes.extend(u16::try_from(address.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(address.bytes().take(usize::from(u16::MAX)));
        bytes
    }
}

impl JobMember {
    fn more(&self) -> u8 {
        let after = match self.after {
            After::Stays => 0,
            After::Former => LAST,
            After::ToArchive => ARCHIVES,
        };
        after | if self.standing.is_some() { STANDING } else { 0 }
    }
}

fn decode(mut bytes: &[u8]) -> Result<Vec<JobMember>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        rows.push(member(&mut bytes).ok_or_else(|| StateError::damaged("a job's members are cut off"))?);
    }
    Ok(rows)
}

fn member(bytes: &mut &[u8]) -> Option<JobMember> {
    let key = Key::from_bytes(take(bytes)?);
    let segments = u64::from_be_bytes(take(bytes)?);
    let [marks] = take(bytes)?;
    let person = if marks & PERSON != 0 { Some(u64::from_be_bytes(take(bytes)?)) } else { None };
    let told = if marks & TOLD != 0 { Some(Fingerprint(u64::from_be_bytes(take(bytes)?))) } else { None };
    let standing = if marks & STANDING != 0 { Some(SubscriptionStatus::from_code(u8::from_be_bytes(take(bytes)?))?) } else { None };
    let after = match marks & (LAST | ARCHIVES) {
        0 => After::Stays,
        LAST => After::Former,
        _ => After::ToArchive,
    };
    let length = usize::from(u16::from_be_bytes(take(bytes)?));
    let (address, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    let address = Email::trusted(std::str::from_utf8(address).ok()?);
    Some(JobMember { key, address, person, told, segments, standing, after })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
