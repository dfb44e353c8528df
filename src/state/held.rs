//! Plans that wait for a person, and what a person approved (G1, G9).

use super::{Result, StateDir, StateError, Store, View, migrations, sql, view};
use crate::{definition::Name, member::Key};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags, Row, params};

/// How long an approval holds.
const APPROVAL_HOURS: i64 = 24;

/// A plan that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldPlan {
    pub digest: String,
    /// Of the export.
    pub export: String,
    pub made: DateTime<Utc>,
    pub reason: String,
    /// As shown to people: addresses masked.
    pub text: String,
    pub json: String,
    pub approved: Option<Approved>,
}

/// Who approved a plan, and when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Approved {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Leave to do what a held plan said, as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub digest: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// How many removals it allows.
    pub removals: u64,
}

impl Approved {
    /// Whether it still holds.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.at > holding_since(now)
    }
}

fn holding_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::hours(APPROVAL_HOURS)
}

const HELD: &str = "SELECT digest, export, made_ms, reason, text, json, approved_by, approved_ms FROM held";

impl Store {
    /// Holds a plan, in place of the export's earlier one that nobody approved. `plan.approved` is not stored. The same
    /// plan again keeps its approval.
    pub fn hold(&mut self, plan: &HeldPlan, removals: impl IntoIterator<Item = Key>) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "DELETE FROM held WHERE export = ?1 AND approved_by IS NULL AND digest != ?2",
                params![plan.export, plan.digest],
            )?;
            conn.execute(
                "INSERT INTO held (digest, export, made_ms, reason, text, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET made_ms = excluded.made_ms, reason = excluded.reason, text = excluded.text, json = excluded.json",
                params![plan.digest, plan.export, sql::millis(plan.made), plan.reason, plan.text, plan.json],
            )?;
            let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO held_removal VALUES (?1, ?2)")?;
            removals.into_iter().try_for_each(|key| Ok(insert.execute(params![plan.digest, key.to_bytes()]).map(drop)?))
        })
    }

    /// A run went through: what was held of the export is past, approvals stay as long as they hold.
    pub fn release_held(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM held WHERE export = ?1 AND approved_by IS NULL", [export]).map(drop)?))
    }

    /// The export is forgotten, and approvals with it: they were for what it had.
    pub fn forget_held(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM held WHERE export = ?1", [export]).map(drop)?))
    }
}

impl View {
    /// Plans that wait or were approved; of one export or of all, the newest first.
    pub fn held(&self, export: Option<&Name>) -> Result<Vec<HeldPlan>> {
        held_where(&self.conn, "?1 IS NULL OR export = ?1", export.map(Name::as_str))
    }

    /// Held plans whose digest begins so.
    pub fn held_by_digest(&self, prefix: &str) -> Result<Vec<HeldPlan>> {
        held_where(&self.conn, "substr(digest, 1, length(?1)) = ?1", Some(prefix))
    }

    /// The export's newest approval that still holds.
    pub fn approval(&self, export: &Name, now: DateTime<Utc>) -> Result<Option<Approval>> {
        let after = sql::millis(holding_since(now));
        let sql = "SELECT digest, approved_by, approved_ms, (SELECT count(*) FROM held_removal r WHERE r.digest = held.digest) FROM held
                   WHERE export = ?1 AND approved_ms > ?2 ORDER BY approved_ms DESC, digest LIMIT 1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![export, after])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Approval { digest: row.get(0)?, by: row.get(1)?, at: sql::time(row.get(2)?)?, removals: sql::unsigned(row.get(3)?)? }))
    }

    /// Whether the approval covers taking this person out.
    pub fn approved_removal(&self, approval: &Approval, key: Key) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM held_removal WHERE digest = ?1 AND key = ?2)";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![approval.digest, key.to_bytes()], |row| row.get(0))?)
    }
}

/// Approves one held plan by its whole digest.
///
/// The one write that needs no lock: people approve while a daemon holds it. It is a single row that the writer never
/// changes once it is there, and SQLite itself keeps the two writes apart.
pub fn approve(dir: &StateDir, digest: &str, by: &str, at: DateTime<Utc>) -> Result<()> {
    let gone =
        || StateError::refused("that plan is held no more: a newer one took its place").hint("`listkeeper approve` lists what is held");
    if !view::present(dir)? {
        return Err(gone());
    }
    let conn = Connection::open_with_flags(dir.database(), OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    view::tune(&conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    if migrations::fit(&conn)? == migrations::Fit::Older {
        return Err(
            StateError::refused("the state is of an older format").hint("run `listkeeper apply` or `run` once, which brings it up to date")
        );
    }
    let changed =
        conn.execute("UPDATE held SET approved_by = ?2, approved_ms = ?3 WHERE digest = ?1", params![digest, by, sql::millis(at)])?;
    if changed == 0 { Err(gone()) } else { Ok(()) }
}

fn held_where(conn: &Connection, condition: &str, value: Option<&str>) -> Result<Vec<HeldPlan>> {
    let mut statement = conn.prepare_cached(&format!("{HELD} WHERE {condition} ORDER BY made_ms DESC, digest"))?;
    let mut rows = statement.query([value])?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        plans.push(plan(row)?);
    }
    Ok(plans)
}

fn plan(row: &Row<'_>) -> Result<HeldPlan> {
    let approved = match (row.get(6)?, row.get::<_, Option<i64>>(7)?) {
        (Some(by), Some(at)) => Some(Approved { by, at: sql::time(at)? }),
        _ => None,
    };
    Ok(HeldPlan {
        digest: row.get(0)?,
        export: row.get(1)?,
        made: sql::time(row.get(2)?)?,
        reason: row.get(3)?,
        text: row.get(4)?,
        json: row.get(5)?,
        approved,
    })
}
